package detect

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

var sshd = []event.Logsource{{Product: "linux", Service: "sshd"}, {Product: "linux", Service: "auth"}}

// failure is one failed login.
func failure(t tenant.ID, exercise string, second int) event.Event {
	line := "Failed password for root from 203.0.113.7 port 4711 ssh2"
	ev := event.Event{
		Tenant: t, Exercise: exercise, Time: start.Add(time.Duration(second) * time.Second).UnixNano(), Logsource: sshd,
		Class: event.Authentication, Outcome: event.Failure, Message: line, Raw: []byte(line),
		Columns: []event.Column{
			{ID: event.UserName, Value: event.StringValue("root")}, {ID: event.HostName, Value: event.StringValue("web1")},
			{ID: event.SrcIP, Value: event.StringValue("203.0.113.7")}, {ID: event.ProcessName, Value: event.StringValue("sshd")},
		},
	}
	ev.ID = event.NewID(t, ev.Time, fmt.Append(nil, exercise, second))
	return ev
}

func process(e *Engine, evs []event.Event, replay bool) []Hit {
	var out []Hit
	e.Process(evs, replay, func(h Hit) { out = append(out, h) })
	return out
}

func failures(t tenant.ID, exercise string, from, n int) []event.Event {
	var out []event.Event
	for i := range n {
		out = append(out, failure(t, exercise, from+i))
	}
	return out
}

// A thousand lines in one call are one hit with its count.
func TestFoldsRepeats(t *testing.T) {
	e := newEngine(t, Options{Starter: StarterRules()})
	var evs []event.Event
	for range 10 {
		evs = append(evs, failures(1, "", 0, 100)...)
	}
	hits := process(e, evs, false)
	if len(hits) != 1 {
		t.Fatalf("%d hits: %+v", len(hits), hits)
	}
	h := hits[0]
	if h.Count != 1000 || h.Summary != "Repeated failed logins on web1 from 203.0.113.7" || h.Ongoing ||
		h.Last-h.First != int64(99*time.Second) || h.Severity != event.Medium || len(h.EventIDs) != 100 {
		t.Errorf("hit %+v", h)
	}
	if want := "[{user root} {host web1} {ip 203.0.113.7} {process sshd}]"; fmt.Sprint(h.Entities) != want {
		t.Errorf("entities %v", h.Entities)
	}
	if again := process(e, failures(1, "", 100, 1), false); len(again) != 1 || !again[0].Ongoing || again[0].Count != 1 || again[0].Fingerprint != h.Fingerprint {
		t.Errorf("going on: %+v", again)
	}
}

// Tenants and exercises never add up with one another.
func TestScopesAreApart(t *testing.T) {
	e := newEngine(t, Options{Starter: StarterRules()})
	var evs []event.Event
	for i := range 4 {
		evs = append(evs, failure(1, "", i), failure(2, "", i), failure(1, "drill", i), failure(1, "drill2", i))
	}
	if hits := process(e, evs, false); len(hits) != 0 {
		t.Fatalf("%+v", hits)
	}
	prints := map[string]bool{}
	for _, ev := range []event.Event{failure(1, "", 5), failure(2, "", 5), failure(1, "drill", 5)} {
		hits := process(e, []event.Event{ev}, false)
		if len(hits) != 1 || hits[0].Tenant != ev.Tenant || hits[0].Exercise != ev.Exercise {
			t.Fatalf("%+v", hits)
		}
		prints[hits[0].Fingerprint] = true
	}
	if len(prints) != 3 {
		t.Error("fingerprints are shared")
	}
}

// After a restart, replaying restores the windows and says nothing.
func TestReplay(t *testing.T) {
	e := newEngine(t, Options{Starter: StarterRules()})
	if hits := process(e, failures(1, "", 0, 4), true); len(hits) != 0 {
		t.Errorf("replay emitted %+v", hits)
	}
	if hits := process(e, failures(1, "", 4, 1), false); len(hits) != 1 || hits[0].Count != 5 || len(hits[0].EventIDs) != 5 {
		t.Errorf("%+v", hits)
	}
	if e.LongestWindow() < 20*time.Minute {
		t.Errorf("longest window %v", e.LongestWindow())
	}
}

