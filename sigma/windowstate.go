package sigma

import "math"

// minEntry is the least that an entry takes in a snapshot: its time and its id.
const minEntry = 17

func (w *window) empty() keeper { return newWindow(w.correlation, w.limits) }

// save writes groups in order of use, so that the limits would go on to drop
// the same ones.
func (w *window) save(e *encoder) {
	t := w.table
	e.raw(w.key[:])
	e.uint(uint64(len(t.scopes)))
	for _, s := range t.scopes {
		e.text([]byte(s.name))
		e.int(s.newest)
	}
	e.uint(uint64(t.count))
	for ref := t.oldest; ref != none; {
		g := t.groups.one(ref)
		e.uint(uint64(g.scope))
		e.text(t.keyBytes(g))
		e.uint(uint64(g.flags & quiet))
		e.int(g.fired)
		es := w.list(g)
		e.uint(uint64(len(es)))
		before := int64(0)
		for _, x := range es {
			e.int(x.time - before)
			before = x.time
			e.raw(x.id[:])
			w.saveValue(e, x.value)
		}
		ref = g.newer
	}
}

func (w *window) saveValue(e *encoder, value uint64) {
	switch w.correlation.Type {
	case EventCount:
	case Temporal, TemporalOrdered:
		e.uint(value)
	default:
		e.fixed(value)
	}
}

func (w *window) loadValue(d *decoder) uint64 {
	switch w.correlation.Type {
	case EventCount:
		return 0
	case Temporal, TemporalOrdered:
		rule := d.uint()
		d.check(rule < uint64(len(w.correlation.Rules)))
		return rule
	case ValueCount:
		return d.fixed()
	}
	n := d.float()
	d.check(!math.IsNaN(n) && !math.IsInf(n, 0))
	return math.Float64bits(n)
}

// load reads what save wrote into an empty window. What the limits of today
// do not allow goes, the oldest first.
func (w *window) load(d *decoder) {
	t := w.table
	copy(w.key[:], d.raw(len(w.key)))
	scopes := make([]uint32, d.count(2))
	for i := range scopes {
		name := string(d.text())
		_, known := t.scopeOf[name]
		d.check(!known)
		t.scopes = append(t.scopes, scope{name: name, newest: d.int()})
		t.scopeOf[name] = uint32(i)
	}
	for range d.count(4 + minEntry) {
		if w.loadGroup(d); d.bad {
			return
		}
	}
	for t.count > 1 && (t.count > w.limits.Groups || w.entries > w.limits.Events) {
		w.entries -= w.count(t.groups.one(t.oldest))
		t.remove(t.oldest)
	}
}

func (w *window) loadGroup(d *decoder) {
	t := w.table
	scope, key := d.uint(), d.text()
	flags, fired := uint8(d.uint()), d.int()
	n := d.count(minEntry)
	d.check(scope < uint64(len(t.scopes)) && splitKey(key, len(w.correlation.GroupBy)) != nil && n > 0 && flags&^quiet == 0)
	d.check(len(key) <= maxGroupBy*(maxValue+2))
	if d.bad {
		return
	}
	count := t.count
	_, g := t.get(uint32(scope), key)
	d.check(t.count == count+1)
	g.flags |= flags
	g.fired = fired
	for i := range n {
		e := entry{time: d.int()}
		if i > 0 {
			e.time += g.newest
		} else {
			g.newest = e.time
		}
		copy(e.id[:], d.raw(len(e.id)))
		e.value = w.loadValue(d)
		if d.check(e.time >= g.newest && inTime(e.time)); d.bad {
			return
		}
		g.newest = e.time
		w.insert(g, e)
		w.entries++
	}
	w.forget(g)
}
