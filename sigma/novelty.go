package sigma

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// firstSeen fires for a value that the group did not have within the memory.
// Whether a late match was the first of its value is not asked: the value is
// known by then.
func (v *visit) firstSeen(stats *Stats) (Firing, bool) {
	c := v.correlation
	value, ok := v.reader.read(v.match.Event, v.fields[v.rule])
	if !ok {
		stats.Ungrouped++
		return Firing{}, false
	}
	value = slices.Clone(value)
	g := v.find(v.group, stats)
	if g == nil {
		return Firing{}, false
	}
	if v.meet(g, value, stats) || !v.learnt(g) {
		return Firing{}, false
	}
	others := v.fresh(g, len(g.known)) - 1
	values, group := splitKey(value, len(c.Fields)), splitKey(v.group, len(c.GroupBy))
	return v.fire(g, c.GroupBy, group, Firing{
		Count: others + 1, Value: float64(others + 1),
		Why: firstSeenWhy(v.watched(g), c, group, values, others),
	})
}

// meet notes a value, and reports whether it was known.
func (v *visit) meet(g *habit, value []byte, stats *Stats) bool {
	now, memory := v.match.Time, int64(v.correlation.Unusual.Memory)
	what := int64(v.key.hash(value))
	if i, ok := g.place(what); ok {
		last := g.known[i].much
		g.known[i].much = max(last, now)
		return now-last <= memory && last-now <= memory
	}
	before := len(g.known)
	g.known = slices.DeleteFunc(g.known, func(k trait) bool { return k.much < g.newest-memory })
	v.known -= before - len(g.known)
	v.remember(g, trait{what, now}, longestUnseen, stats)
	return false
}

// fresh counts the values seen within the memory, up to enough.
func (v *visit) fresh(g *habit, enough int) (n int) {
	for _, k := range g.known {
		if n == enough {
			break
		}
		if k.much >= g.newest-int64(v.correlation.Unusual.Memory) {
			n++
		}
	}
	return n
}

// watched is how long the group has been watched, at most the memory.
func (v *visit) watched(g *habit) time.Duration {
	return min(v.correlation.Unusual.Memory, time.Duration(v.match.Time-g.born))
}

// rare fires for a value that is known of few others. A group, which learns,
// and a value in it, which is counted, are both habits here.
func (v *visit) rare(stats *Stats) (Firing, bool) {
	c := v.correlation
	value, ok := v.reader.read(v.match.Event, v.fields[v.rule])
	if !ok {
		stats.Ungrouped++
		return Firing{}, false
	}
	key := append(slices.Clone(v.group), value...)
	across, ok := v.reader.read(v.match.Event, v.across[v.rule])
	if !ok {
		stats.Ungrouped++
		return Firing{}, false
	}
	across = slices.Clone(across)
	group := v.find(binary.AppendUvarint(slices.Clone(v.group), maxValue+1), stats) // no value is that long
	if group == nil {
		return Firing{}, false
	}
	g := v.find(key, stats)
	if g == nil {
		return Firing{}, false
	}
	v.meet(g, across, stats)
	n := v.fresh(g, int(min(c.Condition[0].Number, 1<<30))+1) // more makes no difference
	if !c.holds(float64(n)) || !v.learnt(group) {
		return Firing{}, false
	}
	values := splitKey(key, len(c.GroupBy)+len(c.Fields))
	return v.fire(g, slices.Concat(c.GroupBy, c.Fields), values, Firing{
		Count: n, Value: float64(n),
		Why: fmt.Sprintf("%s seen on %s in %s", naming(c.Fields, values[len(c.GroupBy):]), several(n, c.Unusual.Across), inWords(v.watched(group))),
	})
}
