// Package enginetest is what every engine of the event store must do, as test
// functions over eventstore.Engine: the embedded engine and ClickHouse run the
// same ones. What is particular to one engine (segments, tiers, tokens of
// inserts) is tested with it. For tests only.
package enginetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Place is where an engine keeps its events.
type Place interface {
	// Open opens an engine over what is there. The test closes it.
	Open(t *testing.T) eventstore.Engine
}

// Run runs every test; place makes an empty one.
func Run(t *testing.T, place func(t *testing.T) Place) {
	for name, test := range map[string]func(*testing.T, *fixture){
		"a replay changes nothing":                              replay,
		"a restart goes on where rows are durable":              restart,
		"paging yields every row once, in order":                paging,
		"a stream hands on the page's rows in its order":        stream,
		"tenants never see each other":                          tenants,
		"a scan gives every row once, oldest first":             scan,
		"a scan ends with its caller and gives the slot back":   scanEnds,
		"a scanned event is the one that came":                  roundTrip,
		"rows of the journal come in its order":                 since,
		"events are found by their ids":                         get,
		"a histogram counts every row in its bucket":            histogram,
		"top values are the most frequent":                      top,
		"conditions find what they say":                         conditions,
		"tables are the same":                                   tables,
		"what is wrong is refused":                              refused,
		"a cancelled search ends, and a closed store is closed": ends,
	} {
		t.Run(name, func(t *testing.T) {
			f := &fixture{Place: place(t)}
			f.open(t)
			test(t, f)
		})
	}
}

// fixture is an open engine.
type fixture struct {
	Place
	eventstore.Engine
}

func (f *fixture) open(t *testing.T) {
	t.Helper()
	e := f.Open(t)
	f.Engine = e
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// append appends events of one sequence and makes them searchable.
func (f *fixture) append(t *testing.T, evs []event.Event, through uint64) {
	t.Helper()
	must(t, f.Append(evs, through))
	must(t, f.Flush())
}

// all pages through a search and returns the ids in order.
func (f *fixture) all(t *testing.T, tn tenant.ID, r eventstore.Request) (ids []event.ID) {
	t.Helper()
	for range 1000 {
		p, err := f.Search(t.Context(), tn, r)
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

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const minute = int64(time.Minute)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano()

func parse(t *testing.T, text string) query.Expr {
	t.Helper()
	x, err := query.Parse(text, time.Unix(0, t0))
	must(t, err)
	return x
}

// made fills in what normalising does.
func made(tn tenant.ID, seq uint64, idx uint32, at int64, e event.Event) event.Event {
	e.Tenant, e.Time, e.Received, e.Pos = tn, at, at, event.Position{Seq: seq, Index: idx}
	e.ID = event.PositionID(tn, at, e.Pos)
	if e.Raw == nil {
		e.Raw = []byte(e.Message)
	}
	e.RawSHA256 = sha256.Sum256(e.Raw)
	return e
}

func simple(tn tenant.ID, seq uint64, n int, at func(i int) int64) []event.Event {
	evs := make([]event.Event, n)
	for i := range evs {
		evs[i] = made(tn, seq, uint32(i), at(i), event.Event{Message: fmt.Sprintf("tenant %d seq %d idx %d", tn, seq, i)})
	}
	return evs
}

func inOrder(i int) int64 { return t0 + int64(i) }
