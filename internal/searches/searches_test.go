package searches

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	"github.com/tocsin-project/tocsin/internal/timer"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// world is the service over a real relational store; what the event store
// answers, and the alerts that are raised, are the test's.
type world struct {
	*Service
	t      *testing.T
	now    time.Time
	timers *timer.Service
	table  eventstore.Table
	fail   error
	asked  []string // query and window of each look
	raised []Finding
}

func both(t *testing.T, test func(*world)) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		w := &world{t: t, now: noon}
		clock := func() time.Time { return w.now }
		log := slog.New(slog.DiscardHandler)
		w.timers = timer.New(d, clock, log)
		w.Service = New(Service{DB: d, Record: record.New(d, clock), Timers: w.timers, Events: w, Alerts: w, Now: clock, Log: log})
		w.timers.Handle(TimerLook, w.Service.Due)
		test(w)
	})
}

func (w *world) Aggregate(_ context.Context, _ tenant.ID, q query.Query, from, to int64, _ func(eventstore.Table)) (eventstore.Table, error) {
	w.asked = append(w.asked, fmt.Sprintf("%s @%s+%s", q, time.Unix(0, from).UTC().Format("15:04"), time.Duration(to-from)))
	return w.table, w.fail
}

func (w *world) Search(_ context.Context, _ tenant.ID, r eventstore.Request) (eventstore.Page, error) {
	return eventstore.Page{Rows: []eventstore.Row{{ID: event.ID{byte(len(r.Query.String()))}}}}, nil
}

func (w *world) Raise(_ context.Context, tx *db.Tx, f Finding) (string, error) {
	if tx.Scope().Actor != actor {
		w.t.Errorf("raised in the name of %q", tx.Scope().Actor)
	}
	w.raised = append(w.raised, f)
	return "alert-" + f.Value, nil
}

// count is what "count" answers, groups what "count by" does.
func (w *world) count(n int64) { w.table = eventstore.Table{Rows: [][]any{{n}}} }
func (w *world) groups(of ...any) {
	w.table = eventstore.Table{}
	for i := 0; i < len(of); i += 2 {
		w.table.Rows = append(w.table.Rows, []any{of[i], int64(of[i+1].(int))})
	}
}

func (w *world) do(person string, fn func(context.Context, *db.Tx) error) error {
	w.t.Helper()
	return w.DB.For(1, person).Tx(w.t.Context(), func(tx *db.Tx) error { return fn(w.t.Context(), tx) })
}

func (w *world) create(b Body, p *Schedule) (x Search, err error) {
	w.t.Helper()
	err = w.do("ann", func(ctx context.Context, tx *db.Tx) (err error) { x, err = w.Create(ctx, tx, b, p); return err })
	return x, err
}

func (w *world) saved(p *Schedule) Search {
	w.t.Helper()
	x, err := w.create(Body{Name: "Failed logons", Query: "outcome:failure"}, p)
	must(w.t, err)
	return x
}

func (w *world) get(id string) Search {
	w.t.Helper()
	x, err := Get(w.t.Context(), w.DB.For(1, "ann"), Who{Person: "ann"}, id)
	must(w.t, err)
	return x
}

// pass lets time go by and takes all looks that are due then.
func (w *world) pass(d time.Duration) (looks int) {
	w.t.Helper()
	w.now = w.now.Add(d)
	_, err := w.timers.Due(w.t.Context())
	must(w.t, err)
	for ; ; looks++ {
		if more, err := w.Next(w.t.Context()); err != nil || !more {
			must(w.t, err)
			return looks
		}
	}
}

func (w *world) kinds() (kinds []string) {
	w.t.Helper()
	rows, err := record.List(w.t.Context(), w.DB.For(1, "test"), record.Filter{KindPrefix: "search.", Limit: 100})
	must(w.t, err)
	for _, r := range rows {
		kinds = append(kinds, r.Kind)
	}
	return kinds
}

