package sigma

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Windows agree with counting every window anew, whatever the order of arrival.
func TestWindowsAgreeWithReference(t *testing.T) {
	const span = 10 * time.Second
	rng := rand.New(rand.NewPCG(1, 2))
	for _, typ := range []CorrelationType{EventCount, ValueCount, Temporal, TemporalOrdered} {
		for round := range 300 {
			c := &Correlation{Meta: &Meta{}, Type: typ, Rules: []string{"a", "b", "c"}, Timespan: span, Condition: []Test{{Gte, 3}}}
			if typ != TemporalOrdered && round%3 == 0 {
				c.Condition = []Test{{Gte, 2}, {Lt, 4}}
			}
			g := &group{trail: newTally(c), whole: newTally(c)}
			var kept []entry
			now := int64(0)
			for n := range 60 {
				now += rng.Int64N(4)
				r := rng.IntN(3)
				e := entry{time: (now - rng.Int64N(6)*rng.Int64N(3)) * int64(time.Second), rule: r, value: fmt.Sprint(r), id: [16]byte{byte(n)}}
				if typ == EventCount {
					e.value = ""
				}
				kept = append(kept, e)
				slices.SortStableFunc(kept, func(a, b entry) int { return int((a.time - b.time) / int64(time.Second)) })
				old := kept[len(kept)-1].time - 2*int64(span)
				got := false
				g.insert(e, span, func(window []entry, n int) bool {
					if n != reference(c, window) {
						t.Fatalf("%s: counted %d, want %d in %v", typ, n, reference(c, window), window)
					}
					got = got || c.holds(n)
					return c.holds(n)
				})
				g.forget(span, 1000)
				want := false
				for k, end := range kept {
					if end.time < e.time || end.time > e.time+int64(span) {
						continue
					}
					var window []entry
					for _, w := range kept[:k+1] {
						if w.time >= end.time-int64(span) {
							window = append(window, w)
						}
					}
					contains := slices.ContainsFunc(window, func(w entry) bool { return w == e })
					want = want || contains && c.holds(reference(c, window))
				}
				kept = slices.DeleteFunc(kept, func(k entry) bool { return k.time < old })
				if got != want || !slices.Equal(kept, g.entries) {
					t.Fatalf("%s: held %v, want %v after %v", typ, got, want, kept)
				}
			}
		}
	}
}

func reference(c *Correlation, window []entry) int {
	seen, next := map[string]bool{}, 0
	for _, e := range window {
		seen[e.value] = true
		if e.rule == next {
			next++
		}
	}
	switch c.Type {
	case EventCount:
		return len(window)
	case TemporalOrdered:
		return next
	}
	return len(seen)
}
