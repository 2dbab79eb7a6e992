package cases_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// proven is an alert of a rule marked as proof that harm was done.
func proven(id string) cases.AlertFacts {
	return cases.AlertFacts{ID: id, Fingerprint: id, Rule: "virus", Title: "Virus ran", Level: "high", Impact: 3, Urgency: 3, Count: 1, Proof: true, Effects: classify.Axes{Integrity: "confirmed"}, Dedup: []string{"host=pc7"}, Entities: []cases.Entity{{Kind: "host", Value: "pc7"}}}
}

// outage is an alert about a service that is away and whose return will clear it.
func outage(id string) cases.AlertFacts {
	return cases.AlertFacts{ID: id, Fingerprint: "out-" + id, Kind: "monitor", Rule: "service-down", Title: "Printer is away", Level: "low", Type: "service-outage", Impact: 1, Urgency: 1, Count: 1, Lasting: true, Service: "printer", Intent: "none", Effects: classify.Axes{Availability: "confirmed"}, Dedup: []string{"service=printer"}}
}

func (k *desk) classify(id string, d cases.Decision) func(context.Context, *db.Tx) error {
	return func(ctx context.Context, tx *db.Tx) error { _, err := k.Classify(ctx, tx, id, 0, true, d); return err }
}

func (k *desk) dismiss(id, disposition string) func(context.Context, *db.Tx) error {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := k.Dismiss(ctx, tx, id, 0, disposition, "a good enough reason")
		return err
	}
}

func TestConfirmedHarmIsAnIncidentWhateverAnybodySays(t *testing.T) {
	both(t, func(k *desk) {
		c := k.raise(proven("a1"))
		if c.Decision != classify.Incident || c.Detail.Criterion.ID != classify.Harmed || !c.Provisional || len(k.paged) != 1 {
			k.Fatalf("%q by %s, provisional %v, %d pages", c.Decision, c.Detail.Criterion.ID, c.Provisional, len(k.paged))
		}
		as := func(decision, disposition string) cases.Decision {
			d := incident
			d.Decision, d.Disposition = decision, disposition
			return d
		}
		for _, d := range []cases.Decision{as(classify.EventOnly, ""), as(classify.Weakness, ""), as(classify.EventOnly, cases.Benign)} {
			if got := k.refused(problem.GuardRefused, k.classify(c.ID, d)); !strings.Contains(got[0], "harm is confirmed") {
				k.Errorf("missing %q", got)
			}
		}
		for _, d := range []string{cases.TruePositive, cases.Benign, cases.Authorised} {
			k.refused(problem.GuardRefused, k.dismiss(c.ID, d))
		}
		k.must(k.classify(c.ID, incident)) // its form names no effects: the confirmed one stays
		k.refused(problem.GuardRefused, k.classify(c.ID, as(classify.EventOnly, "")))
		k.refused(problem.GuardRefused, k.dismiss(c.ID, cases.Benign))
		k.must(k.dismiss(c.ID, cases.FalsePositive)) // the finding was wrong, so there was no harm
		if got := k.get(c.ID); got.State != cases.Closed || got.Decision != classify.EventOnly {
			k.Errorf("%s %s", got.State, got.Decision)
		}
	})
}

func TestAnExpertConfirmsHarmToo(t *testing.T) {
	both(t, func(k *desk) {
		c := k.at(cases.Assessing)
		d := incident
		d.Decision, d.Effects = classify.EventOnly, classify.Axes{Confidentiality: "confirmed"}
		k.refused(problem.GuardRefused, k.classify(c.ID, d))
		d.Decision = classify.Incident
		k.must(k.classify(c.ID, d))
		k.refused(problem.GuardRefused, k.dismiss(c.ID, cases.Benign))
	})
}

func TestAReporterOrAnUnprovenRuleOnlyClaims(t *testing.T) {
	both(t, func(k *desk) {
		c := k.report(cases.NewReport{Harm: "yes"})
		if c.Detail.Criterion.ID == classify.Harmed || c.Detail.Effects.Confidentiality != "claimed" {
			k.Errorf("a report alone confirmed harm: %+v", c.Detail)
		}
		k.must(k.dismiss(c.ID, cases.Benign))
		a := proven("a1")
		a.Proof = false
		if c := k.raise(a); c.Detail.Effects.Integrity != "likely" || c.Detail.Criterion.ID == classify.Harmed {
			k.Errorf("a rule that is no proof confirmed harm: %+v", c.Detail.Effects)
		}
	})
}

