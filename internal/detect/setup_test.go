package detect

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/sigma"
)

func pack(name, version string, texts map[string]string) Layer {
	return Layer{Origin: FromPack, Pack: name, PackVersion: version, Files: Texts(texts)}
}

func TestLaterLayersOverrideEarlierOnes(t *testing.T) {
	setup := Setup{
		Packs: []Layer{pack("a", "1", map[string]string{"r.yml": fmt.Sprintf(plainRule, "pack a", "r1") + "---\n" + fmt.Sprintf(plainRule, "only a", "r2")}), pack("b", "7", map[string]string{"r.yml": fmt.Sprintf(plainRule, "pack b", "r1")})},
		Own:   []Layer{{Origin: Own, Files: Texts(map[string]string{"own.yml": fmt.Sprintf(plainRule, "own", "r3")})}},
	}
	e := newEngine(t, Options{Starter: fstest.MapFS{"s.yml": {Data: fmt.Appendf(nil, plainRule+"---\n"+plainRule, "shipped", "r1", "shipped three", "r3")}}, Setup: func() (Setup, error) { return setup, nil }})
	var got []string
	for _, l := range e.Report().Loaded {
		got = append(got, fmt.Sprintf("%s %q %s %s%s over %s", l.ID, l.Title, l.Origin, l.Pack, l.PackVersion, l.Replaces))
	}
	want := `[r1 "pack b" pack b7 over pack r3 "own" own  over starter r2 "only a" pack a1 over ]`
	if fmt.Sprint(got) != want {
		t.Errorf("%v", got)
	}
	hits := process(e, failures(1, "", 0, 1), false)
	if len(hits) != 3 || hits[0].Pack != "b" || hits[0].PackVersion != "7" || hits[1].Pack != "" {
		t.Errorf("%+v", hits)
	}
	if text, err := e.Text("r2"); err != nil || text != fmt.Sprintf(plainRule, "only a", "r2") {
		t.Errorf("%q, %v", text, err)
	}
	setup.Off = map[string]string{"r1": "too loud"}
	if err := e.Reload(); err != nil {
		t.Fatal(err)
	}
	if hits := process(e, failures(1, "", 0, 1), false); len(hits) != 2 || hits[0].RuleID == "r1" {
		t.Errorf("%+v", hits)
	}
	if l := e.Report().Loaded[0]; l.Off != "too loud" {
		t.Errorf("%+v", l)
	}
	before := e.Report()
	e.options.Setup = func() (Setup, error) { return Setup{}, errors.New("the database is away") }
	if err := e.Reload(); err == nil || len(e.Report().Loaded) != len(before.Loaded) {
		t.Errorf("a load that failed must keep the rules before: %v", err)
	}
	if hits := process(e, failures(1, "", 0, 1), false); len(hits) != 2 {
		t.Errorf("%+v", hits)
	}
}

const notScanner = "title: Not the scanner\nlogsource: {product: linux}\nfilter:\n  rules: %s\n  scanner: {src.ip: 203.0.113.7}\n  condition: not scanner\n"

func TestFiltersTuneTheRulesThatTheyName(t *testing.T) {
	starter := fstest.MapFS{"s.yml": {Data: fmt.Appendf(nil, plainRule+"---\n"+plainRule, "a", "r1", "b", "r2")}}
	for _, c := range []struct {
		filter string
		want   string // rules that still hit
	}{
		{"", "[r1 r2]"},
		{fmt.Sprintf(notScanner, "[r1]"), "[r2]"},
		{fmt.Sprintf(notScanner, "any"), "[]"},
		{fmt.Sprintf(notScanner, "[other]"), "[r1 r2]"},
		{strings.Replace(fmt.Sprintf(notScanner, "any"), "product: linux", "product: windows", 1), "[r1 r2]"},
		{strings.Replace(fmt.Sprintf(notScanner, "any"), "203.0.113.7", "192.0.2.1", 1), "[r1 r2]"},
	} {
		setup := Setup{}
		if c.filter != "" {
			setup.Filters = []Filter{{ID: "f1", Body: c.filter}}
		}
		e := newEngine(t, Options{Starter: starter, Setup: func() (Setup, error) { return setup, nil }})
		got := []string{}
		for _, h := range process(e, failures(1, "", 0, 1), false) {
			got = append(got, h.RuleID)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v hit, want %s", c.filter, got, c.want)
		}
		for _, l := range e.Report().Loaded { // the version says that something else applies
			if tuned := len(l.Filters) > 0; tuned == (l.Version == l.Hash) {
				t.Errorf("%s: %s has %d filters, and the version %s of the text %s", c.filter, l.ID, len(l.Filters), l.Version, l.Hash)
			}
		}
	}
	e := newEngine(t, Options{Starter: starter, Setup: func() (Setup, error) { return Setup{Filters: []Filter{{ID: "f1", Body: "title: x"}}}, nil }})
	if r := e.Report().Rejected; len(r) != 1 || r[0].File != "filter f1" || len(e.Report().Loaded) != 2 {
		t.Errorf("%v", r)
	}
}

