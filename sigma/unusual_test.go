package sigma

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func unusual(t testing.TB, text string, limits Limits) *Correlator {
	t.Helper()
	docs, errs := Parse("u.yml", []byte(threeRules+"---\ntitle: u\nid: u\nunusual: "+text+"\n"))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	c, errs := NewCorrelator(docs, limits)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return c
}

// A history is words "[count x]hours:user:host[:bytes]"; the result lists the
// hours at which it fired, in parentheses while that went on, and the last why.
func live(c *Correlator, history string) (fired, why string) {
	var out []string
	for _, word := range strings.Fields(history) {
		times := 1
		if before, after, ok := strings.Cut(word, "x"); ok {
			fmt.Sscan(before, &times)
			word = after
		}
		p := strings.Split(word+"::::", ":")
		hours := 0.0
		fmt.Sscan(p[0], &hours)
		ev := MapEvent{"n": StringValue(p[3])}
		for i, f := range []string{"user.name", "host.name"} {
			if p[i+1] != "" {
				ev[f] = StringValue(p[i+1])
			}
		}
		for range times {
			c.Feed(Match{Rule: "a", Time: start + int64(hours*float64(time.Hour)), Event: ev}, func(f Firing) {
				w := p[0]
				if !f.Fired {
					w = "(" + w + ")"
				}
				out = append(out, w)
				why = f.Why
			})
		}
	}
	return strings.Join(out, " "), why
}

// start is a Monday, midnight UTC.
var start = time.Date(2025, 3, 3, 0, 0, 0, 0, time.UTC).UnixNano()

// daily repeats a word on each of the days, with the hour of that day.
func daily(days int, hour float64, word string) string {
	var b strings.Builder
	for d := range days {
		n, rest, _ := strings.Cut(word, "@")
		fmt.Fprintf(&b, "%s%v%s ", n, float64(24*d)+hour, rest)
	}
	return b.String()
}

