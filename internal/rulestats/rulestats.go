// Package rulestats keeps what rules did: hits by the hour, totals, the last
// hit, and which log sources and fields have been seen.
//
// Figures are gathered in memory and written every few seconds in bulk
// transactions, so that a flood of hits costs the event path a map entry. A
// crash loses at most what came since the last write; alerts are not counted
// here and lose nothing. Hours are of the events' own time. What is older than
// Keep is deleted; totals stay. Exercises are not counted.
package rulestats

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Keep is how long hours are kept.
const Keep = 90 * 24 * time.Hour

const (
	flushEvery = 5 * time.Second
	sweepEvery = time.Hour
	seenEvery  = 30 * time.Second
	flushRows  = 500     // rows of one bulk transaction
	maxPending = 200_000 // between two writes that succeed; more is not counted
)

// Seen is a log source with the names that its events had.
type Seen struct {
	Tenant      tenant.ID
	Logsource   event.Logsource
	Fields      []string
	First, Last time.Time
}

// Recorder gathers and writes.
type Recorder struct {
	DB   *db.DB
	Now  func() time.Time
	Log  *slog.Logger
	Seen func() []Seen // what is to be kept of sources; nil for nothing

	mu      sync.Mutex
	pending map[hour]*count
	kept    map[string]int // fields of each source at the last write
	written time.Time      // of sources
}

type hour struct {
	tenant tenant.ID
	rule   string
	hour   int64
}

type count struct {
	n    int64
	last int64 // ns
}

// Hit counts n hits of a rule at an event's time (ns).
func (r *Recorder) Hit(t tenant.ID, rule string, at int64, n int) {
	if n <= 0 {
		return
	}
	at = min(at, r.Now().UnixNano())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(hour{t, rule, hourOf(time.Unix(0, at))}, count{int64(n), at})
}

func (r *Recorder) add(k hour, c count) {
	if r.pending == nil {
		r.pending = map[hour]*count{}
	}
	have := r.pending[k]
	if have == nil {
		if len(r.pending) >= maxPending {
			return
		}
		have = &count{}
		r.pending[k] = have
	}
	have.n += c.n
	have.last = max(have.last, c.last)
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// Run writes until ctx ends, and once more then.
func (r *Recorder) Run(ctx context.Context) error {
	flush, sweep := time.NewTicker(flushEvery), time.NewTicker(sweepEvery)
	defer flush.Stop()
	defer sweep.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			r.written = time.Time{}
			return r.Flush(last)
		case <-flush.C:
			err = r.Flush(ctx)
		case <-sweep.C:
			err = r.DB.System("rules").TxBulk(ctx, func(tx *db.Tx) error { return deleteBefore(ctx, tx, hourOf(r.Now().Add(-Keep))) })
		}
		if err != nil && ctx.Err() == nil {
			r.Log.Error("writing what rules did failed, will try again", "error", err)
		}
	}
}

// Flush writes what was gathered. What could not be written is gathered again.
func (r *Recorder) Flush(ctx context.Context) error {
	r.mu.Lock()
	todo := r.pending
	r.pending = nil
	r.mu.Unlock()
	var batch []hour
	for k := range todo {
		if batch = append(batch, k); len(batch) < flushRows {
			continue
		}
		if err := r.write(ctx, batch, todo); err != nil {
			return err
		}
		batch = nil
	}
	if err := r.write(ctx, batch, todo); err != nil {
		return err
	}
	return r.sources(ctx)
}

func (r *Recorder) write(ctx context.Context, batch []hour, todo map[hour]*count) error {
	if len(batch) == 0 {
		return nil
	}
	err := r.DB.System("rules").TxBulk(ctx, func(tx *db.Tx) error {
		for _, k := range batch {
			if err := addHits(ctx, tx.As(k.tenant, "rules"), k, *todo[k]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		for k, c := range todo {
			r.add(k, *c)
		}
		return err
	}
	for _, k := range batch {
		delete(todo, k)
	}
	return nil
}

// sources writes those with new fields at once, the others' last time seldom.
func (r *Recorder) sources(ctx context.Context) error {
	if r.Seen == nil {
		return nil
	}
	if r.kept == nil {
		r.kept = map[string]int{}
	}
	now := r.Now()
	all := now.Sub(r.written) >= seenEvery
	var todo []Seen
	for _, s := range r.Seen() {
		if all || r.kept[s.key()] != len(s.Fields)+1 {
			todo = append(todo, s)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	err := r.DB.System("rules").TxBulk(ctx, func(tx *db.Tx) error {
		for _, s := range todo {
			if err := saveSeen(ctx, tx.As(s.Tenant, "rules"), s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range todo {
		r.kept[s.key()] = len(s.Fields) + 1
	}
	if all {
		r.written = now
	}
	return nil
}

func (s Seen) key() string {
	return s.Tenant.String() + "\x00" + s.Logsource.Category + "\x00" + s.Logsource.Product + "\x00" + s.Logsource.Service
}
