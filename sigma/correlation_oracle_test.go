package sigma

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
)

// oracle keeps every match of one group and counts every window from all of
// them, in the plainest way.
type oracle struct {
	c      *Correlation
	seen   []seenMatch
	quiet  bool
	fired  int64
	newest int64
}

type seenMatch struct {
	time  int64
	rule  int
	value string
	id    byte
}

// feed returns what the correlation says to the match: nothing, quiet or fired,
// and the number that it judged by.
func (o *oracle) feed(m seenMatch) (said string, value float64) {
	span := int64(o.c.Timespan)
	if len(o.seen) > 0 && m.time < o.newest-2*span {
		return "late", 0
	}
	at := sort.Search(len(o.seen), func(i int) bool { return o.seen[i].time > m.time })
	o.seen = slices.Insert(o.seen, at, m)
	o.newest = o.seen[len(o.seen)-1].time
	// Which ends are judged: the newest, then the others from the match on.
	var ends []int
	if m.time >= o.newest-span {
		ends = append(ends, len(o.seen)-1)
	}
	for k := at; k < len(o.seen)-1 && o.seen[k].time <= m.time+span; k++ {
		ends = append(ends, k)
	}
	defer func() {
		o.seen = slices.DeleteFunc(o.seen, func(s seenMatch) bool { return s.time < o.newest-2*span })
	}()
	for _, k := range ends {
		end := o.seen[k].time
		var window []seenMatch
		for _, s := range o.seen[:k+1] {
			if s.time >= end-span {
				window = append(window, s)
			}
		}
		value := o.measure(window)
		if !o.c.holds(value) {
			o.quiet = o.quiet && end < o.newest
			continue
		}
		if o.c.Expression != "" && !strings.Contains(" "+strings.ReplaceAll(o.c.Expression, "not "+o.c.Rules[m.rule], ""), " "+o.c.Rules[m.rule]) {
			continue
		}
		if o.quiet && end-o.fired < span && o.fired-end < span {
			return "quiet", value
		}
		o.quiet, o.fired = true, end
		return "fired", value
	}
	return "", 0
}

func (o *oracle) measure(window []seenMatch) float64 {
	values, rules, next := map[string]bool{}, map[string]bool{}, 0
	var numbers []float64
	total := 0.0
	for _, s := range window {
		values[s.value] = true
		rules[o.c.Rules[s.rule]] = true
		if s.rule == next {
			next++
		}
		n, _ := strconv.ParseFloat(s.value, 64)
		numbers = append(numbers, n)
		total += n
	}
	slices.Sort(numbers)
	switch o.c.Type {
	case EventCount:
		return float64(len(window))
	case ValueCount:
		return float64(len(values))
	case ValueSum:
		return total
	case ValueAvg:
		return total / float64(len(window))
	case ValueMedian:
		n := len(numbers)
		return (numbers[(n-1)/2] + numbers[n/2]) / 2
	case ValuePercentile: // 100 values: the 75th percentile in quarters
		at := 0.75 * float64(len(numbers)-1)
		lo, hi := math.Floor(at), math.Ceil(at)
		return numbers[int(lo)] + (numbers[int(hi)]-numbers[int(lo)])*(at-lo)
	}
	inOrder := func(wanted string) bool {
		i := 0
		for _, s := range window {
			if i < len(wanted) && o.c.Rules[s.rule] == wanted[i:i+1] {
				i++
			}
		}
		return i == len(wanted)
	}
	ordered := o.c.Type == TemporalOrdered
	switch o.c.Expression {
	case "":
		if ordered {
			return float64(next)
		}
		return float64(len(rules))
	case "a and not b":
		return truth(rules["a"] && !rules["b"])
	case "a and b or c and not b":
		if ordered {
			return truth(inOrder("ab") || rules["c"] && !rules["b"])
		}
		return truth(rules["a"] && rules["b"] || rules["c"] && !rules["b"])
	case "not (a or b) and c":
		return truth(!rules["a"] && !rules["b"] && rules["c"])
	case "(a or b) and c":
		if ordered {
			return truth(inOrder("ac") || inOrder("bc"))
		}
		return truth((rules["a"] || rules["b"]) && rules["c"])
	}
	panic(o.c.Expression)
}

const threeRules = `title: a
name: a
logsource: {product: x}
detection: {s: {e: a}, condition: s}
---
title: b
name: b
logsource: {product: x}
detection: {s: {e: b}, condition: s}
---
title: c
name: c
logsource: {product: x}
detection: {s: {e: c}, condition: s}
`

// kinds are correlations of every type.
var kinds = []string{
	"type: event_count, condition: {gte: 3}", "type: event_count, condition: {gte: 40}", "type: event_count, condition: {gt: 1, lt: 4}",
	"type: event_count, condition: {neq: 0}",
	"type: value_count, condition: {field: v, gte: 3}", "type: value_count, condition: {field: v, eq: 2}", "type: value_count, condition: {field: v, gte: 12}",
	"type: temporal", "type: temporal, condition: {gte: 2}", "type: temporal_ordered",
	"type: temporal, condition: a and not b", "type: temporal, condition: a and b or c and not b", "type: temporal, condition: not (a or b) and c",
	"type: temporal, condition: (a or b) and c", "type: temporal_ordered, condition: (a or b) and c", "type: temporal_ordered, condition: a and b or c and not b",
	"type: value_sum, condition: {field: v, gte: 30}", "type: value_sum, condition: {field: v, lt: 5}", "type: value_avg, condition: {field: v, gt: 6, lte: 9}",
	"type: value_percentile, condition: {field: v, percentile: 75, gte: 9}", "type: value_median, condition: {field: v, gte: 7.5}",
}

