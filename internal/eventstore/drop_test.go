package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// hourly is a store with three segments of ten rows, an hour apart; their ids
// are oldest first.
func hourly(t *testing.T, o Options) (s *Store, cat *memCatalogue, ids []string) {
	t.Helper()
	cat = &memCatalogue{}
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	o.Catalogue = cat
	s = open(t, o)
	for seq := uint64(1); seq <= 3; seq++ {
		must(t, s.Append(simple(1, seq, 10, func(i int) int64 { return t0 + int64(seq)*60*minute + int64(i) }), seq))
		must(t, s.Seal(t.Context()))
		ids = append(ids, cat.segments[seq-1].ID)
	}
	return s, cat, ids
}

func fileThere(t *testing.T, s *Store, g Segment) bool {
	t.Helper()
	_, err := os.Stat(s.localPath(&g))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

func TestDropTakesSegmentsOutOfSearchAndRemovesTheirFiles(t *testing.T) {
	s, cat, ids := hourly(t, Options{})
	old, err := s.segment(ids[0])
	must(t, err)
	must(t, os.WriteFile(filterPath(s.localPath(&old)), []byte("filter"), 0o600))
	must(t, s.Drop(t.Context(), []string{ids[0], "unknown"}, cat.drop))
	if n := len(all(t, s, 1, Request{})); n != 20 {
		t.Fatalf("%d rows, want 20", n)
	}
	if fileThere(t, s, old) {
		t.Error("the dropped file is still there")
	}
	if _, err := os.Stat(filterPath(s.localPath(&old))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its filter is still there (%v)", err)
	}
	must(t, s.Drop(t.Context(), ids[:1], func(context.Context, []Segment) error { t.Error("committed twice"); return nil }))
}

// Kill points: before the commit, in it, behind it.
func TestDropWhoseCommitFails(t *testing.T) {
	broken := errors.New("the database is gone")
	s, cat, ids := hourly(t, Options{})
	cat.setFail(broken)
	if err := s.Drop(t.Context(), ids[:1], cat.drop); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if n := len(all(t, s, 1, Request{})); n != 30 {
		t.Fatalf("%d rows after a drop that failed, want 30", n)
	}
	cat.setFail(nil)
	cat.lost = errors.New("connection reset") // committed, but the answer was lost
	must(t, s.Drop(t.Context(), ids[:1], cat.drop))
	if n := len(all(t, s, 1, Request{})); n != 20 {
		t.Fatalf("%d rows, want 20", n)
	}
}

func TestACrashBehindTheCommitOfADropIsTidiedAtStart(t *testing.T) {
	dir := t.TempDir()
	s, cat, ids := hourly(t, Options{Dir: dir})
	g, err := s.segment(ids[0])
	must(t, err)
	must(t, os.WriteFile(filterPath(s.localPath(&g)), []byte("filter"), 0o600))
	must(t, cat.drop(t.Context(), []Segment{g}))
	must(t, s.Close(t.Context()))
	s = open(t, Options{Dir: dir, Catalogue: cat})
	if n := len(all(t, s, 1, Request{})); n != 20 || fileThere(t, s, g) {
		t.Fatalf("%d rows, file there: %v", n, fileThere(t, s, g))
	}
	left, err := filepath.Glob(filepath.Join(dir, segmentsDir, "*", "*", "*"))
	must(t, err)
	if len(left) != 4 { // two segments and their filters
		t.Errorf("left: %v", left)
	}
}

func TestASearchThatRunsKeepsTheFilesItReads(t *testing.T) {
	s, cat, ids := hourly(t, Options{})
	g, err := s.segment(ids[0])
	must(t, err)
	early, late := s.view(), s.view()
	must(t, s.Drop(t.Context(), ids[:1], cat.drop))
	if !fileThere(t, s, g) {
		t.Fatal("the file went under a search")
	}
	after := s.view()
	s.release(late)
	if !fileThere(t, s, g) {
		t.Fatal("the file went under the older of two searches")
	}
	rows := 0
	for _, src := range s.sources(early, 1, nil, t0, t0+24*60*minute) {
		st := &statement{}
		selectInto(st, "count(*)", src, 1, nil, t0, t0+24*60*minute)
		must(t, s.run(t.Context(), st, func(rs *sql.Rows) error {
			var n int
			err := rs.Scan(&n)
			rows += n
			return err
		}))
	}
	if rows != 30 {
		t.Errorf("the older search reads %d rows, want 30", rows)
	}
	s.release(early) // a search that began behind the drop does not keep it
	if fileThere(t, s, g) {
		t.Error("the file stays after its last search")
	}
	s.release(after)
}

func TestMayContainIsFalseOnlyWhenThatIsSure(t *testing.T) {
	s, _, ids := hourly(t, Options{})
	g, err := s.segment(ids[1])
	must(t, err)
	for name, c := range map[string]struct {
		id     string
		lo, hi int64
		want   bool
	}{
		"inside": {ids[1], g.MinTime + 1, g.MinTime + 2, true}, "touches its start": {ids[1], 0, g.MinTime, true}, "touches its end": {ids[1], g.MaxTime, g.MaxTime + 1, true},
		"before": {ids[1], 0, g.MinTime - 1, false}, "after": {ids[1], g.MaxTime + 1, g.MaxTime + 2, false}, "unknown": {"unknown", 0, 1, true},
	} {
		if got := s.MayContain(c.id, nil, c.lo, c.hi); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if !s.MayContain(ids[1], parse(t, "tenant"), g.MinTime, g.MaxTime) {
		t.Error("a query that matches is said not to")
	}
}
