package oncall_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/internal/timer"
)

// bench is the whole paging path on a clock of its own: escalation, timers,
// outbox; the provider keeps what it gets.
type bench struct {
	*testing.T
	db     *db.DB
	s      *oncall.Service
	timers *timer.Service
	outbox *notify.Service
	gone   map[string]bool // people whose account is closed

	mu     sync.Mutex
	now    time.Time
	pages  []notify.Delivery
	refuse map[string]error // by address
}

var start = time.Date(2026, 3, 28, 8, 0, 0, 0, time.UTC)

func each(t *testing.T, test func(*bench)) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) { test(newBench(t, d)) })
}

func newBench(t *testing.T, d *db.DB) *bench {
	b := &bench{T: t, db: d, now: start, gone: map[string]bool{}, refuse: map[string]error{}}
	log := slog.New(slog.DiscardHandler)
	rec := record.New(d, b.clock)
	b.timers = timer.New(d, b.clock, log)
	var err error
	b.outbox, err = notify.New(notify.Options{DB: d, Record: rec, Now: b.clock, Log: log, Addresses: lateAddresses{b},
		Channels:      map[string]notify.Channel{"email": b, "ntfy": b},
		Undeliverable: func(ctx context.Context, tx *db.Tx, run string) error { return b.s.PageFailed(ctx, tx, run) }})
	if err != nil {
		t.Fatal(err)
	}
	b.s, err = oncall.New(oncall.Options{DB: d, Record: rec, Timers: b.timers, Outbox: outbox{b.outbox}, Roster: b,
		Links: oncall.Links{Key: make([]byte, 32), BaseURL: "https://tocsin.example"}, Clock: b.clock, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// outbox is the adapter that the composition root makes as well.
type outbox struct{ *notify.Service }

func (o outbox) Queue(ctx context.Context, tx *db.Tx, p oncall.Page) (string, error) {
	return o.Service.Queue(ctx, tx, notify.Message(p))
}

type lateAddresses struct{ b *bench }

func (l lateAddresses) Address(ctx context.Context, t tenant.ID, kind, recipient string) (string, string, error) {
	return l.b.s.Address(ctx, t, kind, recipient)
}

func (b *bench) Active(_ context.Context, _ db.Querier, person string) (bool, error) {
	return !b.gone[person], nil
}

func (b *bench) Managers(context.Context, db.Querier) ([]string, error) { return []string{"boss"}, nil }

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) Send(_ context.Context, d notify.Delivery) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refuse[d.Address]; err != nil {
		return "", err
	}
	b.pages = append(b.pages, d)
	return "", nil
}

func (b *bench) tx(fn func(ctx context.Context, tx *db.Tx) error) {
	b.Helper()
	if err := b.db.For(1, "a").Tx(b.Context(), func(tx *db.Tx) error { return fn(b.Context(), tx) }); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) contact(person, channel, address string) (c oncall.Contact) {
	b.Helper()
	b.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = b.s.AddContact(ctx, tx, person, channel, address)
		return err
	})
	return c
}

func (b *bench) schedule(people ...string) (sc oncall.Schedule) {
	b.Helper()
	b.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		sc, err = b.s.CreateSchedule(ctx, tx, oncall.Schedule{Name: "S", Rotation: oncall.Rotation{People: people, Shift: oncall.Daily, Length: 1, Start: start.Add(-time.Hour), Zone: "UTC"}})
		return err
	})
	return sc
}

func (b *bench) policy(repeat int, steps ...oncall.Step) {
	b.Helper()
	b.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := b.s.CreatePolicy(ctx, tx, oncall.Policy{Name: "P", Repeat: repeat, Steps: steps})
		return err
	})
}

func person(delay int, ids ...string) oncall.Step {
	st := oncall.Step{DelaySeconds: delay}
	for _, id := range ids {
		st.Targets = append(st.Targets, oncall.Target{Kind: oncall.TargetPerson, ID: id})
	}
	return st
}

func onSchedule(delay int, id string) oncall.Step {
	return oncall.Step{DelaySeconds: delay, Targets: []oncall.Target{{Kind: oncall.TargetSchedule, ID: id}}}
}

func (b *bench) start(c oncall.Case) (run string) {
	b.Helper()
	if c.ID == "" {
		c.ID = "c1"
	}
	c.Number, c.Title, c.Level, c.Summary = "INC-1", "Files encrypted", "critical", "12 hosts"
	b.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		run, err = b.s.Start(ctx, tx, c)
		return err
	})
	return run
}

// timeline moves the clock second by second to each named moment (seconds
// since start), doing what is due on the way, and checks that exactly these
// addresses were paged at exactly these moments. "300 a b" is one moment.
func (b *bench) timeline(until int, want ...string) {
	b.Helper()
	var got []string
	for at := int(b.clock().Sub(start) / time.Second); at <= until; at++ {
		b.mu.Lock()
		b.now = start.Add(time.Duration(at) * time.Second)
		b.pages = nil
		b.mu.Unlock()
		if at%10 != 0 && at != until {
			continue // all moments of these tests are multiples of 10 s
		}
		b.settle()
		var who []string
		for _, p := range b.pages {
			who = append(who, strings.TrimSuffix(p.Address, "@x.org"))
		}
		if slices.Sort(who); len(who) > 0 {
			got = append(got, fmt.Sprint(at, " ", strings.Join(who, " ")))
		}
	}
	if !slices.Equal(got, want) {
		b.Fatalf("paged %q, want %q", got, want)
	}
}

// settle does everything that is due at this moment.
func (b *bench) settle() {
	b.Helper()
	for {
		fired, err := b.timers.Due(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		sent, err := b.outbox.Due(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if fired+sent == 0 {
			return
		}
	}
}

// recorded lists the kinds of the case's entries, without the outbox's own.
func (b *bench) recorded(caseID string) []string {
	b.Helper()
	rows, err := record.List(b.Context(), b.db.For(1, "a"), record.Filter{Subject: "case", SubjectID: caseID, Limit: 1000})
	if err != nil {
		b.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		if strings.HasPrefix(r.Kind, "escalation.") || r.Kind == "page.nobody" {
			out = append(out, r.Kind)
		}
	}
	return out
}

func (b *bench) expectRecord(caseID string, want ...string) {
	b.Helper()
	if got := b.recorded(caseID); !slices.Equal(got, want) {
		b.Errorf("recorded %v, want %v", got, want)
	}
}

func (b *bench) acknowledge(run, person string) oncall.Acknowledgement {
	b.Helper()
	a, err := b.s.Acknowledge(b.Context(), b.db.For(1, person), run, person)
	if err != nil {
		b.Fatal(err)
	}
	return a
}