func TestUnusual(t *testing.T) {
	first := "{type: first_seen, rules: [a], group-by: [user.name], field: host.name, memory: 60d, learn: 7d}"
	rare := "{type: rare, rules: [a], field: user.name, across: host.name, memory: 30d, learn: 5d, condition: {lte: 2}}"
	rate := "{type: deviation, measure: rate, rules: [a], group-by: [user.name], memory: 30d, learn: 7d, bucket: 1h, condition: {gte: 3}, minimum: 20}"
	volume := "{type: deviation, measure: volume, rules: [a], field: n, memory: 30d, learn: 5d, bucket: 1h, condition: {gte: 3}, minimum: 1000}"
	hour := "{type: deviation, measure: hour, rules: [a], group-by: [user.name], memory: 30d, learn: 7d, zone: Europe/Berlin}"
	for _, c := range []struct{ name, unusual, history, fired, why string }{
		{"quiet while young", first, "0:alice:db1 24:alice:db2 160:alice:db3", "", ""},
		{"a new value after that", first, "0:alice:db1 24:alice:db2 48:alice:db3 1440:alice:db7", "1440", "first time in 60 days that user alice is seen with host db7 (3 other hosts known)"},
		{"what was learnt is known", first, "0:alice:db1 200:alice:db1 400:alice:db1", "", ""},
		{"new once", first, "0:alice:db1 200:alice:db7 210:alice:db7", "200", "first time in 8 days that user alice is seen with host db7 (1 other host known)"},
		{"another's habits are none of mine", first, "0:alice:db1 0:bob:db7 200:alice:db7", "200", "first time in 8 days that user alice is seen with host db7 (1 other host known)"},
		{"a new user is quiet", first, "0:alice:db1 200:bob:db7", "", ""},
		{"known for as long as the memory", first, "0:alice:db1 100:alice:db2 1500:alice:db1", "1500", "first time in 60 days that user alice is seen with host db1 (1 other host known)"},
		{"each sight renews it", first, "0:alice:db1 1000:alice:db1 2000:alice:db1", "", ""},
		{"one that is silent for longer is a stranger", first, "0:alice:db1 1500:alice:db2", "", ""},
		{"more of the same only goes on", first, "0:alice:db1 200:alice:db2 200.5:alice:db3 202:alice:db4", "200 (200.5) 202", "first time in 8 days that user alice is seen with host db4 (3 other hosts known)"},
		{"a late match makes its value known", first, "0:alice:db1 200:alice:db1 190:alice:db2 201:alice:db2", "190", "first time in 7 days that user alice is seen with host db2 (1 other host known)"},
		{"combinations", "{type: first_seen, rules: [a], field: [user.name, host.name], memory: 10d, learn: 1d}", "0:alice:db1 0:bob:db2 30:alice:db2", "30", "first time in 30 hours that user alice, host db2 is seen (2 other combinations known)"},

		{"rare", rare, "0:p:h1 130:y:h2", "130", "user y seen on 1 host in 5 days"},
		{"on as many as allowed", rare, "0:p:h1 130:y:h2 140:y:h3 150:y:h4 160:y:h5", "130 140", "user y seen on 2 hosts in 5 days"},
		{"common values are not", rare, "0:p:h1 1:p:h2 2:p:h3 130:p:h4", "", ""},
		{"what was seen on others long ago is rare again", rare, "0:p:h1 1:p:h2 2:p:h3 500:p:h1 900:p:h1", "900", "user p seen on 1 host in 30 days"},

		{"the usual is no deviation", rate, daily(10, 9, "12x@:alice"), "", ""},
		{"far more than usual", rate, daily(10, 9, "12x@:alice") + "411x242:alice 242:alice", "242" + strings.Repeat(" (242)", 389), "412 in the hour from 02:00, usually about 12 (σ 3.5)"},
		{"far more but still little", strings.Replace(rate, "20", "50", 1), daily(10, 9, "1x@:alice") + "40x242:alice", "", ""},
		{"not while young", rate, daily(6, 9, "12x@:alice") + "100x146:alice", "", ""},
		{"nor with too little to compare with", rate, daily(1, 9, "12x@:alice") + "9x190:alice 100x200:alice", "", ""},
		{"one bad hour teaches little", rate, daily(10, 9, "12x@:alice") + "400x240:alice 33x244:alice", "240" + strings.Repeat(" (240)", 377) + " 244" + strings.Repeat(" (244)", 10), "33 in the hour from 04:00, usually about 12 (σ 3.5)"},
		{"a late match counts in its own hour", rate, daily(10, 9, "12x@:alice") + "11x240:alice 11x241:alice 11x240.5:alice", "", ""},
		{"and can be what is too much", rate, daily(10, 9, "12x@:alice") + "22x240:alice 1x241:alice 240.5:alice", "240.5", "23 in the hour from 00:00, usually about 12 (σ 3.5)"},
		{"volume", volume, daily(10, 9, "@:alice:h:1000") + "240:alice:h:5000", "240", "5000 in the hour from 00:00, usually about 1000 (σ 100)"},
		{"volume wants numbers", volume, daily(10, 9, "@:alice:h:1000") + "240:alice:h:much 241:alice:h:-5000", "", ""},

		{"an hour that is never used", hour, daily(10, 8, "@:alice") + "241:alice", "241", "active in the hour from 02:00 Europe/Berlin, as on 0 of 10 days before"},
		{"an hour that is used", hour, daily(10, 8, "@:alice") + "248:alice", "", ""},
		{"not before there are days to compare with", hour, "0:alice 200:alice", "", ""},
		{"once an hour", hour, daily(10, 8, "@:alice") + "241:alice 241.2:alice 242:alice", "241 (241.2) 242", "active in the hour from 03:00 Europe/Berlin, as on 0 of 10 days before"},
	} {
		fired, why := live(unusual(t, c.unusual, Limits{}), c.history)
		if fired != c.fired || why != c.why {
			t.Errorf("%s:\nfired at %.200q, want %.200q\nwhy %q, want %q", c.name, fired, c.fired, why, c.why)
		}
	}
}

