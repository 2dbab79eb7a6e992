package sigma

import "sort"

// judge looks at the windows that the entry at place i of a group changed:
// those that end at an entry no earlier than it and no more than a timespan
// later, the newest first, until one holds the condition. A window has the
// entries at most a timespan before its end, both ends included.
func (w *window) judge(g *group, i int) (Firing, bool) {
	es := w.list(g)
	last, span := len(es)-1, w.span
	var l *large
	if g.flags&isLarge != 0 {
		l = w.table.large[g.entries]
	}
	if es[i].time >= es[last].time-span {
		from := 0
		value := 0.0
		if l != nil {
			from = l.from
			value = l.trail.value(es[from:])
		} else {
			for es[from].time < es[last].time-span {
				from++
			}
			value = w.correlation.measure(es[from:])
		}
		if f, held := w.verdict(g, es[from:], value, es[i]); held {
			return f, true
		}
	}
	if i == last || l != nil && l.hopeless() {
		return Firing{}, false
	}
	return w.sweep(g, es, i, l != nil)
}

// sweep judges the windows that end at entry i or later, but not at the newest.
func (w *window) sweep(g *group, es []entry, i int, counting bool) (Firing, bool) {
	start := es[i].time
	from := sort.Search(len(es), func(k int) bool { return es[k].time >= start-w.span })
	t := tally{correlation: w.correlation}
	if counting {
		t = newTally(w.correlation)
	}
	for k := from; k < len(es)-1 && es[k].time <= start+w.span; k++ {
		if counting {
			from = slide(&t, es, from, k)
		}
		if k < i {
			continue
		}
		for es[from].time < es[k].time-w.span {
			from++
		}
		window, value := es[from:k+1], 0.0
		if counting {
			value = t.value(window)
		} else {
			value = w.correlation.measure(window)
		}
		if f, held := w.verdict(g, window, value, es[i]); held {
			return f, true
		}
	}
	return Firing{}, false
}

// verdict judges one window. A rule that only ever stands behind a not can end
// a condition, and never makes it fire.
func (w *window) verdict(g *group, window []entry, value float64, cause entry) (Firing, bool) {
	c := w.correlation
	end := window[len(window)-1].time
	if !c.holds(value) {
		if end >= g.newest {
			g.flags &^= quiet
		}
		return Firing{}, false
	}
	if c.ways != nil && !c.fires.has(cause.value) {
		return Firing{}, false
	}
	f := Firing{
		Correlation: c, Scope: w.table.scopes[g.scope].name, Group: w.groupValues(g), Value: value,
		Count: len(window), Events: len(window), First: window[0].time, Last: end,
	}
	if c.counts() {
		f.Count = int(value)
	}
	if far := end - g.fired; g.flags&quiet == 0 || far >= w.span || -far >= w.span {
		f.Fired = true
		g.flags |= quiet
		g.fired = end
		for _, e := range window[max(0, len(window)-MaxIDs):] {
			f.IDs = append(f.IDs, e.id)
		}
		return f, true
	}
	f.IDs = [][16]byte{cause.id}
	return f, true
}

func (w *window) groupValues(g *group) []FieldValue {
	names := w.correlation.GroupBy
	out := make([]FieldValue, len(names))
	for i, text := range splitKey(w.table.keyBytes(g), len(names)) {
		out[i] = FieldValue{names[i], StringValue(text)}
	}
	return out
}
