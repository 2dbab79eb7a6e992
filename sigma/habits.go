package sigma

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"time"
)

// habits is the state of one unusual: what each group is known for. Limits
// bound it: Groups the groups, GroupEvents what is known of one, Events what
// is known of all. Over them the least recently used group, or a group's
// longest unseen value, is dropped and counted in Stats. The error that this
// can cause: a dropped value is called new when it comes back, a dropped group
// learns anew and is quiet meanwhile.
type habits struct {
	correlation *Correlation
	limits      Limits
	groupBy     [][]string // fields to read, for each rule
	fields      [][]string
	across      [][]string
	key         hashKey
	byKey       map[string]*habit
	ring        habit // the least recently used is ring.newer, the latest ring.older
	known       int   // in all groups
	reader      keyReader
}

// habit is what is known of one group.
type habit struct {
	key          string
	older, newer *habit // the neighbours in order of use
	born         int64  // time of the first match
	newest       int64
	fired        int64
	hasFired     bool
	known        []trait // in order of what
	usual        usual
}

// trait is something that a group has done: a value's hash and when it was
// last seen, or a bucket and the amount in it (a float's bits).
type trait struct{ what, much int64 }

func newHabits(c *Correlation, limits Limits) *habits {
	h := &habits{correlation: c, limits: limits, byKey: map[string]*habit{}}
	h.ring.older, h.ring.newer = &h.ring, &h.ring
	_, _ = rand.Read(h.key[:]) // never fails
	return h
}

func (h *habits) wire(groupBy, fields [][]string) {
	h.groupBy, h.fields, h.across = groupBy, fields, make([][]string, len(groupBy))
	for i, rule := range h.correlation.Rules {
		h.across[i] = h.correlation.fieldsFor(rule, h.correlation.Unusual.Across)
	}
}

func (h *habits) adopt(old keeper) {
	if o, ok := old.(*habits); ok {
		h.key, h.byKey, h.known = o.key, o.byKey, o.known
		h.ring = o.ring
		if len(h.byKey) == 0 {
			h.ring.older, h.ring.newer = &h.ring, &h.ring
		} else {
			h.ring.older.newer, h.ring.newer.older = &h.ring, &h.ring
		}
	}
}

func (h *habits) size() (groups, entries int) { return len(h.byKey), h.known }

// reach is none: habits outlast every replay and are kept by snapshots alone.
func (h *habits) reach() time.Duration { return 0 }

// feed adds a match to what its group is known for.
func (h *habits) feed(rule int, m Match, stats *Stats) (Firing, bool) {
	group, ok := h.reader.read(m.Event, h.groupBy[rule])
	if !ok || !inTime(m.Time) {
		stats.Ungrouped++
		return Firing{}, false
	}
	group = slices.Clone(group)
	v := visit{habits: h, rule: rule, match: &m, group: group}
	var f Firing
	held := false
	switch h.correlation.Type {
	case FirstSeen:
		f, held = v.firstSeen(stats)
	case Rare:
		f, held = v.rare(stats)
	case Deviation:
		f, held = v.deviation(stats)
	}
	h.prune(stats)
	return f, held
}

// visit is one match on its way through the habits.
type visit struct {
	*habits
	rule  int
	match *Match
	group []byte // key of the group
}

// find finds or makes a group, as the latest used; one that was silent for
// longer than the memory starts anew. Nil when the match is older than that.
func (v *visit) find(key []byte, stats *Stats) *habit {
	full := binary.AppendUvarint(nil, uint64(len(v.match.Scope)))
	full = append(append(full, v.match.Scope...), key...)
	g := v.byKey[string(full)]
	if g == nil {
		g = &habit{key: string(full), born: v.match.Time, newest: v.match.Time}
		v.byKey[g.key] = g
	} else {
		g.older.newer, g.newer.older = g.newer, g.older
	}
	g.older, g.newer = v.ring.older, &v.ring
	g.older.newer, v.ring.older = g, g
	memory := int64(v.correlation.Unusual.Memory)
	switch {
	case v.match.Time < g.newest-memory:
		stats.Late++
		return nil
	case v.match.Time > g.newest+memory:
		v.known -= len(g.known)
		g.known, g.usual, g.born = nil, usual{}, v.match.Time
	}
	g.newest = max(g.newest, v.match.Time)
	return g
}

// learnt reports whether a group is old enough to be judged.
func (v *visit) learnt(g *habit) bool {
	return v.match.Time-g.born >= int64(v.correlation.Unusual.Learn)
}

// place is where something stands among what is known, and whether it does.
func (g *habit) place(what int64) (int, bool) {
	return slices.BinarySearchFunc(g.known, what, func(k trait, what int64) int {
		switch {
		case k.what < what:
			return -1
		case k.what > what:
			return 1
		}
		return 0
	})
}

// remember adds something at its place. Over the limit, what gone picks is
// dropped first.
func (v *visit) remember(g *habit, k trait, gone func([]trait) int, stats *Stats) {
	if len(g.known) >= v.limits.GroupEvents {
		i := gone(g.known)
		g.known = slices.Delete(g.known, i, i+1)
		v.known--
		stats.EvictedEvents++
	}
	i, _ := g.place(k.what)
	g.known = slices.Insert(g.known, i, k)
	v.known++
}

// longestUnseen picks the value that was last seen first.
func longestUnseen(ks []trait) int {
	oldest := 0
	for i, k := range ks {
		if k.much < ks[oldest].much {
			oldest = i
		}
	}
	return oldest
}

// prune keeps to the limits; the latest group stays.
func (h *habits) prune(stats *Stats) {
	for len(h.byKey) > 1 && (len(h.byKey) > h.limits.Groups || h.known > h.limits.Events) {
		g := h.ring.newer
		g.older.newer, g.newer.older = g.newer, g.older
		delete(h.byKey, g.key)
		h.known -= len(g.known)
		stats.EvictedGroups++
	}
}

// fire makes the Firing; after one, a group is quiet for the timespan.
func (v *visit) fire(g *habit, names []string, values []string, f Firing) (Firing, bool) {
	m := v.match
	f.Correlation, f.Scope, f.Events, f.First, f.Last, f.IDs = v.correlation, m.Scope, 1, m.Time, m.Time, [][16]byte{m.ID}
	for i, name := range names {
		f.Group = append(f.Group, FieldValue{name, StringValue(values[i])})
	}
	span := int64(v.correlation.Timespan)
	if far := m.Time - g.fired; !g.hasFired || far >= span || -far >= span {
		f.Fired, g.fired, g.hasFired = true, m.Time, true
	}
	return f, true
}
