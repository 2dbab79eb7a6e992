package exports

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

// make writes the file beside its place.
func (s *Service) make(ctx context.Context, e *Export) error {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return fmt.Errorf("make the directory of exports: %w", err)
	}
	q, err := query.ParseQuery(e.Query, e.Created, time.UTC)
	if err != nil {
		return err
	}
	switch {
	case len(q.Pipes) > 0:
		return s.table(ctx, e, q)
	case e.Format == Parquet:
		return s.parquet(ctx, e, q.Where)
	}
	return s.rows(ctx, e, q.Where)
}

// parquet is written by the event store, piece by piece.
func (s *Service) parquet(ctx context.Context, e *Export, x query.Expr) error {
	var fields []query.Field
	for _, name := range e.Fields {
		f, _ := query.ParseField(name) // checked when it was asked for
		fields = append(fields, f)
	}
	began := time.Now()
	done, err := s.Events.Export(ctx, e.tenant, x, e.From.UnixNano(), e.To.UnixNano(), fields, s.part(*e), func(p eventstore.Exported) error {
		e.Rows, e.Bytes, e.Percent = p.Rows, p.Bytes, 100*p.Done/p.Of
		if e.Bytes > s.MaxBytes {
			return errLarge
		}
		if err := s.progress(ctx, *e); err != nil {
			return err
		}
		s.Rest(ctx, time.Since(began))
		began = time.Now()
		return ctx.Err()
	})
	if err == nil {
		e.Rows, e.Bytes = done.Rows, done.Bytes
	}
	return err
}

// table is what the pipes of a query make. One that is not whole is no export.
func (s *Service) table(ctx context.Context, e *Export, q query.Query) error {
	t, err := s.Events.Aggregate(ctx, e.tenant, q, e.From.UnixNano(), e.To.UnixNano(), nil)
	if err != nil {
		return err
	}
	if t.Incomplete {
		return problem.New(problem.Unavailable, "%s", t.Reason)
	}
	e.Error = strings.Join(t.Notes, " ") // what is approximate or left out
	e.Rows, e.About = int64(len(t.Rows)), int64(len(t.Rows))
	if e.Format == Parquet {
		e.Bytes, err = s.Events.ExportTable(ctx, t, s.part(*e))
		return err
	}
	w, err := s.create(e)
	if err != nil {
		return err
	}
	columns := names(t)
	err = w.head(columns)
	for _, row := range t.Rows {
		if err != nil {
			break
		}
		cells := make([]any, len(row))
		for i, c := range row {
			if cells[i] = c; t.Columns[i].Type == "time" {
				cells[i] = stamp(c)
			}
		}
		err = w.cells(columns, cells)
	}
	return w.close(e, err)
}

func names(t eventstore.Table) (out []string) {
	for _, c := range t.Columns {
		out = append(out, c.Name)
	}
	return out
}
