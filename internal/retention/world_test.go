package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/internal/timer"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// world is retention over a real relational store, with an event store that
// only keeps a list.
type world struct {
	*Service
	t        *testing.T
	now      time.Time
	store    *fakeStore
	timers   *timer.Service
	cases    map[string]Case
	sources  map[string]bool
	verifier note.Verifier
	seq      uint64
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, now: noon, cases: map[string]Case{}, sources: map[string]bool{}}
	clock := func() time.Time { return w.now }
	log := slog.New(slog.DiscardHandler)
	rec := record.New(d, clock)
	keys, err := record.LoadKeys(filepath.Join(t.TempDir(), "keys"), "tocsin-test")
	must(t, err)
	classes, err := NewClasses(t.Context(), d, log)
	must(t, err)
	w.verifier = keys.Verifier
	w.timers = timer.New(d, clock, log)
	w.store = &fakeStore{words: map[string][]string{}}
	w.Service = &Service{DB: d, Record: rec, Catalogue: catalogue.New(d, rec), Store: w.store, Classes: classes, Timers: w.timers, Sources: w, Cases: w, Signer: keys.Signer,
		Delay: 24 * time.Hour, Disk: Disk{LowPercent: 10, FullPercent: 3, Space: func() (Space, error) { return Space{Free: 50, Total: 100}, nil }}, Now: clock, Log: log}
	w.timers.Handle(TimerApply, func(ctx context.Context, tx *db.Tx, tm timer.Timer) error { return w.Due(ctx, tx, tm.Key) })
	must(t, d.System("test").Tx(t.Context(), func(tx *db.Tx) error {
		return catalogue.SaveOffset(t.Context(), tx, "detected", 1<<40)
	}))
	return w
}

func (w *world) Exists(_ context.Context, _ db.Querier, name string) (bool, error) {
	return w.sources[name], nil
}
func (w *world) Remove(_ context.Context, _ *db.Tx, name string) error {
	delete(w.sources, name)
	return nil
}
func (w *world) Case(_ context.Context, _ db.Querier, id string) (Case, error) {
	c, ok := w.cases[id]
	if !ok {
		return c, problem.New(problem.NotFound, "No such case.")
	}
	return c, nil
}

// segment seals one of tenant 1 whose events lie within [from, to].
func (w *world) segment(class string, from, to time.Time, bytes int64, words ...string) string {
	w.t.Helper()
	return w.segmentOf(1, class, from, to, bytes, words...)
}

func (w *world) segmentOf(t tenant.ID, class string, from, to time.Time, bytes int64, words ...string) string {
	w.t.Helper()
	w.seq++
	g := eventstore.Segment{ID: fmt.Sprintf("%032x", w.seq), Tenant: t, Class: class, Rows: 10, Bytes: bytes, MinTime: from.UnixNano(), MaxTime: to.UnixNano(), MinSeq: w.seq, MaxSeq: w.seq, SealedAt: to.Add(time.Hour), Columns: 1}
	g.Path = "segments/" + t.String() + "/" + class + "/" + g.ID + ".parquet"
	must(w.t, w.Catalogue.Commit(w.t.Context(), []eventstore.Segment{g}, w.seq))
	w.store.segments = append(w.store.segments, g)
	w.store.words[g.ID] = words
	return g.ID
}

// as runs a transaction in the name of a person of tenant 1.
func (w *world) as(person string, fn func(ctx context.Context, tx *db.Tx) error) error {
	w.t.Helper()
	return w.DB.For(1, person).Tx(w.t.Context(), func(tx *db.Tx) error { return fn(w.t.Context(), tx) })
}

func (w *world) ask(person string, r Request) (c Change, err error) {
	w.t.Helper()
	if r.Reason == "" {
		r.Reason = "a good reason"
	}
	err = w.as(person, func(ctx context.Context, tx *db.Tx) (err error) { c, err = w.Request(ctx, tx, r); return err })
	return c, err
}

// set puts a class in force, past two people and the delay.
func (w *world) set(c Class) {
	w.t.Helper()
	must(w.t, w.as("test", func(ctx context.Context, tx *db.Tx) error { return w.then(ctx, tx, saveClass(ctx, tx, c, w.now)) }))
}

