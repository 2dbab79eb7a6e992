package eventstore

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Options of a store. The zero value of each but the first two has a default.
type Options struct {
	Dir       string    // data directory, made when absent
	Catalogue Catalogue // where segments are listed

	Memory     int64         // bytes for DuckDB, hot rows included; 512 MiB
	Threads    int           // of DuckDB; 2
	FlushRows  int           // buffered rows that make a flush; 20,000
	FlushEvery time.Duration // at the latest after the first buffered row; 250 ms
	SealRows   int64         // hot rows that make a seal; 98,304
	SealEvery  time.Duration // age of the oldest hot row that makes one; 1 h
	RetrySeal  time.Duration // first wait after a failed seal, doubling up to 64 times; 1 s
	// Class names the retention class of an event; events of different classes
	// are sealed into different segments. It runs for each event under the append
	// lock: it must not block or allocate, must not keep its arguments, and may
	// change its mind at any time. A name that ValidClass refuses means
	// DefaultClass. By default every event is of DefaultClass.
	Class func(t tenant.ID, source, sourceType string) string
	// Tier takes old segments; nil for none. Cache is how many bytes of files that
	// were fetched from it are kept in the data directory; 4 GiB.
	Tier       Tier
	Cache      int64
	Searches   int           // at once; more wait; 4
	SearchTime time.Duration // one search's time; 10 s

	Log     *slog.Logger          // discards by default
	Metrics prometheus.Registerer // unregistered by default
	Now     func() time.Time      // time.Now
}

func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" || o.Catalogue == nil {
		return o, errors.New("event store: a directory and a catalogue are needed")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return o, fmt.Errorf("event store: %w", err)
	}
	o.Dir = dir
	if _, err := url.Parse(dir); err != nil || strings.ContainsAny(dir, "?#") {
		return o, fmt.Errorf("event store: DuckDB cannot open the directory %q; choose a path without ?, # and %%", dir)
	}
	o.Memory = orDefault(o.Memory, 512<<20)
	o.Threads = orDefault(o.Threads, 2)
	o.FlushRows = orDefault(o.FlushRows, 20_000)
	o.FlushEvery = orDefault(o.FlushEvery, 250*time.Millisecond)
	o.SealRows = orDefault(o.SealRows, 12*blockRows)
	o.SealEvery = orDefault(o.SealEvery, time.Hour)
	o.RetrySeal = orDefault(o.RetrySeal, time.Second)
	o.Searches = orDefault(o.Searches, 4)
	o.SearchTime = orDefault(o.SearchTime, 10*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Cache = orDefault(o.Cache, 4<<30)
	if o.Class == nil {
		o.Class = func(tenant.ID, string, string) string { return DefaultClass }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

func orDefault[T int | int64 | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// sealBytes is how much hot data starts a seal, budget how much memory all
// tables in memory may take: the rest of Memory is for searches and sealing.
func (o Options) sealBytes() int64 { return o.Memory / 3 }
func (o Options) budget() int64    { return o.Memory * 2 / 3 }
