package api_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/auth"
)

// site is a server that events flow into.
type site struct {
	*testing.T
	*apptest.Server
	source *apptest.Client
	who    *apptest.Client // an analyst
	mu     sync.Mutex
	sent   map[string]int // by user
}

func startSite(t *testing.T) *site {
	s := &site{T: t, Server: apptest.Start(t, "", nil), sent: map[string]int{}}
	var made struct{ Token string }
	s.Admin.Send(t, "POST", "/api/v1/sources", object{"name": "app"}).OK(t, &made)
	s.source = s.WithToken(made.Token)
	s.who = s.SignIn(t, "ann", auth.Analyst)
	return s
}

func (s *site) send(user string) {
	s.Helper()
	s.source.Send(s, "POST", "/ingest/app", object{"user": user, "host": "pc-" + user, "action": "export"}).OK(s, nil)
	s.mu.Lock()
	s.sent[user]++
	s.mu.Unlock()
}

type alertItem struct {
	ID, Rule, Summary string
	RuleVersion       string `json:"rule_version"`
	Pack              string
	PackVersion       string `json:"pack_version"`
	Count             int
	Fields            []struct{ Name, Value string }
	Events            []string
}

// alerts are those of a rule about a user.
func (s *site) alerts(rule, user string) (out []alertItem) {
	s.Helper()
	var page struct{ Items []alertItem }
	s.who.Get(s, "/api/v1/alerts?limit=1000").OK(s, &page)
	for _, a := range page.Items {
		if a.Rule == rule && strings.Contains(a.Summary, "pc-"+user) {
			out = append(out, a)
		}
	}
	return out
}

func (s *site) until(what string, is func() bool) {
	s.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatal("never: " + what + "\n" + s.Logs.String()[max(0, len(s.Logs.String())-2000):])
		}
	}
}

// marked waits until all that was sent before has been matched: rules see events in order.
func (s *site) marked(marker string) {
	s.Helper()
	s.send(marker)
	s.until("the marker "+marker, func() bool { return len(s.alerts("marker", marker)) == 1 })
}

func jsonRule(id, user string) string {
	return "title: Export by " + id + "\nid: " + id + "\nauthor: Ann Author\nlogsource: {product: json}\ndetection: {a: {user: '" + user + "'}, condition: a}\nlevel: high\ntags: [attack.t1048, attack.t1562.001]\n"
}

