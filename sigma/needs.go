package sigma

import (
	"slices"
	"strings"
)

// maxNeeds bounds what Needs multiplies out; beyond it the answer is less
// sharp, never wrong.
const maxNeeds = 64

// Needs lists the fields without which the rule cannot match: of each inner
// list an event must have at least one. A rule that can match an event without
// any field (keywords, absent fields, negations only) needs nothing.
//
// It errs towards needing less: what is under a not is left out, since a
// negation holds without its fields.
func (r *Rule) Needs() [][]string {
	return tidy(needs(or(r.conditions)))
}

// needs is a conjunction of alternatives; nil when the expression can hold
// without any field.
func needs(e expr) [][]string {
	switch e := e.(type) {
	case and:
		var all [][]string
		for _, m := range e {
			all = append(all, needs(m)...)
		}
		return tidy(all)
	case or:
		return eitherNeeds(e)
	case *selection:
		return needs(e.expr)
	case *item:
		if e.field == "" || e.neq || e.absence && !e.wantsPresence() {
			return nil
		}
		out := [][]string{{e.field}}
		for _, f := range e.references() {
			out = append(out, []string{f})
		}
		return out
	}
	return nil // not: it holds where its fields are missing
}

// wantsPresence reports whether an item that looks at absence still needs its
// field: "exists: true".
func (it *item) wantsPresence() bool {
	for _, choices := range it.values {
		for _, p := range choices {
			if t, ok := p.(existsTest); !ok || !t.want {
				return false
			}
		}
	}
	return true
}

// references are the other fields that every value of the item compares with.
func (it *item) references() []string {
	if !it.all && len(it.values) > 1 {
		return nil
	}
	var out []string
	for _, choices := range it.values {
		if len(choices) == 1 {
			if t, ok := choices[0].(*refTest); ok {
				out = append(out, t.field)
			}
		}
	}
	return out
}

// eitherNeeds distributes: one of the branches holds, so for each choice of one
// alternative a branch, one of their fields is there.
func eitherNeeds(branches or) [][]string {
	var out [][]string
	for i, b := range branches {
		n := needs(b)
		if len(n) == 0 {
			return nil
		}
		if i == 0 {
			out = n
			continue
		}
		if len(out)*len(n) > maxNeeds { // keep what is sharpest of each: fewer facts, still true
			out, n = out[:1], n[:1]
		}
		var next [][]string
		for _, a := range out {
			for _, b := range n {
				next = append(next, append(slices.Clone(a), b...))
			}
		}
		out = tidy(next)
	}
	return out
}

// tidy sorts, takes out repeats, and drops alternatives that a narrower one implies.
func tidy(all [][]string) [][]string {
	for i, alternatives := range all {
		alternatives = slices.Clone(alternatives)
		slices.SortFunc(alternatives, compareFold)
		all[i] = slices.CompactFunc(alternatives, strings.EqualFold)
	}
	slices.SortStableFunc(all, func(a, b []string) int {
		if d := len(a) - len(b); d != 0 {
			return d
		}
		return slices.CompareFunc(a, b, compareFold)
	})
	var out [][]string
	for _, a := range all {
		implied := slices.ContainsFunc(out, func(b []string) bool { return within(b, a) })
		if !implied && len(out) < maxNeeds {
			out = append(out, a)
		}
	}
	return out
}

func within(small, large []string) bool {
	for _, s := range small {
		if !slices.ContainsFunc(large, func(l string) bool { return strings.EqualFold(s, l) }) {
			return false
		}
	}
	return true
}

func compareFold(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }
