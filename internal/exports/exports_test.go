package exports

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// world is the service over a real relational store; events are the test's.
type world struct {
	*Service
	t      *testing.T
	now    time.Time
	events []event.Event
	table  eventstore.Table
	fail   error
	page   func() // runs before each page of a scan
}

func both(t *testing.T, test func(*world)) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		w := &world{t: t, now: noon}
		w.Service = w.service(d, t.TempDir())
		test(w)
	})
}

func (w *world) service(d *db.DB, dir string) *Service {
	clock := func() time.Time { return w.now }
	return New(Options{DB: d, Record: record.New(d, clock), Events: w, Dir: dir, MaxBytes: 1 << 20, Now: clock, Log: slog.New(slog.DiscardHandler), Rest: func(context.Context, time.Duration) {}})
}

func (w *world) Scan(_ context.Context, _ tenant.ID, from, to int64, x query.Expr, fn func([]event.Event) error) error {
	for i := range w.events {
		if e := w.events[i]; e.Time >= from && e.Time < to && x.Match(&e) {
			if w.page != nil {
				w.page()
			}
			if err := fn([]event.Event{e}); err != nil {
				return err
			}
		}
	}
	return w.fail
}

func (w *world) About(_ tenant.ID, from, to int64) (n int64) {
	for _, e := range w.events {
		if e.Time >= from && e.Time < to {
			n++
		}
	}
	return n
}

func (w *world) Aggregate(_ context.Context, _ tenant.ID, q query.Query, _, _ int64, _ func(eventstore.Table)) (eventstore.Table, error) {
	if _, counts := q.Pipes[0].(query.Count); counts && w.table.Rows == nil {
		return eventstore.Table{Rows: [][]any{{int64(42)}}}, nil
	}
	return w.table, w.fail
}

func (w *world) Export(ctx context.Context, _ tenant.ID, x query.Expr, _, _ int64, fields []query.Field, path string, progress func(eventstore.Exported) error) (eventstore.Exported, error) {
	for i := range 3 {
		if err := progress(eventstore.Exported{Rows: int64(i), Bytes: int64(1000 * i), Done: i, Of: 3}); err != nil {
			return eventstore.Exported{}, err
		}
	}
	return eventstore.Exported{Rows: 3, Bytes: 3000, Done: 3, Of: 3}, os.WriteFile(path, fmt.Append(nil, "parquet ", x, " ", len(fields)), 0o600)
}

func (w *world) ExportTable(_ context.Context, t eventstore.Table, path string) (int64, error) {
	return 7, os.WriteFile(path, fmt.Append(nil, "table ", len(t.Rows)), 0o600)
}

func (w *world) do(person string, fn func(context.Context, *db.Tx) error) error {
	w.t.Helper()
	return w.DB.For(1, person).Tx(w.t.Context(), func(tx *db.Tx) error { return fn(w.t.Context(), tx) })
}

func (w *world) start(s Spec) (e Export, err error) {
	w.t.Helper()
	if s.From.IsZero() {
		s.From, s.To = noon.Add(-time.Hour), noon
	}
	err = w.do("ann", func(ctx context.Context, tx *db.Tx) (err error) { e, err = w.Start(ctx, tx, s); return err })
	return e, err
}

// made is an export as it is once its turn has come, with its file.
func (w *world) made(s Spec) (Export, string) {
	w.t.Helper()
	e, err := w.start(s)
	must(w.t, err)
	if worked, err := w.Next(w.t.Context()); err != nil || !worked {
		w.t.Fatal(worked, err)
	}
	e = w.get(e.ID)
	b, err := os.ReadFile(w.Path(e))
	if err != nil && e.State == Done {
		w.t.Fatal(err)
	}
	return e, string(b)
}

func (w *world) get(id string) Export {
	w.t.Helper()
	e, err := Get(w.t.Context(), w.DB.For(1, "ann"), "ann", id)
	must(w.t, err)
	return e
}

func (w *world) files() (names []string) {
	w.t.Helper()
	all, err := os.ReadDir(w.Dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		w.t.Fatal(err)
	}
	for _, f := range all {
		names = append(names, f.Name())
	}
	return names
}

