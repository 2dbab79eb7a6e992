package retention

import (
	"cmp"
	"slices"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
)

// going is a segment that is to be dropped, and why.
type going struct {
	segment eventstore.Segment
	reason  string
}

// newest is when the newest event of a segment was, for its age: a time behind
// the sealing is a wrong clock's.
func newest(g *eventstore.Segment) time.Time {
	at := time.Unix(0, g.MaxTime)
	if at.After(g.SealedAt) {
		return g.SealedAt
	}
	return at
}

// byClass parts a tenant's segments by the class that keeps them, oldest first.
func byClass(p Policy, segments []eventstore.Segment) map[string][]eventstore.Segment {
	out := map[string][]eventstore.Segment{}
	for _, g := range segments {
		name := p.Of(g.Class).Name
		out[name] = append(out[name], g)
	}
	for _, gs := range out {
		slices.SortFunc(gs, func(a, b eventstore.Segment) int {
			return cmp.Or(newest(&a).Compare(newest(&b)), cmp.Compare(a.ID, b.ID))
		})
	}
	return out
}

// expired lists what a class no longer keeps of its segments (oldest first): by
// age, then by size. keep says what must stay whatever the class says; it
// counts towards the size.
func expired(c Class, oldestFirst []eventstore.Segment, keep func(*eventstore.Segment) bool, now time.Time) []going {
	var out []going
	var total int64
	var rest []eventstore.Segment
	for _, g := range oldestFirst {
		if c.Days > 0 && newest(&g).Before(now.Add(-time.Duration(c.Days)*day)) && !keep(&g) {
			out = append(out, going{g, catalogue.ByAge})
			continue
		}
		total += g.Bytes
		rest = append(rest, g)
	}
	for i := range rest {
		if c.MaxBytes == 0 || total <= c.MaxBytes {
			break
		}
		if !keep(&rest[i]) {
			out = append(out, going{rest[i], catalogue.BySize})
			total -= rest[i].Bytes
		}
	}
	return out
}

// early lists what may go before its time when the disk is full: segments in
// the data directory, older than their class's floor, oldest first over all
// classes, until so many bytes come free.
func early(p Policy, segments []eventstore.Segment, keep func(*eventstore.Segment) bool, now time.Time, missing int64) []going {
	segments = slices.Clone(segments)
	slices.SortFunc(segments, func(a, b eventstore.Segment) int {
		return cmp.Or(newest(&a).Compare(newest(&b)), cmp.Compare(a.ID, b.ID))
	})
	var out []going
	for i := range segments {
		g := &segments[i]
		c := p.Of(g.Class)
		if missing <= 0 {
			break
		}
		if g.Tier == "" && c.FloorDays > 0 && newest(g).Before(now.Add(-time.Duration(c.FloorDays)*day)) && !keep(g) {
			out = append(out, going{*g, catalogue.BySpace})
			missing -= g.Bytes
		}
	}
	return out
}

// aged lists what moves to the tier: in the data directory and older than so
// many days, or, while bytes are missing, the oldest of any age.
func aged(segments []eventstore.Segment, afterDays int64, now time.Time, missing int64) (ids []string) {
	segments = slices.Clone(segments)
	slices.SortFunc(segments, func(a, b eventstore.Segment) int {
		return cmp.Or(newest(&a).Compare(newest(&b)), cmp.Compare(a.ID, b.ID))
	})
	for i := range segments {
		g := &segments[i]
		if g.Tier == "" && (missing > 0 || newest(g).Before(now.Add(-time.Duration(afterDays)*day))) {
			ids = append(ids, g.ID)
			missing -= g.Bytes
		}
	}
	return ids
}
