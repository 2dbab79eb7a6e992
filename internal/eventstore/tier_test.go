package eventstore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/tocsin-project/tocsin/internal/problem"
)

// bucket is an S3 server that counts what is fetched and can be down.
type bucket struct {
	back *s3mem.Backend
	gets atomic.Int64
	down atomic.Bool
	opt  S3
}

func newBucket(t *testing.T) *bucket {
	t.Helper()
	b := &bucket{back: s3mem.New()}
	must(t, b.back.CreateBucket("events"))
	serve := gofakes3.New(b.back).Server()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.down.Load() {
			w.WriteHeader(http.StatusForbidden) // not tried again, as a broken connection is
			return
		}
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".parquet") {
			b.gets.Add(1)
		}
		serve.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	b.opt = S3{Endpoint: strings.TrimPrefix(srv.URL, "http://"), Bucket: "events", Prefix: "site-1", Region: "us-east-1", AccessKey: "AK", SecretKey: "not-for-the-log", PlainHTTP: true}
	return b
}

func (b *bucket) tier(t *testing.T) Tier {
	t.Helper()
	tier, err := S3Tier(b.opt)
	must(t, err)
	return tier
}

func (b *bucket) replace(t *testing.T, name string, content []byte) {
	t.Helper()
	_, err := b.back.PutObject("events", "site-1/"+name, map[string]string{}, bytes.NewReader(content), int64(len(content)), nil)
	must(t, err)
}

func directory(t *testing.T) Tier {
	t.Helper()
	tier, err := DirectoryTier(t.TempDir(), t.TempDir())
	must(t, err)
	return tier
}

// Each kind of tier: moved, searched, verified, known after a restart, brought back.
func TestASegmentInTheTierIsSearchedAndComesBack(t *testing.T) {
	for kind, tier := range map[string]func() Tier{
		"directory": func() Tier { return directory(t) },
		"s3":        func() Tier { return newBucket(t).tier(t) },
	} {
		t.Run(kind, func(t *testing.T) {
			dir, o := t.TempDir(), Options{Tier: tier()}
			o.Dir = dir
			s, cat, ids := hourly(t, o)
			must(t, s.Move(t.Context(), ids[0], cat.move))
			must(t, s.Move(t.Context(), ids[0], cat.move)) // there already
			g, err := s.segment(ids[0])
			must(t, err)
			if g.Tier != kind || fileThere(t, s, g) {
				t.Fatalf("tier %q, local file there: %v", g.Tier, fileThere(t, s, g))
			}
			want := all(t, s, 1, Request{})
			if len(want) != 30 {
				t.Fatalf("%d rows", len(want))
			}
			if faults, err := s.Check(t.Context(), g.ID); err != nil || len(faults) > 0 {
				t.Fatalf("%v, %v", faults, err)
			}
			must(t, s.Close(t.Context()))
			o.Catalogue = cat
			s = open(t, o)
			if n := len(all(t, s, 1, Request{Query: parse(t, "tenant")})); n != 30 || len(s.Health()) != 0 {
				t.Fatalf("%d rows after a restart, %+v", n, s.Health())
			}
			must(t, s.Restore(t.Context(), ids[0], cat.move))
			if g, _ = s.segment(ids[0]); g.Tier != "" || !fileThere(t, s, g) || len(all(t, s, 1, Request{})) != 30 {
				t.Fatalf("restored: %+v", g)
			}
			if err := s.o.Tier.Get(t.Context(), g.Location, io.Discard); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the tier's copy after the restore: %v", err)
			}
			if err := s.Restore(t.Context(), ids[0], cat.move); !problem.Is(err, problem.Conflict) {
				t.Errorf("restored twice: %v", err)
			}
		})
	}
}

// Kill points of a move: at each, the segment is read from where it was.
func TestAMoveThatFailsLeavesTheSegmentWhereItWas(t *testing.T) {
	tier := directory(t)
	s, cat, ids := hourly(t, Options{Tier: tier})
	broken := errors.New("the database is gone")
	calls := 0
	failAt := func(n int) func(context.Context, Segment) error {
		calls = 0
		return func(ctx context.Context, g Segment) error {
			if calls++; calls == n {
				return broken
			}
			return cat.move(ctx, g)
		}
	}
	for n := 1; n <= 2; n++ {
		if err := s.Move(t.Context(), ids[0], failAt(n)); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		g, _ := s.segment(ids[0])
		if g.Tier != "" || !fileThere(t, s, g) || len(all(t, s, 1, Request{})) != 30 {
			t.Fatalf("after a failure at note %d: %+v", n, g)
		}
	}
	if g, _ := s.segment(ids[0]); g.Location == "" {
		t.Error("a copy that may be in the tier is forgotten")
	}
	must(t, s.Move(t.Context(), ids[0], cat.move)) // over the copy of before
}

// rotten is a tier that stores something else than it was given.
type rotten struct{ Tier }

func (r rotten) Put(ctx context.Context, name, file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	b[len(b)/2] ^= 1
	other := file + ".rotten"
	defer os.Remove(other)
	if err := os.WriteFile(other, b, 0o600); err != nil {
		return err
	}
	return r.Tier.Put(ctx, name, other)
}

func TestACopyThatIsNotWhatWasSealedIsNotTrusted(t *testing.T) {
	tier := directory(t)
	s, cat, ids := hourly(t, Options{Tier: rotten{tier}})
	if err := s.Move(t.Context(), ids[0], cat.move); err == nil || !strings.Contains(err.Error(), "not what was sealed") {
		t.Fatal(err)
	}
	if g, _ := s.segment(ids[0]); g.Tier != "" || !fileThere(t, s, g) {
		t.Fatalf("%+v", g)
	}
}

func TestACrashBehindAMoveIsTidiedAtStart(t *testing.T) {
	tier := directory(t)
	dir := t.TempDir()
	s, cat, ids := hourly(t, Options{Dir: dir, Tier: tier})
	g, _ := s.segment(ids[0])
	content, err := os.ReadFile(s.localPath(&g))
	must(t, err)
	must(t, s.Move(t.Context(), ids[0], cat.move))
	must(t, s.Close(t.Context()))
	must(t, os.WriteFile(s.localPath(&g), content, 0o600)) // the crash came before it was removed
	s = open(t, Options{Dir: dir, Catalogue: cat, Tier: tier})
	if fileThere(t, s, g) || len(all(t, s, 1, Request{})) != 30 {
		t.Error("the local file of a moved segment stays")
	}
}

func TestTheCacheOfFetchedSegmentsIsBounded(t *testing.T) {
	b := newBucket(t)
	dir := t.TempDir()
	s, cat, ids := hourly(t, Options{Dir: dir, Tier: b.tier(t)})
	var most int64
	for _, id := range ids {
		must(t, s.Move(t.Context(), id, cat.move))
		g, _ := s.segment(id)
		most = max(most, g.Bytes)
	}
	s.cache.max = 2 * most // two of three fit
	inCache := func() int {
		files, err := os.ReadDir(filepath.Join(dir, cacheDir))
		must(t, err)
		return len(files)
	}
	before := b.gets.Load()
	for range 3 {
		if n := len(all(t, s, 1, Request{From: t0 + 120*minute})); n != 20 {
			t.Fatalf("%d rows", n)
		}
	}
	if n := b.gets.Load() - before; n != 2 || inCache() != 2 {
		t.Fatalf("%d fetches for two segments, %d in the cache", n, inCache())
	}
	if n := len(all(t, s, 1, Request{})); n != 30 || inCache() != 2 {
		t.Fatalf("%d rows, %d in the cache", n, inCache())
	}
	// After a restart what is there is used, if it is what was sealed.
	must(t, s.Close(t.Context()))
	files, err := os.ReadDir(filepath.Join(dir, cacheDir))
	must(t, err)
	bad := filepath.Join(dir, cacheDir, files[0].Name())
	content, err := os.ReadFile(bad)
	must(t, err)
	content[len(content)/2] ^= 1
	must(t, os.WriteFile(bad, content, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, cacheDir, "stray.parquet"), nil, 0o600))
	s = open(t, Options{Dir: dir, Catalogue: cat, Tier: b.tier(t)})
	before = b.gets.Load()
	if n := len(all(t, s, 1, Request{})); n != 30 || b.gets.Load()-before != 2 || len(s.Health()) != 0 {
		t.Fatalf("%d rows, %d fetches, %+v", n, b.gets.Load()-before, s.Health())
	}
	if inCache() != 3 {
		t.Errorf("%d files in the cache, want the three segments", inCache())
	}
}

