package evidence

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
	"github.com/tocsin-project/tocsin/internal/evidence/bundle"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// world is evidence over a real event store and a real record, whose sealer
// works only when it is told to.
type world struct {
	*Service
	t      *testing.T
	store  *eventstore.Store
	sealer *record.Sealer
	dirs   [2]string
	held   map[string][]string // segments by evidence
	seq    uint64
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	now := func() time.Time { return noon }
	rec := record.New(d, now)
	keys, err := record.LoadKeys(t.TempDir(), "tocsin-test")
	must(t, err)
	store, err := eventstore.Open(t.Context(), eventstore.Options{Dir: t.TempDir(), Catalogue: catalogue.New(d, rec), Log: log, Metrics: prometheus.NewRegistry(), Now: now})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close(context.Background())) })
	w := &world{t: t, store: store, sealer: record.NewSealer(rec, keys.Signer, log), dirs: [2]string{filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")}, held: map[string][]string{}}
	blobs, err := OpenBlobs(w.dirs[0], w.dirs[1])
	must(t, err)
	w.Service = &Service{DB: d, Record: rec, Events: store, Holds: w, Cases: w, Blobs: blobs, Key: bundle.Key{Signer: keys.Signer, Public: keys.Public}, Now: now, Log: log}
	return w
}

func (w *world) PlaceEvidence(_ context.Context, tx *db.Tx, id string, segments []string, _ string) (string, error) {
	w.held[id] = segments
	return "hold of " + tx.Scope().Actor, nil
}

func (w *world) Label(_ context.Context, _ db.Querier, id string) (string, error) {
	if id != "c1" {
		return "", problem.New(problem.NotFound, "No such case.")
	}
	return "CASE-7", nil
}

func (w *world) Name(context.Context, db.Querier, string) (string, error) { return "Ann", nil }

// lines appends events of tenant 1, a millisecond apart.
func (w *world) lines(texts ...string) (ids []event.ID) {
	w.t.Helper()
	w.seq++
	evs := make([]event.Event, len(texts))
	for i, text := range texts {
		e := event.Event{Tenant: 1, Time: noon.Add(time.Duration(i) * time.Millisecond).UnixNano(), Pos: event.Position{Seq: w.seq, Index: uint32(i)}, Message: text, Raw: []byte(text), RawSHA256: sha256.Sum256([]byte(text))}
		e.Received, e.ID = e.Time, event.PositionID(1, e.Time, e.Pos)
		evs[i], ids = e, append(ids, e.ID)
	}
	must(w.t, w.store.Append(evs, w.seq))
	must(w.t, w.store.Flush())
	return ids
}

func (w *world) ann() *db.Handle { return w.DB.For(1, "ann") }

// sign seals the record.
func (w *world) sign() {
	w.t.Helper()
	_, err := w.sealer.Seal(w.t.Context())
	must(w.t, err)
}

func (w *world) request(q string) Request {
	w.t.Helper()
	x, err := query.Parse(q, noon)
	must(w.t, err)
	return Request{CaseID: "c1", Title: "Tries at root", Note: "from the bastion", Query: q, Where: x, From: noon.Add(-time.Hour).UnixNano(), To: noon.Add(time.Hour).UnixNano()}
}

func (w *world) take(r Request) Item {
	w.t.Helper()
	i, err := w.Take(w.t.Context(), w.ann(), r)
	must(w.t, err)
	return i
}

func (w *world) kinds() (out []string) {
	w.t.Helper()
	rows, err := record.List(w.t.Context(), w.ann(), record.Filter{Limit: 1000})
	must(w.t, err)
	for _, r := range rows {
		out = append(out, r.Kind)
	}
	return out
}

func (w *world) verify(file []byte) bundle.Report {
	return bundle.Verify(file, bundle.Trust{Key: w.Key.Public})
}

func TestASnapshotIsTakenKeptAndHandedOut(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.lines("Failed password for root", "Accepted password for ann", "\xff\xfe root not text")
		must(t, w.store.Seal(t.Context()))
		w.lines("Failed password for root, again") // still in memory
		must(t, w.store.Seal(t.Context()))
		w.lines("Failed password for root, and again")
		must(t, w.store.Seal(t.Context()))
		w.sign()
		i := w.take(w.request("root"))
		if i.Pending || i.Detail.Events != 4 || len(i.Detail.Segments) != 3 || i.By != "ann" || i.Hold != "hold of ann" || !slices.Equal(w.held[i.ID], i.Detail.Segments) {
			t.Fatalf("%+v, held %v", i, w.held)
		}
		for _, dir := range w.dirs {
			info, err := os.Stat(filepath.Join(dir, "1", i.SHA256[:2], i.SHA256))
			if err != nil || info.Mode() != 0o600 || info.Size() != i.Bytes {
				t.Errorf("%v, %v", info, err)
			}
		}
		got, file, err := w.Download(t.Context(), w.ann(), i.ID)
		must(t, err)
		if r := w.verify(file); len(r.Findings) > 0 || r.Events != 4 || r.Segments != 3 || r.Placed != 4 || r.Manifest.Case != "CASE-7" || r.Manifest.TakenBy.Name != "Ann" || got.ID != i.ID {
			t.Errorf("%+v", r)
		}
		var custody []Custody
		must(t, w.ann().Tx(t.Context(), func(tx *db.Tx) (err error) { i, custody, err = w.Read(t.Context(), tx, i.ID); return err }))
		var acts []string
		for _, c := range custody {
			acts = append(acts, c.Act+" by "+c.Actor)
		}
		if want := []string{"read by ann", "downloaded by ann", "taken by ann"}; !slices.Equal(acts, want) {
			t.Errorf("custody %v, want %v", acts, want)
		}
		if got, want := w.kinds()[3:], []string{"case.evidence_taken", "evidence.downloaded", "evidence.read"}; !slices.Equal(got, want) {
			t.Errorf("the record has %v, want %v", got, want)
		}
		all, err := OfCase(t.Context(), w.ann(), "c1")
		if err != nil || len(all) != 1 || all[0].ID != i.ID || all[0].Title != "Tries at root" {
			t.Errorf("%+v, %v", all, err)
		}
		if _, _, err := w.Download(t.Context(), w.DB.For(2, "eve"), i.ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("another tenant's: %v", err)
		}
	})
}

