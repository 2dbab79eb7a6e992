package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// source is one table or file that a search reads: what of it may match. Its
// rows lie within [minTime, maxTime].
type source struct {
	from             string // what follows FROM: only the rows of spans
	minTime, maxTime int64
	segment          *Segment // nil for a table in memory
	table            *memTable
	spans            []span // at least one
	gaps             *gaps  // told when the segment cannot be read
}

// sources lists what may hold rows of the tenant within [lo, hi] that match x,
// by maxTime, newest first. Tables in memory can hold any time.
func (s *Store) sources(v view, t tenant.ID, x query.Expr, lo, hi int64) []source {
	p := newProbe(x)
	var out []source
	for _, m := range v.mem {
		src := source{minTime: math.MinInt64, maxTime: math.MaxInt64, table: m}
		src.spans = m.spansOf(t, p, lo, hi)
		if len(src.spans) > 0 {
			out = append(out, s.narrowed(src, src.spans))
		}
	}
	for i := range v.segments {
		g := &v.segments[i]
		if g.Tenant != t || g.MinTime > hi || g.MaxTime < lo {
			continue
		}
		if _, bad := s.health.of(g.ID); bad {
			v.gaps.add(g)
			continue
		}
		src := source{minTime: g.MinTime, maxTime: g.MaxTime, segment: g, gaps: v.gaps}
		if src.spans = s.spansOf(g, p, lo, hi); len(src.spans) == 0 {
			continue
		}
		out = append(out, s.narrowed(src, src.spans))
	}
	return out
}

// rare reports whether the sources' spans are less than a quarter of what the
// tenant has.
func (s *Store) rare(v view, t tenant.ID, sources []source) bool {
	var may, all int64
	for i := range sources {
		may += int64(len(sources[i].spans))
	}
	for i := range v.segments {
		if v.segments[i].Tenant == t {
			all += v.segments[i].Rows/blockRows + 1
		}
	}
	return 4*may < all
}

// narrowed is a source that reads only some of its spans.
func (s *Store) narrowed(src source, of []span) source {
	src.spans = of
	if src.table != nil {
		src.from = "(SELECT *, " + derived + " FROM " + memCatalog + ".main." + src.table.name + " WHERE " + within(blockColumn.name, of) + ")"
		return src
	}
	rows := int64(0)
	for _, o := range of {
		rows += o.hi - o.lo + 1
	}
	where := ""
	if rows < src.segment.Rows {
		where = " WHERE " + within("file_row_number", of)
	}
	src.from = "(SELECT *, " + derived + " FROM " + s.fileRows(src.segment, where) + ")"
	return src
}

// fileSource reads a segment as if it had today's columns.
func (s *Store) fileSource(g *Segment) string {
	return "(SELECT *, " + derived + " FROM " + s.fileRows(g, "") + ")"
}

// fileRows are a segment's physical rows, as if it had today's columns.
func (s *Store) fileRows(g *Segment, where string) string {
	file := "read_parquet(" + literal(s.path(g)) + ")"
	missing := s.schema.since(g.Columns)
	switch {
	case g.Format < format:
		return "(SELECT " + undivided + missing + " FROM " + file + where + ")"
	case missing != "" || where != "":
		return "(SELECT *" + missing + " FROM " + file + where + ")"
	}
	return file
}

// selectInto writes a statement over one source: the tenant, the time range
// and the query, all as bound values.
func selectInto(st *statement, list string, src source, t tenant.ID, x query.Expr, lo, hi int64) {
	where := " WHERE tenant = " + st.arg(int64(t))
	if lo > src.minTime {
		where += " AND time >= " + st.arg(lo)
	}
	if hi < src.maxTime {
		where += " AND time <= " + st.arg(hi)
	}
	if x != nil {
		where += " AND " + st.condition(x)
	}
	st.srcs = append(st.srcs, src)
	st.WriteString("SELECT " + list + " FROM " + src.from + where)
}

// run executes a statement and hands each row to scan. It ends with
// errUnreadable when a segment of the statement is at fault.
func (s *Store) run(ctx context.Context, st *statement, scan func(*sql.Rows) error) error {
	return s.onSegments(ctx, st.srcs, func() error { return s.execute(ctx, st, scan) })
}

func (s *Store) execute(ctx context.Context, st *statement, scan func(*sql.Rows) error) (err error) {
	rs, err := s.engine.of(st).QueryContext(ctx, st.String(), st.args...)
	if err != nil {
		return runError(ctx, err)
	}
	defer func() { err = errors.Join(err, rs.Close()) }()
	for rs.Next() {
		if err := scan(rs); err != nil {
			return fmt.Errorf("read events: %w", err)
		}
	}
	return runError(ctx, rs.Err())
}

// runError turns DuckDB's "interrupted" into the context's own error.
func runError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("search events: %w", err)
}

// timeRange makes [from, to) inclusive; a zero has no bound.
func timeRange(from, to int64) (lo, hi int64) {
	if from == 0 {
		from = math.MinInt64
	}
	if to == 0 {
		return from, math.MaxInt64
	}
	return from, to - 1
}

// sortSegments puts the newest first, as searches walk them.
func sortSegments(segments []Segment) {
	slices.SortStableFunc(segments, func(a, b Segment) int {
		return newestAt(a.MaxTime).compare(newestAt(b.MaxTime))
	})
}
