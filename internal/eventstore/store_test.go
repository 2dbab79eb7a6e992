package eventstore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

func inOrder(i int) int64 { return t0 + int64(i) }

func TestReplayChangesNothing(t *testing.T) {
	cat, dir := &memCatalogue{}, t.TempDir()
	s, err := Open(t.Context(), Options{Dir: dir, Catalogue: cat, SealRows: 1 << 40})
	must(t, err)
	for seq := uint64(1); seq <= 4; seq++ {
		must(t, s.Append(simple(1, seq, 5, inOrder), seq))
		if seq == 2 {
			must(t, s.Seal(t.Context()))
		}
	}
	must(t, s.Append(simple(1, 4, 5, inOrder), 4)) // a redelivery
	must(t, s.Flush())
	before := all(t, s, 1, Request{})
	must(t, s.Close(t.Context())) // sequences 3 and 4 were only in memory

	s = open(t, Options{Dir: dir, Catalogue: cat})
	if s.Applied() != 2 {
		t.Fatalf("starts after %d, want 2", s.Applied())
	}
	for seq := uint64(1); seq <= 4; seq++ {
		must(t, s.Append(simple(1, seq, 5, inOrder), seq))
	}
	must(t, s.Flush())
	if after := all(t, s, 1, Request{Limit: 3}); len(after) != 20 || !slices.Equal(before, after) {
		t.Fatalf("%d rows after the replay, %d before", len(after), len(before))
	}
	// A message that straddles what was taken: only the new part counts.
	must(t, s.Append(append(simple(1, 4, 5, inOrder), simple(1, 5, 5, inOrder)...), 5))
	must(t, s.Flush())
	if n := len(all(t, s, 1, Request{})); n != 25 {
		t.Fatalf("%d rows, want 25", n)
	}
}

func TestCrashBetweenFileAndCatalogue(t *testing.T) {
	cat, dir := &memCatalogue{}, t.TempDir()
	s := open(t, Options{Dir: dir, Catalogue: cat})
	must(t, s.Append(simple(1, 1, 50, inOrder), 1))
	cat.setFail(errors.New("the database is gone"))
	if err := s.Seal(t.Context()); err == nil {
		t.Fatal("a seal without its commit succeeded")
	}
	if st := s.Stats(); st.LastError == "" || st.HotRows != 50 || st.Segments != 0 {
		t.Fatalf("%+v", st)
	}
	must(t, s.Append(simple(1, 2, 50, inOrder), 2))
	must(t, s.Flush())
	if n := len(all(t, s, 1, Request{})); n != 100 {
		t.Fatalf("%d rows visible after a failed seal, want 100", n)
	}
	cat.setFail(nil)
	must(t, s.Seal(t.Context()))
	if n := len(all(t, s, 1, Request{})); n != 100 {
		t.Fatalf("%d rows visible after the retry, want 100", n)
	}
	if st := s.Stats(); st.Segments != 2 || st.SegmentRows != 100 || st.HotRows != 0 || st.LastError != "" {
		t.Fatalf("%+v", st)
	}
	must(t, s.Close(t.Context()))

	// What a crash leaves: a whole file without a catalogue row, and a part.
	listed := filepath.Join(dir, filepath.FromSlash(cat.segments[0].Path))
	orphan := filepath.Join(filepath.Dir(listed), strings.Repeat("0", 32)+".parquet")
	content, err := os.ReadFile(listed)
	must(t, err)
	must(t, os.WriteFile(orphan, content, 0o600))
	must(t, os.WriteFile(listed+tempSuffix, content[:9], 0o600))
	s = open(t, Options{Dir: dir, Catalogue: cat})
	if n := len(all(t, s, 1, Request{})); n != 100 {
		t.Fatalf("%d rows after the restart, want 100", n)
	}
	for _, gone := range []string{orphan, listed + tempSuffix} {
		if _, err := os.Stat(gone); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there (%v)", gone, err)
		}
	}
}

func TestCommitWhoseAnswerWasLost(t *testing.T) {
	cat := &memCatalogue{lost: errors.New("connection reset")}
	s := open(t, Options{Catalogue: cat})
	must(t, s.Append(simple(1, 1, 10, inOrder), 1))
	must(t, s.Seal(t.Context()))
	if n := len(all(t, s, 1, Request{})); n != 10 || s.Stats().Segments != 1 {
		t.Fatalf("%d rows, %+v", n, s.Stats())
	}
}

