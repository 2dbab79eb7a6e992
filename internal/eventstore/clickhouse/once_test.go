package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// faults is the way to the engine, on which requests are lost.
type faults struct {
	// before and after say of an insert into the table of events that it is lost
	// on its way there, or that its answer is on the way back.
	before, after func() bool
	inserts       int
}

func (f *faults) RoundTrip(r *http.Request) (*http.Response, error) {
	insert := strings.Contains(r.URL.Query().Get("query"), ".events (")
	if insert && f.before != nil && f.before() {
		return nil, errors.New("lost on the way there")
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if insert {
		f.inserts++
	}
	if err == nil && insert && f.after != nil && f.after() {
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		return nil, errors.New("lost on the way back")
	}
	return response, err
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano()

// message is the events of one journal message, over a boundary of partitions.
func message(seq uint64) []event.Event {
	evs := make([]event.Event, 4)
	for i := range evs {
		at := noon - int64(i%2)*int64(24*time.Hour)
		evs[i] = event.Event{Tenant: 1, Time: at, Pos: event.Position{Seq: seq, Index: uint32(i)}, Message: fmt.Sprint(seq, i)}
		evs[i].ID = event.PositionID(1, at, evs[i].Pos)
	}
	return evs
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *Store) positions(t *testing.T) (out []event.Position) {
	t.Helper()
	p, err := s.Search(t.Context(), 1, eventstore.Request{Limit: 1000})
	must(t, err)
	for i := range p.Rows {
		out = append(out, p.Rows[i].Position())
	}
	slices.SortFunc(out, func(a, b event.Position) int {
		return slices.Compare([]uint64{a.Seq, uint64(a.Index)}, []uint64{b.Seq, uint64(b.Index)})
	})
	return out
}

// crash ends a store as the end of its process would.
func crash(s *Store) {
	s.stop()
	s.done.Wait()
}

func wanted(seqs ...uint64) (out []event.Position) {
	for _, seq := range seqs {
		for i := range uint32(4) {
			out = append(out, event.Position{Seq: seq, Index: i})
		}
	}
	return out
}

// Whatever is lost, and wherever the process ends, each row is there once.
func TestEachRowIsInsertedOnce(t *testing.T) {
	d := &databases{engine: startEngine(t)}
	lose := func(n int) func() bool { return func() bool { n--; return n >= 0 } }
	for name, c := range map[string]struct {
		fault func(*faults)
		crash bool // and the process ends
	}{
		"the insert is lost, and tried again":                {func(f *faults) { f.before = lose(2) }, false},
		"the answer is lost, and the insert is tried again":  {func(f *faults) { f.after = lose(2) }, false},
		"the process ends between the range and the insert":  {func(f *faults) { f.before = lose(100) }, true},
		"the process ends between the insert and its answer": {func(f *faults) { f.after = lose(100) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := d.base(t)
			f := &faults{}
			b.Transport, b.FlushEvery, b.Tries = f, time.Hour, 3
			s := b.open(t)
			s.client.pause = func(context.Context, time.Duration) {}
			must(t, s.Append(message(1), 1))
			must(t, s.Flush())
			must(t, s.Append(message(2), 2))
			must(t, s.Append(message(3), 3))
			c.fault(f)
			err := s.Flush()
			if (err != nil) != c.crash || c.crash && !problem.Is(err, problem.Unavailable) {
				t.Fatal(err)
			}
			if c.crash {
				crash(s)
				f.before, f.after = nil, nil
				s = b.open(t)
				if s.Applied() != 1 || s.Durable() != 1 {
					t.Fatalf("starts after %d, durable %d, want 1", s.Applied(), s.Durable())
				}
				must(t, s.Append(message(2), 2))
				must(t, s.Flush()) // half of the range: it waits for the rest
				if s.Durable() != 1 {
					t.Fatalf("half of a range was inserted")
				}
				// One message, more than the range had.
				must(t, s.Append(append(message(3), message(4)...), 4))
			} else {
				must(t, s.Append(message(4), 4))
			}
			must(t, s.Flush())
			if got := s.positions(t); !slices.Equal(got, wanted(1, 2, 3, 4)) {
				t.Errorf("%d rows: %v", len(got), got)
			}
			if s.Durable() != 4 {
				t.Errorf("durable up to %d", s.Durable())
			}
			must(t, s.Close(t.Context()))
		})
	}
}

// An insert that broke off between two partitions is completed, not doubled.
func TestTheRestOfAnInsertIsTaken(t *testing.T) {
	d := &databases{engine: startEngine(t)}
	b := d.base(t)
	b.FlushEvery = time.Hour
	s := b.open(t)
	defer s.Close(context.Background())
	evs := message(1)
	half := slices.DeleteFunc(slices.Clone(evs), func(e event.Event) bool { return e.Time < noon })
	must(t, s.Append(half, 1))
	must(t, s.insert(t.Context(), s.cutAt(1)))
	s.mu.Lock()
	s.applied, s.open, s.bytes = 0, &batch{first: 1}, 0
	s.mu.Unlock()
	must(t, s.Append(evs, 1))
	must(t, s.Flush())
	if got := s.positions(t); !slices.Equal(got, wanted(1)) {
		t.Errorf("%v", got)
	}
}

// cutAt is the open batch as it would be cut.
func (s *Store) cutAt(through uint64) *batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := *s.open
	b.through = through
	return &b
}

// What the journal has lost meanwhile (it was inserted) holds nothing up.
func TestARangeThatTheJournalHasPurgedIsPassed(t *testing.T) {
	d := &databases{engine: startEngine(t)}
	b := d.base(t)
	b.FlushEvery = time.Hour
	s := b.open(t)
	must(t, s.Append(message(1), 1))
	must(t, s.Append(message(2), 2))
	must(t, s.Flush())
	must(t, s.Close(t.Context()))
	s = b.open(t)
	must(t, s.Append(message(3), 3))
	must(t, s.Flush())
	if got := s.positions(t); !slices.Equal(got, wanted(1, 2, 3)) || s.Durable() != 3 {
		t.Errorf("%v, durable %d", got, s.Durable())
	}
	must(t, s.Close(t.Context()))
}

func TestWhenMemoryIsFullAppendsAreRefused(t *testing.T) {
	d := &databases{engine: startEngine(t)}
	b := d.base(t)
	f := &faults{}
	b.Transport, b.FlushEvery, b.Tries, b.Memory = f, time.Hour, 1, 1
	s := b.open(t)
	f.before = func() bool { return true }
	must(t, s.Append(message(1), 1))
	if err := s.Append(message(2), 2); !problem.Is(err, problem.Unavailable) || s.Applied() != 1 {
		t.Fatalf("%v, applied %d", err, s.Applied())
	}
	if err := s.Flush(); !problem.Is(err, problem.Unavailable) {
		t.Fatal(err)
	}
	if st := s.Stats(); st.HotRows != 4 || st.LastError == "" {
		t.Errorf("%+v", st)
	}
	f.before = nil
	must(t, s.Flush())
	must(t, s.Append(message(2), 2))
	must(t, s.Flush())
	if got := s.positions(t); !slices.Equal(got, wanted(1, 2)) {
		t.Errorf("%v", got)
	}
	must(t, s.Close(t.Context()))
}
