package oncall_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/problem"
)

func TestTheDefaultsPageAtOnceAndAgain(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("ann", "email", "ann@x.org")
		b.contact("boss", "email", "boss@x.org")
		for range 2 { // making sure twice makes nothing twice
			b.tx(func(ctx context.Context, tx *db.Tx) error { return b.s.EnsureDefaults(ctx, tx, "ann") })
		}
		b.start(oncall.Case{})
		b.timeline(2500, "0 ann", "300 ann", "600 ann", "900 ann", "1200 ann", "1500 ann", "1800 ann", "2100 ann", "2400 boss")
		runs, err := oncall.Runs(b.Context(), b.db.For(1, "a"), oncall.RunFilter{CaseID: "c1", Limit: 9})
		if err != nil || len(runs) != 1 || runs[0].State != oncall.Exhausted || runs[0].Rounds != 4 {
			b.Errorf("%+v, %v", runs, err)
		}
	})
}

func TestStepsGoUp(t *testing.T) {
	each(t, func(b *bench) {
		for _, p := range []string{"ann", "bob", "boss"} {
			b.contact(p, "email", p+"@x.org")
		}
		b.contact("ann", "ntfy", "anns-phone")
		b.policy(0, person(0, "ann"), person(120, "bob", "ann", "bob"))
		b.start(oncall.Case{})
		b.timeline(300, "0 ann anns-phone", "120 ann anns-phone bob", "240 boss")
		b.expectRecord("c1", "escalation.started", "escalation.step", "escalation.step", "escalation.exhausted")
	})
}

func TestThePageSaysWhatAndWhere(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("ann", "email", "ann@x.org")
		b.policy(0, person(0, "ann"))
		run := b.start(oncall.Case{})
		b.settle()
		p := b.pages[0]
		if p.Subject != "[critical] INC-1 Files encrypted" || p.Priority != 5 || p.Kind != notify.KindPage || !strings.Contains(p.Body, "12 hosts") {
			b.Errorf("%+v", p)
		}
		token, ok := strings.CutPrefix(p.Link, "https://tocsin.example/ack/")
		ack, err := b.s.Links.Open(token, b.clock())
		if !ok || err != nil || ack.Run != run || ack.Person != "ann" || ack.Tenant != 1 {
			b.Errorf("link %s: %+v, %v", p.Link, ack, err)
		}
	})
}

func TestAcknowledgementStopsIt(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("ann", "email", "ann@x.org")
		b.contact("bob", "email", "bob@x.org")
		b.policy(3, person(0, "ann"), person(300, "bob"))
		run := b.start(oncall.Case{})
		b.timeline(290, "0 ann")
		first := b.acknowledge(run, "ann")
		if !first.First || first.By != "ann" || first.State != oncall.Acked || first.CaseID != "c1" || !first.At.Equal(b.clock()) {
			b.Errorf("first: %+v", first)
		}
		b.timeline(5000)
		second := b.acknowledge(run, "bob")
		if second.First || second.By != "ann" || !second.At.Equal(first.At) {
			b.Errorf("second: %+v", second)
		}
		b.expectRecord("c1", "escalation.started", "escalation.step", "escalation.acknowledged")
	})
}

func TestTheFirstAcknowledgementWins(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("ann", "email", "ann@x.org")
		b.policy(0, person(0, "ann"))
		run := b.start(oncall.Case{})
		answers := make(chan oncall.Acknowledgement, 8)
		for i := range cap(answers) {
			who := fmt.Sprint("p", i)
			go func() {
				a, err := b.s.Acknowledge(b.Context(), b.db.For(1, who), run, who)
				if err != nil {
					b.Error(err)
				}
				answers <- a
			}()
		}
		firsts, by := 0, map[string]bool{}
		for range cap(answers) {
			a := <-answers
			by[a.By] = true
			if a.First {
				firsts++
			}
		}
		if firsts != 1 || len(by) != 1 {
			b.Errorf("%d were first, answers name %v", firsts, by)
		}
		b.expectRecord("c1", "escalation.started", "escalation.step", "escalation.acknowledged")
	})
}

// The page is committed and not sent yet: it never is.
func TestAcknowledgedBeforeItWasSent(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("ann", "email", "ann@x.org")
		b.policy(3, person(0, "ann"))
		run := b.start(oncall.Case{})
		b.acknowledge(run, "bob")
		b.timeline(1000)
	})
}

func TestAcknowledgeAcrossTenants(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("ann", "email", "ann@x.org")
		b.policy(0, person(0, "ann"))
		run := b.start(oncall.Case{})
		_, err := b.s.Acknowledge(b.Context(), b.db.For(2, "x"), run, "x")
		if !problem.Is(err, problem.NotFound) {
			b.Errorf("another tenant: %v", err)
		}
	})
}

func TestTheCaseLeaves(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("ann", "email", "ann@x.org")
		b.policy(3, person(0, "ann"), person(300, "ann"))
		run := b.start(oncall.Case{})
		b.timeline(290, "0 ann")
		b.tx(func(ctx context.Context, tx *db.Tx) error { return b.s.End(ctx, tx, "c1", "false positive") })
		b.timeline(2000)
		if a := b.acknowledge(run, "ann"); a.State != oncall.Ended || a.First {
			b.Errorf("acknowledged after its end: %+v", a)
		}
		b.expectRecord("c1", "escalation.started", "escalation.step", "escalation.ended")
		// Reopened, the case is escalated anew.
		if again := b.start(oncall.Case{}); again == run {
			b.Error("the new escalation is the old one")
		}
		b.timeline(2001, "2000 ann")
	})
}

func TestOneEscalationACase(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("ann", "email", "ann@x.org")
		b.policy(0, person(0, "ann"))
		if first, second := b.start(oncall.Case{}), b.start(oncall.Case{}); first != second {
			b.Errorf("two runs: %s and %s", first, second)
		}
		b.timeline(30, "0 ann")
	})
}

func TestWhoIsOnCallWhenTheStepComes(t *testing.T) {
	each(t, func(b *bench) {
		for _, p := range []string{"ann", "bob", "cat"} {
			b.contact(p, "email", p+"@x.org")
		}
		sc := b.schedule("ann", "bob") // ann until 07:00 tomorrow
		b.policy(0, onSchedule(0, sc.ID), onSchedule(600, sc.ID), onSchedule(600, sc.ID))
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := b.s.AddOverride(ctx, tx, oncall.Override{Schedule: sc.ID, Person: "cat", Start: start.Add(5 * time.Minute), End: start.Add(15 * time.Minute)})
			return err
		})
		b.start(oncall.Case{})
		b.timeline(1300, "0 ann", "600 cat", "1200 ann")
	})
}

// Nobody on the first step can be paged: the next follows at once.
func TestNobodyToPage(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("cat", "email", "cat@x.org")
		b.contact("gone", "email", "gone@x.org")
		empty := b.schedule()
		b.policy(0, onSchedule(0, empty.ID), person(300, "ann", "gone"), person(300, "cat"))
		b.gone["gone"] = true
		b.start(oncall.Case{})
		b.timeline(200, "0 cat")
		b.expectRecord("c1", "escalation.started", "page.nobody", "page.nobody", "escalation.step")
	})
}

// A whole round reaches nobody: the managers learn of it at once, and the next
// round finds who has come on call meanwhile.
func TestARoundThatReachesNobody(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("boss", "email", "boss@x.org")
		b.policy(2, person(0, "ann"), person(300, "bob"))
		b.start(oncall.Case{})
		b.timeline(290, "0 boss")
		b.contact("bob", "email", "bob@x.org")
		b.timeline(1000, "300 bob", "600 bob", "900 boss")
		b.expectRecord("c1", "escalation.started", "page.nobody", "page.nobody", "escalation.unreachable",
			"page.nobody", "escalation.step", "page.nobody", "escalation.step", "escalation.exhausted")
	})
}

func TestNoPolicyTellsTheManagers(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("boss", "email", "boss@x.org")
		b.start(oncall.Case{})
		b.timeline(1000, "0 boss")
		b.expectRecord("c1", "escalation.started", "escalation.exhausted")
	})
}

