package sigma

import (
	"fmt"
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

func BenchmarkCorrelator(b *testing.B) {
	for _, typ := range []string{"type: event_count\nrules: fail\ngroup-by: user\ntimespan: 2m\ncondition: {gte: 5}",
		"type: value_count\nrules: fail\ngroup-by: user\ntimespan: 2m\ncondition: {field: v, gte: 5}"} {
		b.Run(typ[6:17], func(b *testing.B) {
			c := correlator(b, typ, Limits{})
			events := make([]Event, 1000)
			for i := range events {
				events[i] = MapEvent{"user": StringValue(fmt.Sprint("u", i%100)), "v": StringValue(fmt.Sprint("v", i))}
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c.Feed(Match{Rule: "fail", Time: int64(i) * int64(time.Millisecond), Event: events[i%1000]}, func(Firing) {})
				i++
			}
		})
	}
}
