package eventstore

import (
	"os"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Whatever the number of rows and wherever they are, each event's path leads to
// the root that was sealed, and to no other.
func TestEveryEventIsProvedUnderItsSegmentsRoot(t *testing.T) {
	s := open(t, Options{})
	var want []event.Event
	seq := uint64(0)
	for _, rows := range []int{1, 2, 3, 7, 64, 1000} {
		for range 2 { // two batches a segment; the second comes with older times
			seq++
			evs := simple(1, seq, rows, func(i int) int64 { return t0 + int64(rows-i) })
			for i := range evs { // rows that look alike are stored side by side: leaves stay in the order of the journal
				evs[i].SourceType = []string{"a", "b", "c"}[i%3]
			}
			evs = append(evs, makeEvent(2, seq, uint32(rows), t0, event.Event{Message: "another tenant's"}))
			must(t, s.Append(evs, seq))
			want = append(want, evs[:rows]...)
		}
		must(t, s.Seal(t.Context()))
	}
	seq++
	last := makeEvent(1, seq, 0, t0, event.Event{Message: "in memory", Raw: []byte("\xff\x00 not text")})
	must(t, s.Append([]event.Event{last}, seq))
	want = append(want, last)
	ids := make([]event.ID, len(want))
	for i := range want {
		ids[i] = want[i].ID
	}
	proofs, err := s.Prove(t.Context(), 1, ids)
	must(t, err)
	if len(proofs) != len(want) {
		t.Fatalf("%d proofs of %d events", len(proofs), len(want))
	}
	roots := map[string]tlog.Hash{}
	for _, g := range s.Segments() {
		roots[g.ID] = g.MerkleRoot
	}
	for i, p := range proofs {
		e := want[i]
		if p.ID != e.ID || p.Position != e.Pos || p.RawSHA256 != e.RawSHA256 || p.Root != roots[p.Segment] {
			t.Fatalf("proof %d is %+v, want that of %s", i, p, e.ID)
		}
		if err := tlog.CheckRecord(p.Path, p.Rows, p.Root, p.Index, LeafHash(e.ID, e.RawSHA256)); err != nil {
			t.Fatalf("event %s: %v", e.ID, err)
		}
		if tlog.CheckRecord(p.Path, p.Rows, p.Root, p.Index, LeafHash(e.ID, [32]byte{1})) == nil {
			t.Fatal("other bytes are proved, too")
		}
	}
}

func TestWhatCannotBeProvedIsRefused(t *testing.T) {
	cat := &memCatalogue{}
	s := open(t, Options{Catalogue: cat})
	evs := simple(1, 1, 10, func(i int) int64 { return t0 + int64(i) })
	must(t, s.Append(evs, 1))
	must(t, s.Seal(t.Context()))
	one := []event.ID{evs[3].ID}
	for name, x := range map[string]struct {
		tenant tenant.ID
		ids    []event.ID
		kind   problem.Kind
	}{
		"an id that is nowhere":   {1, []event.ID{evs[0].ID, event.NewID(1, t0, []byte("x"))}, problem.NotFound},
		"another tenant's":        {2, one, problem.NotFound},
		"more than can be proved": {1, make([]event.ID, MaxProofs+1), problem.TooLarge},
	} {
		if _, err := s.Prove(t.Context(), x.tenant, x.ids); !problem.Is(err, x.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := s.Prove(t.Context(), 1, nil); err != nil || got != nil {
		t.Errorf("nothing asked: %v, %v", got, err)
	}
	g := s.Segments()[0]
	whole, err := os.ReadFile(s.path(&g))
	must(t, err)
	must(t, os.Remove(s.path(&g)))
	if _, err := s.Prove(t.Context(), 1, one); !problem.Is(err, problem.Unavailable) {
		t.Errorf("a missing file: %v", err)
	}
	must(t, os.WriteFile(s.path(&g), whole, 0o600))
	if _, err := s.Check(t.Context(), g.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prove(t.Context(), 1, one); err != nil {
		t.Errorf("the file is back: %v", err)
	}
}

// A segment whose rows are no longer those of its root gives no proof.
func TestASegmentThatIsNotWhatWasSealedProvesNothing(t *testing.T) {
	cat := &memCatalogue{}
	dir := t.TempDir()
	s := open(t, Options{Catalogue: cat, Dir: dir})
	evs := simple(1, 1, 10, func(i int) int64 { return t0 + int64(i) })
	must(t, s.Append(evs, 1))
	must(t, s.Seal(t.Context()))
	s.viewMu.Lock()
	s.segments[0].MerkleRoot[0] ^= 1 // as if the rows were others
	s.viewMu.Unlock()
	if _, err := s.Prove(t.Context(), 1, []event.ID{evs[3].ID}); !problem.Is(err, problem.Unavailable) {
		t.Errorf("%v", err)
	}
}

// Rows of one id, which their sender made, are proved each.
func TestEventsOfOneIDAreProvedEach(t *testing.T) {
	s := open(t, Options{})
	var evs []event.Event
	for i := range 3 {
		e := makeEvent(1, 1, uint32(i), t0, event.Event{Message: "sent"})
		e.ID = event.NewID(1, t0, []byte("the sender's own"))
		evs = append(evs, e)
	}
	must(t, s.Append(evs, 1))
	proofs, err := s.Prove(t.Context(), 1, []event.ID{evs[0].ID})
	must(t, err)
	if len(proofs) != 3 || proofs[2].Position.Index != 2 {
		t.Errorf("%+v", proofs)
	}
}
