package eventstore

import (
	"slices"
	"testing"

	"github.com/tocsin-project/tocsin/internal/event"
)

func TestStreamHandsOnRowsInThePagesOrderBeforeItEnds(t *testing.T) {
	s := open(t, Options{FlushRows: 100})
	evs := make([]event.Event, 4*blockRows)
	for i := range evs {
		seq := uint64(i/1000 + 1)
		evs[i] = makeEvent(1, seq, uint32(i%1000), t0+int64(i)*1e6, event.Event{Message: map[bool]string{true: "rare one", false: "plain"}[i%3000 == 0]})
	}
	for lo := 0; lo < len(evs); lo += 1000 {
		part := evs[lo:min(lo+1000, len(evs))]
		must(t, s.Append(part, part[0].Pos.Seq))
		if lo == 16_000 {
			must(t, s.Seal(t.Context()))
		}
	}
	must(t, s.Flush())
	var streamed, steps []event.ID
	blocks := 0
	page, err := s.Stream(t.Context(), 1, Request{Query: parse(t, "rare"), Limit: 8}, func(rows []Row) error {
		for i := range rows {
			streamed = append(streamed, rows[i].ID)
		}
		return nil
	}, func(p Progress) error {
		if blocks == 0 {
			steps = slices.Clone(streamed)
		}
		blocks = p.Of
		return nil
	})
	must(t, err)
	var ids []event.ID
	for i := range page.Rows {
		ids = append(ids, page.Rows[i].ID)
	}
	if len(ids) != 8 || !slices.Equal(ids, streamed) {
		t.Fatalf("streamed %d rows, the page has %d", len(streamed), len(ids))
	}
	if len(steps) == 0 || len(steps) == len(ids) {
		t.Errorf("%d of %d rows came after the first block", len(steps), len(ids))
	}
}

func TestSinceReadsWhatCameInTheOrderOfTheJournal(t *testing.T) {
	s := open(t, Options{})
	at := func(i int) int64 { return t0 - int64(i)*minute } // later events can be of earlier times
	for seq := uint64(1); seq <= 6; seq++ {
		must(t, s.Append(simple(1, seq, 10, at), seq))
		must(t, s.Append(simple(2, seq, 10, at), seq))
		if seq == 3 {
			must(t, s.Seal(t.Context()))
		}
	}
	before, more := s.Flushed()
	must(t, s.Flush())
	<-more
	through, _ := s.Flushed()
	if before >= through || through != 6 {
		t.Fatalf("flushed up to %d, before %d", through, before)
	}
	rows, dropped, err := s.Since(t.Context(), 1, parse(t, "seq"), 2, 6, 100)
	must(t, err)
	if len(rows) != 40 || dropped != 0 || rows[0].pos.seq != 3 || rows[39].pos.seq != 6 || rows[39].pos.idx != 9 {
		t.Fatalf("%d rows, %d dropped", len(rows), dropped)
	}
	rows, dropped, err = s.Since(t.Context(), 1, nil, 2, 6, 15)
	must(t, err)
	if len(rows) != 15 || dropped != 25 || rows[14].pos.seq != 6 {
		t.Fatalf("%d rows, %d dropped", len(rows), dropped)
	}
}

// A batch of the journal can lie in two blocks, which are read one after the
// other: its rows come once.
func TestRowsOfABatchInTwoBlocksComeOnce(t *testing.T) {
	s := open(t, Options{})
	const n = 20
	for seq := uint64(1); seq <= n; seq++ {
		must(t, s.Append(simple(1, seq, 1000, func(i int) int64 { return t0 + int64(seq)*1e9 + int64(i) }), seq))
	}
	must(t, s.Flush())
	for _, limit := range []int{1000, 999, 37} {
		ids := all(t, s, 1, Request{Limit: limit})
		seen := map[event.ID]bool{}
		for _, id := range ids {
			seen[id] = true
		}
		if len(ids) != n*1000 || len(seen) != n*1000 {
			t.Errorf("pages of %d: %d rows, %d different ones, want %d", limit, len(ids), len(seen), n*1000)
		}
	}
}
