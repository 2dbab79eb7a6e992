package sigma

import "strings"

// Explanation says why a rule matched an event or did not.
type Explanation struct {
	Matched    bool
	Predicates []Predicate
}

// Predicate is one detection item of the condition, and how it came out.
type Predicate struct {
	Selection string
	Field     string // "" for keywords
	Test      string // as written, with modifiers and values
	Line      int    // in the rule's file
	Held      bool
	Negated   bool // stands under an odd number of nots: the rule wants it not to hold
	Present   bool // the event has the field
	Value     Value
}

// FieldValue is a field of an event that made a rule match.
type FieldValue struct {
	Field string
	Value Value
}

// Explain evaluates every item of the condition, without short cuts.
func (r *Rule) Explain(ev Event) Explanation {
	e := Explanation{Matched: r.Match(ev)}
	for _, c := range r.conditions {
		walk(c, "", false, func(sel string, it *item, negated bool) {
			p := Predicate{Selection: sel, Field: it.field, Test: it.describe(), Line: it.line, Held: it.match(ev), Negated: negated}
			if it.field != "" {
				p.Value, p.Present = ev.Field(it.field)
			}
			e.Predicates = append(e.Predicates, p)
		})
	}
	return e
}

// MatchedFields lists, once each and in rule order, the fields whose values
// the rule asked for and found.
func (e Explanation) MatchedFields() []FieldValue {
	var out []FieldValue
	seen := map[string]bool{}
	for _, p := range e.Predicates {
		if p.Held && !p.Negated && p.Present && !seen[p.Field] {
			seen[p.Field] = true
			out = append(out, FieldValue{p.Field, p.Value})
		}
	}
	return out
}

// walk visits the items of a condition with the selection that they stand in
// and whether they are negated.
func walk(e expr, sel string, negated bool, visit func(sel string, it *item, negated bool)) {
	switch e := e.(type) {
	case and:
		for _, m := range e {
			walk(m, sel, negated, visit)
		}
	case or:
		for _, m := range e {
			walk(m, sel, negated, visit)
		}
	case not:
		walk(e.expr, sel, !negated, visit)
	case *selection:
		walk(e.expr, e.name, negated, visit)
	case *item:
		visit(sel, e, negated)
	}
}

// maxDescribed bounds how many values a Test spells out.
const maxDescribed = 20

func (it *item) describe() string {
	var b strings.Builder
	b.WriteString(it.source)
	b.WriteString(": ")
	n := 0
	for _, choices := range it.values {
		for _, p := range choices {
			if n == maxDescribed {
				b.WriteString(", …")
				return b.String()
			}
			if n > 0 {
				b.WriteString(", ")
			}
			b.WriteString(p.String())
			n++
		}
	}
	return b.String()
}

// Fields lists the names of the fields that the rule reads, once each.
func (r *Rule) Fields() []string {
	var out []string
	seen := map[string]bool{"": true}
	for _, s := range r.selections {
		walk(s, "", false, func(_ string, it *item, _ bool) {
			if !seen[it.field] {
				seen[it.field] = true
				out = append(out, it.field)
			}
		})
	}
	return out
}