// All of a step's pages are refused for good: the next step does not wait.
func TestUndeliverablePagesBringTheNextStep(t *testing.T) {
	each(t, func(b *bench) {
		for _, p := range []string{"ann", "bob", "boss"} {
			b.contact(p, "email", p+"@x.org")
		}
		b.contact("ann", "ntfy", "anns-phone")
		b.refuse["ann@x.org"] = notify.Permanent(errors.New("550 no such user"))
		b.refuse["anns-phone"] = notify.Permanent(errors.New("404"))
		b.policy(0, person(0, "ann"), person(300, "bob"))
		b.start(oncall.Case{})
		b.timeline(100, "0 bob")
		delete(b.refuse, "anns-phone") // one way to ann is enough
		b.start(oncall.Case{ID: "c2"})
		b.timeline(410, "100 anns-phone", "300 boss", "400 bob")
	})
}

func TestNothingDeliverableTellsTheManagers(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("ann", "email", "ann@x.org")
		b.contact("boss", "email", "boss@x.org")
		b.refuse["ann@x.org"] = notify.Permanent(errors.New("550 no such user"))
		b.policy(0, person(0, "ann"), person(300, "ann"))
		b.start(oncall.Case{})
		b.timeline(100, "0 boss")
		b.expectRecord("c1", "escalation.started", "escalation.step", "escalation.step", "escalation.unreachable")
	})
}

// An exercise pages those who take part, and says what it is.
func TestExercisesStayAmongParticipants(t *testing.T) {
	each(t, func(b *bench) {
		for _, p := range []string{"ann", "bob", "boss"} {
			b.contact(p, "email", p+"@x.org")
		}
		b.policy(0, person(0, "ann", "bob"))
		b.start(oncall.Case{Exercise: "x1", Participants: []string{"bob"}})
		b.settle()
		if len(b.pages) != 1 || b.pages[0].Address != "bob@x.org" || !strings.HasPrefix(b.pages[0].Subject, "[EXERCISE] ") || !strings.HasPrefix(b.pages[0].Body, "This is an exercise.") {
			b.Errorf("%+v", b.pages)
		}
		b.timeline(1000) // the boss does not take part
	})
}

func TestAPolicyEditDoesNotChangeARun(t *testing.T) {
	each(t, func(b *bench) {
		for _, p := range []string{"ann", "bob", "boss"} {
			b.contact(p, "email", p+"@x.org")
		}
		b.policy(0, person(0, "ann"), person(60, "ann"))
		b.start(oncall.Case{})
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			all, err := oncall.Policies(ctx, tx)
			if err != nil {
				return err
			}
			all[0].Steps = []oncall.Step{person(0, "bob")}
			_, err = b.s.UpdatePolicy(ctx, tx, all[0])
			return err
		})
		b.timeline(130, "0 ann", "60 ann", "120 boss")
		b.start(oncall.Case{ID: "c2"})
		b.timeline(140, "130 bob")
	})
}

func TestAFirstStepMayWait(t *testing.T) {
	each(t, func(b *bench) {
		b.contact("ann", "email", "ann@x.org")
		b.policy(1, person(120, "ann"))
		b.start(oncall.Case{})
		b.timeline(300, "120 ann", "240 ann")
	})
}

func TestNow(t *testing.T) {
	each(t, func(b *bench) {
		sc := b.schedule("ann", "bob")
		b.policy(0, onSchedule(0, sc.ID))
		b.contact("ann", "email", "ann@x.org")
		run := b.start(oncall.Case{})
		n, err := b.s.Now(b.Context(), b.db.For(1, "a"))
		if err != nil || len(n.Duties) != 1 || len(n.Runs) != 1 || n.Runs[0].ID != run {
			b.Fatalf("%+v, %v", n, err)
		}
		d := n.Duties[0]
		if d.People[0] != "ann" || !d.Since.Equal(start.Add(-time.Hour)) || !d.Until.Equal(start.Add(23*time.Hour)) || d.Next[0] != "bob" {
			b.Errorf("%+v", d.Duty)
		}
	})
}

// The start of a case that is undone pages nobody.
func TestAnUndoneStart(t *testing.T) {
	b := newBench(t, dbtest.SQLite(t))
	b.contact("ann", "email", "ann@x.org")
	b.policy(0, person(0, "ann"))
	_ = b.db.For(1, "a").Tx(t.Context(), func(tx *db.Tx) error {
		if _, err := b.s.Start(t.Context(), tx, oncall.Case{ID: "c1", Number: "INC-1"}); err != nil {
			t.Error(err)
		}
		return errors.New("undone")
	})
	b.timeline(1000)
}
