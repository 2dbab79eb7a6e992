package sigma

// witness is a choice of leaves of which one holds whenever a formula does.
type witness struct {
	leaves []int32 // nil: there is none
	price  float64 // how often they hold, and what looking for them costs
}

// costModel estimates how common and how dear things are.
type costModel struct {
	grams *gramCounts
	leaf  []float64 // by leaf: the part of events in which it holds; nil without a sample
}

func (m *Matcher) witness(formula int32) witness { return m.formulas[formula].lookFor }

func (c *costModel) witness(m *Matcher, t *formula) witness {
	switch t.op {
	case isLeaf:
		if m.leaves[t.leaf].keys == nil {
			return witness{}
		}
		return witness{[]int32{t.leaf}, c.price(m, t.leaf)}
	case isSet:
		w := witness{leaves: t.of}
		for _, l := range t.of {
			w.price += c.price(m, l)
		}
		return w
	case isAnd:
		var best witness
		for _, k := range t.kids {
			if w := m.formulas[k].lookFor; w.leaves != nil && (best.leaves == nil || w.price < best.price) {
				best = w
			}
		}
		return best
	case isOr:
		var all witness
		for _, k := range t.kids {
			w := m.formulas[k].lookFor
			if w.leaves == nil {
				return witness{}
			}
			all.leaves = append(all.leaves[:len(all.leaves):len(all.leaves)], w.leaves...)
			all.price += w.price
		}
		return all
	}
	return witness{}
}

// price is how often a leaf is expected to hold.
func (c *costModel) price(m *Matcher, n int32) float64 {
	l := &m.leaves[n]
	p := 0.0
	for _, k := range l.keys {
		p += c.key(k)
	}
	if c.leaf != nil {
		// What the sample did not show may still come.
		p = c.leaf[n] + p/100
	}
	return p
}

// key estimates how many values have the key: the shorter and the more common
// its text, the more.
func (c *costModel) key(k key) float64 {
	n := len(k.lit)
	switch k.op {
	case opPresent:
		return 0.9
	case opNumber:
		return 0.05
	case opAtLeast, opAtMost:
		return 0.5
	case opNet:
		return 0.1
	case opExact:
		if n <= 5 {
			return 0.05
		}
		return 0.005
	case opPrefix, opSuffix:
		switch {
		case n <= 4:
			return 0.3
		case n <= 8:
			return 0.02
		}
		return 0.004 + c.grams.commonness(k.lit)
	}
	switch {
	case n <= 1:
		return 0.9
	case n == 2:
		return 0.5
	case n == 3:
		return 0.2
	case n <= 5:
		return 0.03 + c.grams.commonness(k.lit)
	}
	return 0.002 + c.grams.commonness(k.lit)
}

// evaluation is what evaluating a formula costs when it comes to it.
func (c *costModel) evaluation(m *Matcher, t *formula) float64 {
	switch t.op {
	case isLeaf:
		switch l := &m.leaves[t.leaf]; {
		case l.op == opExact || l.op == opPrefix || l.op == opSuffix:
			return 5
		case l.op == opContains || l.op == opRuns:
			return 100
		case l.need != nil || l.min > 0:
			return 400
		}
		if _, ok := m.leaves[t.leaf].pred.(*regexTest); ok {
			return 5000
		}
		return 60
	case isSet:
		if t.set == nil || t.set.grams == nil {
			return 60
		}
		return 250
	}
	sum := 0.0
	for _, k := range t.kids {
		sum += m.formulas[k].cost
	}
	return sum
}
