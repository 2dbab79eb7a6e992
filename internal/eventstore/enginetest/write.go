package enginetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
)

func replay(t *testing.T, f *fixture) {
	for seq := uint64(1); seq <= 4; seq++ {
		f.append(t, simple(1, seq, 5, inOrder), seq)
	}
	f.append(t, simple(1, 4, 5, inOrder), 4) // a redelivery
	// A message that straddles what was taken: only the new part counts.
	f.append(t, append(simple(1, 4, 5, inOrder), simple(1, 5, 5, inOrder)...), 5)
	if n := len(f.all(t, 1, eventstore.Request{Limit: 3})); n != 25 || f.Applied() != 5 {
		t.Fatalf("%d rows up to %d, want 25 up to 5", n, f.Applied())
	}
}

func restart(t *testing.T, f *fixture) {
	for seq := uint64(1); seq <= 6; seq++ {
		must(t, f.Append(simple(1, seq, 5, inOrder), seq))
		if seq == 3 {
			must(t, f.Seal(t.Context()))
			if f.Durable() != 3 {
				t.Fatalf("durable up to %d, want 3", f.Durable())
			}
		}
	}
	must(t, f.Append(nil, 8)) // nothing in two of the journal
	must(t, f.Flush())
	before := f.all(t, 1, eventstore.Request{})
	for range 2 {
		must(t, f.Close(t.Context()))
		f.open(t)
		if f.Applied() > 8 || f.Durable() > f.Applied() {
			t.Fatalf("starts after %d, durable %d", f.Applied(), f.Durable())
		}
		for seq := f.Applied() + 1; seq <= 8; seq++ {
			must(t, f.Append(map[bool][]event.Event{true: simple(1, seq, 5, inOrder)}[seq <= 6], seq))
		}
		must(t, f.Flush())
		if after := f.all(t, 1, eventstore.Request{Limit: 4}); len(after) != 30 || !slices.Equal(before, after) {
			t.Fatalf("%d rows after the restart, %d before", len(after), len(before))
		}
		if through, _ := f.Flushed(); through != 8 {
			t.Fatalf("flushed up to %d, want 8", through)
		}
	}
}

// Whatever the rows' order of arrival, a scan gives each once, oldest first.
func scan(t *testing.T, f *fixture) {
	rnd := rand.New(rand.NewPCG(1, 2))
	type place struct {
		time     int64
		seq, idx uint64
	}
	var want []place
	const rows = 5000
	for seq := uint64(1); seq <= 3; seq++ {
		evs := simple(1, seq, rows, func(int) int64 { return t0 + rnd.Int64N(rows) }) // many at the same time
		evs = append(evs, made(2, seq, rows, t0, event.Event{Message: "another tenant's"}))
		f.append(t, evs, seq)
		if seq == 2 {
			must(t, f.Seal(t.Context()))
		}
		for _, e := range evs[:rows] {
			want = append(want, place{e.Time, e.Pos.Seq, uint64(e.Pos.Index)})
		}
	}
	slices.SortFunc(want, func(a, b place) int {
		return slices.Compare([]int64{a.time, int64(a.seq), int64(a.idx)}, []int64{b.time, int64(b.seq), int64(b.idx)})
	})
	var got []place
	pages := 0
	must(t, f.Scan(t.Context(), 1, 0, 0, nil, func(evs []event.Event) error {
		pages++
		for _, e := range evs {
			if e.Tenant != 1 {
				t.Fatal("a row of another tenant")
			}
			got = append(got, place{e.Time, e.Pos.Seq, uint64(e.Pos.Index)})
		}
		return nil
	}))
	if !slices.Equal(got, want) || pages < 2 {
		t.Fatalf("%d rows in %d pages, want %d in order", len(got), pages, len(want))
	}
	if n := f.About(1, 0, 0); n != int64(len(want)) {
		t.Errorf("about %d rows, there are %d", n, len(want))
	}
	n := 0
	must(t, f.Scan(t.Context(), 1, t0+100, t0+200, parse(t, "message:idx"), func(evs []event.Event) error {
		for _, e := range evs {
			if e.Time < t0+100 || e.Time >= t0+200 {
				t.Errorf("a row of %d", e.Time-t0)
			}
		}
		n += len(evs)
		return nil
	}))
	if in := len(slices.DeleteFunc(want, func(p place) bool { return p.time < t0+100 || p.time >= t0+200 })); n != in {
		t.Errorf("%d rows in the range, want %d", n, in)
	}
}

