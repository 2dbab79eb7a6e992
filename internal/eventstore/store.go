package eventstore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// Store is an open event store. Its methods may be called concurrently.
type Store struct {
	o       Options
	engine  *engine
	schema  schema
	metrics *metrics
	gate    *Gate

	// mu is the append lock: the writer, the hot table's summary and applied.
	mu      sync.Mutex
	writer  *writer
	hot     *memTable
	applied uint64 // journal sequence up to which rows are taken
	flushed uint64 // and can be found
	durable uint64 // and are in segments that the catalogue lists
	more    chan struct{}
	order   []int // scratch of bySource
	types   []string
	parts   []*summary // scratch of Append, by event
	tables  int        // numbers the hot tables
	closed  bool
	// buffered is when the oldest unflushed row came (real time, not Options.Now).
	buffered time.Time

	// viewMu guards what searches see. It is taken after mu, never before.
	viewMu   sync.Mutex
	mem      []*memTable // hot first, then those that wait to be sealed, newest first
	segments []Segment   // by MaxTime, newest first; replaced, never changed
	epochs   []*epoch    // oldest first; who reads which list of segments
	last     lastSeal
	health   health
	cache    *cache // nil unless the tier's files are fetched

	changeMu sync.Mutex // one drop or move at a time

	sealMu sync.Mutex // one seal at a time
	wake   chan struct{}
	seal   chan struct{}
	// refilter asks for filters of segments that have none.
	refilter chan struct{}
	stop     context.CancelFunc
	done     sync.WaitGroup
}

type lastSeal struct {
	at  time.Time
	err error
}

// Open opens the store in o.Dir, removes files of dropped segments and puts
// those that the catalogue does not list aside. Appending starts after Sealed().
func Open(ctx context.Context, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	segments, sealed, err := o.Catalogue.Segments(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the segment catalogue: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(o.Dir, segmentsDir), 0o700); err != nil {
		return nil, fmt.Errorf("make the event store's directory: %w", err)
	}
	s := &Store{o: o, schema: newSchema(), applied: sealed, flushed: sealed, durable: sealed, more: make(chan struct{}),
		wake: make(chan struct{}, 1), seal: make(chan struct{}, 1), refilter: make(chan struct{}, 1)}
	if s.engine, err = openEngine(ctx, o); err != nil {
		return nil, err
	}
	if err := s.start(ctx, segments); err != nil {
		s.engine.close()
		return nil, err
	}
	return s, nil
}

func (s *Store) start(ctx context.Context, segments []Segment) error {
	m, err := newMetrics(s.o.Metrics, s)
	if err != nil {
		return fmt.Errorf("register the event store's metrics: %w", err)
	}
	s.metrics = m
	s.gate = NewGate(s.o.Searches, s.o.SearchTime, m.searches, m.searchSeconds)
	if err := s.adopt(ctx, segments); err != nil {
		return err
	}
	if s.o.Tier != nil && s.o.Tier.Dir() == "" {
		if s.cache, err = openCache(s, s.o.Cache); err != nil {
			return err
		}
	}
	if s.hot, err = s.newTable(ctx); err != nil {
		return err
	}
	s.mem = []*memTable{s.hot}
	s.writer = newWriter(s.engine.conn, s.schema)
	run, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Go(func() { s.flushLoop(run) })
	s.done.Go(func() { s.sealLoop(run) })
	s.done.Go(func() { s.refilterLoop(run) })
	return nil
}

func (s *Store) newTable(ctx context.Context) (*memTable, error) {
	s.tables++
	t := &memTable{name: fmt.Sprintf("events_%d", s.tables), parts: map[partition]*summary{}, through: s.applied}
	if _, err := s.engine.db.ExecContext(ctx, s.schema.createTable(memCatalog+".main."+t.name)); err != nil {
		return nil, fmt.Errorf("make a hot table: %w", err)
	}
	return t, nil
}

// Applied is the journal sequence up to which rows were taken, counting sealed
// ones: where reading the journal goes on.
func (s *Store) Applied() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.applied
}

