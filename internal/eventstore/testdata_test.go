package eventstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano()

// memCatalogue is the Catalogue of tests; fail makes Commit fail, lost makes it
// commit and report an error.
type memCatalogue struct {
	mu         sync.Mutex
	segments   []Segment
	seq        uint64
	fail, lost error
	dropped    map[string]bool
}

func (c *memCatalogue) Dropped(_ context.Context, id string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dropped[id], nil
}

// drop is what Store.Drop commits, move what Move and Restore note.
func (c *memCatalogue) drop(_ context.Context, gone []Segment) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return c.fail
	}
	for _, g := range gone {
		c.segments = slices.DeleteFunc(c.segments, func(h Segment) bool { return h.ID == g.ID })
		if c.dropped == nil {
			c.dropped = map[string]bool{}
		}
		c.dropped[g.ID] = true
	}
	return c.lost
}

func (c *memCatalogue) move(_ context.Context, g Segment) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return c.fail
	}
	for i := range c.segments {
		if c.segments[i].ID == g.ID {
			c.segments[i] = g
		}
	}
	return nil
}

func (c *memCatalogue) Segments(context.Context) ([]Segment, uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.segments), c.seq, nil
}

func (c *memCatalogue) Commit(_ context.Context, gs []Segment, seq uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return c.fail
	}
	if seq < c.seq {
		return errors.New("the sealed sequence goes back")
	}
	c.segments = append(c.segments, gs...)
	c.seq = seq
	return c.lost
}

func (c *memCatalogue) setFail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = err
}

func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Catalogue == nil {
		o.Catalogue = &memCatalogue{}
	}
	o.SealRows = orDefault(o.SealRows, 1<<40)
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func parse(t testing.TB, text string) query.Expr {
	t.Helper()
	x, err := query.Parse(text, time.Unix(0, t0))
	must(t, err)
	return x
}

// make fills in what normalising does.
func makeEvent(tn tenant.ID, seq uint64, idx uint32, at int64, e event.Event) event.Event {
	e.Tenant, e.Time, e.Pos = tn, at, event.Position{Seq: seq, Index: idx}
	e.ID = event.PositionID(tn, at, e.Pos)
	if e.Received == 0 {
		e.Received = at
	}
	if e.Raw == nil {
		e.Raw = []byte(e.Message)
	}
	e.RawSHA256 = sha256.Sum256(e.Raw)
	return e
}

func simple(tn tenant.ID, seq uint64, n int, at func(i int) int64) []event.Event {
	evs := make([]event.Event, n)
	for i := range evs {
		evs[i] = makeEvent(tn, seq, uint32(i), at(i), event.Event{Message: fmt.Sprintf("tenant %d seq %d idx %d", tn, seq, i)})
	}
	return evs
}

// all pages through a search and returns the ids in order.
func all(t testing.TB, s *Store, tn tenant.ID, r Request) (ids []event.ID) {
	t.Helper()
	for range 10_000 {
		p, err := s.Search(t.Context(), tn, r)
		must(t, err)
		if p.Incomplete {
			t.Fatal(p.Reason)
		}
		for i := range p.Rows {
			ids = append(ids, p.Rows[i].ID)
		}
		if p.Next == "" {
			return ids
		}
		r.After = p.Next
	}
	t.Fatal("paging does not end")
	return nil
}
