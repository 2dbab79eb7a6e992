package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sort"
	"strconv"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// MaxBuckets is the most buckets of a histogram, MaxTop the most values of a facet.
const (
	MaxBuckets = 1000
	MaxTop     = 100
)

// Bucket counts matching rows within [Start, Start+Histogram.Width).
type Bucket struct {
	Start    int64    `json:"start"` // ns
	Total    int64    `json:"total"`
	Success  int64    `json:"success"`
	Failure  int64    `json:"failure"`
	Severity [8]int64 `json:"severity"` // by severity 0..6, then other
}

func (b *Bucket) add(total, success, failure int64, severity [8]int64) {
	b.Total += total
	b.Success += success
	b.Failure += failure
	for i := range severity {
		b.Severity[i] += severity[i]
	}
}

// Histogram is the number of rows over time.
type Histogram struct {
	Width      int64    `json:"width"` // ns
	Buckets    []Bucket `json:"buckets"`
	Incomplete bool     `json:"incomplete,omitempty"`
	Reason     string   `json:"reason,omitempty"`
}

// Histogram counts the tenant's matching rows in [from, to) (ns), in buckets
// equal buckets (the last may reach past to, where it counts nothing).
func (s *Store) Histogram(ctx context.Context, t tenant.ID, x query.Expr, from, to int64, buckets int) (Histogram, error) {
	if from >= to || buckets < 1 || buckets > MaxBuckets || to-from < 0 {
		return Histogram{}, errBuckets()
	}
	return s.histogram(ctx, t, x, from, to, from, (to-from-1)/int64(buckets)+1, nil)
}

// StreamHistogram counts as Histogram does, in buckets of width ns whose starts
// are multiples of it, and hands what it has to progress after each source that
// was read; nil for nobody. Its buckets are shared with what is counted later.
func (s *Store) StreamHistogram(ctx context.Context, t tenant.ID, x query.Expr, from, to, width int64, progress func(Histogram) error) (Histogram, error) {
	if from >= to || width < 1 || to-from < 0 {
		return Histogram{}, errBuckets()
	}
	start := floorDiv(from, width) * width
	if (to-start-1)/width >= MaxBuckets {
		return Histogram{}, errBuckets()
	}
	return s.histogram(ctx, t, x, from, to, start, width, progress)
}

func errBuckets() error {
	return problem.New(problem.Invalid, "A histogram needs a start before its end, and 1 to %d buckets.", MaxBuckets)
}

// histogram counts from start on. Whole minutes of segments come from their
// summaries when the query asks for source and type at most and the buckets are
// minutes, so that only the minutes that from and to cut are read.
func (s *Store) histogram(ctx context.Context, t tenant.ID, x query.Expr, from, to, start, width int64, progress func(Histogram) error) (Histogram, error) {
	h := Histogram{Width: width, Buckets: make([]Bucket, (to-start-1)/width+1)}
	for i := range h.Buckets {
		h.Buckets[i].Start = start + int64(i)*width
	}
	whole := span{minTime: -floorDiv(-from, minute) * minute, maxTime: floorDiv(to, minute)*minute - 1}
	summaries := bySourceOnly(x) && start%minute == 0 && width%minute == 0 && whole.minTime <= whole.maxTime
	count := func(ctx context.Context, src source, lo, hi int64) error {
		if lo > hi || src.segment != nil && (lo > src.maxTime || hi < src.minTime) {
			return nil
		}
		return s.bucketsOf(ctx, s.overlapping(src, lo, hi), t, x, lo, hi, &h)
	}
	err := s.aggregate(ctx, t, x, from, to-1, func(ctx context.Context, src source) error {
		var minutes [][]Minute
		var err error
		known := summaries && src.segment != nil
		if known {
			minutes, known = s.minutesOf(src.segment, x)
		}
		if known {
			for _, of := range minutes {
				h.addMinutes(of, whole.minTime, whole.maxTime+1)
			}
			if err = count(ctx, src, from, whole.minTime-1); err == nil {
				err = count(ctx, src, whole.maxTime+1, to-1)
			}
		} else {
			err = count(ctx, src, from, to-1)
		}
		if err != nil || progress == nil {
			return err
		}
		return progress(h)
	})
	h.Incomplete, h.Reason, err = s.outOfTime(err)
	return h, err
}

// overlapping narrows a source to the blocks with rows in [lo, hi].
func (s *Store) overlapping(src source, lo, hi int64) source {
	var of []span
	for _, sp := range src.spans {
		if sp.minTime <= hi && sp.maxTime >= lo {
			of = append(of, sp)
		}
	}
	if len(of) == 0 || len(of) == len(src.spans) {
		return src
	}
	return s.narrowed(src, of)
}

func (h *Histogram) addMinutes(minutes []Minute, from, to int64) {
	first, last := floorDiv(from, minute), floorDiv(to, minute)
	for _, m := range minutes[sort.Search(len(minutes), func(i int) bool { return minutes[i].Start >= first }):] {
		if m.Start >= last {
			return
		}
		h.Buckets[(m.Start*minute-h.Buckets[0].Start)/h.Width].add(m.Total, m.Success, m.Failure, m.Severity)
	}
}

