package query

import "slices"

// Plan is a query divided for an engine: what one statement over events does,
// and the pipes that are left for the table that it gives.
type Plan struct {
	Where Expr
	Group Pipe // the first pipe that aggregates, when nothing before it chooses rows; else nil

	// Without Group: rows in this order, then newest first, the first of each
	// combination of Dedup's values, at most Limit (0 for all), with Columns.
	Order   []SortKey
	Dedup   []Field
	Limit   int
	Columns []Field

	Rest []Pipe
}

// Plan takes sort, fields and where into the statement as long as events are
// at hand: they change neither what an aggregate counts nor each other.
func (q Query) Plan() Plan {
	p := Plan{Where: q.Where}
	for i, pipe := range q.Pipes {
		switch x := pipe.(type) {
		case Filter:
			p.Where = both(p.Where, x.Where)
			continue
		case Sort:
			p.Order = append(slices.Clone(x.By), p.Order...) // a later sort keeps the order of equals
			continue
		case Fields:
			p.Columns = x.Of
			continue
		case Dedup:
			p.Dedup = x.By
		case Head:
			p.Limit = x.N
		default:
			p.Group = pipe
		}
		p.Rest = q.Pipes[i+1:]
		break
	}
	if p.Group == nil && p.Columns == nil {
		p.Columns = needed(p.Rest, append(slices.Clone(p.Dedup), keyFields(p.Order)...))
	}
	return p
}

func both(a, b Expr) Expr {
	if _, all := a.(All); all || a == nil {
		return b
	}
	return And{[]Expr{a, b}}
}

func keyFields(keys []SortKey) (out []Field) {
	for _, k := range keys {
		out = append(out, k.Field)
	}
	return out
}

// shown are the columns of a table of rows whose query names none.
var shown = [...]string{"time", "severity", "source", "host.name", "user.name", "src.ip", "message"}

// needed lists the columns of events that pipes and their result need: those
// that are shown, more, and what the pipes name until one of them makes new rows.
func needed(pipes []Pipe, more []Field) (out []Field) {
	seen := map[string]bool{}
	add := func(fields ...Field) {
		for _, f := range fields {
			if !f.Computed && !seen[f.String()] {
				seen[f.String()] = true
				out = append(out, f)
			}
		}
	}
	for _, name := range shown {
		add(resolve(name))
	}
	add(more...)
	for _, p := range pipes {
		add(Reads(p)...)
		if _, fields := p.(Fields); fields || Aggregates(p) {
			break
		}
	}
	return out
}

// Reads lists the fields that a pipe names, some of them perhaps twice.
func Reads(p Pipe) (out []Field) {
	switch p := p.(type) {
	case Count:
		return p.By
	case Top:
		return []Field{p.Field}
	case Timechart:
		if p.Agg.Func != FuncCount {
			out = append(out, p.Agg.Field)
		}
		if p.By != nil {
			out = append(out, *p.By)
		}
	case Stats:
		out = slices.Clone(p.By)
		for _, a := range p.Aggs {
			if a.Func != FuncCount {
				out = append(out, a.Field)
			}
		}
	case Dedup:
		return p.By
	case Sort:
		return keyFields(p.By)
	case Fields:
		return p.Of
	case Filter:
		return termFields(p.Where)
	}
	return out
}

func termFields(x Expr) (out []Field) {
	switch x := x.(type) {
	case And:
		for _, m := range x.Of {
			out = append(out, termFields(m)...)
		}
	case Or:
		for _, m := range x.Of {
			out = append(out, termFields(m)...)
		}
	case Not:
		return termFields(x.Of)
	case Term:
		return []Field{x.Field}
	}
	return out
}