func TestASegmentOutsideOfTheDirectoryIsRefused(t *testing.T) {
	cat, dir := &memCatalogue{}, t.TempDir()
	s := open(t, Options{Dir: dir, Catalogue: cat})
	must(t, s.Append(simple(1, 1, 10, inOrder), 1))
	must(t, s.Seal(t.Context()))
	must(t, s.Close(t.Context()))
	cat.segments[0].Path = "segments/../../etc/passwd"
	if _, err := Open(t.Context(), Options{Dir: dir, Catalogue: cat}); err == nil || !strings.Contains(err.Error(), "outside") {
		t.Fatal(err)
	}
}

func TestMemoryBudgetRefusesAndRecovers(t *testing.T) {
	cat := &memCatalogue{fail: errors.New("disk full")}
	s := open(t, Options{Catalogue: cat, Memory: 3 << 20, RetrySeal: time.Millisecond, Metrics: prometheus.NewRegistry()})
	var refused error
	seq := uint64(0)
	for refused == nil && seq < 1000 {
		seq++
		refused = s.Append(simple(1, seq, 100, inOrder), seq)
	}
	if !problem.Is(refused, problem.Unavailable) || seq < 10 {
		t.Fatalf("after %d messages: %v", seq, refused)
	}
	cat.setFail(nil)
	must(t, s.Seal(t.Context()))
	must(t, s.Append(simple(1, seq, 100, inOrder), seq)) // the refused one comes again
	must(t, s.Flush())
	h, err := s.Histogram(t.Context(), 1, nil, t0, t0+minute, 1)
	must(t, err)
	if h.Buckets[0].Total != int64(seq)*100 {
		t.Fatalf("%d rows, want %d", h.Buckets[0].Total, seq*100)
	}
}

func TestRawBytesComeBackAsTheyCame(t *testing.T) {
	raws := [][]byte{{}, []byte("plain"), {0}, {0xff, 0xfe, 0, 'a'}, []byte("ü\\x00"), bytes.Repeat([]byte{0x80}, 5000), bytes.Repeat([]byte("größe"), 400_000)}
	var es []event.Event
	for i, raw := range raws {
		es = append(es, makeEvent(1, 1, uint32(i), t0+int64(i), event.Event{Raw: raw, Message: "bad \xff text",
			Fields: []event.Field{field("k\xff", str("v\xff"))}, Columns: []event.Column{col(event.UserName, "u\xff")}}))
	}
	s := open(t, Options{})
	must(t, s.Append(es, 1))
	must(t, s.Flush())
	for _, state := range []string{"hot", "sealed"} {
		for i := range es {
			rows, err := s.Get(t.Context(), 1, []event.ID{es[i].ID})
			must(t, err)
			if len(rows) != 1 || !bytes.Equal(rows[0].RawBytes(), raws[i]) {
				t.Fatalf("%s: raw %d is not what came (%d rows)", state, i, len(rows))
			}
			if rows[0].Message != "bad \uFFFD text" || rows[0].Columns["user.name"] != "u\uFFFD" {
				t.Fatalf("%+v", rows[0])
			}
		}
		must(t, s.Seal(t.Context()))
	}
	faults, err := s.VerifySegments(t.Context())
	must(t, err)
	if len(faults) != 0 {
		t.Fatalf("%+v", faults)
	}
}

func TestLargeEvents(t *testing.T) {
	e := event.Event{Message: strings.Repeat("m", 3<<20)}
	for i := range 10_000 {
		e.Fields = append(e.Fields, field("key"+strings.Repeat("x", i%50), event.IntValue(int64(i))))
	}
	e.Fields = append(e.Fields, field("last", str("found")))
	s := open(t, Options{})
	must(t, s.Append([]event.Event{makeEvent(1, 1, 0, t0, e)}, 1))
	must(t, s.Seal(t.Context()))
	for _, q := range []string{"last:found", "mmmm*", "found", "key:0"} {
		if n := len(all(t, s, 1, Request{Query: parse(t, q)})); n != 1 {
			t.Errorf("%s: %d rows", q, n)
		}
	}
}

func TestGetIsBoundToTheTenant(t *testing.T) {
	s := open(t, Options{})
	mine, other := simple(1, 1, 3, func(i int) int64 { return t0 + int64(i)*minute }), simple(2, 2, 1, inOrder)
	old := makeEvent(1, 3, 0, -5*minute, event.Event{Message: "before 1970"})
	must(t, s.Append(mine, 1))
	must(t, s.Seal(t.Context()))
	must(t, s.Append(append(other, old), 3))
	must(t, s.Flush())
	rows, err := s.Get(t.Context(), 1, []event.ID{mine[0].ID, mine[2].ID, other[0].ID, old.ID, {1}})
	must(t, err)
	if len(rows) != 3 || rows[0].ID != mine[2].ID || rows[2].ID != old.ID {
		t.Fatalf("%d rows", len(rows))
	}
	if _, err := s.Get(t.Context(), 1, make([]event.ID, MaxLimit+1)); !problem.Is(err, problem.TooLarge) {
		t.Fatal(err)
	}
}

