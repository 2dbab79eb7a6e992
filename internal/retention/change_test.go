package retention

import (
	"context"
	"slices"
	"testing"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/problem"
)

func (w *world) approve(person, id string) error {
	w.t.Helper()
	return w.as(person, func(ctx context.Context, tx *db.Tx) error { _, err := w.Approve(ctx, tx, id); return err })
}

func (w *world) change(id string) Change {
	w.t.Helper()
	c, err := GetChange(w.t.Context(), w.DB.For(1, "test"), id)
	must(w.t, err)
	return c
}

func (w *world) policy() Policy {
	w.t.Helper()
	p, err := PolicyOf(w.t.Context(), w.DB.For(1, "test"))
	must(w.t, err)
	return p
}

func TestWhatShortensAndWhatDoesNot(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	for _, c := range []Class{{Name: "default", Days: 90, MaxBytes: 1000}, {Name: "long", Days: 365}, {Name: "short", Days: 7}, {Name: "ever"}, {Name: "spare", Days: 90, MaxBytes: 1000}} {
		w.set(c)
	}
	for _, a := range []Assignment{{"a1", "fw", "", "long"}, {"a2", "", "audit", "ever"}, {"a3", "fw", "audit", "short"}} {
		must(t, w.as("test", func(ctx context.Context, tx *db.Tx) error { return insertAssignment(ctx, tx, a, w.now) }))
	}
	w.segment("was", noon.Add(-days(9)), noon.Add(-days(9)), 1)
	class := func(name string, d, b, f int64) Request {
		return Request{Kind: ChangeClass, Class: Class{name, d, b, f}}
	}
	assign := func(source, typ, class string) Request {
		return Request{Kind: ChangeAssignment, Assignment: Assignment{Source: source, SourceType: typ, Class: class}}
	}
	for name, c := range map[string]struct {
		r    Request
		want bool
	}{
		"more days":                             {class("long", 400, 0, 0), false},
		"for ever":                              {class("long", 0, 0, 0), false},
		"fewer days":                            {class("long", 364, 0, 0), true},
		"days where it was for ever":            {class("ever", 36500, 0, 0), true},
		"a limit where there was none":          {class("long", 365, 1<<50, 0), true},
		"a lower limit":                         {class("default", 90, 999, 0), true},
		"a higher limit":                        {class("default", 90, 1001, 0), false},
		"no limit":                              {class("default", 90, 0, 0), false},
		"a floor":                               {class("long", 365, 0, 300), true},
		"more days but a limit":                 {class("long", 0, 5, 0), true},
		"a new class":                           {class("new", 1, 1, 1), false},
		"a class of old segments, as they are":  {class("was", 90, 1000, 0), false},
		"a class of old segments, shorter":      {class("was", 89, 0, 0), true},
		"the class removed is longer":           {Request{Kind: ChangeClassRemoval, Class: Class{Name: "spare"}}, true}, // another bounded class
		"assigned to a shorter one":             {assign("web", "", "short"), true},
		"assigned to a longer one":              {assign("web", "x", "long"), false},
		"longer than the default, not than all": {assign("db", "", "long"), true},
		"beats a less specific longer one":      {assign("web", "audit", "long"), true},
		"to a longer one than before":           {assign("fw", "audit", "long"), false},
		"to a shorter one than before":          {assign("fw", "", "short"), true},
		"assignment of a longer class removed":  {Request{Kind: ChangeAssignmentRemoval, Assignment: Assignment{ID: "a1"}}, true},
		"assignment of a shorter class removed": {Request{Kind: ChangeAssignmentRemoval, Assignment: Assignment{ID: "a3"}}, true}, // the default one is bounded by size
	} {
		// Each is asked for and undone.
		var got Change
		undo := problem.New(problem.Internal, "undone")
		err := w.as("ann", func(ctx context.Context, tx *db.Tx) (err error) {
			c.r.Reason = "because"
			if got, err = w.Request(ctx, tx, c.r); err != nil {
				return err
			}
			return undo
		})
		if err != error(undo) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		state := map[bool]string{true: Pending, false: Applied}[c.want]
		if got.Shortens != c.want || got.State != state {
			t.Errorf("%s: shortens %v, %s", name, got.Shortens, got.State)
		}
	}
}

