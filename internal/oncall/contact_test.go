package oncall_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
)

func TestCheckAddress(t *testing.T) {
	f := func(channel, address string, ok bool) {
		t.Helper()
		if err := oncall.CheckAddress(channel, address); (err == nil) != ok {
			t.Errorf("%s %q: %v", channel, address, err)
		}
	}
	f("email", "ann@example.org", true)
	f("email", "ann", false)
	f("email", "Ann <ann@example.org>", false)
	f("email", "ann@example.org\r\nBcc: x@example.org", false)
	f("email", strings.Repeat("a", 250)+"@example.org", false)
	f("webhook", "https://hooks.example.org/x?y=z", true)
	f("webhook", "http://hooks.example.org/x", false)
	f("webhook", "https://u:p@hooks.example.org/x", false)
	f("webhook", "https:///x", false)
	f("ntfy", "tocsin-a8_Z", true)
	f("ntfy", "https://ntfy.sh/tocsin", true)
	f("ntfy", "https://ntfy.sh/", false)
	f("ntfy", "https://ntfy.sh/a/b", false)
	f("ntfy", "a b", false)
	f("sms", "+49", false)
}

func (b *bench) fails(kind problem.Kind, fn func(ctx context.Context, tx *db.Tx) error) {
	b.Helper()
	err := b.db.For(1, "a").Tx(b.Context(), func(tx *db.Tx) error { return fn(b.Context(), tx) })
	if !problem.Is(err, kind) {
		b.Errorf("got %v, want a problem of kind %s", err, kind)
	}
}

func TestContactPoints(t *testing.T) {
	each(t, func(b *bench) {
		mail, push := b.contact("ann", "email", " ann@x.org "), b.contact("ann", "ntfy", "anns-phone")
		b.fails(problem.Conflict, func(ctx context.Context, tx *db.Tx) error {
			_, err := b.s.AddContact(ctx, tx, "ann", "email", "ann@x.org")
			return err
		})
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			return b.s.OrderContacts(ctx, tx, "ann", []string{push.ID, mail.ID})
		})
		b.fails(problem.Stale, func(ctx context.Context, tx *db.Tx) error {
			return b.s.OrderContacts(ctx, tx, "ann", []string{push.ID, push.ID})
		})
		list := func() (out []string) {
			all, err := oncall.Contacts(b.Context(), b.db.For(1, "a"), "ann")
			if err != nil {
				b.Fatal(err)
			}
			for _, c := range all {
				out = append(out, c.Address)
			}
			return out
		}
		if got := list(); !slices.Equal(got, []string{"anns-phone", "ann@x.org"}) {
			b.Errorf("order %v", got)
		}
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := b.s.TestContact(ctx, tx, push.ID)
			return err
		})
		b.settle()
		if len(b.pages) != 1 || b.pages[0].Address != "anns-phone" {
			b.Errorf("test message: %+v", b.pages)
		}
		b.tx(func(ctx context.Context, tx *db.Tx) error { return b.s.RemoveContact(ctx, tx, push.ID) })
		if got := list(); !slices.Equal(got, []string{"ann@x.org"}) {
			b.Errorf("after removing: %v", got)
		}
		rows, err := record.List(b.Context(), b.db.For(1, "a"), record.Filter{Limit: 100})
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range rows {
			if strings.Contains(string(r.Data), "x.org") || strings.Contains(string(r.Data), "phone") {
				b.Errorf("the record shows an address: %s %s", r.Kind, r.Data)
			}
		}
		if _, _, err := b.s.Address(b.Context(), 2, oncall.ContactPoint, mail.ID); !problem.Is(err, problem.NotFound) {
			b.Errorf("another tenant got the address: %v", err)
		}
	})
}

func TestSchedulesAndPoliciesAreVersioned(t *testing.T) {
	each(t, func(b *bench) {
		sc := b.schedule("ann")
		b.policy(0, onSchedule(0, sc.ID))
		change := func(ctx context.Context, tx *db.Tx) error {
			_, err := b.s.UpdateSchedule(ctx, tx, sc)
			return err
		}
		b.tx(change)
		b.fails(problem.Stale, change)
		policies, err := oncall.Policies(b.Context(), b.db.For(1, "a"))
		if err != nil {
			b.Fatal(err)
		}
		edit := func(ctx context.Context, tx *db.Tx) error {
			_, err := b.s.UpdatePolicy(ctx, tx, policies[0])
			return err
		}
		b.tx(edit)
		b.fails(problem.Stale, edit)
		b.fails(problem.Conflict, func(ctx context.Context, tx *db.Tx) error { return b.s.DeleteSchedule(ctx, tx, sc.ID) })
		b.fails(problem.Conflict, func(ctx context.Context, tx *db.Tx) error { return b.s.DeletePolicy(ctx, tx, policies[0].ID) })
		b.policy(0, person(0, "ann"))
		b.tx(func(ctx context.Context, tx *db.Tx) error { return b.s.DeletePolicy(ctx, tx, policies[0].ID) })
		b.tx(func(ctx context.Context, tx *db.Tx) error { return b.s.DeleteSchedule(ctx, tx, sc.ID) })
		b.fails(problem.NotFound, func(ctx context.Context, tx *db.Tx) error { return b.s.DeleteSchedule(ctx, tx, sc.ID) })
	})
}

func TestWhatIsRefused(t *testing.T) {
	b := newBench(t, dbtest.SQLite(t))
	b.gone["gone"] = true
	sc := b.schedule("ann")
	policy := func(p oncall.Policy) {
		t.Helper()
		b.fails(problem.Invalid, func(ctx context.Context, tx *db.Tx) error {
			_, err := b.s.CreatePolicy(ctx, tx, p)
			return err
		})
	}
	policy(oncall.Policy{Name: "no steps"})
	policy(oncall.Policy{Steps: []oncall.Step{person(0, "ann")}})
	policy(oncall.Policy{Name: "no targets", Steps: []oncall.Step{{}}})
	policy(oncall.Policy{Name: "delay", Steps: []oncall.Step{person(-1, "ann")}})
	policy(oncall.Policy{Name: "repeat", Repeat: 101, Steps: []oncall.Step{person(0, "ann")}})
	policy(oncall.Policy{Name: "left us", Steps: []oncall.Step{person(0, "gone")}})
	policy(oncall.Policy{Name: "no such schedule", Steps: []oncall.Step{onSchedule(0, "x")}})
	override := func(o oncall.Override) {
		t.Helper()
		b.fails(problem.Invalid, func(ctx context.Context, tx *db.Tx) error {
			_, err := b.s.AddOverride(ctx, tx, o)
			return err
		})
	}
	override(oncall.Override{Schedule: sc.ID, Person: "ann", Start: start, End: start})
	override(oncall.Override{Schedule: sc.ID, Person: "ann", Start: start, End: start.AddDate(2, 0, 0)})
	override(oncall.Override{Schedule: sc.ID, Person: "ann", Mode: "swap", Start: start, End: start.Add(time.Hour)})
	override(oncall.Override{Schedule: sc.ID, Person: "gone", Start: start, End: start.Add(time.Hour)})
	b.fails(problem.Invalid, func(ctx context.Context, tx *db.Tx) error {
		_, err := b.s.CreateSchedule(ctx, tx, oncall.Schedule{Name: "x"})
		return err
	})
}