func plan(change func(*Schedule)) *Schedule {
	p := &Schedule{Enabled: true, Every: 5 * time.Minute, Over: 15 * time.Minute, Op: ">=", Count: 10, Severity: event.High, Title: "Many failures"}
	if change != nil {
		change(p)
	}
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestALookRaisesAnAlertWhenItsConditionIsMet(t *testing.T) {
	both(t, func(w *world) {
		for _, c := range []struct {
			op          string
			count, seen int64
			met         bool
		}{{">=", 10, 10, true}, {">=", 10, 9, false}, {">", 10, 10, false}, {">", 10, 11, true}, {"=", 0, 0, true}, {"=", 3, 4, false}, {"<", 1, 0, true}, {"<", 5, 5, false}} {
			name := fmt.Sprint(c.seen, c.op, c.count)
			w.raised, w.asked, w.now = nil, nil, noon
			x := w.saved(plan(func(p *Schedule) { p.Op, p.Count = c.op, c.count }))
			w.count(c.seen)
			if n := w.pass(0); n != 1 {
				t.Fatalf("%s: %d looks", name, n)
			}
			if len(w.raised) == 1 != c.met {
				t.Errorf("%s: %d alerts", name, len(w.raised))
			}
			if x = w.get(x.ID); x.LastCount != c.seen || x.LastError != "" || !x.LastRun.Equal(noon) || (x.LastAlert == "alert-") != c.met {
				t.Errorf("%s: %+v", name, x)
			}
			if want := "outcome:failure | count @11:45+15m0s"; w.asked[0] != want {
				t.Errorf("%s: asked %q, want %q", name, w.asked[0], want)
			}
		}
	})
}

func TestEachValueOfAGroupIsAnAlertOfItsOwn(t *testing.T) {
	both(t, func(w *world) {
		x := w.saved(plan(func(p *Schedule) { p.GroupBy = "src.ip" }))
		w.groups("192.0.2.1", 40, "192.0.2.2", 10, nil, 99, "192.0.2.3", 9)
		w.pass(0)
		if len(w.raised) != 2 || w.raised[0].Value != "192.0.2.1" || w.raised[1].Value != "192.0.2.2" || w.raised[0].Fingerprint == w.raised[1].Fingerprint {
			t.Fatalf("%+v", w.raised)
		}
		f := w.raised[0]
		if f.EntityKind != "ip" || f.Severity != event.High || f.Title != "Many failures" || len(f.Events) != 1 || f.Search != x.ID || !strings.Contains(f.Why, "found 40") || !strings.Contains(f.Why, "at least 10 for each src.ip") {
			t.Errorf("%+v", f)
		}
		if x = w.get(x.ID); x.LastCount != 158 || x.LastAlert != "alert-192.0.2.1" {
			t.Errorf("%+v", x)
		}
		w.pass(5 * time.Minute)
		if len(w.raised) != 4 || w.raised[2].Fingerprint != f.Fingerprint {
			t.Errorf("the next look has another fingerprint: %+v", w.raised)
		}
	})
}

func TestManyValuesRaiseAHundredAlertsAndSaySo(t *testing.T) {
	both(t, func(w *world) {
		x := w.saved(plan(func(p *Schedule) { p.GroupBy = "user.name" }))
		for i := range 101 {
			w.table.Rows = append(w.table.Rows, []any{fmt.Sprint("user", i), int64(10)})
		}
		w.pass(0)
		if len(w.raised) != 100 || !strings.Contains(w.get(x.ID).LastError, "101 values meet the condition") {
			t.Errorf("%d alerts, %q", len(w.raised), w.get(x.ID).LastError)
		}
	})
}

func TestALookThatFailsIsNeverNothingFound(t *testing.T) {
	both(t, func(w *world) {
		x := w.saved(plan(func(p *Schedule) { p.Op, p.Count = "<", 1 }))
		w.count(17)
		w.pass(0)
		w.fail = problem.New(problem.Unavailable, "the event store is closed")
		w.pass(5 * time.Minute)
		if x = w.get(x.ID); len(w.raised) != 0 || x.LastCount != 17 || x.LastError != "the event store is closed" || !x.LastRun.Equal(w.now) {
			t.Errorf("%d alerts, %+v", len(w.raised), x)
		}
		w.fail = errors.New("secret path")
		w.pass(5 * time.Minute)
		if x = w.get(x.ID); x.LastError == "" || strings.Contains(x.LastError, "secret") {
			t.Errorf("%q", x.LastError)
		}
		w.fail = nil
		w.pass(5 * time.Minute)
		if x = w.get(x.ID); x.LastError != "" {
			t.Errorf("the error stays: %q", x.LastError)
		}
	})
}

func TestAnIncompleteLookRaisesOnlyWhatMoreCannotUndo(t *testing.T) {
	both(t, func(w *world) {
		few := w.saved(plan(func(p *Schedule) { p.Op, p.Count = "<", 100 }))
		many := w.saved(nil)
		must(t, w.do("ann", func(ctx context.Context, tx *db.Tx) error {
			_, err := w.Update(ctx, tx, Who{Person: "ann"}, many.ID, 1, many.Body, plan(nil))
			return err
		}))
		w.table = eventstore.Table{Rows: [][]any{{int64(12)}}, Incomplete: true, Reason: "Counting was stopped after 10s."}
		w.pass(0)
		if len(w.raised) != 1 || w.raised[0].Search != many.ID {
			t.Fatalf("%+v", w.raised)
		}
		if x := w.get(few.ID); x.LastError != "Counting was stopped after 10s." || x.LastCount != 12 {
			t.Errorf("%+v", x)
		}
	})
}

func TestMissedLooksAreOne(t *testing.T) {
	both(t, func(w *world) {
		x := w.saved(plan(nil))
		w.count(0)
		w.pass(0)
		if n := w.pass(3*time.Hour + 2*time.Minute); n != 1 {
			t.Errorf("%d looks after three hours without any", n)
		}
		// The rhythm stays: every five minutes from the first look.
		if x = w.get(x.ID); !x.Next.Equal(noon.Add(3*time.Hour + 5*time.Minute)) {
			t.Errorf("the next is at %s", x.Next)
		}
		if n := w.pass(2*time.Minute + 59*time.Second); n != 0 {
			t.Errorf("%d looks too early", n)
		}
		if n := w.pass(time.Second); n != 1 {
			t.Errorf("%d looks in time", n)
		}
	})
}

func TestALookThatAStopInterruptedIsTakenAfterwards(t *testing.T) {
	both(t, func(w *world) {
		x := w.saved(plan(nil))
		_, err := w.timers.Due(t.Context())
		must(t, err)
		stopping, stop := context.WithCancel(t.Context())
		w.fail = context.Canceled
		stop()
		if _, err := w.Next(stopping); err == nil {
			t.Error("a look was taken while stopping")
		}
		w.fail = nil
		w.count(10)
		if more, err := w.Next(t.Context()); err != nil || !more || len(w.raised) != 1 {
			t.Errorf("%v %v, %d alerts", more, err, len(w.raised))
		}
		if x = w.get(x.ID); x.LastCount != 10 {
			t.Errorf("%+v", x)
		}
	})
}

func TestAPausedOrRemovedSearchLooksNoMore(t *testing.T) {
	both(t, func(w *world) {
		x := w.saved(plan(nil))
		must(t, w.do("ann", func(ctx context.Context, tx *db.Tx) error {
			_, err := w.Update(ctx, tx, Who{Person: "ann"}, x.ID, 1, x.Body, plan(func(p *Schedule) { p.Enabled = false }))
			return err
		}))
		y := w.saved(plan(nil))
		must(t, w.do("ann", func(ctx context.Context, tx *db.Tx) error { return w.Delete(ctx, tx, Who{Person: "ann"}, y.ID, 0) }))
		if n := w.pass(time.Hour); n != 0 || !w.get(x.ID).Next.IsZero() {
			t.Errorf("%d looks, next %s", n, w.get(x.ID).Next)
		}
		w.count(10)
		got, err := w.RunNow(t.Context(), w.DB.For(1, "ann"), Who{Person: "ann"}, x.ID)
		if err != nil || got.LastCount != 10 || len(w.raised) != 1 {
			t.Errorf("by hand: %+v, %v, %d alerts", got, err, len(w.raised))
		}
		if k := w.kinds(); !slices.Equal(k, []string{"search.created", "search.changed", "search.created", "search.removed", "search.looked"}) {
			t.Errorf("recorded %v", k)
		}
	})
}

func TestALookByHandThatFailsSaysSo(t *testing.T) {
	both(t, func(w *world) {
		x := w.saved(plan(nil))
		w.fail = problem.New(problem.Unavailable, "the event store is closed")
		_, err := w.RunNow(t.Context(), w.DB.For(1, "ann"), Who{Person: "ann"}, x.ID)
		if !problem.Is(err, problem.Unavailable) || problem.Detail(err) != "the event store is closed" || w.get(x.ID).LastError == "" {
			t.Errorf("%v, kept %q", err, w.get(x.ID).LastError)
		}
		y := w.saved(nil)
		if _, err := w.RunNow(t.Context(), w.DB.For(1, "ann"), Who{Person: "ann"}, y.ID); !problem.Is(err, problem.Conflict) {
			t.Errorf("without a schedule: %v", err)
		}
	})
}

func TestWhoSeesAndChangesASearch(t *testing.T) {
	both(t, func(w *world) {
		own, scheduled := w.saved(nil), w.saved(plan(nil))
		shared, err := w.create(Body{Name: "Shared", Query: "*", Shared: true}, nil)
		must(t, err)
		for _, c := range []struct {
			who         Who
			x           Search
			see, change bool
		}{
			{Who{"ann", false}, own, true, true}, {Who{"bob", false}, own, false, false}, {Who{"meg", true}, own, false, false},
			{Who{"bob", false}, shared, true, false}, {Who{"meg", true}, shared, true, true},
			{Who{"bob", false}, scheduled, false, false}, {Who{"meg", true}, scheduled, true, true},
		} {
			_, err := Get(t.Context(), w.DB.For(1, c.who.Person), c.who, c.x.ID)
			if (err == nil) != c.see {
				t.Errorf("%v sees %s: %v", c.who, c.x.Name, err)
			}
			err = w.do(c.who.Person, func(ctx context.Context, tx *db.Tx) error {
				if _, err := w.Update(ctx, tx, c.who, c.x.ID, 1, c.x.Body, c.x.Schedule); err != nil {
					return err
				}
				return errUndo
			})
			if errors.Is(err, errUndo) != c.change {
				t.Errorf("%v changes %s: %v", c.who, c.x.Name, err)
			}
		}
		if _, err := Get(t.Context(), w.DB.For(2, "ann"), Who{Person: "ann", Manages: true}, shared.ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("another tenant: %v", err)
		}
	})
}

var errUndo = errors.New("undo")

func TestAnOldVersionIsRefused(t *testing.T) {
	both(t, func(w *world) {
		x := w.saved(nil)
		update := func(version int64) error {
			return w.do("ann", func(ctx context.Context, tx *db.Tx) error {
				_, err := w.Update(ctx, tx, Who{Person: "ann"}, x.ID, version, x.Body, nil)
				return err
			})
		}
		must(t, update(1))
		if err := update(1); !problem.Is(err, problem.Stale) {
			t.Errorf("%v", err)
		}
		must(t, update(2))
	})
}

func TestWhatIsRefused(t *testing.T) {
	both(t, func(w *world) {
		for name, c := range map[string]struct {
			body Body
			plan *Schedule
		}{
			"no name":          {Body{Query: "*"}, nil},
			"a bad query":      {Body{Name: "x", Query: "(a"}, nil},
			"a bad pipe":       {Body{Name: "x", Query: "* | dance"}, nil},
			"a bad range":      {Body{Name: "x", Range: "soon"}, nil},
			"a bad time":       {Body{Name: "x", From: "then"}, nil},
			"a bad view":       {Body{Name: "x", View: "pie"}, nil},
			"too often":        {Body{Name: "x"}, plan(func(p *Schedule) { p.Every = 59 * time.Second })},
			"too rarely":       {Body{Name: "x"}, plan(func(p *Schedule) { p.Every = 25 * time.Hour })},
			"no window":        {Body{Name: "x"}, plan(func(p *Schedule) { p.Over = 0 })},
			"always met":       {Body{Name: "x"}, plan(func(p *Schedule) { p.Count = 0 })},
			"never met":        {Body{Name: "x"}, plan(func(p *Schedule) { p.Op, p.Count = "<", 0 })},
			"an unknown op":    {Body{Name: "x"}, plan(func(p *Schedule) { p.Op = "!=" })},
			"no severity":      {Body{Name: "x"}, plan(func(p *Schedule) { p.Severity = event.SeverityUnknown })},
			"no title":         {Body{Name: "x"}, plan(func(p *Schedule) { p.Title = " " })},
			"no such column":   {Body{Name: "x", Query: "* | count by user.name"}, plan(func(p *Schedule) { p.GroupBy = "src.ip" })},
			"too many pipes":   {Body{Name: "x", Query: "*" + strings.Repeat(" | head 5", 20)}, plan(nil)},
			"a long field":     {Body{Name: "x"}, plan(func(p *Schedule) { p.GroupBy = strings.Repeat("x", 2000) })},
			"too many columns": {Body{Name: "x", Columns: make([]string, 101)}, nil},
		} {
			_, err := w.create(c.body, c.plan)
			if _, syntax := errors.AsType[*query.SyntaxError](err); !syntax && !problem.Is(err, problem.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestAtMostTwoHundredSchedules(t *testing.T) {
	both(t, func(w *world) {
		for range maxSchedules {
			w.saved(plan(nil))
		}
		if _, err := w.create(Body{Name: "one more"}, plan(nil)); !problem.Is(err, problem.TooLarge) {
			t.Errorf("%v", err)
		}
		w.saved(nil)
	})
}
