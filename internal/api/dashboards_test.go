package api_test

import (
	"bufio"
	"context"
	"image/png"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/app"
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

// mailed makes a dashboard that is mailed to the world's person.
func (w *world) mailed() string {
	w.t.Helper()
	var d dashboards.Dashboard
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		if _, err = tx.Exec(ctx, "UPDATE person_personal SET email = ? WHERE tenant = :tenant AND person = ?", "who@example.org", w.person); err != nil {
			return err
		}
		d, err = w.s.Parts.Dashboards.Create(ctx, tx, dashboards.Body{Name: w.name("mailed"), Shared: true, Range: "24h"}, &dashboards.MailForm{To: []string{"who@example.org"}, Every: "daily", At: "08:00", Zone: "Europe/Prague"})
		return err
	})
	return d.ID
}

// outbox takes every mailing, as if a mail server were configured.
type outbox struct{}

func (outbox) Ready() error                                            { return nil }
func (outbox) Queue(context.Context, *db.Tx, dashboards.Mailing) error { return nil }

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

func TestAPictureOfADashboard(t *testing.T) {
	s := apptest.Start(t, "", nil)
	firstWorld(t, s).append(event.Event{Message: "one", Source: "fw", Outcome: event.Failure})
	ann := s.SignIn(t, "ann", auth.Analyst)
	got := ann.Get(t, "/api/v1/dashboards/overview/picture.png?from=now-7d&to=now&tz=Europe/Prague")
	img, err := png.Decode(strings.NewReader(got.Body))
	if err != nil || got.Header.Get("Content-Type") != "image/png" || got.Header.Get("Content-Disposition") != `inline; filename="Overview.png"` || img.Bounds().Dx() < 1000 {
		t.Errorf("%v %v", err, got.Header)
	}
	ann.Get(t, "/api/v1/dashboards/overview/picture.png?tz=Mars").Problem(t, 422)
	ann.Get(t, "/api/v1/dashboards/overview/picture.png?from=then").Problem(t, 422)
	ann.Get(t, "/api/v1/dashboards/absent/picture.png").Problem(t, 404)
	s.SignIn(t, "rita", auth.Reporter).Get(t, "/api/v1/dashboards/overview/picture.png").Problem(t, 403)
}

func TestADashboardIsMailedToPeopleOfTheInstallation(t *testing.T) {
	mails := mailServer(t)
	s := apptest.Start(t, "", func(c *app.Config) {
		c.SMTP.Host, c.SMTP.Port, c.SMTP.TLS, c.SMTP.From = "127.0.0.1", mails.port, "none", "tocsin@example.org"
	})
	w := firstWorld(t, s)
	ann := s.SignIn(t, "ann", auth.Analyst)
	form := w.boardForm()
	form["mail"] = object{"to": []string{"eve@example.com"}, "every": "weekly", "at": "08:00", "zone": "Europe/Prague"}
	if p := ann.Send(t, "POST", "/api/v1/dashboards", form).Problem(t, 422); !strings.Contains(p.Detail, "eve@example.com") {
		t.Errorf("%+v", p)
	}
	form["mail"] = object{"to": []string{"ANN@example.org"}, "every": "weekly", "at": "08:00", "zone": "Europe/Prague"}
	var d boardView
	ann.Send(t, "POST", "/api/v1/dashboards", form).OK(t, &d)
	if d.Mail == nil || len(d.Mail.To) != 1 || d.Mail.To[0] != "ann@example.org" || d.Mail.Next == "" {
		t.Fatalf("%+v", d.Mail)
	}
	ann.Send(t, "POST", "/api/v1/dashboards/"+d.ID+"/mail", nil).OK(t, nil)
	mail := mails.next(t)
	for _, want := range []string{"To: <ann@example.org>", "multipart/related", "Content-Id: <picture>", "image/png", `src=3D"cid:picture"`} {
		if !strings.Contains(mail, want) {
			t.Errorf("the mail lacks %q:\n%.3000s", want, mail)
		}
	}
	form["mail"] = nil
	ann.Send(t, "PUT", "/api/v1/dashboards/"+d.ID, form, "If-Match", `"1"`).OK(t, &d)
	ann.Send(t, "POST", "/api/v1/dashboards/"+d.ID+"/mail", nil).Problem(t, 409)
}

func TestWithoutAMailServerNothingIsMailed(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	p := s.Admin.Send(t, "POST", "/api/v1/dashboards/"+w.mailed()+"/mail", nil).Problem(t, 409)
	if !strings.Contains(p.Detail, "No mail server is configured") {
		t.Errorf("%+v", p)
	}
}

// inbox is a mail server that takes everything.
type inbox struct {
	port  int
	mails chan string
}

func mailServer(t *testing.T) *inbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	in := &inbox{l.Addr().(*net.TCPAddr).Port, make(chan string, 10)}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go in.serve(c)
		}
	}()
	return in
}

func (in *inbox) serve(c net.Conn) {
	defer c.Close()
	say := func(s string) { _, _ = io.WriteString(c, s+"\r\n") }
	say("220 test")
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " "); verb {
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				if line, err = r.ReadString('\n'); err != nil || line == ".\r\n" {
					break
				}
				text.WriteString(line)
			}
			in.mails <- text.String()
			say("250 queued")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// next waits for a mail.
func (in *inbox) next(t *testing.T) string {
	t.Helper()
	select {
	case m := <-in.mails:
		return m
	case <-time.After(20 * time.Second):
		t.Fatal("no mail came")
		return ""
	}
}