func zipOf(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type changed struct {
	Pack   struct{ Active, Previous string }
	Filter struct{ ID string }
	Reload struct {
		OK    bool
		Error string
	}
}

func (s *site) change(a apptest.Answer) (c changed) {
	s.Helper()
	a.OK(s, &c)
	if !c.Reload.OK {
		s.Fatalf("the rules were not loaded again: %s", a.Body)
	}
	return c
}

// A pack is installed, a rule of it fires, is switched off, tuned, rolled back
// and back-tested, all while events flow, of which none is lost.
func TestTheLifeOfARulePackWhileEventsFlow(t *testing.T) {
	s := startSite(t)
	stop, flowed := make(chan struct{}), make(chan int)
	go func() { // a steady flow that no rule is about
		n := 0
		for {
			select {
			case <-stop:
				flowed <- n
				return
			case <-time.After(5 * time.Millisecond):
				a := s.source.Send(t, "POST", "/ingest/app", object{"user": "bystander", "n": n})
				if a.Status == 200 {
					n++
				}
			}
		}
	}()
	pack := func(version, user string) changed {
		files := map[string]string{"core-main/rules/a.yml": jsonRule("p1", user), "core-main/rules/m.yml": jsonRule("marker", "m*"), "core-main/LICENSE": "the licence", "core-main/pack.json": `{"name":"core","title":"Core rules","author":"Somebody","license":"DRL-1.1"}`}
		return s.change(s.who.Do(t, "POST", "/api/v1/rule-packs?activate=true&version="+version, bytes.NewReader(zipOf(t, files)), "application/zip", nil))
	}
	if c := pack("1", "eve*"); c.Pack.Active != "1" {
		t.Fatalf("%+v", c)
	}
	s.send("eve1")
	s.until("an alert of the pack's rule", func() bool { return len(s.alerts("p1", "eve1")) == 1 })
	first := s.alerts("p1", "eve1")[0]
	if first.Pack != "core" || first.PackVersion != "1" || len(first.RuleVersion) != 64 || len(first.Fields) != 1 || first.Fields[0].Value != "eve1" {
		t.Errorf("%+v", first)
	}
	s.who.Get(t, "/api/v1/alerts/"+first.ID).OK(t, &first)
	if len(first.Events) != 1 {
		t.Fatalf("events %v", first.Events)
	}
	var why struct {
		Matched, Routed bool
		Selections      []struct{ Items []struct{ Held bool } }
	}
	s.until("the event is searchable", func() bool { return s.who.Get(t, "/api/v1/events/"+first.Events[0]).Status == 200 })
	s.who.Get(t, "/api/v1/rules/p1/explain/"+first.Events[0]).OK(t, &why)
	if !why.Matched || !why.Routed || len(why.Selections) != 1 || !why.Selections[0].Items[0].Held {
		t.Errorf("%+v", why)
	}

	s.change(s.who.Send(t, "POST", "/api/v1/rules/p1/disable", object{"reason": "too loud"}))
	s.send("eve2")
	s.marked("m1")
	if n := len(s.alerts("p1", "eve2")); n != 0 {
		t.Errorf("%d alerts of a rule that is off", n)
	}
	var detail struct {
		Rule struct {
			State, Disabled, Pack, Author string
			Hits                          int
		}
		YAML       string
		Techniques []string
		Filters    []struct{ ID string }
		History    []struct{ Kind string }
	}
	s.who.Get(t, "/api/v1/rules/p1").OK(t, &detail)
	if detail.Rule.State != "disabled" || detail.Rule.Disabled != "too loud" || detail.YAML != jsonRule("p1", "eve*") || detail.Rule.Author != "Ann Author" || fmt.Sprint(detail.Techniques) != "[T1048 T1685]" {
		t.Errorf("%+v", detail)
	}
	s.change(s.who.Send(t, "POST", "/api/v1/rules/p1/enable", object{"reason": "tuned below"}))

	filter := "title: Not eve3\nlogsource: {product: json}\nfilter: {rules: [p1], known: {user: eve3}, condition: not known}\n"
	f := s.change(s.who.Send(t, "POST", "/api/v1/rule-filters", object{"yaml": filter, "reason": "does backups", "expires": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}))
	s.send("eve3")
	s.send("eve4")
	s.marked("m2")
	if len(s.alerts("p1", "eve3")) != 0 || len(s.alerts("p1", "eve4")) != 1 || s.alerts("p1", "eve4")[0].RuleVersion == first.RuleVersion {
		t.Errorf("a filter for eve3: %+v, %+v", s.alerts("p1", "eve3"), s.alerts("p1", "eve4"))
	}
	s.who.Get(t, "/api/v1/rules/p1").OK(t, &detail)
	if len(detail.Filters) != 1 || detail.Filters[0].ID != f.Filter.ID {
		t.Errorf("%+v", detail.Filters)
	}
	s.change(s.who.Send(t, "POST", "/api/v1/rule-filters/"+f.Filter.ID+"/retire", object{"reason": "backups moved"}))
	s.send("eve3")
	s.until("an alert once the filter is retired", func() bool { return len(s.alerts("p1", "eve3")) == 1 })

	if c := pack("2", "zoe*"); c.Pack.Active != "2" || c.Pack.Previous != "1" {
		t.Errorf("%+v", c)
	}
	s.send("eve5")
	s.send("zoe1")
	s.marked("m3")
	if len(s.alerts("p1", "eve5")) != 0 || len(s.alerts("p1", "zoe1")) != 1 {
		t.Error("the second version is not in use")
	}
	s.who.Send(t, "DELETE", "/api/v1/rule-packs/core/versions/2", nil).Problem(t, 409)
	if c := s.change(s.who.Send(t, "POST", "/api/v1/rule-packs/core/rollback", object{"reason": "misses eve"})); c.Pack.Active != "1" {
		t.Errorf("%+v", c)
	}
	s.send("eve6")
	s.until("an alert after the roll back", func() bool { return len(s.alerts("p1", "eve6")) == 1 })
	s.who.Send(t, "DELETE", "/api/v1/rule-packs/core/versions/2", nil).OK(t, nil)

	close(stop)
	n := <-flowed
	s.backtested(n)
	s.figures()
}

// backtested sees that a back-test counts exactly what was sent, and raises nothing.
func (s *site) backtested(bystanders int) {
	s.Helper()
	t := s.T
	all := 0
	for _, k := range s.sent {
		all += k
	}
	s.until("all events are stored", func() bool {
		var h struct{ Total int }
		s.who.Get(t, "/api/v1/events/histogram?q="+url.QueryEscape("source:app")).OK(t, &h)
		if h.Total > all+bystanders {
			t.Fatalf("%d events, %d were sent", h.Total, all+bystanders)
		}
		return h.Total == all+bystanders
	})
	var alerts, after struct{ Items []alertItem }
	s.who.Get(t, "/api/v1/alerts?limit=1000").OK(t, &alerts)
	now := time.Now().UTC()
	var job struct {
		ID, State, Error string
		Progress         struct{ Read, About int }
		Result           struct {
			Rules []struct {
				ID          string
				Hits        int
				Active      int `json:"hits_active"`
				New, Alerts int
				Samples     []struct{ Event string }
			}
		}
	}
	s.who.Send(t, "POST", "/api/v1/backtests", object{"kind": "rule", "rule_yaml": jsonRule("p1", "*"), "from": now.Add(-time.Hour).Format(time.RFC3339), "to": now.Add(time.Hour).Format(time.RFC3339), "query": "source:app"}).OK(t, &job)
	s.until("the back-test is done", func() bool {
		s.who.Get(t, "/api/v1/backtests/"+job.ID).OK(t, &job)
		return job.State == "done" || job.State == "failed"
	})
	if job.State != "done" || len(job.Result.Rules) != 1 {
		t.Fatalf("%+v", job)
	}
	r := job.Result.Rules[0]
	eves := 0
	for user, k := range s.sent {
		if strings.HasPrefix(user, "eve") {
			eves += k
		}
	}
	if r.Hits != all+bystanders || r.Active != eves || r.New != all+bystanders-eves || len(r.Samples) == 0 || job.Progress.Read != all+bystanders {
		t.Errorf("%+v, sent %d and %d", r, all, bystanders)
	}
	s.who.Get(t, "/api/v1/alerts?limit=1000").OK(t, &after)
	if len(after.Items) != len(alerts.Items) {
		t.Errorf("a back-test raised alerts: %d, before %d", len(after.Items), len(alerts.Items))
	}
}

// figures sees that what the rules did is counted and shown.
func (s *site) figures() {
	s.Helper()
	t := s.T
	var page struct {
		Items []struct {
			ID, State string
			Hits      int
			LastHit   string `json:"last_hit"`
			Alerts    int
		}
		Total  int
		States map[string]int
	}
	s.until("the hits are counted", func() bool {
		s.who.Get(t, "/api/v1/rules?pack=core&hits=yes&sort=hits").OK(t, &page)
		hits := 0
		for _, r := range page.Items {
			if r.ID == "p1" {
				hits = r.Hits
			}
		}
		return hits == 5 // eve1, eve4, eve3 once its filter was gone, zoe1, eve6
	})
	if len(page.Items) != 2 || page.Items[0].ID != "p1" || page.Items[0].State != "live" || page.Items[0].LastHit == "" || page.Items[0].Alerts != 5 {
		t.Errorf("%+v", page)
	}
	var byHour struct{ Items []struct{ Hits int } }
	s.who.Get(t, "/api/v1/rules/p1/hits?by=hour&days=1").OK(t, &byHour)
	if n := len(byHour.Items); n == 0 || n > 2 {
		t.Errorf("%+v", byHour)
	}
	var cover struct {
		Tactics []struct {
			Short      string
			Techniques []struct {
				ID   string
				Live int
				Hits int
			}
		}
	}
	s.who.Get(t, "/api/v1/coverage").OK(t, &cover)
	found := false
	for _, tactic := range cover.Tactics {
		for _, x := range tactic.Techniques {
			if x.ID == "T1685" { // what T1562.001 is now
				found = found || tactic.Short == "defense-impairment" && x.Live >= 2 && x.Hits >= 5
			}
		}
	}
	if !found {
		t.Error("the coverage does not hold the pack's technique")
	}
	var layer struct {
		Domain     string
		Techniques []struct{ TechniqueID string }
	}
	s.who.Get(t, "/api/v1/coverage/navigator?by=hits").OK(t, &layer)
	if layer.Domain != "enterprise-attack" || len(layer.Techniques) == 0 {
		t.Errorf("%+v", layer)
	}
	if body := s.who.Get(t, "/api/v1/rule-sources").Body; !strings.Contains(body, `"product":"json"`) || !strings.Contains(body, "json.generic") {
		t.Errorf("sources %s", body)
	}
}

// An own rule is checked before it is taken, kept in versions, and changed
// under If-Match.
func TestAnOwnRuleThroughTheAPI(t *testing.T) {
	s := startSite(t)
	p := s.who.Send(t, "POST", "/api/v1/rules", object{"yaml": "title: x\nid: o1\nlogsource: {product: json}\ndetection: {a: {user: 1}, condition: b}\n"}).Problem(t, 422)
	if !strings.Contains(p.Detail, "line 4") || len(p.Errors) != 1 {
		t.Errorf("%+v", p)
	}
	var check struct {
		OK               bool
		Errors, Warnings []struct{ Line, Column int }
		Needs            [][]string
		Applies          []struct{ ID string }
	}
	s.who.Send(t, "POST", "/api/v1/rules/check", object{"yaml": "title: [\n"}).OK(t, &check)
	if check.OK || len(check.Errors) == 0 || check.Errors[0].Line == 0 {
		t.Errorf("%+v", check)
	}
	var made struct {
		ID      string
		Number  int
		Version int
		Reload  struct{ OK bool }
	}
	create := func() apptest.Answer {
		return s.who.Send(t, "POST", "/api/v1/rules", object{"yaml": jsonRule("o1", "eve*")}, "Idempotency-Key", "k1")
	}
	create().OK(t, &made)
	create().OK(t, nil) // the same request again
	s.who.Send(t, "POST", "/api/v1/rules", object{"yaml": jsonRule("o1", "eve*")}).Problem(t, 409)
	s.send("eve1")
	s.until("an alert of the own rule", func() bool { return len(s.alerts("o1", "eve1")) == 1 })
	change := func(version int, user string) apptest.Answer {
		return s.who.Send(t, "PUT", "/api/v1/rules/o1", object{"yaml": jsonRule("o1", user)}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(version)))
	}
	change(made.Version+7, "zoe*").Problem(t, 412)
	change(made.Version, "zoe*").OK(t, &made)
	if made.Number != 2 {
		t.Errorf("%+v", made)
	}
	var d struct {
		Own struct {
			Version  int
			Versions []struct{ Number int }
		}
		History []struct{ Kind string }
	}
	s.who.Get(t, "/api/v1/rules/o1").OK(t, &d)
	if len(d.Own.Versions) != 2 || d.Own.Version != made.Version || len(d.History) != 2 {
		t.Errorf("%+v", d)
	}
	s.who.Send(t, "POST", "/api/v1/rules/o1/rollback", object{"version": 1, "reason": "misses eve"}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(made.Version))).OK(t, &made)
	s.send("eve2")
	s.until("an alert after the roll back", func() bool { return len(s.alerts("o1", "eve2")) == 1 })
	s.who.Send(t, "DELETE", "/api/v1/rules/o1", nil, "If-Match", fmt.Sprintf("%q", fmt.Sprint(made.Version))).OK(t, nil)
	var page struct{ Total int }
	s.who.Get(t, "/api/v1/rules?origin=own").OK(t, &page)
	if page.Total != 0 {
		t.Errorf("%d own rules after the deletion", page.Total)
	}
	s.SignIn(t, "rob", auth.Responder).Send(t, "POST", "/api/v1/rules", object{"yaml": jsonRule("o2", "x")}).Problem(t, 403)
}

