package pipeline_test

import (
	"errors"
	"io"
	"os"
	"testing"

	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/pipeline"
	"github.com/tocsin-project/tocsin/sigma"
)

// keeper stands for a correlator that can write its windows down.
type keeper struct {
	restored int
	refuses  bool
}

func (k *keeper) Snapshot(w io.Writer) error {
	_, err := io.WriteString(w, "the windows")
	return err
}

func (k *keeper) Restore(r io.Reader) (int, error) {
	b, err := io.ReadAll(r)
	if err != nil || string(b) != "the windows" || k.refuses {
		return 0, errors.New("these windows do not fit")
	}
	k.restored++
	return 1, nil
}

func (s *site) evaluations() float64 {
	s.Helper()
	families, err := s.reg.Gather()
	if err != nil {
		s.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "tocsin_detect_evaluations_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	s.Fatal("no such metric")
	return 0
}

// What the windows hold is not matched again after a restart; without them, or
// with damaged ones, it is, and nothing is raised twice either way.
func TestWindowsSurviveARestartWithoutAReplay(t *testing.T) {
	k := &keeper{}
	s := &site{T: t, dir: t.TempDir(), db: dbtest.SQLite(t), max: 64 << 20, windows: func(*sigma.Correlator) detect.Windows { return k }}
	var n int
	var count int64
	s.run(func(j journal.Journal, p *pipeline.Pipeline) {
		for range 3 {
			s.append(j, failures(30))
		}
		s.caughtUp(j, p)
		n, count = s.alerts()
	})
	again := func(what string, replayed bool, restored int) {
		t.Helper()
		s.run(func(j journal.Journal, p *pipeline.Pipeline) {
			s.caughtUp(j, p)
			if got := s.evaluations() > 0; got != replayed {
				t.Errorf("%s: matched again %v, want %v", what, got, replayed)
			}
			if k.restored != restored {
				t.Errorf("%s: restored %d times, want %d", what, k.restored, restored)
			}
			if a, c := s.alerts(); a != n || c != count {
				t.Errorf("%s: %d alerts of %d events, before %d of %d", what, a, c, n, count)
			}
		})
	}
	again("whole", false, 1)
	whole, err := os.ReadFile(s.file())
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 20, len(whole) - 40, len(whole) - 1} {
		bad := append([]byte(nil), whole...)
		bad[at] ^= 1
		if err := os.WriteFile(s.file(), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		again("damaged", true, 1)
		if got, err := os.ReadFile(s.file()); err != nil || string(got) != string(whole) {
			t.Errorf("after a replay the windows are not written down anew: %v", err)
		}
	}
	k.refuses = true
	again("refused", true, 1)
	k.refuses = false
	if err := os.Remove(s.file()); err != nil {
		t.Fatal(err)
	}
	again("missing", true, 1)
	again("whole again", false, 2)
}

// A file that is ahead of the committed alerts belongs to another database.
func TestWindowsAheadOfTheDatabaseAreNotTaken(t *testing.T) {
	k := &keeper{}
	s := &site{T: t, dir: t.TempDir(), db: dbtest.SQLite(t), max: 64 << 20, windows: func(*sigma.Correlator) detect.Windows { return k }}
	s.run(func(j journal.Journal, p *pipeline.Pipeline) {
		s.append(j, failures(30))
		s.caughtUp(j, p)
	})
	s.db = dbtest.SQLite(t) // an empty one: a backup from before
	s.run(func(j journal.Journal, p *pipeline.Pipeline) {
		s.caughtUp(j, p)
		if n, _ := s.alerts(); n == 0 || k.restored != 0 {
			t.Errorf("%d alerts, restored %d times", n, k.restored)
		}
	})
}
