package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/internal/pipeline"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/sigma"
)

// site is a directory and a store over which a pipeline runs, stops and runs again.
type site struct {
	*testing.T
	dir string
	db  *db.DB
	max int64
	bad uint64 // a batch that reading finds damaged
	// who keeps windows; nil: the correlator, if it can
	windows func(*sigma.Correlator) detect.Windows
	reg     *prometheus.Registry // of the last run
}

// damaged passes a journal on, with one batch that is not what was written.
type damaged struct {
	journal.Journal
	bad uint64
}

type damagedReader struct {
	journal.Reader
	bad uint64
}

func (d damaged) Read(ctx context.Context, from uint64) (journal.Reader, error) {
	r, err := d.Journal.Read(ctx, from)
	return damagedReader{r, d.bad}, err
}

func (d damagedReader) Next(ctx context.Context) (journal.Batch, error) {
	b, err := d.Reader.Next(ctx)
	if err == nil && b.Seq == d.bad {
		return journal.Batch{Seq: b.Seq}, fmt.Errorf("batch %d: %w", b.Seq, journal.ErrDamaged)
	}
	return b, err
}

// run starts everything, calls do, and stops everything.
func (s *site) run(do func(j journal.Journal, p *pipeline.Pipeline)) {
	s.Helper()
	ctx, cancel := context.WithCancel(s.Context())
	log := slog.New(slog.DiscardHandler)
	rec := record.New(s.db, time.Now)
	j, err := journal.Open(ctx, journal.Options{Dir: filepath.Join(s.dir, "journal"), MaxBytes: s.max})
	if err != nil {
		s.Fatal(err)
	}
	store, err := eventstore.Open(ctx, eventstore.Options{Dir: s.dir, Catalogue: catalogue.New(s.db, rec), Memory: 256 << 20})
	if err != nil {
		s.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	s.reg = reg
	rules, err := detect.New(detect.Options{Starter: detect.StarterRules(), Log: log, Metrics: reg, Windows: s.windows})
	if err != nil {
		s.Fatal(err)
	}
	mappings, bad := normalize.Load(normalize.Shipped())
	if len(bad) > 0 {
		s.Fatal(bad)
	}
	p := &pipeline.Pipeline{Journal: damaged{j, s.bad}, Norm: normalize.New(mappings), Store: store, Detect: rules, Alerts: alert.New(rec, time.Now), DB: s.db, Log: log, Now: time.Now, Metrics: reg, Windows: s.file()}
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	do(j, p)
	cancel()
	if err := <-done; err != nil {
		s.Error(err)
	}
	store.Close(context.Background())
	j.Close()
}

func (s *site) file() string { return filepath.Join(s.dir, "detect", "windows.snap") }

func failures(n int) (rs []journal.Record) {
	now := time.Now()
	for i := range n {
		raw := fmt.Sprintf("<86>%s host1 sshd[%d]: Failed password for root from 203.0.113.9 port %d ssh2", now.Format(time.Stamp), 100+i, 4000+i)
		rs = append(rs, journal.Record{Tenant: 1, Received: now.UnixNano(), Source: "syslog", Transport: "udp", Peer: "127.0.0.1", Raw: []byte(raw)})
	}
	return rs
}

// until waits for something that other goroutines bring about.
func (s *site) until(what string, is func() bool) {
	s.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatal("never: " + what)
		}
	}
}

func (s *site) caughtUp(j journal.Journal, p *pipeline.Pipeline) {
	s.Helper()
	s.until("caught up", func() bool {
		st, err := j.Stats(s.Context())
		l, lerr := p.Lag(s.Context())
		return err == nil && lerr == nil && st.LastSeq > 0 && l.Batches == 0
	})
}

func (s *site) alerts() (n int, count int64) {
	s.Helper()
	as, err := alert.List(s.Context(), s.db.For(1, "test"), "", 0, "", 1000)
	if err != nil {
		s.Fatal(err)
	}
	for _, a := range as {
		count += a.Count
	}
	return len(as), count
}

func (s *site) append(j journal.Journal, rs []journal.Record) {
	s.Helper()
	s.until("room in the journal", func() bool {
		_, err := j.Append(s.Context(), rs, "")
		if err != nil && !errors.Is(err, journal.ErrFull) {
			s.Fatal(err)
		}
		return err == nil
	})
}

func TestARestartRaisesNothingTwiceAndADamagedBatchIsPassedOver(t *testing.T) {
	s := &site{T: t, dir: t.TempDir(), db: dbtest.SQLite(t), max: 64 << 20, bad: 2}
	var n int
	var count int64
	s.run(func(j journal.Journal, p *pipeline.Pipeline) {
		for range 3 { // the second is damaged
			s.append(j, failures(30))
		}
		s.caughtUp(j, p)
		if n, count = s.alerts(); n == 0 {
			t.Fatal("a brute force raised no alert")
		}
	})
	for range 2 {
		s.run(func(j journal.Journal, p *pipeline.Pipeline) {
			s.caughtUp(j, p)
			if again, c := s.alerts(); again != n || c != count {
				t.Errorf("after a restart %d alerts of %d events, before %d of %d", again, c, n, count)
			}
		})
	}
}

func TestASmallJournalNeverWedges(t *testing.T) {
	const limit = 4 << 20
	s := &site{T: t, dir: t.TempDir(), db: dbtest.SQLite(t), max: limit}
	s.run(func(j journal.Journal, p *pipeline.Pipeline) {
		var bytes int
		for bytes < 3*limit {
			rs := failures(1000)
			for _, r := range rs {
				bytes += len(r.Raw)
			}
			s.append(j, rs)
		}
		s.caughtUp(j, p)
		st, err := j.Stats(t.Context())
		if err != nil || st.FirstSeq <= 1 {
			t.Errorf("nothing was purged: %+v %v", st, err)
		}
	})
}
