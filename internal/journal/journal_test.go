package journal_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// engines runs a test on the embedded engine and on a cluster of three.
func engines(t *testing.T, maxBytes int64, test func(*testing.T, journal.Journal)) {
	t.Run("embedded", func(t *testing.T) {
		j, err := journal.Open(t.Context(), journal.Options{Dir: t.TempDir(), MaxBytes: maxBytes})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		test(t, j)
	})
	t.Run("cluster", func(t *testing.T) {
		c := cluster(t, true)
		c.MaxBytes = maxBytes
		j, err := journal.Connect(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		test(t, j)
	})
}

// cluster starts three real servers on loopback that replicate to each other.
func cluster(t *testing.T, sync bool) journal.Cluster {
	t.Helper()
	c := journal.Cluster{Replicas: 3}
	var servers []*server.Server
	ports := freePorts(t, 3)
	var routes []*url.URL
	for _, p := range ports {
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprint("127.0.0.1:", p)})
	}
	for i, p := range ports {
		s, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprint("n", i), Host: "127.0.0.1", Port: -1, HTTPHost: "127.0.0.1", HTTPPort: -1, NoLog: true, NoSigs: true,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: sync, MaxPayload: 8 << 20, JetStreamMaxStore: 1 << 30,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: p}, Routes: routes,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
		servers = append(servers, s)
	}
	for _, s := range servers {
		if !s.ReadyForConnections(20 * time.Second) {
			t.Fatal("server not ready")
		}
		c.Monitors = append(c.Monitors, "http://"+s.MonitorAddr().String())
	}
	var urls []string
	for _, s := range servers {
		urls = append(urls, s.ClientURL())
	}
	c.URL = strings.Join(urls, ",")
	deadline := time.Now().Add(20 * time.Second)
	for !leaderKnows(servers) {
		if time.Now().After(deadline) {
			t.Fatal("the cluster did not form")
		}
		<-time.After(20 * time.Millisecond) // polls other processes' state; nothing to wait on
	}
	return c
}

// freePorts finds ports for the routes, which every server must know before it starts.
func freePorts(t *testing.T, n int) []int {
	var out []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		out = append(out, l.Addr().(*net.TCPAddr).Port)
	}
	return out
}

func leaderKnows(servers []*server.Server) bool {
	for _, s := range servers {
		if s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == 3 {
			return true
		}
	}
	return false
}

func recs(from, n int) []journal.Record {
	out := make([]journal.Record, n)
	for i := range out {
		out[i] = journal.Record{Tenant: 1, Received: int64(from + i), Source: "syslog", Transport: "syslog-udp", Peer: "127.0.0.1", Raw: fmt.Appendf(nil, "line %d \x00\xff", from+i)}
	}
	out[0].Identity, out[0].Exercise, out[0].Truncated = "id-1", "ex", true
	return out
}