func scanEnds(t *testing.T, f *fixture) {
	f.append(t, simple(1, 1, 100, inOrder), 1)
	enough := errors.New("enough")
	err := f.Scan(t.Context(), 1, 0, 0, nil, func([]event.Event) error {
		if _, err := f.Search(t.Context(), 1, eventstore.Request{}); err != nil {
			return err
		}
		return enough
	})
	if !errors.Is(err, enough) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Scan(ctx, 1, 0, 0, nil, func([]event.Event) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// What detection matched when an event came, it matches when it is scanned.
func roundTrip(t *testing.T, f *fixture) {
	e := made(1, 7, 3, t0, event.Event{
		Source: "app", SourceType: "json.generic", Transport: "http", Peer: "192.0.2.1", Parser: "p@1", Class: event.Authentication, Severity: event.High, Outcome: event.Failure, Exercise: "drill",
		Logsource: []event.Logsource{{Category: "process_creation", Product: "windows"}, {Product: "windows", Service: "sysmon"}}, Message: "m\t\"ž\"", Raw: []byte("raw\xff\x00"),
		Columns: []event.Column{{ID: event.UserName, Value: event.StringValue("ann")}, {ID: event.SrcIP, Value: event.StringValue("2001:db8::1")}, {ID: event.SrcPort, Value: event.IntValue(4)}},
		Fields: []event.Field{{Key: "z", Value: event.StringValue("1")}, {Key: "a", Value: event.IntValue(1)}, {Key: "f", Value: event.FloatValue(1.5)}, {Key: "b", Value: event.BoolValue(true)},
			{Key: "n", Value: event.Value{}}, {Key: "l", Value: event.ListValue([]event.Value{event.StringValue("x"), event.IntValue(2)})}},
	})
	slices.SortFunc(e.Columns, func(a, b event.Column) int { return int(a.ID) - int(b.ID) })
	sent := made(1, 7, 4, t0-1, event.Event{Message: "with an id of its sender's"})
	sent.ID = event.NewID(1, sent.Time, []byte("theirs"))
	f.append(t, []event.Event{e, sent}, 7)
	for _, where := range []string{"new", "sealed"} {
		must(t, f.Scan(t.Context(), 1, 0, 0, nil, func(evs []event.Event) error {
			if len(evs) != 2 || evs[0].ID != sent.ID {
				t.Fatalf("%d events", len(evs))
			}
			got := evs[1]
			got.RawSHA256, got.TimeQuality, got.Status = e.RawSHA256, e.TimeQuality, e.Status
			if !reflect.DeepEqual(got, e) {
				t.Errorf("%s: got  %+v\nwant %+v", where, got, e)
			}
			return nil
		}))
		must(t, f.Seal(t.Context()))
	}
	rows, err := f.Get(t.Context(), 1, []event.ID{e.ID})
	must(t, err)
	if len(rows) != 1 || string(rows[0].RawBytes()) != string(e.Raw) || rows[0].Raw != `raw\xff\x00` {
		t.Fatalf("%+v", rows)
	}
}

func refused(t *testing.T, f *fixture) {
	f.append(t, simple(1, 1, 1, inOrder), 1)
	_, err := f.Search(t.Context(), 1, eventstore.Request{After: "nonsense"})
	wants(t, err, problem.Invalid)
	_, err = f.Search(t.Context(), 1, eventstore.Request{Limit: eventstore.MaxLimit + 1})
	wants(t, err, problem.Invalid)
	_, err = f.Search(t.Context(), 0, eventstore.Request{})
	wants(t, err, problem.Internal)
	_, err = f.Get(t.Context(), 1, make([]event.ID, eventstore.MaxLimit+1))
	wants(t, err, problem.TooLarge)
	_, err = f.TopValues(t.Context(), 1, nil, 0, 0, "", 2)
	wants(t, err, problem.Invalid)
	for _, bad := range [][3]int64{{t0 + 1, t0, 1}, {t0, t0 + 1, 0}, {t0, t0 + 1, eventstore.MaxBuckets + 1}} {
		_, err := f.Histogram(t.Context(), 1, nil, bad[0], bad[1], int(bad[2]))
		wants(t, err, problem.Invalid)
	}
	wants(t, f.Append([]event.Event{{Pos: event.Position{Seq: 2}}}, 2), problem.Internal)
}

func wants(t *testing.T, err error, k problem.Kind) {
	t.Helper()
	if !problem.Is(err, k) {
		t.Errorf("%v is no problem of kind %s", err, k)
	}
}

func ends(t *testing.T, f *fixture) {
	f.append(t, simple(1, 1, 10, inOrder), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Search(ctx, 1, eventstore.Request{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	must(t, f.Close(t.Context()))
	_, err := f.Search(t.Context(), 1, eventstore.Request{})
	wants(t, err, problem.Unavailable)
	wants(t, f.Append(simple(1, 2, 1, inOrder), 2), problem.Unavailable)
}
