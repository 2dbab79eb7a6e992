package eventstore

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Table is what the pipes of a query make. Cells are nil (absent), string,
// int64 or float64; in a column of type "time" int64 ns since 1970 UTC.
type Table struct {
	Columns []TableColumn `json:"columns"`
	Rows    [][]any       `json:"rows"`
	Chart   string        `json:"chart"` // "bar", "line" or "none"
	// Other says that the last row of a top, or the last column of a timechart,
	// stands for all values that are not shown.
	Other   bool `json:"other,omitempty"`
	Partial bool `json:"partial"` // a report on the way: sources are left
	// Incomplete says that time ran out; Reason says it to people.
	Incomplete bool   `json:"incomplete,omitempty"`
	Reason     string `json:"reason,omitempty"`
	// Notes say what is approximate or left out, a sentence each.
	Notes []string `json:"notes,omitempty"`
}

// TableColumn is a column; Type is "text", "number" or "time".
type TableColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Limits of Aggregate besides the query's own.
const (
	maxGroups = 100_000  // groups, and rows that are kept to work on
	maxHeld   = 64 << 20 // bytes of the text of groups and rows, and of sketches
	maxCell   = 1000     // characters of a cell; longer values are cut
	maxSeries = 10       // of a timechart by a field, besides "other"
)

// reportEvery is the least time between two reports of progress.
const reportEvery = 250 * time.Millisecond

// Aggregate runs a query's pipes over the tenant's rows of [from, to) (ns; 0
// for no bound), narrowed to what the text says about time. A query without
// pipes gives its rows as a table. Sources are read newest first; progress, if
// not nil, gets the table so far, some times a second at most. When the store's
// time for a search runs out, the table holds what was read until then.
func (s *Store) Aggregate(ctx context.Context, t tenant.ID, q query.Query, from, to int64, progress func(Table)) (Table, error) {
	return s.aggregateEvery(ctx, t, q, from, to, progress, reportEvery)
}

func (s *Store) aggregateEvery(ctx context.Context, t tenant.ID, q query.Query, from, to int64, progress func(Table), every time.Duration) (Table, error) {
	p := q.Plan()
	lo, hi := timeRange(from, to)
	l, h := query.Bounds(p.Where)
	lo, hi = max(lo, l), min(hi, h)
	r := &pipeRun{store: s, tenant: t, plan: p, lo: lo, hi: hi, zone: q.Zone, notes: map[string]bool{}}
	sink, err := r.sink()
	if err != nil {
		return Table{}, err
	}
	finish := func(partial bool) (Table, error) {
		table, err := r.table(sink)
		table.Partial = partial
		return table, err
	}
	next := time.Now().Add(every)
	err = s.aggregate(ctx, t, p.Where, lo, hi, func(ctx context.Context, src source) error {
		if err := sink.read(ctx, src); err != nil {
			return err
		}
		if progress == nil || time.Now().Before(next) {
			return nil
		}
		begin := time.Now()
		table, err := finish(true)
		if err == nil {
			progress(table)
		}
		// Making a large table again and again must not take the time of reading.
		next = time.Now().Add(max(every, min(10*time.Since(begin), 20*every)))
		return err
	})
	incomplete, reason, err := s.outOfTime(err)
	if err != nil {
		return Table{}, err
	}
	table, err := finish(false)
	table.Incomplete, table.Reason = incomplete, reason
	return table, err
}

// pipeRun is one call of Aggregate.
type pipeRun struct {
	store  *Store
	tenant tenant.ID
	plan   query.Plan
	lo, hi int64
	zone   *time.Location
	notes  map[string]bool
	wide   bool // rows were left out because they are large
}

// sink takes the part of each source and gives the whole.
type sink interface {
	read(context.Context, source) error
	relation() *relation
}

func (r *pipeRun) sink() (sink, error) {
	if r.plan.Group == nil {
		return newRowSink(r), nil
	}
	g, err := r.groups(r.plan.Group)
	if err != nil {
		return nil, err
	}
	return &groupSink{r, g}, nil
}

// table runs the pipes that are left over what the sink has.
func (r *pipeRun) table(from sink) (Table, error) {
	clear(r.notes)
	rel := from.relation()
	for _, p := range r.plan.Rest {
		if err := r.apply(rel, p); err != nil {
			return Table{}, err
		}
	}
	if len(rel.rows) > query.MaxTableRows {
		r.note("The table has more rows; the first 10,000 are shown.")
		rel.rows = rel.rows[:query.MaxTableRows]
		rel.other = false
	}
	t := rel.table()
	for n := range r.notes {
		t.Notes = append(t.Notes, n)
	}
	slices.Sort(t.Notes)
	return t, nil
}

func (r *pipeRun) note(text string) { r.notes[text] = true }

// timeRangeOf is [from, to) of a timechart.
func (r *pipeRun) timeRangeOf() (from, to int64, err error) {
	if r.lo == math.MinInt64 || r.hi == math.MaxInt64 {
		return 0, 0, problem.New(problem.Invalid, "A timechart needs a time range with a start and an end.")
	}
	return r.lo, r.hi + 1, nil
}