const plainRule = `title: %s
id: %s
logsource: {product: linux, service: SSHD}
detection: {a: {user.name: root}, condition: a}
level: low
`

func TestOwnRules(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	starter := fstest.MapFS{"s.yml": {Data: fmt.Appendf(nil, plainRule, "shipped", "r1")}}
	write("deep/own.yml", fmt.Sprintf(plainRule, "own", "r1"))
	write("bad.yml", fmt.Sprintf(plainRule, "bad", "r2")+"tocsin:\n  impact: 4\n")
	write("dup.yml", fmt.Sprintf(plainRule, "a", "r3")+"---\n"+fmt.Sprintf(plainRule, "b", "r3"))
	write("notes.txt", "not a rule")
	e := newEngine(t, Options{Starter: starter, Dir: dir})
	report := e.Report()
	if len(report.Loaded) != 2 || report.Loaded[0].Title != "own" || !report.Loaded[0].Overrides || report.Loaded[1].Title != "a" {
		t.Errorf("loaded %+v", report.Loaded)
	}
	if len(report.Rejected) != 2 || report.Rejected[0].Error() != `bad.yml:7:11: tocsin: impact is 1, 2 or 3, not "4"` ||
		!strings.Contains(report.Rejected[1].Reason, "already used") {
		t.Errorf("rejected %v", report.Rejected)
	}
	hits := process(e, failures(1, "", 0, 3), false)
	if len(hits) != 2 || hits[0].Title != "own" || hits[0].Count != 3 || hits[0].Summary != "own on web1" || fmt.Sprint(hits[0].Fields) != "[{user.name root}]" {
		t.Errorf("hits %+v", hits)
	}
	if err := os.RemoveAll(filepath.Join(dir, "deep")); err != nil {
		t.Fatal(err)
	}
	if err := e.Reload(); err != nil {
		t.Fatal(err)
	}
	if hits := process(e, failures(1, "", 0, 1), false); hits[0].Title != "shipped" {
		t.Errorf("after reload: %+v", hits)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := e.Reload(); err == nil || len(e.Report().Loaded) != 2 {
		t.Errorf("a missing directory must keep the rules before: %v", err)
	}
}

// A reload in the middle of an attack does not start counting anew.
func TestReloadKeepsWindows(t *testing.T) {
	e := newEngine(t, Options{Starter: StarterRules()})
	process(e, failures(1, "", 0, 4), false)
	if err := e.Reload(); err != nil {
		t.Fatal(err)
	}
	if hits := process(e, failures(1, "", 4, 1), false); len(hits) != 1 {
		t.Errorf("%+v", hits)
	}
}

// One source must carry all parts that a rule gives.
func TestRouting(t *testing.T) {
	e := newEngine(t, Options{Starter: fstest.MapFS{"s.yml": {Data: fmt.Appendf(nil, plainRule, "x", "r1")}}})
	for _, c := range []struct {
		sources []event.Logsource
		want    int
	}{
		{sshd, 1}, {nil, 0},
		{[]event.Logsource{{Product: "linux", Service: "cron"}, {Product: "windows", Service: "sshd"}}, 0},
		{[]event.Logsource{{Product: "windows"}, {Category: "x", Product: "Linux", Service: "sshd"}}, 1},
	} {
		ev := failure(1, "", 0)
		ev.Logsource = c.sources
		if hits := process(e, []event.Event{ev}, false); len(hits) != c.want {
			t.Errorf("%v: %d hits, want %d", c.sources, len(hits), c.want)
		}
	}
}

// A rule that panics costs itself only.
func TestPanickingRule(t *testing.T) {
	e := newEngine(t, Options{Starter: fstest.MapFS{
		"a.yml": {Data: fmt.Appendf(nil, plainRule, "a", "r1")}, "b.yml": {Data: fmt.Appendf(nil, plainRule, "b", "r2")},
	}})
	process(e, failures(1, "", 0, 1), false)
	e.current.byID["r1"].doc.Rule = nil // makes Match fail
	e.current.record = nil              // and the matcher
	if hits := process(e, failures(1, "", 0, 3), false); len(hits) != 1 || hits[0].RuleID != "r2" {
		t.Errorf("%+v", hits)
	}
	if d := e.Report().Disabled; len(d) != 1 || d[0].ID != "r1" {
		t.Errorf("disabled %+v", d)
	}
}

// A monitor's recovery names the alert of its outage.
func TestClears(t *testing.T) {
	e := newEngine(t, Options{Starter: StarterRules()})
	monitor := func(status string) Hit {
		ev := event.Event{Tenant: 1, Time: start.UnixNano(), Logsource: []event.Logsource{{Product: "json"}}, Fields: []event.Field{
			{Key: "monitor", Value: event.StringValue("web shop")}, {Key: "status", Value: event.StringValue(status)}}}
		hits := process(e, []event.Event{ev}, false)
		if len(hits) != 1 {
			t.Fatalf("%s: %+v", status, hits)
		}
		return hits[0]
	}
	down, up := monitor("down"), monitor("up")
	if up.Clears != down.Fingerprint || up.Proposal.State != "clear" || down.Proposal.State != "open" || down.Proposal.Effect.Availability != "confirmed" {
		t.Errorf("down %+v\nup %+v", down, up)
	}
}

func TestProposalMistakes(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"type: nonsense/x", "9: tocsin: unknown type"},
		{"urgency: high", "12: tocsin: urgency is 1, 2 or 3"},
		{"intent: evil", "11: tocsin: unknown intent"},
		{"effect: {integrity: sure}", "12: tocsin: effect takes"},
		{"effect: {integrity: confirmed}", "11: tocsin: an effect is confirmed only"},
		{"dedup: src.ip", "10: tocsin: dedup is a list"},
		{"colour: red", "3: tocsin: unknown key"},
		{"state: clear", "3: tocsin: state: clear and clears"},
		{"summary: 'on {host'", "12: tocsin: the summary's braces"},
	} {
		e := newEngine(t, Options{Starter: fstest.MapFS{"r.yml": {Data: []byte(fmt.Sprintf(plainRule, "r", "r1") + "tocsin:\n  " + c.text + "\n")}}})
		rejected := e.Report().Rejected
		if len(rejected) != 1 || !strings.HasPrefix(rejected[0].Error(), "r.yml:7:"+c.want) {
			t.Errorf("%s: %v", c.text, rejected)
		}
	}
	for in, want := range map[string]string{
		"intrusion-attempts/login-attempts": "intrusion-attempts/login-attempts", "intrusion-attempts/brute-force": "intrusion-attempts/login-attempts",
		"availability/dos": "availability/denial-of-service", "policy-breach": "policy-breach", "fraud": "fraud", "fraud/x": "",
	} {
		if got := incidentType(in); got != want {
			t.Errorf("type %s: %q, want %q", in, got, want)
		}
	}
}

