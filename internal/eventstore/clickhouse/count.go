package clickhouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sort"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Histogram counts the tenant's matching rows in [from, to) (ns), in buckets
// equal buckets (the last may reach past to, where it counts nothing).
func (s *Store) Histogram(ctx context.Context, t tenant.ID, x query.Expr, from, to int64, buckets int) (eventstore.Histogram, error) {
	if from >= to || buckets < 1 || buckets > eventstore.MaxBuckets || to-from < 0 {
		return eventstore.Histogram{}, errBuckets()
	}
	return s.histogram(ctx, t, x, from, to, from, (to-from-1)/int64(buckets)+1, nil)
}

// StreamHistogram counts as Histogram does, in buckets of width ns whose starts
// are multiples of it, and hands what it has to progress after each slice of
// time; nil for nobody. Its buckets are shared with what is counted later.
func (s *Store) StreamHistogram(ctx context.Context, t tenant.ID, x query.Expr, from, to, width int64, progress func(eventstore.Histogram) error) (eventstore.Histogram, error) {
	if from >= to || width < 1 || to-from < 0 {
		return eventstore.Histogram{}, errBuckets()
	}
	start := from - (from%width+width)%width
	if (to-start-1)/width >= eventstore.MaxBuckets {
		return eventstore.Histogram{}, errBuckets()
	}
	return s.histogram(ctx, t, x, from, to, start, width, progress)
}

func errBuckets() error {
	return problem.New(problem.Invalid, "A histogram needs a start before its end, and 1 to %d buckets.", eventstore.MaxBuckets)
}

func (s *Store) histogram(ctx context.Context, t tenant.ID, x query.Expr, from, to, start, width int64, progress func(eventstore.Histogram) error) (eventstore.Histogram, error) {
	h := eventstore.Histogram{Width: width, Buckets: make([]eventstore.Bucket, (to-start-1)/width+1)}
	for i := range h.Buckets {
		h.Buckets[i].Start = start + int64(i)*width
	}
	err := s.inSlices(ctx, t, x, from, to-1, func(ctx context.Context, sl slice) error {
		st := newStatement()
		sql := s.from(st, "intDiv(toUnixTimestamp64Nano(time) - "+st.whole(start)+", "+st.whole(width)+") AS bucket, severity, multiIf(outcome = 'success', 1, outcome = 'failure', 2, 0) AS result, count()", t, sl.lo, sl.hi)
		if x != nil {
			sql += " AND " + st.condition(x, st.term)
		}
		answer, err := s.client.do(ctx, call{Statement: Statement{sql + " GROUP BY bucket, severity, result", st.params}, format: "RowBinary"})
		if err != nil {
			return err
		}
		err = each(answer, func(r *reader) error {
			at, severity, result, n := r.int64(), r.byte(), r.byte(), r.int64()
			if r.err != nil || at < 0 || at >= int64(len(h.Buckets)) {
				return r.err
			}
			b := &h.Buckets[at]
			b.Total += n
			b.Severity[min(severity, uint8(event.Fatal)+1)] += n
			switch result {
			case 1:
				b.Success += n
			case 2:
				b.Failure += n
			}
			return nil
		})
		if err != nil || progress == nil {
			return err
		}
		return progress(h)
	})
	h.Incomplete, h.Reason, err = s.outOfTime(err)
	return h, err
}

// perSlice is how many values of one slice of time are counted. A value that is
// beyond it in every one of them can be missing from the answer.
const perSlice = 10_000

// TopValues returns the n most frequent values of a field in the tenant's
// matching rows of [from, to).
func (s *Store) TopValues(ctx context.Context, t tenant.ID, x query.Expr, from, to int64, field string, n int) (eventstore.Top, error) {
	f, ok := query.ParseField(field)
	if !ok || n < 1 || n > eventstore.MaxTop {
		return eventstore.Top{}, problem.New(problem.Invalid, "A facet needs the name of a field and 1 to %d values.", eventstore.MaxTop)
	}
	lo, hi := timeRange(from, to)
	counts := map[string]int64{}
	top := eventstore.Top{Values: []eventstore.TopValue{}}
	err := s.inSlices(ctx, t, x, lo, hi, func(ctx context.Context, sl slice) error {
		st := newStatement()
		sql := s.from(st, "toString("+st.value(f)+") AS value, count() AS n", t, sl.lo, sl.hi)
		if x != nil {
			sql += " AND " + st.condition(x, st.term)
		}
		sql = "SELECT assumeNotNull(value), n, sum(n) OVER () FROM (" + sql + " GROUP BY value) WHERE isNotNull(value) ORDER BY n DESC, value LIMIT " + itoa(perSlice)
		answer, err := s.client.do(ctx, call{Statement: Statement{sql, st.params}, format: "RowBinary"})
		if err != nil {
			return err
		}
		var all int64
		err = each(answer, func(r *reader) error {
			value, count, sum := r.text(), r.int64(), r.int64()
			counts[value] += count
			all = sum
			return nil
		})
		top.Other += all
		return err
	})
	for value, count := range counts {
		top.Values = append(top.Values, eventstore.TopValue{Value: value, Count: count})
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

// Aggregate runs a query's pipes over the tenant's rows of [from, to) (ns; 0 for
// no bound) as one statement: there is no table on the way, so that progress is
// never called, and when time runs out the table has no rows.
func (s *Store) Aggregate(ctx context.Context, t tenant.ID, q query.Query, from, to int64, _ func(eventstore.Table)) (eventstore.Table, error) {
	p, err := Print(s.o.Layout.events(), t, q, from, to)
	if err != nil {
		return eventstore.Table{}, err
	}
	caller := ctx
	ctx, end, err := s.gate.Enter(ctx, t)
	if err != nil {
		return eventstore.Table{}, err
	}
	defer end()
	answer, err := s.client.do(ctx, call{Statement: p.Statement, format: "JSONCompactEachRow"})
	late := err != nil && caller.Err() == nil && errors.Is(err, context.DeadlineExceeded)
	if err != nil && !late {
		return eventstore.Table{}, err
	}
	table, err := p.Table(lines(answer))
	if late {
		s.metrics.incomplete.Inc()
		table.Incomplete, table.Reason = true, fmt.Sprintf("The table was not finished within %s. Narrow the time range or the query.", s.o.SearchTime)
	}
	return table, err
}

// value is a field as text, NULL when absent.
func (s *statement) value(f query.Field) string {
	if f.Kind == query.Native {
		return nativeSQL(s.text(f.Name))
	}
	if f.Kind == query.LongText || f.Kind != query.TimeKind && f.Kind != query.IntKind && f.Kind != query.RankKind && f.Kind != query.IDKind {
		return "nullIf(toString(" + textSQL(f) + "), '')"
	}
	sql, _ := s.cell(f)
	return sql
}

// lines are the rows of JSONCompactEachRow.
func lines(answer []byte) [][]byte {
	return bytes.FieldsFunc(answer, func(r rune) bool { return r == '\n' })
}
