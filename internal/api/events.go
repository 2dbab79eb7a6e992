package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

// eventView is a stored event.
type eventView struct {
	ID          string          `json:"id"`
	Time        string          `json:"time"`
	Received    string          `json:"received"`
	TimeQuality string          `json:"time_quality"`
	Source      string          `json:"source"`
	SourceType  string          `json:"source_type"`
	Transport   string          `json:"transport"`
	Peer        string          `json:"peer"`
	Parser      string          `json:"parser"`
	Status      string          `json:"status"`
	Class       string          `json:"class"`
	Severity    string          `json:"severity"`
	Outcome     string          `json:"outcome"`
	Exercise    string          `json:"exercise"`
	Message     string          `json:"message"`
	Raw         string          `json:"raw"`
	RawBase64   string          `json:"raw_base64,omitempty"`
	RawSHA256   string          `json:"raw_sha256"`
	Columns     map[string]any  `json:"columns"`
	Fields      json.RawMessage `json:"fields"`
}

type Span struct {
	Q    string `query:"q" maxLength:"8192" doc:"Query, see the search language in the documentation."`
	From string `query:"from" doc:"RFC 3339, a date or relative such as now-24h; default an hour ago"`
	To   string `query:"to" doc:"As from; default now, and a little later"`
}

// parse reads query and times; the end is exclusive.
func (s *Server) parse(in Span) (query.Expr, int64, int64, error) {
	x, err := query.Parse(in.Q, s.Now())
	if err != nil {
		return nil, 0, 0, err
	}
	from, to, err := s.span(in.From, in.To, time.UTC)
	return x, from.UnixNano(), to.UnixNano(), err
}

type eventPage struct {
	Items      []eventView `json:"items"`
	Next       string      `json:"next"`
	Incomplete bool        `json:"incomplete" doc:"The time budget ran out; more may match."`
	Reason     string      `json:"reason"`
	TookMS     int64       `json:"took_ms"`
}

func (s *Server) events(r *Router) {
	type search struct {
		Span
		Paging
	}
	handle(r, "GET", "/api/v1/events", auth.EventsRead, "Search events, newest first", func(ctx context.Context, in *search) (*body[eventPage], error) {
		a, _ := s.scope(ctx)
		x, from, to, err := s.parse(in.Span)
		if err != nil {
			return nil, err
		}
		start := time.Now()
		page, err := s.Events.Search(ctx, a.Tenant, eventstore.Request{Query: x, From: from, To: to, Limit: in.Limit, After: in.Cursor})
		if err != nil {
			return nil, err
		}
		out := eventPage{Items: []eventView{}, Next: page.Next, Incomplete: page.Incomplete, Reason: page.Reason, TookMS: time.Since(start).Milliseconds()}
		for i := range page.Rows {
			out.Items = append(out.Items, viewEvent(&page.Rows[i]))
		}
		return answer(out, nil)
	})
	type histogram struct {
		Span
		Buckets int `query:"buckets" minimum:"1" maximum:"500" default:"60"`
	}
	type bucket struct {
		Start   string `json:"start"`
		Count   int64  `json:"count"`
		Failure int64  `json:"failure"`
	}
	type histogramView struct {
		IntervalMS int64    `json:"interval_ms"`
		Buckets    []bucket `json:"buckets"`
		Total      int64    `json:"total"`
	}
	handle(r, "GET", "/api/v1/events/histogram", auth.EventsRead, "Count matching events over time", func(ctx context.Context, in *histogram) (*body[histogramView], error) {
		a, _ := s.scope(ctx)
		x, from, to, err := s.parse(in.Span)
		if err != nil {
			return nil, err
		}
		h, err := s.Events.Histogram(ctx, a.Tenant, x, from, to, in.Buckets)
		if err != nil {
			return nil, err
		}
		out := histogramView{IntervalMS: h.Width / 1e6, Buckets: []bucket{}}
		for _, b := range h.Buckets {
			out.Total += b.Total
			out.Buckets = append(out.Buckets, bucket{shownNanos(b.Start), b.Total, b.Failure})
		}
		return answer(out, nil)
	})
	type top struct {
		Span
		Field string `query:"field" maxLength:"256"`
		Limit int    `query:"limit" minimum:"1" maximum:"100" default:"10"`
	}
	type value struct {
		Value string `json:"value"`
		Count int64  `json:"count"`
	}
	handle(r, "GET", "/api/v1/events/top", auth.EventsRead, "Most frequent values of a field", func(ctx context.Context, in *top) (*body[list[value]], error) {
		a, _ := s.scope(ctx)
		x, from, to, err := s.parse(in.Span)
		if err != nil {
			return nil, err
		}
		t, err := s.Events.TopValues(ctx, a.Tenant, x, from, to, in.Field, in.Limit)
		var out []value
		for _, v := range t.Values {
			out = append(out, value{v.Value, v.Count})
		}
		return items(out, err)
	})
	type column struct {
		Name    string   `json:"name"`
		Type    string   `json:"type"`
		Entity  string   `json:"entity"`
		Aliases []string `json:"aliases"`
	}
	handle(r, "GET", "/api/v1/events/columns", auth.EventsRead, "The normalised columns", func(context.Context, *none) (*body[list[column]], error) {
		var out []column
		for _, c := range event.Columns() {
			out = append(out, column{c.Name, map[event.ColumnType]string{event.TextColumn: "text", event.IntColumn: "number", event.IPColumn: "ip"}[c.Type], c.Entity, c.Aliases})
		}
		return items(out, nil)
	})
	handle(r, "GET", "/api/v1/events/{id}", auth.EventsRead, "One event with its original", func(ctx context.Context, in *ByID) (*body[eventView], error) {
		a, _ := s.scope(ctx)
		id, err := event.ParseID(in.ID)
		if err != nil {
			return nil, problem.New(problem.NotFound, "No such event.")
		}
		rows, err := s.Events.Get(ctx, a.Tenant, []event.ID{id})
		if err == nil && len(rows) == 0 {
			err = problem.New(problem.NotFound, "No such event.")
		}
		if err != nil {
			return nil, err
		}
		return answer(viewEvent(&rows[0]), nil)
	})
}

func viewEvent(r *eventstore.Row) eventView {
	v := eventView{
		ID: r.ID.String(), Time: shownNanos(r.Time), Received: shownNanos(r.Received), TimeQuality: r.TimeQuality, Source: r.Source, SourceType: r.SourceType,
		Transport: r.Transport, Peer: r.Peer, Parser: r.Parser, Status: r.Status, Class: r.Class, Severity: r.Severity, Outcome: r.Outcome, Exercise: r.Exercise,
		Message: r.Message, Raw: r.Raw, RawSHA256: r.RawSHA256, Columns: r.Columns, Fields: r.Fields,
	}
	if r.RawBase64 != nil {
		v.RawBase64 = base64.StdEncoding.EncodeToString(r.RawBase64)
	}
	if v.Columns == nil {
		v.Columns = map[string]any{}
	}
	if len(v.Fields) == 0 {
		v.Fields = json.RawMessage("{}")
	}
	return v
}
