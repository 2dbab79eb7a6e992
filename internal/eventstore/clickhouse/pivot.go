package clickhouse

import (
	"strings"

	"github.com/tocsin-project/tocsin/internal/query"
)

// maxSeries is how many series of a timechart have a column of their own.
const maxSeries = 10

// pivot says how rows (bucket, rank of the series, its name, value) become a
// table with a column a series. Rank 0 is all the others.
type pivot struct {
	start, width int64
	buckets      int
	agg          query.Func
}

// pivot finds the largest series first, so that all others are put together
// by the engine and are as exact as these.
func (p *printer) pivot(in stage, t query.Timechart, v *pivot, buckets, bucket, sql string, value col) (stage, error) {
	c, err := in.col(*t.By)
	if err != nil {
		return stage{}, err
	}
	key := func(x string) string { return "(isNull(" + x + "), ifNull(toString(" + x + "), ''))" }
	inner := col{p.fresh(), c.field, c.kind}
	series := "SELECT groupArray(" + key(inner.name) + ") FROM (SELECT " + c.name + " AS " + inner.name + " FROM (" + in.sql + ") GROUP BY " + inner.name +
		" ORDER BY count() DESC, " + inner.order(false) + ", " + inner.name + " LIMIT " + itoa(maxSeries) + ")"
	rank, name, place := p.fresh(), p.fresh(), p.fresh()
	list := []string{buckets, "indexOf((" + series + "), " + key(c.name) + ") AS " + rank, "any(toString(" + c.name + ")) AS " + name, sql + " AS " + value.name}
	rows := "SELECT " + strings.Join(list, ", ") + " FROM (" + in.sql + ") GROUP BY " + bucket + ", " + rank
	out := stage{chart: "line", pivot: v, place: place}
	out.cols = []col{{bucket, query.Field{}, wholeKind}, {rank, query.Field{}, wholeKind}, {name, query.Field{}, textKind}, value}
	out.sql = "SELECT *, row_number() OVER (ORDER BY " + rank + ", " + bucket + ") AS " + place + " FROM (" + rows + ")"
	return out, nil
}

// table spreads the rows over columns.
func (v *pivot) table(rows [][]any) (columns []query.Field, table [][]any, other bool) {
	column := func(name string) query.Field {
		return query.Field{Kind: query.Native, Name: name, Computed: true}
	}
	columns = []query.Field{{Kind: query.TimeKind, Name: "time", Envelope: true}}
	shown := 0
	for _, r := range rows {
		rank := int(r[1].(int64))
		other = other || rank == 0
		for shown < rank {
			shown++
			columns = append(columns, column(""))
		}
		if name, ok := r[2].(string); ok {
			columns[rank].Name = name
		} else if rank > 0 {
			columns[rank].Name = "(none)"
		}
	}
	if other {
		columns = append(columns, column("other"))
	}
	for b := range v.buckets {
		row := make([]any, len(columns))
		row[0] = v.start + int64(b)*v.width
		switch v.agg {
		case query.FuncCount, query.FuncSum, query.FuncDC:
			for i := range columns[1:] {
				row[i+1] = int64(0)
			}
		}
		table = append(table, row)
	}
	for _, r := range rows {
		at := int(r[1].(int64))
		if at == 0 {
			at = len(columns) - 1
		}
		if b := r[0].(int64); b >= 0 && b < int64(v.buckets) {
			table[b][at] = r[3]
		}
	}
	return columns, table, other
}
