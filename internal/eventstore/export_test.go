package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

// inParquet asks a file by an engine of its own.
func inParquet(t *testing.T, path, list string) [][]any {
	t.Helper()
	c, err := duckdb.NewConnector("", nil)
	must(t, err)
	d := sql.OpenDB(c)
	defer d.Close()
	rs, err := d.Query("SELECT " + list + " FROM '" + path + "'")
	must(t, err)
	defer rs.Close()
	names, err := rs.Columns()
	must(t, err)
	var out [][]any
	for rs.Next() {
		row := make([]any, len(names))
		to := make([]any, len(names))
		for i := range row {
			to[i] = &row[i]
		}
		must(t, rs.Scan(to...))
		out = append(out, row)
	}
	must(t, rs.Err())
	return out
}

func fields(t *testing.T, names ...string) (out []query.Field) {
	t.Helper()
	for _, n := range names {
		f, ok := query.ParseField(n)
		if !ok {
			t.Fatalf("%q is no field", n)
		}
		out = append(out, f)
	}
	return out
}

func TestAnExportHasEveryMatchingRowOfTheTenant(t *testing.T) {
	s := open(t, Options{})
	for seq := uint64(1); seq <= 3; seq++ {
		evs := simple(1, seq, 1000, func(i int) int64 { return t0 + int64(seq)*minute + int64(i) })
		evs = append(evs, makeEvent(2, seq, 1000, t0+minute, event.Event{Message: "another tenant's"}))
		for i := range 500 {
			evs[i].Outcome = event.Failure
		}
		must(t, s.Append(evs, seq))
		if seq < 3 {
			must(t, s.Seal(t.Context()))
		}
	}
	must(t, s.Flush())
	path := filepath.Join(s.ExportsDir(), "x.parquet")
	var seen []Exported
	e, err := s.Export(t.Context(), 1, parse(t, "outcome:failure"), 0, t0+2*minute+100, nil, path, func(e Exported) error { seen = append(seen, e); return nil })
	must(t, err)
	if e.Rows != 600 || e.Bytes == 0 || e.Done != e.Of || len(seen) != 2 || seen[0].Of != 3 || seen[1].Rows != 600 {
		t.Errorf("%+v, on the way %+v", e, seen)
	}
	got := inParquet(t, path, "count(*), count(DISTINCT id), min(message), count(*) FILTER (WHERE raw = message), count(*) FILTER (WHERE outcome = 'failure'), count(*) FILTER (WHERE raw_sha256 = sha256(raw))")
	if text := fmt.Sprint(got); text != "[[600 600 tenant 1 seq 1 idx 0 600 600 600]]" {
		t.Error(text)
	}
	info, err := os.Stat(path)
	must(t, err)
	left, err := filepath.Glob(path + ".*")
	if err != nil || len(left) > 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("%v is left, mode %v", left, info.Mode())
	}
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	if s.mem[0].pins != 0 {
		t.Errorf("the hot table is pinned %d times", s.mem[0].pins)
	}
}

func TestAnExportHasTheFieldsThatAreAskedFor(t *testing.T) {
	s := open(t, Options{})
	long := strings.Repeat("long ", 1000)
	must(t, s.Append([]event.Event{makeEvent(1, 1, 0, t0, event.Event{Message: long, Severity: event.High,
		Columns: []event.Column{{ID: event.SrcPort, Value: event.IntValue(22)}}, Fields: []event.Field{{Key: `o"dd`, Value: event.StringValue("yes")}}})}, 1))
	must(t, s.Flush())
	path := filepath.Join(s.ExportsDir(), "x.parquet")
	_, err := s.Export(t.Context(), 1, nil, 0, 0, fields(t, "time", "severity", "src.port", `o"dd`, "message", "absent"), path, nil)
	must(t, err)
	got := inParquet(t, path, `epoch_ns(time), severity, "src.port" + 1, "o""dd", message, absent`)
	if len(got) != 1 || fmt.Sprint(got[0][:4]) != fmt.Sprint([]any{t0, "high", 23, "yes"}) || got[0][4] != long || got[0][5] != nil {
		t.Errorf("%v", got)
	}
}

func TestAnExportOfNothingIsAFileWithoutRows(t *testing.T) {
	s := open(t, Options{})
	path := filepath.Join(s.ExportsDir(), "x.parquet")
	e, err := s.Export(t.Context(), 1, nil, 0, 0, nil, path, nil)
	must(t, err)
	if got := inParquet(t, path, "count(*), count(message)"); e.Rows != 0 || fmt.Sprint(got) != "[[0 0]]" {
		t.Errorf("%+v %v", e, got)
	}
}

func TestAnExportEndsWhenItIsToldTo(t *testing.T) {
	s := open(t, Options{})
	must(t, s.Append(simple(1, 1, 10, func(i int) int64 { return t0 + int64(i) }), 1))
	must(t, s.Flush())
	path := filepath.Join(s.ExportsDir(), "x.parquet")
	stop := errors.New("stop")
	if _, err := s.Export(t.Context(), 1, nil, 0, 0, nil, path, func(Exported) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := s.Export(ended, 1, nil, 0, 0, nil, path, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := s.Export(t.Context(), 1, nil, 0, 0, nil, path, nil); err != nil {
		t.Errorf("after what was left behind: %v", err)
	}
}

func TestAnExportFailsOverASegmentThatCannotBeRead(t *testing.T) {
	s := open(t, Options{})
	must(t, s.Append(simple(1, 1, 10, func(i int) int64 { return t0 + int64(i) }), 1))
	must(t, s.Seal(t.Context()))
	must(t, os.Remove(s.path(&s.segments[0])))
	if _, err := s.Export(t.Context(), 1, nil, 0, 0, nil, filepath.Join(s.ExportsDir(), "x.parquet"), nil); !problem.Is(err, problem.Unavailable) {
		t.Errorf("%v", err)
	}
}

func TestExportsAreWrittenInOnePlaceOnly(t *testing.T) {
	s := open(t, Options{})
	for _, path := range []string{filepath.Join(s.o.Dir, "x.parquet"), filepath.Join(s.ExportsDir(), "..", "segments", "x.parquet"), "/tmp/x.parquet", filepath.Join(s.ExportsDir(), "deep", "x.parquet")} {
		if _, err := s.Export(t.Context(), 1, nil, 0, 0, nil, path, nil); !problem.Is(err, problem.Internal) {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := s.ExportTable(t.Context(), Table{}, path); !problem.Is(err, problem.Internal) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestATableIsExportedWithItsTypes(t *testing.T) {
	s := open(t, Options{})
	path := filepath.Join(s.ExportsDir(), "t.parquet")
	table := Table{Columns: []TableColumn{{"time", "time"}, {`na"me`, "text"}, {"count", "number"}, {"avg(x)", "number"}},
		Rows: [][]any{{t0, "two\nlines, \"quoted\"", int64(3), 1.5}, {t0 + 1, nil, int64(4), nil}}}
	n, err := s.ExportTable(t.Context(), table, path)
	must(t, err)
	got := inParquet(t, path, `epoch_ns(time), "na""me", count + 1, "avg(x)", typeof(count)`)
	if n == 0 || fmt.Sprint(got) != fmt.Sprintf("[[%d two\nlines, \"quoted\" 4 1.5 BIGINT] [%d <nil> 5 <nil> BIGINT]]", t0, t0+1) {
		t.Errorf("%v", got)
	}
}
