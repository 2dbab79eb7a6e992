package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/search"
)

// searchInput is what both forms of a search take.
type searchInput struct {
	Span
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor  string `query:"cursor" maxLength:"200"`
	Buckets int    `query:"buckets" minimum:"0" maximum:"500" default:"60" doc:"About how many bars of the histogram; 0 for none."`
	Fields  string `query:"fields" maxLength:"2000" doc:"Fields whose statistics come first, with commas between; \"none\" for no statistics."`
	TZ      string `query:"tz" maxLength:"64" doc:"Zone of times in the query that name none, such as Europe/Prague."`
}

type (
	searchBucket struct {
		Start   string `json:"start"`
		Count   int64  `json:"count"`
		Failure int64  `json:"failure"`
	}
	searchHistogram struct {
		IntervalMS int64          `json:"interval_ms"`
		Buckets    []searchBucket `json:"buckets"`
		Total      int64          `json:"total"`
		Partial    bool           `json:"partial"`
	}
	searchAnswer struct {
		Items      []eventView      `json:"items"`
		Next       string           `json:"next"`
		Histogram  *searchHistogram `json:"histogram"`
		Fields     *search.Fields   `json:"fields"`
		Table      *tableView       `json:"table"`
		Incomplete bool             `json:"incomplete" doc:"The time budget ran out, or a segment could not be read; more may match."`
		Reason     string           `json:"reason"`
		TookMS     int64            `json:"took_ms"`
	}
	searchProgress struct {
		ScannedTo   string `json:"scanned_to"`
		Segments    int    `json:"segments" doc:"Blocks of events that were read."`
		Of          int    `json:"of" doc:"Blocks that may hold a match."`
		RowsScanned int64  `json:"rows_scanned"`
	}
	searchDone struct {
		Next       string `json:"next"`
		Incomplete bool   `json:"incomplete"`
		Reason     string `json:"reason"`
		TookMS     int64  `json:"took_ms"`
		Matched    int64  `json:"matched"`
	}
)

func (s *Server) searches(r *Router) {
	handle(r, "GET", "/api/v1/search", auth.EventsRead, "Search events: rows, histogram, fields or the table of the pipes in one answer", func(ctx context.Context, in *searchInput) (*body[searchAnswer], error) {
		a, _ := s.scope(ctx)
		q, err := s.question(*in)
		if err != nil {
			return nil, err
		}
		began := s.Now()
		out := searchAnswer{Items: []eventView{}}
		done, err := search.Run(ctx, s.Events, a.Tenant, q, search.Sink{
			Rows: func(rows []eventstore.Row) error { out.Items = append(out.Items, viewEvents(rows)...); return nil },
			Histogram: func(h eventstore.Histogram, partial bool) error {
				v := viewHistogram(h, partial)
				out.Histogram = &v
				return nil
			},
			Fields: func(f search.Fields) error { out.Fields = &f; return nil },
			Table:  func(t eventstore.Table) error { out.Table = viewTable(t); return nil },
		})
		if err != nil {
			return nil, err
		}
		out.Next, out.Incomplete, out.Reason, out.TookMS = done.Next, done.Incomplete, done.Reason, s.Now().Sub(began).Milliseconds()
		return answer(out, nil)
	})
	r.Raw("GET", "/api/v1/search/stream", auth.EventsRead, s.streamOf(r, s.streamSearch))
	r.Raw("GET", "/api/v1/events/tail", auth.EventsRead, s.streamOf(r, s.tail))
	s.searchHelp(r)
}

// question reads the parameters of a search.
func (s *Server) question(in searchInput) (search.Question, error) {
	loc := time.UTC
	if in.TZ != "" {
		var err error
		if loc, err = time.LoadLocation(in.TZ); err != nil || in.TZ == "Local" {
			return search.Question{}, problem.New(problem.Invalid, "%q is not a time zone; write one such as Europe/Prague or UTC.", in.TZ)
		}
	}
	q, err := query.ParseQuery(in.Q, s.Now(), loc)
	if err != nil {
		return search.Question{}, err
	}
	from, to, err := s.span(in.From, in.To, loc)
	if err != nil {
		return search.Question{}, err
	}
	out := search.Question{Query: q, From: from, To: to, Limit: in.Limit, Cursor: in.Cursor, Buckets: in.Buckets, Fields: []string{}}
	switch in.Fields {
	case "none":
		out.Fields = nil
	case "":
	default:
		out.Fields = strings.Split(in.Fields, ",")
	}
	return out, nil
}

// span reads a time range: RFC 3339, a date, or relative to now; an hour up to
// now by default, and a little beyond, as clocks of sources run ahead.
func (s *Server) span(from, to string, loc *time.Location) (lo, hi time.Time, err error) {
	now := s.Now()
	lo, hi = now.Add(-time.Hour), now.Add(time.Hour)
	for _, end := range []struct {
		name, text string
		at         *time.Time
	}{{"from", from, &lo}, {"to", to, &hi}} {
		if end.text == "" {
			continue
		}
		at, ok := query.Time(end.text, now, loc)
		if !ok {
			return lo, hi, &problem.Error{Kind: problem.Invalid, Detail: end.name + " must be a time such as 2026-11-22T08:00:00Z or now-24h.", Fields: []problem.Field{{Name: end.name, Detail: "not a time"}}}
		}
		*end.at = at
	}
	if !lo.Before(hi) {
		return lo, hi, problem.New(problem.Invalid, "The time range ends before it begins.")
	}
	return lo, hi, nil
}

