package clickhouse

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// maxGroups is how many groups of an aggregate, and rows of a dedup, go on.
const maxGroups = 100_000

// Printed is a query with pipes as one statement. Its rows, in order, go
// through Table.
type Printed struct {
	Statement
	columns []col
	chart   string
	top     int // the statement ends in a top of so many values
	pivot   *pivot
	rest    []query.Pipe // after a pivot
}

// Print prints a query over the tenant's rows of [from, to) (ns; 0 for no
// bound) in a table of CreateTable. The error is for people.
func Print(table string, t tenant.ID, q query.Query, from, to int64) (Printed, error) {
	plan := q.Plan()
	p := &printer{statement: newStatement(), table: table, tenant: t, where: plan.Where, zone: q.Zone}
	p.lo, p.hi = bounds(plan.Where, from, to)
	var at stage
	var err error
	pipes := plan.Rest
	if plan.Group != nil {
		at, err = p.group(p.events(query.Reads(plan.Group)), plan.Group)
	} else {
		at = p.rows(plan)
	}
	for len(pipes) > 0 && err == nil && at.pivot == nil {
		at, err = p.next(at, pipes[0])
		pipes = pipes[1:]
	}
	if err != nil {
		return Printed{}, err
	}
	out := Printed{columns: at.cols, chart: at.chart, top: at.top, pivot: at.pivot, rest: pipes}
	out.SQL = "SELECT " + strings.Join(colNames(at.cols), ", ") + " FROM (" + at.sql + ") ORDER BY " + at.place
	if at.pivot == nil {
		out.SQL += " LIMIT " + itoa(query.MaxTableRows+1)
	}
	out.Params = p.params
	return out, nil
}

func bounds(x query.Expr, from, to int64) (lo, hi int64) {
	lo, hi = query.Bounds(x)
	if from != 0 {
		lo = max(lo, from)
	}
	if to != 0 {
		hi = min(hi, to-1)
	}
	return lo, hi
}

type printer struct {
	*statement
	table  string
	tenant tenant.ID
	where  query.Expr
	lo, hi int64
	zone   *time.Location
	names  int
}

// stage is a statement whose rows are a table on its way from pipe to pipe.
// Names of columns are used once: an alias of ClickHouse hides the column of
// the same name inside.
type stage struct {
	sql   string
	cols  []col
	place string // the column that has the row's place, from 1; "" before rows are ordered
	when  string // what "first" and "last" go by
	chart string
	top   int
	pivot *pivot
}

// fresh is a name that was not used yet.
func (p *printer) fresh() string {
	p.names++
	return "x" + itoa(p.names)
}

func colNames(cols []col) []string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c.name
	}
	return out
}

func (st stage) col(f query.Field) (col, error) {
	for _, c := range st.cols {
		if c.field.String() == f.String() {
			return c, nil
		}
	}
	return col{}, problem.New(problem.Invalid, "The table has no column %q. Use one that it shows, or leave this pipe out.", f.String())
}

// events are the rows that the condition finds, with these fields.
func (p *printer) events(fields []query.Field) stage {
	st := stage{when: "(_time, _seq, _idx)", chart: "none"}
	list := []string{"toUnixTimestamp64Nano(time) AS _time", "seq AS _seq", "idx AS _idx"}
	for _, f := range fields {
		if _, err := st.col(f); err == nil {
			continue
		}
		sql, kind := p.cell(f)
		c := col{p.fresh(), f, kind}
		st.cols = append(st.cols, c)
		list = append(list, sql+" AS "+c.name)
	}
	where := "tenant = " + p.whole(int64(p.tenant))
	if p.lo > firstTime {
		where += " AND time >= " + p.at(p.lo)
	}
	if p.hi < lastTime {
		where += " AND time <= " + p.at(p.hi)
	}
	st.sql = "SELECT " + strings.Join(list, ", ") + " FROM " + p.table + " WHERE " + where + " AND " + p.condition(p.where, p.term)
	return st
}

// rows are events as a table.
func (p *printer) rows(plan query.Plan) stage {
	fields := slices.Concat(plan.Columns, plan.Dedup)
	for _, k := range plan.Order {
		fields = append(fields, k.Field)
	}
	st := p.events(fields)
	limit := plan.Limit
	if limit == 0 {
		limit = query.MaxTableRows + 1
		if plan.Dedup != nil {
			limit = maxGroups
		}
	}
	var order []string
	for _, k := range plan.Order {
		c, _ := st.col(k.Field) // it is one of fields
		order = append(order, c.order(k.Desc))
	}
	by := strings.Join(append(order, "_time DESC", "_seq DESC", "_idx DESC"), ", ")
	st.sql = "SELECT * FROM (" + st.sql + ") ORDER BY " + by
	if plan.Dedup != nil {
		st.sql += " LIMIT 1 BY " + strings.Join(p.named(st, plan.Dedup), ", ")
	}
	st.sql += " LIMIT " + itoa(limit)
	st = p.placed(st, by)
	st.cols = st.cols[:len(plan.Columns)]
	return st
}

func (p *printer) named(st stage, fields []query.Field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		c, _ := st.col(f)
		out[i] = c.name
	}
	return out
}

// placed numbers the rows of a stage by an order of its columns.
func (p *printer) placed(st stage, by string) stage {
	place := p.fresh()
	st.sql = "SELECT " + strings.Join(colNames(st.cols), ", ") + ", row_number() OVER (ORDER BY " + by + ") AS " + place + " FROM (" + st.sql + ")"
	st.place = place
	st.when = "(toInt64(0), -toInt64(" + place + "))"
	for _, c := range st.cols {
		if c.field.String() == "time" {
			st.when = "(ifNull(" + c.name + ", 0), -toInt64(" + place + "))"
		}
	}
	return st
}

// next runs a pipe over a table.
func (p *printer) next(st stage, pipe query.Pipe) (stage, error) {
	for _, f := range query.Reads(pipe) {
		if _, err := st.col(f); err != nil {
			return stage{}, err
		}
	}
	out := st
	out.top = 0
	switch x := pipe.(type) {
	case query.Filter:
		out.sql = "SELECT * FROM (" + st.sql + ") WHERE " + p.condition(x.Where, func(t query.Term) string {
			c, _ := st.col(t.Field)
			return p.rowTest(c, t.Test)
		})
	case query.Sort:
		var order []string
		for _, k := range x.By {
			c, _ := st.col(k.Field)
			order = append(order, c.order(k.Desc))
		}
		out = p.placed(out, strings.Join(append(order, st.place), ", "))
	case query.Head:
		out.sql = "SELECT * FROM (" + st.sql + ") ORDER BY " + st.place + " LIMIT " + itoa(x.N)
	case query.Dedup:
		out.sql = "SELECT * FROM (" + st.sql + ") ORDER BY " + st.place + " LIMIT 1 BY " + strings.Join(p.named(st, x.By), ", ")
	case query.Fields:
		out.cols, out.chart = nil, "none"
		for _, f := range x.Of {
			c, _ := st.col(f)
			out.cols = append(out.cols, c)
		}
	default:
		return p.group(st, pipe)
	}
	return out, nil
}