func (s *Store) bucketsOf(ctx context.Context, src source, t tenant.ID, x query.Expr, lo, hi int64, h *Histogram) error {
	st := &statement{}
	bucket := "(time - " + st.arg(h.Buckets[0].Start) + ") // " + st.arg(h.Width)
	list := bucket + " AS bucket, severity, outcome, count(*)"
	selectInto(st, list, src, t, x, lo, hi)
	st.WriteString(" GROUP BY ALL")
	return s.run(ctx, st, func(rs *sql.Rows) error {
		var at, n int64
		var severity uint8
		var outcome sql.NullString
		if err := rs.Scan(&at, &severity, &outcome, &n); err != nil {
			return err
		}
		b := &h.Buckets[at]
		b.Total += n
		b.Severity[min(severity, uint8(event.Fatal)+1)] += n
		switch outcome.String {
		case "success":
			b.Success += n
		case "failure":
			b.Failure += n
		}
		return nil
	})
}

// Top is the result of a facet.
type Top struct {
	Values     []TopValue `json:"values"`
	Other      int64      `json:"other"` // rows that have the field with another value
	Incomplete bool       `json:"incomplete,omitempty"`
	Reason     string     `json:"reason,omitempty"`
}

// TopValue is one value of a field and how many rows have it.
type TopValue struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// perSource is how many values of one table or file are counted. A value that
// is beyond it in every one of them can be missing from the answer.
const perSource = 10_000

// TopValues returns the n most frequent values of a field in the tenant's
// matching rows of [from, to).
func (s *Store) TopValues(ctx context.Context, t tenant.ID, x query.Expr, from, to int64, field string, n int) (Top, error) {
	f, ok := query.ParseField(field)
	if !ok || n < 1 || n > MaxTop {
		return Top{}, problem.New(problem.Invalid, "A facet needs the name of a field and 1 to %d values.", MaxTop)
	}
	lo, hi := timeRange(from, to)
	counts := map[string]int64{}
	var total int64
	err := s.aggregate(ctx, t, x, lo, hi, func(ctx context.Context, src source) error {
		st := &statement{}
		selectInto(st, st.value(f)+" AS value, count(*) AS n", src, t, x, lo, hi)
		grouped := "SELECT value, n, sum(n) OVER () FROM (" + st.String() + " GROUP BY 1) WHERE value IS NOT NULL ORDER BY n DESC, value LIMIT " + strconv.Itoa(perSource)
		st.Reset()
		st.WriteString(grouped)
		var all int64
		err := s.run(ctx, st, func(rs *sql.Rows) error {
			var value string
			var count int64
			if err := rs.Scan(&value, &count, &all); err != nil {
				return err
			}
			counts[value] += count
			return nil
		})
		total += all
		return err
	})
	top := Top{Values: []TopValue{}, Other: total}
	for value, count := range counts {
		top.Values = append(top.Values, TopValue{value, count})
	}
	sort.Slice(top.Values, func(i, j int) bool {
		a, b := top.Values[i], top.Values[j]
		return a.Count > b.Count || a.Count == b.Count && a.Value < b.Value
	})
	top.Values = top.Values[:min(n, len(top.Values))]
	for _, v := range top.Values {
		top.Other -= v.Count
	}
	top.Incomplete, top.Reason, err = s.outOfTime(err)
	return top, err
}

// value is a field as text, NULL when absent.
func (s *statement) value(f query.Field) string {
	switch f.Kind {
	case query.Native:
		return "json_extract_string(fields, " + s.arg(pointer(f.Name)) + ")"
	case query.RankKind:
		names := ""
		for r := range event.Fatal + 1 {
			names += " WHEN " + strconv.Itoa(int(r)) + " THEN '" + r.String() + "'"
		}
		return "CASE severity" + names + " ELSE 'other' END"
	case query.IDKind:
		return "replace(id::VARCHAR, '-', '')"
	}
	if f.Envelope {
		return f.Name + "::VARCHAR"
	}
	return columnSQL(f.Column.Info()) + "::VARCHAR"
}

// aggregate runs f over every source with rows in [lo, hi].
func (s *Store) aggregate(ctx context.Context, t tenant.ID, x query.Expr, lo, hi int64, f func(context.Context, source) error) error {
	caller := ctx
	ctx, end, err := s.gate.Enter(ctx, t)
	if err != nil {
		return err
	}
	defer end()
	v := s.view()
	defer s.release(v)
	for _, src := range s.sources(v, t, x, lo, hi) {
		err := f(ctx, src)
		switch {
		case err == nil || errors.Is(err, errUnreadable):
		case caller.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			return errOutOfTime
		default:
			return err
		}
	}
	return v.gaps.problem()
}

var errOutOfTime = errors.New("out of time")

func (s *Store) outOfTime(err error) (bool, string, error) {
	if errors.Is(err, errGap) { // the rest was counted
		return true, problem.Detail(err), nil
	}
	if !errors.Is(err, errOutOfTime) {
		return false, "", err
	}
	s.metrics.incomplete.Inc()
	return true, fmt.Sprintf("Counting was stopped after %s; older events are missing. Narrow the time range or the query.", s.o.SearchTime), nil
}
