package dashboards

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

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
