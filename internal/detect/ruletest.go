package detect

import (
	"fmt"
	"io/fs"
	"log/slog"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/sigma"
)

// RuleTest is one test that a rule carries under the key tests, and how it
// came out.
//
//	tests:
//	  - {match: true, event: {Image: 'C:\x.exe'}}          # one event
//	  - hits: 1                                            # several
//	    events:
//	      - {user.name: root, repeat: 5, every: 10s}       # at: an offset; count: FIELD numbers the repetitions
//
// Names are those of normalised columns and of the envelope; all others are
// native fields. Events come in order of time, from the rule's own log source unless the test
// gives a logsource.
type RuleTest struct {
	File  string
	Line  int
	ID    string
	Title string
	Got   int
	Want  int
	Fault string // what is wrong with the test or the hit itself
}

// Pass reports whether the test came out as it should.
func (t RuleTest) Pass() bool { return t.Fault == "" && t.Got == t.Want }

// TestedRules is the result of RunTests.
type TestedRules struct {
	Report   Report
	Tests    []RuleTest
	Untested []Loaded // rules that are reported and carry no test
}

// testStart is when tests begin, a little past a minute's boundary.
var testStart = time.Date(2026, 3, 1, 12, 0, 7, 0, time.UTC)

// RunTests runs the tests that the rules of a file system carry, each with
// windows of its own.
func RunTests(fsys fs.FS) (TestedRules, error) {
	o := Options{Starter: fsys, Informational: true, Log: slog.New(slog.DiscardHandler)}
	g, err := load(o)
	if err != nil {
		return TestedRules{}, err
	}
	out := TestedRules{Report: g.report}
	docs := make([]*sigma.Document, 0, len(g.report.Loaded))
	for _, l := range g.report.Loaded {
		docs = append(docs, g.byID[l.ID].doc)
	}
	for _, l := range g.report.Loaded {
		r := g.byID[l.ID]
		tests := r.doc.Custom["tests"]
		if tests == nil {
			if r.severity > event.Informational {
				out.Untested = append(out.Untested, l)
			}
			continue
		}
		source := g.sourceOf(r)
		for _, c := range tests.Items {
			t := RuleTest{File: r.doc.File, Line: c.Line, ID: l.ID, Title: l.Title}
			// Matcher and rules are shared, the windows are new.
			fresh := *g
			fresh.correlator, _ = sigma.NewCorrelator(docs, sigma.Limits{})
			t.run(&fresh, o, c, source)
			out.Tests = append(out.Tests, t)
		}
	}
	return out, nil
}

// sourceOf is the log source of a rule; that of a correlation is its last rule's.
func (g *generation) sourceOf(r *rule) event.Logsource {
	for range 10 {
		if r.doc.Rule != nil {
			l := r.doc.Rule.Logsource
			return event.Logsource{Category: l.Category, Product: l.Product, Service: l.Service}
		}
		refs := r.doc.Correlation.Rules
		last := refs[len(refs)-1]
		for _, other := range g.byID {
			if other.doc.ID == last || other.doc.Name == last {
				r = other
				break
			}
		}
	}
	return event.Logsource{}
}

func (t *RuleTest) run(g *generation, o Options, c *sigma.Node, source event.Logsource) {
	if n := c.Get("logsource"); n != nil {
		source = event.Logsource{Category: n.Get("category").Text(), Product: n.Get("product").Text(), Service: n.Get("service").Text()}
	}
	var evs []event.Event
	if single := c.Get("event"); single != nil {
		evs = append(evs, t.event(single, source, 0, 0))
		if c.Get("match").Text() == "true" {
			t.Want = 1
		}
	} else if list := c.Get("events"); list != nil {
		t.Want, _ = strconv.Atoi(c.Get("hits").Text())
		for _, n := range list.Items {
			repeat := 1
			if text := n.Get("repeat").Text(); text != "" {
				repeat, _ = strconv.Atoi(text)
			}
			for i := range min(repeat, 100_000) {
				evs = append(evs, t.event(n, source, t.duration(n.Get("at"))+time.Duration(i)*t.duration(n.Get("every")), i))
			}
		}
	} else {
		t.fault("line %d: a test has an event with match, or events with hits", c.Line)
	}
	sort.SliceStable(evs, func(i, j int) bool { return evs[i].Time < evs[j].Time })
	m, err := newMetrics(nil)
	if err != nil {
		t.fault("%v", err)
		return
	}
	e := &Engine{options: o, metrics: m, seen: newSeen(o.now)}
	e.latest.Store(g)
	for i := range evs {
		e.Process(evs[i:i+1], false, func(h Hit) {
			if h.RuleID != t.ID || h.Ongoing {
				return
			}
			t.Got++
			if h.Summary == "" || strings.Contains(h.Summary, "{") || h.Count < 1 || len(h.EventIDs) == 0 {
				t.fault("an incomplete hit, summary %q", h.Summary)
			}
		})
	}
}

func (t *RuleTest) fault(format string, args ...any) {
	if t.Fault == "" {
		t.Fault = fmt.Sprintf(format, args...)
	}
}

// event reads an event as tests write it.
func (t *RuleTest) event(n *sigma.Node, source event.Logsource, offset time.Duration, number int) event.Event {
	ev := event.Event{Tenant: 1, Time: testStart.Add(offset).UnixNano(), Logsource: []event.Logsource{source}}
	for _, p := range n.Pairs {
		switch p.Key {
		case "at", "repeat", "every", "suffix":
		case "count": // the named field counts through the repetitions
			v := event.IntValue(int64(number + 1))
			if s := n.Get("suffix").Text(); s != "" {
				v = event.StringValue(fmt.Sprint("/", number, s))
			}
			t.set(&ev, p.Value.Text(), v)
		default:
			t.set(&ev, p.Key, nodeValue(p.Value))
		}
	}
	ev.ID = event.NewID(1, ev.Time, fmt.Append(nil, n.Line, number))
	return ev
}

func nodeValue(n *sigma.Node) event.Value {
	if n.Kind == sigma.ListNode {
		var list []event.Value
		for _, m := range n.Items {
			list = append(list, nodeValue(m))
		}
		return event.ListValue(list)
	}
	if f, ok := n.Scalar.Number(); ok && n.Scalar.Kind() == sigma.Int {
		return event.IntValue(int64(f))
	}
	return event.StringValue(n.Text())
}

func (t *RuleTest) set(ev *event.Event, name string, v event.Value) {
	switch name {
	case "class":
		class, ok := event.ParseClass(v.Text())
		if !ok {
			t.fault("unknown class %q", v.Text())
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

func (t *RuleTest) duration(n *sigma.Node) time.Duration {
	if n.Text() == "" {
		return 0
	}
	d, err := time.ParseDuration(n.Text())
	if err != nil {
		t.fault("line %d: %v", n.Line, err)
	}
	return d
}
