package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
)

func TestBadRequestsAreAnsweredWithWhatIsWrong(t *testing.T) {
	s := apptest.Start(t, "", nil)
	a := s.Admin
	w := firstWorld(t, s)
	c := w.caseAt(cases.Reported)
	raw := func(method, path, body string) apptest.Answer {
		return a.Do(t, method, path, strings.NewReader(body), "application/json", []string{"If-Match", `"1"`})
	}
	closing := "/api/v1/cases/" + c.ID + "/close"
	for _, x := range []struct {
		name   string
		answer apptest.Answer
		status int
		kind   string
		says   string
	}{
		{"malformed JSON", raw("POST", "/api/v1/cases", `{"title":`), 400, "invalid", ""},
		{"an unknown field", raw("POST", "/api/v1/cases", `{"title":"three","colour":"red"}`), 422, "invalid", "colour"},
		{"a missing field", raw("POST", "/api/v1/cases", `{}`), 422, "invalid", "title"},
		{"a wrong type", raw("POST", "/api/v1/cases", `{"title":7}`), 422, "invalid", "title"},
		{"a title that is too short", raw("POST", "/api/v1/cases", `{"title":"a"}`), 422, "invalid", "title"},
		{"a body that is too large", raw("POST", "/api/v1/cases", `{"title":"`+strings.Repeat("a", 5<<20)+`"}`), 413, "too-large", ""},
		{"JSON nested too deep", raw("POST", "/api/v1/cases", strings.Repeat(`[`, 200_000)), 400, "invalid", ""},
		{"no such case", a.Get(t, "/api/v1/cases/absent"), 404, "not-found", "case"},
		{"no such operation", a.Get(t, "/api/v1/nothing"), 404, "not-found", "/docs"},
		{"a method that a path does not take", a.Send(t, "PATCH", "/api/v1/cases", object{}), 404, "not-found", "/docs"},
		{"If-Match missing", a.Send(t, "POST", "/api/v1/cases/"+c.ID+"/acknowledge", object{}), 422, "invalid", "If-Match"},
		{"If-Match not a version", a.Send(t, "POST", "/api/v1/cases/"+c.ID+"/acknowledge", object{}, "If-Match", "*"), 422, "invalid", "If-Match"},
		{"If-Match stale", a.Send(t, "POST", "/api/v1/cases/"+c.ID+"/acknowledge", object{}, "If-Match", `"99"`), 412, "stale", "Load it again"},
		{"a guard", a.Send(t, "POST", closing, object{}, "If-Match", `"1"`), 409, "guard-refused", "the case is reported"},
		{"a cursor of somebody else", a.Get(t, "/api/v1/cases?cursor=zzz"), 422, "invalid", "cursor"},
		{"a limit beyond its bound", a.Get(t, "/api/v1/cases?limit=100000"), 422, "invalid", "limit"},
		{"a time that is none", a.Get(t, "/api/v1/events?from=yesterday"), 422, "invalid", "from"},
		{"a time range backwards", a.Get(t, "/api/v1/events?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"), 422, "invalid", "ends before"},
		{"an event id that is none", a.Get(t, "/api/v1/events/nothing"), 404, "not-found", ""},
		{"a wrong token", s.WithToken("tcs_wrong").Get(t, "/api/v1/me"), 401, "unauthorized", "token"},
		{"nobody", s.Nobody().Get(t, "/api/v1/me"), 401, "unauthorized", "Sign in"},
		{"a policy that does not compile", a.Send(t, "POST", "/api/v1/policy", object{"body": "decision: [", "note": "a try"}), 422, "invalid", "compile"},
		{"a duplicate of no case", a.Send(t, "POST", "/api/v1/cases/"+c.ID+"/duplicate", object{"of": "CASE-abc", "reason": "same"}, "If-Match", `"1"`), 422, "invalid", "CASE-12"},
		{"the last administrator leaves", a.Send(t, "PUT", "/api/v1/people/"+a.Person, object{"name": "A", "roles": []string{"analyst"}, "active": true}, "If-Match", `"1"`), 409, "conflict", "last administrator"},
		{"an owner without a role for it", a.Send(t, "POST", "/api/v1/cases/"+c.ID+"/assign", object{"owner": s.SignIn(t, "rep", auth.Reporter).Person}, "If-Match", `"1"`), 422, "invalid", "role"},
		{"an invitation used or invented", s.Nobody().Send(t, "POST", "/api/v1/invitation", object{"token": "x", "passphrase": apptest.Passphrase}), 410, "gone", "link"},
		{"a passphrase that is too short", s.Nobody().Send(t, "POST", "/api/v1/invitation", object{"token": "x", "passphrase": "short"}), 422, "invalid", "12"},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := x.answer.Problem(t, x.status)
			if p.Kind != x.kind || !strings.Contains(p.Detail, x.says) {
				t.Errorf("%s: %q, want %s that says %q", p.Kind, p.Detail, x.kind, x.says)
			}
		})
	}
	p := a.Get(t, "/api/v1/events?q="+"user%3Aroot+and+%28").Problem(t, 422)
	if p.Offset == nil || len(p.Errors) != 1 || p.Errors[0].Name != "q" {
		t.Errorf("a query that does not parse says where: %+v", p)
	}
	if p := a.Send(t, "POST", closing, object{}, "If-Match", `"1"`).Problem(t, 409); len(p.Missing) == 0 {
		t.Error("a guard lists what is missing")
	}
}

