package eventstore

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const exportsDir = "exports"

// ExportsDir is the one directory that exports may be written to, besides the
// store's own.
func (s *Store) ExportsDir() string { return ExportsDir(s.o.Dir) }

// ExportsDir is where a data directory has the files of exports.
func ExportsDir(data string) string { return filepath.Join(data, exportsDir) }

// Exported is how far an export to Parquet is.
type Exported struct {
	Rows, Bytes int64
	Done, Of    int // pieces
}

// Export writes the tenant's rows within [from, to) that match to a Parquet
// file below ExportsDir, nearly in order of time: each table and segment in a
// statement of its own, so that searches find room in between, then all into
// one. Without fields it has the envelope and all columns, with message, raw
// text and native fields (JSON) in columns of their own. progress may be nil;
// its error ends the export. A segment that cannot be read fails it. What is
// left behind on an error is in path and path + ".parts".
func (s *Store) Export(ctx context.Context, t tenant.ID, x query.Expr, from, to int64, fields []query.Field, path string, progress func(Exported) error) (e Exported, err error) {
	if err := s.mayExport(path); err != nil {
		return e, err
	}
	parts := path + ".parts"
	if err := os.RemoveAll(parts); err != nil {
		return e, fmt.Errorf("clear the parts of an export: %w", err)
	}
	if err := os.MkdirAll(parts, 0o700); err != nil {
		return e, fmt.Errorf("make the parts of an export: %w", err)
	}
	lo, hi := timeRange(from, to)
	v := s.view()
	defer func() { s.release(v) }()
	sources := s.sources(v, t, x, lo, hi)
	if err := v.gaps.problem(); err != nil {
		return e, err
	}
	// Tables in memory first, to let go of them; their rows are the newest.
	slices.SortStableFunc(sources, func(a, b source) int { return compareInt(a.minTime, b.minTime) })
	e.Of = len(sources) + 1
	for i, src := range sources {
		number := i
		if src.table != nil {
			number += len(sources)
		} else if v.mem != nil {
			s.unpin(v.mem)
			v.mem = nil
		}
		file := filepath.Join(parts, fmt.Sprintf("%08d.parquet", number))
		n, err := s.exportSource(ctx, t, x, lo, hi, fields, src, file)
		if errors.Is(err, errUnreadable) {
			err = v.gaps.problem()
		}
		if err != nil {
			return e, err
		}
		info, err := os.Stat(file)
		if err != nil {
			return e, fmt.Errorf("export: %w", err)
		}
		e.Rows, e.Bytes, e.Done = e.Rows+n, e.Bytes+info.Size(), e.Done+1
		if progress != nil {
			if err := progress(e); err != nil {
				return e, err
			}
		}
	}
	if len(sources) == 0 { // a file with the columns and no row
		if _, err := s.exportSource(ctx, t, x, lo, hi, fields, s.nothing(v.mem[0]), filepath.Join(parts, "0.parquet")); err != nil {
			return e, err
		}
	}
	if err := s.copyTo(ctx, "SELECT * FROM read_parquet("+literal(filepath.Join(parts, "*.parquet"))+")", path); err != nil {
		return e, err
	}
	e.Done = e.Of
	if e.Bytes, err = private(path); err != nil {
		return e, err
	}
	return e, os.RemoveAll(parts)
}

// mayExport refuses every place but one: DuckDB itself could write into segments.
func (s *Store) mayExport(path string) error {
	if filepath.Dir(path) != s.ExportsDir() {
		return problem.New(problem.Internal, "an export is written below %s only", exportsDir)
	}
	return os.MkdirAll(s.ExportsDir(), 0o700)
}

func (s *Store) exportSource(ctx context.Context, t tenant.ID, x query.Expr, lo, hi int64, fields []query.Field, src source, file string) (int64, error) {
	caller := ctx
	ctx, end, err := s.gate.Enter(ctx, t)
	if err != nil {
		return 0, err
	}
	defer end()
	st := &statement{}
	selectInto(st, s.exportList(st, fields), src, t, x, lo, hi)
	st.WriteString(" ORDER BY time, seq, idx")
	n := int64(0)
	err = s.onSegments(ctx, st.srcs, func() error {
		res, err := s.engine.db.ExecContext(ctx, "COPY ("+st.String()+") TO "+literal(file)+exportOptions, st.args...)
		if err != nil {
			return runError(ctx, err)
		}
		n, err = res.RowsAffected()
		return err
	})
	if caller.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("export a segment: it took longer than %s: %w", s.o.SearchTime, err)
	}
	return n, err
}