// Memory stays bounded, whatever comes; what was dropped is counted.
func TestUnusualLimits(t *testing.T) {
	first := "{type: first_seen, rules: [a], group-by: [user.name], field: host.name, memory: 60d, learn: 1d}"
	c := unusual(t, first, Limits{Groups: 3, GroupEvents: 4, Events: 10})
	live(c, "0:alice:h0")
	for i := range 50 {
		live(c, fmt.Sprintf("%d:alice:h%d", 30+i, i))
	}
	if s := c.Stats(); s.Groups != 1 || s.Entries != 4 || s.EvictedEvents != 46 {
		t.Errorf("a flood of values: %+v", s)
	}
	if fired, _ := live(c, "100:alice:h49 101:alice:h0"); fired != "101" {
		t.Errorf("the newest values stay, a dropped one is new: %q", fired)
	}
	for i := range 50 {
		live(c, fmt.Sprintf("110:u%d:h", i))
	}
	if s := c.Stats(); s.Groups != 3 || s.EvictedGroups != 48 {
		t.Errorf("a flood of groups: %+v", s)
	}
	live(c, "1:u49:h -2000:u49:h 1::h 1:u")
	if s := c.Stats(); s.Late != 1 || s.Ungrouped != 2 {
		t.Errorf("what is not counted: %+v", s)
	}
	if c.Horizon() != 0 || c.Reported("a") {
		t.Error("horizon or reported")
	}
}

// The unusual is a rule like any other: correlations stand on it.
func TestUnusualChains(t *testing.T) {
	docs, errs := Parse("u.yml", []byte(threeRules+`---
title: u
name: new-host
unusual: {type: first_seen, rules: [a], group-by: user.name, field: host.name, learn: 1d, generate: true}
---
title: over
id: over
correlation: {type: temporal_ordered, rules: [new-host, b], group-by: [user.name], timespan: 1h}
`))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	c, errs := NewCorrelator(docs, Limits{})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	live(c, "0:alice:h1 30:alice:h2")
	ids := ""
	c.Feed(Match{Rule: "b", Time: start + int64(30.5*float64(time.Hour)), Event: MapEvent{"user.name": StringValue("alice")}}, func(f Firing) { ids += f.Correlation.ID })
	if ids != "over" || !c.Reported("a") {
		t.Errorf("fired %q", ids)
	}
}

func TestUnusualRejected(t *testing.T) {
	for _, c := range []struct{ unusual, reason string }{
		{"{type: odd, rules: [a]}", "unknown type"},
		{"{type: first_seen, rules: [a]}", "needs the field"},
		{"{type: first_seen, field: f}", "names no rules"},
		{"{type: first_seen, rules: [a], field: f, memory: 500d}", "memory must be"},
		{"{type: first_seen, rules: [a], field: f, memory: 1d, learn: 2d}", "learn is longer"},
		{"{type: first_seen, rules: [a], field: f, condition: {gte: 1}}", "takes no condition"},
		{"{type: first_seen, rules: [a], field: f, fields: g}", "unknown key"},
		{"{type: rare, rules: [a], field: f, condition: {lte: 1}}", "across"},
		{"{type: rare, rules: [a], field: f, across: g}", "needs a condition"},
		{"{type: rare, rules: [a], field: f, across: g, condition: {gte: 1}}", "one of [lt lte eq]"},
		{"{type: deviation, rules: [a], measure: size}", "rate, volume or hour"},
		{"{type: deviation, rules: [a], measure: rate}", "needs a condition"},
		{"{type: deviation, rules: [a], measure: rate, field: f, condition: {gte: 3}}", "takes no field"},
		{"{type: deviation, rules: [a], measure: volume, condition: {gte: 3}}", "one field"},
		{"{type: deviation, rules: [a], measure: rate, bucket: 1s, condition: {gte: 3}}", "at least a minute"},
		{"{type: deviation, rules: [a], measure: hour, zone: Mars/Olympus}", "time zone"},
		{"[a]", "must be a map"},
	} {
		_, errs := Parse("u.yml", []byte("title: u\nid: u\nunusual: "+c.unusual+"\n"))
		if len(errs) != 1 || !strings.Contains(errs[0].Reason, c.reason) || errs[0].Line != 3 {
			t.Errorf("%s: %v", c.unusual, errs)
		}
	}
}
