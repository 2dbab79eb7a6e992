package sigma

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const base = `title: fail
id: fail
logsource: {product: x}
detection: {a: {e: fail}, condition: a}
---
title: ok
name: ok
logsource: {product: x}
detection: {a: {e: ok}, condition: a}
---
title: c
id: c
correlation:
  `

func correlator(t testing.TB, correlation string, limits Limits) *Correlator {
	t.Helper()
	docs, errs := Parse("c.yml", []byte(base+strings.ReplaceAll(correlation, "\n", "\n  ")))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	c, errs := NewCorrelator(docs, limits)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return c
}

// A timeline is words "seconds:rule[:user[:value]]"; the result lists the
// seconds at which it fired, and those at which it held but stayed quiet in
// parentheses.
func run(c *Correlator, timeline string) string {
	var out []string
	for i, word := range strings.Fields(timeline) {
		p := strings.Split(word+":u:v", ":")
		sec := 0
		fmt.Sscan(p[0], &sec)
		ev := MapEvent{"user": StringValue(p[2]), "acct": StringValue(p[2]), "v": StringValue(p[3])}
		if p[2] == "-" {
			ev = MapEvent{}
		}
		c.Feed(Match{Rule: p[1], Time: int64(sec) * int64(time.Second), ID: [16]byte{byte(i)}, Event: ev}, func(f Firing) {
			w := fmt.Sprint(sec)
			if !f.Fired {
				w = "(" + w + ")"
			}
			if f.Correlation.ID != "c" {
				w = f.Correlation.ID + w
			}
			out = append(out, w)
		})
	}
	return strings.Join(out, " ")
}

