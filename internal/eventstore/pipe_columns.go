package eventstore

import "github.com/tocsin-project/tocsin/internal/query"

// shown are the columns of a table of rows whose query names none.
var shown = [...]string{"time", "severity", "source", "host.name", "user.name", "src.ip", "message"}

// needed lists the columns of events that pipes and their result need: those
// that are shown, more, and what the pipes name until one of them makes new rows.
func needed(pipes []query.Pipe, more []query.Field) (out []query.Field) {
	seen := map[string]bool{}
	add := func(fields ...query.Field) {
		for _, f := range fields {
			if !f.Computed && !seen[f.String()] {
				seen[f.String()] = true
				out = append(out, f)
			}
		}
	}
	for _, name := range shown {
		f, _ := query.ParseField(name)
		add(f)
	}
	add(more...)
	for _, p := range pipes {
		switch p := p.(type) {
		case query.Count:
			add(p.By...)
		case query.Top:
			add(p.Field)
		case query.Timechart:
			addAgg(add, p.Agg)
			if p.By != nil {
				add(*p.By)
			}
		case query.Stats:
			add(p.By...)
			for _, a := range p.Aggs {
				addAgg(add, a)
			}
		case query.Dedup:
			add(p.By...)
		case query.Sort:
			add(keyFields(p.By)...)
		case query.Fields:
			add(p.Of...)
		case query.Filter:
			eachTerm(p.Where, func(t query.Term) { add(t.Field) })
		}
		if _, fields := p.(query.Fields); fields || query.Aggregates(p) {
			break
		}
	}
	return out
}

func addAgg(add func(...query.Field), a query.Agg) {
	if a.Func != query.FuncCount {
		add(a.Field)
	}
}

func eachTerm(x query.Expr, f func(query.Term)) {
	switch x := x.(type) {
	case query.And:
		for _, m := range x.Of {
			eachTerm(m, f)
		}
	case query.Or:
		for _, m := range x.Of {
			eachTerm(m, f)
		}
	case query.Not:
		eachTerm(x.Of, f)
	case query.Term:
		f(x)
	}
}
