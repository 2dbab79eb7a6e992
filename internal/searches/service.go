package searches

import (
	"context"
	"log/slog"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/internal/timer"
	"github.com/tocsin-project/tocsin/internal/worker"
)

// TimerLook is the kind of timer of a look; its key is the search.
const TimerLook = "search.look"

// Events is what is looked at.
type Events interface {
	Aggregate(ctx context.Context, t tenant.ID, q query.Query, from, to int64, progress func(eventstore.Table)) (eventstore.Table, error)
	Search(ctx context.Context, t tenant.ID, r eventstore.Request) (eventstore.Page, error)
}

// Alerts raises what a look has found.
type Alerts interface {
	// Raise folds into the open alert of the same fingerprint, or makes a new
	// one, and returns its id.
	Raise(ctx context.Context, tx *db.Tx, f Finding) (id string, err error)
}

// Finding is what a look puts forward.
type Finding struct {
	Fingerprint       string // of the search and the group's value
	Search, Title     string // the search's id, the alert's title
	Version           string // of the search
	Severity          event.Severity
	Summary, Why      string
	GroupBy, Value    string // "" without a group
	EntityKind        string // of Value, "" when it is no thing to pivot on
	From, To          time.Time
	Events            []event.ID // newest first, some
	Query, SearchName string
}

// Timers sets due times.
type Timers interface {
	Set(ctx context.Context, tx *db.Tx, kind, key string, due time.Time, payload string) error
	Cancel(ctx context.Context, tx *db.Tx, kind, key string) error
}

// Service keeps saved searches and takes their looks.
type Service struct {
	DB     *db.DB
	Record *record.Log
	Timers Timers
	Events Events
	Alerts Alerts
	Now    func() time.Time
	Log    *slog.Logger

	work *worker.Loop
}

// New makes the service; all fields of s are needed.
func New(s Service) *Service {
	made := &s
	made.work = worker.New(worker.Loop{What: "looks of saved searches", Idle: idle, Log: s.Log, Next: made.Next})
	return made
}

// Get returns a search that somebody may see.
func Get(ctx context.Context, q db.Querier, w Who, id string) (Search, error) {
	s, err := get(ctx, q, id)
	if err == nil && !s.Sees(w) {
		return Search{}, problem.New(problem.NotFound, "No such saved search.")
	}
	return s, err
}

// List lists what somebody may see, by name.
func List(ctx context.Context, q db.Querier, w Who) (out []Search, err error) {
	all, err := list(ctx, q)
	for _, s := range all {
		if s.Sees(w) {
			out = append(out, s)
		}
	}
	return out, err
}

// Create saves a new search of the transaction's actor.
func (s *Service) Create(ctx context.Context, tx *db.Tx, b Body, p *Schedule) (Search, error) {
	now := s.Now()
	x := Search{ID: db.NewID(now), Owner: tx.Scope().Actor, Body: b, Schedule: p, Created: now, Updated: now, Version: 1}
	if err := x.check(now); err != nil {
		return x, err
	}
	all, scheduled, err := count(ctx, tx)
	if err != nil {
		return x, err
	}
	if all >= maxSearches {
		return x, problem.New(problem.TooLarge, "%d searches are saved. Remove some first.", all)
	}
	if err := roomFor(x, scheduled); err != nil {
		return x, err
	}
	if x.Scheduled() {
		x.Next = now
	}
	if err := insert(ctx, tx, x); err != nil {
		return x, err
	}
	if err := s.plan(ctx, tx, x); err != nil {
		return x, err
	}
	return x, s.note(ctx, tx, "search.created", x)
}