// A filter that has ended stops applying without anybody doing anything, and the
// record says so.
func TestAFilterThatHasEndedStopsApplying(t *testing.T) {
	s := startSite(t)
	s.who.Send(t, "POST", "/api/v1/rules", object{"yaml": jsonRule("o1", "eve*")}).OK(t, nil)
	s.who.Send(t, "POST", "/api/v1/rules", object{"yaml": jsonRule("marker", "m*")}).OK(t, nil)
	filter := "title: Not eve\nlogsource: {product: json}\nfilter: {rules: any, known: {user|startswith: eve}, condition: not known}\n"
	s.change(s.who.Send(t, "POST", "/api/v1/rule-filters", object{"yaml": filter, "reason": "for a moment", "expires": time.Now().Add(3 * time.Second).UTC().Format(time.RFC3339Nano)}))
	s.send("eve0")
	s.marked("m0")
	if len(s.alerts("o1", "eve0")) != 0 {
		t.Error("the filter does not apply")
	}
	var page struct {
		Items []struct{ State string }
	}
	s.until("the filter has ended", func() bool {
		s.who.Get(t, "/api/v1/rule-filters").OK(t, &page)
		return len(page.Items) == 1 && page.Items[0].State == "expired"
	})
	n := 0
	s.until("an alert after the end", func() bool {
		n++
		s.send(fmt.Sprintf("eve-%d-", n))
		return len(s.alerts("o1", "eve-")) > 0
	})
	if body := s.Admin.Get(t, "/api/v1/record?kind=rule_filter.expired").Body; !strings.Contains(body, "rule_filter.expired") {
		t.Errorf("the record says nothing: %s", body)
	}
}

// A pack whose files are gone leaves the rules before in use, and says so.
func TestALoadThatFailsLeavesTheRulesBefore(t *testing.T) {
	s := startSite(t)
	w := firstWorld(t, s.Server)
	name := w.pack("1")
	if err := s.Parts.Packs.Library.Remove(1, name, "1"); err != nil {
		t.Fatal(err)
	}
	before := len(s.Parts.Detect.Report().Loaded)
	var c changed
	s.who.Send(t, "POST", "/api/v1/rule-packs/"+name+"/activate", object{"version": "1", "reason": "tried"}).OK(t, &c)
	if c.Reload.OK || !strings.Contains(c.Reload.Error, "Install that version again") || len(s.Parts.Detect.Report().Loaded) != before || before == 0 {
		t.Errorf("%+v", c)
	}
}
