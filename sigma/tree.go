package sigma

// Branch is a part of a rule's condition and how it came out for one event:
// the whole tree, without short cuts.
type Branch struct {
	Op   string // "and", "or", "not", "selection", "item"
	Name string // of a selection
	Held bool
	Kids []Branch
	Item *Predicate // of an item
}

// Tree evaluates the rule's condition. Where the rule has several conditions,
// of which one suffices, they stand below an or.
func (r *Rule) Tree(ev Event) Branch {
	kids := make([]Branch, len(r.conditions))
	for i, c := range r.conditions {
		kids[i] = branch(c, ev, "", false)
	}
	if len(kids) == 1 {
		return kids[0]
	}
	return Branch{Op: "or", Held: r.Match(ev), Kids: kids}
}

func branch(e expr, ev Event, sel string, negated bool) Branch {
	b := Branch{Held: e.match(ev)}
	add := func(members ...expr) {
		for _, m := range members {
			b.Kids = append(b.Kids, branch(m, ev, sel, negated))
		}
	}
	switch e := e.(type) {
	case and:
		b.Op = "and"
		add(e...)
	case or:
		b.Op = "or"
		add(e...)
	case not:
		b.Op, negated = "not", !negated
		add(e.expr)
	case *selection:
		b.Op, b.Name, sel = "selection", e.name, e.name
		add(e.expr)
	case *item:
		b.Op = "item"
		p := Predicate{Selection: sel, Field: e.field, Test: e.describe(), Line: e.line, Held: b.Held, Negated: negated}
		if e.field != "" {
			p.Value, p.Present = ev.Field(e.field)
		}
		b.Item = &p
	}
	return b
}
