// Package backtest runs rules over stored events before they are put in use:
// a draft, the rules in use with a changed one, or a version of a pack. What it
// finds is set beside what the rules in use find in the same events.
//
// Guarantees. It has engines of its own: no alert, no case, no window of the
// running detection is touched, and nothing is counted. Events are read oldest
// first, so that correlations see them as they happened. One runs at a time, in
// turns with pauses, so that intake and paging do not suffer. Everything that
// it keeps is bounded.
//
// Limits. Correlations start with empty windows at the beginning of the range.
// What a mapping of today would read differently is as it was read then. A
// restart of the server ends a running one; it is started again by whoever wants it.
package backtest

import (
	"context"
	"log/slog"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/internal/worker"
)

// Keep is how long results are kept.
const Keep = 14 * 24 * time.Hour

// Bounds of one back-test.
const (
	maxQueued  = 20 // of an organisation
	maxSpan    = 366 * 24 * time.Hour
	maxEvents  = 50_000_000
	maxRules   = 2000 // that a result names
	maxSamples = 50   // of a rule
	maxInAll   = 5000 // samples of a result
	buckets    = 96   // of a rule's hits over time
	maxOpen    = 200_000
)

// The kinds.
const (
	Rule = "rule" // a draft alone, with what it correlates over
	Set  = "set"  // the rules in use with the draft
	Pack = "pack" // a version of a pack alone
)

// The states.
const (
	Queued     = "queued"
	Running    = "running"
	Cancelling = "cancelling"
	Done       = "done"
	Failed     = "failed"
	Cancelled  = "cancelled"
)

// Spec says what is to be run over what.
type Spec struct {
	Kind     string    `json:"kind"`
	RuleYAML string    `json:"rule_yaml,omitempty"`
	Pack     string    `json:"pack,omitempty"`
	Version  string    `json:"version,omitempty"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Query    string    `json:"query,omitempty"`
}

// Job is one back-test.
type Job struct {
	ID, State, Error, Actor string
	Spec                    Spec
	Read, About             int64
	At                      time.Time // time of the newest event that was read
	Created, Started, Ended time.Time
	Result                  *Result // nil until there is one
	tenant                  tenant.ID
}

// Events is what is read.
type Events interface {
	Scan(ctx context.Context, t tenant.ID, from, to int64, x query.Expr, fn func([]event.Event) error) error
	About(t tenant.ID, from, to int64) int64
}

// Rules gives what is in use, and versions of packs.
type Rules interface {
	// InUse are the options of the running engine, for one organisation.
	InUse(ctx context.Context, t tenant.ID) (detect.Options, error)
	// Pack is a version's layer; version "" is the one in use.
	Pack(ctx context.Context, t tenant.ID, name, version string) (detect.Layer, error)
}

// Service takes back-tests and runs them.
type Service struct {
	DB     *db.DB
	Record *record.Log
	Events Events
	Rules  Rules
	Now    func() time.Time
	Log    *slog.Logger
	// Rest pauses after a chunk that took so long; nil for as long again, half a
	// second at most.
	Rest func(ctx context.Context, took time.Duration)

	work *worker.Loop
}

// New makes the service; all fields of s but Rest are needed.
func New(s Service) *Service {
	made := &s
	if s.Rest == nil {
		s.Rest = worker.Rest
	}
	made.work = worker.New(worker.Loop{What: "back-tests", Idle: time.Minute, Log: s.Log, Next: made.Next, Tidy: made.forget})
	return made
}

// Start queues a back-test. What is wrong with its rules is said here.
func (s *Service) Start(ctx context.Context, tx *db.Tx, spec Spec) (Job, error) {
	if err := s.check(ctx, tx.Scope().Tenant, spec); err != nil {
		return Job{}, err
	}
	n, err := waiting(ctx, tx)
	if err != nil {
		return Job{}, err
	}
	if n >= maxQueued {
		return Job{}, problem.New(problem.TooMany, "%d back-tests wait already. Cancel some, or wait.", n)
	}
	j := Job{ID: db.NewID(s.Now()), State: Queued, Spec: spec, Actor: tx.Scope().Actor, Created: s.Now()}
	if err := insert(ctx, tx, j); err != nil {
		return j, err
	}
	_, err = s.Record.Append(ctx, tx, record.Entry{Kind: "backtest.started", Subject: "backtest", SubjectID: j.ID, Data: map[string]any{"kind": spec.Kind, "pack": spec.Pack, "version": spec.Version, "from": spec.From, "to": spec.To}})
	tx.OnCommit(s.work.Wake)
	return j, err
}

func (s *Service) check(ctx context.Context, t tenant.ID, spec Spec) error {
	switch {
	case !spec.From.Before(spec.To):
		return problem.New(problem.Invalid, "The time range ends before it begins.")
	case spec.To.Sub(spec.From) > maxSpan:
		return problem.New(problem.Invalid, "A back-test looks at a year at most.")
	}
	if _, err := query.Parse(spec.Query, s.Now()); err != nil {
		return err
	}
	switch spec.Kind {
	case Rule, Set:
		if _, err := draft(spec.RuleYAML); err != nil {
			return err
		}
	case Pack:
		if _, err := s.Rules.Pack(ctx, t, spec.Pack, spec.Version); err != nil {
			return err
		}
	default:
		return problem.New(problem.Invalid, "A back-test is of the kind rule, set or pack.")
	}
	return nil
}

// Cancel stops a back-test; what it found so far is kept.
func (s *Service) Cancel(ctx context.Context, tx *db.Tx, id string) (Job, error) {
	j, err := Get(ctx, tx, id)
	if err != nil {
		return j, err
	}
	switch j.State {
	case Queued:
		j.State, j.Ended = Cancelled, s.Now()
	case Running:
		j.State = Cancelling
	default:
		return j, problem.New(problem.Conflict, "The back-test is %s.", j.State)
	}
	if err := setState(ctx, tx, j); err != nil {
		return j, err
	}
	_, err = s.Record.Append(ctx, tx, record.Entry{Kind: "backtest.cancelled", Subject: "backtest", SubjectID: id})
	return j, err
}
