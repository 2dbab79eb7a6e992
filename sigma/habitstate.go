package sigma

import "math"

func (h *habits) empty() keeper {
	out := newHabits(h.correlation, h.limits)
	out.groupBy, out.fields, out.across = h.groupBy, h.fields, h.across
	return out
}

// save writes groups in order of use.
func (h *habits) save(e *encoder) {
	e.raw(h.key[:])
	e.uint(uint64(len(h.byKey)))
	for g := h.ring.newer; g != &h.ring; g = g.newer {
		e.text([]byte(g.key))
		for _, n := range []int64{g.born, g.newest, g.fired, g.usual.bucket, int64(g.usual.learnt), int64(g.usual.days), int64(g.usual.used)} {
			e.int(n)
		}
		e.uint(uint64(truth(g.hasFired)))
		e.float(g.usual.center)
		e.float(g.usual.spread)
		e.uint(uint64(len(g.known)))
		for _, k := range g.known {
			e.fixed(uint64(k.what))
			e.fixed(uint64(k.much))
		}
	}
}

// load reads what save wrote into empty habits, and keeps to today's limits.
func (h *habits) load(d *decoder) {
	copy(h.key[:], d.raw(len(h.key)))
	for range d.count(26) {
		g := &habit{key: string(d.text())}
		var learnt, days, used int64
		for _, to := range []*int64{&g.born, &g.newest, &g.fired, &g.usual.bucket, &learnt, &days, &used} {
			*to = d.int()
		}
		g.usual.learnt, g.usual.days, g.usual.used = int(learnt), int(days), int(used)
		g.hasFired = d.uint() == 1
		g.usual.center, g.usual.spread = d.float(), d.float()
		d.check(h.byKey[g.key] == nil && inTime(g.born) && inTime(g.newest) && inTime(g.fired) && !math.IsNaN(g.usual.center) && !math.IsNaN(g.usual.spread))
		g.known = make([]trait, d.count(16))
		for i := range g.known {
			g.known[i] = trait{int64(d.fixed()), int64(d.fixed())}
			d.check(i == 0 || g.known[i].what > g.known[i-1].what)
		}
		if d.bad {
			return
		}
		if over := len(g.known) - h.limits.GroupEvents; over > 0 {
			g.known = g.known[over:]
		}
		h.byKey[g.key] = g
		h.known += len(g.known)
		g.older, g.newer = h.ring.older, &h.ring
		g.older.newer, h.ring.older = g, g
	}
	h.prune(&Stats{})
}