func TestProvisionalUntilAPersonConfirms(t *testing.T) {
	both(t, func(k *desk) {
		c := k.report(cases.NewReport{Kind: "weakness"})
		if !c.Provisional || c.Decision != classify.Weakness {
			k.Fatalf("%q provisional %v", c.Decision, c.Provisional)
		}
		k.must(func(ctx context.Context, tx *db.Tx) error { return do["confirm"](k, ctx, tx, c, c) })
		got := k.get(c.ID)
		if got.Provisional || got.State != cases.Classified || got.Owner != "ann" || got.Decision != classify.Weakness || len(k.ended) != 1 {
			k.Errorf("%+v", got)
		}
		views, err := cases.AssessmentsOf(k.Context(), k.db.For(1, "ann"), c.ID)
		if err != nil || len(views) != 3 {
			k.Fatalf("%d assessments, %v", len(views), err)
		}
		seen := map[string]string{}
		for _, v := range views {
			seen[v.View] = v.Actor
		}
		if seen["reporter"] != "reporter" || seen["policy"] != "policy" || seen["analyst"] != "ann" {
			k.Errorf("views side by side: %v", seen)
		}
	})
}

func TestALightCaseClosesInOneCallAndTellsWhy(t *testing.T) {
	both(t, func(k *desk) {
		c := k.raise(outage("a1"))
		k.must(k.dismiss(c.ID, cases.TruePositive))
		if got := k.get(c.ID); got.State != cases.Closed || got.Decision != classify.Incident || got.Detail.Statement == "" || len(k.settled) != 1 || len(k.articles) != 0 {
			k.Errorf("%s, settled %v, articles %v", got.State, k.settled, k.articles)
		}
	})
}

func TestAnOutageThatEndsClosesByItselfOnlyWhenLightAndProvisional(t *testing.T) {
	clear := func(k *desk, id string) {
		a := k.alerts[id]
		k.now = k.now.Add(2 * time.Minute)
		a.Cleared = k.now
		k.alerts[id] = a
		k.must(func(ctx context.Context, tx *db.Tx) error { return k.FromCleared(ctx, tx, id) })
	}
	both(t, func(k *desk) {
		c := k.raise(outage("light"))
		if c.Track != classify.Light || len(k.paged) != 0 {
			k.Fatalf("track %s, %d pages", c.Track, len(k.paged))
		}
		clear(k, "light")
		if got := k.get(c.ID); got.State != cases.Closed || !strings.Contains(got.Detail.Statement, "2 minutes") || !k.recorded(c.ID, "case.closed") {
			k.Errorf("a light outage that is over is %s: %q", got.State, got.Detail.Statement)
		}
		clear(k, "light") // told twice
		confirmed := k.raise(outage("confirmed"))
		light := incident
		light.Track = classify.Light
		k.must(k.classify(confirmed.ID, light))
		clear(k, "confirmed")
		if got := k.get(confirmed.ID); !got.State.Open() || !k.recorded(confirmed.ID, "case.condition_over") {
			k.Errorf("a case that a person has decided closed by itself: %s", got.State)
		}
		k.must(k.dismiss(confirmed.ID, cases.TruePositive))
		first, second := outage("one"), outage("two")
		both := k.raise(first)
		if joined := k.raise(second); joined.ID != both.ID {
			k.Fatal("two alerts about one service made two cases")
		}
		clear(k, "one")
		if got := k.get(both.ID); !got.State.Open() {
			k.Error("closed while one of its conditions still holds")
		}
		clear(k, "two")
		if got := k.get(both.ID); got.State.Open() {
			k.Error("still open when all its conditions are over")
		}
	})
}

func TestAlertsAboutTheSameThingJoinWithAReason(t *testing.T) {
	both(t, func(k *desk) {
		low := cases.AlertFacts{ID: "a1", Fingerprint: "f1", Rule: "odd", Title: "Odd thing", Level: "low", Count: 1, Dedup: []string{"host=pc7"}}
		c := k.raise(low)
		joined := k.raise(proven("a2"))
		if joined.ID != c.ID || joined.Decision != classify.Incident || joined.Title != "Virus ran" {
			k.Errorf("%+v", joined)
		}
		links, err := cases.AlertsOf(k.Context(), k.db.For(1, "ann"), c.ID)
		if err != nil || len(links) != 2 || links[1].Reason != "same host=pc7" {
			k.Errorf("%+v %v", links, err)
		}
		k.must(func(ctx context.Context, tx *db.Tx) error { return k.FromAlert(ctx, tx, "a2") }) // told twice
		if got := k.get(c.ID); got.Version != joined.Version {
			k.Error("the same alert changed its case twice")
		}
		elsewhere := low
		elsewhere.ID, elsewhere.Dedup = "a3", []string{"host=pc8"}
		if other := k.raise(elsewhere); other.ID == c.ID {
			k.Error("another host's alert joined")
		}
		k.advance(c.ID, cases.Closed)
		again := low
		again.ID = "a4"
		if fresh := k.raise(again); fresh.ID == c.ID {
			k.Error("an alert joined a closed case")
		}
	})
}

