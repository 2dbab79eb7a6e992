package eventstore

import (
	"context"
	"math"
	"slices"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

// relation is a table on its way from pipe to pipe.
type relation struct {
	columns []query.Field
	rows    [][]any
	chart   string
	other   bool
}

// apply runs a pipe over a table.
func (r *pipeRun) apply(rel *relation, p query.Pipe) error {
	switch p := p.(type) {
	case query.Filter:
		if err := rel.has(query.Reads(p)...); err != nil {
			return err
		}
		rel.rows = slices.DeleteFunc(slices.Clone(rel.rows), func(row []any) bool {
			return !query.MatchRow(p.Where, func(f query.Field) event.Value { return asValue(row[rel.index(f)]) })
		})
		rel.other = false
	case query.Sort:
		if err := rel.has(query.Reads(p)...); err != nil {
			return err
		}
		rel.rows = slices.Clone(rel.rows)
		slices.SortStableFunc(rel.rows, func(a, b []any) int {
			for _, k := range p.By {
				at := rel.index(k.Field)
				if c := compareKeys(k, a[at], b[at]); c != 0 {
					return c
				}
			}
			return 0
		})
		rel.other = rel.other && rel.chart == "line"
	case query.Head:
		if len(rel.rows) > p.N {
			rel.rows = rel.rows[:p.N]
			rel.other = rel.other && rel.chart == "line"
		}
	case query.Dedup:
		if err := rel.has(p.By...); err != nil {
			return err
		}
		seen := map[string]bool{}
		rel.rows = slices.DeleteFunc(slices.Clone(rel.rows), func(row []any) bool {
			id := identity(rel.values(row, p.By), 0)
			again := seen[id]
			seen[id] = true
			return again
		})
	case query.Fields:
		if err := rel.has(p.Of...); err != nil {
			return err
		}
		rows := make([][]any, len(rel.rows))
		for i, row := range rel.rows {
			rows[i] = rel.values(row, p.Of)
		}
		*rel = relation{columns: p.Of, rows: rows, chart: "none"}
	default:
		return r.aggregateTable(rel, p)
	}
	return nil
}

// aggregateTable is an aggregating pipe over a table.
func (r *pipeRun) aggregateTable(rel *relation, p query.Pipe) error {
	g, err := r.groups(p)
	if err != nil {
		return err
	}
	for _, a := range g.aggs {
		if a.Func != query.FuncCount {
			err = rel.has(a.Field)
		}
		if err != nil {
			return err
		}
	}
	if err := rel.has(g.by...); err != nil {
		return err
	}
	when := slices.IndexFunc(rel.columns, func(f query.Field) bool { return f.String() == "time" })
	for i, row := range rel.rows {
		keys := rel.values(row, g.by)
		if g.present && keys[0] == nil {
			continue
		}
		at := position{time: 0, seq: uint64(len(rel.rows) - i)} // the first row is the newest
		if when >= 0 {
			at.time = asInt(row[when])
		}
		bucket := int64(0)
		if g.width > 0 {
			bucket = floorDiv(at.time-g.start, g.width)
		}
		x := g.at(keys, bucket)
		x.n++
		g.total++
		for k, a := range g.aggs {
			if a.Func != query.FuncCount {
				x.states[k].add(cellOf{row[rel.index(a.Field)], a.Field, at})
			}
		}
	}
	*rel = *g.relation()
	return nil
}

func (rel *relation) index(f query.Field) int {
	return slices.IndexFunc(rel.columns, func(c query.Field) bool { return c.String() == f.String() })
}

// has reports a column that only the values of a timechart could have made.
func (rel *relation) has(fields ...query.Field) error {
	for _, f := range fields {
		if rel.index(f) < 0 {
			return problem.New(problem.Invalid, "The table has no column %q. Use one that it shows, or leave this pipe out.", f.String())
		}
	}
	return nil
}

func (rel *relation) values(row []any, of []query.Field) []any {
	out := make([]any, len(of))
	for i, f := range of {
		out[i] = row[rel.index(f)]
	}
	return out
}

// NewTable makes a table of rows that another engine gave, after the pipes that
// are left. Cells are as in Table.
func NewTable(columns []query.Field, rows [][]any, chart string, other bool, rest []query.Pipe) (Table, error) {
	r := &pipeRun{lo: math.MinInt64, hi: math.MaxInt64, plan: query.Plan{Rest: rest}, notes: map[string]bool{}}
	return r.table(made{&relation{columns, rows, chart, other}})
}

// made is a sink that has everything already.
type made struct{ rel *relation }

func (m made) read(context.Context, source) error { return nil }
func (m made) relation() *relation                { return m.rel }

// table gives the columns their types: native values are numbers where all of
// them are.
func (rel *relation) table() Table {
	t := Table{Columns: []TableColumn{}, Rows: make([][]any, len(rel.rows)), Chart: rel.chart, Other: rel.other}
	for i, row := range rel.rows {
		t.Rows[i] = slices.Clone(row)
	}
	for c, f := range rel.columns {
		column := TableColumn{f.String(), "text"}
		switch f.Kind {
		case query.TimeKind:
			column.Type = "time"
		case query.IntKind:
			column.Type = "number"
		case query.Native:
			if numeric(t.Rows, c, f.Computed) {
				column.Type = "number"
			}
		}
		t.Columns = append(t.Columns, column)
	}
	return t
}

// numeric makes numbers of a column if all that it has are numbers, else text;
// number says what it is when it has nothing.
func numeric(rows [][]any, c int, number bool) bool {
	numbers := make([]any, len(rows))
	for i, row := range rows {
		if row[c] == nil {
			continue
		}
		numbers[i], number = asNumber(row[c]), true
		if _, isText := numbers[i].(string); isText {
			for _, row := range rows {
				if row[c] != nil {
					row[c] = text(row[c])
				}
			}
			return false
		}
	}
	for i, row := range rows {
		row[c] = numbers[i]
	}
	return number
}
