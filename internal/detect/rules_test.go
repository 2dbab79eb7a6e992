package detect

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/sigma"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func newEngine(t testing.TB, o Options) *Engine {
	t.Helper()
	o.Log = quiet()
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// start is when all test events happen, a little past a minute's boundary.
var start = testStart

// Every starter rule that is reported has tests in its own file, and passes them.
func TestStarterRules(t *testing.T) {
	tested, err := RunTests(StarterRules())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range tested.Report.Rejected {
		t.Errorf("rejected: %v", e)
	}
	for _, r := range tested.Tests {
		if !r.Pass() {
			t.Errorf("%s:%d: %s: %d hits, want %d. %s", r.File, r.Line, r.Title, r.Got, r.Want, r.Fault)
		}
	}
	for _, l := range tested.Untested {
		t.Errorf("%s: %q has no tests", l.File, l.Title)
	}
	rules, correlations, positive := 0, 0, map[string]bool{}
	for _, r := range tested.Tests {
		positive[r.ID] = positive[r.ID] || r.Want > 0
	}
	for _, l := range tested.Report.Loaded {
		if l.Author != "Tocsin" || l.License != "Apache-2.0" || l.Level == sigma.LevelNone || len(l.ID) != 36 {
			t.Errorf("%s:%d: %s lacks author, licence, level or id", l.File, l.Line, l.Title)
		}
		switch {
		case event.ParseSeverity(string(l.Level)) <= event.Informational:
			continue // only counted by correlations, or ends another's alert
		case l.Correlation:
			correlations++
		default:
			rules++
		}
		if !positive[l.ID] {
			t.Errorf("%s: %q has no test in which it fires", l.File, l.Title)
		}
		for _, tag := range l.Tags {
			if strings.HasPrefix(tag, "attack.defense") && tag != "attack.defense-impairment" {
				t.Errorf("%s: %q: tag %s is not of ATT&CK v19", l.File, l.Title, tag)
			}
		}
	}
	t.Logf("%d rules and %d correlations, %d tests", rules, correlations, len(tested.Tests))
	if rules < 80 || correlations < 15 {
		t.Errorf("%d rules and %d correlations, want 80 and 15", rules, correlations)
	}
}
