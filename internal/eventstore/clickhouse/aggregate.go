package clickhouse

import (
	"fmt"
	"strings"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

// group is an aggregating pipe over events or a table.
func (p *printer) group(in stage, pipe query.Pipe) (stage, error) {
	switch x := pipe.(type) {
	case query.Count:
		return p.stats(in, []query.Agg{{Func: query.FuncCount, As: "count"}}, x.By)
	case query.Stats:
		return p.stats(in, x.Aggs, x.By)
	case query.Top:
		return p.top(in, x)
	case query.Timechart:
		return p.timechart(in, x)
	}
	return stage{}, problem.New(problem.Internal, "a pipe of type %T aggregates nothing", pipe)
}

// stats groups; the largest groups come first, or those with the largest
// first result.
func (p *printer) stats(in stage, aggs []query.Agg, by []query.Field) (stage, error) {
	out := stage{chart: "none"}
	if len(by) == 1 {
		out.chart = "bar"
	}
	list, keys := []string{}, []string{}
	order := []string{}
	for _, f := range by {
		c, err := in.col(f)
		if err != nil {
			return stage{}, err
		}
		key := col{p.fresh(), c.field, c.kind}
		out.cols = append(out.cols, key)
		list, keys = append(list, c.name+" AS "+key.name), append(keys, key.name)
		order = append(order, key.order(false), key.name)
	}
	rows := p.fresh()
	list = append(list, "count() AS "+rows)
	order = append([]string{rows + " DESC"}, order...)
	for i, a := range aggs {
		sql, c, err := p.function(in, a)
		if err != nil {
			return stage{}, err
		}
		out.cols = append(out.cols, c)
		list = append(list, sql+" AS "+c.name)
		if i == 0 && a.Func != query.FuncCount && len(by) > 0 {
			order = append([]string{c.order(true)}, order...)
		}
	}
	out.sql = "SELECT " + strings.Join(list, ", ") + " FROM (" + in.sql + ")"
	if len(keys) > 0 {
		out.sql += " GROUP BY " + strings.Join(keys, ", ") + " ORDER BY " + rows + " DESC LIMIT " + itoa(maxGroups)
	}
	return p.placed(out, strings.Join(order, ", ")), nil
}

// function prints one function over the rows of a group.
func (p *printer) function(in stage, a query.Agg) (string, col, error) {
	out := col{p.fresh(), a.Column(), wholeKind}
	if a.Func == query.FuncCount {
		return "count()", out, nil
	}
	c, err := in.col(a.Field)
	if err != nil {
		return "", col{}, err
	}
	n := c.number()
	switch a.Func {
	case query.FuncSum:
		if c.exact() {
			return "ifNull(sum(toInt128(" + n + ")), 0)", out, nil
		}
		out.kind = floatKind
		return "ifNull(sum(" + n + "), 0)", out, nil
	case query.FuncAvg:
		out.kind = floatKind
		return "avg(" + n + ")", out, nil
	case query.FuncDC:
		return "ifNull(uniqCombined64(17)(" + c.name + "), 0)", out, nil
	case query.FuncFirst, query.FuncLast:
		out.kind = c.kind
		return argument(a.Func == query.FuncLast) + "(" + c.name + ", " + in.when + ", isNotNull(" + c.name + "))", out, nil
	case query.FuncMin, query.FuncMax:
		sql := ""
		sql, out.kind = extreme(c, a.Func)
		return sql, out, nil
	}
	out.kind = floatKind
	level := map[query.Func]string{query.FuncMedian: "0.5", query.FuncP95: "0.95", query.FuncP99: "0.99"}[a.Func]
	value := "assumeNotNull(toFloat64(" + n + "))"
	return fmt.Sprintf("if(countIf(isNotNull(%s)) = 0, NULL, quantileExactWeightedInterpolatedIf(%s)(%s, 1, isNotNull(%s)))", n, level, precise(value), n), out, nil
}

// precise rounds to 11 bits of the mantissa, which bounds what a quantile
// keeps; integers below 2,048 stay as they are.
func precise(x string) string {
	unit := "pow(2, floor(log2(abs(" + x + "))) - 10)"
	return "if(" + x + " = 0, 0, round(" + x + " / " + unit + ") * " + unit + ")"
}

func argument(last bool) string {
	if last {
		return "argMaxIf"
	}
	return "argMinIf"
}

// extreme is the least or greatest number or, where no value is one, text.
func extreme(c col, f query.Func) (string, kind) {
	number := string(f) + "(" + c.number() + ")"
	switch {
	case c.kind != textKind:
		return number, c.kind
	case c.field.Kind == query.RankKind:
		return "if(isNull(" + number + "), NULL, " + rankName("assumeNotNull("+number+")") + ")", textKind
	}
	text := fmt.Sprintf("%s(%s, (assumeNotNull(%s), assumeNotNull(%s)), isNotNull(%s))", argument(f == query.FuncMax), c.name, c.sortText(), c.name, c.sortText())
	if c.field.Kind != query.Native {
		return text, textKind
	}
	return "ifNull(toString(" + number + "), " + text + ")", textKind
}

// top gives the most frequent values and what is left as "other".
func (p *printer) top(in stage, t query.Top) (stage, error) {
	c, err := in.col(t.Field)
	if err != nil {
		return stage{}, err
	}
	key := col{p.fresh(), c.field, c.kind}
	rows, rank, total := p.fresh(), p.fresh(), p.fresh()
	groups := "SELECT " + c.name + " AS " + key.name + ", count() AS " + rows + " FROM (" + in.sql + ") WHERE isNotNull(" + c.name + ") GROUP BY " + key.name
	ranked := "SELECT " + key.name + ", " + rows + ", row_number() OVER (ORDER BY " + rows + " DESC, " + key.order(false) + ", " + key.name + ") AS " + rank +
		", sum(" + rows + ") OVER () AS " + total + " FROM (" + groups + ")"
	out := stage{chart: "bar", top: t.N}
	value := col{p.fresh(), c.field, textKind}
	count := col{p.fresh(), query.Agg{Func: query.FuncCount, As: "count"}.Column(), wholeKind}
	percent := col{p.fresh(), query.Agg{Func: query.FuncCount, As: "percent"}.Column(), floatKind}
	place := p.fresh()
	out.cols = []col{value, count, percent}
	n := itoa(t.N)
	out.sql = "SELECT least(" + rank + ", " + n + " + 1) AS " + place + ", if(" + place + " > " + n + ", 'other', any(toString(" + key.name + "))) AS " + value.name +
		", sum(" + rows + ") AS " + count.name + ", round(100 * " + count.name + " / any(" + total + "), 2) AS " + percent.name + " FROM (" + ranked + ") GROUP BY " + place
	return p.placed(out, place), nil
}

// timechart has a row for every bucket; split by a field, it is a pivot.
func (p *printer) timechart(in stage, t query.Timechart) (stage, error) {
	if p.lo <= firstTime || p.hi >= lastTime {
		return stage{}, problem.New(problem.Invalid, "A timechart needs a time range with a start and an end.")
	}
	start, width, n, err := t.Buckets(p.lo, p.hi+1, p.zone)
	if err != nil {
		return stage{}, problem.New(problem.Invalid, "The chart cannot be made: %s.", err)
	}
	time := query.Field{Kind: query.TimeKind, Name: "time", Envelope: true}
	when := "_time"
	if in.place != "" {
		c, err := in.col(time)
		if err != nil {
			return stage{}, err
		}
		when = c.name
	}
	sql, value, err := p.function(in, t.Agg)
	if err != nil {
		return stage{}, err
	}
	bucket := p.fresh()
	buckets := "intDiv(" + when + " - " + p.whole(start) + ", " + p.whole(width) + ") AS " + bucket
	if t.By != nil {
		return p.pivot(in, t, &pivot{start: start, width: width, buckets: n, agg: t.Agg.Func}, buckets, bucket, sql, value)
	}
	at := col{p.fresh(), time, wholeKind}
	out := stage{cols: []col{at, value}, chart: "line"}
	groups := "SELECT " + buckets + ", " + sql + " AS " + value.name + " FROM (" + in.sql + ") GROUP BY " + bucket
	number := p.fresh()
	all := "SELECT toInt64(number) AS " + number + " FROM numbers(" + itoa(n) + ")"
	out.sql = "SELECT " + p.whole(start) + " + " + number + " * " + p.whole(width) + " AS " + at.name + ", " + value.name + " FROM (" + all + ") AS a LEFT JOIN (" + groups + ") AS g ON a." + number + " = g." + bucket
	return p.placed(out, at.name), nil
}