// The record signs later: the snapshot says so, and is completed.
func TestASnapshotIsCompletedOnceTheRecordIsSigned(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ids := w.lines("Failed password for root", "another") // in memory: taking seals them
		i := w.take(Request{CaseID: "c1", Title: "Chosen", IDs: append(ids, ids[0])})
		if !i.Pending || i.Detail.Events != 2 {
			t.Fatalf("%+v", i)
		}
		_, file, err := w.Download(t.Context(), w.ann(), i.ID)
		must(t, err)
		if r := w.verify(file); len(r.Findings) > 0 || r.Pending != 1 || !r.Manifest.Pending {
			t.Fatalf("%+v", r)
		}
		must(t, w.CompleteAll(t.Context()))
		if again, err := Get(t.Context(), w.ann(), i.ID); err != nil || !again.Pending || again.SHA256 != i.SHA256 {
			t.Fatalf("completed without a checkpoint: %+v, %v", again, err)
		}
		w.sign()
		must(t, w.CompleteAll(t.Context()))
		got, file, err := w.Download(t.Context(), w.ann(), i.ID)
		must(t, err)
		if r := w.verify(file); got.Pending || got.SHA256 == i.SHA256 || len(r.Findings) > 0 || r.Pending != 0 || r.Manifest.Pending || r.Manifest.Title != "Chosen" {
			t.Fatalf("%+v of %+v", r, got)
		}
		custody, err := CustodyOf(t.Context(), w.ann(), i.ID)
		must(t, err)
		if c := custody[1]; c.Act != "completed" || c.Actor != "system" || !strings.Contains(c.Detail, i.SHA256) {
			t.Errorf("%+v", custody)
		}
		must(t, w.CompleteAll(t.Context())) // nothing is left to do
		if again, err := CustodyOf(t.Context(), w.ann(), i.ID); err != nil || len(again) != len(custody) {
			t.Errorf("%d entries, %v", len(again), err)
		}
	})
}

