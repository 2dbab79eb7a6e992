package retention

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

func (w *world) caseChanged(id string, opened bool) {
	w.t.Helper()
	must(w.t, w.as("holds", func(ctx context.Context, tx *db.Tx) error { return w.CaseChanged(ctx, tx, id, opened) }))
}

func (w *world) held(id string) Hold {
	w.t.Helper()
	h, err := heldCase(w.t.Context(), w.DB.For(1, "test"), id)
	must(w.t, err)
	return h
}

func TestACaseHoldsWhatProvesItAndGrows(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.set(Class{Name: "default", Days: 1})
		first := noon.Add(-days(5))
		before := w.segment("default", first.Add(-73*hour), first.Add(-73*hour), 1, "root")
		start := w.segment("default", first.Add(-71*hour), first.Add(-71*hour), 1, "root")
		other := w.segment("default", first.Add(-71*hour), first.Add(-71*hour), 1, "web1")
		hay := w.segment("default", first, first, 1, "hay")
		w.cases["c"] = Case{ID: "c", Label: "CASE-1", Created: first.Add(time.Minute), First: first, Last: first, Entities: []Entity{{"user", "root"}}}
		w.caseChanged("c", true)
		w.caseChanged("c", true) // told twice
		h := w.held("c")
		if h.From != first.Add(-72*hour).UnixNano() || h.To != first.Add(time.Minute+24*hour).UnixNano() {
			t.Fatalf("from %v to %v", time.Unix(0, h.From).UTC(), time.Unix(0, h.To).UTC())
		}
		// An entity and an alert join.
		c := w.cases["c"]
		c.Entities = append(c.Entities, Entity{"host", "web1"})
		c.Last = first.Add(days(2))
		w.cases["c"] = c
		w.caseChanged("c", false)
		if h = w.held("c"); len(h.Entities) != 2 || h.To != first.Add(days(3)).UnixNano() {
			t.Fatalf("%+v", h)
		}
		w.Pass(t.Context())
		w.noAlarm()
		if want := []string{start, other}; !slices.Equal(w.left(), want) {
			t.Fatalf("left %v, want %v (before %s, hay %s)", w.left(), want, before, hay)
		}
		// It never shrinks, and closing does not release.
		c.Entities, c.Last = nil, first
		w.cases["c"] = c
		w.caseChanged("c", false)
		if again := w.held("c"); len(again.Entities) != 2 || again.To != h.To {
			t.Errorf("%+v", again)
		}
		if got, want := w.entries("hold."), []string{"hold.placed", "hold.extended"}; !slices.Equal(got, want) {
			t.Errorf("the record has %v, want %v", got, want)
		}
	})
}

// An alert that repeats moves its time without an entry in the record: what the
// hold reaches is read again before anything is dropped.
func TestAHoldReachesAsFarAsTheAlertsDoWhenItCounts(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.set(Class{Name: "default", Days: 1})
	first := noon.Add(-days(20))
	w.cases["c"] = Case{ID: "c", Created: first, First: first, Last: first, Entities: []Entity{{"user", "root"}}}
	w.caseChanged("c", true)
	late := w.segment("default", first.Add(days(9)), first.Add(days(9)), 1, "root")
	c := w.cases["c"]
	c.Last = first.Add(days(9))
	w.cases["c"] = c
	w.Pass(t.Context())
	w.noAlarm()
	if !slices.Equal(w.left(), []string{late}) {
		t.Fatal("dropped what the case's alerts reach by now")
	}
}

func TestACasesHoldIsReleasedByTwoPeople(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.set(Class{Name: "default", Days: 1})
	w.cases["c"] = Case{ID: "c", Created: noon.Add(-days(5))}
	w.caseChanged("c", true)
	w.segment("default", noon.Add(-days(5)), noon.Add(-days(5)), 1) // a case without entities holds by time
	h := w.held("c")
	var change *Change
	must(t, w.as("ann", func(ctx context.Context, tx *db.Tx) (err error) {
		_, change, err = w.Release(ctx, tx, h.ID, "the case is settled")
		return err
	}))
	w.Pass(t.Context())
	if change == nil || change.State != Pending || len(w.left()) != 1 {
		t.Fatalf("%+v", change)
	}
	must(t, w.approve("bob", change.ID))
	w.now = noon.Add(days(1))
	if _, err := w.timers.Due(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := GetHold(t.Context(), w.DB.For(1, "test"), h.ID)
	must(t, err)
	if got.Released.IsZero() || got.ReleasedBy != "ann" || got.ReleasedReason != "the case is settled" {
		t.Fatalf("%+v", got)
	}
	w.caseChanged("c", false) // a later entry of the case does not hold again
	w.Pass(t.Context())
	if w.noAlarm(); len(w.left()) != 0 {
		t.Error("still held")
	}
	w.caseChanged("c", true) // opened again, it does
	if w.held("c").ID == h.ID {
		t.Error("the released hold is in force")
	}
}

func TestHoldsOfQueries(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.set(Class{Name: "default", Days: 1})
		inside := w.segment("default", noon.Add(-days(9)), noon.Add(-days(8)), 1, "needle")
		w.segment("default", noon.Add(-days(9)), noon.Add(-days(8)), 1, "hay")
		w.segment("default", noon.Add(-days(30)), noon.Add(-days(29)), 1, "needle")
		h := w.hold("needle", noon.Add(-days(8)), noon)
		w.Pass(t.Context())
		if !slices.Equal(w.left(), []string{inside}) {
			t.Fatalf("left %v", w.left())
		}
		must(t, w.as("ann", func(ctx context.Context, tx *db.Tx) error {
			_, change, err := w.Release(ctx, tx, h.ID, "the lawsuit is over")
			if change != nil {
				t.Error("a hold of a query asks for a second person")
			}
			return err
		}))
		err := w.as("ann", func(ctx context.Context, tx *db.Tx) error {
			_, _, err := w.Release(ctx, tx, h.ID, "once more")
			return err
		})
		if !problem.Is(err, problem.Conflict) {
			t.Error(err)
		}
		w.Pass(t.Context())
		if w.noAlarm(); len(w.left()) != 0 {
			t.Error("still held")
		}
	})
}

