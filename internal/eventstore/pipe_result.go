package eventstore

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
)

var (
	countColumn   = query.Field{Kind: query.Native, Name: "count", Computed: true}
	percentColumn = query.Field{Kind: query.Native, Name: "percent", Computed: true}
	timeColumn    = query.Field{Kind: query.TimeKind, Name: "time", Envelope: true}
)

// relation is what an aggregating pipe gives.
func (g *groups) relation() *relation {
	if g.dropped {
		g.run.note("There are more than 100,000 groups; the smallest were left out on the way, so that small figures can be too low.")
	}
	switch p := g.pipe.(type) {
	case query.Top:
		return g.top(p)
	case query.Timechart:
		if p.By == nil {
			return g.chart()
		}
		return g.chartBy()
	}
	rel := &relation{columns: slices.Clone(g.by), chart: "none"}
	if _, count := g.pipe.(query.Count); count {
		rel.columns = append(rel.columns, countColumn)
	}
	for _, a := range g.aggs {
		rel.columns = append(rel.columns, a.Column())
	}
	if len(g.by) == 1 {
		rel.chart = "bar"
	}
	for _, x := range g.sorted() {
		row := slices.Clone(x.keys)
		if g.aggs == nil {
			row = append(row, x.n)
		}
		for i := range g.aggs {
			row = append(row, g.result(x, i))
		}
		rel.rows = append(rel.rows, row)
	}
	if len(g.aggs) > 0 && len(g.by) > 0 && g.aggs[0].Func != query.FuncCount {
		at := len(g.by)
		key := query.SortKey{Field: rel.columns[at], Desc: true}
		slices.SortStableFunc(rel.rows, func(a, b []any) int { return compareKeys(key, a[at], b[at]) })
	}
	return rel
}

// sorted are the groups, largest first.
func (g *groups) sorted() []*group {
	type keyed struct {
		*group
		keys []sortKey
	}
	all := make([]keyed, 0, len(g.of))
	for _, x := range g.of {
		if x.n == 0 && len(g.by) > 0 {
			continue
		}
		k := keyed{x, make([]sortKey, len(g.by))}
		for i, f := range g.by {
			k.keys[i] = sortKeyOf(f, x.keys[i])
		}
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b keyed) int {
		c := cmp.Compare(b.n, a.n)
		for i := 0; c == 0 && i < len(a.keys); i++ {
			c = a.keys[i].compare(b.keys[i], false)
		}
		return cmp.Or(c, strings.Compare(a.id, b.id))
	})
	out := make([]*group, min(len(all), g.most))
	for i := range out {
		out[i] = all[i].group
	}
	return out
}

func (g *groups) top(p query.Top) *relation {
	rel := &relation{columns: []query.Field{p.Field, countColumn, percentColumn}, chart: "bar"}
	all := g.sorted()
	left := g.total
	percent := func(n int64) float64 { return math.Round(10_000*float64(n)/float64(g.total)) / 100 }
	for _, x := range all[:min(len(all), p.N)] {
		rel.rows = append(rel.rows, []any{x.keys[0], x.n, percent(x.n)})
		left -= x.n
	}
	if left > 0 {
		rel.rows, rel.other = append(rel.rows, []any{"other", left, percent(left)}), true
	}
	return rel
}

// empty is what a bucket without rows shows.
func (g *groups) empty() any {
	switch g.aggs[0].Func {
	case query.FuncCount, query.FuncSum, query.FuncDC:
		return int64(0)
	}
	return nil
}

func (g *groups) chart() *relation {
	rel := &relation{columns: []query.Field{timeColumn, g.aggs[0].Column()}, chart: "line"}
	for b := range int64(g.buckets) {
		value := g.empty()
		if x := g.of[identity(nil, b)]; x != nil {
			value = g.result(x, 0)
		}
		rel.rows = append(rel.rows, []any{g.start + b*g.width, value})
	}
	return rel
}

// chartBy has a column for each of the series with most rows, and one for the
// rest, whose states are put together and so as exact as the others.
func (g *groups) chartBy() *relation {
	size := g.series()
	type series struct {
		id   string
		key  any
		rows int64
	}
	var all []series
	seen := map[string]bool{}
	for _, x := range g.of {
		if id := identity(x.keys, 0); !x.rest && x.n > 0 && !seen[id] {
			seen[id] = true
			all = append(all, series{id, x.keys[0], size[id]})
		}
	}
	slices.SortFunc(all, func(a, b series) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), compareKeys(query.SortKey{Field: g.by[0]}, a.key, b.key))
	})
	rel := &relation{columns: []query.Field{timeColumn}, chart: "line"}
	place := map[string]int{}
	for i, s := range all[:min(len(all), maxSeries)] {
		name := "(none)"
		if s.key != nil {
			name = text(s.key)
		}
		place[s.id] = i
		rel.columns = append(rel.columns, query.Field{Kind: query.Native, Name: name, Computed: true})
	}
	rest := make([]*group, g.buckets)
	cells := make([][]any, g.buckets)
	for b := range cells {
		cells[b] = append(cells[b], g.start+int64(b)*g.width)
		for range place {
			cells[b] = append(cells[b], g.empty())
		}
	}
	for _, x := range g.of {
		if x.n == 0 || x.bucket < 0 || x.bucket >= int64(g.buckets) {
			continue
		}
		if at, ok := place[identity(x.keys, 0)]; ok && !x.rest {
			cells[x.bucket][1+at] = g.result(x, 0)
			continue
		}
		if rest[x.bucket] == nil {
			rest[x.bucket] = &group{states: []state{g.newState(g.aggs[0])}}
		}
		rest[x.bucket].take(x)
		rel.other = true
	}
	if rel.other {
		rel.columns = append(rel.columns, query.Field{Kind: query.Native, Name: "other", Computed: true})
		for b, x := range rest {
			if x == nil {
				cells[b] = append(cells[b], g.empty())
			} else {
				cells[b] = append(cells[b], g.result(x, 0))
			}
		}
	}
	rel.rows = cells
	return rel
}

// rankName is a severity's name from its number.
func rankName(n any) string { return event.Severity(min(asInt(n), 99)).String() }
