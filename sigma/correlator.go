package sigma

import "time"

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
	Count       int     // what the condition counts; entries in the window where it does not count
	Value       float64 // what the condition is about: the count, sum, mean, percentile; 1 for an Expression
	Why         string  // of the unusual, in plain words
	Events      int     // entries in the window
	First, Last int64   // times of the window's first and last entry, ns
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
	Late          uint64 // older than two timespans before their group's newest, or before 1714 or after 2225; not counted
	Ungrouped     uint64 // matches without a group-by field, or without a value or number to count; not counted
}

// Correlator holds the windows of a set of correlations. It is not safe for
// concurrent use: one goroutine feeds it.
type Correlator struct {
	limits  Limits
	watches []*tracked
	inputs  map[string][]input // by Ref of the rule
	silent  map[string]bool
	stats   Stats
}

// input is a rule's place in a correlation.
type input struct {
	tracked *tracked
	rule    int
}

// tracked is one correlation at work.
type tracked struct {
	correlation *Correlation
	signature   string   // changes when the correlation or a rule below it does
	refs        []string // Ref of each rule
	keeper
}

// keeper is the state of one correlation.
type keeper interface {
	// wire says which fields stand for the names, for each rule.
	wire(groupBy, counted [][]string)
	// feed adds a match; held says that the condition holds with it.
	feed(rule int, m Match, stats *Stats) (f Firing, held bool)
	// adopt takes over the state of a keeper of the same signature.
	adopt(old keeper)
	size() (groups, entries int)
	reach() time.Duration // how far back in event time it can reach
	empty() keeper        // another without state
	save(e *encoder)
	load(d *decoder) // into an empty one; a bad decoder leaves it of no use
}

// Feed adds a match, and calls emit once for every correlation whose condition
// holds with it. A correlation that fires is itself a match for correlations
// over it; those come after.
func (c *Correlator) Feed(m Match, emit func(Firing)) {
	for _, in := range c.inputs[m.Rule] {
		f, held := in.tracked.feed(in.rule, m, &c.stats)
		if !held {
			continue
		}
		emit(f)
		if f.Fired {
			c.Feed(Match{Rule: f.Correlation.Ref(), Time: f.Last, Scope: m.Scope, ID: m.ID, Event: groupedEvent{m.Event, f.Group}}, emit)
		}
	}
}

// Reported reports whether a rule's own hits are to be shown: they are not
// when all correlations over it leave generate out.
func (c *Correlator) Reported(ref string) bool { return !c.silent[ref] }

// Correlates reports whether any correlation is over the rule.
func (c *Correlator) Correlates(ref string) bool { return len(c.inputs[ref]) > 0 }

// Stats returns the counters.
func (c *Correlator) Stats() Stats {
	s := c.stats
	for _, w := range c.watches {
		groups, entries := w.size()
		s.Groups += groups
		s.Entries += entries
	}
	return s
}

// Horizon is how far back in event time the state can reach: feed at least
// that much again to have the same state after a restart. It does not cover
// the unusual, whose memory only a Snapshot keeps.
func (c *Correlator) Horizon() time.Duration {
	longest := time.Duration(0)
	for _, w := range c.watches {
		longest = max(longest, c.horizon(w))
	}
	return longest
}

// Memory is how far back in event time anything is remembered, the unusual
// included: after that much, habits are learnt.
func (c *Correlator) Memory() time.Duration {
	longest := c.Horizon()
	for _, w := range c.watches {
		if u := w.correlation.Unusual; u != nil {
			longest = max(longest, u.Memory)
		}
	}
	return longest
}

func (c *Correlator) horizon(w *tracked) time.Duration {
	below := time.Duration(0)
	for _, other := range c.watches {
		for _, ref := range w.refs {
			if other.correlation.Ref() == ref {
				below = max(below, c.horizon(other))
			}
		}
	}
	return w.reach() + below
}

// Adopt takes over the state of correlations that are the same in old, rules
// below them included. Old must not be fed any more.
func (c *Correlator) Adopt(old *Correlator) {
	states := map[string]keeper{}
	for _, w := range old.watches {
		states[w.signature] = w.keeper
	}
	for _, w := range c.watches {
		if k := states[w.signature]; k != nil {
			w.adopt(k)
		}
	}
	live := c.stats
	c.stats = old.stats
	c.stats.Groups, c.stats.Entries = live.Groups, live.Entries
}
