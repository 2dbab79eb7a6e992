package sigma

import (
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Matcher is a set of rules, compiled so that the cost of an event hardly
// grows with their number. It is immutable and safe for concurrent use, and
// agrees with Rule.Match on every event.
//
// Each rule is watched through a witness: a few predicates of which one must
// hold whenever the rule matches. Only witnesses are looked for, all those of
// one field at once; what else a rule asks is evaluated, once an event, for
// the rules whose witness stood up.
type Matcher struct {
	rules    []*Rule
	table    *fieldTable
	leaves   []leaf
	formulas []formula
	roots    []int32 // by rule
	costs    costModel

	mu      sync.Mutex // held while a class is added
	classes atomic.Pointer[map[string]*Class]
}

// MatcherOptions change how a Matcher is made.
type MatcherOptions struct {
	// FoldNames compares names of fields without the case of ASCII letters.
	FoldNames bool
	// Keep names fields that records keep although no rule reads them, such as
	// those that correlations group by.
	Keep []string
	// Sample holds ordinary events. Witnesses are chosen by what is rare among
	// them; without it, by what is rare in general.
	Sample []MapEvent
}

// NewMatcher compiles rules. Rules are numbered as given.
func NewMatcher(rules []*Rule, o MatcherOptions) *Matcher {
	b := &matcherBuilder{
		m:      &Matcher{rules: rules, table: newFieldTable(o.FoldNames)},
		leaves: map[string]int32{}, formulas: map[string]int32{}, items: map[*item]int32{},
	}
	for _, r := range rules {
		var either []int32
		for _, c := range r.conditions {
			either = append(either, b.expr(c))
		}
		b.m.roots = append(b.m.roots, b.group(isOr, either))
	}
	for _, name := range o.Keep {
		b.m.table.add(name)
	}
	b.m.costs = newCostModel(b.m, o.Sample)
	b.finish()
	b.m.classes.Store(&map[string]*Class{})
	return b.m
}

// Rules lists the rules by number.
func (m *Matcher) Rules() []*Rule { return m.rules }

// maxClasses bounds how many classes are kept: senders choose service names.
const maxClasses = 1024

// Class returns the rules that can apply to an event of these log sources,
// ready to match. It is made when first asked for.
func (m *Matcher) Class(sources []Logsource) *Class {
	var b [256]byte
	key := b[:0]
	for _, s := range sources {
		for _, part := range [3]string{s.Category, s.Product, s.Service} {
			key = append(append(key, part...), 0)
		}
	}
	if c := (*m.classes.Load())[string(key)]; c != nil {
		return c
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	old := *m.classes.Load()
	if c := old[string(key)]; c != nil {
		return c
	}
	var rules []int32
	for i, r := range m.rules {
		if r.Logsource.Covers(sources) {
			rules = append(rules, int32(i))
		}
	}
	c := m.sameClass(old, rules)
	if c == nil {
		c = m.newClass(rules)
	}
	next := make(map[string]*Class, len(old)+1)
	if len(old) < maxClasses {
		for k, v := range old {
			next[k] = v
		}
	}
	next[string(key)] = c
	m.classes.Store(&next)
	return c
}

// Prepare makes the classes that another Matcher has been asked for, so that
// taking its place costs the next events nothing.
func (m *Matcher) Prepare(like *Matcher) {
	for key := range *like.classes.Load() {
		parts := strings.Split(key, "\x00")
		var sources []Logsource
		for i := 0; i+2 < len(parts); i += 3 {
			sources = append(sources, Logsource{Category: parts[i], Product: parts[i+1], Service: parts[i+2]})
		}
		m.Class(sources)
	}
}

// sameClass finds a class of the same rules: many log sources have no rules of their own.
func (m *Matcher) sameClass(classes map[string]*Class, rules []int32) *Class {
next:
	for _, c := range classes {
		if len(c.rules) != len(rules) {
			continue
		}
		for i, r := range c.rules {
			if r != rules[i] {
				continue next
			}
		}
		return c
	}
	return nil
}

// Covers reports whether each part that a rule gives equals that of one and
// the same source, without regard to case. A rule that gives none covers all.
func (l Logsource) Covers(sources []Logsource) bool {
	if l.Category == "" && l.Product == "" && l.Service == "" {
		return true
	}
	same := func(want, have string) bool { return want == "" || strings.EqualFold(want, have) }
	for _, s := range sources {
		if same(l.Category, s.Category) && same(l.Product, s.Product) && same(l.Service, s.Service) {
			return true
		}
	}
	return false
}

// Class is the part of a Matcher that one set of log sources needs.
type Class struct {
	m        *Matcher
	rules    []int32
	always   []int32       // rules without a witness
	indexes  []*fieldIndex // by field number, nil where nothing is looked for
	lookouts []lookout
	// keywords: a rule looks at the whole event
	keywords bool
}

// lookout is a leaf that is looked for, and the rules that it is a witness of.
type lookout struct {
	leaf  int32
	sure  bool // the key that is found proves the leaf
	rules []int32
}

// Len is the number of rules in the class.
func (c *Class) Len() int { return len(c.rules) }

func (m *Matcher) newClass(rules []int32) *Class {
	c := &Class{m: m, rules: rules, indexes: make([]*fieldIndex, len(m.table.names))}
	byLeaf := map[int32]int32{}
	for _, r := range rules {
		c.keywords = c.keywords || m.rules[r].keywords()
		w := m.witness(m.roots[r])
		if w.leaves == nil {
			c.always = append(c.always, r)
			continue
		}
		for _, l := range w.leaves {
			at, ok := byLeaf[l]
			if !ok {
				at = int32(len(c.lookouts))
				byLeaf[l] = at
				c.lookouts = append(c.lookouts, lookout{leaf: l, sure: m.leaves[l].sure})
			}
			c.lookouts[at].rules = append(c.lookouts[at].rules, r)
		}
	}
	builders := map[int32]*indexBuilder{}
	for i, w := range c.lookouts {
		l := &m.leaves[w.leaf]
		b := builders[l.field]
		if b == nil {
			b = &indexBuilder{}
			builders[l.field] = b
		}
		for _, k := range l.keys {
			b.add(k, int32(i))
		}
	}
	for field, b := range builders {
		c.indexes[field] = b.build(m.costs.grams)
	}
	return c
}

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

// Keywords reports whether a rule of the class looks at the texts of the whole
// event; if none does, records need none.
func (c *Class) Keywords() bool { return c.keywords }

// keywords reports whether the rule looks at the texts of the whole event.
func (r *Rule) keywords() bool {
	found := false
	for _, s := range r.selections {
		walk(s, "", false, func(_ string, it *item, _ bool) { found = found || it.field == "" })
	}
	return found
}

// Rules lists the numbers of the class's rules, ascending.
func (c *Class) Rules() []int {
	out := make([]int, len(c.rules))
	for i, r := range c.rules {
		out[i] = int(r)
	}
	return out
}
