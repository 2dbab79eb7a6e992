package api_test

import (
	"context"
	"testing"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/dashboards"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
)

func (w *world) boardForm() object {
	return object{"name": w.name("board"), "shared": true, "range": "7d", "refresh_s": 60, "mail": nil,
		"panels": []object{{"id": "p1", "title": "Failures", "kind": "count", "q": "outcome:failure | count", "text": "", "x": 0, "y": 0, "w": 6, "h": 4, "range": ""}}}
}

// board makes a dashboard that all of its tenant see.
func (w *world) board() string {
	w.t.Helper()
	var d dashboards.Dashboard
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		d, err = w.s.Parts.Dashboards.Create(ctx, tx, dashboards.Body{Name: w.name("zebra"), Shared: true, Range: "24h", Panels: []dashboards.Panel{{ID: "panel", Kind: "count", Query: "* | count", W: 4, H: 4}}}, nil)
		return err
	})
	return d.ID
}

type boardView struct {
	ID, Name, Owner, Owner_name, Range string
	Shared, Shipped                    bool
	Version                            int64
	Panels                             []struct{ ID, Kind, Q string }
	Mail                               *struct {
		To                           []string
		Every, At, Zone, Next, Error string
	}
}

func TestDashboardsAreMadeCopiedAndChanged(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	ann, bob := s.SignIn(t, "ann", auth.Analyst), s.SignIn(t, "bob", auth.Responder)
	var all struct{ Items []boardView }
	ann.Get(t, "/api/v1/dashboards?limit=200").OK(t, &all)
	if len(all.Items) != 5 || !all.Items[0].Shipped || all.Items[0].Owner_name != "Tocsin" || len(all.Items[0].Panels) == 0 {
		t.Fatalf("%+v", all)
	}
	ann.Send(t, "PUT", "/api/v1/dashboards/overview", w.boardForm(), "If-Match", `"1"`).Problem(t, 409)
	ann.Send(t, "DELETE", "/api/v1/dashboards/overview", nil).Problem(t, 409)
	var d boardView
	made := ann.Send(t, "POST", "/api/v1/dashboards", w.boardForm())
	made.OK(t, &d)
	if made.Header.Get("ETag") != `"1"` || d.Owner != ann.Person || d.Owner_name != "Person ann" || d.Mail != nil || d.Range != "7d" {
		t.Errorf("%+v", d)
	}
	bob.Send(t, "PUT", "/api/v1/dashboards/"+d.ID, w.boardForm(), "If-Match", `"1"`).Problem(t, 403)
	ann.Send(t, "PUT", "/api/v1/dashboards/"+d.ID, w.boardForm(), "If-Match", `"9"`).Problem(t, 412)
	ann.Send(t, "PUT", "/api/v1/dashboards/"+d.ID, w.boardForm(), "If-Match", `"1"`).OK(t, &d)
	if d.Version != 2 {
		t.Errorf("%+v", d)
	}
	bad := w.boardForm()
	bad["panels"] = []object{{"id": "p1", "kind": "count", "q": "outcome:(", "x": 0, "y": 0, "w": 6, "h": 4}}
	if p := ann.Send(t, "POST", "/api/v1/dashboards", bad).Problem(t, 422); p.Offset == nil {
		t.Errorf("a mistake in a panel's query has no place: %+v", p)
	}
	ann.Send(t, "DELETE", "/api/v1/dashboards/"+d.ID, nil, "If-Match", `"2"`).OK(t, nil)
	bob.Get(t, "/api/v1/dashboards/"+d.ID).Problem(t, 404)
}

type panelAnswer struct {
	Table *struct {
		Columns []struct{ Name, Type string }
		Rows    [][]any
		Chart   string
	}
	Incomplete bool
	Reason, Of string
}

func TestPanelsAnswerFromEvents(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	w.append(event.Event{Message: "one", Source: "fw", Outcome: event.Failure}, event.Event{Message: "two", Source: "fw"}, event.Event{Message: "three", Source: "web", Outcome: event.Failure})
	ann := s.SignIn(t, "ann", auth.Analyst)
	var a panelAnswer
	ann.Get(t, "/api/v1/dashboards/overview/panels/failed?from=now-1h&to=now").OK(t, &a)
	if a.Table == nil || len(a.Table.Rows) != 1 || a.Table.Rows[0][0] != 2.0 || a.Table.Columns[0].Type != "number" || a.Of == "" || a.Incomplete {
		t.Errorf("%+v", a)
	}
	ann.Get(t, "/api/v1/dashboards/overview/panels/by-source").OK(t, &a)
	if a.Table.Chart != "line" || len(a.Table.Columns) != 3 || a.Table.Columns[0].Type != "time" || len(a.Table.Rows) < 24 {
		t.Fatalf("%+v", a.Table)
	}
	if at, ok := a.Table.Rows[0][0].(string); !ok || len(at) < 20 || at[10] != 'T' {
		t.Errorf("a time reads %v", a.Table.Rows[0][0])
	}
	ann.Get(t, "/api/v1/dashboards/overview/panels/nothing").Problem(t, 404)
	ann.Get(t, "/api/v1/dashboards/overview/panels/failed?from=then").Problem(t, 422)
	// Every panel that is shipped answers.
	for _, d := range []string{"overview", "logins", "windows", "network", "web"} {
		var b boardView
		ann.Get(t, "/api/v1/dashboards/"+d).OK(t, &b)
		for _, p := range b.Panels {
			ann.Get(t, "/api/v1/dashboards/"+d+"/panels/"+p.ID).OK(t, nil)
		}
	}
}
