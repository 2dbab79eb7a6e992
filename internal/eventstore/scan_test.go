package eventstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/tocsin-project/tocsin/internal/event"
)

// Whatever the rows' order of arrival and wherever they are, a scan gives each
// once, oldest first.
func TestAScanGivesEveryRowOnceOldestFirst(t *testing.T) {
	s := open(t, Options{})
	rnd := rand.New(rand.NewPCG(1, 2))
	var want []position
	const rows = 2500
	for seq := uint64(1); seq <= 5; seq++ {
		evs := simple(1, seq, rows, func(int) int64 { return t0 + rnd.Int64N(rows) }) // many at the same time
		evs = append(evs, makeEvent(2, seq, rows, t0, event.Event{Message: "another tenant's"}))
		must(t, s.Append(evs, seq))
		if seq == 2 || seq == 4 {
			must(t, s.Seal(t.Context()))
		}
		for _, e := range evs[:rows] {
			want = append(want, position{e.Time, e.Pos.Seq, uint64(e.Pos.Index)})
		}
	}
	must(t, s.Flush())
	slices.SortFunc(want, func(a, b position) int { return b.compare(a) })
	var got []position
	pages := 0
	must(t, s.Scan(t.Context(), 1, 0, 0, nil, func(evs []event.Event) error {
		pages++
		for _, e := range evs {
			if e.Tenant != 1 {
				t.Fatal("a row of another tenant")
			}
			got = append(got, position{e.Time, e.Pos.Seq, uint64(e.Pos.Index)})
		}
		return nil
	}))
	if !slices.Equal(got, want) || pages < 3 {
		t.Fatalf("%d rows in %d pages, want %d in order", len(got), pages, len(want))
	}
	if n := s.About(1, 0, 0); n != int64(len(want)) {
		t.Errorf("about %d rows, there are %d", n, len(want))
	}
	n := 0
	must(t, s.Scan(t.Context(), 1, t0+100, t0+200, parse(t, "message:idx"), func(evs []event.Event) error {
		for _, e := range evs {
			if e.Time < t0+100 || e.Time >= t0+200 {
				t.Errorf("a row of %d", e.Time-t0)
			}
		}
		n += len(evs)
		return nil
	}))
	if want := len(slices.DeleteFunc(slices.Clone(want), func(p position) bool { return p.time < t0+100 || p.time >= t0+200 })); n != want {
		t.Errorf("%d rows in the range, want %d", n, want)
	}
}

func TestAScanEndsWithItsCallerAndGivesTheSlotBack(t *testing.T) {
	s := open(t, Options{Searches: 1})
	must(t, s.Append(simple(1, 1, scanPage+10, inOrder), 1))
	must(t, s.Flush())
	enough := errors.New("enough")
	err := s.Scan(t.Context(), 1, 0, 0, nil, func([]event.Event) error {
		if _, err := s.Search(t.Context(), 1, Request{}); err != nil { // the only slot is free
			return err
		}
		return enough
	})
	if !errors.Is(err, enough) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = s.Scan(ctx, 1, 0, 0, nil, func([]event.Event) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// What detection matched when an event came, it matches when it is scanned.
func TestAScannedEventIsTheOneThatCame(t *testing.T) {
	s := open(t, Options{})
	e := makeEvent(1, 7, 3, t0, event.Event{
		Source: "app", SourceType: "json.generic", Transport: "http", Peer: "192.0.2.1", Parser: "p@1", Class: event.Authentication, Severity: event.High, Outcome: event.Failure,
		Logsource: []event.Logsource{{Category: "process_creation", Product: "windows"}, {Product: "windows", Service: "sysmon"}}, Message: "m", Raw: []byte("raw\xff\x00"),
		Columns: []event.Column{{ID: event.UserName, Value: event.StringValue("ann")}, {ID: event.SrcPort, Value: event.IntValue(4)}},
		Fields: []event.Field{{Key: "z", Value: event.StringValue("1")}, {Key: "a", Value: event.IntValue(1)}, {Key: "f", Value: event.FloatValue(1.5)}, {Key: "b", Value: event.BoolValue(true)},
			{Key: "n", Value: event.Value{}}, {Key: "l", Value: event.ListValue([]event.Value{event.StringValue("x"), event.IntValue(2)})}},
	})
	for _, sealed := range []bool{false, true} {
		if !sealed {
			must(t, s.Append([]event.Event{e}, 7))
			must(t, s.Flush())
		} else {
			must(t, s.Seal(t.Context()))
		}
		must(t, s.Scan(t.Context(), 1, 0, 0, nil, func(evs []event.Event) error {
			got := evs[0]
			got.RawSHA256, got.TimeQuality, got.Status = e.RawSHA256, e.TimeQuality, e.Status
			if !reflect.DeepEqual(got, e) {
				t.Errorf("sealed %v:\n%+v\n%+v", sealed, got, e)
			}
			return nil
		}))
	}
}
