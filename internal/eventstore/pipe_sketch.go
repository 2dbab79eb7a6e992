package eventstore

import (
	"hash/maphash"
	"maps"
	"math"
	"slices"

	"github.com/tocsin-project/tocsin/internal/query"
)

// Sketches begin with this precision and lose some when all of them together
// take more than the groups may hold.
const (
	mostDistinct  = 4096 // hashes a distinct count keeps
	leastDistinct = 64
	mostBits      = 11 // of a value's mantissa that a quantile keeps
	leastBits     = 5
)

// distinctState counts distinct values by the k smallest of their hashes: exact
// up to k values (as far as 64-bit hashes differ), beyond that within about
// 1/sqrt(k), 1.6 % for 4,096, by how small the k-th is.
type distinctState struct {
	groups *groups
	hashes []uint64 // ascending, none twice
	full   bool     // there may be more
}

func (s *distinctState) parts() int { return 1 }
func (s *distinctState) size() int  { return 48 + 8*cap(s.hashes) }

func (s *distinctState) merge(parts []any) {
	list, _ := parts[0].([]any)
	more := make([]uint64, 0, len(list))
	for _, h := range list {
		if h, ok := h.(uint64); ok {
			more = append(more, h)
		}
	}
	slices.Sort(more)
	s.take(more)
	s.full = s.full || len(list) >= s.groups.distinct
}

func (s *distinctState) add(c cellOf) {
	if c.value == nil {
		return
	}
	h := maphash.String(s.groups.seed, text(c.value))
	at, found := slices.BinarySearch(s.hashes, h)
	k := s.groups.distinct
	switch {
	case found:
	case len(s.hashes) < k:
		s.hashes = slices.Insert(s.hashes, at, h)
	default:
		s.full = true
		if at < k {
			copy(s.hashes[at+1:], s.hashes[at:k-1])
			s.hashes[at] = h
		}
	}
}

func (s *distinctState) combine(o state) {
	other := o.(*distinctState)
	s.full = s.full || other.full
	s.take(other.hashes)
}

func (s *distinctState) take(more []uint64) {
	if len(s.hashes) == 0 {
		s.hashes = slices.Compact(more)
	} else {
		s.hashes = append(slices.Clone(s.hashes), more...)
		slices.Sort(s.hashes)
		s.hashes = slices.Compact(s.hashes)
	}
	s.cut()
}

func (s *distinctState) cut() {
	if k := s.groups.distinct; len(s.hashes) > k {
		s.hashes, s.full = slices.Clone(s.hashes[:k]), true
	}
}

func (s *distinctState) value() any {
	n := len(s.hashes)
	if !s.full || n < s.groups.distinct {
		return int64(n)
	}
	s.groups.run.note("Distinct counts of many values are estimates, within about 2 %.")
	if s.groups.distinct < mostDistinct {
		s.groups.run.note("There are so many groups that distinct counts are kept coarsely; they can be off by up to 15 %.")
	}
	return int64(float64(n-1) / (float64(s.hashes[n-1]) / math.MaxUint64))
}

// quantileState counts values rounded to the groups' bits of mantissa: exact
// for integers below 2^bits (2,048), else within 2^-bits (0.05 %).
type quantileState struct {
	groups *groups
	at     float64 // 0.5 for the median
	counts map[float64]int64
}

func (s *quantileState) parts() int  { return 0 } // by groups.quantiles
func (s *quantileState) merge([]any) {}
func (s *quantileState) size() int   { return 48 + 32*len(s.counts) }

func (s *quantileState) count(value float64, n int64) {
	if math.IsInf(value, 0) || math.IsNaN(value) {
		return
	}
	if s.counts == nil {
		s.counts = map[float64]int64{}
	}
	s.counts[round(value, s.groups.bits)] += n
}

func (s *quantileState) add(c cellOf) {
	switch v := numberOf(c.field, c.value).(type) {
	case int64:
		s.count(float64(v), 1)
	case float64:
		s.count(v, 1)
	}
}

func (s *quantileState) combine(o state) {
	for v, n := range o.(*quantileState).counts {
		s.count(v, n)
	}
}

func (s *quantileState) coarser() {
	old := s.counts
	s.counts = nil
	for v, n := range old {
		s.count(v, n)
	}
}

// value interpolates between the two values that lie around the quantile.
func (s *quantileState) value() any {
	if len(s.counts) == 0 {
		return nil
	}
	values := slices.Sorted(maps.Keys(s.counts))
	var total int64
	for _, v := range values {
		total += s.counts[v]
		if v != math.Trunc(v) || math.Abs(v) >= float64(int64(1)<<s.groups.bits) {
			s.groups.run.note("Percentiles are taken of rounded values, within 0.05 %.")
		}
	}
	if s.groups.bits < mostBits {
		s.groups.run.note("There are so many groups that percentiles are kept coarsely; they can be off by up to 3 %.")
	}
	place := s.at * float64(total-1)
	low := int64(place)
	at := func(index int64) float64 {
		for _, v := range values {
			if index -= s.counts[v]; index < 0 {
				return v
			}
		}
		return values[len(values)-1]
	}
	a, b := at(low), at(min(low+1, total-1))
	return plain(a + (b-a)*(place-float64(low)))
}

func round(v float64, bits int) float64 {
	if v == 0 {
		return 0
	}
	_, exp := math.Frexp(v)
	unit := math.Ldexp(1, exp-bits)
	return math.Round(v/unit) * unit
}

// coarsen makes the sketches smaller until they fit, or cannot be.
func (g *groups) coarsen() {
	for {
		size := 0
		for _, x := range g.of {
			for _, s := range x.states {
				size += s.size()
			}
		}
		if size <= g.held || g.distinct <= leastDistinct && g.bits <= leastBits {
			return
		}
		g.distinct, g.bits = max(g.distinct/2, leastDistinct), max(g.bits-1, leastBits)
		for _, x := range g.of {
			for _, s := range x.states {
				switch s := s.(type) {
				case *distinctState:
					s.cut()
				case *quantileState:
					s.coarser()
				}
			}
		}
	}
}

// quantileFields are the fields that quantiles are asked of, each once.
func quantileFields(aggs []query.Agg) (out []query.Field) {
	for _, a := range aggs {
		switch a.Func {
		case query.FuncMedian, query.FuncP95, query.FuncP99:
			if !slices.Contains(out, a.Field) {
				out = append(out, a.Field)
			}
		}
	}
	return out
}