// Update changes a search at a version. Its next look stays when it is, unless
// how often it looks has changed.
func (s *Service) Update(ctx context.Context, tx *db.Tx, w Who, id string, version int64, b Body, p *Schedule) (Search, error) {
	old, err := s.changing(ctx, tx, w, id)
	if err != nil {
		return old, err
	}
	now := s.Now()
	x := old
	x.Body, x.Schedule, x.Updated, x.Version = b, p, now, version+1
	if err := x.check(now); err != nil {
		return x, err
	}
	_, scheduled, err := count(ctx, tx)
	if err != nil {
		return x, err
	}
	if old.Scheduled() {
		scheduled--
	}
	if err := roomFor(x, scheduled); err != nil {
		return x, err
	}
	again := x.Scheduled() && (!old.Scheduled() || old.Schedule.Every != p.Every)
	switch {
	case !x.Scheduled():
		x.Next = time.Time{}
	case again:
		x.Next = now
	}
	if err := update(ctx, tx, x, version); err != nil {
		return x, err
	}
	if again || !x.Scheduled() {
		if err := s.plan(ctx, tx, x); err != nil {
			return x, err
		}
	}
	return x, s.note(ctx, tx, "search.changed", x)
}

// Delete removes a search at a version; version 0 is whichever it has.
func (s *Service) Delete(ctx context.Context, tx *db.Tx, w Who, id string, version int64) error {
	x, err := s.changing(ctx, tx, w, id)
	if err != nil {
		return err
	}
	if version == 0 {
		version = x.Version
	}
	if err := remove(ctx, tx, id, version); err != nil {
		return err
	}
	if err := s.Timers.Cancel(ctx, tx, TimerLook, id); err != nil {
		return err
	}
	return s.note(ctx, tx, "search.removed", x)
}

func (s *Service) changing(ctx context.Context, tx *db.Tx, w Who, id string) (Search, error) {
	x, err := Get(ctx, tx, w, id)
	if err == nil && !x.mayChange(w) {
		err = problem.New(problem.Denied, "This search belongs to somebody else. Make a copy to change it.")
	}
	return x, err
}

func (s *Search) check(now time.Time) error {
	if err := s.Body.check(now); err != nil {
		return err
	}
	if s.Schedule == nil {
		return nil
	}
	return s.Schedule.check(s.Query, now)
}

func roomFor(x Search, others int) error {
	if x.Scheduled() && others >= maxSchedules {
		return problem.New(problem.TooLarge, "%d searches look by themselves, which is the most. Switch some off first.", others)
	}
	return nil
}

// plan sets or cancels the timer of the next look.
func (s *Service) plan(ctx context.Context, tx *db.Tx, x Search) error {
	if !x.Scheduled() {
		return s.Timers.Cancel(ctx, tx, TimerLook, x.ID)
	}
	return s.Timers.Set(ctx, tx, TimerLook, x.ID, x.Next, "")
}

// Due handles the timer of a look: it notes the look, which Run takes outside
// of the transaction, and sets the next one.
func (s *Service) Due(ctx context.Context, tx *db.Tx, t timer.Timer) error {
	x, err := get(ctx, tx, t.Key)
	if problem.Is(err, problem.NotFound) || err == nil && !x.Scheduled() {
		return nil
	}
	if err != nil {
		return err
	}
	// However many were missed, it is one look; the next keeps the rhythm.
	now, every := s.Now(), x.Schedule.Every
	x.Next = t.Due.Add((now.Sub(t.Due)/every + 1) * every)
	if err := setDue(ctx, tx, x.ID, now, x.Next); err != nil {
		return err
	}
	tx.OnCommit(s.work.Wake)
	return s.plan(ctx, tx, x)
}

// note records a change; what people wrote is personal: a query can name anyone.
func (s *Service) note(ctx context.Context, tx *db.Tx, kind string, x Search) error {
	data := map[string]any{"owner": x.Owner, "shared": x.Shared, "version": x.Version, "scheduled": x.Scheduled()}
	if x.Scheduled() {
		data["every_s"], data["over_s"], data["condition"] = int64(x.Schedule.Every/time.Second), int64(x.Schedule.Over/time.Second), x.Schedule.Op
	}
	_, err := s.Record.Append(ctx, tx, record.Entry{Kind: kind, Subject: "search", SubjectID: x.ID, Data: data, Personal: map[string]any{"name": x.Name, "q": x.Query}})
	return err
}