const exportOptions = " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"

// nothing is no row of a table.
func (s *Store) nothing(t *memTable) source {
	return s.narrowed(source{table: t}, []span{{lo: 0, hi: -1}})
}

// exportList names what an export's columns hold. Names of columns cannot be
// bound; they are quoted as names, and ParseField has refused what cannot be one.
func (s *Store) exportList(st *statement, fields []query.Field) string {
	var list []string
	add := func(sql, name string) { list = append(list, sql+` AS "`+strings.ReplaceAll(name, `"`, `""`)+`"`) }
	all := len(fields) == 0
	if all {
		for _, name := range []string{"id", "time", "received", "source", "source_type", "transport", "peer", "class", "severity", "outcome", "exercise", "message", "raw"} {
			f, _ := query.ParseField(name)
			fields = append(fields, f)
		}
		for _, c := range event.Columns() {
			f, _ := query.ParseField(c.Name)
			fields = append(fields, f)
		}
	}
	for _, f := range fields {
		add(exportValue(st, f), f.String())
	}
	if all {
		add("fields", "fields")
		add("parser", "parser")
		add("raw_exact", "raw_exact") // the bytes, where the raw text is not exactly them
		add("lower(hex(raw_sha256))", "raw_sha256")
	}
	return strings.Join(list, ", ")
}

func exportValue(st *statement, f query.Field) string {
	switch f.Kind {
	case query.TimeKind:
		return "make_timestamp_ns(" + f.Name + ")"
	case query.IntKind:
		return columnSQL(f.Column.Info())
	}
	return st.value(f)
}

// ExportTable writes a table to a Parquet file below ExportsDir.
func (s *Store) ExportTable(ctx context.Context, t Table, path string) (bytes int64, err error) {
	if err := s.mayExport(path); err != nil {
		return 0, err
	}
	rows := path + ".rows"
	defer os.Remove(rows)
	if err := writeRows(t, rows); err != nil {
		return 0, fmt.Errorf("export a table: %w", err)
	}
	var types, list []string
	for i, c := range t.Columns {
		at, typ, value := "c"+strconv.Itoa(i), "VARCHAR", "c"+strconv.Itoa(i)
		switch c.Type {
		case "number":
			typ = "DOUBLE"
			if whole(t, i) {
				typ = "BIGINT"
			}
		case "time":
			typ, value = "BIGINT", "make_timestamp_ns("+at+")"
		}
		types = append(types, "'"+at+"': '"+typ+"'")
		list = append(list, value+` AS "`+strings.ReplaceAll(c.Name, `"`, `""`)+`"`)
	}
	from := "read_csv(" + literal(rows) + ", auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', parallel = false, columns = {" + strings.Join(types, ", ") + "})"
	if err := s.copyTo(ctx, "SELECT "+strings.Join(list, ", ")+" FROM "+from, path); err != nil {
		return 0, err
	}
	return private(path)
}

// writeRows writes cells as CSV for DuckDB to read: nothing for what is absent.
func writeRows(t Table, path string) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := csv.NewWriter(f)
	line := make([]string, len(t.Columns))
	for _, row := range t.Rows {
		for i, cell := range row {
			line[i] = text(cell)
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// whole reports whether a column of numbers has integers only.
func whole(t Table, column int) bool {
	return !slices.ContainsFunc(t.Rows, func(row []any) bool { _, is := row[column].(float64); return is })
}

func (s *Store) copyTo(ctx context.Context, rows, path string) error {
	if _, err := s.engine.db.ExecContext(ctx, "COPY ("+rows+") TO "+literal(path)+exportOptions); err != nil {
		return fmt.Errorf("write an export: %w", runError(ctx, err))
	}
	return nil
}

// private makes a file that DuckDB wrote readable by its owner alone.
func private(path string) (size int64, err error) {
	if err := os.Chmod(path, 0o600); err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	return info.Size(), nil
}
