package sigma

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