func TestTheSameCreationTwiceMakesOneThing(t *testing.T) {
	s := apptest.Start(t, "", nil)
	create := func(c *apptest.Client, key, title string) apptest.Answer {
		return c.Send(t, "POST", "/api/v1/cases", object{"title": title}, "Idempotency-Key", key)
	}
	var first, again, other struct{ ID string }
	create(s.Admin, "k1", "printer on fire").OK(t, &first)
	create(s.Admin, "k1", "printer on fire").OK(t, &again)
	if first.ID != again.ID {
		t.Error("the same request made two cases")
	}
	create(s.Admin, "k1", "another fire").Problem(t, 409)
	create(s.Admin, "k2", "printer on fire").OK(t, &other)
	if other.ID == first.ID {
		t.Error("another key gave the same case")
	}
	create(s.SignIn(t, "ann", auth.Analyst), "k1", "printer on fire").OK(t, &other)
	if other.ID == first.ID {
		t.Error("another person's key gave the same case")
	}
}

func TestAVersionComesAsETagAndGoesBackInIfMatch(t *testing.T) {
	s := apptest.Start(t, "", nil)
	c := firstWorld(t, s).caseAt(cases.Reported)
	tag := s.Admin.Get(t, "/api/v1/cases/"+c.ID).Header.Get("ETag")
	done := s.Admin.Send(t, "POST", "/api/v1/cases/"+c.ID+"/acknowledge", object{}, "If-Match", tag)
	done.OK(t, nil)
	if next := done.Header.Get("ETag"); tag != `"1"` || next != `"2"` {
		t.Errorf("ETag %s, then %s", tag, next)
	}
	s.Admin.Send(t, "POST", "/api/v1/cases/"+c.ID+"/acknowledge", object{}, "If-Match", tag).Problem(t, 412)
}

