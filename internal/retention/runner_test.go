package retention

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
)

func TestSegmentsGoByAgeAndBySize(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for _, c := range []Class{{Name: "default", Days: 30}, {Name: "big", MaxBytes: 250}, {Name: "ever"}} {
			w.set(c)
		}
		old := w.segment("default", noon.Add(-days(40)), noon.Add(-days(31)), 100)
		edge := w.segment("default", noon.Add(-days(40)), noon.Add(-days(29)), 100) // its newest event is young
		ahead := w.segment("default", noon.Add(-days(50)), noon.Add(-days(45)), 100)
		w.store.segments[2].MaxTime = noon.Add(days(4000)).UnixNano() // a wrong clock does not keep it for ever
		removed := w.segment("was-removed", noon.Add(-days(40)), noon.Add(-days(31)), 100)
		big1 := w.segment("big", noon.Add(-days(3)), noon.Add(-days(3)), 100)
		big2 := w.segment("big", noon.Add(-days(2)), noon.Add(-days(2)), 100)
		big3 := w.segment("big", noon.Add(-days(1)), noon.Add(-days(1)), 100)
		ever := w.segment("ever", noon.Add(-days(9000)), noon.Add(-days(9000)), 1<<40)
		other := w.segmentOf(2, "default", noon.Add(-days(9000)), noon.Add(-days(9000)), 100) // a tenant that decided nothing
		w.Pass(t.Context())
		w.noAlarm()
		if want := []string{edge, big2, big3, ever, other}; !slices.Equal(w.left(), want) {
			t.Fatalf("left %v, want %v", w.left(), want)
		}
		ts, err := catalogue.Tombstones(t.Context(), d.For(1, "test"), "", 10)
		must(t, err)
		got := map[string]string{}
		for i := range ts {
			got[ts[i].Segment] = ts[i].Reason
			if err := ts[i].Verify(d.For(1, "test"), w.verifier); err != nil {
				t.Error(err)
			}
			if ts[i].RecordSeq == 0 || ts[i].Rows != 10 || ts[i].Bytes != 100 {
				t.Errorf("%+v", ts[i])
			}
			forged := ts[i]
			forged.Rows++
			if forged.Verify(d.For(1, "test"), w.verifier) == nil || ts[i].Verify(d.For(2, "test"), w.verifier) == nil {
				t.Error("a forged tombstone passes")
			}
		}
		if len(got) != 4 || got[old] != "age" || got[ahead] != "age" || got[removed] != "age" || got[big1] != "size" {
			t.Errorf("tombstones %v", got)
		}
		if n := len(w.entries("segment.dropped")); n != 4 {
			t.Errorf("%d entries in the record", n)
		}
		for _, id := range []string{old, edge} {
			if gone, err := w.Catalogue.Dropped(t.Context(), id); err != nil || gone != (id == old) {
				t.Errorf("%s dropped: %v, %v", id, gone, err)
			}
		}
	})
}

func TestWhatIsStillOnItsWayIsNotDropped(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.set(Class{Name: "default", Days: 1})
	id := w.segment("default", noon.Add(-days(9)), noon.Add(-days(9)), 100)
	w.store.segments[0].MaxSeq = w.seq + 1 // the offset is behind it
	w.Pass(t.Context())
	if !slices.Contains(w.left(), id) {
		t.Error("dropped before the path was done with it")
	}
}

// Kill points: nothing is half dropped, it is an alarm, and it goes on after.
func TestADropThatFailsIsAnAlarmAndIsTriedAgain(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.set(Class{Name: "default", Days: 1})
		w.segment("default", noon.Add(-days(9)), noon.Add(-days(9)), 100)
		w.store.fail = errors.New("the disk is read-only")
		w.Pass(t.Context())
		if as := w.Alarms(); len(as) != 1 || !strings.Contains(as[0], "read-only") {
			t.Fatalf("alarms: %v", as)
		}
		w.store.fail = nil
		signer := w.Signer
		w.Signer = broken{signer}
		w.Pass(t.Context())
		if len(w.Alarms()) != 1 || len(w.left()) != 1 || len(w.entries("segment.dropped")) != 0 {
			t.Fatalf("%v; %d left", w.Alarms(), len(w.left()))
		}
		if gone, err := w.Catalogue.Dropped(t.Context(), w.left()[0]); err != nil || gone {
			t.Fatalf("half dropped: %v, %v", gone, err)
		}
		w.Signer = signer
		w.Pass(t.Context())
		if w.noAlarm(); len(w.left()) != 0 {
			t.Fatal("not dropped")
		}
	})
}

type broken struct{ s interface{ Name() string } }

func (b broken) Name() string                { return b.s.Name() }
func (b broken) KeyHash() uint32             { return 1 }
func (b broken) Sign([]byte) ([]byte, error) { return nil, errors.New("no key") }

// A hold that comes between the decision and the commit is respected.
func TestAHoldThatComesDuringADropIsRespected(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.set(Class{Name: "default", Days: 1})
		held := w.segment("default", noon.Add(-days(9)), noon.Add(-days(9)), 100, "needle")
		w.segment("default", noon.Add(-days(9)), noon.Add(-days(9)), 100, "hay")
		w.store.before = func() {
			w.store.before = nil
			w.hold("needle", noon.Add(-days(10)), noon)
		}
		w.Pass(t.Context())
		w.noAlarm()
		if !slices.Equal(w.left(), []string{held}) {
			t.Fatalf("left %v", w.left())
		}
	})
}

