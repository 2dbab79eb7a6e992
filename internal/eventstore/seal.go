package eventstore

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// sealLoop seals by rows and memory (when woken) and by age, and tries a
// failed seal again with growing waits.
func (s *Store) sealLoop(ctx context.Context) {
	tick := time.NewTicker(min(s.o.SealEvery, time.Minute))
	defer tick.Stop()
	wait := s.o.RetrySeal
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.seal:
		case <-tick.C:
		}
		for s.due() {
			err := s.sealOnce(ctx)
			if err == nil {
				wait = s.o.RetrySeal
				continue
			}
			if ctx.Err() != nil {
				return
			}
			s.o.Log.Error("seal of events failed; they stay in memory and in the journal, and it is tried again", "error", err, "in", wait)
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
			wait = min(2*wait, 64*s.o.RetrySeal)
		}
	}
}

// due reports whether there is something to seal now.
func (s *Store) due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	h := s.hot
	return len(s.mem) > 1 || h.rows >= s.o.SealRows || h.bytes >= s.o.sealBytes() ||
		h.rows > 0 && s.o.Now().Sub(h.since) >= s.o.SealEvery
}

// Seal seals everything that was appended before the call.
func (s *Store) Seal(ctx context.Context) error {
	for s.waiting() > 0 {
		if err := s.sealOnce(ctx); err != nil {
			return err
		}
	}
	s.mu.Lock()
	rest := s.hot.rows > 0
	s.mu.Unlock()
	if !rest {
		return nil
	}
	return s.sealOnce(ctx)
}

// waiting is how many tables wait to be sealed.
func (s *Store) waiting() int {
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	return len(s.mem) - 1
}

// sealOnce seals the table that waits for it, or else the hot one: swap, write
// files, commit to the catalogue, and only then let go of the table. A failure
// at any point leaves the rows in the table, where searches see them.
func (s *Store) sealOnce(ctx context.Context) (err error) {
	s.sealMu.Lock()
	defer s.sealMu.Unlock()
	start := time.Now()
	defer func() { s.sealed(err) }()
	table, err := s.swap(ctx)
	if err != nil || table == nil {
		return err
	}
	segments := table.unsure
	if segments == nil {
		if segments, err = s.write(ctx, table); err != nil {
			return err
		}
	} else if known, err := s.committed(ctx, table.through); err != nil {
		return fmt.Errorf("read the segment catalogue: %w", err)
	} else if known {
		s.adoptSealed(table, segments)
		return nil
	}
	if err := s.o.Catalogue.Commit(ctx, segments, table.through); err != nil {
		// It may have taken place all the same. Only when the catalogue says that
		// it did not may the files go; while it says nothing, they are kept and
		// the next try sends this same commit again, never a second one.
		known, cerr := s.committed(ctx, table.through)
		if cerr != nil {
			table.unsure = segments
			return fmt.Errorf("commit segments to the catalogue: %w", err)
		}
		if !known {
			table.unsure = nil
			s.removeFiles(segments)
			return fmt.Errorf("commit segments to the catalogue: %w", err)
		}
	}
	s.adoptSealed(table, segments)
	s.metrics.sealSeconds.Observe(time.Since(start).Seconds())
	return nil
}

func (s *Store) sealed(err error) {
	if err != nil {
		s.metrics.sealErrors.Inc()
	}
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	if s.last.err = err; err == nil {
		s.last.at = s.o.Now()
	}
}

// swap returns the oldest table that waits to be sealed, or the hot one and puts
// a new one in its place; nil when there is nothing.
func (s *Store) swap(ctx context.Context) (*memTable, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil
	}
	if s.waiting() == 0 {
		if s.hot.rows == 0 {
			return nil, nil
		}
		if err := s.roll(ctx); err != nil {
			return nil, err
		}
	}
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	return s.mem[len(s.mem)-1], nil
}

// committed asks the catalogue whether a commit that reported an error is in.
func (s *Store) committed(ctx context.Context, through uint64) (bool, error) {
	_, sealed, err := s.o.Catalogue.Segments(ctx)
	return sealed >= through, err
}

// adoptSealed moves searches from the table to its segments in one step.
func (s *Store) adoptSealed(table *memTable, segments []Segment) {
	s.mu.Lock()
	s.durable = table.through
	s.mu.Unlock()
	s.viewMu.Lock()
	all := append(slices.Clone(s.segments), segments...)
	sortSegments(all)
	s.segments = all
	s.mem = slices.DeleteFunc(slices.Clone(s.mem), func(t *memTable) bool { return t == table })
	table.retired = true
	drop := table.pins == 0
	s.viewMu.Unlock()
	if drop {
		s.drop(table)
	}
}

// Stats describe the store.
type Stats struct {
	HotRows      int64     `json:"hot_rows"`  // in memory, those being sealed included
	HotBytes     int64     `json:"hot_bytes"` // estimate
	Segments     int       `json:"segments"`
	SegmentRows  int64     `json:"segment_rows"`
	SegmentBytes int64     `json:"segment_bytes"`
	LastSeal     time.Time `json:"last_seal"`            // zero before the first
	LastError    string    `json:"last_error,omitempty"` // of the last seal
}

// Stats returns the state of the store over all tenants.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	st := Stats{Segments: len(s.segments), LastSeal: s.last.at}
	for _, t := range s.mem {
		st.HotRows += t.rows
		st.HotBytes += t.bytes
	}
	for i := range s.segments {
		st.SegmentRows += s.segments[i].Rows
		st.SegmentBytes += s.segments[i].Bytes
	}
	if s.last.err != nil {
		st.LastError = s.last.err.Error()
	}
	return st
}
