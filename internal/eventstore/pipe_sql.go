package eventstore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/internal/query"
)

// cell is a field as a table has it: BIGINT for integers and times, else text
// of at most maxCell characters; NULL when absent.
func (s *statement) cell(f query.Field) string {
	switch f.Kind {
	case query.TimeKind:
		return f.Name
	case query.IntKind:
		return columnSQL(f.Column.Info())
	case query.RankKind, query.IDKind:
		return s.value(f)
	}
	return "left(" + s.value(f) + ", " + strconv.Itoa(maxCell) + ")"
}

// number is a field as a number, NULL when it is none: the rank of a severity,
// the time in ns, and text that reads as a number.
func (s *statement) number(f query.Field) string {
	switch f.Kind {
	case query.TimeKind:
		return f.Name
	case query.IntKind:
		return columnSQL(f.Column.Info())
	case query.RankKind:
		return "severity::BIGINT"
	case query.AddrKind, query.IDKind:
		return "NULL::DOUBLE"
	}
	return numberSQL(s.value(f))
}

func numberSQL(x string) string {
	return "CASE WHEN regexp_matches(" + x + ", '" + query.NumberPattern + "') THEN TRY_CAST(" + x + " AS DOUBLE) END"
}

// exact says that number is BIGINT, whose sums are exact.
func exact(f query.Field) bool {
	return f.Kind == query.IntKind || f.Kind == query.TimeKind || f.Kind == query.RankKind
}

// sortKey prints what a row is ordered by: a number and, where there is none,
// text. The order is numbers, text, absent, and goes the other way round
// within numbers and text for a descending key; rows compares the same.
func (s *statement) sortKey(f query.Field) (number, text string) {
	switch {
	case exact(f):
		return "(" + s.number(f) + ")::DOUBLE", "NULL::VARCHAR"
	case f.Kind == query.AddrKind:
		addr := "peer_addr"
		if !f.Envelope {
			addr = addrSQL(f.Column.Info())
		}
		return "NULL::DOUBLE", addr + "::VARCHAR"
	case f.Kind == query.Native:
		number = s.number(f)
		return number, "CASE WHEN " + number + " IS NULL THEN lower(" + s.cell(f) + ") END"
	}
	return "NULL::DOUBLE", "lower(" + s.cell(f) + ")"
}

// precise rounds to as many bits of the mantissa, for a quantile's sketch.
func precise(x string, bits int) string {
	unit := "pow(2, floor(log2(abs(" + x + "))) - " + strconv.Itoa(bits-1) + ")"
	return "CASE WHEN " + x + " = 0 THEN 0 ELSE round(" + x + " / " + unit + ") * " + unit + " END"
}

// partials writes the statement that gives the partial results of one source:
// the values to group by, the bucket of time, the number of rows, and the
// columns of each aggregate in its states' order.
func (g *groups) partials(src source) *statement {
	st, list := &statement{}, []string{}
	inner := func(name, expr string) { list = append(list, expr+" AS "+name) }
	outer := g.keys(st, inner)
	keys := len(outer)
	outer = append(outer, "count(*)")
	for i, a := range g.aggs {
		n := strconv.Itoa(i)
		switch a.Func {
		case query.FuncCount, query.FuncMedian, query.FuncP95, query.FuncP99:
			continue // of all rows; by quantiles
		case query.FuncSum, query.FuncAvg:
			inner("v"+n, st.number(a.Field))
			outer = append(outer, "sum(v"+n+")", "count(v"+n+")")
		case query.FuncMin, query.FuncMax:
			number, text := st.sortKey(a.Field)
			if exact(a.Field) {
				number = st.number(a.Field)
			}
			inner("v"+n, number)
			inner("k"+n, "("+text+") || chr(1) || ("+st.cell(a.Field)+")") // equals but for case have an order, too
			inner("t"+n, st.cell(a.Field))
			outer = append(outer, string(a.Func)+"(v"+n+")", "arg_"+string(a.Func)+"(t"+n+", k"+n+")")
		case query.FuncDC:
			inner("v"+n, "hash("+st.value(a.Field)+"::VARCHAR)")
			inner("t"+n, st.value(a.Field))
			outer = append(outer, fmt.Sprintf("min(DISTINCT v%s, %d) FILTER (WHERE t%s IS NOT NULL)", n, g.distinct, n))
		case query.FuncFirst, query.FuncLast:
			inner("v"+n, st.cell(a.Field))
			f := map[query.Func]string{query.FuncFirst: "min", query.FuncLast: "max"}[a.Func]
			outer = append(outer, f+"({t: time, s: seq, i: idx, v: v"+n+"}) FILTER (WHERE v"+n+" IS NOT NULL)")
		}
	}
	list = append(list, "time", "seq", "idx")
	return g.wrap(st, src, list, outer, keys)
}

// quantiles writes the statement that counts the rounded values of a field:
// the keys, the value, how often. DuckDB's own map aggregate takes thirty
// times as long.
func (g *groups) quantiles(src source, f query.Field) *statement {
	st, list := &statement{}, []string{}
	inner := func(name, expr string) { list = append(list, expr+" AS "+name) }
	outer := g.keys(st, inner)
	inner("v", "("+st.number(f)+")::DOUBLE")
	outer = append(outer, precise("v", g.bits))
	return g.wrap(st, src, list, append(outer, "count(*)"), len(outer))
}

// keys are the expressions to group by, made of the inner statement's columns.
func (g *groups) keys(st *statement, inner func(name, expr string)) (outer []string) {
	for i, f := range g.by {
		inner("b"+strconv.Itoa(i), st.cell(f))
		outer = append(outer, "b"+strconv.Itoa(i))
	}
	if g.width > 0 {
		inner("bucket", "(time - "+st.arg(g.start)+") // "+st.arg(g.width))
		outer = append(outer, "bucket")
	}
	return outer
}

// wrap computes every expression once, in an inner statement over the source.
func (g *groups) wrap(st *statement, src source, list, outer []string, keys int) *statement {
	selectInto(st, strings.Join(list, ", "), src, g.run.tenant, g.run.plan.Where, g.run.lo, g.run.hi)
	text := "SELECT " + strings.Join(outer, ", ") + " FROM (" + st.String() + ")"
	if g.present { // top counts rows that have the field
		text += " WHERE b0 IS NOT NULL"
	}
	if keys > 0 {
		numbers := make([]string, keys)
		for i := range numbers {
			numbers[i] = strconv.Itoa(i + 1)
		}
		text += " GROUP BY " + strings.Join(numbers, ", ")
	}
	st.Reset()
	st.WriteString(text)
	return st
}
