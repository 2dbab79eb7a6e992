package notify

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
)

// Options are what the service needs.
type Options struct {
	DB        *db.DB
	Record    *record.Log
	Now       func() time.Time
	Log       *slog.Logger
	Metrics   prometheus.Registerer
	Addresses Addresses
	Channels  map[string]Channel // by name; one that is missing fails its messages

	// Undeliverable is told, in the transaction that ends a page as failed,
	// which run it belonged to, so that the escalation goes on. Optional.
	Undeliverable func(ctx context.Context, tx *db.Tx, run string) error
	// Jitter returns a number in [0,1) that spreads retries; nil: random.
	Jitter func() float64
}

// Service is the outbox and its worker.
type Service struct {
	Options
	gate    *gate
	metrics *metrics
	wake    chan struct{}

	mu     sync.Mutex
	pages  int // sends of pages under way
	others int // sends of anything else under way
}

// New makes the service; Run starts sending.
func New(o Options) (*Service, error) {
	m, err := newMetrics(o.Metrics)
	if err != nil {
		return nil, fmt.Errorf("notify: %w", err)
	}
	if o.Jitter == nil {
		o.Jitter = random
	}
	return &Service{Options: o, gate: newGate(), metrics: m, wake: make(chan struct{}, 1)}, nil
}

// Queue adds a message in the caller's transaction; it is sent once that has
// committed.
func (s *Service) Queue(ctx context.Context, tx *db.Tx, m Message) (id string, err error) {
	return s.QueueWith(ctx, tx, m, "")
}

// QueueWith is Queue for a message with a picture that KeepPicture has kept.
func (s *Service) QueueWith(ctx context.Context, tx *db.Tx, m Message, picture string) (id string, err error) {
	switch {
	case m.Kind != KindPage && m.Kind != KindReporter && m.Kind != KindInfo:
		return "", problem.New(problem.Invalid, "A message is a page, an answer to a reporter or a notice, not %q.", m.Kind)
	case m.Recipient == "" || m.RecipientKind == "":
		return "", problem.New(problem.Invalid, "A message needs a recipient.")
	}
	m = clean(m)
	now := s.Now()
	id = db.NewID(now)
	if err := insert(ctx, tx, id, m, picture, now); err != nil {
		return "", fmt.Errorf("queue a message: %w", err)
	}
	if err := s.append(ctx, tx, id, m, queuedKind(m), nil); err != nil {
		return "", err
	}
	tx.OnCommit(s.poke)
	return id, nil
}

func queuedKind(m Message) string {
	if m.Kind == KindPage {
		return "page.queued"
	}
	return "message.queued"
}

// CancelRun ends every message of a run that was not sent yet. The caller that
// must be sure that nothing leaves after its commit holds Quiesce around the
// transaction; without it, sends under way are interrupted after the commit.
func (s *Service) CancelRun(ctx context.Context, tx *db.Tx, run string) error {
	if run == "" {
		return nil
	}
	cancelled, err := cancelRun(ctx, tx, run, s.Now())
	if err != nil {
		return fmt.Errorf("cancel the messages of run %s: %w", run, err)
	}
	for _, m := range cancelled {
		if err := s.append(ctx, tx, m.ID, m.Message, "message.cancelled", nil); err != nil {
			return err
		}
	}
	tx.OnCommit(func() { s.gate.cancel(run, errEnded) })
	return nil
}

// Quiesce closes a run to sending in this process: new sends wait, those under
// way are cancelled, and it returns when they have (or after 5 s). The caller
// acknowledges in a transaction and then releases. It must not be called inside
// a transaction: the sends that it waits for record their outcome.
func (s *Service) Quiesce(run string) (release func()) {
	if run == "" { // messages of no run are nobody's to acknowledge
		return func() {}
	}
	release, quiet := s.gate.close(run)
	if !quiet {
		s.Log.Error("a channel did not stop sending when told to; a page may arrive after its acknowledgement", "run", run)
	}
	return release
}

// Live counts the messages of a run queued at or after since that were sent or
// are still being tried.
func (s *Service) Live(ctx context.Context, q db.Querier, run string, since time.Time) (int, error) {
	return countLive(ctx, q, run, since)
}

// Filter chooses messages of one tenant; empty fields do not restrict.
type Filter struct {
	CaseID string
	Run    string
	State  string
	Limit  int // at most 1000
}

// List returns messages, newest first.
func (s *Service) List(ctx context.Context, q db.Querier, f Filter) ([]Status, error) {
	return list(ctx, q, f)
}

// append records what happened to a message: on its case's timeline when it
// has one.
func (s *Service) append(ctx context.Context, tx *db.Tx, id string, m Message, kind string, more map[string]any) error {
	e := record.Entry{Kind: kind, Subject: "case", SubjectID: m.CaseID, Exercise: m.Exercise}
	if m.CaseID == "" {
		e.Subject, e.SubjectID = "message", id
	}
	data := map[string]any{"message": id, "kind": m.Kind, "channel": m.Channel, "recipient": m.Recipient, "recipient_kind": m.RecipientKind}
	if m.Run != "" {
		data["run"] = m.Run
	}
	for k, v := range more {
		data[k] = v
	}
	e.Data = data
	_, err := s.Record.Append(ctx, tx, e)
	return err
}

func (s *Service) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
