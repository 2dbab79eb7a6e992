package detect

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

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
var start = time.Date(2026, 3, 1, 12, 0, 7, 0, time.UTC)

// makeEvent reads an event as rules' tests write it: envelope fields and
// normalised columns by their names, all else as native fields.
func makeEvent(t testing.TB, n *sigma.Node, sources []event.Logsource, offset time.Duration, number int) event.Event {
	t.Helper()
	ev := event.Event{Tenant: 1, Time: start.Add(offset).UnixNano(), Logsource: sources}
	set := func(name string, v event.Value) {
		switch name {
		case "class":
			class, ok := event.ParseClass(v.Text())
			if !ok {
				t.Errorf("unknown class %q", v.Text())
			}
			ev.Class = class
		case "outcome":
			ev.Outcome = event.ParseOutcome(v.Text())
		case "message":
			ev.Message, ev.Raw = v.Text(), []byte(v.Text())
		default:
			if id, ok := event.ColumnByName(name); ok {
				ev.Columns = append(ev.Columns, event.Column{ID: id, Value: v})
			} else {
				ev.Fields = append(ev.Fields, event.Field{Key: name, Value: v})
			}
		}
	}
	for _, p := range n.Pairs {
		switch p.Key {
		case "at", "repeat", "every", "suffix":
		case "count": // the named field counts through the repetitions
			v := event.IntValue(int64(number + 1))
			if s := n.Get("suffix").Text(); s != "" {
				v = event.StringValue(fmt.Sprint("/", number, s))
			}
			set(p.Value.Text(), v)
		default:
			v := event.StringValue(p.Value.Text())
			if f, ok := p.Value.Scalar.Number(); ok && p.Value.Scalar.Kind() == sigma.Int {
				v = event.IntValue(int64(f))
			}
			set(p.Key, v)
		}
	}
	ev.ID = event.NewID(1, ev.Time, fmt.Append(nil, n.Line, number))
	return ev
}

func sourceOf(n *sigma.Node) event.Logsource {
	return event.Logsource{Category: n.Get("category").Text(), Product: n.Get("product").Text(), Service: n.Get("service").Text()}
}

func duration(t testing.TB, n *sigma.Node) time.Duration {
	if n.Text() == "" {
		return 0
	}
	d, err := time.ParseDuration(n.Text())
	if err != nil {
		t.Errorf("line %d: %v", n.Line, err)
	}
	return d
}

// Every starter rule that is reported has tests in its own file, and passes them.
func TestStarterRules(t *testing.T) {
	rules := StarterRules()
	report := newEngine(t, Options{Starter: rules}).Report()
	for _, e := range report.Rejected {
		t.Errorf("rejected: %v", e)
	}
	t.Logf("%d starter rules and correlations", len(report.Loaded))
	files, err := fs.Glob(rules, "*.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := fs.ReadFile(rules, file)
		if err != nil {
			t.Fatal(err)
		}
		docs, _ := sigma.Parse(file, data)
		byName := map[string]*sigma.Document{}
		for _, d := range docs {
			byName[d.Name] = d
			if d.Author != "Tocsin" || d.License != "Apache-2.0" || d.Level == sigma.LevelNone || len(d.ID) != 36 {
				t.Errorf("%s:%d: %s lacks author, licence, level or id", file, d.Line, d.Title)
			}
		}
		for _, d := range docs {
			tests := d.Custom["tests"]
			if tests == nil && !strings.HasPrefix(d.Name, "tocsin-") {
				t.Errorf("%s: %q has no tests", file, d.Title)
			}
			var source event.Logsource
			if d.Rule != nil {
				source = event.Logsource{Category: d.Rule.Logsource.Category, Product: d.Rule.Logsource.Product, Service: d.Rule.Logsource.Service}
			} else if base := byName[d.Correlation.Rules[len(d.Correlation.Rules)-1]]; base != nil && base.Rule != nil {
				source = event.Logsource{Category: base.Rule.Logsource.Category, Product: base.Rule.Logsource.Product}
			}
			if tests == nil {
				continue
			}
			for _, c := range tests.Items {
				runCase(t, fmt.Sprintf("%s:%d: %s", file, c.Line, d.Title), rules, d.ID, c, source)
			}
		}
	}
}

func runCase(t *testing.T, name string, rules fs.FS, id string, c *sigma.Node, source event.Logsource) {
	if n := c.Get("logsource"); n != nil {
		source = sourceOf(n)
	}
	var evs []event.Event
	want := 0
	if single := c.Get("event"); single != nil {
		evs = append(evs, makeEvent(t, single, []event.Logsource{source}, 0, 0))
		if c.Get("match").Text() == "true" {
			want = 1
		}
	} else {
		fmt.Sscan(c.Get("hits").Text(), &want)
		for _, n := range c.Get("events").Items {
			repeat := 1
			fmt.Sscan(n.Get("repeat").Text(), &repeat)
			for i := range repeat {
				offset := duration(t, n.Get("at")) + time.Duration(i)*duration(t, n.Get("every"))
				evs = append(evs, makeEvent(t, n, []event.Logsource{source}, offset, i))
			}
		}
	}
	e := newEngine(t, Options{Starter: rules})
	got := 0
	for i := range evs {
		e.Process(evs[i:i+1], false, func(h Hit) {
			if h.RuleID == id && !h.Ongoing {
				got++
				if h.Summary == "" || strings.Contains(h.Summary, "{") || h.Count < 1 || len(h.EventIDs) == 0 {
					t.Errorf("%s: incomplete hit %+v", name, h)
				}
			}
		})
	}
	if got != want {
		t.Errorf("%s: %d hits, want %d", name, got, want)
	}
}
