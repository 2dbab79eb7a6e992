package sigma

import (
	"math"
	"math/bits"
	"slices"
)

// entry is one rule match inside a group's window.
type entry struct {
	time int64
	// value is what is counted: the place of the rule (temporal), the hash of a
	// field's value (value_count), a number's bits (value_sum and its like).
	value uint64
	id    [16]byte
}

func (e entry) number() float64 { return math.Float64frombits(e.value) }

// measure is the number that the condition is about, for the entries of one
// window in order of time. It counts anew; large groups keep a tally instead.
func (c *Correlation) measure(es []entry) float64 {
	switch c.Type {
	case EventCount:
		return float64(len(es))
	case ValueCount:
		return float64(distinct(es))
	case Temporal:
		var seen ruleSet
		for _, e := range es {
			seen.add(e.value)
		}
		if c.ways != nil {
			return truth(slices.ContainsFunc(c.ways, func(t way) bool { return t.held(&seen) }))
		}
		return float64(seen.len())
	case TemporalOrdered:
		if c.ways == nil {
			return float64(runLength(es, nil, len(c.Rules)))
		}
		var seen ruleSet
		for _, e := range es {
			seen.add(e.value)
		}
		return truth(slices.ContainsFunc(c.ways, func(t way) bool {
			return t.held(&seen) && runLength(es, t.wanted, len(t.wanted)) == len(t.wanted)
		}))
	case ValueSum, ValueAvg:
		s := sum(es)
		if c.Type == ValueAvg {
			s /= float64(len(es))
		}
		return s
	}
	var few [smallGroup]float64 // no group that is measured has more
	numbers := few[:0]
	for _, e := range es {
		numbers = append(numbers, e.number())
	}
	slices.Sort(numbers)
	return percentile(numbers, c.Percentile)
}

// distinct counts the values of a few entries.
func distinct(es []entry) int {
	n := 0
	for i, e := range es {
		if !slices.ContainsFunc(es[:i], func(o entry) bool { return o.value == e.value }) {
			n++
		}
	}
	return n
}

// runLength is how many of the wanted rules (all n of the correlation, when
// nil) come one after the other.
func runLength(es []entry, wanted []uint16, n int) int {
	next := 0
	for _, e := range es {
		if next == n {
			break
		}
		want := uint64(next)
		if wanted != nil {
			want = uint64(wanted[next])
		}
		if e.value == want {
			next++
		}
	}
	return next
}

// exactInt bounds the whole numbers that are summed as integers: ten million
// of them fit. Such sums do not depend on what came and went before.
const exactInt = 1 << 40

func asInt(f float64) (int64, bool) {
	if f != math.Trunc(f) || math.Abs(f) > exactInt {
		return 0, false
	}
	return int64(f), true
}

func sum(es []entry) float64 {
	whole, exact, total := int64(0), true, 0.0
	for _, e := range es {
		f := e.number()
		n, ok := asInt(f)
		whole, exact, total = whole+n, exact && ok, total+f
	}
	if exact {
		return float64(whole)
	}
	return total
}

// percentile is the value below which p percent of the sorted numbers lie,
// between two of them in proportion (as PERCENTILE_CONT of SQL); at 50 it is
// the median.
func percentile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := p / 100 * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	if i == len(sorted)-1 || sorted[i] == sorted[i+1] {
		return sorted[i]
	}
	part := at - float64(i)
	return sorted[i]*(1-part) + sorted[i+1]*part
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// ruleSet is a set of places among a correlation's rules.
type ruleSet [maxCorrelated / 64]uint64

func (s *ruleSet) add(i uint64)      { s[i/64] |= 1 << (i % 64) }
func (s *ruleSet) has(i uint64) bool { return s[i/64]&(1<<(i%64)) != 0 }
func (s *ruleSet) len() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}