func TestSearchesThatWantTheSameSegmentFetchItOnce(t *testing.T) {
	b := newBucket(t)
	s, cat, ids := hourly(t, Options{Tier: b.tier(t)})
	must(t, s.Move(t.Context(), ids[0], cat.move))
	before := b.gets.Load()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if p, err := s.Search(t.Context(), 1, Request{}); err != nil || len(p.Rows) != 30 {
				t.Errorf("%d rows, %v", len(p.Rows), err)
			}
		})
	}
	wait.Wait()
	if n := b.gets.Load() - before; n != 1 {
		t.Errorf("%d fetches", n)
	}
}

func TestATierThatDoesNotAnswerMakesSearchesIncompleteAndHeals(t *testing.T) {
	b := newBucket(t)
	var log bytes.Buffer
	s, cat, ids := hourly(t, Options{Tier: b.tier(t), Log: slog.New(slog.NewTextHandler(&log, nil))})
	must(t, s.Move(t.Context(), ids[0], cat.move))
	b.down.Store(true)
	p, err := s.Search(t.Context(), 1, Request{})
	must(t, err)
	if len(p.Rows) != 20 || !p.Incomplete || !strings.Contains(p.Reason, ids[0]) {
		t.Fatalf("%d rows: %s", len(p.Rows), p.Reason)
	}
	b.down.Store(false)
	if n := len(all(t, s, 1, Request{})); n != 30 {
		t.Fatalf("%d rows when it answers again", n)
	}
	if !strings.Contains(log.String(), ids[0]) || strings.Contains(log.String(), b.opt.SecretKey) || strings.Contains(log.String(), "Signature") {
		t.Errorf("the log names no segment, or holds a credential: %s", log.String())
	}
}

func TestWhatTheTierLostOrChangedIsFound(t *testing.T) {
	b := newBucket(t)
	s, cat, ids := hourly(t, Options{Tier: b.tier(t)})
	for _, id := range ids[:2] {
		must(t, s.Move(t.Context(), id, cat.move))
	}
	lost, _ := s.segment(ids[0])
	changed, _ := s.segment(ids[1])
	must(t, s.o.Tier.Remove(t.Context(), lost.Location))
	b.replace(t, changed.Location, bytes.Repeat([]byte("x"), int(changed.Bytes)))
	p, err := s.Search(t.Context(), 1, Request{})
	must(t, err)
	if len(p.Rows) != 10 || !p.Incomplete {
		t.Fatalf("%d rows: %s", len(p.Rows), p.Reason)
	}
	states := map[string]string{}
	for _, st := range s.Health() {
		states[st.ID] = st.State
	}
	if states[lost.ID] != SegmentMissing || states[changed.ID] != SegmentDamaged {
		t.Errorf("%v", states)
	}
}

func TestTiersThatAreRefused(t *testing.T) {
	data := t.TempDir()
	inside := filepath.Join(data, "tier")
	must(t, os.Mkdir(inside, 0o700))
	for name, dir := range map[string]string{"inside": inside, "the data directory": data, "absent": filepath.Join(t.TempDir(), "absent")} {
		if _, err := DirectoryTier(dir, data); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	for name, o := range map[string]S3{"no bucket": {Endpoint: "h", AccessKey: "a", SecretKey: "s"}, "no keys": {Endpoint: "h", Bucket: "b"}, "bad endpoint": {Endpoint: "http://h/x y", Bucket: "b", AccessKey: "a", SecretKey: "s"}} {
		if _, err := S3Tier(o); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
