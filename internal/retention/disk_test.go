package retention

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/db/dbtest"
)

func TestStatesOfTheDisk(t *testing.T) {
	d := Disk{LowPercent: 10, FullPercent: 3}
	for free, want := range map[uint64]string{0: DiskFull, 29: DiskFull, 30: DiskLow, 99: DiskLow, 100: DiskOK, 1000: DiskOK} {
		state, missing := d.state(Space{free, 1000})
		if state != want || (missing > 0) != (want != DiskOK) || missing > 0 && missing != int64(100-free) {
			t.Errorf("%d free: %s, %d missing", free, state, missing)
		}
	}
	if sp, err := StatDisk(t.TempDir())(); err != nil || sp.Total == 0 || sp.Free > sp.Total {
		t.Errorf("%+v, %v", sp, err)
	}
}

// The disk's space follows what is in the data directory.
func (w *world) fill(total int64) {
	w.Disk.Space = func() (Space, error) {
		free := total
		for _, g := range w.store.segments {
			if g.Tier == "" {
				free -= g.Bytes
			}
		}
		return Space{uint64(max(free, 0)), uint64(total)}, nil
	}
}

func TestADiskThatFillsUp(t *testing.T) {
	build := func(t *testing.T) (*world, []string) {
		w := newWorld(t, dbtest.SQLite(t))
		var ids []string
		for i := range 10 {
			class := "default"
			if i%2 == 1 {
				class = "logs"
			}
			ids = append(ids, w.segment(class, noon.Add(-days(100-i)), noon.Add(-days(100-i)), 99, "word"+string(rune('0'+i))))
		}
		w.fill(1000) // 990 used: 1 % free
		return w, ids
	}
	t.Run("without a floor nothing goes early", func(t *testing.T) {
		w, ids := build(t)
		w.Pass(t.Context())
		if !slices.Equal(w.left(), ids) {
			t.Fatalf("left %v", w.left())
		}
		st := w.DiskStatus()
		if st.State != DiskFull || st.Free != 10 || st.Total != 1000 || !strings.Contains(st.Plan, "Add space now") {
			t.Errorf("%+v", st)
		}
	})
	t.Run("down to the floor that a class allows, oldest first, nothing held", func(t *testing.T) {
		w, ids := build(t)
		w.set(Class{Name: "logs", FloorDays: 95})
		w.hold("word1", noon.Add(-days(200)), noon)
		w.Pass(t.Context())
		// 90 bytes are missing: one segment; the oldest of the class is held.
		if want := slices.Delete(slices.Clone(ids), 3, 4); !slices.Equal(w.left(), want) {
			t.Fatalf("left %v", w.left())
		}
		if st := w.DiskStatus(); st.State != DiskOK {
			t.Errorf("%+v", st)
		}
	})
	t.Run("nothing younger than the floor", func(t *testing.T) {
		w, ids := build(t)
		w.set(Class{Name: "logs", FloorDays: 1000})
		w.Pass(t.Context())
		if !slices.Equal(w.left(), ids) {
			t.Fatalf("left %v", w.left())
		}
	})
	t.Run("to the tier first", func(t *testing.T) {
		w, ids := build(t)
		w.set(Class{Name: "logs", FloorDays: 1})
		w.Tier = Tier{Kind: "directory", AfterDays: 10_000}
		w.Pass(t.Context())
		if !slices.Equal(w.left(), ids) || w.store.segments[0].Tier == "" || w.store.segments[1].Tier != "" {
			t.Fatalf("left %v, the first in tier %q", w.left(), w.store.segments[0].Tier)
		}
	})
	t.Run("a disk that cannot be asked costs nothing", func(t *testing.T) {
		w, ids := build(t)
		w.set(Class{Name: "logs", FloorDays: 1})
		w.Disk.Space = func() (Space, error) { return Space{}, errors.New("no answer") }
		w.Pass(t.Context())
		if !slices.Equal(w.left(), ids) || len(w.Alarms()) != 1 {
			t.Fatalf("left %v, alarms %v", w.left(), w.Alarms())
		}
	})
}
