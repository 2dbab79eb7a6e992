package catalogue_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
	"github.com/tocsin-project/tocsin/internal/record"
)

const (
	crashDir = "TOCSIN_TEST_CRASH_DIR" // in a child: where it works until it is killed
	perBatch = 50
)

// crashStore is a store over SQLite in a directory, as the server has it.
type crashStore struct {
	*eventstore.Store
	list *catalogue.Catalogue
	db   *db.DB
	keys *record.Keys
}

func openCrashStore(t *testing.T, dir string) *crashStore {
	t.Helper()
	d, err := db.Open(context.Background(), filepath.Join(dir, "tocsin.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Migrate(context.Background(), time.Now); err != nil {
		t.Fatal(err)
	}
	keys, err := record.LoadKeys(filepath.Join(dir, "keys"), "tocsin-crash")
	if err != nil {
		t.Fatal(err)
	}
	list := catalogue.New(d, record.New(d, time.Now))
	s, err := eventstore.Open(context.Background(), eventstore.Options{Dir: dir, Catalogue: list, SealRows: 8 * perBatch, FlushRows: 2 * perBatch})
	if err != nil {
		t.Fatal(err)
	}
	return &crashStore{s, list, d, keys}
}

// dropOldest drops the oldest segment, with its tombstone.
func (s *crashStore) dropOldest(t *testing.T) {
	all := s.Segments()
	if len(all) < 4 {
		return
	}
	err := s.Drop(context.Background(), []string{all[len(all)-1].ID}, func(ctx context.Context, gone []eventstore.Segment) error {
		return s.db.System("crash").Tx(ctx, func(tx *db.Tx) error {
			return s.list.Drop(ctx, tx.As(1, "system"), gone[0], "age", time.Now(), s.keys.Signer)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// crashBatch is what the journal holds under a sequence: the same at each replay.
func crashBatch(seq uint64) []event.Event {
	evs := make([]event.Event, perBatch)
	for i := range evs {
		raw := fmt.Appendf(nil, "batch %d line %d", seq, i)
		at := time.Date(2026, 3, 1, 0, 0, int(seq), i, time.UTC).UnixNano()
		pos := event.Position{Seq: seq, Index: uint32(i)}
		evs[i] = event.Event{ID: event.PositionID(1, at, pos), Tenant: 1, Time: at, Received: at, Message: string(raw), Raw: raw, RawSHA256: sha256.Sum256(raw), Pos: pos}
	}
	return evs
}

// A process that writes, seals and drops is killed at random points. After each
// kill the catalogue, the files and the tombstones together account for every
// row of the journal up to the sealed sequence exactly once.
func TestKillWhileWritingSealingAndDroppingLeavesTheCatalogueConsistent(t *testing.T) {
	if dir := os.Getenv(crashDir); dir != "" {
		s := openCrashStore(t, dir)
		for seq := s.Applied() + 1; ; seq++ {
			if err := s.Append(crashBatch(seq), seq); err != nil {
				t.Fatal(err)
			}
			if seq%11 == 0 {
				s.dropOldest(t)
			}
		}
	}
	trials := 5
	if n, err := strconv.Atoi(os.Getenv("TOCSIN_TEST_CRASHES")); err == nil {
		trials = n
	}
	dir := t.TempDir()
	for range trials {
		child := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
		child.Env = append(os.Environ(), crashDir+"="+dir)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(250+rand.IntN(400)) * time.Millisecond)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
		checkCrashStore(t, dir)
	}
}

func checkCrashStore(t *testing.T, dir string) {
	t.Helper()
	ctx := t.Context()
	s := openCrashStore(t, dir)
	defer func() {
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
		s.db.Close()
	}()
	if bad := s.Health(); len(bad) > 0 {
		t.Fatalf("segments that cannot be read: %+v", bad)
	}
	if faults, err := s.VerifySegments(ctx); err != nil || len(faults) > 0 {
		t.Fatalf("%v %+v", err, faults)
	}
	rows := int64(0)
	seen := map[event.Position]bool{}
	err := s.Scan(ctx, 1, 0, 0, nil, func(evs []event.Event) error {
		for i := range evs {
			rows++
			seen[evs[i].Pos] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	stones, err := catalogue.Tombstones(ctx, s.db.For(1, "test"), "", 10_000)
	if err != nil {
		t.Fatal(err)
	}
	dropped := int64(0)
	for _, x := range stones {
		dropped += x.Rows
	}
	if want := int64(s.Applied()) * perBatch; rows+dropped != want || int64(len(seen)) != rows {
		t.Fatalf("%d rows (%d different) and %d dropped, of %d sealed", rows, len(seen), dropped, want)
	}
	left, err := filepath.Glob(filepath.Join(dir, "segments", "*", "*", "*"))
	left = slices.DeleteFunc(left, func(f string) bool { return strings.HasSuffix(f, ".orphan") }) // put aside: written, not listed
	if err != nil || len(left) != 2*len(s.Segments()) {
		t.Fatalf("%d files for %d segments and their filters (%v): %v", len(left), len(s.Segments()), err, left)
	}
}