// Rules are loaded again and again while events are matched: each event meets
// one whole set of rules, and no window is lost.
func TestReloadingDropsNoEventAndNoWindow(t *testing.T) {
	const burst = "title: Burst\nid: c1\ncorrelation: {type: event_count, rules: [r1], group-by: [user.name], timespan: 1h, condition: {gte: 500}}\nlevel: high\n"
	e := newEngine(t, Options{Starter: fstest.MapFS{"s.yml": {Data: []byte(fmt.Sprintf(plainRule, "a", "r1") + "---\n" + burst + "---\n" + fmt.Sprintf(plainRule, "b", "r2"))}}})
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if err := e.Reload(); err != nil {
					t.Error(err)
				}
			}
		}
	})
	n, fired := 0, 0
	for i := range 500 {
		for _, h := range process(e, failures(1, "", i, 1), false) {
			switch h.RuleID {
			case "r2":
				n += h.Count
			case "c1":
				fired++
			}
		}
	}
	close(stop)
	wg.Wait()
	if n != 500 || fired != 1 {
		t.Errorf("%d of 500 events matched, the correlation fired %d times", n, fired)
	}
}

func TestStates(t *testing.T) {
	text := func(id, logsource, detection string) string {
		return fmt.Sprintf("title: %s\nid: %s\nlogsource: %s\ndetection: {a: %s, condition: a}\n---\n", id, id, logsource, detection)
	}
	rules := text("seen", "{product: linux, service: sshd}", "{user.name: x}") +
		text("alias", "{product: linux}", "{src_ip: x, message: y}") +
		text("lacks", "{product: linux, service: sshd}", "{ParentUser: x}") +
		text("either", "{product: linux, service: sshd}", "[{ParentUser: x}, {user.name: y}]") +
		text("known", "{category: process_creation, product: windows}", "{Image: x}") +
		text("closed", "{product: web}", "{referer: x}") +
		text("open", "{product: json}", "{anything: x}") +
		text("nobody", "{category: process_creation, product: macos}", "{Image: x}") +
		text("fired", "{product: beos}", "{a: x}") +
		text("words", "{product: linux}", "[evil]") +
		text("off", "{product: linux}", "{user.name: x}") +
		"title: all\nid: all\ncorrelation: {type: temporal, rules: [seen, nobody], timespan: 1m}\n---\n" +
		"title: any\nid: any\ncorrelation: {type: event_count, rules: [seen, nobody], timespan: 1m, group-by: [user.name], condition: {gte: 2}}\n"
	e := newEngine(t, Options{Starter: fstest.MapFS{"s.yml": {Data: []byte(rules)}}, Setup: func() (Setup, error) { return Setup{Off: map[string]string{"off": "too loud"}}, nil }})
	if r := e.Report().Rejected; len(r) > 0 {
		t.Fatal(r)
	}
	process(e, failures(1, "", 0, 1), false)
	drill := failure(1, "drill", 1)
	drill.Logsource = []event.Logsource{{Category: "process_creation", Product: "macos"}}
	process(e, []event.Event{drill}, false) // no source sends it
	supplies := []Supply{
		{Mapping: "sysmon", Logsources: []event.Logsource{{Category: "process_creation", Product: "windows"}}, Fields: SupplyFields([]string{"process.path"}), AnyField: true},
		{Mapping: "web", Logsources: []event.Logsource{{Product: "web"}}, Fields: SupplyFields([]string{"url.path"})},
		{Mapping: "json", Logsources: []event.Logsource{{Product: "json"}}, AnyField: true},
	}
	states := e.States(1, supplies, func(id string) bool { return id == "fired" })
	for id, want := range map[string]string{
		"seen":   "live: events of product linux, service sshd carry all that it needs",
		"alias":  "live: events of product linux, service auth carry all that it needs",
		"lacks":  "blind: events of product linux, service sshd were seen, but never with the field ParentUser",
		"either": "live: events of product linux, service sshd carry all that it needs",
		"known":  "waiting: the mapping sysmon reads such events, and none has come yet",
		"closed": "blind: the mapping web reads such events, but never gives the field referer",
		"open":   "waiting: the mapping json reads such events, and none has come yet",
		"nobody": "blind: no source gives category process_creation, product macos",
		"fired":  "live: it has fired",
		"words":  "live: events of product linux, service auth carry all that it needs",
		"off":    "disabled: switched off: too loud",
		"all":    `blind: its rule "nobody": no source gives category process_creation, product macos`,
		"any":    `live: its rule "seen": events of product linux, service sshd carry all that it needs`,
	} {
		if got := states[id].State + ": " + states[id].Reason; got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	if s := e.States(2, supplies, func(string) bool { return false })["seen"]; s.State == Live {
		t.Errorf("another organisation's events count: %+v", s)
	}
	other := newEngine(t, Options{Starter: fstest.MapFS{"s.yml": {Data: []byte(rules)}}})
	other.Recall(e.Seen())
	if s := other.States(1, supplies, func(string) bool { return false })["seen"]; s.State != Live {
		t.Errorf("what was seen before a restart is forgotten: %+v", s)
	}
}

// Sources and names are the senders' choice: what is remembered is bounded.
func TestWhatIsSeenIsBounded(t *testing.T) {
	s := newSeen(time.Now)
	for i := range 3 * maxSeenSources {
		ev := event.Event{Tenant: 1, Logsource: []event.Logsource{{Product: "p", Service: fmt.Sprint(i)}}, Fields: []event.Field{{Key: fmt.Sprint("k", i), Value: event.IntValue(1)}}}
		s.note(&ev)
	}
	one := event.Event{Tenant: 1, Logsource: []event.Logsource{{Product: "p", Service: "0"}}}
	for i := range 2 * maxSeenFields {
		one.Fields = append(one.Fields, event.Field{Key: fmt.Sprint("f", i)})
	}
	s.learn(&one)
	if n := len(s.sources); n != maxSeenSources {
		t.Errorf("%d sources", n)
	}
	if n := len(s.sources[seenKey{1, one.Logsource[0]}].fields); n > maxSeenFields {
		t.Errorf("%d fields", n)
	}
}

func TestCosts(t *testing.T) {
	e := newEngine(t, Options{Starter: fstest.MapFS{"s.yml": {Data: fmt.Appendf(nil, plainRule, "a", "r1")}}})
	quiet := failures(1, "", 0, 30)
	for i := range quiet {
		quiet[i].Columns = nil
	}
	process(e, failures(1, "", 0, 100), false)
	process(e, quiet, false)
	if c := e.Costs()["r1"]; c.Evaluations != 100 || c.Matches != 100 || c.Nanos == 0 {
		t.Errorf("%+v", c)
	}
}

func TestExplain(t *testing.T) {
	setup := Setup{Filters: []Filter{{ID: "f1", Body: fmt.Sprintf(notScanner, "any")}}, Off: map[string]string{"r1": "x"}}
	e := newEngine(t, Options{Starter: fstest.MapFS{"s.yml": {Data: fmt.Appendf(nil, plainRule, "a", "r1")}}, Setup: func() (Setup, error) { return setup, nil }})
	ev := failure(1, "", 0)
	r, err := e.Explain("r1", &ev)
	if err != nil || !r.Matched || !r.Routed || fmt.Sprint(r.Stopped) != "[f1]" || len(r.Predicates) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	ev.Logsource = nil
	if r, err := e.Explain("r1", &ev); err != nil || r.Routed {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := e.Explain("absent", &ev); err == nil {
		t.Error("an absent rule is explained")
	}
}

func TestADraftIsChecked(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"title: [", "1:"},
		{fmt.Sprintf(plainRule, "a", "r1") + "tocsin: {impact: 9}\n", "6:"},
		{strings.Replace(fmt.Sprintf(plainRule, "a", "r1"), "id: r1\n", "", 1), "1:"},
		{fmt.Sprintf(plainRule, "a", "r1") + "---\n" + fmt.Sprintf(plainRule, "b", "r2"), "1:"},
	} {
		d := CheckRule(c.text, nil)
		if len(d.Errors) == 0 || !strings.HasPrefix(fmt.Sprintf("%d:", d.Errors[0].Line), c.want) {
			t.Errorf("%q: %v, want %s", c.text, d.Errors, c.want)
		}
	}
	d := CheckRule(fmt.Sprintf(plainRule, "a", "r1"), nil)
	if len(d.Errors) > 0 || d.ID != "r1" || d.Level != sigma.Low || fmt.Sprint(d.Needs) != "[[user.name]]" {
		t.Errorf("%+v", d)
	}
	for _, want := range []string{"is no UUID", "no author", "description is missing", "falsepositives is missing", "no tag names"} {
		if !strings.Contains(fmt.Sprint(d.Warnings), want) {
			t.Errorf("no warning %q: %v", want, d.Warnings)
		}
	}
	if d := CheckFilter("title: x\nlogsource: {product: linux}\nfilter: {rules: any, a: {b: c}, condition: nothing}\n"); len(d.Errors) == 0 {
		t.Errorf("%+v", d)
	}
}

