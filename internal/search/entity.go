package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Entity is everything about one user, host, address and so on, across sources.
type Entity struct {
	Events      int64
	First, Last int64 // ns; 0 when there is none
	Histogram   eventstore.Histogram
	Sources     []Seen
	// Actions, Outcomes and Neighbours are of the newest events only, of which
	// Sampled were looked at.
	Actions, Outcomes []Value
	Neighbours        []Neighbour
	Sampled           int
	Incomplete        bool
	Reason            string
}

// Seen is a value with how often and when it was seen (ns).
type Seen struct {
	Value       string
	Count       int64
	First, Last int64
}

// Neighbour is another entity that was in the same events.
type Neighbour struct {
	Kind string
	Seen
}

const maxNeighbours = 60

// EntityKinds lists the kinds of entities that columns name, sorted.
func EntityKinds() (kinds []string) {
	for _, c := range event.Columns() {
		if c.Entity != "" && !slices.Contains(kinds, c.Entity) {
			kinds = append(kinds, c.Entity)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// AboutEntity is the query for all events that name an entity in a column of
// its kind; nil when there is no such kind.
func AboutEntity(kind, value string) (query.Expr, error) {
	text := ""
	for _, c := range event.Columns() {
		if c.Entity == kind {
			if text != "" {
				text += " or "
			}
			text += fmt.Sprintf("%s:%s", c.Name, query.Quoted(value))
		}
	}
	if text == "" {
		return nil, nil
	}
	x, err := query.ParseQuery(text, timeZero, nil)
	return x.Where, err
}

// FindEntity gathers what is known of an entity within [from, to) (ns).
func FindEntity(ctx context.Context, st Store, t tenant.ID, kind, value string, from, to int64, buckets int) (Entity, error) {
	x, err := AboutEntity(kind, value)
	if err != nil || x == nil {
		return Entity{}, err
	}
	e := Entity{}
	parts := []func() error{
		func() (err error) {
			e.Histogram, err = st.StreamHistogram(ctx, t, x, from, to, Width(to-from, buckets), nil)
			return err
		},
		func() error { return e.sources(ctx, st, t, x, from, to) },
		func() error { return e.newest(ctx, st, t, x, kind, value, from, to) },
	}
	errs := make([]error, len(parts))
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() { errs[i] = parts[i]() })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return Entity{}, err
		}
	}
	if e.Histogram.Incomplete {
		e.Incomplete, e.Reason = true, e.Histogram.Reason
	}
	return e, nil
}

// sources counts the events by source, with the first and last of each.
func (e *Entity) sources(ctx context.Context, st Store, t tenant.ID, x query.Expr, from, to int64) error {
	q, err := query.ParseQuery(x.String()+" | stats count as n, min(time) as first, max(time) as last by source | sort -n", timeZero, nil)
	if err != nil {
		return err
	}
	table, err := st.Aggregate(ctx, t, q, from, to, nil)
	if err != nil {
		return err
	}
	at := func(row []any, name string) any {
		i := slices.IndexFunc(table.Columns, func(c eventstore.TableColumn) bool { return c.Name == name })
		if i < 0 {
			return nil
		}
		return row[i]
	}
	for _, row := range table.Rows {
		s := Seen{}
		s.Value, _ = at(row, "source").(string)
		s.Count, s.First, s.Last = whole(at(row, "n")), whole(at(row, "first")), whole(at(row, "last"))
		e.Events += s.Count
		if e.First == 0 || s.First < e.First {
			e.First = s.First
		}
		e.Last = max(e.Last, s.Last)
		e.Sources = append(e.Sources, s)
	}
	if table.Incomplete {
		e.Incomplete, e.Reason = true, table.Reason
	}
	return nil
}

func whole(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	}
	return 0
}

// newest looks at the newest events for what the entity did, and with whom.
func (e *Entity) newest(ctx context.Context, st Store, t tenant.ID, x query.Expr, kind, value string, from, to int64) error {
	page, err := st.Stream(ctx, t, eventstore.Request{Query: x, From: from, To: to, Limit: sample}, nil, nil)
	if err != nil {
		return err
	}
	actions, outcomes := map[string]int{}, map[string]int{}
	others := map[[2]string]*Neighbour{}
	for i := range page.Rows {
		r := &page.Rows[i]
		if a, ok := r.Columns["action"].(string); ok {
			actions[a]++
		}
		if r.Outcome != "" {
			outcomes[r.Outcome]++
		}
		for _, c := range event.Columns() {
			v, ok := r.Columns[c.Name].(string)
			if c.Entity == "" || !ok || c.Entity == kind && strings.EqualFold(v, value) {
				continue
			}
			key := [2]string{c.Entity, v}
			n := others[key]
			if n == nil {
				n = &Neighbour{Kind: c.Entity, Seen: Seen{Value: v, First: r.Time, Last: r.Time}}
				others[key] = n
			}
			n.Count++
			n.First, n.Last = min(n.First, r.Time), max(n.Last, r.Time)
		}
	}
	e.Sampled, e.Actions, e.Outcomes = len(page.Rows), ranked(actions), ranked(outcomes)
	for _, n := range others {
		e.Neighbours = append(e.Neighbours, *n)
	}
	slices.SortFunc(e.Neighbours, func(a, b Neighbour) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	e.Neighbours = e.Neighbours[:min(len(e.Neighbours), maxNeighbours)]
	return nil
}

func ranked(counts map[string]int) (out []Value) {
	for v, n := range counts {
		out = append(out, Value{v, n})
	}
	slices.SortFunc(out, func(a, b Value) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value)) })
	return out[:min(len(out), 20)]
}

// timeZero is the moment for queries that name none.
var timeZero = time.Unix(0, 0)
