// Package searchbench measures the event store by itself: what writing costs,
// how much room events take, and how long searches wait, over the mixed lines of
// internal/loadgen. Each figure is taken in a process of its own where a restart
// is part of it.
package searchbench

import (
	"context"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/loadgen"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const (
	tenantID = tenant.Default
	batch    = 1000 // events a journal message
	gap      = time.Millisecond
)

// Start is when the first event is.
var Start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// End is when the last of n events is, about.
func End(n int) time.Time { return Start.Add(time.Duration(n)*gap + time.Minute) }

// Needles are planted so that each kind occurs this often, whatever the number
// of events.
const Needles = 7

// Written tells of a run of Write.
type Written struct {
	Events   int
	Wall     time.Duration // generating and decoding on the same cores counted
	CPU      time.Duration // of the store: generating and decoding not counted
	Prepared time.Duration // CPU of generating and decoding
	PeakMB   float64
}

// source decodes batches ahead of the store, on a thread of its own whose time
// is known.
type source struct {
	gen     *loadgen.Generator
	worker  *normalize.Worker
	seq     uint64
	used    time.Duration
	records []journal.Record
	raw     []byte
}

// newSource makes batches with needles among so many events; 0 for none.
func newSource(events int, seed uint64, start time.Time) *source {
	every := 0
	if events > 0 {
		every = max(8, events/Needles)
	}
	mappings, _ := normalize.Load(normalize.Shipped())
	return &source{gen: loadgen.New(seed, start, gap, loadgen.Needles{Every: every}), worker: normalize.New(mappings).Worker(), records: make([]journal.Record, batch)}
}

// next decodes one batch. Its events stay good: their bytes are not reused.
func (s *source) next() []event.Event {
	began := threadCPU()
	s.seq++
	raw := make([]byte, 0, len(s.raw)+4096)
	for i := range s.records {
		l := s.gen.Next()
		raw = append(raw, l.Raw...)
		s.records[i] = journal.Record{Tenant: tenantID, Received: l.Time.UnixNano(), Source: l.Source, Transport: l.Transport, Peer: l.Peer, Raw: raw[len(raw)-len(l.Raw) : len(raw) : len(raw)]}
	}
	s.raw = raw
	out := s.worker.Batch(journal.Batch{Seq: s.seq, Records: s.records}, make([]event.Event, 0, batch))
	s.used += threadCPU() - began
	return out
}

// Write appends n events as fast as the store takes them and seals them all.
// The store reports how far it is to progress, about once a second.
func Write(ctx context.Context, st *eventstore.Store, n int, progress func(done int)) (Written, error) {
	w := Written{Events: n}
	src := newSource(n, 1, Start)
	ready := make(chan []event.Event, 4)
	done := make(chan time.Duration, 1)
	go func() {
		runtime.LockOSThread() // so that threadCPU is this goroutine's
		defer close(ready)
		for range n / batch {
			ready <- src.next()
		}
		done <- src.used
	}()
	began, cpu, told := time.Now(), processCPU(), time.Now()
	seq := uint64(0)
	for evs := range ready {
		seq++
		for {
			err := st.Append(evs, seq)
			if err == nil {
				break
			}
			if !problem.Is(err, problem.Unavailable) || ctx.Err() != nil {
				return w, err
			}
			time.Sleep(5 * time.Millisecond) // the store is full until a seal is through
		}
		if time.Since(told) > time.Second {
			told = time.Now()
			progress(int(seq) * batch)
		}
	}
	w.Prepared = <-done
	if err := st.Seal(ctx); err != nil {
		return w, err
	}
	w.Wall, w.CPU = time.Since(began), processCPU()-cpu-w.Prepared
	return w, nil
}

func processCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func threadCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_THREAD, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(of []time.Duration) time.Duration { return quantile(of, 0.5) }

func quantile(of []time.Duration, q float64) time.Duration {
	if len(of) == 0 {
		return 0
	}
	of = slices.Sorted(slices.Values(of))
	return of[min(len(of)-1, int(q*float64(len(of))))]
}
