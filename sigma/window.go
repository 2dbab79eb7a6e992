package sigma

import (
	"container/list"
	"sort"
	"strings"
	"time"
)

// entry is one rule match inside a group's window.
type entry struct {
	time  int64
	rule  int    // index in the correlation's rules
	value string // what is counted: the rule or the field's value; "" for event_count
	id    [16]byte
}

// group is the state of one correlation for one set of group-by values.
// Entries are ordered by event time, ties by arrival. They are kept for two
// timespans, so that every window that a late entry belongs to is still whole
// if it is late by one timespan at most.
type group struct {
	key     string
	scope   string
	values  []FieldValue
	entries []entry
	from    int   // entries[from:] is the window that ends at the newest entry
	trail   tally // of that window
	whole   tally // of all entries: what no window can exceed
	quiet   bool  // fired, and no entry since has found the condition false
	fired   int64 // time of the last firing
	place   *list.Element
}

func (g *group) newest() int64 { return g.entries[len(g.entries)-1].time }

// tally counts what the entries of one window amount to. Entries are added in
// order of time and dropped from the front.
type tally struct {
	correlation *Correlation
	events      int
	distinct    map[string]int
	// chain[i] is the latest time at which a run of the rules 0..i in order
	// began; noChain when there is none.
	chain []int64
}

const noChain = -1 << 63

func newTally(c *Correlation) tally {
	t := tally{correlation: c}
	switch c.Type {
	case ValueCount, Temporal:
		t.distinct = map[string]int{}
	case TemporalOrdered:
		t.chain = make([]int64, len(c.Rules))
		for i := range t.chain {
			t.chain[i] = noChain
		}
	}
	return t
}

func (t *tally) add(e entry) {
	t.events++
	if t.distinct != nil {
		t.distinct[e.value]++
	}
	if t.chain != nil {
		start := e.time
		if e.rule > 0 {
			start = t.chain[e.rule-1]
		}
		t.chain[e.rule] = max(t.chain[e.rule], start)
	}
}

func (t *tally) drop(e entry) {
	t.events--
	if t.distinct == nil {
		return
	}
	if t.distinct[e.value]--; t.distinct[e.value] == 0 {
		delete(t.distinct, e.value)
	}
}

// count is the number that the condition is about, for the window that ends
// at time end.
func (t *tally) count(end int64) int {
	switch t.correlation.Type {
	case EventCount:
		return t.events
	case TemporalOrdered:
		n := 0
		for n < len(t.chain) && t.chain[n] >= end-int64(t.correlation.Timespan) {
			n++
		}
		return n
	}
	return len(t.distinct)
}

// insert puts an entry into its place, and calls at for windows that it
// changed, those that end at an entry no earlier than it and no more than a
// timespan later, until one holds the condition. Windows hold the entries at
// most a timespan before their end, both ends included.
func (g *group) insert(e entry, span time.Duration, at func(window []entry, count int) (holds bool)) {
	g.whole.add(e)
	if len(g.entries) == 0 || e.time >= g.newest() {
		g.entries = append(g.entries, e)
		g.from = slide(&g.trail, g.entries, g.from, len(g.entries)-1, span)
		at(g.entries[g.from:], g.trail.count(e.time))
		return
	}
	i := sort.Search(len(g.entries), func(i int) bool { return g.entries[i].time > e.time })
	g.entries = append(g.entries, entry{})
	copy(g.entries[i+1:], g.entries[i:])
	g.entries[i] = e
	if e.time < g.newest()-int64(span) {
		g.from++
	} else {
		g.recount(e)
		if at(g.entries[g.from:], g.trail.count(g.newest())) {
			return
		}
	}
	g.sweep(i, span, at)
}

// recount takes a late entry into the count of the window that it is in. Where
// order matters the window is counted again.
func (g *group) recount(late entry) {
	if g.trail.chain == nil {
		g.trail.add(late)
		return
	}
	g.trail = newTally(g.trail.correlation)
	for _, e := range g.entries[g.from:] {
		g.trail.add(e)
	}
}

// sweep judges the windows that end at entry i or later, but not at the
// newest. Where even all entries together do not hold, no window can: without
// this, a flood of late entries would be counted anew for each of them.
func (g *group) sweep(i int, span time.Duration, at func([]entry, int) bool) {
	c := g.trail.correlation
	if c.growing() && c.Type != TemporalOrdered && !c.holds(g.whole.count(g.newest())) {
		return
	}
	start := g.entries[i].time
	from := sort.Search(len(g.entries), func(k int) bool { return g.entries[k].time >= start-int64(span) })
	t := newTally(c)
	for k := from; k < len(g.entries)-1 && g.entries[k].time <= start+int64(span); k++ {
		from = slide(&t, g.entries, from, k, span)
		if k >= i && at(g.entries[from:k+1], t.count(g.entries[k].time)) {
			return
		}
	}
}

// slide moves the end of the window that t counts to entry k, and returns
// where the window now starts.
func slide(t *tally, entries []entry, from, k int, span time.Duration) int {
	t.add(entries[k])
	for entries[from].time < entries[k].time-int64(span) {
		t.drop(entries[from])
		from++
	}
	return from
}

// forget drops what no window can need any more, then the oldest entries over
// the limit. It returns how many were dropped in all, and how many of them by the limit.
func (g *group) forget(span time.Duration, limit int) (dropped, evicted int) {
	old := g.newest() - 2*int64(span)
	for dropped < len(g.entries) && g.entries[dropped].time < old {
		dropped++
	}
	evicted = max(0, len(g.entries)-dropped-limit)
	dropped += evicted
	for i, e := range g.entries[:dropped] {
		g.whole.drop(e)
		if i >= g.from {
			g.trail.drop(e)
		}
	}
	g.from = max(0, g.from-dropped)
	g.entries = g.entries[dropped:]
	return dropped, evicted
}

// groupKey joins values so that no two lists give the same key.
func groupKey(scope string, values []FieldValue) string {
	var b strings.Builder
	write := func(s string) {
		for n := len(s); ; n >>= 7 {
			if n < 0x80 {
				b.WriteByte(byte(n))
				break
			}
			b.WriteByte(byte(n&0x7f | 0x80))
		}
		b.WriteString(s)
	}
	write(scope)
	for _, v := range values {
		write(v.Value.Text())
	}
	return b.String()
}
