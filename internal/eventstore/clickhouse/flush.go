package clickhouse

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Flush inserts every row that was appended. Rows of a range that is being
// inserted again wait until all of it was appended.
func (s *Store) Flush() error { return s.flush(context.Background(), false) }

// Seal is Flush within ctx: what is inserted is durable.
func (s *Store) Seal(ctx context.Context) error { return s.flush(ctx, false) }

// flush inserts what waits; with onlyDue rows that can still wait stay, so that
// one who comes after another's flush makes no small batch of what came meanwhile.
func (s *Store) flush(ctx context.Context, onlyDue bool) error {
	s.flushMu.Lock()
	defer s.flushMu.Unlock()
	s.mu.Lock()
	if s.redo == 0 && (!onlyDue || s.open.rows > 0 && time.Since(s.buffered) >= s.o.FlushEvery) {
		s.cut(s.applied)
	}
	s.mu.Unlock()
	for {
		b := s.next()
		if b == nil {
			return nil
		}
		start := time.Now()
		err := s.insert(ctx, b)
		s.took(b, err)
		if err != nil {
			s.metrics.flushErrors.Inc()
			return err
		}
		s.metrics.flushSeconds.Observe(time.Since(start).Seconds())
	}
}

// next is the oldest batch; when there is none, all that was appended without
// rows is done too.
func (s *Store) next() *batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ready) > 0 {
		return s.ready[0]
	}
	if s.open.rows == 0 && s.redo == 0 {
		s.reached(s.applied)
	}
	return nil
}

// insert sends a batch. It may be called again after an error, here or by the
// next process: the batch is taken once.
func (s *Store) insert(ctx context.Context, b *batch) error {
	if !b.noted {
		if err := s.writeState(ctx, journalState, b.first, strconv.FormatUint(b.through, 10)); err != nil {
			return err
		}
		b.noted = true
	}
	x := call{Statement: Statement{SQL: "INSERT INTO " + s.o.Layout.events() + " (" + insertColumns() + ") FORMAT RowBinary"}, body: b.body, settings: s.insertSettings(fmt.Sprintf("tocsin-events-%d-%d", b.first, b.through))}
	if _, err := s.client.do(ctx, x); err != nil {
		return fmt.Errorf("insert %d events of the journal's %d to %d: %w", b.rows, b.first, b.through, err)
	}
	return nil
}

// took notes how an insert went.
func (s *Store) took(b *batch, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lastErr = err; err != nil {
		return
	}
	s.lastFlush = s.o.Now()
	s.ready = s.ready[1:]
	s.bytes -= int64(len(b.body))
	s.reached(b.through)
}

// reached tells who follows that there is more. The caller holds mu.
func (s *Store) reached(through uint64) {
	if through <= s.durable {
		return
	}
	s.durable = through
	close(s.more)
	s.more = make(chan struct{})
}

// flushLoop flushes full batches at once and others FlushEvery after their
// first row. After a failure it waits, longer each time.
func (s *Store) flushLoop(ctx context.Context) {
	wait := s.o.FlushEvery
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		due, waits := s.flushDue()
		for ; due > 0; due, waits = s.flushDue() {
			if sleep(ctx, due); ctx.Err() != nil {
				return
			}
		}
		if !waits { // somebody else flushed it
			continue
		}
		err := s.flush(ctx, true)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			wait = s.o.FlushEvery
			continue
		}
		s.o.Log.Error("inserting events into ClickHouse failed; will be tried again", "error", err, "pause", wait)
		sleep(ctx, wait)
		wait = min(2*wait, 30*time.Second)
		signal(s.wake)
	}
}

// flushDue is how long the oldest rows can still wait; waits is false when there
// are none.
func (s *Store) flushDue() (due time.Duration, waits bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(s.ready) > 0:
		return 0, true
	case s.open.rows == 0:
		return 0, false
	}
	return s.o.FlushEvery - time.Since(s.buffered), true
}