// The property: whatever the policies, the holds and the times, and however the
// disk fills, nothing that a hold may need is ever dropped.
func TestNothingHeldIsEverDropped(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	r := rand.New(rand.NewPCG(7, 11))
	words := []string{"alpha", "beta", "gamma", "delta"}
	at := func() time.Time { return noon.Add(-time.Duration(r.Int64N(int64(days(120))))) }
	type held struct {
		hold Hold
		word string
	}
	dropped, kept := 0, 0
	for round := range 100 {
		w.store.segments = nil
		for _, h := range must2(HoldsInForce(t.Context(), w.DB.For(1, "t")))(t) {
			must(t, w.as("ann", func(ctx context.Context, tx *db.Tx) error { return w.release(ctx, tx, h) }))
		}
		for _, name := range []string{"default", "a", "b"} {
			w.set(Class{Name: name, Days: r.Int64N(60), MaxBytes: r.Int64N(3) * r.Int64N(400), FloorDays: r.Int64N(20)})
		}
		for range 12 {
			from := at()
			w.segment([]string{"default", "a", "b", "gone"}[r.IntN(4)], from, from.Add(time.Duration(r.Int64N(int64(days(3))))), 1+r.Int64N(100), words[r.IntN(4)])
		}
		var holds []held
		for range r.IntN(5) {
			from, word := at(), words[r.IntN(4)]
			to := from.Add(time.Duration(r.Int64N(int64(days(20)))))
			if r.IntN(3) == 0 { // of a case
				id := w.caseOf(word, from, to)
				must(t, w.as("holds", func(ctx context.Context, tx *db.Tx) error { return w.CaseChanged(ctx, tx, id, true) }))
				h, err := heldCase(t.Context(), w.DB.For(1, "t"), id)
				must(t, err)
				holds = append(holds, held{h, word})
				continue
			}
			holds = append(holds, held{w.hold(word, from, to), word})
		}
		before := w.store.Segments()
		w.Disk.Space = func() (Space, error) { return Space{Free: uint64(r.IntN(20)), Total: 100}, nil }
		w.now = noon.Add(time.Duration(r.Int64N(int64(days(60)))))
		w.Pass(t.Context())
		w.noAlarm()
		left := w.left()
		for _, g := range before {
			needed := slices.ContainsFunc(holds, func(h held) bool {
				return g.MinTime <= h.hold.To && g.MaxTime >= h.hold.From && slices.Contains(w.store.words[g.ID], h.word)
			})
			switch there := slices.Contains(left, g.ID); {
			case needed && !there:
				t.Fatalf("round %d: a held segment was dropped: %+v", round, g)
			case needed:
				kept++
			case !there:
				dropped++
			}
		}
	}
	if dropped < 50 || kept < 50 {
		t.Errorf("the test shows little: %d dropped, %d kept by holds", dropped, kept)
	}
}

func must2[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T { t.Helper(); must(t, err); return v }
}

func TestOldSegmentsMoveToTheTier(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.Tier = Tier{Kind: "directory", AfterDays: 30}
	old := w.segment("default", noon.Add(-days(40)), noon.Add(-days(31)), 100)
	young := w.segment("default", noon.Add(-days(9)), noon.Add(-days(9)), 100)
	bad := w.segment("default", noon.Add(-days(90)), noon.Add(-days(90)), 100)
	w.store.bad = []eventstore.SegmentState{{ID: bad, State: eventstore.SegmentDamaged}}
	w.Pass(t.Context())
	w.noAlarm()
	tiers := func() map[string]string {
		m := map[string]string{}
		segments, _, err := w.Catalogue.Segments(t.Context())
		must(t, err)
		for _, g := range segments {
			m[g.ID] = g.Tier
		}
		return m
	}
	if got := tiers(); got[old] != "directory" || got[young] != "" || got[bad] != "" {
		t.Fatalf("%v", got)
	}
	if n := len(w.entries("segment.moved")); n != 1 {
		t.Errorf("%d entries", n)
	}
	must(t, w.Restore(t.Context(), "ann", old))
	if got := tiers(); got[old] != "" || len(w.entries("segment.moved")) != 2 {
		t.Errorf("restored: %v", got)
	}
	w.store.fail = errors.New("the tier does not answer")
	w.Pass(t.Context())
	if as := w.Alarms(); len(as) == 0 || !strings.Contains(strings.Join(as, ""), "does not answer") {
		t.Errorf("alarms: %v", as)
	}
}

func TestTheTiersCopyOfADroppedSegmentGoesToo(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.Tier = Tier{Kind: "directory", AfterDays: 5}
	w.set(Class{Name: "default", Days: 30})
	w.segment("default", noon.Add(-days(9)), noon.Add(-days(9)), 100)
	var removed []string
	fail := errors.New("the tier does not answer")
	w.RemoveCopy = func(_ context.Context, location string) error { removed = append(removed, location); return fail }
	w.Pass(t.Context())
	place := w.store.segments[0].Path
	w.now = noon.Add(days(60))
	w.Pass(t.Context())
	if len(w.left()) != 0 || len(removed) != 0 {
		t.Fatalf("%d left, removed at once: %v", len(w.left()), removed)
	}
	w.now = w.now.Add(leftoverIn + time.Minute)
	w.Pass(t.Context())
	if len(w.Alarms()) != 1 {
		t.Errorf("alarms: %v", w.Alarms())
	}
	fail = nil
	w.Pass(t.Context())
	w.Pass(t.Context())
	if w.noAlarm(); !slices.Equal(removed, []string{place, place}) {
		t.Errorf("removed %v", removed)
	}
}

// caseOf makes a case whose alerts name a word and span a time.
func (w *world) caseOf(word string, first, last time.Time) string {
	id := db.NewID(w.now)
	w.cases[id] = Case{ID: id, Label: "CASE-1", Created: last, First: first, Last: last, Entities: []Entity{{"process", word}}}
	return id
}
