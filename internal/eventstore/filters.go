package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// writeFilters writes the filters of a new segment, unless its rows turn out not
// to stand in the order of their blocks: then they are made from the file later.
func (s *Store) writeFilters(ctx context.Context, g *Segment, made *blocks) error {
	bs := made.finish()
	st := &statement{}
	st.WriteString("SELECT file_row_number // " + strconv.Itoa(blockRows) + " AS block, count(*), sum(seq)::BIGINT, sum(idx)::BIGINT FROM " + s.fileRows(g, "") + " GROUP BY 1 ORDER BY 1")
	n, inOrder := 0, true
	err := s.run(ctx, st, func(rs *sql.Rows) error {
		var at, rows, seqs, idxs int64
		if err := rs.Scan(&at, &rows, &seqs, &idxs); err != nil {
			return err
		}
		inOrder = inOrder && n < len(bs) && rows == int64(bs[n].rows) && seqs == bs[n].sumSeq && idxs == bs[n].sumIdx
		n++
		return nil
	})
	if err != nil {
		return err
	}
	if !inOrder || n != len(bs) {
		s.o.Log.Warn("a segment's rows are not in the order of its filters, which are made again", "segment", g.ID)
		signal(s.refilter)
		return nil
	}
	g.filter, err = s.newFilter(g, made)
	return err
}

// newFilter writes a segment's filter file and opens it.
func (s *Store) newFilter(g *Segment, made *blocks) (*filterFile, error) {
	path := filterPath(s.localPath(g))
	if err := writeFilter(path, made.finish(), made.tallies()); err != nil {
		return nil, err
	}
	return openFilter(path)
}

// loadFilters opens the filter files of the segments. One that is missing or
// damaged costs time, never events: its segment is read whole until the filter
// is made again.
func (s *Store) loadFilters(segments []Segment) {
	for i := range segments {
		g := &segments[i]
		f, err := openFilter(filterPath(s.localPath(g)))
		switch {
		case err == nil:
			g.filter = f
		case !errors.Is(err, fs.ErrNotExist):
			s.badFilter(g, err)
		}
	}
}

func (s *Store) badFilter(g *Segment, err error) {
	s.metrics.badFilters.Inc()
	s.o.Log.Error("a segment's filters cannot be used; searches read it whole until they are made again", "segment", g.ID, "error", err)
	signal(s.refilter)
}

// filter gives a segment's filters when they can be trusted.
func (s *Store) filter(g *Segment) *filterFile {
	f := g.filter
	if f == nil {
		return nil
	}
	if err := f.intact(); err != nil {
		if s.setFilter(g.ID, f, nil) {
			s.badFilter(g, err)
		}
		return nil
	}
	return f
}

// setFilter puts a segment's filters in place of others; false when it has
// other ones already, or is gone.
func (s *Store) setFilter(id string, old, f *filterFile) bool {
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	i := slices.IndexFunc(s.segments, func(g Segment) bool { return g.ID == id })
	if i < 0 || s.segments[i].filter != old {
		return false
	}
	segments := slices.Clone(s.segments)
	segments[i].filter = f
	s.segments = segments
	return true
}

// refilterLoop makes missing and damaged filters, one segment after another.
func (s *Store) refilterLoop(ctx context.Context) {
	signal(s.refilter)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.refilter:
		}
		for _, g := range s.Segments() {
			if g.filter != nil || ctx.Err() != nil {
				continue
			}
			if err := s.refilterOne(ctx, &g); err != nil && ctx.Err() == nil {
				s.o.Log.Error("filters of a segment could not be made; searches read it whole", "segment", g.ID, "error", err)
			}
		}
	}
}

func (s *Store) refilterOne(ctx context.Context, g *Segment) error {
	v := s.view()
	defer s.release(v)
	st := &statement{}
	// The order of rows in the file is that of their blocks.
	st.WriteString("SELECT " + s.schema.selectList() + " FROM " + s.fileRows(g, "") + " ORDER BY file_row_number")
	if g.Format < format {
		st.Reset()
		st.WriteString("SELECT " + s.schema.selectList() + " FROM " + s.fileRows(g, ""))
	}
	reader := s.schema.reader()
	bs := &blocks{}
	err := s.run(ctx, st, func(rs *sql.Rows) error {
		row, err := reader.row(rs)
		if err != nil {
			return err
		}
		e, err := row.event(g.Tenant)
		if err != nil {
			return err
		}
		bs.terms().event(&e, row.Raw)
		bs.count(&e)
		return nil
	})
	if err != nil {
		return err
	}
	f, err := s.newFilter(g, bs)
	if err != nil {
		return err
	}
	if !s.setFilter(g.ID, nil, f) {
		return fmt.Errorf("segment %s changed meanwhile", g.ID)
	}
	return nil
}

// span is a run of rows that may match: of a file by row number, of a table in
// memory by block number, both inclusive. No two of a source share a row.
type span struct {
	lo, hi           int64
	minTime, maxTime int64
}

// spansOf lists the blocks of a segment that may hold a match within [lo, hi];
// without filters that is the whole of it.
func (s *Store) spansOf(g *Segment, p *probe, lo, hi int64) []span {
	whole := []span{{0, g.Rows - 1, g.MinTime, g.MaxTime}}
	f := s.filter(g)
	if f == nil {
		return whole
	}
	if p == nil {
		return spans(f.blocks, nil, nil, lo, hi)
	}
	file, err := os.Open(f.path)
	if err == nil {
		defer file.Close()
		r := &reader{file: file}
		out := spans(f.blocks, r, p, lo, hi)
		if err = r.err; err == nil {
			return out
		}
	}
	if s.setFilter(g.ID, f, nil) {
		s.badFilter(g, err)
	}
	return whole
}

// spans lists the blocks of a file that may hold a match within [lo, hi].
func spans(bs []block, r *reader, p *probe, lo, hi int64) (out []span) {
	first := int64(0)
	for i := range bs {
		b := &bs[i]
		if p.mayWithin(r, b, lo, hi) {
			out = append(out, span{first, first + int64(b.rows) - 1, b.minTime, b.maxTime})
		}
		first += int64(b.rows)
	}
	return out
}

// within is the condition that a number lies in one of the spans, joining
// those that touch.
func within(column string, of []span) string {
	of = slices.Clone(of)
	slices.SortFunc(of, func(a, b span) int { return compareInt(a.lo, b.lo) })
	var parts []string
	for i := 0; i < len(of); {
		lo, hi := of[i].lo, of[i].hi
		for i++; i < len(of) && of[i].lo <= hi+1; i++ {
			hi = max(hi, of[i].hi)
		}
		parts = append(parts, column+" BETWEEN "+strconv.FormatInt(lo, 10)+" AND "+strconv.FormatInt(hi, 10))
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}
