package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/auth"
)

// Every registered route, asked by every role, by nobody, and by tokens that
// may only read or only send: it lets in exactly whom auth.Grants says.
func TestEveryRouteLetsInExactlyWhomItsPermissionSays(t *testing.T) {
	s := apptest.Start(t, "", nil)
	type caller struct {
		name   string
		client *apptest.Client
		roles  []auth.Role
		scope  string // "session", "read", "api", "ingest:web"; "" for nobody
	}
	callers := []caller{{name: "nobody", client: s.Nobody()}}
	token := func(c *apptest.Client, scope string) *apptest.Client {
		var made struct{ Token string }
		c.Send(t, "POST", "/api/v1/tokens", object{"name": "t", "scopes": []string{scope}, "days": 1}).OK(t, &made)
		return s.WithToken(made.Token)
	}
	for _, r := range auth.Roles {
		c := s.SignIn(t, string(r), r)
		callers = append(callers, caller{string(r), c, []auth.Role{r}, "session"})
		if slices.Contains(auth.Grants[r], auth.TokensOwn) {
			callers = append(callers, caller{string(r) + " by api token", token(c, "api"), []auth.Role{r}, "api"}, caller{string(r) + " by read token", token(c, "read"), []auth.Role{r}, "read"})
		}
	}
	callers = append(callers, caller{"source", token(s.Admin, "ingest:web"), everyRole, "ingest:web"})
	var reading []auth.Permission // what "read" covers is what the auditor reads, and that one is signed in
	reading = append(reading, auth.Grants[auth.Auditor]...)
	allowed := func(c caller, method string, need auth.Permission) bool {
		if need == auth.Public {
			return true
		}
		granted := slices.ContainsFunc(c.roles, func(r auth.Role) bool { return slices.Contains(auth.Grants[r], need) })
		switch c.scope {
		case "session", "api":
			return granted
		case "read":
			return granted && method == "GET" && slices.Contains(reading, need)
		}
		return need == auth.Ingest && c.scope == "ingest:web"
	}
	var routes int
	for _, r := range s.App.Router().Routes() {
		if r.Path == "/api/v1/logout" { // ends the session: below
			continue
		}
		if r.Permission == "" {
			t.Errorf("%s %s declares no permission", r.Method, r.Path)
		}
		routes++
		for _, c := range callers {
			id := "absent"
			if strings.Contains(r.Path, "/contacts") { // one's own, or who administers people
				id = c.client.Person
				if id == "" {
					id = "absent"
				}
			}
			path := strings.NewReplacer("{id}", id, "{seq}", "1", "{source}", "web").Replace(r.Path)
			for i := strings.Index(path, "{"); i >= 0; i = strings.Index(path, "{") {
				path = path[:i] + "absent" + path[i+strings.Index(path[i:], "}")+1:]
			}
			var body any
			if r.Method == "POST" || r.Method == "PUT" {
				body = object{}
			}
			got := c.client.Send(t, r.Method, path, body, "If-Match", `"1"`).Status
			want := allowed(c, r.Method, r.Permission)
			refused := got == 401 || got == 403
			switch {

			case strings.Contains(r.Path, "/contacts") && c.client.Person == "" && c.scope == "api":
			case r.Permission == auth.Ingest && c.scope == "api" && slices.Contains(c.roles, auth.Administrator): // all that an administrator may
			case want == refused:
				t.Errorf("%s asks %s %s (%s): %d, want allowed %v", c.name, r.Method, r.Path, r.Permission, got, want)
			case !want && c.scope == "" && got != 401:
				t.Errorf("nobody asks %s %s: %d, want 401", r.Method, r.Path, got)
			}
			if got >= 500 {
				t.Errorf("%s asks %s %s: %d", c.name, r.Method, r.Path, got)
			}
		}
	}
	if routes < 60 {
		t.Errorf("only %d routes are registered", routes)
	}
	for _, c := range callers {
		if c.scope == "session" {
			c.client.Send(t, "POST", "/api/v1/logout", nil).OK(t, nil)
			c.client.Get(t, "/api/v1/me").Problem(t, 401)
		}
	}
}

func TestAChangeByASessionNeedsItsCSRFToken(t *testing.T) {
	s := apptest.Start(t, "", nil)
	c, other := s.SignIn(t, "one", everyRole...), s.SignIn(t, "two", everyRole...)
	right := c.CSRF
	for _, wrong := range []string{"", "guess", other.CSRF} {
		c.CSRF = wrong
		for _, r := range s.App.Router().Routes() {
			if r.Method != "GET" && r.Permission != auth.Public && r.Permission != auth.Ingest {
				path := strings.NewReplacer("{", "", "}", "").Replace(r.Path)
				if got := c.Send(t, r.Method, path, object{}); got.Status != 403 {
					t.Errorf("%s %s with the CSRF token %q: %d, want 403", r.Method, r.Path, wrong, got.Status)
				}
			}
		}
	}
	c.CSRF = right
	c.Send(t, "POST", "/api/v1/cases", object{"title": "with the token"}).OK(t, nil)
}

func TestDeactivatingAPersonEndsSessionAndTokensAtOnce(t *testing.T) {
	s := apptest.Start(t, "", nil)
	c := s.SignIn(t, "leaver", auth.Analyst)
	var made struct{ Token string }
	c.Send(t, "POST", "/api/v1/tokens", object{"name": "t", "scopes": []string{"api"}, "days": 1}).OK(t, &made)
	tok := s.WithToken(made.Token)
	tok.Get(t, "/api/v1/cases").OK(t, nil)
	s.Admin.Send(t, "PUT", "/api/v1/people/"+c.Person, object{"name": "Gone", "roles": []string{"analyst"}, "active": false}, "If-Match", `"1"`).OK(t, nil)
	c.Get(t, "/api/v1/me").Problem(t, 401)
	tok.Get(t, "/api/v1/me").Problem(t, 401)
	s.Nobody().Send(t, "POST", "/api/v1/login", object{"login": "leaver", "passphrase": apptest.Passphrase}).Problem(t, 401)
}

func TestOnlyWhoAdministersSourcesMakesTokensThatSend(t *testing.T) {
	s := apptest.Start(t, "", nil)
	s.SignIn(t, "analyst", auth.Analyst).Send(t, "POST", "/api/v1/tokens", object{"name": "t", "scopes": []string{"ingest:*"}, "days": 1}).Problem(t, 403)
}
