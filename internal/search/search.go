// Package search answers one question of a person in one go: rows, newest first
// and as they are found, a histogram, statistics of fields, or the table that
// the query's pipes make. The parts run beside each other within the store's
// time and number of searches, so that none waits for another.
package search

import (
	"context"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Store is what searches need of an event store.
type Store interface {
	Stream(ctx context.Context, t tenant.ID, r eventstore.Request, found func([]eventstore.Row) error, progress func(eventstore.Progress) error) (eventstore.Page, error)
	StreamHistogram(ctx context.Context, t tenant.ID, x query.Expr, from, to, width int64, progress func(eventstore.Histogram) error) (eventstore.Histogram, error)
	Aggregate(ctx context.Context, t tenant.ID, q query.Query, from, to int64, progress func(eventstore.Table)) (eventstore.Table, error)
	TopValues(ctx context.Context, t tenant.ID, x query.Expr, from, to int64, field string, n int) (eventstore.Top, error)
	Flushed() (seq uint64, more <-chan struct{})
	Since(ctx context.Context, t tenant.ID, x query.Expr, after, through uint64, limit int) ([]eventstore.Row, int64, error)
}

// Question is what is asked.
type Question struct {
	Query    query.Query
	From, To time.Time // To excluded
	Limit    int       // rows of the page
	Cursor   string    // Answer.Next of the page before
	Buckets  int       // about how many bars of the histogram; 0 for none
	Fields   []string  // whose statistics are wanted, besides the most telling ones; nil for none at all
}

// Sink takes the parts of an answer, from several goroutines but one call at a
// time. Each func may be nil; an error of one ends the search.
type Sink struct {
	Rows      func([]eventstore.Row) error
	Histogram func(h eventstore.Histogram, partial bool) error
	Fields    func(Fields) error
	Table     func(eventstore.Table) error
	Progress  func(eventstore.Progress) error
}

// Done says how a search ended.
type Done struct {
	Next       string
	Incomplete bool
	Reason     string
}

// sample is how many of the newest rows field statistics look at.
const sample = 1000

// Run answers a question.
func Run(ctx context.Context, st Store, t tenant.ID, q Question, to Sink) (Done, error) {
	from, end := bounds(q)
	if !from.Before(end) {
		return Done{}, problem.New(problem.Invalid, "The time range ends before it begins.")
	}
	r := &run{ctx: ctx, store: st, tenant: t, q: q, from: from.UnixNano(), to: end.UnixNano(), sink: to}
	return r.all()
}

// bounds is the range of the question, narrowed by what its text says.
func bounds(q Question) (from, to time.Time) {
	from, to = q.From, q.To
	if f := q.Query.From; f != nil && f.After(from) {
		from = *f
	}
	if t := q.Query.To; t != nil && t.Before(to) {
		to = *t
	}
	return from, to
}

type run struct {
	ctx      context.Context
	store    Store
	tenant   tenant.ID
	q        Question
	from, to int64

	mu   sync.Mutex // one call of the sink at a time
	sink Sink
	done Done
}

// all runs the parts and returns the first error that is not a consequence of
// another one.
func (r *run) all() (Done, error) {
	ctx, cancel := context.WithCancelCause(r.ctx)
	defer cancel(nil)
	r.ctx = ctx
	parts := []func() error{r.rows}
	if len(r.q.Query.Pipes) > 0 {
		parts = []func() error{r.table}
	}
	if r.q.Buckets > 0 && r.sink.Histogram != nil {
		parts = append(parts, r.histogram)
	}
	var wg sync.WaitGroup
	for _, part := range parts {
		wg.Go(func() {
			if err := part(); err != nil {
				cancel(err) // the first one stays
			}
		})
	}
	wg.Wait()
	return r.done, context.Cause(ctx)
}

func (r *run) incomplete(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done.Incomplete = true; r.done.Reason == "" {
		r.done.Reason = reason
	}
}

func (r *run) rows() error {
	limit := r.q.Limit
	if r.q.Fields != nil && r.sink.Fields != nil {
		limit = max(limit, sample)
	}
	shown, stats := 0, newStats(r.q.Fields)
	page, err := r.store.Stream(r.ctx, r.tenant, eventstore.Request{Query: r.q.Query.Where, From: r.from, To: r.to, Limit: limit, After: r.q.Cursor}, func(rows []eventstore.Row) error {
		stats.add(rows)
		n := min(len(rows), r.q.Limit-shown)
		if n <= 0 || r.sink.Rows == nil {
			return nil
		}
		shown += n
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.sink.Rows(rows[:n])
	}, func(p eventstore.Progress) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.sink.Progress == nil {
			return nil
		}
		return r.sink.Progress(p)
	})
	if err != nil {
		return err
	}
	if r.done.Next = page.Next; len(page.Rows) > r.q.Limit {
		r.done.Next = page.Rows[r.q.Limit-1].Cursor()
	}
	if page.Incomplete {
		r.incomplete(page.Reason)
	}
	if r.q.Fields == nil || r.sink.Fields == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sink.Fields(stats.result())
}

func (r *run) table() error {
	send := func(t eventstore.Table) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.sink.Table == nil {
			return nil
		}
		return r.sink.Table(t)
	}
	t, err := r.store.Aggregate(r.ctx, r.tenant, r.q.Query, r.from, r.to, func(t eventstore.Table) { _ = send(t) })
	if err != nil {
		return err
	}
	if t.Incomplete {
		r.incomplete(t.Reason)
	}
	return send(t)
}

// resend is the least time between two histograms.
const resend = 200 * time.Millisecond

func (r *run) histogram() error {
	send := func(h eventstore.Histogram, partial bool) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.sink.Histogram(h, partial)
	}
	last := time.Now()
	h, err := r.store.StreamHistogram(r.ctx, r.tenant, r.q.Query.Where, r.from, r.to, Width(r.to-r.from, r.q.Buckets), func(h eventstore.Histogram) error {
		if time.Since(last) < resend {
			return nil
		}
		last = time.Now()
		return send(h, true)
	})
	if err != nil {
		return err
	}
	if h.Incomplete {
		r.incomplete(h.Reason)
	}
	return send(h, h.Incomplete)
}

// widths are the bars that people can read the length of.
var widths = [...]time.Duration{
	time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour,
}

// Width is the length of a bar (ns) when a span has about so many.
func Width(span int64, buckets int) int64 {
	for _, w := range widths {
		if span/int64(w) <= int64(buckets) {
			return int64(w)
		}
	}
	return span/int64(buckets) + 1
}
