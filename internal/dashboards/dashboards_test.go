package dashboards

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/normalize"
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

func TestAPanelAsksItsQueryOverItsWindow(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	for _, c := range []struct {
		panel  Panel
		window Window
		want   string
	}{
		{panel(nil), Window{}, "outcome:failure | count @05-31 12:00+24h0m0s"},
		{panel(func(p *Panel) { p.Range = "1h" }), Window{}, "outcome:failure | count @06-01 11:00+1h0m0s"},
		{panel(nil), Window{From: "now-7d", To: "now-1d"}, "outcome:failure | count @05-25 12:00+144h0m0s"},
		{panel(nil), Window{From: "2026-05-01", To: "2026-05-02T00:00:00Z"}, "outcome:failure | count @05-01 00:00+24h0m0s"},
		{panel(nil), Window{From: "now/d", Zone: time.FixedZone("", 2*3600)}, "outcome:failure | count @05-31 22:00+14h0m0s"},
		{panel(func(p *Panel) { p.Query = "outcome:failure" }), Window{}, "outcome:failure | count @05-31 12:00+24h0m0s"},
		{panel(func(p *Panel) { p.Query, p.Kind = "", Chart }), Window{}, "* | timechart count @05-31 12:00+24h0m0s"},
		{panel(func(p *Panel) { p.Query, p.Kind = "a", Top }), Window{}, "a | top 10 source @05-31 12:00+24h0m0s"},
		{panel(func(p *Panel) { p.Query, p.Kind = "a", Table }), Window{}, "a @05-31 12:00+24h0m0s"},
	} {
		d, err := w.create(board(c.panel), nil)
		must(t, err)
		a, err := w.Ask(t.Context(), 1, d, "p1", c.window)
		if got := w.asked[len(w.asked)-1]; err != nil || got != c.want || !a.Of.Equal(noon) || len(a.Rows) != 1 {
			t.Errorf("asked %q, want %q (%v)", got, c.want, err)
		}
	}
	d := Dashboard{Body: board(panel(func(p *Panel) { p.Kind = Text }))}
	n := len(w.asked)
	if _, err := w.Ask(t.Context(), 1, d, "p1", Window{}); err != nil || len(w.asked) != n {
		t.Errorf("a text was asked: %v", err)
	}
	for _, bad := range []Window{{From: "then"}, {From: "now-1h", To: "never"}, {From: "now", To: "now-1h"}} {
		if _, err := w.Ask(t.Context(), 1, Dashboard{Body: board(panel(nil))}, "p1", bad); !problem.Is(err, problem.Invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if _, err := w.Ask(t.Context(), 1, d, "p2", Window{}); !problem.Is(err, problem.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestAnAnswerIsKeptForSomeSecondsByWhatWasAsked(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	d := Dashboard{ID: "d", Version: 1, Body: board(panel(nil))}
	ask := func(tn tenant.ID, d Dashboard, win Window) {
		t.Helper()
		if _, err := w.Ask(t.Context(), tn, d, "p1", win); err != nil {
			t.Fatal(err)
		}
	}
	steps := []func(){
		func() { ask(1, d, Window{}) },
		func() { ask(2, d, Window{}) },
		func() { ask(1, d, Window{From: "now-1h"}) },
		func() { d2 := d; d2.Version = 2; ask(1, d2, Window{}) },
		func() { w.now = w.now.Add(keepAnswers); ask(1, d, Window{}) },
	}
	for i, step := range steps {
		step()
		if len(w.asked) != i+1 {
			t.Errorf("step %d: asked %d times", i, len(w.asked))
		}
		if i < 4 {
			step()
		}
		if len(w.asked) != i+1 {
			t.Errorf("step %d again: asked %d times", i, len(w.asked))
		}
	}
	w.answer = func(query.Query) (eventstore.Table, error) { return eventstore.Table{}, errors.New("broken") }
	w.now = w.now.Add(keepAnswers)
	for range 2 {
		if _, err := w.Ask(t.Context(), 1, d, "p1", Window{}); err == nil {
			t.Error("an error was not told")
		}
	}
	if len(w.asked) != len(steps)+2 {
		t.Error("an error was kept")
	}
	for i := range 2 * maxAnswers {
		w.answers.take(answerKey{panel: fmt.Sprint(i)}, w.now)
		w.answers.mu.Lock()
		w.answers.kept[answerKey{panel: fmt.Sprint(i)}].until = w.now
		w.answers.mu.Unlock()
	}
	if n := len(w.answers.kept); n > maxAnswers {
		t.Errorf("%d answers are kept", n)
	}
}

func TestWhoAsksMeanwhileWaitsForTheSameAnswer(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	d := Dashboard{ID: "d", Body: board(panel(nil))}
	begun, release := make(chan struct{}, 2), make(chan struct{})
	w.answer = func(query.Query) (eventstore.Table, error) {
		begun <- struct{}{}
		<-release
		return eventstore.Table{Rows: [][]any{{int64(3)}}}, nil
	}
	var all sync.WaitGroup
	ask := func() {
		if a, err := w.Ask(t.Context(), 1, d, "p1", Window{}); err != nil || len(a.Rows) != 1 {
			t.Errorf("%v %v", a, err)
		}
	}
	all.Go(ask)
	<-begun
	for range 5 {
		all.Go(ask)
	}
	close(release)
	all.Wait()
	if len(w.asked) != 1 {
		t.Errorf("asked %d times", len(w.asked))
	}
}

func TestAReaderThatLeavesDoesNotFailTheOthers(t *testing.T) {
	a := newAnswers()
	clock := func() time.Time { return noon }
	leaving, leave := context.WithCancel(t.Context())
	begun := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_, err := a.of(leaving, answerKey{}, clock, func() (Answer, error) { close(begun); <-leaving.Done(); return Answer{}, leaving.Err() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
	<-begun
	all.Go(func() {
		got, err := a.of(t.Context(), answerKey{}, clock, func() (Answer, error) { return Answer{Took: 1}, nil })
		if err != nil || got.Took != 1 {
			t.Errorf("%v %v", got, err)
		}
	})
	leave()
	all.Wait()
}

// Every shipped panel parses, and what it names exists: a column, a field of the
// envelope, or one that a shipped mapping supplies.
func TestShippedDashboardsNameFieldsThatExist(t *testing.T) {
	var mappings strings.Builder
	must(t, fs.WalkDir(normalize.Shipped(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(normalize.Shipped(), path)
		mappings.Write(text)
		return err
	}))
	supplies := func(name string) bool {
		return regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).MatchString(mappings.String())
	}
	classes := map[string]bool{}
	for c := range event.Class(300_000) {
		if _, ok := event.ParseClass(c.String()); ok {
			classes[c.String()] = true
		}
	}
	shipped, err := loadShipped(noon)
	must(t, err)
	var ids []string
	for _, d := range shipped {
		ids = append(ids, d.ID)
		for _, p := range d.Panels {
			if p.Title == "" || p.Kind != Text && !strings.Contains(p.Query, "|") {
				t.Errorf("%s/%s has no title or no pipe", d.ID, p.ID)
			}
			q, err := p.question(noon, time.UTC)
			must(t, err)
			for _, f := range fieldsOf(q) {
				if f.Kind == query.Native && !f.Computed && !supplies(f.Name) {
					t.Errorf("%s/%s names %s, which nothing supplies", d.ID, p.ID, f.Name)
				}
			}
			eachTerm(q.Where, func(x query.Term) {
				if v, ok := x.Test.(query.Equal); ok && x.Field.Name == "class" && !classes[v.Value.Text] {
					t.Errorf("%s/%s names the class %s, which does not exist", d.ID, p.ID, v.Value.Text)
				}
			})
		}
		for i, a := range d.Panels {
			for _, b := range d.Panels[:i] {
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					t.Errorf("%s: %s covers %s", d.ID, a.ID, b.ID)
				}
			}
		}
	}
	if !slices.Equal(ids, []string{"overview", "logins", "windows", "network", "web"}) {
		t.Errorf("%v", ids)
	}
}

func eachTerm(x query.Expr, f func(query.Term)) {
	switch x := x.(type) {
	case query.And:
		for _, m := range x.Of {
			eachTerm(m, f)
		}
	case query.Or:
		for _, m := range x.Of {
			eachTerm(m, f)
		}
	case query.Not:
		eachTerm(x.Of, f)
	case query.Term:
		f(x)
	}
}

func fieldsOf(q query.Query) (out []query.Field) {
	term := func(x query.Term) { out = append(out, x.Field) }
	eachTerm(q.Where, term)
	for _, p := range q.Pipes {
		switch p := p.(type) {
		case query.Count:
			out = append(out, p.By...)
		case query.Top:
			out = append(out, p.Field)
		case query.Timechart:
			if p.Agg.Func != query.FuncCount {
				out = append(out, p.Agg.Field)
			}
			if p.By != nil {
				out = append(out, *p.By)
			}
		case query.Stats:
			out = append(out, p.By...)
			for _, a := range p.Aggs {
				if a.Func != query.FuncCount {
					out = append(out, a.Field)
				}
			}
		case query.Sort:
			for _, k := range p.By {
				out = append(out, k.Field)
			}
		case query.Fields:
			out = append(out, p.Of...)
		case query.Filter:
			eachTerm(p.Where, term)
		}
	}
	return out
}

func TestTheClockOfAZone(t *testing.T) {
	prague, err := time.LoadLocation("Europe/Prague")
	must(t, err)
	at := func(s string) time.Time {
		x, err := time.Parse(time.RFC3339, s)
		must(t, err)
		return x
	}
	for _, c := range []struct {
		name, now, every string
		hh, mm           int
		want             string
	}{
		{"later today", "2026-06-01T05:00:00Z", Daily, 8, 0, "2026-06-01T08:00:00+02:00"},
		{"tomorrow", "2026-06-01T06:00:00Z", Daily, 8, 0, "2026-06-02T08:00:00+02:00"},
		{"by the zone's date", "2026-06-01T22:30:00Z", Daily, 0, 15, "2026-06-03T00:15:00+02:00"},
		{"next Monday", "2026-06-01T12:00:00Z", Weekly, 8, 0, "2026-06-08T08:00:00+02:00"},
		{"the first of the next month", "2026-06-01T12:00:00Z", Monthly, 8, 0, "2026-07-01T08:00:00+02:00"},
		{"over the end of a year", "2026-12-15T12:00:00Z", Monthly, 8, 0, "2027-01-01T08:00:00+01:00"},
		{"the same clock after the change", "2026-10-24T12:00:00Z", Daily, 8, 0, "2026-10-25T08:00:00+01:00"},
		{"before the change", "2026-03-28T12:00:00Z", Daily, 8, 0, "2026-03-29T08:00:00+02:00"},
		{"an hour that is skipped", "2026-03-28T12:00:00Z", Daily, 2, 30, "2026-03-29T03:30:00+02:00"},
		{"an hour that comes twice, the first", "2026-10-24T12:00:00Z", Daily, 2, 30, "2026-10-25T02:30:00+02:00"},
		{"not the second", "2026-10-25T00:30:00Z", Daily, 2, 30, "2026-10-26T02:30:00+01:00"},
	} {
		got := nextAt(at(c.now), c.every, c.hh, c.mm, prague)
		if !got.Equal(at(c.want)) {
			t.Errorf("%s: %s, want %s", c.name, got.In(prague).Format(time.RFC3339), c.want)
		}
	}
}

func (w *world) Ready() error {
	if w.noMail {
		return problem.New(problem.Conflict, "No mail server is configured.")
	}
	return nil
}

func (w *world) Queue(_ context.Context, _ *db.Tx, m Mailing) error {
	w.mails = append(w.mails, m)
	return nil
}

// pass lets time go by and sends all mailings that are due then.
func (w *world) pass(d time.Duration) (sent int) {
	w.t.Helper()
	w.now = w.now.Add(d)
	_, err := w.timers.Due(w.t.Context())
	must(w.t, err)
	for {
		more, err := w.Next(w.t.Context())
		must(w.t, err)
		if !more {
			return sent
		}
		sent++
	}
}

func (w *world) mailed(change func(*MailForm)) Dashboard {
	w.t.Helper()
	f := &MailForm{To: []string{"ann@example.org", "bob@example.org"}, Every: Daily, At: "08:00", Zone: "Europe/Prague"}
	if change != nil {
		change(f)
	}
	d, err := w.create(board(panel(nil)), f)
	must(w.t, err)
	return d
}

func TestADashboardIsMailedAtItsTime(t *testing.T) {
	both(t, func(w *world) {
		d := w.mailed(nil)
		if n := w.pass(17*time.Hour + 59*time.Minute); n != 0 {
			t.Errorf("%d mailings at %s", n, w.now)
		}
		if n := w.pass(time.Minute); n != 1 || len(w.mails) != 1 { // 06:00 UTC
			t.Fatalf("%d mailings at %s", n, w.now)
		}
		m := w.mails[0]
		if !slices.Equal(m.People, []string{"ann", "bob"}) || m.Subject != "Mine" || m.File != "Mine.png" || !strings.HasSuffix(m.Link, d.ID) || !strings.HasPrefix(string(m.PNG), "\x89PNG") ||
			!strings.Contains(m.Body, "2026-06-01 08:00 to 2026-06-02 08:00 Europe/Prague (+02:00)") {
			t.Errorf("%q %+v", m.Body, m.People)
		}
		if d = w.get(d.ID); !d.NextMail.Equal(time.Date(2026, 6, 3, 6, 0, 0, 0, time.UTC)) || d.MailError != "" {
			t.Errorf("%+v", d)
		}
		// Days without the server are one mailing.
		if n := w.pass(5 * 24 * time.Hour); n != 1 {
			t.Errorf("%d mailings after five days", n)
		}
	})
}

func TestAMailingThatCannotLeaveSaysWhy(t *testing.T) {
	both(t, func(w *world) {
		d := w.mailed(nil)
		w.noMail = true
		w.pass(24 * time.Hour)
		if d = w.get(d.ID); len(w.mails) != 0 || d.MailError != "No mail server is configured." {
			t.Errorf("%+v", d)
		}
		w.noMail = false
		delete(w.people, "bob")
		w.pass(24 * time.Hour)
		if d = w.get(d.ID); len(w.mails) != 1 || !slices.Equal(w.mails[0].People, []string{"ann"}) || d.MailError != "" {
			t.Errorf("%+v, %v", d, w.mails)
		}
		delete(w.people, "ann")
		w.pass(24 * time.Hour)
		if d = w.get(d.ID); len(w.mails) != 1 || !strings.Contains(d.MailError, "None of those") {
			t.Errorf("%+v", d)
		}
	})
}

func TestAPanelWithoutAnswerIsSaidInThePicture(t *testing.T) {
	both(t, func(w *world) {
		w.mailed(nil)
		w.answer = func(query.Query) (eventstore.Table, error) {
			return eventstore.Table{}, problem.New(problem.Unavailable, "the event store is closed")
		}
		if w.pass(24 * time.Hour); len(w.mails) != 1 {
			t.Error("the mailing did not leave")
		}
	})
}

func TestSendNow(t *testing.T) {
	both(t, func(w *world) {
		d := w.mailed(nil)
		plain, err := w.create(board(), nil)
		must(t, err)
		for _, c := range []struct {
			who  Who
			id   string
			want problem.Kind
		}{{Who{Person: "ann"}, d.ID, ""}, {Who{Person: "meg", Manages: true}, d.ID, ""}, {Who{Person: "bob"}, d.ID, problem.NotFound}, {Who{Person: "ann"}, plain.ID, problem.Conflict}, {Who{Person: "ann"}, "overview", problem.Denied}} {
			if _, err := w.SendNow(t.Context(), w.DB.For(1, c.who.Person), c.who, c.id); problem.KindOf(err) != c.want {
				t.Errorf("%v %s: %v", c.who, c.id, err)
			}
		}
		if len(w.mails) != 2 || !w.get(d.ID).NextMail.Equal(d.NextMail) {
			t.Errorf("%d mailings", len(w.mails))
		}
		rows, err := record.List(t.Context(), w.DB.For(1, "test"), record.Filter{KindPrefix: "dashboard.mailed", Limit: 10})
		if err != nil || len(rows) != 2 || rows[0].Actor != "ann" {
			t.Errorf("%v %v", rows, err)
		}
	})
}

func TestADashboardThatIsMailedNoMoreSendsNothing(t *testing.T) {
	both(t, func(w *world) {
		d := w.mailed(nil)
		must(t, w.do("ann", func(ctx context.Context, tx *db.Tx) error {
			_, err := w.Update(ctx, tx, Who{Person: "ann"}, d.ID, 1, d.Body, nil)
			return err
		}))
		e := w.mailed(nil)
		must(t, w.do("ann", func(ctx context.Context, tx *db.Tx) error { return w.Delete(ctx, tx, Who{Person: "ann"}, e.ID, 1) }))
		if n := w.pass(48 * time.Hour); n != 0 {
			t.Errorf("%d mailings", n)
		}
	})
}
