package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/exports"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

type exportView struct {
	ID        string   `json:"id"`
	Q         string   `json:"q"`
	From      string   `json:"from"`
	To        string   `json:"to"`
	Format    string   `json:"format" enum:"csv,ndjson,parquet"`
	Fields    []string `json:"fields"`
	State     string   `json:"state" enum:"waiting,running,done,failed,cancelled,expired"`
	Rows      int64    `json:"rows"`
	AboutRows int64    `json:"about_rows" doc:"How many there will be; an estimate."`
	Bytes     int64    `json:"bytes"`
	Percent   int      `json:"percent"`
	Error     string   `json:"error" doc:"Of one that is done: what is approximate or left out."`
	Created   string   `json:"created"`
	Finished  string   `json:"finished"`
	Expires   string   `json:"expires"`
	By        string   `json:"by"`
}

func viewExport(e exports.Export) exportView {
	return exportView{ID: e.ID, Q: e.Query, From: shown(e.From), To: shown(e.To), Format: e.Format, Fields: listOf(e.Fields), State: e.State, Rows: e.Rows, AboutRows: e.About, Bytes: e.Bytes, Percent: e.Percent, Error: e.Error,
		Created: shown(e.Created), Finished: shown(e.Finished), Expires: shown(e.Expires()), By: e.Owner}
}

func (s *Server) exports(r *Router) {
	handle(r, "GET", "/api/v1/exports", auth.EventsRead, "One's own exports, newest first", func(ctx context.Context, _ *none) (*body[list[exportView]], error) {
		a, h := s.scope(ctx)
		all, err := exports.List(ctx, h, a.Person)
		var out []exportView
		for _, e := range all {
			out = append(out, viewExport(e))
		}
		return items(out, err)
	})
	handle(r, "GET", "/api/v1/exports/{id}", auth.EventsRead, "One export and how far it is", func(ctx context.Context, in *ByID) (*body[exportView], error) {
		a, h := s.scope(ctx)
		e, err := exports.Get(ctx, h, a.Person, in.ID)
		return answer(viewExport(e), err)
	})
	type start struct {
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           struct {
			Q      string   `json:"q" maxLength:"8192"`
			From   string   `json:"from" maxLength:"64" doc:"RFC 3339, a date, or relative such as now-24h"`
			To     string   `json:"to,omitempty" maxLength:"64" doc:"As from; empty: now"`
			Format string   `json:"format" enum:"csv,ndjson,parquet"`
			Fields []string `json:"fields,omitempty" maxItems:"100" doc:"In this order; none: all of an event (CSV: time, severity, source, host, user, address, message)"`
		}
	}
	handle(r, "POST", "/api/v1/exports", auth.EventsRead, "Make a file of a search, in the background", func(ctx context.Context, in *start) (*body[exportView], error) {
		a, h := s.scope(ctx)
		b, now := in.Body, s.Now()
		from, ok := query.Time(b.From, now, time.UTC)
		if !ok {
			return nil, &problem.Error{Kind: problem.Invalid, Detail: "from must be a time such as 2026-11-22T08:00:00Z or now-24h.", Fields: []problem.Field{{Name: "from", Detail: "not a time"}}}
		}
		to := now
		if b.To != "" {
			if to, ok = query.Time(b.To, now, time.UTC); !ok {
				return nil, &problem.Error{Kind: problem.Invalid, Detail: "to must be a time such as 2026-11-22T08:00:00Z or now.", Fields: []problem.Field{{Name: "to", Detail: "not a time"}}}
			}
		}
		spec := exports.Spec{Query: b.Q, From: from, To: to, Format: b.Format, Fields: b.Fields}
		return once(ctx, s, in.IdempotencyKey, b, func(tx *db.Tx) (exportView, error) {
			e, err := s.Exports.Start(ctx, tx, spec)
			return viewExport(e), err
		}, a, h)
	})
	handle(r, "DELETE", "/api/v1/exports/{id}", auth.EventsRead, "Stop an export; remove one that has ended with its file", func(ctx context.Context, in *ByID) (*none, error) {
		_, h := s.scope(ctx)
		return nil, h.Tx(ctx, func(tx *db.Tx) error { return s.Exports.Remove(ctx, tx, in.ID) })
	})
	handle(r, "GET", "/api/v1/exports/{id}/file", auth.EventsRead, "The file of an export that is done; that it was taken is recorded", s.exportFile)
}

var exportTypes = map[string]string{exports.CSV: "text/csv; charset=utf-8", exports.NDJSON: "application/x-ndjson", exports.Parquet: "application/vnd.apache.parquet"}

// file is an answer that is written as it is.
type file struct {
	Body func(huma.Context)
}

// exportFile sends a file. That it was taken is recorded before the first byte
// leaves; an error comes before that, too.
func (s *Server) exportFile(ctx context.Context, in *ByID) (*file, error) {
	a, h := s.scope(ctx)
	e, err := exports.Get(ctx, h, a.Person, in.ID)
	if err != nil {
		return nil, err
	}
	switch e.State {
	case exports.Done:
	case exports.Expired:
		return nil, problem.New(problem.Gone, "The file was kept for a day and is gone. Start the export again.")
	default:
		return nil, problem.New(problem.Conflict, "There is no file: the export is %s.", e.State)
	}
	f, err := os.Open(s.Exports.Path(e))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, problem.Wrap(problem.Gone, err, "The file is gone. Start the export again.")
	}
	if err != nil {
		return nil, err
	}
	if err := h.Tx(ctx, func(tx *db.Tx) error { return s.Exports.Downloaded(ctx, tx, e) }); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &file{func(c huma.Context) {
		defer f.Close()
		c.SetHeader("Content-Type", exportTypes[e.Format])
		c.SetHeader("Content-Length", strconv.FormatInt(e.Bytes, 10))
		c.SetHeader("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "tocsin-"+e.Created.UTC().Format("20060102-150405")+"."+e.Format))
		_, w := humago.Unwrap(c)
		_, _ = io.Copy(patient{w, http.NewResponseController(w)}, f) // whoever left does not hear of it
	}}, nil
}

// patient gives a reader two minutes for each piece instead of for the whole.
type patient struct {
	w   http.ResponseWriter
	ctl *http.ResponseController
}

func (p patient) Write(b []byte) (int, error) {
	_ = p.ctl.SetWriteDeadline(time.Now().Add(2 * time.Minute))
	return p.w.Write(b)
}
