package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/record"
)

// changesNothing lists routes that are not GET and change nothing that people
// decide or do, each with its reason.
var changesNothing = map[string]string{
	"POST /api/v1/policy/check": "checks a draft",
	"POST /ingest/{source}":     "events go to the journal",
	"POST /api/v1/setup":        "works before there is anybody; has a test of its own",
	"POST /api/v1/login":        "has a test of its own",
	"POST /api/v1/logout":       "has a test of its own",
	"POST /api/v1/rules/check":  "checks a draft",
}

func TestEveryChangeLeavesAnEntryInTheRecord(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { everyChangeIsRecorded(t, "") })
	t.Run("postgres", func(t *testing.T) { everyChangeIsRecorded(t, dbtest.PostgresDSN(t)) })
}

func everyChangeIsRecorded(t *testing.T, dsn string) {
	s := apptest.Start(t, dsn, withTier(t))
	w := firstWorld(t, s)
	for _, r := range s.App.Router().Routes() {
		route := r.Method + " " + r.Path
		if r.Method == "GET" || changesNothing[route] != "" {
			continue
		}
		make := mutations[route]
		if make == nil {
			t.Errorf("%s changes something and has no valid request in this test", route)
			continue
		}
		q := make(w)
		before := newest(t, w)
		got := send(t, s.Admin, route, q)
		if got.Status/100 != 2 && got.Status != 303 {
			t.Errorf("%s: %d %s", route, got.Status, got.Body)
			continue
		}
		rows, err := record.List(t.Context(), w.handle(), record.Filter{After: before, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		by := ""
		for _, row := range rows {
			if row.Actor == "holds" || strings.HasPrefix(row.Kind, "message.") || strings.HasPrefix(row.Kind, "escalation.unreachable") { // delivery's own
				continue
			}
			by = row.Actor
			break
		}
		if by == "" {
			t.Errorf("%s left no entry", route)
		}
		if r.Permission != auth.Public && by != s.Admin.Person && by != "policy" {
			t.Errorf("%s was recorded in the name of %q, want the person who asked", route, by)
		}
	}
	// Hashing comes before signing: wait until the last checkpoint is there.
	var res record.Result
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var err error
		if res, err = record.Verify(t.Context(), w.handle(), s.Parts.Keys.Verifier, ""); err != nil {
			t.Fatal(err)
		}
		if len(res.Findings) != 1 || !strings.Contains(res.Findings[0].String(), "have no checkpoint") || time.Now().After(end) {
			break
		}
	}
	if len(res.Findings) > 0 {
		t.Errorf("the record does not verify: %v", res.Findings)
	}
}

func newest(t *testing.T, w *world) int64 {
	t.Helper()
	rows, err := record.List(t.Context(), w.handle(), record.Filter{Limit: 1, Newest: true})
	if err != nil || len(rows) == 0 {
		t.Fatalf("the record is empty, %v", err)
	}
	return rows[0].Seq
}

func TestSigningInAndOutIsRecorded(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	s.SignIn(t, "ann", auth.Analyst)
	at := newest(t, w)
	s.Nobody().Send(t, "POST", "/api/v1/login", object{"login": "ann", "passphrase": "not the passphrase"}).Problem(t, 401)
	c := s.Nobody()
	var me struct{ CSRF string }
	c.Send(t, "POST", "/api/v1/login", object{"login": "ann", "passphrase": apptest.Passphrase}).OK(t, &me)
	c.CSRF = me.CSRF
	c.Send(t, "POST", "/api/v1/logout", nil).OK(t, nil)
	rows, err := record.List(t.Context(), w.handle(), record.Filter{After: at, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, r := range rows {
		kinds = append(kinds, r.Kind)
	}
	if got := strings.Join(kinds, " "); got != "login.failed login.succeeded logout" {
		t.Errorf("recorded: %s", got)
	}
}
