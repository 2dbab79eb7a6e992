package intake

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

func TestFraming(t *testing.T) {
	f := func(name, in string, want ...string) {
		t.Helper()
		for _, chunk := range []int{1, 3, len(in) + 1} { // however the network cuts it
			var got []string
			take := func(m []byte, trunc bool) {
				s := string(m)
				if trunc {
					s += "…"
				}
				if s != "" {
					got = append(got, s)
				}
			}
			fr := framer{limit: 40}
			for rest := in; rest != ""; {
				n := min(chunk, len(rest))
				fr.push([]byte(rest[:n]), take)
				rest = rest[n:]
			}
			fr.rest(take)
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
				t.Errorf("%s, chunks of %d:\n got %q\nwant %q", name, chunk, got, want)
			}
		}
	}
	f("LF", "<13>a\n<13>b\n", "<13>a", "<13>b")
	f("CRLF", "<13>a\r\n<13>b\r\n", "<13>a", "<13>b")
	f("NUL, as Python sends", "<11>a\x00<11>b\x00", "<11>a", "<11>b")
	f("octet count", "6 <13>ab5 <13>c", "<13>ab", "<13>c")
	f("octet count with LF inside", "8 <13>a\nbc7 <13>d\ne", "<13>a\nbc", "<13>d\ne")
	f("all mixed on one connection", "<13>a\n6 <13>bc<11>d\x00<13>e\r\n", "<13>a", "<13>bc", "<11>d", "<13>e")
	f("a line that starts with digits is no count", "2026 was a year\n12 monkeys\n", "2026 was a year", "12 monkeys")
	f("no end at all", "<13>half", "<13>half")
	f("cut off in a counted message", "20 <13>half", "<13>half…")
	f("over-long line keeps its head", strings.Repeat("x", 100)+"\n<13>next\n", strings.Repeat("x", 40)+"…", "<13>next")
	f("over-long counted message", "90 <13>"+strings.Repeat("y", 86)+"5 <13>n", "<13>"+strings.Repeat("y", 36)+"…", "<13>n")
	f("not UTF-8", "<13>\xff\xfe\n", "<13>\xff\xfe")
	f("empty lines", "\n\n\r\n\x00<13>a\n\n", "<13>a")
}

func FuzzFramer(f *testing.F) {
	f.Add([]byte("12 <13>hello wor<13>x\n"), 3)
	f.Fuzz(func(t *testing.T, in []byte, chunk int) {
		fr := framer{limit: 64}
		chunk = max(1, min(chunk, 1000))
		for rest := in; len(rest) > 0; {
			n := min(chunk, len(rest))
			fr.push(rest[:n], func(m []byte, _ bool) {
				if len(m) > 64 {
					t.Errorf("message of %d bytes is over the limit", len(m))
				}
			})
			rest = rest[n:]
			if len(fr.buf) > 64+maxCount+8+1000 {
				t.Errorf("holds %d bytes", len(fr.buf))
			}
		}
	})
}

func TestSplittingBodies(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		var got []string
		for _, m := range split([]byte(in)) {
			got = append(got, string(m))
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("%q:\n got %q\nwant %q", in, got, want)
		}
	}
	f(`{"a":1}`, `{"a":1}`)
	f(`[{"a":1}, {"a":"]}"},3, "x,y"]`, `{"a":1}`, `{"a":"]}"}`, `3`, `"x,y"`)
	f("{\"a\":1}\n{\"a\":2}\n", `{"a":1}`, `{"a":2}`)
	f(`{"a":1}{"a":2}`, `{"a":1}`, `{"a":2}`)
	f("{\n \"a\": {\n\"b\": 1}\n}\n{\"c\":2}", "{\n \"a\": {\n\"b\": 1}\n}", `{"c":2}`)
	f("one\r\ntwo\n\nthree", "one", "two", "three")
	f("{\"a\":1}\n{broken\nplain", `{"a":1}`, "{broken", "plain")
	f("{\"a\":1} trailing words", `{"a":1}`, "trailing words")
	f("[not json\nsecond", "[not json", "second")
	f("\xef\xbb\xbf{\"a\":1}", `{"a":1}`)
	f("  \n ")
	deep := strings.Repeat("[", 10000) + strings.Repeat("]", 10000)
	f(`{"a":`+deep+`}`, `{"a":`+deep+`}`)
}

// sink keeps what it is given.
type sink struct {
	mu      sync.Mutex
	records []journal.Record
	ids     []string
	err     error
	came    chan struct{}
}

func newSink() *sink { return &sink{came: make(chan struct{}, 10000)} }

func (s *sink) add(r []journal.Record, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, r...)
	s.ids = append(s.ids, id)
	for range r {
		s.came <- struct{}{}
	}
}
func (s *sink) Append(_ context.Context, r []journal.Record, id string) error {
	if s.err != nil {
		return s.err
	}
	s.add(r, id)
	return nil
}
func (s *sink) Enqueue(_ context.Context, r []journal.Record) bool { s.add(r, ""); return true }
func (s *sink) Offer(r []journal.Record) bool                      { s.add(r, ""); return true }