func TestVerifyNamesWhatDiffers(t *testing.T) {
	cat, dir := &memCatalogue{}, t.TempDir()
	s := open(t, Options{Dir: dir, Catalogue: cat})
	must(t, s.Append(simple(1, 1, 100, inOrder), 1))
	must(t, s.Append(simple(2, 2, 100, inOrder), 2))
	must(t, s.Seal(t.Context()))
	good := s.Segments()[0]
	whats := func(g Segment) (out []string) {
		faults, err := s.VerifySegment(t.Context(), g)
		must(t, err)
		for _, f := range faults {
			out = append(out, f.What)
		}
		return out
	}
	if got := whats(good); got != nil {
		t.Fatalf("a good segment: %v", got)
	}
	for want, change := range map[string]func(*Segment){
		"sha256":      func(g *Segment) { g.SHA256[0]++ },
		"merkle root": func(g *Segment) { g.MerkleRoot[0]++ },
		"rows":        func(g *Segment) { g.Rows++ },
		"time range":  func(g *Segment) { g.MaxTime++ },
		"bytes":       func(g *Segment) { g.Bytes++ },
		"file":        func(g *Segment) { g.Path += "x" },
	} {
		g := good
		change(&g)
		if got := whats(g); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v", want, got)
		}
	}
	// Another tenant's whole and valid file in the place of this one's.
	g := good
	g.Path = s.Segments()[1].Path
	if got := whats(g); !slices.Contains(got, "sha256") || !slices.Contains(got, "merkle root") || !slices.Contains(got, "rows") {
		t.Errorf("swapped file: %v", got)
	}
	file := filepath.Join(dir, filepath.FromSlash(good.Path))
	content, err := os.ReadFile(file)
	must(t, err)
	content[len(content)/2] ^= 1
	must(t, os.WriteFile(file, content, 0o600))
	if got := whats(good); !slices.Contains(got, "sha256") {
		t.Errorf("a flipped bit: %v", got)
	}
}

func TestSearchesWhileAppendingAndSealing(t *testing.T) {
	s := open(t, Options{FlushRows: 100, SealRows: 1000, FlushEvery: time.Millisecond})
	const messages, each = 60, 50
	done := make(chan error, 1)
	go func() {
		for seq := uint64(1); seq <= messages; seq++ {
			if err := s.Append(simple(1, seq, each, func(i int) int64 { return t0 + int64(seq)*1000 + int64(i) }), seq); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for running := true; running; {
		select {
		case err := <-done:
			must(t, err)
			running = false
		default:
		}
		// Rows appear in journal order, so a page never has a gap or a double.
		ids := map[event.ID]bool{}
		p, err := s.Search(t.Context(), tenant.Default, Request{Limit: 1000})
		must(t, err)
		for i := range p.Rows {
			if ids[p.Rows[i].ID] {
				t.Fatal("a row twice")
			}
			ids[p.Rows[i].ID] = true
			if i > 0 && p.Rows[i-1].Time != p.Rows[i].Time+1 && p.Rows[i].Time%1000 != each-1+t0%1000 {
				t.Fatalf("a gap before row %d", i)
			}
		}
	}
	must(t, s.Seal(t.Context()))
	if n := len(all(t, s, 1, Request{Limit: 1000})); n != messages*each {
		t.Fatalf("%d rows", n)
	}
}

func TestCancelAndTimeBudget(t *testing.T) {
	s := open(t, Options{SearchTime: time.Nanosecond})
	must(t, s.Append(simple(1, 1, 10, inOrder), 1))
	must(t, s.Flush())
	p, err := s.Search(t.Context(), 1, Request{})
	must(t, err)
	if !p.Incomplete || p.Reason == "" || len(p.Rows) != 0 {
		t.Fatalf("%+v", p)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Search(ctx, 1, Request{}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestBadRequests(t *testing.T) {
	s := open(t, Options{})
	for name, r := range map[string]Request{
		"limit": {Limit: MaxLimit + 1}, "negative limit": {Limit: -1}, "cursor": {After: "x"},
		"cursor version": {After: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "long cursor": {After: strings.Repeat("A", 1000)},
	} {
		if _, err := s.Search(t.Context(), 1, r); !problem.Is(err, problem.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Append([]event.Event{{}}, 1); err == nil {
		t.Error("an event without a tenant")
	}
	must(t, s.Close(t.Context()))
	if err := s.Append(simple(1, 1, 1, inOrder), 1); !problem.Is(err, problem.Unavailable) {
		t.Error(err)
	}
	if _, err := s.Search(t.Context(), 1, Request{}); !problem.Is(err, problem.Unavailable) {
		t.Error(err)
	}
}