func TestReassessmentNeverOverridesAPerson(t *testing.T) {
	both(t, func(k *desk) {
		low := cases.AlertFacts{ID: "a1", Fingerprint: "f1", Rule: "odd", Title: "Odd thing", Level: "low", Count: 1, Dedup: []string{"host=pc7"}}
		c := k.raise(low)
		d := incident
		d.Decision, d.Impact, d.Urgency = classify.Weakness, 1, 1
		k.must(k.classify(c.ID, d))
		k.paged = nil
		k.raise(proven("a2"))
		got := k.get(c.ID)
		if got.Decision != classify.Weakness || got.Impact != 1 || got.Title != "Odd thing" || len(k.paged) != 0 {
			k.Errorf("%+v", got)
		}
		if !k.recorded(c.ID, "case.alert_joined") {
			k.Error("the policy's new view was not recorded")
		}
		// What was proved since is known: it cannot be closed as nothing.
		k.refused(problem.GuardRefused, k.dismiss(c.ID, cases.Benign))
	})
}

func TestAnOutageStaysOneWhenSomethingElseJoins(t *testing.T) {
	both(t, func(k *desk) {
		c := k.raise(outage("a1"))
		k.now = k.now.Add(5 * time.Minute)
		k.raise(cases.AlertFacts{ID: "a2", Fingerprint: "f2", Rule: "odd", Title: "Odd thing", Level: "low", Count: 1, Dedup: []string{"service=printer"}})
		if got := k.get(c.ID).Detail.Facts; !got.Outage.Ongoing || got.Service.Name != "printer" {
			k.Errorf("the outage was forgotten: %+v %+v", got.Outage, got.Service)
		}
	})
}

func TestAnUndecidedCaseIsDecidedByItsTimeOrPages(t *testing.T) {
	both(t, func(k *desk) {
		c := k.at(cases.Reported)
		by := c.DecideBy
		if c.Decision != classify.Undetermined || !by.After(k.now) || k.timers[cases.TimerDecide+"/"+c.ID] != by {
			k.Fatalf("decision %q by %s, timers %v", c.Decision, by, k.timers)
		}
		k.paged = nil
		due := func(kind string) {
			k.must(func(ctx context.Context, tx *db.Tx) error { return k.Due(ctx, tx, kind, c.ID) })
		}
		k.now = by
		due(cases.TimerDecide)
		if len(k.paged) != 1 || !k.recorded(c.ID, "case.decide_overdue") {
			k.Errorf("%d pages", len(k.paged))
		}
		k.must(k.classify(c.ID, incident))
		if _, set := k.timers[cases.TimerDecide+"/"+c.ID]; set || !k.get(c.ID).DecideBy.IsZero() {
			k.Error("decided, and the clock runs on")
		}
		k.paged = nil
		due(cases.TimerDecide)
		if len(k.paged) != 0 {
			k.Error("paged for a case that is decided")
		}
	})
}

func TestWhatJoinsDoesNotPutTheDecisionOff(t *testing.T) {
	both(t, func(k *desk) {
		odd := cases.AlertFacts{ID: "a1", Fingerprint: "f1", Rule: "odd", Title: "Odd thing", Level: "medium", Count: 1, Dedup: []string{"host=pc7"}}
		c := k.raise(odd)
		if c.Decision != classify.Undetermined {
			k.Fatalf("the shipped policy decides %q", c.Decision)
		}
		k.now = k.now.Add(10 * time.Minute)
		odd.ID = "a2"
		k.raise(odd)
		if got := k.get(c.ID); !got.DecideBy.Equal(c.DecideBy) || k.timers[cases.TimerDecide+"/"+c.ID] != c.DecideBy {
			k.Errorf("to be decided by %s, then by %s", c.DecideBy, got.DecideBy)
		}
	})
}

