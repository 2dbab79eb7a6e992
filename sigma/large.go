package sigma

import "slices"

// large is a group with too many entries to count anew each time: it keeps
// tallies of its newest window and, where that can spare work, of everything.
type large struct {
	entries []entry // in order of time, ties by arrival
	from    int     // entries[from:] is the window that ends at the newest entry
	trail   tally   // of that window
	whole   tally   // of all entries, for conditions that more entries cannot make false
}

func newLarge(c *Correlation, es []entry) *large {
	l := &large{entries: slices.Clone(es), trail: newTally(c), whole: newTally(c)}
	for i, e := range l.entries {
		l.from = slide(&l.trail, l.entries, l.from, i)
		l.countWhole(e)
	}
	return l
}

func (l *large) countWhole(e entry) {
	if l.whole.correlation.growing() {
		l.whole.add(e)
	}
}

// tally keeps what the entries of one window amount to. Entries are added in
// order of time, unless order plays no part, and dropped from the front.
type tally struct {
	correlation *Correlation
	events      int
	values      map[uint64]int32 // value_count: entries of each value
	rules       []int32          // temporal: entries of each rule
	kinds       int              // rules that have any
	// chains[t][i] is the latest time at which a run of the wanted rules 0..i of
	// way t began; noChain when there is none.
	chains [][]int64
	whole  int64     // value_sum, value_avg: the sum of entries that are whole numbers
	uneven int       // those that are not
	sorted []float64 // value_percentile, value_median
}

const noChain = -1 << 63

func newTally(c *Correlation) tally {
	t := tally{correlation: c}
	switch c.Type {
	case ValueCount:
		t.values = map[uint64]int32{}
	case Temporal:
		t.rules = make([]int32, len(c.Rules))
	case TemporalOrdered:
		t.rules = make([]int32, len(c.Rules))
		for i := range max(1, len(c.ways)) {
			n := len(c.Rules)
			if c.ways != nil {
				n = len(c.ways[i].wanted)
			}
			t.chains = append(t.chains, slices.Repeat([]int64{noChain}, n))
		}
	}
	return t
}

func (t *tally) add(e entry) {
	t.events++
	switch t.correlation.Type {
	case ValueCount:
		t.values[e.value]++
	case Temporal, TemporalOrdered:
		if t.rules[e.value]++; t.rules[e.value] == 1 {
			t.kinds++
		}
		for i := range t.chains {
			t.extend(i, e)
		}
	case ValueSum, ValueAvg:
		t.addSum(e, 1)
	case ValuePercentile, ValueMedian:
		at, _ := slices.BinarySearch(t.sorted, e.number())
		t.sorted = slices.Insert(t.sorted, at, e.number())
	}
}

// extend takes an entry into the runs of way i. A way has a rule but once.
func (t *tally) extend(i int, e entry) {
	p := int(e.value)
	if t.correlation.ways != nil {
		var ok bool
		if p, ok = slices.BinarySearch(t.correlation.ways[i].wanted, uint16(e.value)); !ok {
			return
		}
	}
	start := e.time
	if p > 0 {
		start = t.chains[i][p-1]
	}
	t.chains[i][p] = max(t.chains[i][p], start)
}

func (t *tally) addSum(e entry, sign int) {
	if n, ok := asInt(e.number()); ok {
		t.whole += int64(sign) * n
	} else {
		t.uneven += sign
	}
}

func (t *tally) drop(e entry) {
	t.events--
	switch t.correlation.Type {
	case ValueCount:
		if t.values[e.value]--; t.values[e.value] == 0 {
			delete(t.values, e.value)
		}
	case Temporal, TemporalOrdered:
		if t.rules[e.value]--; t.rules[e.value] == 0 {
			t.kinds--
		}
	case ValueSum, ValueAvg:
		t.addSum(e, -1)
	case ValuePercentile, ValueMedian:
		at, _ := slices.BinarySearch(t.sorted, e.number())
		t.sorted = slices.Delete(t.sorted, at, at+1)
	}
}

// value is what measure gives for the window, which is es.
func (t *tally) value(es []entry) float64 {
	c := t.correlation
	switch c.Type {
	case EventCount:
		return float64(t.events)
	case ValueCount:
		return float64(len(t.values))
	case Temporal:
		if c.ways == nil {
			return float64(t.kinds)
		}
		seen := t.seen()
		return truth(slices.ContainsFunc(c.ways, func(m way) bool { return m.held(&seen) }))
	case TemporalOrdered:
		since := es[len(es)-1].time - int64(c.Timespan)
		if c.ways == nil {
			return float64(begun(t.chains[0], since))
		}
		seen := t.seen()
		for i, m := range c.ways {
			if m.held(&seen) && begun(t.chains[i], since) == len(m.wanted) {
				return 1
			}
		}
		return 0
	case ValueSum, ValueAvg:
		s := float64(t.whole)
		if t.uneven > 0 {
			s = sum(es)
		}
		if c.Type == ValueAvg {
			s /= float64(t.events)
		}
		return s
	}
	return percentile(t.sorted, c.Percentile)
}

func (t *tally) seen() (s ruleSet) {
	for i, n := range t.rules {
		if n > 0 {
			s.add(uint64(i))
		}
	}
	return s
}

// begun counts the runs, from the shortest, that began since then.
func begun(chain []int64, since int64) int {
	n := 0
	for n < len(chain) && chain[n] >= since {
		n++
	}
	return n
}

// slide moves the end of the window that t counts to entry k, and returns
// where the window now starts.
func slide(t *tally, es []entry, from, k int) int {
	t.add(es[k])
	for es[from].time < es[k].time-int64(t.correlation.Timespan) {
		t.drop(es[from])
		from++
	}
	return from
}

// insert puts an entry into its place, i, and the counts.
func (l *large) insert(e entry, i int) {
	l.countWhole(e)
	l.entries = slices.Insert(l.entries, i, e)
	newest := l.entries[len(l.entries)-1].time
	switch {
	case i == len(l.entries)-1:
		l.from = slide(&l.trail, l.entries, l.from, i)
	case e.time < newest-int64(l.trail.correlation.Timespan):
		l.from++
	case l.trail.chains == nil:
		l.trail.add(e)
	default: // order matters: count the window again
		l.trail = newTally(l.trail.correlation)
		for _, e := range l.entries[l.from:] {
			l.trail.add(e)
		}
	}
}

// hopeless reports whether no window can hold, because even all entries
// together do not. Without it, a flood of late entries would have the windows
// counted anew for each of them.
func (l *large) hopeless() bool {
	c := l.trail.correlation
	return c.growing() && !c.holds(l.whole.value(l.entries))
}

// forget drops the first n entries.
func (l *large) forget(n int) {
	for i, e := range l.entries[:n] {
		if l.whole.correlation.growing() {
			l.whole.drop(e)
		}
		if i >= l.from {
			l.trail.drop(e)
		}
	}
	l.from = max(0, l.from-n)
	l.entries = l.entries[n:]
}
