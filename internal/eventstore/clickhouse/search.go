package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const newestFirst = " ORDER BY tenant DESC, time DESC, seq DESC, idx DESC LIMIT "

// Search returns one page of the tenant's rows that match.
func (s *Store) Search(ctx context.Context, t tenant.ID, r eventstore.Request) (eventstore.Page, error) {
	return s.Stream(ctx, t, r, nil, nil)
}

// Stream is Search that hands rows to found, newest first, as slices of time
// are read, and tells of its progress in between; both may be nil. The page
// holds the rows once more.
func (s *Store) Stream(ctx context.Context, t tenant.ID, r eventstore.Request, found func([]eventstore.Row) error, progress func(eventstore.Progress) error) (eventstore.Page, error) {
	if r.Limit == 0 {
		r.Limit = 100
	}
	if r.Limit < 1 || r.Limit > eventstore.MaxLimit {
		return eventstore.Page{}, problem.New(problem.Invalid, "A page has 1 to %d rows.", eventstore.MaxLimit)
	}
	w := walk{store: s, tenant: t, request: r, found: found, progress: progress}
	w.lo, w.hi = timeRange(r.From, r.To)
	if r.After != "" {
		time, at, err := eventstore.ParseCursor(r.After)
		if err != nil {
			return eventstore.Page{}, err
		}
		w.after, w.hi = &place{time, at}, min(w.hi, time)
	}
	return w.page(ctx)
}

// place is where a row stands among the rows of a tenant.
type place struct {
	time int64
	at   event.Position
}

// walk collects one page, slice by slice.
type walk struct {
	store    *Store
	tenant   tenant.ID
	request  eventstore.Request
	after    *place
	lo, hi   int64
	found    func([]eventstore.Row) error
	progress func(eventstore.Progress) error

	rows []eventstore.Row // newest first, at most one more than the page has
}

func (w *walk) page(ctx context.Context) (eventstore.Page, error) {
	s := w.store
	caller := ctx
	ctx, end, err := s.gate.Enter(ctx, w.tenant)
	if err != nil {
		return eventstore.Page{}, err
	}
	defer end()
	scanned := w.hi // the newest time that was not searched
	lo, hi, err := s.reach(ctx, w.tenant, w.request.Query, w.lo, w.hi)
	if err == nil {
		scanned = hi
		all := sliced(lo, hi)
		for i, sl := range all {
			scanned = sl.hi
			if err = w.read(ctx, sl, eventstore.Progress{ScannedTo: sl.lo - 1, Blocks: i + 1, Of: len(all)}); err != nil || len(w.rows) > w.request.Limit {
				break
			}
		}
	}
	if err != nil && (caller.Err() != nil || !errors.Is(err, context.DeadlineExceeded)) {
		return eventstore.Page{}, err
	}
	p := eventstore.Page{Rows: w.rows[:min(len(w.rows), w.request.Limit)]}
	if err != nil {
		return w.incomplete(p, scanned), nil
	}
	if len(w.rows) > w.request.Limit {
		p.Next = p.Rows[len(p.Rows)-1].Cursor()
	}
	return p, nil
}

// incomplete is a page whose time ran out: what is newer than scanned is there.
func (w *walk) incomplete(p eventstore.Page, scanned int64) eventstore.Page {
	w.store.metrics.incomplete.Inc()
	p.Incomplete, p.ScannedTo = true, scanned
	p.Reason = fmt.Sprintf("The search was stopped after %s. Narrow the time range or the query, or go on from here.", w.store.o.SearchTime)
	if len(w.rows) > 0 || w.after == nil && scanned < w.hi || w.after != nil && scanned < w.after.time {
		p.Next = eventstore.CursorBehind(scanned)
	}
	return p
}

// read searches one slice. Rows of a slice come whole, so that what was handed
// on stands in the page's order.
func (w *walk) read(ctx context.Context, sl slice, at eventstore.Progress) error {
	st := newStatement()
	limit := w.request.Limit + 1 - len(w.rows)
	sql := w.store.from(st, rowColumns(), w.tenant, sl.lo, sl.hi)
	if w.request.Query != nil {
		sql += " AND " + st.condition(w.request.Query, st.term)
	}
	if w.after != nil && w.after.time <= sl.hi {
		sql += " AND (time, seq, idx) < (" + st.at(w.after.time) + ", " + st.bind("UInt64", strconv.FormatUint(w.after.at.Seq, 10)) + ", " + st.bind("UInt32", strconv.FormatUint(uint64(w.after.at.Index), 10)) + ")"
	}
	rows, err := w.store.rowsAnswer(ctx, st, sql+newestFirst+itoa(limit))
	if err != nil {
		return err
	}
	w.rows = append(w.rows, rows...)
	if news := rows[:min(len(rows), limit-1)]; w.found != nil && len(news) > 0 {
		if err := w.found(news); err != nil {
			return err
		}
	}
	if w.progress != nil && at.Blocks < at.Of {
		return w.progress(at)
	}
	return nil
}

// Get returns the tenant's events with these ids, at most eventstore.MaxLimit,
// newest first. Ids that are not there are left out.
func (s *Store) Get(ctx context.Context, t tenant.ID, ids []event.ID) ([]eventstore.Row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > eventstore.MaxLimit {
		return nil, problem.New(problem.TooLarge, "At most %d events can be fetched at once.", eventstore.MaxLimit)
	}
	ctx, end, err := s.gate.Enter(ctx, t)
	if err != nil {
		return nil, err
	}
	defer end()
	st := newStatement()
	lo, hi := eventstore.IDTimes(ids)
	in := make([]string, len(ids))
	for i, id := range ids {
		in[i] = "toUUID(" + st.text(uuid(id)) + ")"
	}
	return s.rowsAnswer(ctx, st, s.from(st, rowColumns(), t, lo, hi)+" AND id IN ("+strings.Join(in, ", ")+")"+newestFirst+itoa(eventstore.MaxLimit))
}

// Since returns the tenant's rows of the journal behind sequence after, up to
// sequence through, that match, in the order of the journal. Of more than limit
// the last are returned, and dropped says how many were left out.
func (s *Store) Since(ctx context.Context, t tenant.ID, x query.Expr, after, through uint64, limit int) (rows []eventstore.Row, dropped int64, err error) {
	ctx, end, err := s.gate.Enter(ctx, t)
	if err != nil {
		return nil, 0, err
	}
	defer end()
	statement := func(list string) (*statement, string) {
		st := newStatement()
		lo, hi := timeRange(0, 0)
		sql := s.from(st, list, t, lo, hi) + " AND seq > " + st.bind("UInt64", strconv.FormatUint(after, 10)) + " AND seq <= " + st.bind("UInt64", strconv.FormatUint(through, 10))
		if x != nil {
			sql += " AND " + st.condition(x, st.term)
		}
		return st, sql
	}
	st, sql := statement(rowColumns())
	if rows, err = s.rowsAnswer(ctx, st, sql+" ORDER BY seq DESC, idx DESC LIMIT "+itoa(limit)); err != nil {
		return nil, 0, err
	}
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
	if len(rows) < limit {
		return rows, 0, nil
	}
	st, sql = statement("count()")
	n, err := s.number(ctx, st, sql)
	return rows, max(0, n-int64(len(rows))), err
}

// number runs a statement that gives one count.
func (s *Store) number(ctx context.Context, st *statement, sql string) (int64, error) {
	answer, err := s.client.do(ctx, call{Statement: Statement{sql, st.params}, format: "RowBinary"})
	if err != nil {
		return 0, err
	}
	r := reader{b: answer}
	n := r.int64()
	return n, r.err
}
