package sigma

import (
	"container/list"
	"strings"
	"time"
)

// Match is one rule's hit, as a Correlator takes it.
type Match struct {
	Rule  string   // Ref of the rule
	Time  int64    // of the event, ns since 1970 UTC
	Scope string   // windows of different scopes never meet
	ID    [16]byte // of the event
	Event Event
}

// Firing says that a correlation's condition holds for a group.
type Firing struct {
	Correlation *Correlation
	Scope       string
	Group       []FieldValue // the group-by fields
	// Fired is false while the group stays quiet: it fired less than a timespan
	// before, and the condition has held at every entry since. Conditions are
	// judged when entries come in, not by the clock.
	Fired       bool
	Count       int   // what the condition counts
	Events      int   // entries in the window
	First, Last int64 // times of the window's first and last entry, ns
	// IDs are the newest events of the window, oldest first, at most MaxIDs;
	// while quiet, just the new one.
	IDs [][16]byte
}

// MaxIDs is how many contributing events a Firing names.
const MaxIDs = 100

// Limits bound the memory of each correlation, so that a flood in one costs
// the others nothing. Zero values mean the defaults.
type Limits struct {
	Groups      int // groups; default 20,000
	GroupEvents int // entries a group; default 10,000
	Events      int // entries in all groups; default 200,000
}

// Stats counts what a Correlator could not keep, since it was made.
type Stats struct {
	Groups        int    // live groups
	Entries       int    // live entries
	EvictedGroups uint64 // least recently used groups dropped by a limit
	EvictedEvents uint64 // oldest entries dropped by GroupEvents
	Late          uint64 // older than two timespans before their group's newest; not counted
	Ungrouped     uint64 // matches without a group-by or counted field; not counted
}

// Correlator holds the windows of a set of correlations. It is not safe for
// concurrent use: one goroutine feeds it.
type Correlator struct {
	limits  Limits
	windows []*window
	inputs  map[string][]input // by Ref of the rule
	silent  map[string]bool
	stats   Stats
}

// input is a rule's place in a correlation.
type input struct {
	window *window
	rule   int
}

// window is the state of one correlation.
type window struct {
	correlation *Correlation
	signature   string     // changes when the correlation or a rule below it does
	refs        []string   // Ref of each rule
	groupBy     [][]string // fields to read, for each rule
	counted     [][]string // value_count: fields to read, for each rule
	groups      map[string]*group
	recent      *list.List // groups, the least recently used at the back
	newest      map[string]int64
	entries     int
}

// Feed adds a match, and calls emit once for every correlation whose condition
// holds with it. A correlation that fires is itself a match for correlations
// over it; those come after.
func (c *Correlator) Feed(m Match, emit func(Firing)) {
	for _, in := range c.inputs[m.Rule] {
		in.window.feed(c, in.rule, m, func(f Firing) {
			emit(f)
			if f.Fired {
				c.Feed(Match{Rule: f.Correlation.Ref(), Time: f.Last, Scope: m.Scope, ID: m.ID, Event: groupedEvent{m.Event, f.Group}}, emit)
			}
		})
	}
}

func (w *window) feed(c *Correlator, rule int, m Match, emit func(Firing)) {
	values, ok := readFields(m.Event, w.correlation.GroupBy, w.groupBy[rule])
	if !ok {
		c.stats.Ungrouped++
		return
	}
	e := entry{time: m.Time, rule: rule, id: m.ID}
	switch w.correlation.Type {
	case ValueCount:
		counted, ok := readFields(m.Event, w.correlation.Fields, w.counted[rule])
		if !ok {
			c.stats.Ungrouped++
			return
		}
		e.value = groupKey("", counted)
	case Temporal:
		e.value = w.refs[rule]
	}
	g := w.group(c, m.Scope, values)
	span := w.correlation.Timespan
	if len(g.entries) > 0 && m.Time < g.newest()-2*int64(span) {
		c.stats.Late++
		return
	}
	w.entries++
	g.insert(e, span, func(entries []entry, count int) bool {
		end := entries[len(entries)-1].time
		if !w.correlation.holds(count) {
			g.quiet = g.quiet && end < g.newest()
			return false
		}
		f := Firing{
			Correlation: w.correlation, Scope: g.scope, Group: g.values, Count: count,
			Events: len(entries), First: entries[0].time, Last: end,
		}
		if far := end - g.fired; !g.quiet || far >= int64(span) || -far >= int64(span) {
			f.Fired, g.quiet, g.fired = true, true, end
		}
		f.IDs = [][16]byte{m.ID}
		if f.Fired {
			f.IDs = f.IDs[:0]
			for _, e := range entries[max(0, len(entries)-MaxIDs):] {
				f.IDs = append(f.IDs, e.id)
			}
		}
		emit(f)
		return true
	})
	dropped, evicted := g.forget(span, c.limits.GroupEvents)
	w.entries -= dropped
	c.stats.EvictedEvents += uint64(evicted)
	w.touch(c, g, m)
}

