package dashboards

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/internal/timer"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) // a Monday

// world is the service over a real relational store; what the event store
// answers, who works here and what is mailed are the test's.
type world struct {
	*Service
	t      *testing.T
	now    time.Time
	timers *timer.Service
	answer func(q query.Query) (eventstore.Table, error)
	mu     sync.Mutex
	asked  []string
	people map[string]string // addresses by id
	mails  []Mailing
	noMail bool
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, now: noon, people: map[string]string{"ann": "ann@example.org", "bob": "bob@example.org"}}
	clock := func() time.Time { return w.now }
	log := slog.New(slog.DiscardHandler)
	w.timers = timer.New(d, clock, log)
	var err error
	w.Service, err = New(Options{DB: d, Record: record.New(d, clock), Timers: w.timers, Events: w, People: w, Outbox: w, Now: clock, Log: log, Link: func(id string) string { return "https://tocsin.example.org/search/dashboards/" + id }})
	must(t, err)
	w.timers.Handle(TimerMail, w.Due)
	w.answer = func(query.Query) (eventstore.Table, error) {
		return eventstore.Table{Columns: []eventstore.TableColumn{{Name: "count", Type: "number"}}, Rows: [][]any{{int64(7)}}}, nil
	}
	return w
}

func both(t *testing.T, test func(*world)) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) { test(newWorld(t, d)) })
}

func (w *world) Aggregate(_ context.Context, _ tenant.ID, q query.Query, from, to int64, _ func(eventstore.Table)) (eventstore.Table, error) {
	w.mu.Lock()
	w.asked = append(w.asked, fmt.Sprintf("%s @%s+%s", q, time.Unix(0, from).UTC().Format("01-02 15:04"), time.Duration(to-from)))
	w.mu.Unlock()
	return w.answer(q)
}

func (w *world) ByAddress(_ context.Context, _ db.Querier, addresses []string) (people, unknown []string, err error) {
	for _, a := range addresses {
		id, _, _ := strings.Cut(a, "@")
		if w.people[id] == a {
			people = append(people, id)
		} else {
			unknown = append(unknown, a)
		}
	}
	return people, unknown, nil
}

func (w *world) Addresses(_ context.Context, _ db.Querier, people []string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range people {
		if a, ok := w.people[id]; ok {
			out[id] = a
		}
	}
	return out, nil
}

func (w *world) do(person string, fn func(context.Context, *db.Tx) error) error {
	w.t.Helper()
	return w.DB.For(1, person).Tx(w.t.Context(), func(tx *db.Tx) error { return fn(w.t.Context(), tx) })
}

func (w *world) create(b Body, m *MailForm) (d Dashboard, err error) {
	w.t.Helper()
	err = w.do("ann", func(ctx context.Context, tx *db.Tx) (err error) { d, err = w.Create(ctx, tx, b, m); return err })
	return d, err
}

