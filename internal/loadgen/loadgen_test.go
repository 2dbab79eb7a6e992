package loadgen

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/normalize"
)

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func TestTheSameSeedMakesTheSameLines(t *testing.T) {
	a, b := New(7, start, time.Millisecond, Needles{}), New(7, start, time.Millisecond, Needles{})
	for range 1000 {
		x, y := a.Next(), b.Next()
		if !bytes.Equal(x.Raw, y.Raw) || x.Time != y.Time || x.Source != y.Source {
			t.Fatalf("%s\n%s", x.Raw, y.Raw)
		}
	}
}

func TestLinesAreReadByTheirMappingsAndAreAbout500Bytes(t *testing.T) {
	m, _ := normalize.Load(normalize.Shipped())
	w := normalize.New(m).Worker()
	g := New(1, start, time.Millisecond, Needles{})
	bytes, seen := 0, map[string]int{}
	for range 20_000 {
		l := g.Next()
		e := w.Batch(journal.Batch{Seq: 1, Records: []journal.Record{{Tenant: 1, Received: l.Time.UnixNano(), Source: l.Source, Transport: l.Transport, Peer: l.Peer, Raw: l.Raw}}}, nil)[0]
		bytes += len(l.Raw)
		seen[e.SourceType]++
		if e.Status == event.ParseNone || e.SourceType == "" {
			t.Fatalf("no mapping reads %s", l.Raw)
		}
	}
	if mean := bytes / 20_000; mean < 400 || mean > 600 {
		t.Errorf("lines have %d bytes on average", mean)
	}
	t.Log(bytes/20_000, seen)
}

func TestNeedlesArePlantedAndNowhereElse(t *testing.T) {
	g := New(1, start, time.Millisecond, Needles{Every: 1000})
	count := map[string]int{}
	for range 10_000 {
		l := string(g.Next().Raw)
		for _, n := range []string{NeedleUser, NeedleWord, NeedleField, NeedleMiddle} {
			if strings.Contains(l, n) {
				count[n]++
			}
		}
	}
	for _, n := range []string{NeedleUser, NeedleWord, NeedleField, NeedleMiddle} {
		if count[n] < 9 || count[n] > 11 {
			t.Errorf("%s is in %d lines of 10,000, want 10", n, count[n])
		}
	}
}
