package clickhouse

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Store keeps events in ClickHouse. It is an eventstore.Engine; its methods may
// be called concurrently. One process writes to a database at a time: the lock
// on the relational store sees to that.
type Store struct {
	o       Options
	client  *client
	metrics *metrics
	version string // of the server

	writer

	gate *eventstore.Gate
	stop context.CancelFunc
	done sync.WaitGroup

	statsMu sync.Mutex
	stats   eventstore.Stats // of the server, as it was at statsAt
	statsAt time.Time

	ttlMu sync.Mutex
	ttl   string // the expression in force; "" for none
	ttlOf bool   // it was read
}

var _ eventstore.Engine = (*Store)(nil)

// Open reaches the server, brings its tables to this program's schema, and
// starts flushing. Appending goes on behind Applied.
func Open(ctx context.Context, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{o: o}
	s.client = &client{hosts: o.Hosts, user: o.User, password: o.Password, log: o.Log, tries: o.Tries, pause: sleep,
		http: &http.Client{Transport: o.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	answer, err := s.client.do(ctx, call{Statement: Statement{SQL: "SELECT version()"}, format: "RowBinary"})
	if err != nil {
		return nil, fmt.Errorf("the event store's engine is ClickHouse, and none of clickhouse.hosts can be used (%d tried): %w", len(o.Hosts), err)
	}
	r := reader{b: answer}
	s.version = r.text()
	if err := s.migrate(ctx); err != nil {
		return nil, fmt.Errorf("set up the ClickHouse database %s: %w", o.Layout.Database, err)
	}
	if err := s.resume(ctx); err != nil {
		return nil, err
	}
	if s.metrics, err = newMetrics(o.Metrics, s); err != nil {
		return nil, fmt.Errorf("register the event store's metrics: %w", err)
	}
	s.gate = eventstore.NewGate(o.Searches, o.SearchTime, s.metrics.searches, s.metrics.searchSeconds)
	run, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Go(func() { s.flushLoop(run) })
	o.Log.Info("events are kept in ClickHouse", "version", s.version, "database", o.Layout.Database, "hosts", len(o.Hosts))
	return s, nil
}

// Close stops the background work and inserts what waits; what cannot be
// inserted is in the journal still.
func (s *Store) Close(ctx context.Context) error {
	s.stop()
	s.done.Wait()
	s.gate.Shut()
	s.mu.Lock()
	wasClosed := s.closed
	s.closed = true
	s.mu.Unlock()
	if wasClosed {
		return nil
	}
	err := s.flush(ctx, false)
	if err := s.gate.Wait(ctx); err != nil {
		return err
	}
	s.metrics.unregister()
	s.client.close()
	return err
}

// statsEvery is how old the server's figures may be.
const statsEvery = 30 * time.Second

// Stats are those of Tocsin's rows on all servers: HotRows wait to be inserted,
// Segments are ClickHouse's parts.
func (s *Store) Stats() eventstore.Stats {
	s.statsMu.Lock()
	if now := s.o.Now(); s.statsAt.IsZero() || now.Sub(s.statsAt) >= statsEvery {
		s.statsAt = now
		if st, err := s.parts(); err == nil {
			s.stats = st
		}
	}
	out := s.stats
	s.statsMu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range append([]*batch{s.open}, s.ready...) {
		out.HotRows += int64(b.rows)
		out.HotBytes += int64(len(b.body))
	}
	out.LastSeal = s.lastFlush
	if s.lastErr != nil {
		out.LastError = s.lastErr.Error()
	}
	return out
}

func (s *Store) parts() (out eventstore.Stats, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	st := newStatement()
	l := s.o.Layout
	from := "system.parts"
	if l.Cluster != "" {
		from = "cluster('" + l.Cluster + "', system.parts)" // one replica of each shard
	}
	table := l.rows()[len(l.Database)+1:]
	sql := "SELECT count(), sum(rows), sum(bytes_on_disk) FROM " + from + " WHERE active AND database = " + st.text(l.Database) + " AND table = " + st.text(table)
	answer, err := s.client.do(ctx, call{Statement: Statement{sql, st.params}, format: "RowBinary"})
	if err != nil {
		return out, err
	}
	return out, each(answer, func(r *reader) error {
		out.Segments, out.SegmentRows, out.SegmentBytes = int(r.int64()), r.int64(), r.int64()
		return nil
	})
}

// rowsAnswer runs a statement that selects rowColumns.
func (s *Store) rowsAnswer(ctx context.Context, st *statement, sql string) ([]eventstore.Row, error) {
	answer, err := s.client.do(ctx, call{Statement: Statement{sql, st.params}, format: "RowBinary"})
	if err != nil {
		return nil, err
	}
	var rows []eventstore.Row
	err = each(answer, func(r *reader) error {
		row, err := readRow(r)
		rows = append(rows, row)
		return err
	})
	return rows, err
}

// from begins a statement over the tenant's rows of [lo, hi] (ns) that match.
func (s *Store) from(st *statement, list string, t tenant.ID, lo, hi int64) string {
	sql := "SELECT " + list + " FROM " + s.o.Layout.events() + " WHERE tenant = " + st.bind("Int64", strconv.FormatInt(int64(t), 10))
	if lo > firstTime {
		sql += " AND time >= " + st.at(lo)
	}
	if hi < lastTime {
		sql += " AND time <= " + st.at(hi)
	}
	return sql
}