func TestADamagedCopyIsFoundAndTheOtherIsHandedOut(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	ids := w.lines("Failed password for root")
	must(t, w.store.Seal(t.Context()))
	w.sign()
	i := w.take(Request{CaseID: "c1", Title: "x", IDs: ids})
	path := func(n int) string { return filepath.Join(w.dirs[n], "1", i.SHA256[:2], i.SHA256) }
	whole, err := os.ReadFile(path(0))
	must(t, err)
	check := func(ok bool, says string, first, second bool) {
		t.Helper()
		got, custody, err := w.Verify(t.Context(), w.ann(), i.ID)
		must(t, err)
		kept, err := Get(t.Context(), w.ann(), i.ID)
		must(t, err)
		if got.VerifiedOK != ok || !strings.Contains(got.VerifiedDetail, says) || got.Copies[0].OK != first || got.Copies[1].OK != second || custody[0].Act != "verified" || kept.VerifiedOK != ok || kept.VerifiedDetail != got.VerifiedDetail || !kept.Verified.Equal(noon) {
			t.Errorf("%+v", got)
		}
	}
	check(true, "1 events in 1 segments checked from their raw bytes to the signed checkpoint", true, true)
	must(t, os.WriteFile(path(0), append([]byte("x"), whole...), 0o600))
	check(false, "the first copy: it was altered", false, true)
	if _, file, err := w.Download(t.Context(), w.ann(), i.ID); err != nil || string(file) != string(whole) {
		t.Errorf("the second copy is not handed out: %v", err)
	}
	must(t, os.Remove(path(1)))
	check(false, "nothing is left to check", false, false)
	before := len(w.kinds())
	if _, _, err := w.Download(t.Context(), w.ann(), i.ID); !problem.Is(err, problem.Unavailable) || len(w.kinds()) != before {
		t.Errorf("%v", err)
	}
	must(t, os.WriteFile(path(0), whole, 0o600))
	check(false, "the second copy: it is not there", true, false)
}

func TestWithoutASecondCopyNothingIsTaken(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	ids := w.lines("Failed password for root")
	must(t, os.WriteFile(filepath.Join(w.dirs[1], "1"), nil, 0o600)) // in the place of a directory
	if _, err := w.Take(t.Context(), w.ann(), Request{CaseID: "c1", Title: "x", IDs: ids}); !problem.Is(err, problem.Unavailable) || !strings.Contains(problem.Detail(err), "second copy") {
		t.Fatal(err)
	}
	if all, err := OfCase(t.Context(), w.ann(), "c1"); err != nil || len(all) != 0 || len(w.held) != 0 {
		t.Errorf("%v, %v, %v", all, w.held, err)
	}
	if _, err := OpenBlobs(w.dirs[0], w.dirs[0]+"/."); err == nil {
		t.Error("one directory is taken for two")
	}
}

func TestWhatIsNoSnapshotIsRefused(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	var many []string
	for n := range bundle.MaxEvents + 1 {
		many = append(many, fmt.Sprint("many ", n))
	}
	ids := w.lines(many...)
	broken := errors.New("the note could not be written")
	for name, x := range map[string]struct {
		request Request
		kind    problem.Kind
		says    string
	}{
		"too many events":      {w.request("many"), problem.TooLarge, "Narrow"},
		"too many chosen":      {Request{CaseID: "c1", IDs: ids}, problem.TooLarge, "several snapshots"},
		"no event":             {w.request("nowhere"), problem.Invalid, "nothing to keep"},
		"an event that is not": {Request{CaseID: "c1", IDs: append(slices.Clone(ids[:3]), event.NewID(tenant.ID(1), 1, nil))}, problem.NotFound, "1 of the 4"},
		"no case":              {Request{CaseID: "absent", IDs: ids[:1]}, problem.NotFound, "case"},
		"what goes with it":    {Request{CaseID: "c1", IDs: ids[:1], With: func(context.Context, *db.Tx, Item) error { return broken }}, problem.Internal, ""},
	} {
		if _, err := w.Take(t.Context(), w.ann(), x.request); !problem.Is(err, x.kind) || !strings.Contains(problem.Detail(err), x.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, err := OfCase(t.Context(), w.ann(), "c1"); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	i := w.take(Request{CaseID: "c1", Title: "all but one", IDs: ids[1:]})
	if i.Detail.Events != bundle.MaxEvents {
		t.Errorf("%+v", i.Detail)
	}
}
