package cases_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
)

// desk is a case service whose neighbours are fakes that remember what they
// were asked. What they remember of a transaction that failed counts too.
type desk struct {
	*testing.T
	*cases.Service
	now      time.Time
	db       *db.DB
	paged    []cases.Page
	ended    []string // case ids
	told     []string // bodies
	articles []string
	settled  []string
	timers   map[string]time.Time // kind/case
	alerts   map[string]cases.AlertFacts
	times    int // what Recent answers
	broken   error
}

func both(t *testing.T, test func(*desk)) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		k := &desk{T: t, db: d, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), timers: map[string]time.Time{}, alerts: map[string]cases.AlertFacts{}}
		now := func() time.Time { return k.now }
		log := record.New(d, now)
		k.Service = &cases.Service{Record: log, Now: now, Log: slog.New(slog.DiscardHandler), Pager: k, Messenger: k, Alerts: k, Articles: k, Timers: k, Policies: cases.NewPolicies(log, now), Tracking: func(r string) string { return "secret-" + r }}
		test(k)
	})
}

func (k *desk) Start(_ context.Context, _ *db.Tx, p cases.Page) error {
	k.paged = append(k.paged, p)
	return nil
}

func (k *desk) End(_ context.Context, _ *db.Tx, id, _ string) error {
	k.ended = append(k.ended, id)
	return nil
}

func (k *desk) Tell(_ context.Context, _ *db.Tx, _ cases.Report, _, _, _, body string) error {
	k.told = append(k.told, body)
	return k.broken
}

func (k *desk) FromCase(_ context.Context, _ *db.Tx, c *cases.Case) error {
	k.articles = append(k.articles, c.Detail.Solution)
	return k.broken
}

func (k *desk) Set(_ context.Context, _ *db.Tx, kind, key string, due time.Time, _ string) error {
	k.timers[kind+"/"+key] = due
	return nil
}

func (k *desk) Cancel(_ context.Context, _ *db.Tx, kind, key string) error {
	delete(k.timers, kind+"/"+key)
	return nil
}

func (k *desk) Facts(_ context.Context, _ db.Querier, id string) (cases.AlertFacts, error) {
	a, ok := k.alerts[id]
	if !ok {
		return a, errors.New("no alert " + id)
	}
	return a, nil
}

func (k *desk) Recent(context.Context, db.Querier, string, time.Time) (int, int, error) {
	return max(1, k.times), 0, nil
}

func (k *desk) Settle(_ context.Context, _ *db.Tx, ids []string) error {
	k.settled = append(k.settled, ids...)
	return nil
}

func (k *desk) as(actor string, do func(context.Context, *db.Tx) error) error {
	return k.db.For(1, actor).Tx(k.Context(), func(tx *db.Tx) error { return do(k.Context(), tx) })
}

// must does something in ann's name that is allowed.
func (k *desk) must(do func(context.Context, *db.Tx) error) {
	k.Helper()
	if err := k.as("ann", do); err != nil {
		k.Fatal(err)
	}
}

// refused wants an error of a kind and returns what a guard says is missing.
func (k *desk) refused(kind problem.Kind, do func(context.Context, *db.Tx) error) []string {
	k.Helper()
	err := k.as("ann", do)
	if !problem.Is(err, kind) {
		k.Fatalf("%v, want a refusal of kind %s", err, kind)
	}
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p.Missing
	}
	return nil
}

func (k *desk) get(id string) cases.Case {
	k.Helper()
	c, err := cases.Get(k.Context(), k.db.For(1, "ann"), id)
	if err != nil {
		k.Fatal(err)
	}
	return c
}

// raise puts an alert forward and returns its case.
func (k *desk) raise(a cases.AlertFacts) cases.Case {
	k.Helper()
	if a.First.IsZero() {
		a.First, a.Last = k.now, k.now
	}
	if a.Kind == "" {
		a.Kind = "rule"
	}
	k.alerts[a.ID] = a
	k.must(func(ctx context.Context, tx *db.Tx) error { return k.FromAlert(ctx, tx, a.ID) })
	c, err := cases.CaseOfAlert(k.Context(), k.db.For(1, "ann"), a.ID)
	if err != nil {
		k.Fatal(err)
	}
	return c
}

var zero = 0.0

var incident = cases.Decision{Assessment: cases.Assessment{Decision: classify.Incident, Type: "availability/outage", Impact: 2, Urgency: 2, Reason: "a good enough reason"}, Track: classify.Formal}

var closing = cases.Closing{Statement: "all is well", BusinessImpact: "none", Lessons: "keep spares", CostHours: &zero, CostMoney: &zero, Currency: "EUR", RecoveryVerified: true, Waiver: "they left no address"}

// at makes a case by hand and brings it to a state.
func (k *desk) at(state cases.State) (c cases.Case) {
	k.Helper()
	k.must(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = k.OpenByHand(ctx, tx, "made for a test", "", "")
		return err
	})
	return k.advance(c.ID, state)
}

func (k *desk) advance(id string, state cases.State) cases.Case {
	k.Helper()
	for _, s := range []struct {
		from cases.State
		do   func(context.Context, *db.Tx) (cases.Case, error)
	}{
		{cases.Reported, func(ctx context.Context, tx *db.Tx) (cases.Case, error) { return k.Acknowledge(ctx, tx, id, 0) }},
		{cases.Assessing, func(ctx context.Context, tx *db.Tx) (cases.Case, error) {
			return k.Classify(ctx, tx, id, 0, true, incident)
		}},
		{cases.Classified, func(ctx context.Context, tx *db.Tx) (cases.Case, error) { return k.Handle(ctx, tx, id, 0, "alone", "") }},
		{cases.Handling, func(ctx context.Context, tx *db.Tx) (cases.Case, error) {
			if _, err := k.AddAction(ctx, tx, id, cases.Action{Phase: "contain", What: "pulled the plug", State: "done", Result: "it is off"}); err != nil {
				return cases.Case{}, err
			}
			return k.Resolve(ctx, tx, id, 0, "a worn cable", "a new cable", true)
		}},
		{cases.Resolved, func(ctx context.Context, tx *db.Tx) (cases.Case, error) {
			return k.Close(ctx, tx, id, 0, true, closing)
		}},
		{cases.Closed, func(ctx context.Context, tx *db.Tx) (cases.Case, error) {
			return k.Review(ctx, tx, id, 0, true, "keep spares", "buy spares")
		}},
	} {
		c := k.get(id)
		if c.State == state {
			return c
		}
		if c.State == s.from {
			k.must(func(ctx context.Context, tx *db.Tx) error { _, err := s.do(ctx, tx); return err })
		}
	}
	return k.get(id)
}

// report files a report and returns its case.
func (k *desk) report(n cases.NewReport) (c cases.Case) {
	k.Helper()
	if n.Kind == "" {
		n.Kind = "event"
	}
	n.Channel, n.What = "portal", "My screen shows odd things."
	k.must(func(ctx context.Context, tx *db.Tx) (err error) {
		c, _, err = k.FromReport(ctx, tx, n)
		return err
	})
	return c
}

func (k *desk) kinds(id string) (kinds []string) {
	k.Helper()
	rows, err := record.List(k.Context(), k.db.For(1, "ann"), record.Filter{Subject: "case", SubjectID: id, Limit: 1000})
	if err != nil {
		k.Fatal(err)
	}
	for _, r := range rows {
		kinds = append(kinds, r.Kind)
	}
	return kinds
}

func (k *desk) recorded(id, kind string) bool { return slices.Contains(k.kinds(id), kind) }