func TestShorteningTakesTwoPeopleAndADelay(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		c, err := w.ask("ann", Request{Kind: ChangeClass, Class: Class{Name: "default", Days: 30}})
		must(t, err)
		w.segment("default", noon.Add(-days(60)), noon.Add(-days(60)), 1)
		quiet := func(when string) {
			t.Helper()
			if _, err := w.timers.Due(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.Pass(t.Context())
			if got := w.policy().Of("default"); got.Days != 0 || len(w.left()) != 1 {
				t.Fatalf("%s: %+v, %d segments left", when, got, len(w.left()))
			}
		}
		quiet("asked for")
		if err := w.approve("ann", c.ID); !problem.Is(err, problem.Denied) {
			t.Fatalf("approved by who asked: %v", err)
		}
		if _, err := w.ask("bob", Request{Kind: ChangeClass, Class: Class{Name: "default", Days: 20}}); !problem.Is(err, problem.Conflict) {
			t.Fatalf("a second change of the same: %v", err)
		}
		must(t, w.approve("bob", c.ID))
		if got := w.change(c.ID); got.State != Waiting || got.ApprovedBy != "bob" || !got.Effective.Equal(noon.Add(24*hour)) {
			t.Fatalf("%+v", got)
		}
		if err := w.approve("eve", c.ID); !problem.Is(err, problem.Conflict) {
			t.Fatalf("approved twice: %v", err)
		}
		quiet("approved")
		w.now = noon.Add(24*hour - 1e9)
		quiet("a second before")
		w.now = noon.Add(24 * hour)
		if _, err := w.timers.Due(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.policy().Of("default"); got.Days != 30 || w.change(c.ID).State != Applied {
			t.Fatalf("%+v", got)
		}
		w.Pass(t.Context())
		if w.noAlarm(); len(w.left()) != 0 {
			t.Error("the segment is still there")
		}
		if got, want := w.entries("retention."), []string{"retention.requested", "retention.approved", "retention.changed"}; !slices.Equal(got, want) {
			t.Errorf("the record has %v, want %v", got, want)
		}
	})
}