// Append takes the events of whole journal messages, in journal order, the
// last of sequence through. Events of a sequence that was taken before are
// ignored, so a replay changes nothing. What it needs is copied: events may
// alias a buffer that is reused. The rows are searchable after the next flush.
func (s *Store) Append(evs []event.Event, through uint64) error {
	for i := range evs {
		if !evs[i].Tenant.Valid() {
			return problem.New(problem.Internal, "an event without a tenant was given to the event store (journal %d/%d)", evs[i].Pos.Seq, evs[i].Pos.Index)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return problem.New(problem.Unavailable, "the event store is closed")
	}
	if through <= s.applied {
		return nil
	}
	if s.memBytes() > s.o.budget() {
		s.wakeSealer()
		s.metrics.refused.Inc()
		return problem.New(problem.Unavailable, "the event store's memory is full until a segment is sealed; trying again")
	}
	if s.hot.rows > 0 && s.hot.rows+int64(len(evs)) > s.o.SealRows {
		// A table never holds more than one row group of DuckDB's, which one thread
		// writes in the order of the blocks.
		if err := s.roll(context.Background()); err != nil {
			return problem.Wrap(problem.Unavailable, err, "the event store cannot begin a new table; trying again")
		}
		s.wakeSealer()
	}
	first := s.writer.rows == 0
	if s.hot.rows == 0 {
		s.hot.since = s.o.Now()
	}
	for _, i := range s.bySource(evs) {
		p := s.hot.part(&evs[i], s.o.Class(evs[i].Tenant, evs[i].Source, evs[i].SourceType))
		s.parts[i] = p
		s.hot.count(p, &evs[i], s.writer.add(&evs[i], p.blocks.number(), p.blocks.terms()))
		s.metrics.rows.Inc()
	}
	for i := range evs {
		if evs[i].Pos.Seq > s.applied { // leaves stand in the order of the journal
			s.parts[i].tree.add(LeafHash(evs[i].ID, evs[i].RawSHA256))
		}
	}
	clear(s.parts)
	s.applied, s.hot.through = through, through
	if s.writer.rows >= s.o.FlushRows {
		if err := s.flush(); err != nil {
			// The rows are taken and stay buffered; the flusher tries again.
			s.o.Log.Error("flush of events failed; will be tried again", "error", err)
		}
	}
	if first && s.writer.rows > 0 {
		s.buffered = time.Now()
		signal(s.wake)
	}
	if s.hot.rows >= s.o.SealRows || s.hot.bytes >= s.o.sealBytes() {
		s.wakeSealer()
	}
	return nil
}

// roll puts a new hot table in place; the old one waits to be sealed. The caller
// holds mu.
func (s *Store) roll(ctx context.Context) error {
	if err := s.flush(); err != nil {
		return err
	}
	next, err := s.newTable(ctx)
	if err != nil {
		return err
	}
	s.hot = next
	s.viewMu.Lock()
	s.mem = append([]*memTable{next}, s.mem...)
	s.viewMu.Unlock()
	return nil
}

// bySource lists the events that were not taken before, those of one source type
// behind each other: rows that look alike take less room side by side.
func (s *Store) bySource(evs []event.Event) []int {
	s.order = s.order[:0]
	s.parts = slices.Grow(s.parts[:0], len(evs))[:len(evs)]
	s.types = s.types[:0]
	for i := range evs {
		if evs[i].Pos.Seq > s.applied && !slices.Contains(s.types, evs[i].SourceType) {
			s.types = append(s.types, evs[i].SourceType)
		}
	}
	for _, t := range s.types {
		for i := range evs {
			if evs[i].Pos.Seq > s.applied && evs[i].SourceType == t {
				s.order = append(s.order, i)
			}
		}
	}
	clear(s.types) // they alias the batch
	return s.order
}

func (s *Store) wakeSealer() { signal(s.seal) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// memBytes estimates what all tables in memory take.
func (s *Store) memBytes() (n int64) {
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	for _, t := range s.mem {
		n += t.bytes
	}
	return n
}

// flush makes buffered rows searchable. The caller holds mu.
func (s *Store) flush() error {
	start := time.Now()
	rows := s.writer.rows
	if err := s.writer.flush(memCatalog, s.hot.name); err != nil {
		s.metrics.flushErrors.Inc()
		return err
	}
	if s.flushed != s.applied {
		s.flushed = s.applied
		close(s.more)
		s.more = make(chan struct{})
	}
	if rows > 0 {
		s.metrics.flushSeconds.Observe(time.Since(start).Seconds())
	}
	return nil
}

// Flush makes every row that was appended searchable now.
func (s *Store) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return problem.New(problem.Unavailable, "the event store is closed")
	}
	return s.flush()
}

// flushLoop flushes at the latest FlushEvery after the first buffered row. A
// buffer that filled up and was flushed meanwhile starts its wait anew, so that
// under load there are no small flushes, which cost as much as large ones.
func (s *Store) flushLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		for wait := s.flushDue(); wait > 0; wait = s.flushDue() {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
		}
		if err := s.Flush(); err != nil {
			s.o.Log.Error("flush of events failed; will be tried again", "error", err)
			s.mu.Lock()
			s.buffered = time.Now()
			s.mu.Unlock()
			signal(s.wake)
		}
	}
}

// flushDue is how long the oldest buffered row can still wait.
func (s *Store) flushDue() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer.rows == 0 {
		return 0
	}
	return s.o.FlushEvery - time.Since(s.buffered)
}

// Close stops the background work and flushes. It does not seal: the journal
// still holds what is not sealed.
func (s *Store) Close(ctx context.Context) error {
	s.stop()
	s.done.Wait()
	s.gate.Shut()
	s.sealMu.Lock() // waits for a seal on demand
	defer s.sealMu.Unlock()
	s.mu.Lock()
	wasClosed := s.closed
	s.closed = true
	s.mu.Unlock()
	if wasClosed {
		return nil
	}
	if err := s.gate.Wait(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.flush()
	s.writer.close()
	s.metrics.unregister()
	if cerr := s.engine.close(); err == nil {
		err = cerr
	}
	return err
}

// view is what one search reads: pinned tables and a fixed list of segments.
type view struct {
	mem      []*memTable
	segments []Segment
	epoch    *epoch
	gaps     *gaps // what could not be read
}

func (s *Store) view() view {
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	v := view{mem: slices.Clone(s.mem), segments: s.segments, epoch: s.enter(), gaps: &gaps{}}
	for _, t := range v.mem {
		t.pins++
	}
	return v
}

// release lets go of a view; the last reader of a sealed table drops it.
func (s *Store) release(v view) {
	s.leave(v.epoch)
	s.unpin(v.mem)
}

// unpin lets go of the tables of a view.
func (s *Store) unpin(tables []*memTable) {
	for _, t := range tables {
		s.viewMu.Lock()
		t.pins--
		drop := t.retired && t.pins == 0
		s.viewMu.Unlock()
		if drop {
			s.drop(t)
		}
	}
}

func (s *Store) drop(t *memTable) {
	if _, err := s.engine.db.Exec("DROP TABLE " + memCatalog + ".main." + t.name); err != nil {
		s.o.Log.Error("drop of a sealed table failed; its memory is lost until a restart", "table", t.name, "error", err)
	}
}
