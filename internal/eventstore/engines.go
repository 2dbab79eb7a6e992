package eventstore

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Engine keeps and finds events: Store does inside this process, and
// clickhouse.Store on servers of its own. The functions of enginetest hold both
// to the same answers. What each method promises stands at Store's.
//
// Segments with their catalogue, proofs, drops, tiers and checks are Store's
// alone: an engine of servers has NoSegments for them.
type Engine interface {
	// Applied is where reading the journal goes on; Durable is the journal
	// sequence up to which rows outlast a crash of this process: the journal may
	// forget it. Seal makes all that was appended durable.
	Append(evs []event.Event, through uint64) error
	Applied() uint64
	Durable() uint64
	Seal(ctx context.Context) error
	Flush() error
	Flushed() (seq uint64, more <-chan struct{})

	Search(ctx context.Context, t tenant.ID, r Request) (Page, error)
	Stream(ctx context.Context, t tenant.ID, r Request, found func([]Row) error, progress func(Progress) error) (Page, error)
	Get(ctx context.Context, t tenant.ID, ids []event.ID) ([]Row, error)
	Since(ctx context.Context, t tenant.ID, x query.Expr, after, through uint64, limit int) (rows []Row, dropped int64, err error)
	Histogram(ctx context.Context, t tenant.ID, x query.Expr, from, to int64, buckets int) (Histogram, error)
	StreamHistogram(ctx context.Context, t tenant.ID, x query.Expr, from, to, width int64, progress func(Histogram) error) (Histogram, error)
	TopValues(ctx context.Context, t tenant.ID, x query.Expr, from, to int64, field string, n int) (Top, error)
	Aggregate(ctx context.Context, t tenant.ID, q query.Query, from, to int64, progress func(Table)) (Table, error)
	Scan(ctx context.Context, t tenant.ID, from, to int64, x query.Expr, fn func([]event.Event) error) error
	About(t tenant.ID, from, to int64) int64

	Stats() Stats
	Close(ctx context.Context) error
}

var _ Engine = (*Store)(nil)

// Durable is the journal sequence up to which rows are in segments that the
// catalogue lists.
func (s *Store) Durable() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.durable
}

// NoSegments answers for an engine that has none: nothing is listed, and what is
// asked of one is refused.
type NoSegments struct{}

var errNoSegments = problem.New(problem.NotFound, "Events are kept by ClickHouse here, which has no segments.")

func (NoSegments) Segments() []Segment                              { return nil }
func (NoSegments) Health() []SegmentState                           { return nil }
func (NoSegments) State(g Segment) SegmentState                     { return SegmentState{ID: g.ID, State: SegmentMissing} }
func (NoSegments) FilterState(Segment) string                       { return SegmentMissing }
func (NoSegments) MayContain(string, query.Expr, int64, int64) bool { return true }
func (NoSegments) Check(context.Context, string) ([]Fault, error)   { return nil, errNoSegments }
func (NoSegments) Drop(_ context.Context, ids []string, _ func(context.Context, []Segment) error) error {
	if len(ids) == 0 {
		return nil
	}
	return errNoSegments
}
func (NoSegments) Move(context.Context, string, func(context.Context, Segment) error) error {
	return errNoSegments
}
func (NoSegments) Restore(context.Context, string, func(context.Context, Segment) error) error {
	return errNoSegments
}

func (NoSegments) Prove(context.Context, tenant.ID, []event.ID) ([]EventProof, error) {
	return nil, problem.New(problem.NotFound, "Events are kept by ClickHouse here, which has no proofs of them.")
}

var errNoParquet = problem.New(problem.Invalid, "Events are kept by ClickHouse here; it exports CSV and NDJSON, and Parquet by its own tools.")

func (NoSegments) Export(context.Context, tenant.ID, query.Expr, int64, int64, []query.Field, string, func(Exported) error) (Exported, error) {
	return Exported{}, errNoParquet
}
func (NoSegments) ExportTable(context.Context, Table, string) (int64, error) { return 0, errNoParquet }
