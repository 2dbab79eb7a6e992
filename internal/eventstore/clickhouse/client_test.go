package clickhouse

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/problem"
)

// answering makes a client of servers that answer as told, in the order of
// requests, and never waits.
func answering(t *testing.T, servers int, answer func(n int, w http.ResponseWriter, r *http.Request)) *client {
	t.Helper()
	var n atomic.Int64
	c := &client{user: "u", password: "secret", http: &http.Client{}, log: slog.New(slog.DiscardHandler), tries: 3, pause: func(context.Context, time.Duration) {}}
	for range servers {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(int(n.Add(1)), w, r) }))
		t.Cleanup(s.Close)
		c.hosts = append(c.hosts, s.URL)
	}
	return c
}

func refuse(w http.ResponseWriter, status, code int) {
	w.Header().Set("X-ClickHouse-Exception-Code", fmt.Sprint(code))
	w.WriteHeader(status)
	fmt.Fprintf(w, "Code: %d. DB::Exception: internal words", code)
}

func TestCallsAreTriedAgainWhereThatCanHelp(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(n int, w http.ResponseWriter)
		calls  int
		kind   problem.Kind
	}{
		"at once": {func(int, http.ResponseWriter) {}, 1, ""},
		"too many queries, then well": {func(n int, w http.ResponseWriter) {
			if n < 3 {
				refuse(w, 500, 202)
			}
		}, 3, ""},
		"a proxy's 503, then well": {func(n int, w http.ResponseWriter) {
			if n < 2 {
				w.WriteHeader(503)
			}
		}, 2, ""},
		"a proxy's 429, then well": {func(n int, w http.ResponseWriter) {
			if n < 2 {
				w.WriteHeader(429)
			}
		}, 2, ""},
		"too many parts, always": {func(_ int, w http.ResponseWriter) { refuse(w, 500, 252) }, 3, problem.Unavailable},
		"no memory, always":      {func(_ int, w http.ResponseWriter) { refuse(w, 500, codeMemory) }, 3, problem.Unavailable},
		"a wrong password":       {func(_ int, w http.ResponseWriter) { refuse(w, 403, codeLogin) }, 1, problem.Unavailable},
		"a wrong statement":      {func(_ int, w http.ResponseWriter) { refuse(w, 400, 62) }, 1, problem.Internal},
		"a redirect": {func(_ int, w http.ResponseWriter) {
			w.Header().Set("Location", "http://192.0.2.1/")
			w.WriteHeader(307)
		}, 1, problem.Internal},
	} {
		calls := 0
		x := answering(t, 1, func(n int, w http.ResponseWriter, _ *http.Request) { calls = n; c.answer(n, w) })
		x.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		_, err := x.do(t.Context(), call{Statement: Statement{SQL: "SELECT 1"}})
		if problem.KindOf(err) != c.kind || calls != c.calls {
			t.Errorf("%s: %d calls, %v", name, calls, err)
		}
		if err != nil && strings.Contains(problem.Detail(err), "internal words") {
			t.Errorf("%s: people are shown %q", name, problem.Detail(err))
		}
	}
}

func TestTheNextHostIsTriedAndKept(t *testing.T) {
	var hosts []string
	c := answering(t, 2, func(_ int, w http.ResponseWriter, r *http.Request) { hosts = append(hosts, r.Host) })
	down := httptest.NewServer(nil)
	down.Close()
	c.hosts = append([]string{down.URL}, c.hosts...)
	for range 2 {
		if _, err := c.do(t.Context(), call{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(hosts) != 2 || hosts[0] != hosts[1] || !strings.HasSuffix(c.hosts[1], hosts[0]) {
		t.Errorf("%v", hosts)
	}
}

func TestSecretsAndStatementsGoWhereNoLogHasThem(t *testing.T) {
	c := answering(t, 1, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-ClickHouse-User") != "u" || r.Header.Get("X-ClickHouse-Key") != "secret" || strings.Contains(r.URL.String(), "secret") || r.URL.Query().Get("query_id") == "" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
	})
	if _, err := c.do(t.Context(), call{Statement: Statement{"SELECT {p1:String}", map[string]string{"p1": "v"}}}); err != nil {
		t.Fatal(err)
	}
	c.hosts = []string{"http://127.0.0.1:1"}
	_, err := c.do(t.Context(), call{Statement: Statement{"SELECT {p1:String}", map[string]string{"p1": "victim"}}})
	if err == nil || strings.Contains(err.Error(), "victim") || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}

// A statement is ended on its server when nobody waits for it any more.
func TestAStatementEndsWithItsCaller(t *testing.T) {
	started, killed := make(chan string, 1), make(chan string, 1)
	c := answering(t, 1, func(n int, w http.ResponseWriter, r *http.Request) {
		if n > 1 {
			killed <- r.URL.Query().Get("param_p1")
			return
		}
		started <- r.URL.Query().Get("query_id")
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	id := make(chan string, 1)
	go func() { id <- <-started; cancel() }()
	if _, err := c.do(ctx, call{}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	c.close()
	if got, want := <-killed, <-id; got != want || want == "" {
		t.Errorf("killed %q, want %q", got, want)
	}
}

func TestAServerThatRunsOutOfTimeIsADeadline(t *testing.T) {
	limit := ""
	c := answering(t, 1, func(_ int, w http.ResponseWriter, r *http.Request) {
		limit = r.URL.Query().Get("max_execution_time")
		refuse(w, 500, codeTimeout)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := c.do(ctx, call{}); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		t.Error(err)
	}
	if limit != "20.0" {
		t.Errorf("the server has %q s", limit)
	}
}

func TestTLSIsChecked(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	t.Cleanup(s.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600))
	ask := func(ca, name string) error {
		conf, err := TLSConfig(ca, "", "", name)
		must(t, err)
		o, err := Options{Hosts: []string{s.URL}, Layout: Layout{Database: "d"}, TLS: conf}.withDefaults()
		must(t, err)
		c := &client{hosts: o.Hosts, http: &http.Client{Transport: o.Transport}, log: o.Log, tries: 1, pause: sleep}
		_, err = c.do(t.Context(), call{})
		return err
	}
	if err := ask(ca, ""); err != nil {
		t.Error(err)
	}
	for _, c := range [][2]string{{"", ""}, {ca, "other.test"}} {
		if err := ask(c[0], c[1]); !problem.Is(err, problem.Unavailable) {
			t.Errorf("%v: %v", c, err)
		}
	}
	for _, bad := range [][3]string{{"/nowhere", "", ""}, {"client.go", "", ""}, {"", ca, ""}} {
		if _, err := TLSConfig(bad[0], bad[1], bad[2], ""); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestAnEngineThatCannotBeReachedIsRefusedPlainly(t *testing.T) {
	_, err := Open(t.Context(), Options{Hosts: []string{"http://127.0.0.1:1"}, Layout: Layout{Database: "d"}, Tries: 1})
	if !problem.Is(err, problem.Unavailable) || !strings.Contains(err.Error(), "clickhouse.hosts") {
		t.Error(err)
	}
	for _, bad := range []Options{{}, {Hosts: []string{"host:8123"}}, {Hosts: []string{"https://u:p@host"}}, {Hosts: []string{"https://host/?a"}}} {
		bad.Layout.Database = "d"
		if _, err := Open(t.Context(), bad); err == nil {
			t.Errorf("%v is taken", bad.Hosts)
		}
	}
}