func TestAChangeCanBeRejectedAndCancelled(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	ask := func() string {
		c, err := w.ask("ann", Request{Kind: ChangeClass, Class: Class{Name: "default", Days: 30}})
		must(t, err)
		return c.ID
	}
	end := func(f func(context.Context, *db.Tx, string, string) (Change, error), id string) error {
		return w.as("bob", func(ctx context.Context, tx *db.Tx) error { _, err := f(ctx, tx, id, "not now"); return err })
	}
	rejected := ask()
	must(t, end(w.Reject, rejected))
	cancelled := ask()
	must(t, w.approve("bob", cancelled))
	if err := end(w.Reject, cancelled); !problem.Is(err, problem.Conflict) {
		t.Errorf("rejected after the approval: %v", err)
	}
	must(t, end(w.Cancel, cancelled))
	w.now = noon.Add(days(9))
	if _, err := w.timers.Due(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{rejected: Rejected, cancelled: Cancelled} {
		if c := w.change(id); c.State != want || c.EndedBy != "bob" || c.EndedReason != "not now" {
			t.Errorf("%+v", c)
		}
		if err := end(w.Cancel, id); !problem.Is(err, problem.Conflict) {
			t.Errorf("ended twice: %v", err)
		}
	}
	if got := w.policy().Of("default"); got.Days != 0 {
		t.Errorf("%+v", got)
	}
}

// What two people agreed to is applied to what they saw, or not at all.
func TestAChangeOfSomethingThatChangedMeanwhileIsCancelled(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.set(Class{Name: "default", Days: 90})
	c, err := w.ask("ann", Request{Kind: ChangeClass, Class: Class{Name: "default", Days: 30}})
	must(t, err)
	must(t, w.approve("bob", c.ID))
	w.set(Class{Name: "default", Days: 365}) // longer: it applied at once
	w.now = noon.Add(days(2))
	if _, err := w.timers.Due(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.change(c.ID); got.State != Cancelled || got.EndedReason == "" || w.policy().Of("default").Days != 365 {
		t.Fatalf("%+v", got)
	}
}

func TestASourceIsRemovedByTwoPeople(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.sources["fw"] = true
	if _, err := w.ask("ann", Request{Kind: ChangeSourceRemoval, Source: "nowhere"}); !problem.Is(err, problem.NotFound) {
		t.Errorf("an absent source: %v", err)
	}
	c, err := w.ask("ann", Request{Kind: ChangeSourceRemoval, Source: "fw"})
	must(t, err)
	must(t, w.approve("bob", c.ID))
	w.now = noon.Add(days(1))
	if !w.sources["fw"] {
		t.Fatal("gone before its time")
	}
	if _, err := w.timers.Due(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.sources["fw"] || w.change(c.ID).State != Applied {
		t.Errorf("%+v", w.change(c.ID))
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.set(Class{Name: "used", Days: 9})
	must(t, w.as("test", func(ctx context.Context, tx *db.Tx) error {
		return insertAssignment(ctx, tx, Assignment{"a1", "fw", "", "used"}, w.now)
	}))
	for name, c := range map[string]struct {
		r    Request
		want problem.Kind
	}{
		"no reason":            {Request{Kind: ChangeClass, Class: Class{Name: "x"}, Reason: "x"}, problem.Invalid},
		"no kind":              {Request{Kind: "purge"}, problem.Invalid},
		"a bad name":           {Request{Kind: ChangeClass, Class: Class{Name: "../x"}}, problem.Invalid},
		"negative days":        {Request{Kind: ChangeClass, Class: Class{Name: "x", Days: -1}}, problem.Invalid},
		"negative bytes":       {Request{Kind: ChangeClass, Class: Class{Name: "x", MaxBytes: -1}}, problem.Invalid},
		"nothing new":          {Request{Kind: ChangeClass, Class: Class{Name: "used", Days: 9}}, problem.Conflict},
		"the default class":    {Request{Kind: ChangeClassRemoval, Class: Class{Name: "default"}}, problem.Conflict},
		"an absent class":      {Request{Kind: ChangeClassRemoval, Class: Class{Name: "absent"}}, problem.NotFound},
		"a class in use":       {Request{Kind: ChangeClassRemoval, Class: Class{Name: "used"}}, problem.Conflict},
		"to an absent class":   {Request{Kind: ChangeAssignment, Assignment: Assignment{Class: "absent"}}, problem.Invalid},
		"an absent assignment": {Request{Kind: ChangeAssignmentRemoval, Assignment: Assignment{ID: "absent"}}, problem.NotFound},
		"an absent hold":       {Request{Kind: ChangeHoldRelease, Hold: "absent"}, problem.NotFound},
	} {
		if c.r.Reason == "" {
			c.r.Reason = "because"
		}
		if _, err := w.ask("ann", c.r); !problem.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEventsFindTheirClass(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.set(Class{Name: "long", Days: 365})
		w.set(Class{Name: "ever"})
		for _, a := range []Assignment{{Source: "fw", Class: "long"}, {SourceType: "audit", Class: "ever"}, {Source: "fw", SourceType: "audit", Class: "default"}} {
			must(t, w.as("test", func(ctx context.Context, tx *db.Tx) error {
				a.ID = db.NewID(w.now)
				return w.then(ctx, tx, insertAssignment(ctx, tx, a, w.now))
			}))
		}
		for _, c := range [][3]string{{"fw", "", "long"}, {"fw", "x", "long"}, {"web", "audit", "ever"}, {"fw", "audit", "default"}, {"web", "x", "default"}} {
			if got := w.Classes.Of(1, c[0], c[1]); got != c[2] {
				t.Errorf("%s, %s: %s, want %s", c[0], c[1], got, c[2])
			}
			if got := w.Classes.Of(2, c[0], c[1]); got != "default" {
				t.Errorf("another tenant's %s: %s", c[0], got)
			}
		}
		if n := testing.AllocsPerRun(100, func() { w.Classes.Of(1, "web", "audit") }); n != 0 {
			t.Errorf("%v allocations an event", n)
		}
	})
}

const hour = day / 24
