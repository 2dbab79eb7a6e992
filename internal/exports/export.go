// Package exports makes files of searches: the whole result, also millions of
// events, as CSV, NDJSON or Parquet, while who asked does something else.
//
// Guarantees. One export is made at a time, beside the event path, with rests
// between its pieces, so that intake, paging and searches do not suffer. A file
// is complete or it is not there: what cannot be read fails the export. A stop
// of the server begins a running one anew; after three begun ones it has failed.
// Only who asked can see an export and its file. Files stay for a day.
//
// Limits. A file has at most the bytes that are configured. Rows that come in
// while an export runs may be missing from it. A CSV cell that a spreadsheet
// would take for a formula begins with an apostrophe. Of queries with pipes the
// table is exported, at most 10,000 rows.
package exports

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/internal/worker"
)

// Keep is how long a file is kept, Remember how long it is listed.
const (
	Keep     = 24 * time.Hour
	Remember = 7 * 24 * time.Hour
)

const (
	maxWaiting  = 10 // of a person
	maxFields   = 100
	maxAttempts = 3
)

// The formats.
const (
	CSV     = "csv"
	NDJSON  = "ndjson"
	Parquet = "parquet"
)

// The states.
const (
	Waiting   = "waiting"
	Running   = "running"
	Done      = "done"
	Failed    = "failed"
	Cancelled = "cancelled"
	Expired   = "expired"
)

// Spec says what goes into a file.
type Spec struct {
	Query    string
	From, To time.Time
	Format   string
	Fields   []string // in this order; none: all of an event, or what a CSV shows
}

// Export is one file, or what became of it.
type Export struct {
	ID, Owner, State, Error string
	Spec
	Rows, About, Bytes int64 // About: estimate of Rows at the end
	Percent            int
	Created, Finished  time.Time
	attempt            int
	tenant             tenant.ID
}

// Expires is when the file goes; zero while there is none.
func (e Export) Expires() time.Time {
	if e.State != Done {
		return time.Time{}
	}
	return e.Finished.Add(Keep)
}

// Events is what is read.
type Events interface {
	Scan(ctx context.Context, t tenant.ID, from, to int64, x query.Expr, fn func([]event.Event) error) error
	About(t tenant.ID, from, to int64) int64
	Aggregate(ctx context.Context, t tenant.ID, q query.Query, from, to int64, progress func(eventstore.Table)) (eventstore.Table, error)
	Export(ctx context.Context, t tenant.ID, x query.Expr, from, to int64, fields []query.Field, path string, progress func(eventstore.Exported) error) (eventstore.Exported, error)
	ExportTable(ctx context.Context, t eventstore.Table, path string) (int64, error)
}

// Options are what the service needs; all but Rest.
type Options struct {
	DB       *db.DB
	Record   *record.Log
	Events   Events
	Dir      string // of the files; the event store's
	MaxBytes int64  // of one file
	Now      func() time.Time
	Log      *slog.Logger
	// Rest pauses after a piece that took so long; nil for as long again, half a
	// second at most.
	Rest func(ctx context.Context, took time.Duration)
}

// Service takes exports and makes their files.
type Service struct {
	Options
	work *worker.Loop
	mu   sync.Mutex
	// running is the export whose file is being made, stop ends it.
	running string
	stop    context.CancelFunc
}

// New makes the service.
func New(o Options) *Service {
	if o.Rest == nil {
		o.Rest = worker.Rest
	}
	s := &Service{Options: o}
	s.work = worker.New(worker.Loop{What: "exports", Idle: time.Minute, Log: o.Log, Next: s.Next, Tidy: s.Expire})
	return s
}

// Get returns an export of a person.
func Get(ctx context.Context, q db.Querier, person, id string) (Export, error) {
	e, err := get(ctx, q, id)
	if err == nil && e.Owner != person {
		return Export{}, problem.New(problem.NotFound, "No such export.")
	}
	return e, err
}

// List lists the exports of a person, newest first.
func List(ctx context.Context, q db.Querier, person string) ([]Export, error) {
	return list(ctx, q, person)
}

// Start queues an export of the transaction's actor.
func (s *Service) Start(ctx context.Context, tx *db.Tx, spec Spec) (Export, error) {
	now := s.Now()
	e := Export{ID: db.NewID(now), Owner: tx.Scope().Actor, State: Waiting, Spec: spec, Created: now, tenant: tx.Scope().Tenant}
	if err := spec.check(now); err != nil {
		return e, err
	}
	n, err := waiting(ctx, tx, e.Owner)
	if err != nil {
		return e, err
	}
	if n >= maxWaiting {
		return e, problem.New(problem.TooMany, "%d of your exports wait already. Cancel some, or wait.", n)
	}
	if err := insert(ctx, tx, e); err != nil {
		return e, err
	}
	tx.OnCommit(s.work.Wake)
	return e, s.note(ctx, tx, "export.started", e)
}

func (s Spec) check(now time.Time) error {
	switch {
	case !s.From.Before(s.To):
		return problem.New(problem.Invalid, "The time range ends before it begins.")
	case !slices.Contains([]string{CSV, NDJSON, Parquet}, s.Format):
		return problem.New(problem.Invalid, "The format is csv, ndjson or parquet.")
	case len(s.Fields) > maxFields:
		return problem.New(problem.Invalid, "At most %d fields can be exported.", maxFields)
	}
	for i, f := range s.Fields {
		if _, ok := query.ParseField(f); !ok || slices.Contains(s.Fields[:i], f) {
			return problem.New(problem.Invalid, "%q is no name of a field, or stands there twice.", f)
		}
	}
	_, err := query.ParseQuery(s.Query, now, time.UTC)
	return err
}

// Remove stops an export that waits or runs; of one that has ended it removes
// the file and the entry.
func (s *Service) Remove(ctx context.Context, tx *db.Tx, id string) error {
	e, err := Get(ctx, tx, tx.Scope().Actor, id)
	if err != nil {
		return err
	}
	if e.State == Waiting || e.State == Running {
		e.State, e.Finished = Cancelled, s.Now()
		if err := finish(ctx, tx, e); err != nil {
			return err
		}
		tx.OnCommit(func() { s.cancel(id) })
		return s.note(ctx, tx, "export.cancelled", e)
	}
	if err := remove(ctx, tx, id); err != nil {
		return err
	}
	tx.OnCommit(func() { s.drop(e) })
	return s.note(ctx, tx, "export.removed", e)
}

// cancel ends the making of a file at once.
func (s *Service) cancel(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == id {
		s.stop()
	}
}

// Downloaded records that somebody takes the file, before the first byte leaves.
func (s *Service) Downloaded(ctx context.Context, tx *db.Tx, e Export) error {
	return s.note(ctx, tx, "export.downloaded", e)
}

// note records what was done; a query is personal: it can name anyone.
func (s *Service) note(ctx context.Context, tx *db.Tx, kind string, e Export) error {
	_, err := s.Record.Append(ctx, tx, record.Entry{Kind: kind, Subject: "export", SubjectID: e.ID,
		Data:     map[string]any{"format": e.Format, "from": e.From.UTC(), "to": e.To.UTC(), "rows": e.Rows, "bytes": e.Bytes, "fields": e.Fields},
		Personal: map[string]any{"q": e.Query}})
	return err
}
