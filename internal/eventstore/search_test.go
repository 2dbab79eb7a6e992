package eventstore

import (
	"slices"
	"testing"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

func TestPagingYieldsEveryRowOnceInOrder(t *testing.T) {
	for _, limit := range []int{1, 7, 1000} {
		s := open(t, Options{})
		want := map[event.ID]bool{}
		// Equal times everywhere; the second and third segment overlap in time.
		for seq := uint64(1); seq <= 4; seq++ {
			evs := simple(tenant.Default, seq, 20, func(i int) int64 { return t0 + int64(i/7) + int64(seq%2)*2 })
			must(t, s.Append(evs, seq))
			for i := range evs {
				want[evs[i].ID] = true
			}
			if seq < 4 {
				must(t, s.Seal(t.Context()))
			}
		}
		must(t, s.Flush())
		ids := all(t, s, tenant.Default, Request{Limit: limit})
		if len(ids) != 80 || len(want) != 80 {
			t.Fatalf("limit %d: %d rows", limit, len(ids))
		}
		for _, id := range ids {
			if !want[id] {
				t.Fatalf("limit %d: %s twice or unknown", limit, id)
			}
			delete(want, id)
		}
		whole, err := s.Search(t.Context(), tenant.Default, Request{Limit: 1000})
		must(t, err)
		if !slices.IsSortedFunc(whole.Rows, func(a, b Row) int { return a.pos.compare(b.pos) }) {
			t.Fatal("not newest first")
		}
	}
}

func TestTenantsNeverSeeEachOther(t *testing.T) {
	s := open(t, Options{})
	for seq, tn := range []tenant.ID{1, 2, 1, 2} {
		must(t, s.Append(simple(tn, uint64(seq+1), 10, func(i int) int64 { return t0 + int64(i) }), uint64(seq+1)))
		if seq == 1 {
			must(t, s.Seal(t.Context()))
		}
	}
	must(t, s.Flush())
	for _, tn := range []tenant.ID{1, 2, 3} {
		want := map[tenant.ID]int{1: 20, 2: 20}[tn]
		if got := len(all(t, s, tn, Request{})); got != want {
			t.Errorf("tenant %d: %d rows, want %d", tn, got, want)
		}
		other := "\"tenant " + (3 - tn%3).String() + "\""
		if tn < 3 {
			if got := len(all(t, s, tn, Request{Query: parse(t, other)})); got != 0 {
				t.Errorf("tenant %d sees %d rows of the other", tn, got)
			}
		}
	}
	if _, err := s.Search(t.Context(), 0, Request{}); err == nil {
		t.Error("a search without a tenant")
	}
}