// Windows that were written down are taken over without any event again.
func TestWindowsAreTakenOver(t *testing.T) {
	before := newEngine(t, Options{Starter: StarterRules()})
	process(before, failures(1, "", 0, 4), false)
	var b bytes.Buffer
	if err := before.Snapshot(&b); err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(b.Bytes())
	damaged[len(damaged)/2] ^= 1
	after := newEngine(t, Options{Starter: StarterRules()})
	if _, err := after.Restore(bytes.NewReader(damaged)); err == nil {
		t.Error("damaged windows were taken over")
	}
	if n, err := after.Restore(&b); err != nil || n == 0 {
		t.Fatalf("%d restored, %v", n, err)
	}
	for _, h := range process(after, failures(1, "", 4, 1), false) {
		if h.Count == 5 && len(h.EventIDs) == 5 && !h.Ongoing {
			return
		}
	}
	t.Error("the fifth failure does not make five")
}

const renames = "name: names\npriority: 10\ntransformations:\n  - {id: names, type: field_name_mapping, mapping: {Account: user.name}}\n"

func TestAPipelineChangesTheRulesOfItsPack(t *testing.T) {
	text := strings.ReplaceAll(fmt.Sprintf(plainRule, "a", "r1"), "user.name", "Account")
	l := pack("core", "1", map[string]string{"r.yml": text})
	other := pack("other", "1", map[string]string{"r.yml": strings.ReplaceAll(text, "r1", "r2")})
	l.Pipelines = []Pipeline{{Name: "names.yml", Body: []byte(renames)}, {Name: "bad.yml", Body: []byte("transformations: 7\n")}}
	e := newEngine(t, Options{Setup: func() (Setup, error) { return Setup{Packs: []Layer{l, other}}, nil }})
	hits := process(e, failures(1, "", 0, 1), false)
	loaded := e.Report().Loaded[0]
	if len(hits) != 1 || hits[0].RuleID != "r1" || hits[0].Version == loaded.Hash || hits[0].Version != loaded.Version {
		t.Errorf("%+v", hits)
	}
	if r := e.Report().Rejected; len(r) != 1 || !strings.Contains(r[0].File, "bad.yml") {
		t.Errorf("%v", r)
	}
	if got, err := e.Text("r1"); err != nil || got != text {
		t.Errorf("%q, %v", got, err)
	}
}
