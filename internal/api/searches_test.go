package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/searches"
)

func (w *world) searchForm() object {
	return object{"name": w.name("search"), "q": "outcome:failure", "range": "24h", "shared": true,
		"schedule": object{"enabled": false, "every_s": 300, "over_s": 900, "op": ">=", "count": 1, "severity": "high", "title": "zebra"}}
}

// search makes a saved search that all of its tenant see.
func (w *world) search() string {
	w.t.Helper()
	var x searches.Search
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		p := &searches.Schedule{Every: time.Hour, Over: time.Hour, Op: ">", Count: 5, Severity: event.High, Title: "zebra"}
		x, err = w.s.Parts.Searches.Create(ctx, tx, searches.Body{Name: w.name("zebra"), Query: "outcome:failure", Shared: true}, p)
		return err
	})
	return x.ID
}

// append puts events into the store as if they had just come, searchable at once.
func (w *world) append(evs ...event.Event) {
	w.t.Helper()
	w.lines++
	seq := uint64(1<<40) + w.lines + uint64(w.tenant)<<32
	for i := range evs {
		e := &evs[i]
		e.Tenant, e.Pos = w.tenant, event.Position{Seq: seq, Index: uint32(i)}
		if e.Time == 0 {
			e.Time = time.Now().Add(-time.Minute).UnixNano()
		}
		e.Received, e.Raw = e.Time, []byte(e.Message)
		e.ID = event.PositionID(e.Tenant, e.Time, e.Pos)
	}
	must(w.t, w.s.Parts.Events.Append(evs, seq))
	must(w.t, w.s.Parts.Events.Flush())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type savedSearch struct {
	ID, Name, Q, Range, Owner string
	Owner_name                string
	Version                   int64
	Shared                    bool
	Columns                   []string
	Schedule                  *struct {
		Enabled             bool
		Every_s, Last_count int64
		Last_run, Last_error, Next_run, Last_alert,
		Severity string
	}
}

func TestAScheduledSearchRaisesAnAlertWithItsEvents(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	column := func(user string) []event.Column {
		return []event.Column{{ID: event.UserName, Value: event.StringValue(user)}}
	}
	for range 3 {
		w.append(event.Event{Message: "no entry", Outcome: event.Failure, Columns: column("eve")}, event.Event{Message: "welcome", Outcome: event.Success, Columns: column("ann")})
	}
	form := object{"name": "Failures", "q": "outcome:failure", "range": "24h",
		"schedule": object{"enabled": true, "every_s": 60, "over_s": 3600, "op": ">=", "count": 3, "severity": "high", "title": "Many failures", "group_by": "user.name"}}
	var x savedSearch
	ann := s.SignIn(t, "ann", auth.Analyst)
	ann.Send(t, "POST", "/api/v1/searches", form).OK(t, &x)
	for end := time.Now().Add(20 * time.Second); x.Schedule.Last_run == "" && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		ann.Get(t, "/api/v1/searches/"+x.ID).OK(t, &x)
	}
	if x.Schedule.Last_count != 3 || x.Schedule.Last_error != "" || x.Schedule.Last_alert == "" || x.Owner_name != "Person ann" || x.Columns == nil {
		t.Fatalf("%+v %+v", x, x.Schedule)
	}
	type alertView struct {
		Kind, Rule, Rule_title, Severity, Why string
		Count                                 int
		Events                                []string
		Case                                  *struct{ ID string }
	}
	var a alertView
	ann.Get(t, "/api/v1/alerts/"+x.Schedule.Last_alert).OK(t, &a)
	if a.Kind != "search" || a.Rule != x.ID || a.Rule_title != "Many failures" || a.Severity != "high" || a.Count != 1 || len(a.Events) != 3 || !strings.Contains(a.Why, "found 3") {
		t.Errorf("%+v", a)
	}
	ann.Send(t, "POST", "/api/v1/searches/"+x.ID+"/run", nil).OK(t, &x)
	ann.Get(t, "/api/v1/alerts/"+x.Schedule.Last_alert).OK(t, &a)
	var page struct{ Items []struct{ Kind string } }
	ann.Get(t, "/api/v1/alerts").OK(t, &page)
	if a.Count != 2 || len(page.Items) != 1 {
		t.Errorf("the second look did not fold: %+v, %d alerts", a, len(page.Items))
	}
	for end := time.Now().Add(20 * time.Second); a.Case == nil && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		ann.Get(t, "/api/v1/alerts/"+x.Schedule.Last_alert).OK(t, &a)
	}
	if a.Case == nil {
		t.Error("the alert opened no case")
	}
}

func TestASavedSearchIsItsOwnersToChange(t *testing.T) {
	s := apptest.Start(t, "", nil)
	ann, bob, auditor := s.SignIn(t, "ann", auth.Analyst), s.SignIn(t, "bob", auth.Analyst), s.SignIn(t, "oda", auth.Auditor)
	var x savedSearch
	made := ann.Send(t, "POST", "/api/v1/searches", object{"name": "Mine", "q": "user.name:eve", "columns": []string{"time", "user.name"}, "schedule": nil})
	made.OK(t, &x)
	if made.Header.Get("ETag") != `"1"` || x.Schedule != nil || x.Owner != ann.Person {
		t.Errorf("%s %+v", made.Header.Get("ETag"), x)
	}
	bob.Get(t, "/api/v1/searches/"+x.ID).Problem(t, 404)
	ann.Send(t, "PUT", "/api/v1/searches/"+x.ID, object{"name": "Mine", "q": "user.name:eve", "shared": true}, "If-Match", `"1"`).OK(t, &x)
	bob.Get(t, "/api/v1/searches/"+x.ID).OK(t, nil)
	bob.Send(t, "PUT", "/api/v1/searches/"+x.ID, object{"name": "Bob's", "q": ""}, "If-Match", `"2"`).Problem(t, 403)
	bob.Send(t, "DELETE", "/api/v1/searches/"+x.ID, nil).Problem(t, 403)
	ann.Send(t, "DELETE", "/api/v1/searches/"+x.ID, nil, "If-Match", `"1"`).Problem(t, 412)
	// Who changes nothing may keep a query, and raises no alerts with it.
	plan := object{"enabled": true, "every_s": 60, "over_s": 60, "op": ">", "count": 1, "severity": "low", "title": "x"}
	auditor.Send(t, "POST", "/api/v1/searches", object{"name": "a", "q": ""}).OK(t, nil)
	auditor.Send(t, "POST", "/api/v1/searches", object{"name": "b", "q": "", "schedule": plan}).Problem(t, 403)
	p := ann.Send(t, "POST", "/api/v1/searches", object{"name": "c", "q": "user.name:eve and ("}).Problem(t, 422)
	if p.Offset == nil {
		t.Errorf("a mistake in the query has no place: %+v", p)
	}
	ann.Send(t, "DELETE", "/api/v1/searches/"+x.ID, nil, "If-Match", `"2"`).OK(t, nil)
	ann.Get(t, "/api/v1/searches/"+x.ID).Problem(t, 404)
}