func (w *world) hold(q string, from, to time.Time) (h Hold) {
	w.t.Helper()
	must(w.t, w.as("ann", func(ctx context.Context, tx *db.Tx) (err error) {
		h, err = w.Place(ctx, tx, Hold{Query: q, From: from.UnixNano(), To: to.UnixNano(), Reason: "a lawsuit"})
		return err
	}))
	return h
}

func (w *world) left() (ids []string) {
	for _, g := range w.store.segments {
		ids = append(ids, g.ID)
	}
	return ids
}

func (w *world) entries(prefix string) (kinds []string) {
	w.t.Helper()
	rows, err := record.List(w.t.Context(), w.DB.For(1, "test"), record.Filter{KindPrefix: prefix, Limit: 1000})
	must(w.t, err)
	for _, r := range rows {
		kinds = append(kinds, r.Kind)
	}
	return kinds
}

func (w *world) noAlarm() {
	w.t.Helper()
	if len(w.alarms) > 0 {
		w.t.Fatalf("alarms: %v", w.alarms)
	}
}

// fakeStore keeps a list of segments, and knows which words each may hold.
type fakeStore struct {
	segments []eventstore.Segment
	words    map[string][]string
	bad      []eventstore.SegmentState
	faults   map[string][]eventstore.Fault
	checked  []string
	fail     error
	before   func() // runs before each commit
}

func (f *fakeStore) Segments() []eventstore.Segment    { return slices.Clone(f.segments) }
func (f *fakeStore) Health() []eventstore.SegmentState { return f.bad }

func (f *fakeStore) MayContain(id string, x query.Expr, lo, hi int64) bool {
	for _, g := range f.segments {
		if g.ID == id {
			if _, all := x.(query.All); all {
				return g.MinTime <= hi && g.MaxTime >= lo
			}
			return g.MinTime <= hi && g.MaxTime >= lo && slices.ContainsFunc(f.words[id], func(word string) bool {
				y, err := query.Parse(word, noon)
				return err == nil && contains(x, y.String())
			})
		}
	}
	return true
}

// contains reports whether a query asks for a text, alone or among others.
func contains(x query.Expr, text string) bool {
	if or, ok := x.(query.Or); ok {
		return slices.ContainsFunc(or.Of, func(y query.Expr) bool { return contains(y, text) })
	}
	return x.String() == text
}

func (f *fakeStore) Drop(ctx context.Context, ids []string, commit func(context.Context, []eventstore.Segment) error) error {
	if f.before != nil {
		f.before()
	}
	if f.fail != nil {
		return f.fail
	}
	var gone []eventstore.Segment
	for _, g := range f.segments {
		if slices.Contains(ids, g.ID) {
			gone = append(gone, g)
		}
	}
	if err := commit(ctx, gone); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	f.segments = slices.DeleteFunc(f.segments, func(g eventstore.Segment) bool { return slices.Contains(ids, g.ID) })
	return nil
}

func (f *fakeStore) change(id, tier string, note func(eventstore.Segment) error) error {
	for i := range f.segments {
		if g := f.segments[i]; g.ID == id {
			g.Tier, g.Location = tier, g.Path
			if err := note(g); err != nil {
				return err
			}
			f.segments[i] = g
			return nil
		}
	}
	return errors.New("no such segment")
}

func (f *fakeStore) Move(ctx context.Context, id string, note func(context.Context, eventstore.Segment) error) error {
	if f.fail != nil {
		return f.fail
	}
	return f.change(id, "directory", func(g eventstore.Segment) error { return note(ctx, g) })
}

func (f *fakeStore) Restore(ctx context.Context, id string, note func(context.Context, eventstore.Segment) error) error {
	return f.change(id, "", func(g eventstore.Segment) error { return note(ctx, g) })
}

func (f *fakeStore) Check(_ context.Context, id string) ([]eventstore.Fault, error) {
	f.checked = append(f.checked, id)
	return f.faults[id], f.fail
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func days(n int) time.Duration { return time.Duration(n) * day }
