package eventstore

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// spoil makes the file of a segment unreadable in one of the ways that happen.
func spoil(t *testing.T, file, how string) {
	t.Helper()
	content, err := os.ReadFile(file)
	must(t, err)
	switch how {
	case "missing":
		must(t, os.Remove(file))
		return
	case "short":
		content = content[:len(content)/2]
	case "empty":
		content = nil
	case "zeroed":
		clear(content)
	case "footer":
		copy(content[len(content)-60:], bytes.Repeat([]byte{0xff}, 50))
	case "pages":
		for i := 4; i < len(content)*3/4; i++ {
			content[i] ^= byte(i) | 1
		}
	}
	must(t, os.WriteFile(file, content, 0o600))
	later := time.Now().Add(time.Minute) // what was read of an unchanged file is kept
	must(t, os.Chtimes(file, later, later))
}

func TestASegmentThatCannotBeReadIsNamedSkippedAndAlarmed(t *testing.T) {
	for how, state := range map[string]string{"missing": SegmentMissing, "short": SegmentDamaged, "empty": SegmentDamaged, "zeroed": SegmentDamaged, "footer": SegmentDamaged, "pages": SegmentDamaged} {
		t.Run(how, func(t *testing.T) {
			var log bytes.Buffer
			s, _, ids := hourly(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
			g, err := s.segment(ids[1])
			must(t, err)
			spoil(t, s.localPath(&g), how)
			for range 2 { // found by reading, then known
				p, err := s.Search(t.Context(), 1, Request{})
				must(t, err)
				if len(p.Rows) != 20 || !p.Incomplete || !strings.Contains(p.Reason, g.ID) || !strings.Contains(p.Reason, shownTime(g.MinTime)) {
					t.Fatalf("%d rows, incomplete %v: %s", len(p.Rows), p.Incomplete, p.Reason)
				}
			}
			if h := s.Health(); len(h) != 1 || h[0].ID != g.ID || h[0].State != state || h[0].Detail == "" {
				t.Fatalf("%+v", h)
			}
			if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), g.ID) {
				t.Errorf("%d errors logged: %s", n, log.String())
			}
			h, err := s.Histogram(t.Context(), 1, parse(t, "tenant"), t0, t0+240*minute, 4)
			must(t, err)
			if n := h.Buckets[1].Total + h.Buckets[3].Total; !h.Incomplete || n != 20 {
				t.Errorf("%+v", h)
			}
			top, err := s.TopValues(t.Context(), 1, nil, 0, 0, "id", 1)
			must(t, err)
			if !top.Incomplete || !strings.Contains(top.Reason, g.ID) {
				t.Errorf("%+v", top)
			}
			// A range without it is complete.
			if p, err := s.Search(t.Context(), 1, Request{From: g.MaxTime + 1}); err != nil || p.Incomplete || len(p.Rows) != 10 {
				t.Errorf("%+v, %v", p, err)
			}
			// What works through all events fails rather than pass over some.
			err = s.Scan(t.Context(), 1, 0, 0, nil, func([]event.Event) error { return nil })
			if !problem.Is(err, problem.Unavailable) || !strings.Contains(err.Error(), g.ID) {
				t.Error(err)
			}
			if _, err := s.Get(t.Context(), 1, []event.ID{simple(1, 2, 1, func(int) int64 { return g.MinTime })[0].ID}); !problem.Is(err, problem.Unavailable) {
				t.Errorf("an event of the segment: %v", err)
			}
			if p, err := s.Search(t.Context(), 2, Request{}); err != nil || p.Incomplete {
				t.Errorf("another tenant is told: %+v, %v", p, err)
			}
		})
	}
}

func TestAStartWithoutASegmentGoesOnAndSaysSo(t *testing.T) {
	for _, how := range []string{"missing", "short"} {
		dir := t.TempDir()
		s, cat, ids := hourly(t, Options{Dir: dir})
		g, err := s.segment(ids[1])
		must(t, err)
		must(t, s.Close(t.Context()))
		content, err := os.ReadFile(s.localPath(&g))
		must(t, err)
		spoil(t, s.localPath(&g), how)
		s = open(t, Options{Dir: dir, Catalogue: cat})
		if h := s.Health(); len(h) != 1 || h[0].ID != g.ID {
			t.Fatalf("%s: %+v", how, h)
		}
		// Put back, it is found right by the next check and read again.
		must(t, os.WriteFile(s.localPath(&g), content, 0o600))
		faults, err := s.Check(t.Context(), g.ID)
		must(t, err)
		if len(faults) != 0 || len(s.Health()) != 0 || len(all(t, s, 1, Request{})) != 30 {
			t.Fatalf("%s: after the file came back: %v, %+v", how, faults, s.Health())
		}
	}
}

func TestAFaultThatWasFoundBeforeIsKnownAfterAStart(t *testing.T) {
	dir := t.TempDir()
	s, cat, ids := hourly(t, Options{Dir: dir})
	must(t, s.Close(t.Context()))
	cat.segments[0].Fault = "the file's SHA-256 is another"
	s = open(t, Options{Dir: dir, Catalogue: cat})
	if h := s.Health(); len(h) != 1 || h[0].ID != ids[0] || h[0].State != SegmentDamaged {
		t.Fatalf("%+v", h)
	}
}

// However bytes are damaged, a search ends, the store lives on, and what it
// does not show it says.
func TestRandomDamageNeverStopsTheStore(t *testing.T) {
	s, _, ids := hourly(t, Options{})
	g, err := s.segment(ids[1])
	must(t, err)
	content, err := os.ReadFile(s.localPath(&g))
	must(t, err)
	r := rand.New(rand.NewPCG(1, 2))
	changed := time.Now()
	write := func(b []byte) { // the engine tells contents apart by the time of the change
		changed = changed.Add(time.Second)
		must(t, os.WriteFile(s.localPath(&g), b, 0o600))
		must(t, os.Chtimes(s.localPath(&g), changed, changed))
	}
	for range 60 {
		bad := bytes.Clone(content)
		for range 1 + r.IntN(20) {
			bad[r.IntN(len(bad))] ^= byte(1 + r.IntN(255))
		}
		write(bad)
		p, err := s.Search(t.Context(), 1, Request{Query: parse(t, "tenant")})
		if err != nil {
			t.Fatal(err)
		}
		if faults, err := s.Check(t.Context(), g.ID); err != nil || len(faults) == 0 {
			t.Fatalf("a check finds nothing: %v, %v", faults, err)
		}
		if len(p.Rows) < 20 {
			t.Fatalf("%d rows, but two segments are whole", len(p.Rows))
		}
		write(content)
		if faults, err := s.Check(t.Context(), g.ID); err != nil || len(faults) > 0 {
			t.Fatalf("the mended file: %v, %v", faults, err)
		}
	}
	if n := len(all(t, s, 1, Request{})); n != 30 {
		t.Fatalf("%d rows at the end", n)
	}
}
