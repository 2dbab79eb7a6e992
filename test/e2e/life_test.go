package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The whole path: real lines, one alert, a case with its reason, a page,
// acknowledgement by the link in it, handling, formal closing, knowledge that
// the next similar case offers, and a record that verifies offline.
func TestFromALogLineToAClosedProvenCase(t *testing.T) {
	p := newProvider(t)
	s := newServer(t)
	s.onCall(p)

	s.send(bruteForce("bastion-1", "203.0.113.9")...)
	c := s.theCase("Login after repeated failures")
	if c.Decision != "incident" || c.Level != "critical" || !c.Provisional || c.Number != "CASE-1" {
		t.Errorf("the policy decided %+v", c)
	}
	pg := p.next(t)
	if pg.body.Data.Link == "" || !strings.Contains(pg.body.Data.Subject, "CASE-1") {
		t.Fatalf("page %+v", pg.body)
	}
	s.eventually("the lines are searchable", func() bool {
		var out struct{ Items []struct{ Message string } }
		s.call("GET", "/api/v1/events?q="+url.QueryEscape("src.ip:203.0.113.9 and outcome:failure"), nil, &out)
		return len(out.Items) == 8
	})
	var alerts struct{ Items []struct{ Count int } }
	s.call("GET", "/api/v1/alerts", nil, &alerts)
	if len(alerts.Items) != 2 { // the failures, and the login after them
		t.Errorf("%d alerts, want 2", len(alerts.Items))
	}

	// The link shows one button and changes nothing until it is pressed.
	path := strings.TrimPrefix(pg.body.Data.Link, "http://"+s.http)
	res, err := http.Get("http://" + s.http + path)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if !strings.Contains(string(text), "Acknowledge") || s.theCase(c.Title).State != "reported" {
		t.Errorf("looking at the link did something: %s", text)
	}
	res, err = http.Post("http://"+s.http+path, "application/x-www-form-urlencoded", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	s.eventually("the case is taken", func() bool { return s.theCase(c.Title).State == "assessing" })

	step := func(verb string, body any, wantStatus int, want string) {
		t.Helper()
		if status, text := s.do(c.ID, verb, body); status != wantStatus || !strings.Contains(text, want) {
			t.Fatalf("%s: %d %s, want %d %q", verb, status, text, wantStatus, want)
		}
	}
	step("handle", map[string]any{"third_parties": "alone"}, 409, "guard-refused")
	step("confirm", map[string]any{}, 200, `"state":"classified"`)
	step("handle", map[string]any{}, 409, "alone, or with third parties")
	step("handle", map[string]any{"third_parties": "alone"}, 200, `"state":"handling"`)
	step("resolve", map[string]any{"cause": "weak password", "solution": "password login disabled"}, 409, "at least one action with its result")
	if code := s.call("POST", "/api/v1/cases/"+c.ID+"/actions", map[string]any{"phase": "contain", "what": "Account locked", "target": "root@bastion-1", "result": "no more logins", "state": "done"}, nil); code != 200 {
		t.Fatalf("action: %d", code)
	}
	step("resolve", map[string]any{"cause": "weak password of root", "solution": "password login disabled, keys only", "recovery_verified": true}, 200, `"state":"resolved"`)
	step("close", map[string]any{"statement": "Contained and closed."}, 409, "the cost in hours and money")
	step("close", map[string]any{"statement": "Contained and closed.", "cost_hours": 3, "cost_money": 0, "business_impact": "none measurable", "lessons": "keys only on bastions"}, 200, `"state":"closed"`)
	step("review", map[string]any{"lessons": "Keys only everywhere.", "improvements": "none needed: rolled out"}, 200, `"state":"reviewed"`)

	// The next similar case offers the solution, and says why.
	s.send(bruteForce("bastion-2", "203.0.113.10")...)
	s.eventually("the solution is offered", func() bool {
		for _, k := range s.cases("&open=true") {
			_, text, _ := s.try("GET", "/api/v1/cases/"+k.ID, nil)
			if strings.Contains(string(text), "keys only") && strings.Contains(string(text), "same rule") {
				return true
			}
		}
		return false
	})

	s.stop()
	out, err := exec.Command(binary(t), "verify", "--data", s.dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Nothing was altered") {
		t.Errorf("verify: %v\n%s", err, out)
	}
}

func TestAReporterIsToldAtEachStep(t *testing.T) {
	s := newServer(t)
	form := url.Values{"kind": {"event"}, "what": {"I sent the customer list to the wrong person"}, "name": {"Bob"}, "harm": {"yes"}}
	res, err := http.PostForm("http://"+s.http+"/report", form)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(res.Body)
	res.Body.Close()
	link := regexp.MustCompile(`/track/[A-Za-z0-9_-]+`).FindString(string(text))
	if res.StatusCode != 200 || link == "" {
		t.Fatalf("%d %s", res.StatusCode, text)
	}
	c := s.theCase("I sent the customer list to the wrong person")
	told := func(want string) {
		t.Helper()
		res, err := http.Get("http://" + s.http + link)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		if !strings.Contains(string(text), want) {
			t.Errorf("the tracking page lacks %q:\n%s", want, text)
		}
	}
	told("was received as CASE-1")
	must := func(verb string, body any) {
		t.Helper()
		if status, text := s.do(c.ID, verb, body); status != 200 {
			t.Fatalf("%s: %d %s", verb, status, text)
		}
	}
	must("acknowledge", map[string]any{})
	told("is being looked at")
	must("classify", map[string]any{"decision": "incident", "type": "information-content-security/unauthorised-information-access", "impact": 2, "urgency": 2, "reason": "personal data left the house by accident", "intent": "accidental", "effects": map[string]string{"confidentiality": "confirmed"}, "lead": "security", "track": "formal"})
	told("was classified as an incident")
	must("handle", map[string]any{"third_parties": "alone"})
	told("is being treated")
	s.call("POST", "/api/v1/cases/"+c.ID+"/actions", map[string]any{"phase": "contain", "what": "Asked the recipient to delete it", "result": "deleted, confirmed in writing", "state": "done"}, nil)
	must("resolve", map[string]any{"cause": "auto-completed address", "solution": "recipient deleted the file", "recovery_verified": true})
	told("is resolved")
	closing := map[string]any{"statement": "The list was deleted by the recipient.", "cost_hours": 1, "cost_money": 0, "business_impact": "none", "lessons": "warn on external recipients"}
	if status, text := s.do(c.ID, "close", closing); status != 409 || !strings.Contains(text, "waiver") {
		t.Fatalf("closing without a reachable reporter: %d %s", status, text)
	}
	closing["waiver"] = "left no address; told on the tracking page"
	must("close", closing)
	told("The list was deleted by the recipient.")
}

func TestADrillIsAnExerciseFromEndToEnd(t *testing.T) {
	p := newProvider(t)
	s := newServer(t)
	s.onCall(p)
	cmd := exec.Command(binary(t), "drill", "ssh-bruteforce", "--url", "http://"+s.http)
	cmd.Env = append(cmd.Environ(), "TOCSIN_TOKEN="+adminToken)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "EX-1") {
		t.Fatalf("drill: %v\n%s", err, out)
	}
	if real := s.cases("&exercise=none"); len(real) != 0 {
		t.Errorf("the drill made real cases: %+v", real)
	}
	drill := s.cases("&exercise=only")
	if len(drill) == 0 || !strings.HasPrefix(drill[0].Number, "EX-") {
		t.Errorf("exercise cases: %+v", drill)
	}
	if pg := p.next(t); !strings.Contains(pg.body.Data.Subject, "EXERCISE") {
		t.Errorf("page is not marked: %q", pg.body.Data.Subject)
	}
	// The same lines without the marker are real, and do not join the drill.
	s.send(bruteForce("drill-host", "203.0.113.66")...)
	s.eventually("a real case beside the exercise", func() bool { return len(s.cases("&exercise=none")) > 0 })
}

