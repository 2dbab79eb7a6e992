// Package retention decides how long events are kept: retention classes and
// which sources belong to them, what holds events beyond that, and the drop of
// what is due, by age or by size, with a signed tombstone of each segment.
//
// What shortens retention, removes a source or releases the hold of a case is
// a change that another person approves and that takes effect after a delay;
// what lengthens applies at once. A held segment is never dropped: holds and
// policy carry a generation, and a drop that was decided under another one is
// decided anew, in the transaction that commits it. Dropping is by whole
// segments, so an event may outlive its time by the length of one.
//
// The same runner moves old segments to a tier, verifies a segment now and then
// (all of them in a week), and follows the plan for a disk that fills up.
package retention

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
)

// Store is what the event store does for retention.
type Store interface {
	Segments() []eventstore.Segment
	MayContain(id string, x query.Expr, lo, hi int64) bool
	Drop(ctx context.Context, ids []string, commit func(context.Context, []eventstore.Segment) error) error
	Move(ctx context.Context, id string, note func(context.Context, eventstore.Segment) error) error
	Restore(ctx context.Context, id string, note func(context.Context, eventstore.Segment) error) error
	Check(ctx context.Context, id string) ([]eventstore.Fault, error)
	Health() []eventstore.SegmentState
}

// Timers sets due times.
type Timers interface {
	Set(ctx context.Context, tx *db.Tx, kind, key string, due time.Time, payload string) error
	Cancel(ctx context.Context, tx *db.Tx, kind, key string) error
}

// Sources are where events come from.
type Sources interface {
	// Exists reports whether there is one of that name.
	Exists(ctx context.Context, q db.Querier, name string) (bool, error)
	// Remove ends one: nothing more is taken from it.
	Remove(ctx context.Context, tx *db.Tx, name string) error
}

// Cases tells what a case is about. An absent case is a NotFound problem.
type Cases interface {
	Case(ctx context.Context, q db.Querier, id string) (Case, error)
}

// Service is retention at work.
type Service struct {
	DB        *db.DB
	Record    *record.Log
	Catalogue *catalogue.Catalogue
	Store     Store
	Classes   *Classes
	Timers    Timers
	Sources   Sources
	Cases     Cases
	Signer    note.Signer   // of tombstones
	Delay     time.Duration // between approval and effect
	Tier      Tier
	Disk      Disk
	// RemoveCopy removes a location of the tier; nil when there is none.
	RemoveCopy func(ctx context.Context, location string) error
	Now        func() time.Time
	Log        *slog.Logger

	mu     sync.Mutex
	alarms map[string]string // by what failed
	space  Space             // last seen
	state  string            // of the disk
	floors bool              // some class allowed an early drop when the disk was last full
}

// Tier says when segments move to the event store's tier.
type Tier struct {
	Kind      string // "none", "directory" or "s3"
	Target    string // the directory, or endpoint and bucket
	AfterDays int64
}

// TimerApply is due when an approved change takes effect; its key is the
// change's id.
const TimerApply = "retention.apply"

const day = 24 * time.Hour

// alarm notes what goes wrong with something, "" when it goes well again.
func (s *Service) alarm(what string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.alarms == nil {
		s.alarms = map[string]string{}
	}
	if err == nil {
		delete(s.alarms, what)
		return
	}
	s.alarms[what] = err.Error()
}

// record appends an entry; reason is free text and stays outside the proofs.
func (s *Service) record(ctx context.Context, tx *db.Tx, kind, subject, id string, data map[string]any, reason string) error {
	e := record.Entry{Kind: kind, Subject: subject, SubjectID: id, Data: data}
	if reason != "" {
		e.Personal = map[string]string{"reason": reason}
	}
	_, err := s.Record.Append(ctx, tx, e)
	return err
}
