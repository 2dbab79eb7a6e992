package eventstore

import (
	"context"
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
	ctx, end, err := s.begin(ctx, t)
	if err != nil {
		return nil, err
	}
	defer end()
	v := s.view()
	defer s.release(v)
	lo, hi := idTimes(ids)
	w := walk{store: s, tenant: t, limit: MaxLimit, lo: lo, hi: hi, ids: ids}
	if err := w.run(ctx, s.sources(v, t, lo, hi)); err != nil {
		return nil, err
	}
	if len(w.rows) == 0 { // they may be where nothing can be read
		return nil, v.gaps.problem()
	}
	return w.rows, nil
}

// idTimes is the range of times that the ids can have: an id starts with 48
// bits of its time in milliseconds, of a time after 1970.
func idTimes(ids []event.ID) (lo, hi int64) {
	ms := int64(time.Millisecond)
	for i, id := range ids {
		var n int64
		for _, b := range id[:6] {
			n = n<<8 | int64(b)
		}
		if n > (1<<63-1)/ms-1 { // before 1970, or forged: not to be told from the id
			return -1 << 63, 1<<63 - 1
		}
		if i == 0 {
			lo, hi = n*ms, n*ms
		}
		lo, hi = min(lo, n*ms), max(hi, n*ms)
	}
	return lo, hi + ms - 1
}

// idCondition limits a statement to some ids, and so to few row groups.
func idCondition(st *statement, ids []event.ID) {
	in := make([]string, len(ids))
	for i, id := range ids {
		in[i] = st.uuid(id)
	}
	st.WriteString(" AND id IN (" + strings.Join(in, ", ") + ")")
}
