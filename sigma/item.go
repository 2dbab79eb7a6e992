package sigma

import (
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
)

// item is one detection item: a field (or the whole event), and what its value
// must fit. Each value of the rule is one alternative, itself a choice of
// predicates where a modifier (base64offset, expand) makes several of one.
type item struct {
	field  string // "" for keywords
	source string // as written, with modifiers
	values [][]predicate
	all    bool // every value must hold, not just one
	neq    bool // the item holds when the values do not
	line   int
	// absence is set when the item looks for a missing field: only then can an
	// event without the field fit.
	absence bool
}

// match tests the item. With neq the whole comparison is negated, so an event
// without the field holds.
func (it *item) match(ev Event) bool {
	if it.field == "" {
		return it.matchKeywords(ev) != it.neq
	}
	v, present := ev.Field(it.field)
	if !present && !it.absence {
		return it.neq
	}
	return it.matchValue(v, present, ev) != it.neq
}

func (it *item) matchValue(v Value, present bool, ev Event) bool {
	for _, choices := range it.values {
		if anyHolds(choices, v, present, ev) != it.all {
			return !it.all
		}
	}
	return it.all
}

// matchKeywords looks for each value anywhere in the event; with all, each may
// stand in a different text.
func (it *item) matchKeywords(ev Event) bool {
	for _, choices := range it.values {
		found := false
		ev.Keywords(func(text string) bool {
			found = anyHolds(choices, StringValue(text), true, ev)
			return !found
		})
		if found != it.all {
			return !it.all
		}
	}
	return it.all
}

func anyHolds(choices []predicate, v Value, present bool, ev Event) bool {
	for _, p := range choices {
		if p.holds(v, present, ev) {
			return true
		}
	}
	return false
}

// readItem reads one field with its modifiers and value or values.
func (o Options) readItem(key Pair) (*item, *Error) {
	where := &Node{Line: key.Line, Column: key.Column}
	names := strings.Split(key.Key, "|")
	it := &item{field: names[0], source: key.Key, line: key.Line}
	m, err := readModifiers(names[1:], where)
	if err != nil {
		return nil, err
	}
	if it.field == "" && (m.exists || m.fieldref || m.cidr || m.compare != "" || m.timePart != "") {
		return nil, at(where, "this modifier needs a field")
	}
	it.all, it.neq = m.all, m.neq
	values := []*Node{key.Value}
	switch {
	case key.Value.Kind == ListNode:
		values = key.Value.Items
	case key.Value.Kind == MapNode:
		return nil, at(key.Value, "the value of %q must be a plain value or a list", key.Key)
	}
	if len(values) == 0 {
		return nil, at(where, "%q has no values", key.Key)
	}
	for _, v := range values {
		if v.Kind != ScalarNode {
			return nil, at(v, "a value of %q must be plain", key.Key)
		}
		if v.isNull() && (key.Value.Kind == ListNode || it.field == "") {
			return nil, at(v, "null is not allowed in a list or as a keyword")
		}
		choices, err := o.predicates(v, m, it.field == "")
		if err != nil {
			return nil, err
		}
		it.values = append(it.values, choices)
		it.absence = it.absence || m.exists || v.isNull()
	}
	return it, nil
}

// predicates compiles one value of a rule.
func (o Options) predicates(v *Node, m modifiers, keyword bool) ([]predicate, *Error) {
	one := func(p predicate, err *Error) ([]predicate, *Error) { return []predicate{p}, err }
	switch {
	case m.exists:
		if v.Scalar.kind != Bool {
			return nil, at(v, "exists takes true or false")
		}
		return one(existsTest{v.Scalar.Bool()}, nil)
	case v.isNull():
		if len(m.transforms) > 0 || m.regex || m.cidr || m.fieldref || m.expand || m.compare != "" || m.timePart != "" {
			return nil, at(v, "null takes no modifier but neq")
		}
		return one(nullTest{}, nil)
	case m.expand && (m.regex || m.cidr || m.fieldref || m.compare != "" || m.timePart != ""):
		return o.expandEach(v, m, keyword)
	case m.regex:
		return one(m.compileRegex(v))
	case m.cidr:
		return one(readCIDR(v))
	case m.fieldref:
		return one(m.reference(v))
	case m.compare != "" || m.timePart != "":
		number, ok := v.Scalar.Number()
		if !ok {
			return nil, at(v, "a comparison takes a number, not %q", v.Text())
		}
		op := m.compare
		if op == "" {
			op = Eq
		}
		return one(&numberTest{op: op, number: number, part: m.timePart}, nil)
	case (v.Scalar.kind == Int || v.Scalar.kind == Float) && len(m.transforms) == 0 && !keyword:
		number, _ := v.Scalar.Number()
		return one(&equalNumber{number: number, text: v.Text()}, nil)
	}
	return o.textTests(v, m, keyword)
}

