package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/app"
	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
)

// run runs a command line and returns its exit code and what it printed.
func run(args ...string) (code int, out string) {
	var o, e bytes.Buffer
	code = Main(args, &o, &e)
	return code, o.String() + e.String()
}

func sealOne(t *testing.T, s *apptest.Server) eventstore.Segment {
	t.Helper()
	store := s.Parts.Events
	seq := store.Applied() + 1
	e := event.Event{Tenant: 1, Time: time.Now().UnixNano(), Pos: event.Position{Seq: seq}, Message: "hello", Raw: []byte("x"), RawSHA256: sha256.Sum256([]byte("x"))}
	e.Received, e.ID = e.Time, event.PositionID(1, e.Time, e.Pos)
	if err := store.Append([]event.Event{e}, seq); err != nil {
		t.Fatal(err)
	}
	if err := store.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, g := range s.Parts.Segments.Segments() {
		if g.MinSeq == seq {
			return g
		}
	}
	t.Fatal("nothing was sealed")
	return eventstore.Segment{}
}

func TestSegmentsByTheServerAndOffline(t *testing.T) {
	tier := t.TempDir()
	s := apptest.Start(t, "", func(c *app.Config) { c.Tier.Directory = tier })
	t.Setenv("TOCSIN_URL", s.URL)
	t.Setenv("TOCSIN_TOKEN", apptest.Bootstrap)
	local, moved, dropped := sealOne(t, s), sealOne(t, s), sealOne(t, s)
	keep := s.Parts.Retention
	place := func(ctx context.Context, g eventstore.Segment) error { return keep.Catalogue.Place(ctx, "system", g) }
	if err := keep.Store.Move(t.Context(), moved.ID, place); err != nil {
		t.Fatal(err)
	}
	err := keep.Store.Drop(t.Context(), []string{dropped.ID}, func(ctx context.Context, gone []eventstore.Segment) error {
		return s.Parts.DB.For(1, "system").Tx(ctx, func(tx *db.Tx) error {
			return keep.Catalogue.Drop(ctx, tx, gone[0], "age", time.Now(), keep.Signer)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if code, out := run("segments", "list"); code != 0 || !strings.Contains(out, local.ID) || !strings.Contains(out, moved.ID) || strings.Contains(out, dropped.ID) {
		t.Fatalf("%d: %s", code, out)
	}
	if code, out := run("segments", "list", "--tier", "directory"); code != 0 || strings.Contains(out, local.ID) || !strings.Contains(out, moved.ID) {
		t.Fatalf("%d: %s", code, out)
	}
	if code, out := run("segments", "verify"); code != 0 || !strings.Contains(out, "2 segments checked") {
		t.Fatalf("%d: %s", code, out)
	}
	if code, out := run("segments", "restore", moved.ID); code != 0 || !strings.Contains(out, "local") {
		t.Fatalf("%d: %s", code, out)
	}
	if code, out := run("segments", "restore", "absent"); code != 2 || !strings.Contains(out, "No such segment") {
		t.Fatalf("%d: %s", code, out)
	}
	if err := keep.Store.Move(t.Context(), moved.ID, place); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(tier, filepath.FromSlash(moved.Path))
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := run("segments", "verify", moved.ID); code != 1 || !strings.Contains(out, "WRONG: "+moved.ID) {
		t.Fatalf("%d: %s", code, out)
	}
	s.App.Stop()
	os.Unsetenv("TOCSIN_URL")
	os.Unsetenv("TOCSIN_TOKEN")
	if code, out := run("segments", "verify", "--offline", "--data", s.Dir, "--tier-directory", tier); code != 1 || !strings.Contains(out, moved.ID) || strings.Contains(out, local.ID) {
		t.Fatalf("%d: %s", code, out)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := run("segments", "verify", "--offline", "--data", s.Dir, "--tier-directory", tier); code != 0 || !strings.Contains(out, "2 segments checked") {
		t.Fatalf("%d: %s", code, out)
	}
	if code, out := run("verify", "--data", s.Dir, "--tier-directory", tier); code != 0 || !strings.Contains(out, "1 tombstones checked") {
		t.Fatalf("%d: %s", code, out)
	}
	// A forged tombstone is found without the server.
	d, err := db.Open(t.Context(), filepath.Join(s.Dir, "tocsin.db"), keep.Log)
	if err != nil {
		t.Fatal(err)
	}
	err = d.System("test").Tx(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE tombstone SET rows_ = 7")
		return err
	})
	d.Close()
	if err != nil {
		t.Fatal(err)
	}
	if code, out := run("verify", "--data", s.Dir, "--tier-directory", tier); code != 1 || !strings.Contains(out, "tombstone of segment "+dropped.ID) {
		t.Fatalf("%d: %s", code, out)
	}
}