func TestHoldsThatAreRefused(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.cases["c"] = Case{ID: "c", Created: noon}
	must(t, w.as("ann", func(ctx context.Context, tx *db.Tx) error { _, err := w.PlaceCase(ctx, tx, "c", "by hand"); return err }))
	for name, f := range map[string]func(context.Context, *db.Tx) error{
		"a query that cannot be read": func(ctx context.Context, tx *db.Tx) error {
			_, err := w.Place(ctx, tx, Hold{Query: "(", Reason: "r"})
			return err
		},
		"a range that ends before it begins": func(ctx context.Context, tx *db.Tx) error {
			_, err := w.Place(ctx, tx, Hold{From: 2, To: 1, Reason: "r"})
			return err
		},
		"a case twice": func(ctx context.Context, tx *db.Tx) error { _, err := w.PlaceCase(ctx, tx, "c", "again"); return err },
		"no such case": func(ctx context.Context, tx *db.Tx) error { _, err := w.PlaceCase(ctx, tx, "x", "r"); return err },
	} {
		if err := w.as("ann", f); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestAnExerciseHoldsNothing(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.cases["x"] = Case{ID: "x", Exercise: true, Created: noon}
	w.caseChanged("x", true)
	if _, err := heldCase(t.Context(), w.DB.For(1, "test"), "x"); !problem.Is(err, problem.NotFound) {
		t.Error(err)
	}
}

// Whatever an entity is called, its hold can be read as a query, or it holds by
// time alone.
func FuzzEntityText(f *testing.F) {
	for _, v := range []string{"root", `DOM\root`, `a "b" c`, "10.0.0.1", "fe80::1", "C:\\x y\\z.exe", "", "and", "x…", "*", "\xff\x00"} {
		f.Add("user", v)
	}
	f.Add("ip", "10.0.0.1")
	f.Fuzz(func(t *testing.T, kind, value string) {
		h := Hold{Kind: "case", At: noon, Entities: []Entity{{kind, value}, {"user", "root"}}}
		m := h.matcher()
		if len(m.any) != 0 && len(m.any) != 2 {
			t.Errorf("%d of two entities are looked for", len(m.any))
		}
		for _, x := range m.any {
			if _, all := x.(query.All); all && value != "" {
				t.Errorf("%q is looked for as everything", value)
			}
		}
	})
}

func TestEvidenceHoldsItsSegmentsUntilTwoPeopleReleaseIt(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.set(Class{Name: "default", Days: 1})
		held := w.segment("default", noon.Add(-days(9)), noon.Add(-days(8)), 1)
		w.segment("default", noon.Add(-days(9)), noon.Add(-days(8)), 1) // of the same time, not in the evidence
		var id string
		must(t, w.as("ann", func(ctx context.Context, tx *db.Tx) (err error) {
			id, err = w.PlaceEvidence(ctx, tx, "e1", []string{held}, "Evidence was taken.")
			return err
		}))
		w.Pass(t.Context())
		if w.noAlarm(); !slices.Equal(w.left(), []string{held}) {
			t.Fatalf("left %v", w.left())
		}
		got, err := GetHold(t.Context(), w.DB.For(1, "test"), id)
		must(t, err)
		if got.Evidence != "e1" || !slices.Equal(got.Segments, []string{held}) || got.By != "ann" {
			t.Errorf("%+v", got)
		}
		var change *Change
		must(t, w.as("ann", func(ctx context.Context, tx *db.Tx) (err error) {
			_, change, err = w.Release(ctx, tx, id, "the case is settled")
			return err
		}))
		if change == nil || change.State != Pending {
			t.Fatalf("%+v", change)
		}
		must(t, w.approve("bob", change.ID))
		w.now = noon.Add(days(1))
		if _, err := w.timers.Due(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Pass(t.Context())
		if w.noAlarm(); len(w.left()) != 0 {
			t.Error("still held")
		}
	})
}
