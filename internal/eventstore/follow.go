package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Flushed is the journal sequence up to which rows can be found, and a channel
// that is closed when there is more.
func (s *Store) Flushed() (seq uint64, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flushed, s.more
}

// Since returns the tenant's rows of the journal behind sequence after, up to
// sequence through, that match, in the order of the journal. Of more than limit
// the last are returned, and dropped says how many were left out.
func (s *Store) Since(ctx context.Context, t tenant.ID, x query.Expr, after, through uint64, limit int) (rows []Row, dropped int64, err error) {
	ctx, end, err := s.gate.Enter(ctx, t)
	if err != nil {
		return nil, 0, err
	}
	defer end()
	v := s.view()
	defer s.release(v)
	v.segments = slices.DeleteFunc(slices.Clone(v.segments), func(g Segment) bool { return g.MaxSeq <= after })
	sources := s.sources(v, t, x, math.MinInt64, math.MaxInt64)
	for i := range sources {
		st := &statement{}
		lo, hi := st.arg(int64(after)), st.arg(int64(through))
		selectInto(st, s.schema.selectList()+", count(*) OVER () AS matched", sources[i], t, x, math.MinInt64, math.MaxInt64)
		st.WriteString(" AND seq > " + lo + " AND seq <= " + hi + " ORDER BY seq DESC, idx DESC LIMIT " + strconv.Itoa(limit))
		reader := s.schema.reader()
		var matched, read int64
		reader.targets = append(reader.targets, &matched)
		err := s.run(ctx, st, func(rs *sql.Rows) error {
			row, err := reader.row(rs)
			rows = append(rows, row)
			read++
			return err
		})
		if err != nil && !errors.Is(err, errUnreadable) {
			return nil, 0, err
		}
		dropped += matched - read
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return (position{0, b.pos.seq, b.pos.idx}).compare(position{0, a.pos.seq, a.pos.idx})
	})
	if over := len(rows) - limit; over > 0 {
		rows, dropped = rows[over:], dropped+int64(over)
	}
	return rows, dropped, nil
}