func kindOf(t testing.TB, kind string, limits Limits) *Correlator {
	t.Helper()
	rules := ", rules: [a, b, c]"
	switch {
	case strings.HasSuffix(kind, "a and not b"):
		rules = ", rules: [a, b]"
	case strings.Contains(kind, "not (a or b) and c"):
		rules = "" // the order of appearance
	}
	docs, errs := Parse("kind.yml", []byte(threeRules+"---\ntitle: over\nid: over\ncorrelation: {"+kind+rules+", group-by: [g], timespan: 10s}"))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	c, errs := NewCorrelator(docs, limits)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return c
}

// stream makes matches; dense ones fill large groups, and some come late.
func stream(rng *rand.Rand, c *Correlation, n int, dense bool) []seenMatch {
	step, now := int64(4000), int64(0)
	if dense {
		step = 200
	}
	out := make([]seenMatch, n)
	for i := range out {
		now += rng.Int64N(step)
		late := int64(0)
		switch rng.IntN(8) {
		case 0:
			late = rng.Int64N(12_000)
		case 1:
			late = rng.Int64N(25_000)
		}
		value := fmt.Sprint(rng.IntN(15))
		if rng.IntN(10) == 0 {
			value = "0.5"
		}
		out[i] = seenMatch{time: (now - late) / 500 * 500 * int64(time.Millisecond), rule: rng.IntN(len(c.Rules)), value: value, id: byte(i)}
	}
	return out
}

func feedSeen(c *Correlator, over *Correlation, g string, m seenMatch) (said string, value float64) {
	late := c.Stats().Late
	ev := MapEvent{"g": StringValue(g), "v": StringValue(m.value)}
	c.Feed(Match{Rule: over.Rules[m.rule], Time: m.time, ID: [16]byte{m.id}, Event: ev}, func(f Firing) {
		if said != "" {
			said = "twice"
		} else if said = "quiet"; f.Fired {
			said = "fired"
		}
		value = f.Value
	})
	if c.Stats().Late > late {
		said = "late"
	}
	return said, value
}

// Correlations of every type agree with counting every window from all
// matches, whatever the order of arrival.
func TestCorrelationsAgreeWithOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, kind := range kinds {
		said := map[string]int{}
		for round := range 30 {
			c := kindOf(t, kind, Limits{})
			over := c.watches[0].correlation
			oracles := map[string]*oracle{"x": {c: over}, "y": {c: over}}
			newest := int64(noChain)
			for i, m := range stream(rng, over, 150, round%3 == 0) {
				g := "x"
				if rng.IntN(4) == 0 {
					g = "y"
				}
				want, wantValue := oracles[g].feed(m)
				newest = max(newest, m.time)
				for name, o := range oracles { // a group whose windows have all passed is forgotten
					if name != g && o.newest < newest-2*int64(over.Timespan) {
						*o = oracle{c: over}
					}
				}
				got, value := feedSeen(c, over, g, m)
				said[got]++
				if got != want || math.Abs(value-wantValue) > 1e-9 {
					t.Fatalf("%s, round %d, match %d (%+v): %q by %v, want %q by %v", kind, round, i, m, got, value, want, wantValue)
				}
			}
		}
		if said["fired"] == 0 || said["late"] == 0 || said[""] == 0 && !strings.Contains(kind, "neq: 0") {
			t.Errorf("%s: the streams try too little: %v", kind, said)
		}
	}
}

// FuzzCorrelator feeds whatever times, rules and values.
func FuzzCorrelator(f *testing.F) {
	f.Add(uint8(0), []byte("\x01\x02\x03\x04\x05\x06"))
	f.Add(uint8(20), []byte("\x00\x00\x09\xff\x01\x09\x10\x02\x03"))
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		c := kindOf(t, kinds[int(kind)%len(kinds)], Limits{})
		over := c.watches[0].correlation
		o := &oracle{c: over}
		for now := int64(0); len(data) >= 3; data = data[3:] {
			now += int64(int8(data[0])) * int64(time.Second) / 4
			m := seenMatch{time: now, rule: int(data[1]) % len(over.Rules), value: fmt.Sprint(int8(data[2]))}
			want, wantValue := o.feed(m)
			if got, value := feedSeen(c, over, "g", m); got != want || math.Abs(value-wantValue) > 1e-9 {
				t.Fatalf("%+v: %q by %v, want %q by %v", m, got, value, want, wantValue)
			}
			if c.Stats().Entries != len(o.seen) {
				t.Fatalf("%d entries kept, want %d", c.Stats().Entries, len(o.seen))
			}
		}
	})
}
