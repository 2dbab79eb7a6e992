package apptest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"
)

// Client sends requests as somebody, or as nobody. It does not follow redirects.
type Client struct {
	Person string
	CSRF   string
	token  string
	base   string
	http   *http.Client
}

// Nobody is not signed in.
func (s *Server) Nobody() *Client {
	jar, _ := cookiejar.New(nil) // has no error without options
	return &Client{base: s.URL, http: &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// WithToken sends an API token.
func (s *Server) WithToken(token string) *Client {
	c := s.Nobody()
	c.token = token
	return c
}

// WithCookie has a session by its secret.
func (s *Server) WithCookie(t testing.TB, secret, csrf string) *Client {
	t.Helper()
	c := s.Nobody()
	req, err := http.NewRequest("GET", s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.http.Jar.SetCookies(req.URL, []*http.Cookie{{Name: "tocsin_session", Value: secret, Path: "/"}})
	c.CSRF = csrf
	return c
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	what   string
}

// Get asks for a path.
func (c *Client) Get(t testing.TB, path string) Answer {
	t.Helper()
	return c.Do(t, "GET", path, nil, "", nil)
}

// Send sends a value as JSON; header holds names and values in turn.
func (c *Client) Send(t testing.TB, method, path string, v any, header ...string) Answer {
	t.Helper()
	var body io.Reader
	if v != nil {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	return c.Do(t, method, path, body, "application/json", header)
}

// Form posts a form as a browser without scripts does.
func (c *Client) Form(t testing.TB, path, encoded string) Answer {
	t.Helper()
	return c.Do(t, "POST", path, strings.NewReader(encoded), "application/x-www-form-urlencoded", nil)
}

// Do sends a request. Of an endless stream it reads only the head.
func (c *Client) Do(t testing.TB, method, path string, body io.Reader, kind string, header []string) Answer {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" && body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.CSRF != "" {
		req.Header.Set("X-Tocsin-CSRF", c.CSRF)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	a := Answer{Status: res.StatusCode, Header: res.Header, what: method + " " + path}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return a
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	a.Body = string(b)
	return a
}

// Stream reads server-sent events until stop says so or the answer ends.
func (c *Client) Stream(t testing.TB, path string, stop func(name, data string) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", c.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("GET %s: %s, %s", path, res.Status, res.Header.Get("Content-Type"))
	}
	name := ""
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if n, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			name = n
		} else if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && stop(name, data) {
			return
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
}

// OK wants a success and decodes its body into v, when v is not nil.
func (a Answer) OK(t testing.TB, v any) {
	t.Helper()
	if a.Status/100 != 2 {
		t.Fatalf("%s: %d %s", a.what, a.Status, a.Body)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		t.Fatalf("%s: %v: %s", a.what, err, a.Body)
	}
}

// Problem wants an RFC 9457 document with that status and returns it.
func (a Answer) Problem(t testing.TB, status int) (p struct {
	Type, Title, Detail, Kind string
	Status                    int
	Errors                    []struct{ Name, Detail string }
	Missing                   []string
	Offset                    *int
}) {
	t.Helper()
	if a.Status != status || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%s: %d %s, want the problem %d: %s", a.what, a.Status, a.Header.Get("Content-Type"), status, a.Body)
	}
	if err := json.Unmarshal([]byte(a.Body), &p); err != nil {
		t.Fatalf("%s: %v: %s", a.what, err, a.Body)
	}
	if p.Status != status || p.Kind == "" || p.Detail == "" || p.Title == "" || p.Type == "" {
		t.Fatalf("%s: an incomplete problem: %s", a.what, a.Body)
	}
	return p
}