func TestAnOutageBelowTheThresholdClosesByItself(t *testing.T) {
	s := newServer(t)
	if code := s.call("POST", "/ingest/uptime", `{"monitor":"intranet wiki","status":"down"}`, nil); code != 200 {
		t.Fatalf("ingest: %d", code)
	}
	var c caseItem
	s.eventually("a case about the outage", func() bool {
		for _, k := range s.cases("") {
			if k.Track == "light" {
				c = k
			}
		}
		return c.ID != ""
	})
	s.call("POST", "/ingest/uptime", `{"monitor":"intranet wiki","status":"up"}`, nil)
	s.eventually("it closes by itself", func() bool {
		var d struct{ Case caseItem }
		s.call("GET", "/api/v1/cases/"+c.ID, nil, &d)
		return d.Case.State == "closed"
	})
}

func TestBadInputIsSurvived(t *testing.T) {
	s := newServer(t)
	check := func(what string, got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	status := func(body string, headers ...string) int {
		code, _, err := s.try("POST", "/ingest/app", body, headers...)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	check("broken gzip", status("not gzip at all", "Content-Encoding", "gzip"), 422)
	check("JSON nested 10,000 deep", status(`{"deep":`+strings.Repeat("[", 10000)+strings.Repeat("]", 10000)+"}"), 200)
	check("not UTF-8", status("\xff\xfe\x00 binary"), 200)
	check("a wrong token", status("x", "Authorization", "Bearer wrong"), 401)
	s.send(line("h", "app", strings.Repeat("z", 2<<20)), line("h", "app", "after the 2 MB line"))
	s.eventually("all of it is searchable", func() bool {
		var out struct {
			Items []struct{ Status, Message string }
		}
		s.call("GET", "/api/v1/events?limit=10", nil, &out)
		truncated := false
		for _, e := range out.Items {
			truncated = truncated || e.Status == "truncated"
		}
		return len(out.Items) == 4 && truncated
	})
	res, err := http.Get("http://" + s.http + "/ack/AAAA.BBBB")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode < 400 || res.StatusCode >= 500 {
		t.Errorf("a forged acknowledge link: %d", res.StatusCode)
	}
	out, err := exec.Command(binary(t), "serve", "--data", t.TempDir(), "--http", s.http, "--syslog", "").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--http") {
		t.Errorf("a port in use: %v %s", err, out)
	}
	out, err = exec.Command(binary(t), "serve", "--data", s.dir, "--http", "127.0.0.1:0").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another Tocsin uses the data directory") {
		t.Errorf("a data directory in use: %v %s", err, out)
	}
}

func TestGracefulStopLosesNothing(t *testing.T) {
	s := newServer(t)
	var lines []string
	for i := range 5000 {
		lines = append(lines, line("h", "app", fmt.Sprintf("line-%05d", i)))
	}
	s.send(lines...)
	time.Sleep(50 * time.Millisecond) // somewhere in the middle, on purpose
	s.stop()
	s.start()
	s.eventually("all lines are searchable once", func() bool {
		var h struct{ Total int }
		s.call("GET", "/api/v1/events/histogram?buckets=1&q=process.name:app", nil, &h)
		return h.Total == 5000
	})
}
