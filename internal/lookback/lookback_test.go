package lookback

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

var update = flag.Bool("update", false, "write what is found into the golden files")

// catalogue lists nothing: stores of these tests never seal.
type catalogue struct{}

func (catalogue) Segments(context.Context) ([]eventstore.Segment, uint64, error) { return nil, 0, nil }
func (catalogue) Commit(context.Context, []eventstore.Segment, uint64) error     { return nil }
func (catalogue) Dropped(context.Context, string) (bool, error)                  { return false, nil }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openStore(t *testing.T) *eventstore.Store {
	t.Helper()
	s, err := eventstore.Open(t.Context(), eventstore.Options{Dir: t.TempDir(), Catalogue: catalogue{}, Metrics: prometheus.NewRegistry()})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close(context.Background())) })
	return s
}

// sections reads a golden file: "-- name --" begins each.
func sections(t *testing.T, file string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(file)
	must(t, err)
	out := map[string]string{}
	name := ""
	for line := range strings.Lines(string(b)) {
		if head, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(head, " --") {
			name = strings.TrimSuffix(head, " --")
			continue
		}
		out[name] += line
	}
	return out
}

// stored normalises raw lines, "received|transport|raw", and stores them.
func stored(t *testing.T, s *eventstore.Store, lines string) {
	t.Helper()
	set, errs := normalize.Load(normalize.Shipped())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	batch := journal.Batch{Seq: 1}
	for line := range strings.Lines(lines) {
		parts := strings.SplitN(strings.TrimRight(line, "\n"), "|", 3)
		if len(parts) != 3 {
			continue
		}
		received, err := time.Parse(time.RFC3339, parts[0])
		must(t, err)
		batch.Records = append(batch.Records, journal.Record{Tenant: 1, Received: received.UnixNano(), Source: "test", Transport: parts[1], Raw: []byte(parts[2])})
	}
	must(t, s.Append(normalize.New(set).Worker().Batch(batch, nil), 1))
	must(t, s.Flush())
}

// rendered shows a result, one line each, with ids as what they stand for.
func rendered(r Result) string {
	var b strings.Builder
	clock := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.Format("15:04:05")
	}
	for _, s := range r.Sessions {
		fmt.Fprintf(&b, "session %s on %q from %q %s to %s %s events=%d failed_before=%d logout_known=%v\n", s.User, s.Host, s.SrcIP, clock(s.Start), clock(s.End), s.How, s.Events, s.FailedBefore, s.LogoutID != "")
	}
	for _, i := range r.Items {
		times := ""
		if i.Count > 1 {
			times = fmt.Sprintf(" x%d to %s", i.Count, clock(i.Last))
		}
		fmt.Fprintf(&b, "%s %s [%s %s] %s%s (%s)\n", clock(i.At), i.Kind, i.Entity.Kind, i.Entity.Value, i.Text, times, i.Source)
	}
	if r.Truncated || r.Incomplete {
		fmt.Fprintf(&b, "truncated=%v incomplete=%v %s\n", r.Truncated, r.Incomplete, r.Reason)
	}
	return b.String()
}

// Realistic lines of each source, read by its mapping, give these sessions and
// this story.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			x := sections(t, file)
			s := openStore(t)
			stored(t, s, x["lines"])
			r := Request{From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixNano(), To: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC).UnixNano()}
			for line := range strings.Lines(x["entities"]) {
				kind, value, _ := strings.Cut(strings.TrimSpace(line), " ")
				r.Entities = append(r.Entities, Entity{kind, value})
			}
			for line := range strings.Lines(x["alerts"]) {
				when, text, _ := strings.Cut(strings.TrimSpace(line), " ")
				at, err := time.Parse(time.RFC3339, when)
				must(t, err)
				r.Alerts = append(r.Alerts, Alert{At: at, Last: at, Text: text, Count: 1, Entities: r.Entities[:1]})
			}
			found, err := Look(t.Context(), s, 1, r)
			must(t, err)
			got := rendered(found)
			for _, i := range found.Items { // each line's event is one that is stored
				if i.Kind == Alarm && i.Source == "detection" {
					continue
				}
				id, err := event.ParseID(i.Event)
				must(t, err)
				if rows, err := s.Get(t.Context(), 1, []event.ID{id}); err != nil || len(rows) == 0 {
					t.Errorf("the event %s of %q: %v", i.Event, i.Text, err)
				}
			}
			if *update {
				whole, err := os.ReadFile(file)
				must(t, err)
				head, _, _ := bytes.Cut(whole, []byte("-- want --\n"))
				must(t, os.WriteFile(file, append(head, "-- want --\n"+got...), 0o600))
			} else if got != x["want"] {
				t.Errorf("got\n%s\nwant\n%s", got, x["want"])
			}
			// Another organisation finds nothing.
			if other, err := Look(t.Context(), s, 2, Request{Entities: r.Entities, From: r.From, To: r.To}); err != nil || len(other.Items)+len(other.Sessions) > 0 {
				t.Errorf("%+v, %v", other, err)
			}
		})
	}
}

// pages answers searches from a list, newest first, without a store.
type pages struct {
	rows  []eventstore.Row
	size  int
	fail  error
	after func(n int) eventstore.Page // further marks, by page
	asked []eventstore.Request
}

