package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/valyala/fastjson"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// scanPage is how many rows one statement of a scan reads. Between two the
// search slot is free, so that a long scan does not keep people waiting.
const scanPage = 4096

// Scan calls fn with the tenant's rows within [from, to) that match, oldest
// first by (time, journal position), some thousand at a time. The events are
// fn's to keep. Rows that come in behind where the scan is are not seen. The
// scan ends with fn's error, with ctx, when a page takes longer than a search
// may, or with a problem (Unavailable) that names the segments within the range
// that cannot be read.
func (s *Store) Scan(ctx context.Context, t tenant.ID, from, to int64, x query.Expr, fn func([]event.Event) error) error {
	lo, hi := timeRange(from, to)
	after := position{time: math.MinInt64}
	for first := true; ; first = false {
		rows, err := s.scanPage(ctx, t, x, lo, hi, after, first)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		evs := make([]event.Event, len(rows))
		for i := range rows {
			if evs[i], err = rows[i].event(t); err != nil {
				return err
			}
		}
		if err := fn(evs); err != nil {
			return err
		}
		after = rows[len(rows)-1].pos
		lo = after.time
		if len(rows) < scanPage {
			return nil
		}
	}
}

// scanPage reads the oldest rows behind a position: source by source, the one
// that begins first first, until the others can only hold newer rows.
func (s *Store) scanPage(ctx context.Context, t tenant.ID, x query.Expr, lo, hi int64, after position, first bool) ([]Row, error) {
	caller := ctx
	ctx, end, err := s.gate.Enter(ctx, t)
	if err != nil {
		return nil, err
	}
	defer end()
	v := s.view()
	defer s.release(v)
	sources := s.sources(v, t, x, lo, hi)
	slices.SortStableFunc(sources, func(a, b source) int { return compareInt(a.minTime, b.minTime) })
	var rows []Row
	for _, src := range sources {
		until := hi
		if len(rows) >= scanPage {
			if until = min(hi, rows[scanPage-1].Time); src.minTime > until {
				break
			}
		}
		st := &statement{}
		selectInto(st, s.schema.selectList(), src, t, x, lo, until)
		if !first {
			time, seq := st.arg(after.time), st.arg(int64(after.seq))
			fmt.Fprintf(st, " AND (time > %s OR (time = %s AND (seq > %s OR (seq = %s AND idx > %s))))", time, time, seq, seq, st.arg(int64(after.idx)))
		}
		st.WriteString(" ORDER BY time, seq, idx LIMIT " + strconv.Itoa(scanPage))
		reader := s.schema.reader()
		err := s.run(ctx, st, func(rs *sql.Rows) error {
			row, err := reader.row(rs)
			rows = append(rows, row)
			return err
		})
		if errors.Is(err, errUnreadable) {
			break
		}
		if err != nil {
			if caller.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
				return nil, fmt.Errorf("read events in order: %d rows took longer than %s: %w", scanPage, s.o.SearchTime, err)
			}
			return nil, err
		}
		slices.SortFunc(rows, func(a, b Row) int { return b.pos.compare(a.pos) })
		rows = rows[:min(len(rows), scanPage)]
	}
	// What works through all events must not pass over some of them in silence.
	return rows, v.gaps.problem()
}

func compareInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// About estimates how many rows a scan of [from, to) without a query reads.
func (s *Store) About(t tenant.ID, from, to int64) (n int64) {
	lo, hi := timeRange(from, to)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	count := func(minutes []Minute) {
		for _, m := range minutes {
			if m.Start+minute > lo && m.Start <= hi {
				n += int64(m.Total)
			}
		}
	}
	for _, m := range s.mem {
		for p, sum := range m.parts {
			if p.tenant == t {
				count(sum.blocks.minutes())
			}
		}
	}
	for i := range s.segments {
		if g := &s.segments[i]; g.Tenant == t && g.MinTime <= hi && g.MaxTime >= lo {
			count(g.Minutes)
		}
	}
	return n
}

// Event makes the event that the row was, as detection saw it. Its place in the
// journal is kept, its parser's revision and time quality are text only in a row
// and are left out.
func (r *Row) Event(t tenant.ID) (event.Event, error) { return r.event(t) }

func (r *Row) event(t tenant.ID) (event.Event, error) {
	e := event.Event{
		ID: r.ID, Tenant: t, Time: r.Time, Received: r.Received, Source: r.Source, SourceType: r.SourceType, Transport: r.Transport, Peer: r.Peer, Parser: r.Parser,
		Raw: r.RawBytes(), Pos: r.Position(), Severity: event.ParseSeverity(r.Severity), Outcome: event.ParseOutcome(r.Outcome),
		Logsource: r.Logsources, Message: r.Message, Exercise: r.Exercise,
	}
	if c, ok := event.ParseClass(r.Class); ok {
		e.Class = c
	} else if n, err := strconv.ParseUint(r.Class, 10, 32); err == nil {
		e.Class = event.Class(n)
	}
	for id := range event.NumColumns {
		switch v := r.Columns[id.Info().Name].(type) {
		case string:
			e.Columns = append(e.Columns, event.Column{ID: id, Value: event.StringValue(v)})
		case int64:
			e.Columns = append(e.Columns, event.Column{ID: id, Value: event.IntValue(v)})
		}
	}
	fields, err := nativeFields(r.Fields)
	e.Fields = fields
	return e, err
}

// nativeFields reads the flat JSON object of a row, in its order.
func nativeFields(text []byte) ([]event.Field, error) {
	if len(text) == 0 {
		return nil, nil
	}
	v, err := fastjson.ParseBytes(text)
	if err != nil {
		return nil, fmt.Errorf("native fields of a stored event: %w", err)
	}
	o, err := v.Object()
	if err != nil {
		return nil, fmt.Errorf("native fields of a stored event: %w", err)
	}
	out := make([]event.Field, 0, o.Len())
	o.Visit(func(key []byte, v *fastjson.Value) {
		out = append(out, event.Field{Key: string(key), Value: nativeValue(v)})
	})
	return out, nil
}

func nativeValue(v *fastjson.Value) event.Value {
	switch v.Type() {
	case fastjson.TypeString:
		b, _ := v.StringBytes()
		return event.StringValue(string(b))
	case fastjson.TypeNumber:
		if n, err := v.Int64(); err == nil {
			return event.IntValue(n)
		}
		f, _ := v.Float64()
		return event.FloatValue(f)
	case fastjson.TypeTrue, fastjson.TypeFalse:
		return event.BoolValue(v.Type() == fastjson.TypeTrue)
	case fastjson.TypeArray:
		members, _ := v.Array()
		list := make([]event.Value, len(members))
		for i, m := range members {
			list[i] = nativeValue(m)
		}
		return event.ListValue(list)
	}
	return event.Value{}
}
