package sigma

import (
	"sort"
	"time"
)

// Scratch is what matching writes to. It is for one goroutine and for the
// Matcher that made it.
type Scratch struct {
	round     uint32   // counts events; results of other rounds are void
	leaf      []uint32 // round<<1 | result
	formula   []uint32
	watched   []uint32 // by number of the class's lookout: the round in which it stood up
	rule      []uint32
	at        []uint32 // by field number: round<<1, and in place the record's field
	place     []int32
	candidate []int32
	find      finder
	member    member
	evaluated []uint64 // by rule
	nanos     []uint64 // by rule, extrapolated
	sample    uint32   // one in so many events is timed; 0: none
}

// NewScratch makes the scratch space of one goroutine.
func (m *Matcher) NewScratch() *Scratch {
	return &Scratch{
		leaf: make([]uint32, len(m.leaves)), formula: make([]uint32, len(m.formulas)), rule: make([]uint32, len(m.rules)),
		at: make([]uint32, len(m.table.names)), place: make([]int32, len(m.table.names)), evaluated: make([]uint64, len(m.rules)),
	}
}

// Sample has the evaluation of rules timed in one of n events; 0 in none.
func (s *Scratch) Sample(n int) {
	s.sample = uint32(max(0, n))
	if s.nanos == nil {
		s.nanos = make([]uint64, len(s.rule))
	}
}

// Nanos is, by rule number, the time of the evaluations, extrapolated from
// those that were timed; nil without Sample.
func (s *Scratch) Nanos() []uint64 { return s.nanos }

// Evaluated counts, by rule number, how often a rule was evaluated because its
// witness stood in an event, since the Scratch was made.
func (s *Scratch) Evaluated() []uint64 { return s.evaluated }

func (s *Scratch) next() {
	if s.round++; s.round == 1<<31 {
		clear(s.leaf)
		clear(s.formula)
		clear(s.watched)
		clear(s.rule)
		clear(s.at)
		s.round = 1
	}
	s.candidate = s.candidate[:0]
}

// Match appends the numbers of the rules that the event matches, ascending.
func (c *Class) Match(r *Record, s *Scratch, hits []int) []int {
	s.next()
	if len(s.watched) < len(c.lookouts) {
		s.watched = append(s.watched, make([]uint32, len(c.lookouts)-len(s.watched))...)
	}
	for i := range r.fields {
		f := &r.fields[i]
		s.at[f.number], s.place[f.number] = s.round, int32(i)
	}
	s.find = finder{class: c, s: s, r: r}
	for i := range r.fields {
		f := &r.fields[i]
		x := c.indexes[f.number]
		if x == nil {
			continue
		}
		s.find.all(x.present)
		for j := f.from; j < f.to; j++ {
			x.scan(&r.members[j], &s.find)
		}
	}
	if x := c.indexes[0]; x != nil {
		for _, text := range r.keyword {
			s.member = member{text: text, kind: String}
			s.find.all(x.present)
			x.scan(&s.member, &s.find)
		}
	}
	from := len(hits)
	for _, rule := range c.always {
		hits = c.judge(rule, r, s, hits)
	}
	for _, rule := range s.candidate {
		hits = c.judge(rule, r, s, hits)
	}
	if found := hits[from:]; len(found) > 1 {
		sort.Ints(found)
	}
	return hits
}

func (c *Class) judge(rule int32, r *Record, s *Scratch, hits []int) []int {
	s.evaluated[rule]++
	timed := s.sample > 0 && s.round%s.sample == 0
	var began time.Time
	if timed {
		began = time.Now()
	}
	if c.m.eval(c.m.roots[rule], r, s) {
		hits = append(hits, int(rule))
	}
	if timed {
		s.nanos[rule] += uint64(time.Since(began)) * uint64(s.sample)
	}
	return hits
}

// finder is told what an index has found.
type finder struct {
	class *Class // nil: the first find is enough
	s     *Scratch
	r     *Record
}

// found takes a key's target. It returns true when no more is to be looked for.
func (f *finder) found(target int32) bool {
	if f.class == nil {
		return true
	}
	s := f.s
	if s.watched[target] == s.round {
		return false
	}
	w := &f.class.lookouts[target]
	if have := s.leaf[w.leaf]; have>>1 == s.round {
		if have&1 == 0 {
			return false
		}
	} else if w.sure {
		s.leaf[w.leaf] = s.round<<1 | 1
	} else if !f.class.m.holds(w.leaf, f.r, s) {
		return false
	}
	s.watched[target] = s.round
	for _, rule := range w.rules {
		if s.rule[rule] != s.round {
			s.rule[rule] = s.round
			s.candidate = append(s.candidate, rule)
		}
	}
	return false
}

func (f *finder) all(targets []int32) bool {
	for _, t := range targets {
		if f.found(t) {
			return true
		}
	}
	return false
}

// compare checks the literals that share a gram which stands at text[i:].
func (f *finder) compare(text string, i int, lits []gramLit) bool {
	for k := range lits {
		l := &lits[k]
		start := i - int(l.off)
		if start < 0 || start+len(l.lit) > len(text) {
			continue
		}
		if equalFold(text[start:start+len(l.lit)], l.lit) && f.found(l.target) {
			return true
		}
	}
	return false
}