// A log line cannot put control characters or endless text into a summary.
func TestSummaryIsOneLine(t *testing.T) {
	if got := oneLine("a\x1b[31m\nb\u202e" + strings.Repeat("x", 1000)); strings.ContainsAny(got, "\x1b\n\u202e") || len(got) > maxSummary {
		t.Errorf("%q", got)
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	e := newEngine(t, Options{Starter: StarterRules(), Metrics: reg})
	process(e, failures(1, "", 0, 6), false)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		m := f.GetMetric()[0]
		values[f.GetName()] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
	}
	if values["tocsin_detect_rules_loaded"] < 25 || values["tocsin_detect_hits_total"] != 2 || values["tocsin_detect_evaluations_total"] == 0 {
		t.Errorf("%v", values)
	}
}

func BenchmarkProcess(b *testing.B) {
	for _, kind := range []string{"quiet", "attack", "late"} {
		b.Run(kind, func(b *testing.B) {
			e := newEngine(b, Options{Starter: StarterRules()})
			evs, step := failures(1, "", 0, 1000), int64(1000*time.Second)
			if kind == "late" {
				step = 0
			}
			if kind == "quiet" {
				for i := range evs {
					evs[i].Class, evs[i].Outcome = event.BaseEvent, event.OutcomeUnknown
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				e.Process(evs, false, func(Hit) {})
				for i := range evs { // but for late, the next batch follows this one in time
					evs[i].Time += step
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/event")
		})
	}
}