func (w *world) add(e event.Event) {
	e.Time = noon.Add(-time.Minute).UnixNano() + int64(len(w.events))
	e.Raw = []byte(e.Message)
	w.events = append(w.events, e)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCSVHasTheFieldsInOrderAndNoFormulas(t *testing.T) {
	both(t, func(w *world) {
		w.add(event.Event{Message: `=cmd|' /C calc'!A0`, Severity: event.High, Columns: []event.Column{{ID: event.SrcPort, Value: event.IntValue(22)}},
			Fields: []event.Field{{Key: "+x", Value: event.StringValue("-2")}, {Key: "n", Value: event.IntValue(-5)}, {Key: "ok", Value: event.BoolValue(true)}}})
		w.add(event.Event{Message: "two\nlines, \"quoted\"", Fields: []event.Field{{Key: "+x", Value: event.StringValue("@SUM(A1)")}, {Key: "n", Value: event.StringValue("\tx")}}})
		w.add(event.Event{Message: "one more", Outcome: event.Failure})
		e, file := w.made(Spec{Query: "not outcome:failure", Format: CSV, Fields: []string{"message", "src.port", "+x", "n", "ok", "severity", "time"}})
		rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
		must(t, err)
		want := [][]string{
			{"message", "src.port", "'+x", "n", "ok", "severity", "time"},
			{`'=cmd|' /C calc'!A0`, "22", "'-2", "-5", "true", "high", "2026-06-01T11:59:00Z"},
			{"two\nlines, \"quoted\"", "", "'@SUM(A1)", "'\tx", "", "unknown", "2026-06-01T11:59:00.000000001Z"},
		}
		if fmt.Sprint(rows) != fmt.Sprint(want) {
			t.Errorf("%q", rows)
		}
		if e.State != Done || e.Rows != 2 || e.About != 42 || e.Bytes != int64(len(file)) || e.Percent != 100 || !e.Expires().Equal(noon.Add(Keep)) {
			t.Errorf("%+v", e)
		}
		info, err := os.Stat(w.Path(e))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info, err)
		}
	})
}

func FuzzNoCellOfACSVBeginsAFormula(f *testing.F) {
	for _, s := range []string{"", "=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "plain", "'=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cellText(s)
		if got != "" && strings.ContainsRune("=+-@\t\r", rune(got[0])) {
			t.Errorf("%q becomes %q", s, got)
		}
		if strings.TrimPrefix(got, "'") != s && got != s {
			t.Errorf("%q becomes %q", s, got)
		}
	})
}

func TestNDJSONHasAllOfAnEventOrItsFields(t *testing.T) {
	both(t, func(w *world) {
		w.add(event.Event{Message: "hello", Source: "fw", Columns: []event.Column{{ID: event.UserName, Value: event.StringValue("ann")}}, Fields: []event.Field{{Key: "a", Value: event.FloatValue(1.5)}, {Key: "b", Value: event.FloatValue(math.NaN())}}})
		w.add(event.Event{Message: "bytes \xff"})
		_, file := w.made(Spec{Format: NDJSON})
		var first, second struct {
			Time, Source, Message, Raw, Raw_base64, Raw_sha256 string
			Columns, Fields                                    map[string]any
		}
		lines := strings.Split(file, "\n")
		must(t, json.Unmarshal([]byte(lines[0]), &first))
		must(t, json.Unmarshal([]byte(lines[1]), &second))
		if first.Time != "2026-06-01T11:59:00Z" || first.Source != "fw" || first.Raw != "hello" || first.Raw_base64 != "" || first.Columns["user.name"] != "ann" || first.Fields["a"] != 1.5 ||
			first.Raw_sha256 != "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" {
			t.Errorf("%+v", first)
		}
		if second.Raw != `bytes \xff` || second.Raw_base64 != "Ynl0ZXMg/w==" {
			t.Errorf("%+v", second)
		}
		_, file = w.made(Spec{Format: NDJSON, Fields: []string{"user.name", "a", "b", "message"}})
		if want := `{"user.name":"ann","a":1.5,"b":null,"message":"hello"}`; strings.Split(file, "\n")[0] != want {
			t.Errorf("%s", file)
		}
	})
}

func TestParquetIsWrittenByTheEventStore(t *testing.T) {
	both(t, func(w *world) {
		e, file := w.made(Spec{Query: "a b", Format: Parquet, Fields: []string{"time", "message"}})
		if file != "parquet a and b 2" || e.Rows != 3 || e.Bytes != 3000 || e.State != Done {
			t.Errorf("%q %+v", file, e)
		}
	})
}