// group finds or makes the group of the values.
func (w *window) group(c *Correlator, scope string, values []FieldValue) *group {
	key := groupKey(scope, values)
	if g := w.groups[key]; g != nil {
		return g
	}
	g := &group{key: key, scope: strings.Clone(scope), values: values, trail: newTally(w.correlation), whole: newTally(w.correlation)}
	g.place = w.recent.PushFront(g)
	w.groups[key] = g
	return g
}

// touch marks a group as used, then drops groups whose windows have all
// passed, and the least recently used over the limits.
func (w *window) touch(c *Correlator, g *group, m Match) {
	w.recent.MoveToFront(g.place)
	w.newest[g.scope] = max(w.newest[g.scope], m.Time)
	for w.recent.Len() > 1 {
		last := w.recent.Back().Value.(*group)
		if last.newest() >= w.newest[last.scope]-2*int64(w.correlation.Timespan) {
			if len(w.groups) <= c.limits.Groups && w.entries <= c.limits.Events {
				return
			}
			c.stats.EvictedGroups++
		}
		w.recent.Remove(last.place)
		delete(w.groups, last.key)
		w.entries -= len(last.entries)
	}
}

// readFields reads fields, names them, and keeps copies of their values.
func readFields(ev Event, names, fields []string) ([]FieldValue, bool) {
	out := make([]FieldValue, len(fields))
	for i, f := range fields {
		v, ok := ev.Field(f)
		if !ok || v.Kind() == Null {
			return nil, false
		}
		out[i] = FieldValue{names[i], StringValue(strings.Clone(v.Text()))}
	}
	return out, true
}

// groupedEvent is the event that made a correlation fire, seen by correlations
// over it: its group-by names come first.
type groupedEvent struct {
	Event
	group []FieldValue
}

// Field implements Event.
func (g groupedEvent) Field(name string) (Value, bool) {
	for _, f := range g.group {
		if f.Field == name {
			return f.Value, true
		}
	}
	return g.Event.Field(name)
}

// Reported reports whether a rule's own hits are to be shown: they are not
// when all correlations over it leave generate out.
func (c *Correlator) Reported(ref string) bool { return !c.silent[ref] }

// Correlates reports whether any correlation is over the rule.
func (c *Correlator) Correlates(ref string) bool { return len(c.inputs[ref]) > 0 }

// Stats returns the counters.
func (c *Correlator) Stats() Stats {
	s := c.stats
	for _, w := range c.windows {
		s.Groups += len(w.groups)
		s.Entries += w.entries
	}
	return s
}

// Horizon is how far back in event time the state can reach: feed at least
// that much again to have the same state after a restart.
func (c *Correlator) Horizon() time.Duration {
	longest := time.Duration(0)
	for _, w := range c.windows {
		longest = max(longest, c.reach(w))
	}
	return longest
}

func (c *Correlator) reach(w *window) time.Duration {
	below := time.Duration(0)
	for _, other := range c.windows {
		for _, ref := range w.refs {
			if other.correlation.Ref() == ref {
				below = max(below, c.reach(other))
			}
		}
	}
	return 2*w.correlation.Timespan + below
}

// Adopt takes over the state of correlations that are the same in old, rules
// below them included. Old must not be fed any more.
func (c *Correlator) Adopt(old *Correlator) {
	for _, w := range c.windows {
		for _, o := range old.windows {
			if o.signature == w.signature {
				w.groups, w.recent, w.newest, w.entries = o.groups, o.recent, o.newest, o.entries
			}
		}
	}
	live := c.stats
	c.stats = old.stats
	c.stats.Groups, c.stats.Entries = live.Groups, live.Entries
}