// textTests runs a value through expand and the transformations.
func (o Options) textTests(v *Node, m modifiers, keyword bool) ([]predicate, *Error) {
	texts := []string{v.Text()}
	if m.expand {
		var err *Error
		if texts, err = o.expandText(v); err != nil {
			return nil, err
		}
	}
	variants := make([][]part, len(texts))
	for i, t := range texts {
		variants[i] = parseString(t)
	}
	for _, t := range m.transforms {
		var next [][]part
		for _, parts := range variants {
			made, err := transform(t, parts, v)
			if err != nil {
				return nil, err
			}
			next = append(next, made...)
		}
		variants = next
	}
	out := make([]predicate, len(variants))
	for i, parts := range variants {
		if keyword {
			parts = surround(parts, true, true)
		}
		out[i] = &textTest{pattern: compilePattern(parts, m.cased), source: describe(parts)}
	}
	return out, nil
}

func transform(name string, parts []part, where *Node) ([][]part, *Error) {
	switch name {
	case "contains":
		return [][]part{surround(parts, true, true)}, nil
	case "startswith":
		return [][]part{surround(parts, false, true)}, nil
	case "endswith":
		return [][]part{surround(parts, true, false)}, nil
	case "windash":
		return [][]part{windash(parts)}, nil
	}
	variants, ok := spellDashes(parts)
	if !ok {
		return nil, at(where, "windash before an encoding takes at most %d dashes", maxDashes)
	}
	var out [][]part
	for _, parts := range variants {
		if name == "utf16le" || name == "utf16be" || name == "utf16" {
			out = append(out, encodeUTF16(parts, name == "utf16be", name == "utf16"))
			continue
		}
		text, ok := plain(parts)
		if !ok {
			return nil, at(where, "%s cannot encode wildcards", name)
		}
		encoded := []string{base64.StdEncoding.EncodeToString([]byte(text))}
		if name == "base64offset" {
			encoded = base64Offsets(text)
		}
		if len(encoded) == 0 {
			return nil, at(where, "the value is too short for %s", name)
		}
		for _, e := range encoded {
			out = append(out, []part{{lit: e}})
		}
	}
	return out, nil
}

// reference reads a fieldref. Its value is a name: wildcards and escapes mean nothing in it.
func (m *modifiers) reference(v *Node) (predicate, *Error) {
	t := &refTest{field: v.Text(), cased: m.cased}
	if t.field == "" {
		return nil, at(v, "fieldref takes the name of a field")
	}
	for _, p := range m.transforms {
		t.openStart = t.openStart || p != "startswith"
		t.openEnd = t.openEnd || p != "endswith"
	}
	return t, nil
}

// readCIDR reads a network, or an address as the network of itself.
func readCIDR(v *Node) (predicate, *Error) {
	net, err := netip.ParsePrefix(v.Text())
	if err != nil {
		a, aerr := netip.ParseAddr(v.Text())
		if aerr != nil {
			return nil, at(v, "%s is no network in CIDR notation", strconv.Quote(v.Text()))
		}
		net = netip.PrefixFrom(a, a.BitLen())
	}
	if a := net.Addr(); a.Is4In6() && net.Bits() >= 96 {
		net = netip.PrefixFrom(a.Unmap(), net.Bits()-96)
	}
	return &cidrTest{net.Masked()}, nil
}