func (w *world) get(id string) Dashboard {
	w.t.Helper()
	d, err := w.Get(w.t.Context(), w.DB.For(1, "ann"), Who{Person: "ann"}, id)
	must(w.t, err)
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func panel(change func(*Panel)) Panel {
	p := Panel{ID: "p1", Title: "Failures", Kind: Count, Query: "outcome:failure | count", W: 6, H: 4}
	if change != nil {
		change(&p)
	}
	return p
}

func board(panels ...Panel) Body {
	return Body{Name: "Mine", Range: "24h", RefreshS: 60, Panels: panels}
}

func TestWhatIsRefused(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	mail := func(change func(*MailForm)) *MailForm {
		f := &MailForm{To: []string{"ann@example.org"}, Every: Daily, At: "08:00", Zone: "Europe/Prague"}
		change(f)
		return f
	}
	for name, c := range map[string]struct {
		body Body
		mail *MailForm
	}{
		"no name":             {Body{Name: " ", Range: "24h"}, nil},
		"a bad range":         {Body{Name: "x", Range: "soon"}, nil},
		"too quick":           {Body{Name: "x", RefreshS: 1}, nil},
		"an id twice":         {board(panel(nil), panel(nil)), nil},
		"a bad id":            {board(panel(func(p *Panel) { p.ID = "a/b" })), nil},
		"an unknown kind":     {board(panel(func(p *Panel) { p.Kind = "pie" })), nil},
		"a bad query":         {board(panel(func(p *Panel) { p.Query = "(" })), nil},
		"too wide":            {board(panel(func(p *Panel) { p.X, p.W = 8, 5 })), nil},
		"no height":           {board(panel(func(p *Panel) { p.H = 0 })), nil},
		"a panel's bad range": {board(panel(func(p *Panel) { p.Range = "x" })), nil},
		"a long text":         {board(panel(func(p *Panel) { p.Kind, p.Text = Text, strings.Repeat("x", 40_001) })), nil},
		"too many panels":     {board(make([]Panel, 41)...), nil},
		"a stranger":          {board(), mail(func(f *MailForm) { f.To = []string{"eve@example.com"} })},
		"nobody":              {board(), mail(func(f *MailForm) { f.To = nil })},
		"an unknown rhythm":   {board(), mail(func(f *MailForm) { f.Every = "hourly" })},
		"a bad time of day":   {board(), mail(func(f *MailForm) { f.At = "8:00" })},
		"an unknown zone":     {board(), mail(func(f *MailForm) { f.Zone = "Local" })},
	} {
		_, err := w.create(c.body, c.mail)
		if _, syntax := errors.AsType[*query.SyntaxError](err); !syntax && !problem.Is(err, problem.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhoSeesAndChangesADashboard(t *testing.T) {
	both(t, func(w *world) {
		own, err := w.create(board(panel(nil)), nil)
		must(t, err)
		b := board()
		b.Shared = true
		shared, err := w.create(b, nil)
		must(t, err)
		shipped := w.get("overview")
		for _, c := range []struct {
			who         Who
			d           Dashboard
			see, change bool
		}{
			{Who{"ann", false}, own, true, true}, {Who{"bob", false}, own, false, false}, {Who{"meg", true}, own, false, false},
			{Who{"bob", false}, shared, true, false}, {Who{"meg", true}, shared, true, true},
			{Who{"bob", false}, shipped, true, false}, {Who{"meg", true}, shipped, true, false},
		} {
			_, err := w.Get(t.Context(), w.DB.For(1, c.who.Person), c.who, c.d.ID)
			if (err == nil) != c.see {
				t.Errorf("%v sees %s: %v", c.who, c.d.ID, err)
			}
			for _, act := range []func(context.Context, *db.Tx) error{
				func(ctx context.Context, tx *db.Tx) error {
					_, err := w.Update(ctx, tx, c.who, c.d.ID, 1, c.d.Body, nil)
					return err
				},
				func(ctx context.Context, tx *db.Tx) error { return w.Delete(ctx, tx, c.who, c.d.ID, 0) },
			} {
				err = w.do(c.who.Person, func(ctx context.Context, tx *db.Tx) error {
					if err := act(ctx, tx); err != nil {
						return err
					}
					return errUndo
				})
				if errors.Is(err, errUndo) != c.change {
					t.Errorf("%v changes %s: %v", c.who, c.d.ID, err)
				}
			}
		}
		if _, err := w.Get(t.Context(), w.DB.For(2, "ann"), Who{"ann", true}, shared.ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("another tenant: %v", err)
		}
		all, err := w.List(t.Context(), w.DB.For(1, "bob"), Who{Person: "bob"})
		if err != nil || len(all) != 6 || !all[0].Shipped || all[5].ID != shared.ID {
			t.Errorf("%v, %v", all, err)
		}
	})
}

var errUndo = errors.New("undo")

func TestAnOldVersionIsRefusedAndChangesAreRecorded(t *testing.T) {
	both(t, func(w *world) {
		d, err := w.create(board(panel(nil)), nil)
		must(t, err)
		update := func(version int64) error {
			return w.do("ann", func(ctx context.Context, tx *db.Tx) error {
				_, err := w.Update(ctx, tx, Who{Person: "ann"}, d.ID, version, board(), nil)
				return err
			})
		}
		must(t, update(1))
		if err := update(1); !problem.Is(err, problem.Stale) {
			t.Errorf("%v", err)
		}
		must(t, w.do("ann", func(ctx context.Context, tx *db.Tx) error { return w.Delete(ctx, tx, Who{Person: "ann"}, d.ID, 2) }))
		rows, err := record.List(t.Context(), w.DB.For(1, "test"), record.Filter{KindPrefix: "dashboard.", Limit: 10})
		must(t, err)
		var kinds []string
		for _, r := range rows {
			kinds = append(kinds, r.Kind)
		}
		if !slices.Equal(kinds, []string{"dashboard.created", "dashboard.changed", "dashboard.removed"}) {
			t.Errorf("recorded %v", kinds)
		}
	})
}