func (s *sink) wait(t *testing.T, n int) []journal.Record {
	t.Helper()
	for range n {
		select {
		case <-s.came:
		case <-time.After(10 * time.Second):
			t.Fatalf("%d records came, want %d", len(s.records), n)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records
}

func startSyslog(t *testing.T, s *sink) *Syslog {
	t.Helper()
	srv := &Syslog{Tenant: 1, Sink: s, Exercises: &Exercises{}, Metrics: NewMetrics(prometheus.NewRegistry()), Log: slog.New(slog.DiscardHandler), Now: time.Now}
	if err := srv.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	return srv
}

func TestSyslogFromARealClient(t *testing.T) {
	if _, err := exec.LookPath("logger"); err != nil {
		t.Fatal("util-linux logger is needed (Debian: apt-get install bsdutils)")
	}
	s := newSink()
	srv := startSyslog(t, s)
	defer srv.Stop()
	_, port, _ := net.SplitHostPort(srv.Addr())
	for _, mode := range [][]string{{"-d"}, {"-T"}, {"-T", "--octet-count"}, {"-d", "--rfc3164"}} {
		args := append([]string{"-n", "127.0.0.1", "-P", port, "-t", "sshd"}, mode...)
		if out, err := exec.Command("logger", append(args, "hello "+strings.Join(mode, " "))...).CombinedOutput(); err != nil {
			t.Fatalf("logger %v: %v: %s", args, err, out)
		}
	}
	for _, r := range s.wait(t, 4) {
		if r.Peer != "127.0.0.1" || !bytes.HasPrefix(r.Raw, []byte("<")) || !bytes.Contains(r.Raw, []byte("hello")) || bytes.HasSuffix(r.Raw, []byte("\n")) {
			t.Errorf("%s from %s: %q", r.Transport, r.Peer, r.Raw)
		}
	}
}

func TestStopHandsOverWhatWasSent(t *testing.T) {
	s := newSink()
	srv := startSyslog(t, s)
	c, err := net.Dial("tcp", srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		fmt.Fprintf(c, "<13>line %d\n", i)
	}
	io.WriteString(c, "<13>"+strings.Repeat("z", 2<<20)+"\n<13>after the 2 MB line\n")
	s.wait(t, 500)
	srv.Stop()
	last := s.records[len(s.records)-1]
	if len(s.records) != 502 || string(last.Raw) != "<13>after the 2 MB line" || !s.records[500].Truncated {
		t.Errorf("%d records, last %.40q", len(s.records), last.Raw)
	}
}

func TestOnlyTheSecretMarkerMakesAnExercise(t *testing.T) {
	e := &Exercises{}
	f := func(raw, want string) {
		t.Helper()
		if got := e.Of([]byte(raw)); got != want {
			t.Errorf("%q is of exercise %q, want %q", raw, got, want)
		}
	}
	f("x tocsin-exercise=abc", "")
	e.Start(HashMarker("abc"), "ex-1")
	f("x tocsin-exercise=abc", "ex-1")
	f(`[ex@1 m="tocsin-exercise=abc"] y`, "ex-1")
	f("x tocsin-exercise=abcd", "")
	f("x tocsin-exercise=", "")
	f("x", "")
	e.End("ex-1")
	f("x tocsin-exercise=abc", "")
}

func TestHTTP(t *testing.T) {
	s := newSink()
	mux := http.NewServeMux()
	mux.Handle("POST /ingest/{source}", &HTTP{
		Authorize: func(r *http.Request, source string) (tenant.ID, error) {
			if r.Header.Get("Authorization") != "Bearer good" {
				return 0, problem.New(problem.Unauthorized, "no")
			}
			return 1, nil
		},
		Fail: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.WriteHeader(map[problem.Kind]int{problem.Unauthorized: 401, problem.Invalid: 422, problem.TooLarge: 413, problem.Unavailable: 503, problem.Unprocessable: 415}[problem.KindOf(err)])
			io.WriteString(w, problem.Detail(err))
		},
		Sink: s, Exercises: &Exercises{}, Metrics: NewMetrics(prometheus.NewRegistry()), Now: time.Now,
	})
	post := func(token, encoding, key string, body []byte, wantStatus int, wantBody string) {
		t.Helper()
		r := httptest.NewRequest("POST", "/ingest/app", bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Encoding", encoding)
		r.Header.Set("Idempotency-Key", key)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != wantStatus || !strings.Contains(w.Body.String(), wantBody) {
			t.Errorf("%d %s, want %d %s", w.Code, w.Body, wantStatus, wantBody)
		}
	}
	zip := func(s string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, s)
		z.Close()
		return b.Bytes()
	}
	post("bad", "", "", []byte("x"), 401, "")
	post("good", "", "", []byte(`[{"a":1},{"a":2}]`), 200, `{"accepted":2}`)
	post("good", "gzip", "k1", zip("one\ntwo\nthree"), 200, `{"accepted":3}`)
	if r := s.records[4]; r.Identity != "app\x00k1\x002" || r.Source != "app" || string(r.Raw) != "three" {
		t.Errorf("%+v", r)
	}
	if !strings.HasPrefix(s.ids[1], "1/app/k1/0/") {
		t.Errorf("request id %q", s.ids[1])
	}
	post("good", "gzip", "", zip("one\ntwo")[:20], 422, "Nothing was taken")
	post("good", "gzip", "", []byte("not gzip"), 422, "not gzip")
	post("good", "br", "", []byte("x"), 415, "gzip or none")
	post("good", "", "", bytes.Repeat([]byte("x"), maxBody+1), 413, "Nothing was taken")
	post("good", "gzip", "", zip(strings.Repeat("0", maxBody+1)), 413, "Nothing was taken")
	post("good", "", "", nil, 200, `{"accepted":0}`)
	s.err = problem.New(problem.Unavailable, "full")
	post("good", "", "", []byte("x"), 503, "full")
}