func viewEvents(rows []eventstore.Row) []eventView {
	out := make([]eventView, len(rows))
	for i := range rows {
		out[i] = viewEvent(&rows[i])
	}
	return out
}

func viewHistogram(h eventstore.Histogram, partial bool) searchHistogram {
	out := searchHistogram{IntervalMS: h.Width / 1e6, Buckets: make([]searchBucket, len(h.Buckets)), Partial: partial}
	for i, b := range h.Buckets {
		out.Total += b.Total
		out.Buckets[i] = searchBucket{shownNanos(b.Start), b.Total, b.Failure}
	}
	return out
}

// eventStream writes server-sent events.
type eventStream struct {
	w   http.ResponseWriter
	ctl *http.ResponseController
}

func (e *eventStream) send(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(e.w, "event: %s\ndata: %s\n\n", name, b); err != nil {
		return err
	}
	return e.ctl.Flush()
}

func (e *eventStream) ping() error {
	if _, err := fmt.Fprint(e.w, ": still here\n\n"); err != nil {
		return err
	}
	return e.ctl.Flush()
}

// streamOf answers with server-sent events. What goes wrong, before the first
// of them or later, comes as the event "failed" with a problem document, so that
// a reader has one place to look.
func (s *Server) streamOf(r *Router, f func(*http.Request, *eventStream) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		e := &eventStream{w, http.NewResponseController(w)}
		_ = e.ctl.SetWriteDeadline(time.Time{})
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Accel-Buffering", "no")
		err := f(q, e)
		if err == nil || q.Context().Err() != nil {
			return
		}
		if p, ok := errors.AsType[*Problem](r.document(q.Context(), q.Method+" "+q.URL.Path, err)); ok {
			_ = e.send("failed", p)
		}
	})
}

func (s *Server) streamSearch(r *http.Request, e *eventStream) error {
	v := r.URL.Query()
	in := searchInput{Span: Span{Q: v.Get("q"), From: v.Get("from"), To: v.Get("to")}, Cursor: v.Get("cursor"), Fields: v.Get("fields"), TZ: v.Get("tz"), Limit: 100, Buckets: 60}
	for name, to := range map[string]struct {
		n        *int
		min, max int
	}{"limit": {&in.Limit, 1, 1000}, "buckets": {&in.Buckets, 0, 500}} {
		if text := v.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < to.min || n > to.max {
				return problem.New(problem.Invalid, "%s is a number from %d to %d.", name, to.min, to.max)
			}
			*to.n = n
		}
	}
	q, err := s.question(in)
	if err != nil {
		return err
	}
	began := s.Now()
	var matched int64
	a := auth.From(r.Context())
	done, err := search.Run(r.Context(), s.Events, a.Tenant, q, search.Sink{
		Rows: func(rows []eventstore.Row) error {
			matched += int64(len(rows))
			return e.send("rows", map[string]any{"items": viewEvents(rows)})
		},
		Histogram: func(h eventstore.Histogram, partial bool) error {
			return e.send("histogram", viewHistogram(h, partial))
		},
		Fields: func(f search.Fields) error { return e.send("fields", f) },
		Table:  func(t eventstore.Table) error { return e.send("table", viewTable(t)) },
		Progress: func(p eventstore.Progress) error {
			return e.send("progress", searchProgress{shownNanos(p.ScannedTo), p.Blocks, p.Of, p.Rows})
		},
	})
	if err != nil {
		return err
	}
	return e.send("done", searchDone{done.Next, done.Incomplete, done.Reason, s.Now().Sub(began).Milliseconds(), matched})
}

// tailPing keeps proxies from closing a tail in which nothing happens.
const tailPing = 15 * time.Second

// maxTails is how many live tails an installation follows at once: each costs a
// search every time that rows become searchable.
const maxTails = 16

func (s *Server) tail(r *http.Request, e *eventStream) error {
	x, err := query.Parse(r.URL.Query().Get("q"), s.Now())
	if err != nil {
		return err
	}
	if s.tails.Add(1) > maxTails {
		s.tails.Add(-1)
		return problem.New(problem.TooMany, "%d live tails are open already; close one, or search instead.", maxTails)
	}
	defer s.tails.Add(-1)
	if err := e.ping(); err != nil {
		return err
	}
	a := auth.From(r.Context())
	return search.Tail(r.Context(), s.Events, a.Tenant, x, tailPing, func(rows []eventstore.Row, dropped int64) error {
		if dropped > 0 {
			if err := e.send("dropped", map[string]int64{"count": dropped}); err != nil {
				return err
			}
		}
		return e.send("rows", map[string]any{"items": viewEvents(rows)})
	}, e.ping)
}
