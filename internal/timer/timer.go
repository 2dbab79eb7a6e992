// Package timer keeps due times that survive a crash: escalation steps,
// clocks, reminders, time-outs.
//
// A timer is a row (tenant, kind, key) that is set, moved or cancelled in the
// transaction of whatever it belongs to. The runner leases due rows: it moves
// their due time behind the lease and counts the attempt, then gives each to
// the handler of its kind inside a transaction that also removes the row if
// the attempt is still ours. So an effect inside the database happens exactly
// once, and one outside at least once, with (kind, key, attempt) to tell
// repeats apart. A process that dies leaves its leases to run out.
package timer

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const (
	leaseFor  = 30 * time.Second
	batch     = 256
	idleCheck = 5 * time.Second // looks even when not woken: another process may set timers
	maxPause  = 5 * time.Minute // between tries of a handler that keeps failing
)

// Timer is one due time as its handler sees it.
type Timer struct {
	Tenant  tenant.ID
	Kind    string
	Key     string // what it is for, unique in its kind
	Due     time.Time
	Attempt int64
	Payload string
}

// Handler does what a timer is for, in the transaction that ends the timer.
// It may set the same timer again.
type Handler func(ctx context.Context, tx *db.Tx, t Timer) error

// Service sets timers and runs those that are due.
type Service struct {
	db       *db.DB
	now      func() time.Time
	log      *slog.Logger
	wake     chan struct{}
	mu       sync.Mutex
	handlers map[string]Handler
}

// New makes the service. Handlers are registered before Run.
func New(d *db.DB, now func() time.Time, log *slog.Logger) *Service {
	return &Service{db: d, now: now, log: log, wake: make(chan struct{}, 1), handlers: map[string]Handler{}}
}

// Handle names the handler of a kind.
func (s *Service) Handle(kind string, h Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handlers[kind] = h
}

// Set makes or moves the timer of that kind and key.
func (s *Service) Set(ctx context.Context, tx *db.Tx, kind, key string, due time.Time, payload string) error {
	_, err := tx.Exec(ctx, `INSERT INTO timer (tenant, kind, key, due, wanted, payload) VALUES (:tenant, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, kind, key) DO UPDATE SET due = excluded.due, wanted = excluded.wanted, payload = excluded.payload, attempt = timer.attempt + 1`,
		kind, key, db.Micros(due), db.Micros(due), payload)
	if err != nil {
		return fmt.Errorf("set timer %s %s: %w", kind, key, err)
	}
	tx.OnCommit(s.poke)
	return nil
}

// Cancel removes a timer; one that does not exist is no error.
func (s *Service) Cancel(ctx context.Context, tx *db.Tx, kind, key string) error {
	if _, err := tx.Exec(ctx, "DELETE FROM timer WHERE tenant = :tenant AND kind = ? AND key = ?", kind, key); err != nil {
		return fmt.Errorf("cancel timer %s %s: %w", kind, key, err)
	}
	return nil
}

func (s *Service) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run runs due timers until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		due, err := s.lease(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error("reading due timers failed, will try again", "error", err)
		}
		for _, t := range due {
			if ctx.Err() != nil {
				return nil
			}
			s.fire(ctx, t)
		}
		if len(due) == batch {
			continue
		}
		s.sleep(ctx)
	}
	return nil
}

// Due runs what is due now, once, and returns how many that were: for tests
// with a clock of their own.
func (s *Service) Due(ctx context.Context) (int, error) {
	due, err := s.lease(ctx)
	for _, t := range due {
		s.fire(ctx, t)
	}
	return len(due), err
}

func (s *Service) sleep(ctx context.Context) {
	pause := idleCheck
	var next int64
	h := s.db.System("timer")
	if err := h.QueryRow(ctx, "SELECT coalesce(min(due), 0) FROM timer").Scan(&next); err == nil && next > 0 {
		pause = min(pause, max(0, db.Time(next).Sub(s.now())))
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-s.wake:
	case <-t.C:
	}
}

func (s *Service) lease(ctx context.Context) ([]Timer, error) {
	h := s.db.System("timer")
	now := s.now()
	var n int
	if err := h.QueryRow(ctx, "SELECT count(*) FROM timer WHERE due <= ?", db.Micros(now)).Scan(&n); err != nil || n == 0 {
		return nil, err
	}
	skip := ""
	if h.Engine() == db.Postgres {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	var out []Timer
	err := h.Tx(ctx, func(tx *db.Tx) error {
		var err error
		out, err = db.Select(ctx, tx, func(r db.Scanner) (Timer, error) {
			var t Timer
			var id, wanted int64
			err := r.Scan(&id, &t.Kind, &t.Key, &wanted, &t.Attempt, &t.Payload)
			t.Tenant, t.Due = tenant.ID(id), db.Time(wanted)
			return t, err
		}, `UPDATE timer SET due = ?, attempt = attempt + 1 WHERE (tenant, kind, key) IN
			(SELECT tenant, kind, key FROM timer WHERE due <= ? ORDER BY due LIMIT ?`+skip+`)
			RETURNING tenant, kind, key, wanted, attempt, payload`, db.Micros(now.Add(leaseFor)), db.Micros(now), batch)
		return err
	})
	return out, err
}

func (s *Service) fire(ctx context.Context, t Timer) {
	s.mu.Lock()
	handle := s.handlers[t.Kind]
	s.mu.Unlock()
	err := s.db.For(t.Tenant, "system").Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM timer WHERE tenant = :tenant AND kind = ? AND key = ? AND attempt = ?", t.Kind, t.Key, t.Attempt)
		if err != nil || n == 0 { // moved, cancelled or leased by another meanwhile
			return err
		}
		if handle == nil {
			return fmt.Errorf("nobody handles timers of kind %q", t.Kind)
		}
		return handle(ctx, tx, t)
	})
	if err == nil || ctx.Err() != nil {
		return
	}
	pause := min(maxPause, time.Second<<min(t.Attempt, 9))
	s.log.Error("timer failed, will try again", "kind", t.Kind, "key", t.Key, "attempt", t.Attempt, "pause", pause, "error", err)
	err = s.db.For(t.Tenant, "system").Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE timer SET due = ? WHERE tenant = :tenant AND kind = ? AND key = ? AND attempt = ?", db.Micros(s.now().Add(pause)), t.Kind, t.Key, t.Attempt)
		return err
	})
	if err != nil {
		s.log.Error("postponing a timer failed; its lease will run out", "kind", t.Kind, "key", t.Key, "error", err)
	}
}