func TestAQueryWithPipesExportsItsTable(t *testing.T) {
	both(t, func(w *world) {
		w.table = eventstore.Table{Columns: []eventstore.TableColumn{{Name: "time", Type: "time"}, {Name: "user.name", Type: "text"}, {Name: "count", Type: "number"}},
			Rows: [][]any{{noon.UnixNano(), "=ann", int64(3)}, {noon.UnixNano(), nil, int64(-1)}}, Notes: []string{"Approximate."}}
		spec := Spec{Query: "* | timechart count by user.name", Format: CSV}
		e, file := w.made(spec)
		if want := "time,user.name,count\n2026-06-01T12:00:00Z,'=ann,3\n2026-06-01T12:00:00Z,,-1\n"; file != want || e.Error != "Approximate." || e.Rows != 2 {
			t.Errorf("%q %+v", file, e)
		}
		spec.Format = NDJSON
		if _, file = w.made(spec); !strings.HasPrefix(file, `{"time":"2026-06-01T12:00:00Z","user.name":"=ann","count":3}`+"\n") {
			t.Errorf("%q", file)
		}
		spec.Format = Parquet
		if _, file = w.made(spec); file != "table 2" {
			t.Errorf("%q", file)
		}
		w.table.Incomplete, w.table.Reason = true, "Counting was stopped."
		if e, _ = w.made(spec); e.State != Failed || e.Error != "Counting was stopped." {
			t.Errorf("a part of a table became a file: %+v", e)
		}
	})
}

func TestAnExportThatFailsOrIsTooLargeLeavesNoFile(t *testing.T) {
	both(t, func(w *world) {
		w.add(event.Event{Message: strings.Repeat("x", 2000)})
		w.MaxBytes = 1500
		for _, f := range []string{CSV, NDJSON, Parquet} {
			if e, _ := w.made(Spec{Format: f}); e.State != Failed || !strings.Contains(e.Error, "larger than an export may be") {
				t.Errorf("%s: %+v", f, e)
			}
		}
		w.MaxBytes = 1 << 20
		w.fail = problem.New(problem.Unavailable, "A segment cannot be read.")
		if e, _ := w.made(Spec{Format: CSV}); e.State != Failed || e.Error != "A segment cannot be read." || !e.Expires().IsZero() {
			t.Errorf("%+v", e)
		}
		if f := w.files(); len(f) != 0 {
			t.Errorf("left: %v", f)
		}
	})
}

func TestACancelledExportEndsAndLeavesNoFile(t *testing.T) {
	both(t, func(w *world) {
		for range 5 {
			w.add(event.Event{Message: "x"})
		}
		e, err := w.start(Spec{Format: CSV})
		must(t, err)
		pages := 0
		w.page = func() {
			if pages++; pages == 2 {
				must(t, w.do("ann", func(ctx context.Context, tx *db.Tx) error { return w.Remove(ctx, tx, e.ID) }))
			}
		}
		_, err = w.Next(t.Context())
		must(t, err)
		if e = w.get(e.ID); e.State != Cancelled || pages > 2 || len(w.files()) > 0 {
			t.Errorf("%+v after %d pages, left %v", e, pages, w.files())
		}
		w.page = nil
		e, err = w.start(Spec{Format: CSV})
		must(t, err)
		must(t, w.do("ann", func(ctx context.Context, tx *db.Tx) error { return w.Remove(ctx, tx, e.ID) }))
		if worked, err := w.Next(t.Context()); worked || err != nil {
			t.Errorf("a cancelled one was made: %v", err)
		}
	})
}

func TestARemovedExportIsGoneWithItsFile(t *testing.T) {
	both(t, func(w *world) {
		e, _ := w.made(Spec{Format: CSV})
		must(t, w.do("ann", func(ctx context.Context, tx *db.Tx) error { return w.Downloaded(ctx, tx, e) }))
		must(t, w.do("ann", func(ctx context.Context, tx *db.Tx) error { return w.Remove(ctx, tx, e.ID) }))
		if _, err := Get(t.Context(), w.DB.For(1, "ann"), "ann", e.ID); !problem.Is(err, problem.NotFound) || len(w.files()) > 0 {
			t.Errorf("%v, left %v", err, w.files())
		}
		rows, err := record.List(t.Context(), w.DB.For(1, "test"), record.Filter{KindPrefix: "export.", Limit: 10})
		must(t, err)
		var kinds []string
		for _, r := range rows {
			kinds = append(kinds, r.Kind)
		}
		if !slices.Equal(kinds, []string{"export.started", "export.downloaded", "export.removed"}) {
			t.Errorf("recorded %v", kinds)
		}
	})
}

