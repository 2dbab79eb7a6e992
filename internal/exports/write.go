package exports

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
)

// writer writes one file of lines, up to a number of bytes.
type writer struct {
	format string
	file   *os.File
	buf    *bufio.Writer
	csv    *csv.Writer
	line   []byte
	bytes  int64
	most   int64
}

func (s *Service) create(e *Export) (*writer, error) {
	f, err := os.OpenFile(s.part(*e), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the file of an export: %w", err)
	}
	w := &writer{format: e.Format, file: f, buf: bufio.NewWriterSize(f, 256<<10), most: s.MaxBytes}
	w.csv = csv.NewWriter(counted{w})
	return w, nil
}

// counted counts what goes into the file, and ends it at the limit.
type counted struct{ w *writer }

func (c counted) Write(p []byte) (int, error) {
	if c.w.bytes += int64(len(p)); c.w.bytes > c.w.most {
		return 0, errLarge
	}
	return c.w.buf.Write(p)
}

// head names the columns of a CSV.
func (w *writer) head(names []string) error {
	if w.format != CSV {
		return nil
	}
	line := make([]string, len(names))
	for i, n := range names {
		line[i] = cellText(n)
	}
	return w.csv.Write(line)
}

// cells writes one row.
func (w *writer) cells(names []string, cells []any) error {
	if w.format == CSV {
		line := make([]string, len(cells))
		for i, c := range cells {
			line[i] = cellText(c)
		}
		return w.csv.Write(line)
	}
	w.line = append(w.line[:0], '{')
	for i, c := range cells {
		if i > 0 {
			w.line = append(w.line, ',')
		}
		w.line = append(event.AppendJSONString(w.line, names[i]), ':')
		w.line = appendCell(w.line, c)
	}
	w.line = append(w.line, '}', '\n')
	_, err := counted{w}.Write(w.line)
	return err
}

// flush makes bytes the size of what was written.
func (w *writer) flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// close ends the file, which is on disk then, unless writing failed.
func (w *writer) close(e *Export, failure error) error {
	err := errors.Join(failure, w.flush(), w.buf.Flush())
	if err == nil {
		err = w.file.Sync()
	}
	if cerr := w.file.Close(); err == nil {
		err = cerr
	}
	e.Bytes = w.bytes
	return err
}

// rows writes the events that match, oldest first.
func (s *Service) rows(ctx context.Context, e *Export, x query.Expr) error {
	names := e.Fields
	if len(names) == 0 && e.Format == CSV {
		names = shown[:]
	}
	fields := make([]query.Field, len(names))
	for i, n := range names {
		fields[i], _ = query.ParseField(n) // checked when it was asked for
	}
	w, err := s.create(e)
	if err != nil {
		return err
	}
	if err := w.head(names); err != nil {
		return w.close(e, err)
	}
	all := max(s.Events.About(e.tenant, e.From.UnixNano(), e.To.UnixNano()), 1)
	cells := make([]any, len(fields))
	began := time.Now()
	err = s.Events.Scan(ctx, e.tenant, e.From.UnixNano(), e.To.UnixNano(), x, func(evs []event.Event) error {
		for i := range evs {
			if err := w.event(&evs[i], names, fields, cells); err != nil {
				return err
			}
		}
		if err := w.flush(); err != nil {
			return err
		}
		e.Rows, e.Bytes = e.Rows+int64(len(evs)), w.bytes
		// What lies before the newest row has been read, matching or not.
		e.Percent = int(min(99, 100*s.Events.About(e.tenant, e.From.UnixNano(), evs[len(evs)-1].Time+1)/all))
		if err := s.progress(ctx, *e); err != nil {
			return err
		}
		s.Rest(ctx, time.Since(began))
		began = time.Now()
		return ctx.Err()
	})
	return w.close(e, err)
}

func (w *writer) event(e *event.Event, names []string, fields []query.Field, cells []any) error {
	if len(fields) == 0 {
		line, err := json.Marshal(wholeEvent(e))
		if err == nil {
			_, err = counted{w}.Write(append(line, '\n'))
		}
		return err
	}
	for i, f := range fields {
		cells[i] = value(e, f)
	}
	return w.cells(names, cells)
}
