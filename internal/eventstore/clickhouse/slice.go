package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// slice is a range of event time, both ends included (ns).
type slice struct{ lo, hi int64 }

// firstSlice is how much time the newest slice has; each further one has
// growth times as much, so that first rows come early and a year is ten
// statements.
const (
	firstSlice = int64(time.Minute)
	growth     = 4
)

// sliced divides [lo, hi], newest first.
func sliced(lo, hi int64) (out []slice) {
	for width := firstSlice; lo <= hi; width *= growth {
		from := lo
		if d := hi - lo; d < 0 || d >= width { // a difference that is too large for int64 is too large for a slice
			from = hi - width + 1
		}
		if width > math.MaxInt64/growth {
			from = lo
		}
		out = append(out, slice{from, hi})
		if from == lo {
			break
		}
		hi = from - 1
	}
	return out
}

// reach narrows a range (ns; MinInt64 and MaxInt64 for no bound) to what the
// condition says about time and to where the tenant has rows; lo > hi when it
// has none there. Both ends are read from the table's order.
func (s *Store) reach(ctx context.Context, t tenant.ID, x query.Expr, lo, hi int64) (int64, int64, error) {
	if x != nil {
		l, h := query.Bounds(x)
		lo, hi = max(lo, l), min(hi, h)
	}
	if lo > hi {
		return 1, 0, nil
	}
	st := newStatement()
	end := func(order string) string {
		return "(" + s.from(st, "toUnixTimestamp64Nano(time) AS t", t, lo, hi) + " ORDER BY tenant" + order + ", time" + order + " LIMIT 1)"
	}
	sql := "SELECT min(t), max(t), count() FROM (SELECT t FROM " + end("") + " UNION ALL SELECT t FROM " + end(" DESC") + ")"
	answer, err := s.client.do(ctx, call{Statement: Statement{sql, st.params}, format: "RowBinary"})
	if err != nil {
		return 0, 0, err
	}
	r := reader{b: answer}
	first, last, n := r.int64(), r.int64(), r.uint64()
	if r.err != nil || n == 0 {
		return 1, 0, r.err
	}
	return first, last, nil
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

// inSlices runs f over the slices of where the tenant has rows in [lo, hi],
// newest first, within one search's time.
func (s *Store) inSlices(ctx context.Context, t tenant.ID, x query.Expr, lo, hi int64, f func(context.Context, slice) error) error {
	caller := ctx
	ctx, end, err := s.gate.Enter(ctx, t)
	if err != nil {
		return err
	}
	defer end()
	lo, hi, err = s.reach(ctx, t, x, lo, hi)
	if err == nil {
		for _, sl := range sliced(lo, hi) {
			if err = f(ctx, sl); err != nil {
				break
			}
		}
	}
	if caller.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return errOutOfTime
	}
	return err
}

var errOutOfTime = errors.New("out of time")

// outOfTime makes an incomplete answer of a count whose time ran out.
func (s *Store) outOfTime(err error) (bool, string, error) {
	if !errors.Is(err, errOutOfTime) {
		return false, "", err
	}
	s.metrics.incomplete.Inc()
	return true, fmt.Sprintf("Counting was stopped after %s; older events are missing. Narrow the time range or the query.", s.o.SearchTime), nil
}
