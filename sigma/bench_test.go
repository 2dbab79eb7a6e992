package sigma

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

func sshdEvent() MapEvent {
	return MapEvent{
		"process.name": StringValue("sshd"), "user.name": StringValue("root"), "src.ip": StringValue("203.0.113.7"),
		"outcome": StringValue("failure"), "class": StringValue("authentication"),
		"message": StringValue("Failed password for root from 203.0.113.7 port 4711 ssh2"),
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, c := range []struct{ name, selection string }{
		{"equal", "outcome: success"},
		{"contains", "message|contains: [Accepted, Invalid user, Connection closed]"},
		{"regex", "message|re: 'Accepted \\w+ for \\S+'"},
		{"cidr", "src.ip|cidr: 10.0.0.0/8"},
		{"keywords", "[Accepted, Invalid]"},
	} {
		b.Run(c.name, func(b *testing.B) {
			r, ev := mustRule(b, ruleWith(c.selection, "sel")), Event(sshdEvent())
			b.ReportAllocs()
			for b.Loop() {
				r.Match(ev)
			}
		})
	}
}

// pairEvent has two fields and costs next to nothing itself.
type pairEvent struct{ user, v string }

func (e *pairEvent) Keywords(func(string) bool) {}
func (e *pairEvent) Field(name string) (Value, bool) {
	switch name {
	case "user":
		return StringValue(e.user), true
	case "v":
		return StringValue(e.v), true
	}
	return Value{}, false
}

// groupedEvents are events of many groups.
func groupedEvents(groups, values int) []Event {
	events := make([]Event, groups*values)
	for i := range events {
		events[i] = &pairEvent{fmt.Sprintf("user-%06d", i%groups), fmt.Sprint(i)}
	}
	return events
}

const manyGroups = 120_000

var benchLimits = Limits{Groups: 1 << 20, Events: 1 << 24}

func BenchmarkCorrelator(b *testing.B) {
	for _, kind := range []string{
		"event_count\ncondition: {gte: 50}", "value_count\ncondition: {field: v, gte: 50}", "value_sum\ncondition: {field: v, gte: 1000000000}",
		"value_percentile\ncondition: {field: v, percentile: 95, gte: 1000000000}", "temporal\ncondition: fail and ok", "temporal_ordered\ncondition: fail and ok",
	} {
		b.Run(strings.SplitN(kind, "\n", 2)[0], func(b *testing.B) {
			c := correlator(b, "group-by: user\ntimespan: 1h\nrules: [fail, ok]\ntype: "+kind, benchLimits)
			events := groupedEvents(manyGroups, 3)
			i := 0
			feed := func() {
				c.Feed(Match{Rule: "fail", Time: int64(i) * int64(time.Millisecond), Event: events[i%len(events)]}, func(Firing) {})
				i++
			}
			for range events {
				feed()
			}
			b.ReportAllocs()
			for b.Loop() {
				feed()
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkGroupMemory measures the heap for a live group of three entries.
func BenchmarkGroupMemory(b *testing.B) {
	for _, typ := range []string{"event_count\ncondition: {gte: 50}", "value_count\ncondition: {field: v, gte: 50}"} {
		b.Run(typ[:11], func(b *testing.B) {
			events := groupedEvents(manyGroups, 3)
			for b.Loop() {
				before := heap()
				c := correlator(b, "group-by: user\ntimespan: 1h\nrules: [fail, ok]\ntype: "+typ, benchLimits)
				for i, ev := range events {
					c.Feed(Match{Rule: "fail", Time: int64(i) * int64(time.Millisecond), Event: ev}, func(Firing) {})
				}
				b.ReportMetric(float64(heap()-before)/manyGroups, "B/group")
				if c.Stats().Groups != manyGroups {
					b.Fatal(c.Stats())
				}
			}
		})
	}
}

func BenchmarkUnusual(b *testing.B) {
	for _, kind := range []string{
		"type: first_seen, field: v, group-by: user, learn: 1h", "type: rare, field: user, across: v, learn: 1h, condition: {lte: 1}",
		"type: deviation, measure: rate, group-by: user, condition: {gte: 3}", "type: deviation, measure: hour, group-by: user",
	} {
		b.Run(strings.SplitN(kind, ", group", 2)[0], func(b *testing.B) {
			c := unusual(b, "{rules: [a], memory: 30d, "+kind+"}", benchLimits)
			events := groupedEvents(10_000, 5)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.Feed(Match{Rule: "a", Time: int64(i) * int64(time.Millisecond), Event: events[i%len(events)]}, func(Firing) {})
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
