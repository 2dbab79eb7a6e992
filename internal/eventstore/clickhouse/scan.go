package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// scanPage is how many rows one statement of a scan reads. Between two the
// search slot is free.
const scanPage = 8192

// Scan calls fn with the tenant's rows within [from, to) that match, oldest
// first by (time, journal position), some thousand at a time. The events are
// fn's to keep. Rows that come in behind where the scan is are not seen. The
// scan ends with fn's error, with ctx, or when a page takes longer than a search
// may.
func (s *Store) Scan(ctx context.Context, t tenant.ID, from, to int64, x query.Expr, fn func([]event.Event) error) error {
	lo, hi := timeRange(from, to)
	if x != nil {
		l, h := query.Bounds(x)
		lo, hi = max(lo, l), min(hi, h)
	}
	var after *place
	for {
		rows, err := s.scanPage(ctx, t, x, lo, hi, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		evs := make([]event.Event, len(rows))
		for i := range rows {
			if evs[i], err = rows[i].Event(t); err != nil {
				return err
			}
		}
		if err := fn(evs); err != nil {
			return err
		}
		if len(rows) < scanPage {
			return nil
		}
		last := &rows[len(rows)-1]
		after, lo = &place{last.Time, last.Position()}, last.Time
	}
}

func (s *Store) scanPage(ctx context.Context, t tenant.ID, x query.Expr, lo, hi int64, after *place) ([]eventstore.Row, error) {
	caller := ctx
	ctx, end, err := s.gate.Enter(ctx, t)
	if err != nil {
		return nil, err
	}
	defer end()
	st := newStatement()
	sql := s.from(st, rowColumns(), t, lo, hi)
	if x != nil {
		sql += " AND " + st.condition(x, st.term)
	}
	if after != nil {
		sql += " AND (time, seq, idx) > (" + st.at(after.time) + ", " + st.bind("UInt64", strconv.FormatUint(after.at.Seq, 10)) + ", " + st.bind("UInt32", strconv.FormatUint(uint64(after.at.Index), 10)) + ")"
	}
	rows, err := s.rowsAnswer(ctx, st, sql+" ORDER BY tenant, time, seq, idx LIMIT "+itoa(scanPage))
	if err != nil && caller.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("read events in order: %d rows took longer than %s: %w", scanPage, s.o.SearchTime, err)
	}
	return rows, err
}

// aboutTime is how long an estimate may take.
const aboutTime = 5 * time.Second

// About counts how many rows a scan of [from, to) without a query reads, 0 when
// that cannot be told in time.
func (s *Store) About(t tenant.ID, from, to int64) int64 {
	ctx, cancel := context.WithTimeout(context.Background(), aboutTime)
	defer cancel()
	st := newStatement()
	lo, hi := timeRange(from, to)
	n, err := s.number(ctx, st, s.from(st, "count()", t, lo, hi))
	if err != nil {
		s.o.Log.Warn("the number of events of a range is not known", "error", err)
	}
	return n
}
