package sigma

import (
	"crypto/rand"
	"math"
	"sort"
	"time"
)

// window is the state of one correlation. Entries are ordered by event time,
// ties by arrival. They are kept for two timespans, so that every window that
// a late entry belongs to is still whole if it is late by one timespan at most.
type window struct {
	correlation *Correlation
	limits      Limits
	span        int64
	groupBy     [][]string // fields to read, for each rule
	counted     [][]string // the same of the condition's fields
	key         hashKey
	table       *groupTable
	entries     int
	reader      keyReader
}

func newWindow(c *Correlation, limits Limits) *window {
	w := &window{correlation: c, limits: limits, span: int64(c.Timespan), table: newGroupTable()}
	_, _ = rand.Read(w.key[:]) // never fails
	return w
}

func (w *window) wire(groupBy, counted [][]string) { w.groupBy, w.counted = groupBy, counted }

func (w *window) adopt(old keeper) {
	if o, ok := old.(*window); ok {
		w.key, w.table, w.entries = o.key, o.table, o.entries
	}
}

func (w *window) size() (groups, entries int) { return w.table.count, w.entries }

func (w *window) reach() time.Duration { return 2 * w.correlation.Timespan }

// feed adds a match and judges the windows that it belongs to.
func (w *window) feed(rule int, m Match, stats *Stats) (f Firing, held bool) {
	e := entry{time: m.Time, id: m.ID}
	if !inTime(m.Time) {
		stats.Late++
		return f, false
	}
	if !w.value(&e, rule, m.Event) {
		stats.Ungrouped++
		return f, false
	}
	key, ok := w.reader.read(m.Event, w.groupBy[rule])
	if !ok {
		stats.Ungrouped++
		return f, false
	}
	t := w.table
	scope := t.scope(m.Scope)
	ref, g := t.get(scope, key)
	fresh := w.count(g) == 0
	switch {
	case fresh || m.Time > g.newest:
		g.newest = m.Time
	case m.Time < g.newest-2*w.span:
		stats.Late++
		return f, false
	}
	w.entries++
	i := w.insert(g, e)
	f, held = w.judge(g, i)
	stats.EvictedEvents += uint64(w.forget(g))
	t.scopes[scope].newest = max(t.scopes[scope].newest, m.Time)
	stats.EvictedGroups += uint64(w.prune(ref))
	t.tidy()
	return f, held
}

// inTime keeps the sums of times and spans from overflowing: 1714 to 2225.
func inTime(t int64) bool { return t > math.MinInt64+1<<60 && t < math.MaxInt64-1<<60 }

// value fills in what the entry counts for.
func (w *window) value(e *entry, rule int, ev Event) bool {
	switch w.correlation.Type {
	case Temporal, TemporalOrdered:
		e.value = uint64(rule)
	case ValueCount:
		key, ok := w.reader.read(ev, w.counted[rule])
		if !ok {
			return false
		}
		e.value = w.key.hash(key)
	case ValueSum, ValueAvg, ValuePercentile, ValueMedian:
		v, ok := ev.Field(w.counted[rule][0])
		if !ok {
			return false
		}
		n, ok := v.Number()
		if !ok || math.IsInf(n, 0) || math.IsNaN(n) {
			return false
		}
		e.value = math.Float64bits(n + 0) // no negative zero
	}
	return true
}

func (w *window) count(g *group) int {
	if g.flags&isLarge != 0 {
		return len(w.table.large[g.entries].entries)
	}
	return int(g.n)
}

// list returns a group's entries; they are the table's.
func (w *window) list(g *group) []entry {
	if g.flags&isLarge != 0 {
		return w.table.large[g.entries].entries
	}
	return w.table.entries.at(g.entries, int(g.n))
}

// insert puts an entry behind all that are no newer, and returns its place.
func (w *window) insert(g *group, e entry) int {
	t := w.table
	if g.flags&isLarge == 0 && g.n == smallGroup {
		t.enlarge(g, newLarge(w.correlation, w.list(g)))
	}
	if g.flags&isLarge != 0 {
		l := t.large[g.entries]
		i := sort.Search(len(l.entries), func(i int) bool { return l.entries[i].time > e.time })
		l.insert(e, i)
		return i
	}
	if n := int(g.n); n == t.entries.caps[g.class] {
		run := t.entries.take(int(g.class) + 1)
		copy(t.entries.at(run, n), t.entries.at(g.entries, n))
		t.entries.give(g.entries, int(g.class))
		g.entries = run
		g.class++
	}
	g.n++
	es := w.list(g)
	i := len(es) - 1
	for ; i > 0 && es[i-1].time > e.time; i-- {
		es[i] = es[i-1]
	}
	es[i] = e
	return i
}

// enlarge moves a group's entries to counters of their own.
func (t *groupTable) enlarge(g *group, l *large) {
	t.release(g)
	if n := len(t.freeLarge); n > 0 {
		g.entries = t.freeLarge[n-1]
		t.freeLarge = t.freeLarge[:n-1]
	} else {
		g.entries = uint32(len(t.large))
		t.large = append(t.large, nil)
	}
	t.large[g.entries] = l
	g.flags |= isLarge
	g.n = 0
}

// forget drops what no window can need any more, then the oldest entries over
// the limit; it returns how many those were.
func (w *window) forget(g *group) (evicted int) {
	es, old := w.list(g), g.newest-2*w.span
	dropped := 0
	for es[dropped].time < old {
		dropped++
	}
	evicted = max(0, len(es)-dropped-w.limits.GroupEvents)
	dropped += evicted
	if dropped == 0 {
		return 0
	}
	w.entries -= dropped
	if g.flags&isLarge == 0 {
		copy(es, es[dropped:])
		g.n -= uint8(dropped)
		return evicted
	}
	l := w.table.large[g.entries]
	l.forget(dropped)
	if len(l.entries) <= smallGroup/4 {
		w.shrink(g, l.entries)
	}
	return evicted
}

func (w *window) shrink(g *group, es []entry) {
	t := w.table
	t.release(g)
	g.flags &^= isLarge
	class := t.entries.class(max(1, len(es)))
	g.entries, g.class, g.n = t.entries.take(class), uint8(class), uint8(len(es))
	copy(w.list(g), es)
}

// prune drops groups whose windows have all passed, and the least recently
// used over the limits, but never the one just used. It returns how many the
// limits cost.
func (w *window) prune(used uint32) (evicted int) {
	t := w.table
	for t.oldest != used {
		g := t.groups.one(t.oldest)
		if g.newest >= t.scopes[g.scope].newest-2*w.span {
			if t.count <= w.limits.Groups && w.entries <= w.limits.Events {
				break
			}
			evicted++
		}
		w.entries -= w.count(g)
		t.remove(t.oldest)
	}
	return evicted
}
