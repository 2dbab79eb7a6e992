package sigma

import (
	"fmt"
	"slices"
)

// way is one way for an extended temporal condition to hold: all wanted rules
// are there (in the order of the correlation's rules, if that matters) and none
// of the others.
type way struct {
	wanted []uint16 // rising
	absent []uint16 // rising
}

func (t *way) held(seen *ruleSet) bool {
	for _, r := range t.wanted {
		if !seen.has(uint64(r)) {
			return false
		}
	}
	for _, r := range t.absent {
		if seen.has(uint64(r)) {
			return false
		}
	}
	return true
}

// maxWays bounds the ways in which an extended condition can hold.
const maxWays = 256

// readExpression reads an extended temporal condition (pySigma): and, or, not
// and parentheses over the names of rules. Without rules of its own, the
// correlation has those that the condition names, in order of appearance.
func (c *Correlation) readExpression(n *Node) *Error {
	c.Expression = n.Text()
	words, err := lexCondition(c.Expression)
	if err != nil || len(c.Expression) > maxCondition {
		return at(n, "condition: %v", cond(err, fmt.Errorf("over %d characters", maxCondition)))
	}
	named := map[string]bool{}
	listed := len(c.Rules) > 0
	for _, w := range words {
		if isOperator(w) || named[w] {
			continue
		}
		named[w] = true
		if !slices.Contains(c.Rules, w) {
			if listed {
				return at(n, "condition: %q is not among the correlation's rules", w)
			}
			c.Rules = append(c.Rules, w)
		}
	}
	if len(c.Rules) > maxCorrelated {
		return at(n, "the correlation names more than %d rules", maxCorrelated)
	}
	var places []*selection
	for _, r := range c.Rules {
		if !named[r] {
			return at(n, "condition: rule %q is listed but does not stand in it", r)
		}
		places = append(places, &selection{name: r})
	}
	e, err := parseCondition(c.Expression, places)
	if err == nil {
		c.ways, err = alternatives(e, places, false)
	}
	if err != nil {
		return at(n, "condition: %s", err)
	}
	for _, t := range c.ways {
		if len(t.wanted) == 0 {
			return at(n, "the condition holds without any event")
		}
		for _, r := range t.wanted {
			c.fires.add(uint64(r))
		}
	}
	if len(c.ways) == 0 {
		return at(n, "the condition can never hold")
	}
	c.Condition = []Test{{Gte, 1}}
	return nil
}

func isOperator(word string) bool {
	switch word {
	case "(", ")", "and", "or", "not", "AND", "OR", "NOT", "And", "Or", "Not":
		return true
	}
	return false
}

func cond(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// alternatives spells a condition out as ways; those that contradict
// themselves are left out.
func alternatives(e expr, places []*selection, negated bool) ([]way, error) {
	switch e := e.(type) {
	case *selection:
		i := uint16(slices.Index(places, e))
		if negated {
			return []way{{absent: []uint16{i}}}, nil
		}
		return []way{{wanted: []uint16{i}}}, nil
	case not:
		return alternatives(e.expr, places, !negated)
	case and:
		return combine(e, places, negated, !negated)
	case or:
		return combine(e, places, negated, negated)
	}
	return nil, fmt.Errorf("only and, or, not and names are allowed")
}

// combine joins the ways of several parts: every one with every other when
// all parts must hold, side by side when one suffices.
func combine(parts []expr, places []*selection, negated, all bool) ([]way, error) {
	out := []way{{}}
	if !all {
		out = nil
	}
	for _, p := range parts {
		ways, err := alternatives(p, places, negated)
		if err != nil {
			return nil, err
		}
		if all {
			var next []way
			for _, a := range out {
				for _, b := range ways {
					if t, ok := a.with(b); ok {
						next = append(next, t)
					}
				}
			}
			out = next
		} else {
			out = append(out, ways...)
		}
		if len(out) > maxWays {
			return nil, fmt.Errorf("it can hold in more than %d ways", maxWays)
		}
	}
	return out, nil
}

func (t way) with(o way) (way, bool) {
	join := func(a, b []uint16) []uint16 {
		l := append(slices.Clone(a), b...)
		slices.Sort(l)
		return slices.Compact(l)
	}
	j := way{join(t.wanted, o.wanted), join(t.absent, o.absent)}
	return j, !slices.ContainsFunc(j.wanted, func(r uint16) bool { return slices.Contains(j.absent, r) })
}
