// Package evidence keeps what proves something in a case: so far snapshots of
// events, each one file that can be checked offline (see package bundle).
//
// A file is stored by its SHA-256 in two copies, and is not taken when one of
// them cannot be written. Taking it holds the segments that its events are in.
// Each reading, download, check and completion is a row of its custody and an
// entry of the record, in one transaction, before anything is handed out. Who
// may see the case may see its evidence: callers ask that first.
package evidence

import (
	"context"
	"log/slog"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/evidence/bundle"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// KindSnapshot is evidence that consists of events.
const KindSnapshot = "snapshot"

// Item is one piece of evidence.
type Item struct {
	ID, CaseID, Kind string
	Title, Note      string
	Detail           Detail
	SHA256           string // of the file, hexadecimal
	Bytes            int64
	Pending          bool   // part of its proof is not yet under a checkpoint
	Hold             string // id of the hold on its segments
	By               string
	At               time.Time
	Copies           []Copy
	Verified         time.Time // zero before the first check
	VerifiedOK       bool
	VerifiedDetail   string
}

// Detail is what a snapshot has besides what all evidence has.
type Detail struct {
	Query      string   `json:"query,omitempty"` // "" when events were chosen one by one
	From       int64    `json:"from,omitempty"`  // ns, 0 for no bound
	To         int64    `json:"to,omitempty"`
	Events     int      `json:"events"`
	Segments   []string `json:"segments"`
	Incomplete string   `json:"incomplete,omitempty"` // what could not be read when it was taken
}

// Custody is one time that somebody had it in hand.
type Custody struct {
	RecordSeq int64
	At        time.Time
	Actor     string
	Act       string // taken, completed, read, downloaded, verified
	Detail    string
}

// Request asks for a snapshot: of the events with these ids, or when there are
// none, of all that match within [From, To).
type Request struct {
	CaseID, Title, Note string
	Query               string // as it was asked
	Where               query.Expr
	From, To            int64
	IDs                 []event.ID
	// With runs in the transaction that keeps the item; nil for nothing.
	With func(ctx context.Context, tx *db.Tx, i Item) error
}

// Events is what the event store does for evidence.
type Events interface {
	Search(ctx context.Context, t tenant.ID, r eventstore.Request) (eventstore.Page, error)
	Get(ctx context.Context, t tenant.ID, ids []event.ID) ([]eventstore.Row, error)
	Prove(ctx context.Context, t tenant.ID, ids []event.ID) ([]eventstore.EventProof, error)
}

// Holds keep segments from being dropped.
type Holds interface {
	PlaceEvidence(ctx context.Context, tx *db.Tx, evidence string, segments []string, reason string) (hold string, err error)
}

// Cases tells how people write a case and a person's name. Absent cases are
// NotFound problems.
type Cases interface {
	Label(ctx context.Context, q db.Querier, id string) (string, error)
	Name(ctx context.Context, q db.Querier, person string) (string, error)
}

// Service keeps evidence.
type Service struct {
	DB     *db.DB
	Record *record.Log
	Events Events
	Holds  Holds
	Cases  Cases
	Blobs  *Blobs
	Key    bundle.Key
	// Wait is how long taking waits for the record's next checkpoint.
	Wait time.Duration
	Now  func() time.Time
	Log  *slog.Logger
}
