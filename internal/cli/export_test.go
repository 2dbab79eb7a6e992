package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/event"
)

func TestExportFetchesTheWholeFile(t *testing.T) {
	s := apptest.Start(t, "", nil)
	t.Setenv("TOCSIN_URL", s.URL)
	t.Setenv("TOCSIN_TOKEN", apptest.Bootstrap)
	var evs []event.Event
	for i := range 3 {
		at := time.Now().Add(-time.Minute).UnixNano()
		evs = append(evs, event.Event{Tenant: 1, Time: at, Received: at, Message: "no entry", Raw: []byte("no entry"), Source: "fw", Pos: event.Position{Seq: 1 << 40, Index: uint32(i)}})
		evs[i].ID = event.PositionID(1, at, evs[i].Pos)
	}
	if err := s.Parts.Events.Append(evs, 1<<40); err != nil {
		t.Fatal(err)
	}
	if err := s.Parts.Events.Flush(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "out.csv")
	if code, out := run("export", "entry", "--since", "1h", "--fields", "source,message", "--out", file); code != 0 || !strings.Contains(out, "3 rows, ") {
		t.Fatalf("%d: %s", code, out)
	}
	b, err := os.ReadFile(file)
	if want := "source,message\n" + strings.Repeat("fw,no entry\n", 3); err != nil || string(b) != want {
		t.Errorf("%v %q", err, b)
	}
	if code, out := run("export", "* | count", "--format", "ndjson", "--from", "now-1h", "--out", "-"); code != 0 || !strings.HasPrefix(out, `{"count":3}`) {
		t.Errorf("%d: %s", code, out)
	}
	for _, bad := range [][]string{{"export", "entry"}, {"export", "(", "--out", file}, {"export", "x", "--format", "xlsx", "--out", file}} {
		if code, out := run(bad...); code != 2 {
			t.Errorf("%v: %d %s", bad, code, out)
		}
	}
	left, err := filepath.Glob(filepath.Dir(file) + "/*.part")
	if err != nil || len(left) > 0 {
		t.Errorf("%v left", left)
	}
}
