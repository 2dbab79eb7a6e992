// Package e2e drives the real program from outside: real syslog, real HTTP, a
// provider that is a real HTTP server, kill -9.
package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const adminToken = "e2e-bootstrap-token-0123456789"

// binary is the program under test; make test builds it once for all.
func binary(t *testing.T) string {
	t.Helper()
	if b := os.Getenv("TOCSIN_TEST_BINARY"); b != "" {
		return b
	}
	return buildOnce(t)
}

var built struct {
	sync.Once
	path string
	err  error
}

func buildOnce(t *testing.T) string {
	t.Helper()
	built.Do(func() {
		dir, err := os.MkdirTemp("", "tocsin-e2e")
		if err != nil {
			built.err = err
			return
		}
		built.path = filepath.Join(dir, "tocsin")
		out, err := exec.Command("go", "build", "-o", built.path, "../../cmd/tocsin").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// server is one running program over a data directory that outlives it.
type server struct {
	t            *testing.T
	dir          string
	env          []string
	cmd          *exec.Cmd
	http, syslog string
	stderr       *bytes.Buffer
}

func newServer(t *testing.T, env ...string) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir(), env: env}
	s.start()
	t.Cleanup(func() {
		if s.cmd != nil {
			s.kill()
		}
		if t.Failed() {
			t.Logf("server's log:\n%s", tail(s.stderr.String(), 6000))
		}
	})
	return s
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.cmd = exec.Command(binary(s.t), "serve", "--data", s.dir, "--http", orAny(s.http), "--syslog", orAny(s.syslog), "--log-format", "json")
	s.cmd.Env = append(append(os.Environ(), "TOCSIN_BOOTSTRAP_TOKEN="+adminToken, "TOCSIN_WEBHOOK_ALLOW_PRIVATE=true"), s.env...)
	s.stderr = &bytes.Buffer{}
	s.cmd.Stderr = s.stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var ready struct {
		Ready        bool
		HTTP, Syslog string
	}
	if err != nil || json.Unmarshal(line, &ready) != nil || !ready.Ready {
		_ = s.cmd.Wait()
		s.t.Fatalf("the server did not get ready: %q %v\n%s", line, err, s.stderr)
	}
	s.http, s.syslog = ready.HTTP, ready.Syslog
}

// orAny keeps the ports over a restart.
func orAny(addr string) string {
	if addr == "" {
		return "127.0.0.1:0"
	}
	return addr
}

// kill ends the process as a power cut would.
func (s *server) kill() {
	_ = s.cmd.Process.Signal(syscall.SIGKILL)
	_ = s.cmd.Wait()
	s.cmd = nil
}

// stop ends it gracefully.
func (s *server) stop() {
	s.t.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		s.t.Fatalf("graceful stop: %v\n%s", err, s.stderr)
	}
	s.cmd = nil
}

// call asks the API as the administrator and decodes into out.
func (s *server) call(method, path string, body, out any, headers ...string) int {
	s.t.Helper()
	status, text, err := s.try(method, path, body, headers...)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	if out != nil && status < 400 {
		if err := json.Unmarshal(text, out); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	if out == nil && status >= 400 {
		s.t.Logf("%s %s: %d %s", method, path, status, text)
	}
	return status
}

func (s *server) try(method, path string, body any, headers ...string) (int, []byte, error) {
	var in io.Reader
	if text, ok := body.(string); ok {
		in = strings.NewReader(text)
	} else if body != nil {
		b, _ := json.Marshal(body)
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, "http://"+s.http+path, in)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+adminToken)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Timeout: 30 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, text, err
}

// eventually waits until what holds, for things that other goroutines of the
// server do; 15 s is for slow machines, not for the product.
func (s *server) eventually(what string, holds func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			s.t.Fatalf("did not happen within 15 s: %s", what)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// send writes syslog lines over TCP.
func (s *server) send(lines ...string) {
	s.t.Helper()
	c, err := net.Dial("tcp", s.syslog)
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	for _, l := range lines {
		if _, err := fmt.Fprintf(c, "%s\n", l); err != nil {
			s.t.Fatal(err)
		}
	}
}

// line makes a syslog line of now.
func line(host, app, msg string) string {
	return fmt.Sprintf("<38>1 %s %s %s 77 - - %s", time.Now().UTC().Format(time.RFC3339Nano), host, app, msg)
}

// bruteForce is guessed passwords and then the right one, from one address.
func bruteForce(host, ip string) []string {
	var out []string
	for i := range 8 {
		out = append(out, line(host, "sshd", fmt.Sprintf("Failed password for root from %s port %d ssh2", ip, 4000+i)))
	}
	return append(out, line(host, "sshd", fmt.Sprintf("Accepted password for root from %s port 4100 ssh2", ip)))
}

// provider is the receiving end of pages: a real HTTP server.
type provider struct {
	*httptest.Server
	mu    sync.Mutex
	pages []page
	came  chan page
}

type page struct {
	id   string // webhook-id: the message's idempotency key
	at   time.Time
	body struct {
		Type string `json:"type"`
		Data struct {
			Subject string `json:"subject"`
			Text    string `json:"text"`
			Link    string `json:"link"`
			Case    string `json:"case"`
		} `json:"data"`
	}
}

func newProvider(t *testing.T) *provider {
	p := &provider{came: make(chan page, 10000)}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := time.Now()
		var x page
		x.id, x.at = r.Header.Get("webhook-id"), at
		b, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(b, &x.body)
		p.mu.Lock()
		p.pages = append(p.pages, x)
		p.mu.Unlock()
		p.came <- x
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) all() []page {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]page(nil), p.pages...)
}

func (p *provider) next(t *testing.T) page {
	t.Helper()
	select {
	case x := <-p.came:
		return x
	case <-time.After(15 * time.Second):
		t.Fatal("no page came within 15 s")
		return page{}
	}
}

// onCall gives the administrator a webhook as contact point.
func (s *server) onCall(p *provider) (person string) {
	s.t.Helper()
	var me struct{ Person struct{ ID string } }
	s.call("GET", "/api/v1/me", nil, &me)
	if code := s.call("POST", "/api/v1/people/"+me.Person.ID+"/contacts", map[string]string{"channel": "webhook", "address": p.URL + "/page"}, nil); code != 200 {
		s.t.Fatalf("adding a contact point: %d", code)
	}
	return me.Person.ID
}

type caseItem struct {
	ID, Number, Title, State, Decision, Level, Track, Exercise, Disposition string
	Version                                                                 int64
	Provisional                                                             bool
}

func (s *server) cases(query string) []caseItem {
	s.t.Helper()
	var out struct{ Items []caseItem }
	s.call("GET", "/api/v1/cases?limit=1000"+query, nil, &out)
	return out.Items
}

func (s *server) theCase(title string) caseItem {
	s.t.Helper()
	var found caseItem
	s.eventually("a case "+title, func() bool {
		for _, c := range s.cases("&exercise=all") {
			if c.Title == title {
				found = c
				return true
			}
		}
		return false
	})
	return found
}

// do performs a verb on a case with its present version.
func (s *server) do(id, verb string, body any) (int, string) {
	s.t.Helper()
	var d struct{ Case caseItem }
	s.call("GET", "/api/v1/cases/"+id, nil, &d)
	status, text, err := s.try("POST", "/api/v1/cases/"+id+"/"+verb, body, "If-Match", fmt.Sprintf(`"%d"`, d.Case.Version))
	if err != nil {
		s.t.Fatal(err)
	}
	return status, string(text)
}
