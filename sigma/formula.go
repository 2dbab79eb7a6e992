package sigma

import (
	"encoding/binary"
	"slices"
	"sort"
	"unicode"
	"unicode/utf8"
)

// formula is a part of a rule's condition; equal parts of all rules are one formula.
type formula struct {
	op      formulaOp
	kids    []int32     // formulas of and, or, not
	leaf    int32       // of isLeaf
	set     *fieldIndex // of isSet: the plain texts of one field, of which one must fit
	field   int32       // of isSet
	of      []int32     // of isSet: its leaves
	lookFor witness
	cost    float64 // of evaluating it, in rough nanoseconds
}

type formulaOp uint8

const (
	isLeaf formulaOp = iota
	isSet
	isAnd
	isOr
	isNot
)

// minSet is how many texts an item needs to be looked up at once.
const minSet = 4

// eval evaluates a formula, once an event.
func (m *Matcher) eval(n int32, r *Record, s *Scratch) bool {
	t := &m.formulas[n]
	if t.op == isLeaf {
		return m.holds(t.leaf, r, s)
	}
	if have := s.formula[n]; have>>1 == s.round {
		return have&1 != 0
	}
	result := false
	switch t.op {
	case isSet:
		result = m.inSet(t, r, s)
	case isAnd:
		result = true
		for _, k := range t.kids {
			if !m.eval(k, r, s) {
				result = false
				break
			}
		}
	case isOr:
		for _, k := range t.kids {
			if m.eval(k, r, s) {
				result = true
				break
			}
		}
	case isNot:
		result = !m.eval(t.kids[0], r, s)
	}
	s.formula[n] = s.round << 1
	if result {
		s.formula[n] |= 1
	}
	return result
}

func (m *Matcher) inSet(t *formula, r *Record, s *Scratch) bool {
	f := finder{s: s, r: r}
	if t.field == 0 {
		for _, text := range r.keyword {
			s.member = member{text: text, kind: String}
			if t.set.scan(&s.member, &f) {
				return true
			}
		}
		return false
	}
	if s.at[t.field] != s.round {
		return false
	}
	field := &r.fields[s.place[t.field]]
	for i := field.from; i < field.to; i++ {
		if t.set.scan(&r.members[i], &f) {
			return true
		}
	}
	return false
}

// holds evaluates a leaf, once an event.
func (m *Matcher) holds(n int32, r *Record, s *Scratch) bool {
	if have := s.leaf[n]; have>>1 == s.round {
		return have&1 != 0
	}
	l := &m.leaves[n]
	result := false
	if l.field == 0 {
		for _, text := range r.keyword {
			if result = l.holdsText(r, text); result {
				break
			}
		}
	} else {
		var f *recordField
		if s.at[l.field] == s.round {
			f = &r.fields[s.place[l.field]]
		}
		result = l.holds(r, f)
	}
	s.leaf[n] = s.round << 1
	if result {
		s.leaf[n] |= 1
	}
	return result
}

// matcherBuilder makes the formulas of a Matcher.
type matcherBuilder struct {
	m        *Matcher
	leaves   map[string]int32
	formulas map[string]int32
	items    map[*item]int32
}

func (b *matcherBuilder) expr(e expr) int32 {
	var kids []int32
	switch e := e.(type) {
	case and:
		for _, k := range e {
			kids = append(kids, b.expr(k))
		}
		return b.group(isAnd, kids)
	case or:
		for _, k := range e {
			kids = append(kids, b.expr(k))
		}
		return b.group(isOr, kids)
	case not:
		return b.negate(b.expr(e.expr))
	case *selection:
		return b.expr(e.expr)
	}
	return b.item(e.(*item))
}

func (b *matcherBuilder) negate(kid int32) int32 {
	if t := &b.m.formulas[kid]; t.op == isNot {
		return t.kids[0]
	}
	return b.intern(formula{op: isNot, kids: []int32{kid}})
}

func (b *matcherBuilder) item(it *item) int32 {
	if n, ok := b.items[it]; ok {
		return n
	}
	field := b.m.table.add(it.field)
	var values []int32
	for _, choices := range it.values {
		var leaves []int32
		for _, p := range choices {
			for _, p := range spelled(p) {
				leaves = append(leaves, b.leaf(field, p))
			}
		}
		if !it.all {
			values = append(values, leaves...)
			continue
		}
		values = append(values, b.anyOf(field, leaves))
	}
	n := int32(0)
	if it.all {
		n = b.group(isAnd, values)
	} else {
		n = b.anyOf(field, values)
	}
	if it.neq {
		n = b.negate(n)
	}
	b.items[it] = n
	return n
}

func (b *matcherBuilder) leaf(field int32, p predicate) int32 {
	if ref, ok := p.(*refTest); ok {
		b.m.table.add(ref.field)
	}
	l := newLeaf(field, p)
	id := l.identity()
	if n, ok := b.leaves[id]; ok {
		return n
	}
	n := int32(len(b.m.leaves))
	b.leaves[id] = n
	b.m.leaves = append(b.m.leaves, *l)
	return n
}

