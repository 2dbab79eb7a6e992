package eventstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"strings"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

// groups are the rows of an aggregating pipe while it runs, from sources or
// from a table. There are at most twice most; beyond that the smallest are
// dropped, or in a timechart folded into "other".
type groups struct {
	run     *pipeRun
	pipe    query.Pipe
	by      []query.Field
	aggs    []query.Agg
	present bool // rows without the field do not count

	start, width int64 // of a timechart's buckets; width is 0 without
	buckets      int

	most, held     int // groups, and bytes of keys and of sketches, that are kept
	distinct, bits int // precision of sketches
	seed           maphash.Seed

	of      map[string]*group
	bytes   int   // of the keys
	total   int64 // rows that were counted
	dropped bool
}

type group struct {
	id     string
	keys   []any
	bucket int64
	rest   bool // of a timechart: series that are shown as "other"
	n      int64
	states []state
}

func (r *pipeRun) groups(p query.Pipe) (*groups, error) {
	g := &groups{run: r, pipe: p, most: maxGroups, held: maxHeld, distinct: mostDistinct, bits: mostBits, seed: maphash.MakeSeed(), of: map[string]*group{}}
	switch p := p.(type) {
	case query.Count:
		g.by = p.By
	case query.Top:
		g.by, g.present = []query.Field{p.Field}, true
	case query.Stats:
		g.by, g.aggs = p.By, p.Aggs
	case query.Timechart:
		from, to, err := r.timeRangeOf()
		if err != nil {
			return nil, err
		}
		if g.start, g.width, g.buckets, err = p.Buckets(from, to, r.zone); err != nil {
			return nil, problem.New(problem.Invalid, "The chart cannot be made: %s.", err)
		}
		if g.aggs = []query.Agg{p.Agg}; p.By != nil {
			g.by = []query.Field{*p.By}
		}
	}
	if len(g.by) == 0 && g.width == 0 {
		g.at(nil, 0) // no rows are a result, too
	}
	return g, nil
}

// at finds or makes a group.
func (g *groups) at(keys []any, bucket int64) *group {
	id := identity(keys, bucket)
	x := g.of[id]
	if x == nil {
		x = &group{id: id, keys: keys, bucket: bucket}
		for _, a := range g.aggs {
			x.states = append(x.states, g.newState(a))
		}
		g.of[id] = x
		g.bytes += len(id)
	}
	return x
}

func identity(keys []any, bucket int64) string {
	id := binary.AppendVarint(nil, bucket)
	for _, k := range keys {
		switch k := k.(type) {
		case string:
			id = binary.AppendUvarint(append(id, 's'), uint64(len(k)))
			id = append(id, k...)
		case int64:
			id = binary.AppendVarint(append(id, 'i'), k)
		case float64:
			id = binary.BigEndian.AppendUint64(append(id, 'f'), math.Float64bits(k))
		default:
			id = append(id, 0)
		}
	}
	return string(id)
}

// groupSink fills groups from sources.
type groupSink struct {
	run    *pipeRun
	groups *groups
}

func (s *groupSink) relation() *relation { return s.groups.relation() }

func (s *groupSink) read(ctx context.Context, src source) error {
	g := s.groups
	keys := len(g.by)
	err := s.rows(ctx, g.partials(src), func(row []any) {
		x := g.group(row)
		if g.width > 0 {
			row = row[1:]
		}
		n := asInt(row[keys])
		x.n += n
		g.total += n
		for _, st := range x.states {
			st.merge(row[keys+1 : keys+1+st.parts()])
			row = row[st.parts():]
		}
	})
	for _, f := range quantileFields(g.aggs) {
		if err != nil {
			break
		}
		err = s.rows(ctx, g.quantiles(src, f), func(row []any) {
			value, ok := row[len(row)-2].(float64)
			if !ok {
				return
			}
			for i, st := range g.group(row).states {
				if q, is := st.(*quantileState); is && g.aggs[i].Field == f {
					q.count(value, asInt(row[len(row)-1]))
				}
			}
		})
	}
	g.coarsen()
	return err
}

// group finds the group of a row that begins with the keys and the bucket.
func (g *groups) group(row []any) *group {
	keys := len(g.by)
	bucket := int64(0)
	if g.width > 0 {
		bucket = asInt(row[keys])
	}
	return g.at(slices.Clone(row[:keys]), bucket)
}

// rows runs a statement whose rows have any columns.
func (s *groupSink) rows(ctx context.Context, st *statement, f func([]any)) error {
	var row, targets []any
	return s.run.store.run(ctx, st, func(rs *sql.Rows) error {
		if row == nil {
			names, err := rs.Columns()
			if err != nil {
				return err
			}
			row, targets = make([]any, len(names)), make([]any, len(names))
			for i := range row {
				targets[i] = &row[i]
			}
		}
		if err := rs.Scan(targets...); err != nil {
			return err
		}
		f(row)
		if len(s.groups.of) > 2*s.groups.most || s.groups.bytes > s.groups.held {
			s.groups.trim()
		}
		return nil
	})
}

// trim lets go of the smallest groups, so that half of what may be is left.
func (g *groups) trim() {
	g.dropped = true
	type weighed struct {
		*group
		weight int64
	}
	all := make([]weighed, 0, len(g.of))
	chart := g.width > 0 && len(g.by) > 0
	series := map[string]int64{}
	if chart {
		series = g.series()
	}
	for _, x := range g.of {
		w := weighed{x, x.n}
		if x.rest {
			w.weight = math.MaxInt64
		} else if chart {
			w.weight = series[identity(x.keys, 0)]
		}
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b weighed) int { // equals by name, so that the next run keeps the same
		if c := cmp.Compare(b.weight, a.weight); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
	g.bytes = 0
	for i, x := range all {
		if i < g.most && g.bytes < g.held/2 {
			g.bytes += len(x.id)
			continue
		}
		delete(g.of, x.id)
		if chart {
			g.fold(x.group)
		}
	}
}

// fold adds a group of a timechart to "other".
func (g *groups) fold(x *group) {
	rest := g.at([]any{nil, "rest"}, x.bucket) // no series has two keys
	rest.rest = true
	rest.take(x)
}

func (x *group) take(o *group) {
	x.n += o.n
	for i := range x.states {
		x.states[i].combine(o.states[i])
	}
}

// series gives how many rows each series has over all buckets.
func (g *groups) series() map[string]int64 {
	out := map[string]int64{}
	for _, x := range g.of {
		if !x.rest {
			out[identity(x.keys, 0)] += x.n
		}
	}
	return out
}

func (g *groups) result(x *group, i int) any {
	if g.aggs[i].Func == query.FuncCount {
		return x.n
	}
	return x.states[i].value()
}
