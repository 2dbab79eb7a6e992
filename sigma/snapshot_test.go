package sigma

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// chained is a correlator with correlations of several types, one over another.
func chained(t testing.TB, change string) *Correlator {
	t.Helper()
	text := threeRules
	for i, kind := range kinds {
		rules := "rules: [a, b, c]"
		switch {
		case strings.HasSuffix(kind, "a and not b"):
			rules = "rules: [a, b]"
		case strings.Contains(kind, "not (a or b) and c"):
			rules = "rules: [a, b, c]"
		}
		text += fmt.Sprintf("---\ntitle: over\nid: over%d\ncorrelation: {%s, %s, group-by: [g], timespan: 10s}\n", i, kind, rules)
	}
	text += "---\ntitle: top\nid: top\ncorrelation: {type: temporal, rules: [over0, over4], group-by: [g], timespan: 20s}\n"
	text += "---\ntitle: all\nid: all\ncorrelation: {type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}} " + change + "\n"
	text += habitsForSnapshots
	docs, errs := Parse("chained.yml", []byte(text))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	c, errs := NewCorrelator(docs, Limits{Groups: 6, GroupEvents: 50, Events: 300})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return c
}

// feedAll returns what the correlator says to the matches, in words.
func feedAll(c *Correlator, matches []seenMatch, from int) (said []string) {
	for i, m := range matches {
		ev := MapEvent{"g": StringValue(fmt.Sprint("g", (from+i)*7%9)), "v": StringValue(m.value), "n": IntValue(int64(m.id))}
		match := Match{Rule: []string{"a", "b", "c"}[m.rule], Time: m.time, Scope: fmt.Sprint("s", (from+i)%2), ID: [16]byte{m.id}, Event: ev}
		c.Feed(match, func(f Firing) {
			said = append(said, fmt.Sprint(from+i, f.Correlation.ID, f.Scope, f.Group, f.Fired, f.Count, f.Value, f.Events, f.First, f.Last, f.IDs, f.Why))
		})
	}
	return said
}

// Going straight on is the same as stopping, keeping the state and going on
// with it elsewhere; keeping it twice gives the same bytes.
func TestSnapshotAndRestoreChangeNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 20 {
		straight, first := chained(t, ""), chained(t, "")
		matches := stream(rng, &Correlation{Rules: []string{"a", "b", "c"}}, 400, round%2 == 0)
		cut := rng.IntN(len(matches))
		want := feedAll(straight, matches, 0)
		got := feedAll(first, matches[:cut], 0)
		var kept, again bytes.Buffer
		if err := first.Snapshot(&kept); err != nil {
			t.Fatal(err)
		}
		second := chained(t, "")
		if n, err := second.Restore(bytes.NewReader(kept.Bytes())); err != nil || n != len(second.watches) {
			t.Fatalf("restored %d, %v", n, err)
		}
		if err := second.Snapshot(&again); err != nil || !bytes.Equal(kept.Bytes(), again.Bytes()) {
			t.Fatalf("the state differs after restoring: %d and %d bytes, %v", kept.Len(), again.Len(), err)
		}
		if a, b := first.Stats(), second.Stats(); a.Groups != b.Groups || a.Entries != b.Entries {
			t.Fatalf("stats %+v, then %+v", a, b)
		}
		got = append(got, feedAll(second, matches[cut:], cut)...)
		if !slices.Equal(got, want) {
			for i := range want {
				if i >= len(got) || got[i] != want[i] {
					t.Fatalf("round %d, cut at %d: firing %d is\n%s, want\n%s", round, cut, i, append(got, "nothing")[i], want[i])
				}
			}
			t.Fatal("more firings than without the stop")
		}
	}
}

