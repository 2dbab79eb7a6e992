package eventstore

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Get returns the tenant's events with these ids, at most MaxLimit, newest
// first. Ids that are not there, or are another tenant's, are left out.
func (s *Store) Get(ctx context.Context, t tenant.ID, ids []event.ID) ([]Row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > MaxLimit {
		return nil, problem.New(problem.TooLarge, "At most %d events can be fetched at once.", MaxLimit)
	}
	ctx, end, err := s.gate.Enter(ctx, t)
	if err != nil {
		return nil, err
	}
	defer end()
	v := s.view()
	defer s.release(v)
	lo, hi := idTimes(ids)
	w := walk{store: s, tenant: t, limit: MaxLimit, lo: lo, hi: hi, ids: ids}
	if err := w.run(ctx, s.sources(v, t, nil, lo, hi)); err != nil {
		return nil, err
	}
	if len(w.rows) == 0 { // they may be where nothing can be read
		return nil, v.gaps.problem()
	}
	return w.rows, nil
}

// idTime is the millisecond that an id says it is of; false for one of before
// 1970, or forged, which has none.
func idTime(id event.ID) (ms int64, ok bool) {
	for _, b := range id[:6] {
		ms = ms<<8 | int64(b)
	}
	return ms, ms <= math.MaxInt64/int64(time.Millisecond)-1
}

// idTimes is the range of times that the ids can have.
func idTimes(ids []event.ID) (lo, hi int64) {
	lo, hi = math.MaxInt64, math.MinInt64
	for _, id := range ids {
		ms, ok := idTime(id)
		if !ok {
			return math.MinInt64, math.MaxInt64
		}
		at := ms * int64(time.Millisecond)
		lo, hi = min(lo, at), max(hi, at+int64(time.Millisecond)-1)
	}
	return lo, hi
}

// idCondition limits a statement to some ids: by their milliseconds first, as
// most ids are no column but follow from a row's position.
func idCondition(st *statement, ids []event.ID) {
	in, times := make([]string, len(ids)), make([]string, len(ids))
	dated := true
	for i, id := range ids {
		in[i] = st.uuid(id)
		ms, ok := idTime(id)
		times[i], dated = strconv.FormatInt(ms, 10), dated && ok
	}
	if dated {
		st.WriteString(" AND time // 1000000 IN (" + strings.Join(times, ", ") + ")")
	}
	st.WriteString(" AND id IN (" + strings.Join(in, ", ") + ")")
}

// mayHold reports whether a span of time can hold one of the ids.
func mayHold(sp span, ids []event.ID) bool {
	for _, id := range ids {
		ms, ok := idTime(id)
		if !ok || sp.minTime/1e6 <= ms && ms <= sp.maxTime/1e6 {
			return true
		}
	}
	return len(ids) == 0
}