func (p *pages) Search(ctx context.Context, _ tenant.ID, r eventstore.Request) (eventstore.Page, error) {
	p.asked = append(p.asked, r)
	n := len(p.asked) - 1
	var page eventstore.Page
	if p.after != nil {
		page = p.after(n)
	}
	lo := min(n*p.size, len(p.rows))
	page.Rows = p.rows[lo:min(lo+p.size, len(p.rows))]
	if lo+p.size < len(p.rows) {
		page.Next = "more"
	} else if p.fail != nil {
		return eventstore.Page{}, p.fail
	}
	return page, ctx.Err()
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// commands are rows of processes, newest first, a second apart.
func commands(n int) (rows []eventstore.Row) {
	for i := range n {
		rows = append(rows, eventstore.Row{Time: noon.Add(-time.Duration(i) * time.Second).UnixNano(), Class: event.ProcessActivity.String(), Severity: "unknown",
			Columns: map[string]any{"user.name": "ann", "host.name": "web-1", "process.cmd": fmt.Sprint("run ", i)}})
	}
	return rows
}

func TestALookIsBoundedAndSaysSo(t *testing.T) {
	ann := []Entity{{"user", "ann"}}
	t.Run("lines", func(t *testing.T) {
		r, err := Look(t.Context(), &pages{rows: commands(maxItems + 7), size: 1000}, 1, Request{Entities: ann})
		must(t, err)
		if !r.Truncated || r.Incomplete || len(r.Items) != maxItems || r.Items[maxItems-1].Text != "ann started run 0 on web-1" {
			t.Errorf("%d items, %v %v", len(r.Items), r.Truncated, r.Incomplete)
		}
	})
	t.Run("events", func(t *testing.T) {
		p := &pages{rows: commands(maxEvents + 2000), size: 1000}
		r, err := Look(t.Context(), p, 1, Request{Entities: ann})
		must(t, err)
		if !r.Truncated || !r.Incomplete || !strings.Contains(r.Reason, "more than 50000 events: nothing before 2026-11-21T22:06:41Z") || len(p.asked) != maxEvents/1000 {
			t.Errorf("%v, %d pages", r.Reason, len(p.asked))
		}
	})
	t.Run("time", func(t *testing.T) {
		p := &pages{rows: commands(1500), size: 1000, fail: fmt.Errorf("search: %w", context.DeadlineExceeded)}
		r, err := Look(t.Context(), p, 1, Request{Entities: ann})
		must(t, err)
		if !r.Incomplete || !strings.Contains(r.Reason, "nothing before 2026-11-22T11:43:21Z") || len(r.Items) != 1000 {
			t.Errorf("%v, %d items", r.Reason, len(r.Items))
		}
	})
	t.Run("a segment that cannot be read", func(t *testing.T) {
		p := &pages{rows: commands(10), size: 1000, after: func(int) eventstore.Page { return eventstore.Page{Incomplete: true, Reason: "Segment x is missing."} }}
		r, err := Look(t.Context(), p, 1, Request{Entities: ann})
		must(t, err)
		if !r.Incomplete || r.Reason != "Segment x is missing." || len(r.Items) != 10 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("entities", func(t *testing.T) {
		var many []Entity
		for n := range maxEntities + 5 {
			many = append(many, Entity{"host", fmt.Sprint("h", n)}, Entity{"host", fmt.Sprint("h", n)})
		}
		p := &pages{}
		r, err := Look(t.Context(), p, 1, Request{Entities: many})
		must(t, err)
		if !r.Incomplete || !strings.Contains(r.Reason, "names 55") || len(r.Entities) != 55 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		p := &pages{}
		for _, of := range [][]Entity{nil, {{"hash", "abc"}, {"user", ""}}} {
			r, err := Look(t.Context(), p, 1, Request{Entities: of, Alerts: []Alert{{At: noon, Text: "x"}}})
			must(t, err)
			if !r.Incomplete || len(r.Items) != 1 || len(p.asked) != 0 {
				t.Errorf("%+v", r)
			}
		}
	})
	t.Run("given up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Look(ctx, &pages{}, 1, Request{Entities: ann}); err == nil {
			t.Error("a look that nobody waits for goes on")
		}
	})
}

// The query is built of the entities' columns; no value can become syntax.
func TestTheQueryNamesTheEntitiesOnly(t *testing.T) {
	for _, x := range []struct {
		entities    []Entity
		match, miss []event.Column
	}{
		{[]Entity{{"user", `x" or *`}}, []event.Column{{ID: event.UserName, Value: event.StringValue(`X" or *`)}}, []event.Column{{ID: event.UserName, Value: event.StringValue("y")}}},
		{[]Entity{{"user", "bob"}}, []event.Column{{ID: event.TargetUserName, Value: event.StringValue("BOB")}}, []event.Column{{ID: event.HostName, Value: event.StringValue("bob")}}},
		{[]Entity{{"ip", "2001:db8::7"}}, []event.Column{{ID: event.DstIP, Value: event.StringValue("2001:db8::7")}}, []event.Column{{ID: event.DstIP, Value: event.StringValue("2001:db8::70")}}},
		{[]Entity{{"host", "a-very-long-…"}}, []event.Column{{ID: event.HostName, Value: event.StringValue("a-very-long-name")}}, []event.Column{{ID: event.HostName, Value: event.StringValue("a-very")}}},
	} {
		q := about(x.entities)
		if !q.Match(&event.Event{Columns: x.match}) || q.Match(&event.Event{Columns: x.miss}) {
			t.Errorf("%v gives %s", x.entities, q)
		}
		if again, err := query.Parse(q.String(), noon); err != nil || again.String() != q.String() {
			t.Errorf("%s reads as %v, %v", q, again, err)
		}
	}
	if q := about([]Entity{{"ip", "not an address"}}); q != nil {
		t.Errorf("%s", q)
	}
	if known := known([]Entity{{"host", "h"}, {"user", "u"}, {"file", "f"}, {"user", "u"}}); !slices.Equal(known, []Entity{{"user", "u"}, {"host", "h"}}) {
		t.Errorf("%v", known)
	}
}
