package clickhouse

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// Each row gets into ClickHouse once, whatever fails between here and there:
//
//  1. A batch is a range of the journal, first to through. Before it is inserted
//     the range is written to the state table.
//  2. The insert carries a token made of the range. ClickHouse takes each token
//     once for each partition of the table; the rest of an insert that broke off
//     between two partitions is taken when it comes again.
//  3. A start reads the last range. Whether its insert took place is not known,
//     so Applied is what lies before it, the journal is read from there, and the
//     rows up to the end of the range become one batch with the same token.
//
// A range that the journal does not hold any more was inserted: the journal is
// purged up to Durable only.

// batch is rows of the journal's (first … through) in RowBinary.
type batch struct {
	first, through uint64
	rows           int
	body           []byte
	noted          bool // the range is in the state table
}

// writer gathers rows into batches.
type writer struct {
	mu      sync.Mutex
	applied uint64 // journal sequence up to which rows are taken
	durable uint64 // and are in ClickHouse, where searches find them
	more    chan struct{}
	open    *batch
	ready   []*batch // oldest first
	bytes   int64    // of all batches
	// redo is the end of the range that was being inserted when the program
	// ended; 0 when it was passed.
	redo      uint64
	encoder   encoder
	buffered  time.Time // when the oldest row of open came
	lastErr   error
	lastFlush time.Time
	closed    bool

	flushMu sync.Mutex // one flush at a time
	wake    chan struct{}
}

// maxBatch is how many bytes one insert has about at most.
const maxBatch = 64 << 20

// resume finds where the journal is read from.
func (s *Store) resume(ctx context.Context) error {
	first, value, err := s.readState(ctx, journalState)
	if err != nil {
		return err
	}
	s.more, s.wake = make(chan struct{}), make(chan struct{}, 1)
	if first > 0 {
		if s.redo, err = strconv.ParseUint(value, 10, 64); err != nil || s.redo < first {
			return fmt.Errorf("the state of the journal in ClickHouse is damaged: %d, %q", first, value)
		}
		s.applied = first - 1
	}
	s.durable = s.applied
	s.open = &batch{first: s.applied + 1}
	return nil
}

// Applied is the journal sequence up to which rows were taken: where reading the
// journal goes on.
func (s *Store) Applied() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.applied
}

// Durable is the journal sequence up to which rows are in ClickHouse.
func (s *Store) Durable() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.durable
}

// Flushed is Durable, and a channel that is closed when there is more: what is
// inserted is found.
func (s *Store) Flushed() (seq uint64, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.durable, s.more
}

// Append takes the events of whole journal messages, in journal order, the last
// of sequence through. Events of a sequence that was taken before are ignored.
// What it needs is copied. While ClickHouse takes nothing and the memory for
// waiting rows is full it refuses with problem.Unavailable.
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
	if s.bytes > s.o.Memory {
		signal(s.wake)
		s.metrics.refused.Inc()
		return problem.New(problem.Unavailable, "the memory for events that wait for ClickHouse is full; trying again")
	}
	for i := range evs {
		e := &evs[i]
		if e.Pos.Seq <= s.applied {
			continue
		}
		if s.redo != 0 && e.Pos.Seq > s.redo {
			s.cut(s.redo)
		}
		if s.open.rows == 0 {
			s.buffered = time.Now()
		}
		before := len(s.open.body)
		s.open.body = s.encoder.row(s.open.body, e, s.o.Class(e.Tenant, e.Source, e.SourceType))
		s.open.rows++
		s.bytes += int64(len(s.open.body) - before)
		s.metrics.rows.Inc()
	}
	s.applied = through
	switch {
	case s.redo != 0 && through >= s.redo:
		s.cut(s.redo)
	case s.redo == 0 && (s.open.rows >= s.o.FlushRows || len(s.open.body) >= maxBatch):
		s.cut(through)
	}
	if s.open.rows > 0 || len(s.ready) > 0 {
		signal(s.wake)
	}
	return nil
}

// cut ends the open batch at a sequence. The caller holds mu.
func (s *Store) cut(through uint64) {
	if s.redo != 0 && through >= s.redo {
		s.redo = 0
	}
	if s.open.rows > 0 {
		s.open.through = through
		s.ready = append(s.ready, s.open)
		s.open = &batch{}
	}
	s.open.first = through + 1
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