func TestASnoozedCaseLeavesTheInboxAndComesBack(t *testing.T) {
	both(t, func(k *desk) {
		c := k.at(cases.Reported)
		inbox := func() int {
			k.Helper()
			cs, err := cases.List(k.Context(), k.db.For(1, "ann"), cases.Filter{Inbox: true, Exercises: "all", Now: k.now, Limit: 10})
			if err != nil {
				k.Fatal(err)
			}
			return len(cs)
		}
		k.must(func(ctx context.Context, tx *db.Tx) error { return do["snooze"](k, ctx, tx, c, c) })
		if inbox() != 0 || k.timers[cases.TimerSnooze+"/"+c.ID] != k.now.Add(time.Hour) {
			k.Errorf("%d in the inbox, timers %v", inbox(), k.timers)
		}
		k.now = k.now.Add(time.Hour)
		k.must(func(ctx context.Context, tx *db.Tx) error { return k.Due(ctx, tx, cases.TimerSnooze, c.ID) })
		if inbox() != 1 || !k.get(c.ID).SnoozedUntil.IsZero() || !k.recorded(c.ID, "case.woke") {
			k.Error("did not come back")
		}
	})
}

func TestExercisesNeverMixWithReality(t *testing.T) {
	both(t, func(k *desk) {
		var x cases.Exercise
		k.must(func(ctx context.Context, tx *db.Tx) (err error) {
			x, err = k.StartExercise(ctx, tx, "drill", "virus", "hash")
			return err
		})
		real := k.raise(proven("real"))
		drill := proven("drill")
		drill.Exercise = x.ID
		ex := k.raise(drill)
		if ex.ID == real.ID || ex.Label() != "EX-1" || real.Label() != "CASE-1" {
			k.Errorf("%s and %s", ex.Label(), real.Label())
		}
		if p := k.paged[len(k.paged)-1]; p.Exercise != x.ID || len(p.Participants) != 1 || p.Participants[0] != "ann" {
			k.Errorf("paged %+v", p)
		}
		for mode, want := range map[string]string{"": "CASE-1", "only": "EX-1"} {
			cs, err := cases.List(k.Context(), k.db.For(1, "ann"), cases.Filter{Exercises: mode, Limit: 10})
			if err != nil || len(cs) != 1 || cs[0].Label() != want {
				k.Errorf("%q lists %d, %v", mode, len(cs), err)
			}
		}
		k.refused(problem.GuardRefused, func(ctx context.Context, tx *db.Tx) error { return do["duplicate"](k, ctx, tx, ex, real) })
		k.must(func(ctx context.Context, tx *db.Tx) error { return k.EndExercise(ctx, tx, x.ID, true, "real smoke") })
		fresh, err := cases.ByNumber(k.Context(), k.db.For(1, "ann"), "CASE-2")
		if err != nil || fresh.Exercise != "" || !strings.Contains(fresh.Title, "real smoke") {
			k.Errorf("\"this is real\" opened %+v, %v", fresh, err)
		}
		k.refused(problem.NotFound, func(ctx context.Context, tx *db.Tx) error { return k.EndExercise(ctx, tx, x.ID, false, "") })
	})
}

func TestPolicyVersions(t *testing.T) {
	both(t, func(k *desk) {
		h := k.db.For(1, "ann")
		v, err := k.Policies.Version(k.Context(), h, k.now)
		if err != nil || v.Version != 0 {
			k.Fatalf("%+v %v", v, err)
		}
		k.refused(problem.Invalid, func(ctx context.Context, tx *db.Tx) error {
			_, err := k.Policies.Publish(ctx, tx, "decision: [", "broken")
			return err
		})
		k.refused(problem.Invalid, func(ctx context.Context, tx *db.Tx) error {
			_, err := k.Policies.Publish(ctx, tx, string(classify.DefaultYAML()), "")
			return err
		})
		for want := range int64(2) {
			k.must(func(ctx context.Context, tx *db.Tx) error {
				v, err := k.Policies.Publish(ctx, tx, string(classify.DefaultYAML()), "as it was")
				if v.Version != want+1 {
					k.Errorf("version %d, want %d", v.Version, want+1)
				}
				return err
			})
		}
		if other, err := k.Policies.Version(k.Context(), k.db.For(2, "eve"), k.now); err != nil || other.Version != 0 {
			k.Errorf("another tenant has version %d, %v", other.Version, err)
		}
	})
}