func TestListingsPageThroughEverythingOnce(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	want := map[string]bool{}
	for range 7 {
		want[w.caseAt(cases.Reported).ID] = true
	}
	seen := map[string]bool{}
	for next, pages := "", 0; pages < 10; pages++ {
		var page struct {
			Items []struct{ ID string }
			Next  string
		}
		s.Admin.Get(t, "/api/v1/cases?limit=3&cursor="+next).OK(t, &page)
		for _, x := range page.Items {
			if seen[x.ID] {
				t.Errorf("%s came twice", x.ID)
			}
			seen[x.ID] = true
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("saw %d of %d", len(seen), len(want))
	}
}

func TestTooManyWrongSignInsAreRefusedUnread(t *testing.T) {
	s := apptest.Start(t, "", nil)
	s.SignIn(t, "ann", auth.Analyst)
	try := func(pass string) apptest.Answer {
		return s.Nobody().Send(t, "POST", "/api/v1/login", object{"login": "ann", "passphrase": pass})
	}
	for range 10 {
		try("wrong passphrase").Problem(t, 401)
	}
	got := try(apptest.Passphrase)
	got.Problem(t, 429)
	if got.Header.Get("Retry-After") == "" {
		t.Error("says not when to try again")
	}
}

func TestSecretsStayOutOfLogsAndAnswers(t *testing.T) {
	s := apptest.Start(t, "", withBucket(t))
	c := s.SignIn(t, "ann", everyRole...)
	var made struct{ ID, Token string }
	c.Send(t, "POST", "/api/v1/tokens", object{"name": "t", "scopes": []string{"api"}, "days": 1}).OK(t, &made)
	s.WithToken(made.Token).Get(t, "/api/v1/me").OK(t, nil)
	s.WithToken(made.Token+"x").Get(t, "/api/v1/me").Problem(t, 401)
	w := firstWorld(t, s)
	_, _, tracking := w.reported("rita@example.org")
	run, _ := w.run()
	for route, make := range mutations {
		send(t, c, route, make(w))
	}
	secrets := map[string]string{"API token": made.Token, "bootstrap token": apptest.Bootstrap, "passphrase": apptest.Passphrase, "CSRF token": c.CSRF, "S3 access key": s3AccessKey, "S3 secret key": s3SecretKey}
	for what, x := range secrets {
		if strings.Contains(s.Logs.String(), x) {
			t.Errorf("the log holds the %s", what)
		}
	}
	for what, x := range map[string]string{"tracking secret": tracking, "acknowledge link": "/ack/"} {
		if strings.Contains(s.Logs.String(), x) {
			t.Errorf("the log holds the %s", what)
		}
	}
	delete(secrets, "CSRF token") // /me gives the session its own
	secrets["tracking secret"] = tracking
	_ = run
	for _, r := range s.App.Router().Routes() {
		if r.Method != "GET" || strings.Contains(r.Path, "{") || r.Path == "/api/v1/feed" {
			continue
		}
		got := c.Get(t, r.Path).Body
		for what, x := range secrets {
			if strings.Contains(got, x) {
				t.Errorf("GET %s shows the %s", r.Path, what)
			}
		}
		if strings.Contains(got, "$argon2id$") {
			t.Errorf("GET %s shows a hash of a passphrase", r.Path)
		}
	}
}

// streams answer with server-sent events or a long file.
var streams = map[string]bool{"/api/v1/feed": true, "/api/v1/search/stream": true, "/api/v1/events/tail": true, "/api/v1/exports/{id}/file": true}

func TestTheDescriptionIsOpenAPI31AndComplete(t *testing.T) {
	s := apptest.Start(t, "", nil)
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Summary     string
			Security    []map[string][]string
			Responses   map[string]any
		}
		Components struct{ Schemas map[string]any }
	}
	got := s.Nobody().Get(t, "/openapi.json")
	got.OK(t, &doc)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("openapi: %s", doc.OpenAPI)
	}
	ids := map[string]bool{}
	registered := map[string]auth.Permission{}
	for _, r := range s.App.Router().Routes() {
		registered[r.Method+" "+r.Path] = r.Permission
		if strings.HasPrefix(r.Path, "/api/") && !streams[r.Path] {
			if _, ok := doc.Paths[r.Path][strings.ToLower(r.Method)]; !ok {
				t.Errorf("%s %s is not described", r.Method, r.Path)
			}
		}
	}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			need, ok := registered[strings.ToUpper(method)+" "+path]
			if !ok {
				t.Errorf("%s %s is described and not registered with a permission", method, path)
			}
			if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" || len(op.Responses) == 0 {
				t.Errorf("%s %s: id %q is absent or used twice, or it has no summary or answers", method, path, op.OperationID)
			}
			ids[op.OperationID] = true
			if (need == auth.Public) != (len(op.Security) == 0) {
				t.Errorf("%s %s: needs %s and says security %v", method, path, need, op.Security)
			}
		}
	}
	var tree any
	if err := json.Unmarshal([]byte(got.Body), &tree); err != nil {
		t.Fatal(err)
	}
	refs(t, tree, doc.Components.Schemas)
	for name, field := range map[string]string{"InboxItem": "number", "RunOfCase": "state", "PersonDetail": "login", "EscalationView": "steps", "ClassifyForm": "decision"} {
		schema, _ := doc.Components.Schemas[name].(map[string]any)
		properties, _ := schema["properties"].(map[string]any)
		if properties[field] == nil {
			t.Errorf("the schema %s lacks %s", name, field)
		}
	}
	page := s.Nobody().Get(t, "/docs")
	page.OK(t, nil)
	if !strings.Contains(page.Body, "POST /api/v1/cases/{id}/classify") || strings.Contains(page.Body, "<script") {
		t.Error("/docs lists the operations without scripts")
	}
}

// refs finds references to schemas that are not there.
func refs(t *testing.T, x any, schemas map[string]any) {
	switch v := x.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && schemas[strings.TrimPrefix(ref, "#/components/schemas/")] == nil {
			t.Errorf("%s leads nowhere", ref)
		}
		for _, y := range v {
			refs(t, y, schemas)
		}
	case []any:
		for _, y := range v {
			refs(t, y, schemas)
		}
	}
}

func TestEveryAnswerHasTheProtectiveHeaders(t *testing.T) {
	s := apptest.Start(t, "", nil)
	for _, path := range []string{"/", "/cases/1", "/assets/none.js", "/docs", "/openapi.json", "/report", "/track/none", "/ack/none", "/api/v1/me", "/api/v1/none", "/healthz", "/public.css"} {
		h := s.Nobody().Get(t, path).Header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "default-src") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" || h.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v", path, h)
		}
		if strings.HasPrefix(path, "/api/") && h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept by caches", path)
		}
	}
}