func TestFilesGoAfterADay(t *testing.T) {
	both(t, func(w *world) {
		e, _ := w.made(Spec{Format: CSV})
		w.now = w.now.Add(Keep - time.Second)
		must(t, w.Expire(t.Context()))
		if e = w.get(e.ID); e.State != Done || len(w.files()) != 1 {
			t.Errorf("%+v %v", e, w.files())
		}
		w.now = w.now.Add(time.Second)
		must(t, w.Expire(t.Context()))
		if e = w.get(e.ID); e.State != Expired || len(w.files()) != 0 {
			t.Errorf("%+v %v", e, w.files())
		}
		w.now = w.now.Add(Remember)
		must(t, w.Expire(t.Context()))
		if _, err := Get(t.Context(), w.DB.For(1, "ann"), "ann", e.ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("%v", err)
		}
	})
}

func TestAStopBeginsAnExportAnewThreeTimesAtMost(t *testing.T) {
	both(t, func(w *world) {
		w.add(event.Event{Message: "x"})
		done, _ := w.made(Spec{Format: CSV})
		e, err := w.start(Spec{Format: CSV})
		must(t, err)
		must(t, os.WriteFile(filepath.Join(w.Dir, "stray.part"), nil, 0o600))
		for i := range maxAttempts {
			running, stop := context.WithCancel(t.Context())
			w.page = stop
			if _, err := w.Next(running); err == nil {
				t.Fatal("it went on")
			}
			if e = w.get(e.ID); e.State != Running {
				t.Fatalf("%+v", e)
			}
			w.Service = w.service(w.DB, w.Dir)
			must(t, w.takeUp(t.Context()))
			if e = w.get(e.ID); i < maxAttempts-1 && e.State != Waiting {
				t.Fatalf("start %d: %+v", i, e)
			}
		}
		if e.State != Failed || !strings.Contains(e.Error, "three times") {
			t.Errorf("%+v", e)
		}
		if f := w.files(); len(f) != 1 || f[0] != filepath.Base(w.Path(done)) {
			t.Errorf("left: %v", f)
		}
	})
}

func TestOnlyWhoAskedSeesAnExport(t *testing.T) {
	both(t, func(w *world) {
		e, _ := w.made(Spec{Format: CSV})
		if _, err := Get(t.Context(), w.DB.For(1, "bob"), "bob", e.ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("%v", err)
		}
		if _, err := Get(t.Context(), w.DB.For(2, "ann"), "ann", e.ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("another tenant: %v", err)
		}
		if all, err := List(t.Context(), w.DB.For(1, "bob"), "bob"); err != nil || len(all) != 0 {
			t.Errorf("%v %v", all, err)
		}
		err := w.do("bob", func(ctx context.Context, tx *db.Tx) error { return w.Remove(ctx, tx, e.ID) })
		if !problem.Is(err, problem.NotFound) {
			t.Errorf("%v", err)
		}
	})
}

func TestWhatIsRefused(t *testing.T) {
	both(t, func(w *world) {
		for name, s := range map[string]Spec{
			"an unknown format": {Format: "xlsx"},
			"no time":           {Format: CSV, From: noon, To: noon},
			"a bad query":       {Format: CSV, Query: "("},
			"a field twice":     {Format: CSV, Fields: []string{"a", "a"}},
			"no field":          {Format: CSV, Fields: []string{""}},
			"too many fields":   {Format: CSV, Fields: make([]string, 101)},
		} {
			_, err := w.start(s)
			if _, syntax := errors.AsType[*query.SyntaxError](err); !syntax && !problem.Is(err, problem.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for range maxWaiting {
			_, err := w.start(Spec{Format: CSV})
			must(t, err)
		}
		if _, err := w.start(Spec{Format: CSV}); !problem.Is(err, problem.TooMany) {
			t.Errorf("%v", err)
		}
	})
}

func TestEmptyExportsHaveTheirHead(t *testing.T) {
	both(t, func(w *world) {
		if _, file := w.made(Spec{Format: CSV}); file != "time,severity,source,host.name,user.name,src.ip,message\n" {
			t.Errorf("%q", file)
		}
		if _, file := w.made(Spec{Format: NDJSON}); !bytes.Equal([]byte(file), nil) {
			t.Errorf("%q", file)
		}
	})
}