// What has changed starts empty, the rest goes on.
func TestRestoreLeavesChangedCorrelationsEmpty(t *testing.T) {
	old, changed := chained(t, ""), chained(t, "# another text")
	rng := rand.New(rand.NewPCG(5, 6))
	feedAll(old, stream(rng, &Correlation{Rules: []string{"a", "b", "c"}}, 50, false), 0)
	var kept bytes.Buffer
	if err := old.Snapshot(&kept); err != nil {
		t.Fatal(err)
	}
	n, err := changed.Restore(&kept)
	if err != nil || n != len(changed.watches)-1 {
		t.Fatalf("restored %d of %d, %v", n, len(changed.watches), err)
	}
	for _, w := range changed.watches {
		if groups, _ := w.size(); (groups == 0) != (w.correlation.ID == "all") && w.correlation.ID != "top" {
			t.Errorf("%s has %d groups", w.correlation.ID, groups)
		}
	}
}

// Any damage is an error, and leaves the correlator as it was.
func TestDamagedSnapshots(t *testing.T) {
	old := chained(t, "")
	rng := rand.New(rand.NewPCG(7, 8))
	matches := stream(rng, &Correlation{Rules: []string{"a", "b", "c"}}, 60, false)
	feedAll(old, matches, 0)
	var kept bytes.Buffer
	if err := old.Snapshot(&kept); err != nil {
		t.Fatal(err)
	}
	live := chained(t, "")
	feedAll(live, matches[:30], 0)
	before := live.Stats()
	for range 300 {
		bad := bytes.Clone(kept.Bytes())
		switch rng.IntN(3) {
		case 0:
			bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
		case 1:
			bad = bad[:rng.IntN(len(bad))]
		case 2:
			bad = append(bad, byte(rng.IntN(256)))
		}
		if n, err := live.Restore(bytes.NewReader(bad)); !errors.Is(err, ErrSnapshot) || n != 0 {
			t.Fatalf("restored %d, %v", n, err)
		}
	}
	if live.Stats() != before {
		t.Errorf("stats %+v, were %+v", live.Stats(), before)
	}
}

// FuzzRestore damages the inside of snapshots and mends the checksum.
func FuzzRestore(f *testing.F) {
	old := chained(f, "")
	feedAll(old, stream(rand.New(rand.NewPCG(9, 9)), &Correlation{Rules: []string{"a", "b", "c"}}, 60, false), 0)
	var kept bytes.Buffer
	if err := old.Snapshot(&kept); err != nil {
		f.Fatal(err)
	}
	whole := kept.Bytes()[:kept.Len()-sha256.Size]
	f.Add(uint16(0), []byte{}, true)
	f.Add(uint16(100), []byte{255, 255, 255, 255, 127}, false)
	f.Add(uint16(400), []byte{0}, true)
	f.Fuzz(func(t *testing.T, at uint16, patch []byte, insert bool) {
		data := bytes.Clone(whole)
		i := int(at) % len(data)
		if insert {
			data = slices.Insert(data, i, patch...)
		} else {
			copy(data[i:], patch)
		}
		sum := sha256.Sum256(data)
		c := chained(t, "")
		if _, err := c.Restore(bytes.NewReader(append(data, sum[:]...))); err != nil {
			if s := c.Stats(); s.Groups != 0 {
				t.Fatalf("a bad snapshot left %+v", s)
			}
			return
		}
		c.Feed(Match{Rule: "a", Time: int64(time.Hour), Event: MapEvent{"g": StringValue("g1"), "v": StringValue("3")}}, func(Firing) {})
	})
}

const habitsForSnapshots = `---
title: u1
id: u1
unusual: {type: first_seen, rules: [a, b], group-by: [g], field: v, memory: 1m, learn: 5s, timespan: 3s}
---
title: u2
id: u2
unusual: {type: rare, rules: [a, b], group-by: [g], field: v, across: n, memory: 1m, learn: 5s, condition: {lte: 2}, timespan: 3s}
---
title: u3
id: u3
unusual: {type: deviation, measure: rate, rules: [a, b, c], group-by: [g], memory: 1h, bucket: 1m, learn: 5s, condition: {gte: 1}}
---
title: u4
id: u4
unusual: {type: deviation, measure: hour, rules: [a], memory: 30d, learn: 1d, timespan: 3s}
`