func TestBatchesComeBackInOrderAsTheyWere(t *testing.T) {
	engines(t, 64<<20, func(t *testing.T, j journal.Journal) {
		for i := range 5 {
			if _, err := j.Append(t.Context(), recs(i*10, 10), ""); err != nil {
				t.Fatal(err)
			}
		}
		r, err := j.Read(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for want := uint64(2); want <= 5; want++ {
			b, err := r.Next(t.Context())
			if err != nil || b.Seq != want || len(b.Records) != 10 {
				t.Fatalf("batch %d: seq %d, %d records, %v", want, b.Seq, len(b.Records), err)
			}
			if got, want := fmt.Sprint(b.Records), fmt.Sprint(recs(int(want-1)*10, 10)); got != want {
				t.Errorf("records differ:\n%s\n%s", got, want)
			}
		}
		if _, err := j.Append(t.Context(), recs(50, 10), ""); err != nil {
			t.Fatal(err)
		}
		if b, err := r.Next(t.Context()); err != nil || b.Seq != 6 {
			t.Errorf("a batch that came while reading: %d, %v", b.Seq, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled read: %v", err)
		}
	})
}

func TestTheSameRequestTwiceIsStoredOnce(t *testing.T) {
	engines(t, 64<<20, func(t *testing.T, j journal.Journal) {
		a, err := j.Append(t.Context(), recs(0, 3), "req-1")
		if err != nil {
			t.Fatal(err)
		}
		b, err := j.Append(t.Context(), recs(0, 3), "req-1")
		if err != nil || a != b {
			t.Errorf("sequences %d and %d, %v", a, b, err)
		}
		if st, err := j.Stats(t.Context()); err != nil || st.LastSeq != 1 {
			t.Errorf("%+v, %v", st, err)
		}
	})
}

func TestAFullJournalRefusesAndRecoversAfterPurge(t *testing.T) {
	engines(t, 256<<10, func(t *testing.T, j journal.Journal) {
		var n uint64
		var err error
		for err == nil {
			var seq uint64
			if seq, err = j.Append(t.Context(), recs(0, 200), ""); err == nil {
				n = seq
			}
		}
		if !errors.Is(err, journal.ErrFull) || n < 10 {
			t.Fatalf("after %d batches: %v", n, err)
		}
		if st, err := j.Stats(t.Context()); err != nil || st.FirstSeq != 1 || st.LastSeq != n {
			t.Errorf("something was evicted: %+v, %v", st, err)
		}
		if err := j.Purge(t.Context(), n-2); err != nil {
			t.Fatal(err)
		}
		if st, _ := j.Stats(t.Context()); st.FirstSeq != n-1 {
			t.Errorf("after the purge: %+v", st)
		}
		if _, err := j.Append(t.Context(), recs(0, 200), ""); err != nil {
			t.Errorf("after the purge: %v", err)
		}
	})
}

func TestTheEmbeddedJournalSurvivesARestart(t *testing.T) {
	o := journal.Options{Dir: t.TempDir(), MaxBytes: 1 << 20}
	for i := range 3 {
		j, err := journal.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if seq, err := j.Append(t.Context(), recs(i, 1), ""); err != nil || seq != uint64(i+1) {
			t.Fatalf("run %d: sequence %d, %v", i, seq, err)
		}
		j.Close()
	}
}

func TestAClusterThatDoesNotSyncIsRefused(t *testing.T) {
	c := cluster(t, false)
	c.MaxBytes = 1 << 20
	if _, err := journal.Connect(t.Context(), c); err == nil || !strings.Contains(err.Error(), "sync_interval: always") {
		t.Errorf("%v", err)
	}
	c.Monitors = nil
	if _, err := journal.Connect(t.Context(), c); err == nil {
		t.Error("a cluster that cannot be checked was accepted")
	}
}

func TestBatcher(t *testing.T) {
	j, err := journal.Open(t.Context(), journal.Options{Dir: t.TempDir(), MaxBytes: 512 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	b := journal.NewBatcher(j, slog.New(slog.DiscardHandler))
	if err := b.Append(t.Context(), recs(0, 5), "r1"); err != nil {
		t.Fatal(err)
	}
	if err := b.Append(t.Context(), recs(0, 5), "r1"); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if !b.Enqueue(t.Context(), recs(i, 20)) {
			t.Fatal("not taken")
		}
	}
	var full error
	for full == nil {
		full = b.Append(t.Context(), recs(0, 500), "")
	}
	if !problem.Is(full, problem.Unavailable) || !b.Failing() {
		t.Errorf("full journal: %v", full)
	}
	st, _ := j.Stats(t.Context())
	if err := j.Purge(t.Context(), st.LastSeq); err != nil {
		t.Fatal(err)
	}
	if err := b.Append(t.Context(), recs(0, 5), ""); err != nil || b.Failing() {
		t.Errorf("after the purge: %v", err)
	}
	b.Enqueue(t.Context(), recs(7, 1))
	b.Close(10 * time.Second)
	if err := b.Append(t.Context(), recs(0, 1), ""); !problem.Is(err, problem.Unavailable) {
		t.Errorf("after Close: %v", err)
	}
	after, _ := j.Stats(t.Context())
	if after.LastSeq != st.LastSeq+2 {
		t.Errorf("last sequence %d, want %d: Close lost what was taken", after.LastSeq, st.LastSeq+2)
	}
}