// spelled gives the texts that a windash, or a letter beyond ASCII, stands for
// each a predicate of its own: byte by byte, so that they are plain.
func spelled(p predicate) []predicate {
	const most = 25 // two dashes
	test, ok := p.(*textTest)
	if !ok {
		return []predicate{p}
	}
	variants := []pattern{test.pattern}
	for _, o := range optional(&test.pattern) {
		if len(variants)*len(o.choices) > most {
			return []predicate{p}
		}
		var next []pattern
		for _, from := range variants {
			for _, r := range o.choices {
				v := from.copy()
				v.runs[o.run][o.at] = r
				v.cased = v.cased || o.letter
				next = append(next, v)
			}
		}
		variants = next
	}
	out := make([]predicate, len(variants))
	for i := range variants {
		out[i] = &textTest{pattern: variants[i], source: test.source}
	}
	return out
}

// option is a character of a pattern that can be written in several ways.
type option struct {
	run, at int
	choices []rune
	letter  bool
}

// optional finds the dashes and, in a text without ASCII letters, the letters
// whose case does not matter.
func optional(p *pattern) (out []option) {
	ascii := false
	for i, run := range p.runs {
		for k, r := range run {
			ascii = ascii || 'a' <= r && r <= 'z'
			if r == anyDash {
				out = append(out, option{run: i, at: k, choices: []rune(dashes)})
			} else if r >= utf8.RuneSelf && r <= unicode.MaxRune && !isPlain(r, p.cased) {
				out = append(out, option{run: i, at: k, choices: cases(r), letter: true})
			}
		}
	}
	if ascii { // bytes of letters would have to be compared with their case
		out = slices.DeleteFunc(out, func(o option) bool { return o.letter })
	}
	return out
}

// cases lists the characters that fold to r.
func cases(r rune) (out []rune) {
	for c := unicode.SimpleFold(r); ; c = unicode.SimpleFold(c) {
		if fold(c) == r {
			out = append(out, c)
		}
		if c == r {
			return out
		}
	}
}

func (p pattern) copy() pattern {
	runs := make([][]rune, len(p.runs))
	for i, run := range p.runs {
		runs[i] = append([]rune(nil), run...)
	}
	p.runs = runs
	return p
}

// anyOf is the choice between leaves of one field; many plain texts among them
// become a set.
func (b *matcherBuilder) anyOf(field int32, leaves []int32) int32 {
	var plain, rest []int32
	for _, n := range leaves {
		if l := &b.m.leaves[n]; l.op != opNone && l.op < opRuns && l.sure {
			plain = append(plain, n)
		} else {
			rest = append(rest, n)
		}
	}
	var kids []int32
	if len(plain) >= minSet {
		kids = append(kids, b.intern(formula{op: isSet, field: field, of: plain}))
	} else {
		rest = append(plain, rest...)
	}
	for _, n := range rest {
		kids = append(kids, b.intern(formula{op: isLeaf, leaf: n}))
	}
	return b.group(isOr, kids)
}

// group joins formulas; those of the same kind are taken in, doubles left out.
func (b *matcherBuilder) group(op formulaOp, kids []int32) int32 {
	var flat []int32
	seen := map[int32]bool{}
	for _, k := range kids {
		list := []int32{k}
		if b.m.formulas[k].op == op {
			list = b.m.formulas[k].kids
		}
		for _, k := range list {
			if !seen[k] {
				seen[k] = true
				flat = append(flat, k)
			}
		}
	}
	if len(flat) == 1 {
		return flat[0]
	}
	sort.Slice(flat, func(i, j int) bool { return flat[i] < flat[j] })
	return b.intern(formula{op: op, kids: flat})
}

func (b *matcherBuilder) intern(t formula) int32 {
	id := []byte{byte(t.op)}
	id = binary.AppendVarint(id, int64(t.leaf))
	for _, k := range t.kids {
		id = binary.AppendVarint(id, int64(k))
	}
	for _, l := range t.of {
		id = binary.AppendVarint(id, int64(l))
	}
	if n, ok := b.formulas[string(id)]; ok {
		return n
	}
	n := int32(len(b.m.formulas))
	b.formulas[string(id)] = n
	b.m.formulas = append(b.m.formulas, t)
	return n
}

// finish makes the sets and chooses witnesses; kids stand before their parents.
func (b *matcherBuilder) finish() {
	m := b.m
	for i := range m.formulas {
		t := &m.formulas[i]
		if t.op == isSet {
			var x indexBuilder
			for _, l := range t.of {
				for _, k := range m.leaves[l].keys {
					x.add(k, 0)
				}
			}
			t.set = x.build(m.costs.grams)
		}
		t.cost = m.costs.evaluation(m, t)
		if t.op == isAnd || t.op == isOr {
			sort.SliceStable(t.kids, func(i, j int) bool { return m.formulas[t.kids[i]].cost < m.formulas[t.kids[j]].cost })
		}
		t.lookFor = m.costs.witness(m, t)
	}
}