func TestCorrelations(t *testing.T) {
	count := "type: event_count\nrules: fail\ngroup-by: [user]\ntimespan: 10s\ncondition: {gte: 3}\n"
	temporal := "type: temporal\nrules: [fail, ok]\ngroup-by: [user]\ntimespan: 10s\n"
	for _, c := range []struct{ name, correlation, timeline, want string }{
		{"fires at the third", count, "0:fail 1:fail 2:fail", "2"},
		{"both ends of the window belong to it", count, "0:fail 5:fail 10:fail", "10"},
		{"and no more", count, "0:fail 5:fail 11:fail", ""},
		{"not cut at clock boundaries", count, "57:fail 59:fail 62:fail", "62"},
		{"groups are apart", count, "0:fail:a 1:fail:b 2:fail:a 3:fail:a", "3"},
		{"without the group field nothing counts", count, "0:fail:- 1:fail:- 2:fail:-", ""},
		{"other rules do not count", count, "0:fail 1:ok 2:fail", ""},
		{"quiet while it holds", count, "0:fail 1:fail 2:fail 3:fail 4:fail", "2 (3) (4)"},
		{"again after a timespan", count, "0:fail 1:fail 2:fail 7:fail 8:fail 12:fail 13:fail", "2 (7) (8) 12 (13)"},
		{"a steady rate repeats once a timespan", count, "0:fail 1:fail 2:fail 11:fail 12:fail", "2 (11) 12"},
		{"again in a new burst", count, "0:fail 1:fail 2:fail 20:fail 21:fail 22:fail", "2 22"},
		{"a late event completes a window", count, "0:fail 9:fail 4:fail", "4"},
		{"a late event completes an earlier window", count, "0:fail 1:fail 11:fail 2:fail", "2"},
		{"too late does not count", count, "100:fail 79:fail 99:fail 98:fail", "98"},
		{"a range", strings.Replace(count, "{gte: 3}", "{gte: 2, lt: 4}", 1), "0:fail 1:fail 2:fail 3:fail", "1 (2)"},
		{"eq", strings.Replace(count, "{gte: 3}", "{eq: 2}", 1), "0:fail 1:fail 2:fail", "1"},
		{"distinct values", "type: value_count\nrules: [fail]\ntimespan: 10s\ncondition: {field: v, gte: 3}\n",
			"0:fail:u:a 1:fail:u:a 2:fail:u:b 3:fail:u:c 12:fail:u:d", "3 (12)"},
		{"late distinct values", "type: value_count\nrules: [fail]\ntimespan: 10s\ncondition: {field: [v], gte: 3}\n",
			"0:fail:u:a 4:fail:u:b 2:fail:u:c 20:fail:u:d 21:fail:u:e 14:fail:u:f", "2 14"},
		{"all rules in any order", temporal, "0:ok 3:fail", "3"},
		{"not too far apart", temporal, "0:ok 11:fail", ""},
		{"in order", strings.Replace(temporal, "temporal", "temporal_ordered", 1), "0:ok 3:fail 4:ok", "4"},
		{"out of order", strings.Replace(temporal, "temporal", "temporal_ordered", 1), "0:ok 3:fail", ""},
		{"ordered by event time", strings.Replace(temporal, "temporal", "temporal_ordered", 1), "5:ok 3:fail", "3"},
		{"a rule without another", "type: temporal\ngroup-by: [user]\ntimespan: 10s\ncondition: fail and not ok", "0:fail 5:ok 6:fail 15:fail 16:fail", "0 16"},
		{"one that is not wanted never fires", "type: temporal\ngroup-by: [user]\ntimespan: 10s\ncondition: fail or not ok and fail", "0:ok 1:ok", ""},
		{"sum", "type: value_sum\nrules: fail\ntimespan: 10s\ncondition: {field: v, gte: 10}", "0:fail:u:4 1:fail:u:5 2:fail:u:x 3:fail:u:1.5 14:fail:u:9", "3"},
		{"average", "type: value_avg\nrules: fail\ntimespan: 10s\ncondition: {field: v, gt: 4}", "0:fail:u:4 1:fail:u:5 20:fail:u:1", "1"},
		{"median", "type: value_median\nrules: fail\ntimespan: 10s\ncondition: {field: v, gte: 5}", "0:fail:u:1 1:fail:u:9 2:fail:u:2", "1"},
		{"percentile", "type: value_percentile\nrules: fail\ntimespan: 10s\ncondition: {field: v, percentile: 90, gte: 9}", "0:fail:u:1 1:fail:u:9 2:fail:u:11", "2"},
		{"aliases", strings.Replace(count, "[user]", "[who]\naliases: {who: {fail: acct}}", 1), "0:fail:a 1:fail:a 2:fail:a", "2"},
		{"correlations of correlations", count + "---\ntitle: over\nid: over\ncorrelation: {type: temporal_ordered, rules: [c, ok], group-by: [user], timespan: 1m}",
			"0:ok 1:fail 2:fail 3:fail 30:ok 31:ok", "3 over30 over(31)"},
	} {
		correlation := strings.ReplaceAll(c.correlation, "\n---\ntitle: over\nid: over\ncorr", "\n@corr")
		docs := base + strings.ReplaceAll(strings.TrimSuffix(correlation, "\n"), "\n", "\n  ")
		docs = strings.ReplaceAll(docs, "\n  @corr", "\n---\ntitle: over\nid: over\ncorr")
		parsed, errs := Parse(c.name, []byte(docs+"\n"))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		correlator, errs := NewCorrelator(parsed, Limits{})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if got := run(correlator, c.timeline); got != c.want {
			t.Errorf("%s: fired at %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCorrelationLimits(t *testing.T) {
	c := correlator(t, "type: event_count\nrules: fail\ngroup-by: user\ntimespan: 1h\ncondition: {gte: 3}", Limits{Groups: 2, GroupEvents: 3})
	run(c, "0:fail:a 1:fail:a 2:fail:a 3:fail:a 4:fail:b 5:fail:c 6:fail:-")
	want := Stats{Groups: 2, Entries: 2, EvictedGroups: 1, EvictedEvents: 1, Ungrouped: 1}
	if got := c.Stats(); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
	run(c, "9000:fail:d")
	if got := c.Stats(); got.Groups != 1 || got.Entries != 1 || got.EvictedGroups != 1 {
		t.Errorf("passed windows stay: %+v", got)
	}
}

// Unchanged correlations go on where they were after a reload.
func TestAdopt(t *testing.T) {
	text := "type: event_count\nrules: fail\ngroup-by: user\ntimespan: 1h\ncondition: {gte: 3}"
	old, same := correlator(t, text, Limits{}), correlator(t, text, Limits{})
	changed := correlator(t, strings.Replace(text, "3", "2", 1), Limits{})
	run(old, "0:fail 1:fail")
	same.Adopt(old)
	changed.Adopt(old)
	if got := run(changed, "2:fail"); got != "" {
		t.Errorf("the changed one kept its state: %q", got)
	}
	if got := run(same, "2:fail"); got != "2" {
		t.Errorf("the same one lost its state: %q", got)
	}
	if same.Reported("fail") || !same.Reported("c") || same.Horizon() != 2*time.Hour {
		t.Error("reported or horizon")
	}
}

func TestCorrelationsRejected(t *testing.T) {
	for _, c := range []struct{ correlation, reason string }{
		{"type: value_sum\nrules: fail\ntimespan: 1m\ncondition: {gte: 1}", "value_sum needs the field"},
		{"type: value_sum\nrules: fail\ntimespan: 1m\ncondition: {field: [v, w], gte: 1}", "takes one field"},
		{"type: value_percentile\nrules: fail\ntimespan: 1m\ncondition: {field: v, gte: 1}", "needs percentile"},
		{"type: value_percentile\nrules: fail\ntimespan: 1m\ncondition: {field: v, percentile: 101, gte: 1}", "from 0 to 100"},
		{"type: value_avg\nrules: fail\ntimespan: 1m\ncondition: {field: v, percentile: 10, gte: 1}", "only value_percentile"},
		{"type: event_count\nrules: fail\ntimespan: 1m\ncondition: {field: v, gte: 1}", "takes no field"},
		{"type: event_count\nrules: fail\ntimespan: 1m\ncondition: fail", "needs a condition such as"},
		{"type: event_count\nrules: [fail, fail]\ntimespan: 1m\ncondition: {gte: 1}", "twice"},
		{"type: temporal\ntimespan: 5m\ncondition: not fail", "without any event"},
		{"type: temporal\ntimespan: 5m\ncondition: fail and not fail", "never hold"},
		{"type: temporal\nrules: [fail]\ntimespan: 5m\ncondition: fail and not ok", "\"ok\" is not among"},
		{"type: temporal\nrules: [fail, ok]\ntimespan: 5m\ncondition: fail", "\"ok\" is listed but"},
		{"type: temporal\ntimespan: 5m\ncondition: fail and (ok", "not closed"},
		{"type: temporal\ntimespan: 5m", "names no rules"},
		{"type: mean\nrules: fail\ntimespan: 5m", "unknown correlation type"},
		{"type: event_count\nrules: fail\ntimespan: 1m\ncondition: {lt: 1}", "holds without any event"},
		{"type: event_count\nrules: fail\ntimespan: 5 m\ncondition: {gte: 1}", "timespan"},
		{"type: event_count\nrules: fail\ntimespan: 5m", "needs a condition"},
		{"type: value_count\nrules: fail\ntimespan: 5m\ncondition: {gte: 2}", "needs the field"},
		{"type: event_count\nrules: nobody\ntimespan: 5m\ncondition: {gte: 2}", "not loaded"},
		{"type: event_count\nrules: c\ntimespan: 5m\ncondition: {gte: 2}", "depends on itself"},
		{"type: event_count\nrules: fail\ntimespan: 5m\ncondition: {gte: 2000000}", "at most"},
	} {
		docs, errs := Parse("c.yml", []byte(base+strings.ReplaceAll(c.correlation, "\n", "\n  ")))
		if len(errs) == 0 {
			_, errs = NewCorrelator(docs, Limits{})
		}
		if len(errs) != 1 || !strings.Contains(errs[0].Reason, c.reason) || errs[0].Line == 0 {
			t.Errorf("%s: %v", c.correlation, errs)
		}
	}
}

// State far beyond what is live goes away again, and what is live stays whole.
func TestAFloodOfGroupsPasses(t *testing.T) {
	c := correlator(t, "type: event_count\nrules: fail\ngroup-by: user\ntimespan: 10s\ncondition: {gte: 3}", Limits{Groups: 1 << 20, Events: 1 << 20})
	feed := func(sec int, user string) (fired bool) {
		c.Feed(Match{Rule: "fail", Time: int64(sec) * int64(time.Second), Event: MapEvent{"user": StringValue(user)}}, func(Firing) { fired = true })
		return fired
	}
	for i := range 20_000 {
		feed(0, fmt.Sprint("flood", i))
	}
	feed(1, "alice")
	feed(8, "alice")
	for i := range 20_000 {
		feed(21, fmt.Sprint("flood", i%7))
	}
	w := c.watches[0].keeper.(*window)
	if groups, entries := w.size(); groups > 8 || entries != 20_002 {
		t.Fatalf("%d groups, %d entries", groups, entries)
	}
	if got := w.table.groups.taken + w.table.groups.idle; got > 5_000 {
		t.Errorf("room for %d groups is kept", got)
	}
	if !feed(9, "alice") {
		t.Error("alice's window did not survive")
	}
}
