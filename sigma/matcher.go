package sigma

import (
	"strings"
	"sync"
	"sync/atomic"
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
