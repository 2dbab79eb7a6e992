package api_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/exports"
	"github.com/tocsin-project/tocsin/internal/record"
)

// export makes an export of the world's person.
func (w *world) export() string {
	w.t.Helper()
	var e exports.Export
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		e, err = w.s.Parts.Exports.Start(ctx, tx, exports.Spec{Query: "zebra", From: time.Now().Add(-time.Hour), To: time.Now(), Format: exports.CSV})
		return err
	})
	return e.ID
}

type exportAnswer struct {
	ID, Q, From, To, Format, State, Error, Created, Finished, Expires, By string
	Rows, About_rows, Bytes                                               int64
	Percent                                                               int
}

// exported waits for an export to end.
func exported(t *testing.T, c *apptest.Client, form object) (e exportAnswer) {
	t.Helper()
	c.Send(t, "POST", "/api/v1/exports", form).OK(t, &e)
	for end := time.Now().Add(30 * time.Second); (e.State == "waiting" || e.State == "running") && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		c.Get(t, "/api/v1/exports/"+e.ID).OK(t, &e)
	}
	return e
}

func TestAnExportIsMadeTakenAndRemoved(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	for range 5 {
		w.append(event.Event{Message: "=no entry", Outcome: event.Failure, Source: "fw"}, event.Event{Message: "welcome", Outcome: event.Success, Source: "fw"})
	}
	ann, bob := s.SignIn(t, "ann", auth.Analyst), s.SignIn(t, "bob", auth.Analyst)
	form := object{"q": "outcome:failure", "from": "now-1h", "to": "now", "format": "csv", "fields": []string{"source", "message"}}
	e := exported(t, ann, form)
	if e.State != "done" || e.Rows != 5 || e.About_rows != 5 || e.Percent != 100 || e.By != ann.Person || e.Expires == "" || e.Q != "outcome:failure" || !strings.HasSuffix(e.From, "Z") {
		t.Fatalf("%+v", e)
	}
	got := ann.Get(t, "/api/v1/exports/"+e.ID+"/file")
	rows, err := csv.NewReader(strings.NewReader(got.Body)).ReadAll()
	if err != nil || len(rows) != 6 || rows[5][0] != "fw" || rows[5][1] != "'=no entry" || int64(len(got.Body)) != e.Bytes {
		t.Errorf("%v: %q", err, got.Body)
	}
	if d := got.Header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="tocsin-20`) || !strings.HasSuffix(d, `.csv"`) || got.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("%v", got.Header)
	}
	form["format"], form["fields"] = "ndjson", []string{}
	e = exported(t, ann, form)
	var first struct{ Source, Raw_sha256 string }
	body := ann.Get(t, "/api/v1/exports/"+e.ID+"/file").Body
	if err := json.Unmarshal([]byte(strings.Split(body, "\n")[0]), &first); err != nil || first.Source != "fw" || len(first.Raw_sha256) != 64 {
		t.Errorf("%v %s", err, body)
	}
	form["format"] = "parquet"
	p := exported(t, ann, form)
	body = ann.Get(t, "/api/v1/exports/"+p.ID+"/file").Body
	if p.State != "done" || p.Rows != 5 || !strings.HasPrefix(body, "PAR1") || int64(len(body)) != p.Bytes {
		t.Errorf("%+v, %d bytes", p, len(body))
	}
	form["q"], form["format"] = "* | count by outcome", "csv"
	if e := exported(t, ann, form); ann.Get(t, "/api/v1/exports/"+e.ID+"/file").Body != "outcome,count\nfailure,5\nsuccess,5\n" {
		t.Errorf("%+v", e)
	}
	info, err := os.Stat(s.Dir + "/exports")
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info, err)
	}
	var all struct{ Items []exportAnswer }
	ann.Get(t, "/api/v1/exports").OK(t, &all)
	if len(all.Items) != 4 || all.Items[0].Q != "* | count by outcome" {
		t.Errorf("%+v", all)
	}
	bob.Get(t, "/api/v1/exports").OK(t, &all)
	if len(all.Items) != 0 {
		t.Errorf("bob sees %+v", all)
	}
	bob.Get(t, "/api/v1/exports/"+p.ID+"/file").Problem(t, 404)
	ann.Send(t, "DELETE", "/api/v1/exports/"+p.ID, nil).OK(t, nil)
	ann.Get(t, "/api/v1/exports/"+p.ID+"/file").Problem(t, 404)
	taken, err := record.List(t.Context(), w.handle(), record.Filter{KindPrefix: "export.downloaded", Limit: 10})
	if err != nil || len(taken) != 4 || taken[0].Actor != ann.Person || taken[0].SubjectID == "" {
		t.Errorf("%v %+v", err, taken)
	}
	form["q"] = "outcome:("
	if p := ann.Send(t, "POST", "/api/v1/exports", form).Problem(t, 422); p.Offset == nil {
		t.Errorf("%+v", p)
	}
}

func TestAFileThatIsNotThereIsAPlainAnswer(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	for state, status := range map[string]int{"failed": 409, "cancelled": 409, "expired": 410, "done": 410} {
		id := db.NewID(time.Now())
		w.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO export (tenant, id, owner, query, starts, ends, format, fields, state, created, finished) VALUES (:tenant, ?, ?, '', 1, 2, 'csv', '[]', ?, 1, ?)", id, w.person, state, db.Micros(time.Now()))
			return err
		})
		s.Admin.Get(t, "/api/v1/exports/"+id+"/file").Problem(t, status)
	}
}
