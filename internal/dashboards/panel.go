package dashboards

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const (
	keepAnswers = 10 * time.Second
	maxAnswers  = 500
	atOnce      = 3 // panels that are asked; the others wait, so that searches find room
)

// Answer is what a panel shows.
type Answer struct {
	eventstore.Table
	Took time.Duration
	Of   time.Time // when it was computed
}

// Window is a time range as people write it: RFC 3339, a date, or relative to
// now; "" is the panel's or the dashboard's own range, up to now.
type Window struct {
	From, To string
	Zone     *time.Location // of days, and of times that name none; nil for UTC
}

// span is the range of a panel.
func (w Window) span(d Dashboard, p Panel, now time.Time) (from, to time.Time, err error) {
	if w.From == "" {
		w.From, w.To = "now-"+d.Range, "now"
		if p.Range != "" {
			w.From = "now-" + p.Range
		}
	}
	if w.To == "" {
		w.To = "now"
	}
	from, ok := query.Time(w.From, now, w.Zone)
	if !ok {
		return from, to, wrong("from", "from must be a time such as 2026-11-22T08:00:00Z or now-24h.")
	}
	if to, ok = query.Time(w.To, now, w.Zone); !ok {
		return from, to, wrong("to", "to must be a time such as 2026-11-22T08:00:00Z or now.")
	}
	if !from.Before(to) {
		return from, to, problem.New(problem.Invalid, "The time range ends before it begins.")
	}
	return from, to, nil
}

// Ask answers a panel, from what was computed some seconds ago if there is that.
func (s *Service) Ask(ctx context.Context, t tenant.ID, d Dashboard, panel string, w Window) (Answer, error) {
	p, err := d.Panel(panel)
	if err != nil {
		return Answer{}, err
	}
	if p.Kind == Text {
		return Answer{Of: s.Now()}, nil
	}
	if _, _, err := w.span(d, p, s.Now()); err != nil {
		return Answer{}, err
	}
	zone := ""
	if w.Zone != nil {
		zone = w.Zone.String()
	}
	key := answerKey{t, d.ID, d.Version, panel, w.From, w.To, zone}
	return s.answers.of(ctx, key, s.Now, func() (Answer, error) {
		now := s.Now()
		from, to, err := w.span(d, p, now)
		if err != nil {
			return Answer{}, err
		}
		q, err := p.question(now, w.Zone)
		if err != nil {
			return Answer{}, err
		}
		table, err := s.Events.Aggregate(ctx, t, q, from.UnixNano(), to.UnixNano(), nil)
		return Answer{Table: table, Took: s.Now().Sub(now), Of: now}, err
	})
}

type answerKey struct {
	tenant    tenant.ID
	dashboard string
	version   int64
	panel     string
	from, to  string
	zone      string
}

// answers keeps answers for some seconds. Who asks for one that is being
// computed waits for it.
type answers struct {
	slots chan struct{} // one token a panel that is asked
	mu    sync.Mutex
	kept  map[answerKey]*kept
}

// kept is an answer; it and err are there once done is closed.
type kept struct {
	done   chan struct{}
	answer Answer
	err    error
	until  time.Time // zero while it is being computed; guarded by answers.mu
}

func newAnswers() *answers {
	return &answers{slots: make(chan struct{}, atOnce), kept: map[answerKey]*kept{}}
}

func (a *answers) of(ctx context.Context, key answerKey, now func() time.Time, compute func() (Answer, error)) (Answer, error) {
	for {
		k, mine := a.take(key, now())
		if mine {
			return a.compute(ctx, key, k, now, compute)
		}
		select {
		case <-ctx.Done():
			return Answer{}, ctx.Err()
		case <-k.done:
		}
		// Whose reader went away says nothing to the others: one of them computes.
		if !errors.Is(k.err, context.Canceled) {
			return k.answer, k.err
		}
	}
}

// take returns the answer to wait for, or a new one that the caller computes.
func (a *answers) take(key answerKey, now time.Time) (k *kept, mine bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if k := a.kept[key]; k != nil && (k.until.IsZero() || now.Before(k.until)) {
		return k, false
	}
	if len(a.kept) >= maxAnswers {
		for other, k := range a.kept {
			if !k.until.IsZero() {
				delete(a.kept, other)
			}
		}
	}
	k = &kept{done: make(chan struct{})}
	a.kept[key] = k
	return k, true
}

func (a *answers) compute(ctx context.Context, key answerKey, k *kept, now func() time.Time, compute func() (Answer, error)) (Answer, error) {
	select {
	case <-ctx.Done():
		k.err = ctx.Err()
	case a.slots <- struct{}{}:
		k.answer, k.err = compute()
		<-a.slots
	}
	if k.err != nil && ctx.Err() != nil {
		k.err = context.Canceled
	}
	a.mu.Lock()
	if k.until = now().Add(keepAnswers); k.err != nil {
		delete(a.kept, key)
	}
	a.mu.Unlock()
	close(k.done)
	return k.answer, k.err
}
