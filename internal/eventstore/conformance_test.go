package eventstore

import (
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore/conformance"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

func col(id event.ColumnID, v any) event.Column {
	switch v := v.(type) {
	case int:
		return event.Column{ID: id, Value: event.IntValue(int64(v))}
	case string:
		return event.Column{ID: id, Value: event.StringValue(v)}
	}
	panic("a column's value is int or string")
}

func field(key string, v event.Value) event.Field { return event.Field{Key: key, Value: v} }

func str(s string) event.Value { return event.StringValue(s) }

// set is one of the shared cases.
func set(t testing.TB, name string) conformance.Set {
	t.Helper()
	sets, err := conformance.Sets()
	must(t, err)
	return sets[name]
}

// corpus covers each kind of value, and what is awkward about it.
func corpus(t testing.TB) []event.Event { return set(t, "corpus").Events }

// places are where the rows of a set can be.
func places(t testing.TB, es []event.Event) map[string]func(*Store) {
	n := uint64(len(es))
	return map[string]func(*Store){
		"hot":    func(s *Store) { must(t, s.Append(es, n)) },
		"sealed": func(s *Store) { must(t, s.Append(es, n)); must(t, s.Seal(t.Context())) },
		"mixed": func(s *Store) {
			must(t, s.Append(es[:3], 3))
			must(t, s.Seal(t.Context()))
			must(t, s.Append(es[3:6], 6))
			must(t, s.Seal(t.Context()))
			must(t, s.Append(es[6:], n))
		},
	}
}

func TestConditionsFindTheSameWhereverTheRowsAre(t *testing.T) {
	c := set(t, "corpus")
	for name, fill := range places(t, c.Events) {
		s := open(t, Options{})
		fill(s)
		must(t, s.Flush())
		for _, c := range c.Conditions {
			p, err := s.Search(t.Context(), tenant.Default, Request{Query: parse(t, c.Q)})
			if err != nil {
				t.Errorf("%s: %s: %v", name, c.Q, err)
				continue
			}
			var got []byte
			for i := range p.Rows {
				got = append(got, byte('0'+p.Rows[i].Position().Seq-1))
			}
			slices.Sort(got)
			if string(got) != c.Finds {
				t.Errorf("%s: %s finds %s, want %s", name, c.Q, got, c.Finds)
			}
		}
	}
}

func TestTablesAreTheSameWhereverTheRowsAre(t *testing.T) {
	c := set(t, "traffic")
	for name, fill := range places(t, c.Events) {
		s := open(t, Options{})
		fill(s)
		must(t, s.Flush())
		for _, c := range c.Tables {
			q, err := query.ParseQuery(c.Q, conformance.Now, nil)
			must(t, err)
			got, err := s.Aggregate(t.Context(), tenant.Default, q, t0+c.From*1e9, t0+c.To*1e9, nil)
			if err != nil {
				t.Errorf("%s: %s: %v", name, c.Q, err)
				continue
			}
			if diff := c.Differs(tableText(got)); diff != "" {
				t.Errorf("%s: %s\n%s", name, c.Q, diff)
			}
			if got.Incomplete || got.Partial || len(got.Notes) > 0 && !strings.Contains(c.Q, "lat)") {
				t.Errorf("%s: %s: %+v", name, c.Q, got)
			}
		}
	}
}

// tableText is a table as the shared cases have it.
func tableText(t Table) conformance.Table {
	out := conformance.Table{Chart: t.Chart, Rows: t.Rows}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, c.Name+" "+c.Type)
	}
	return out
}

func TestIDFindsItsEvent(t *testing.T) {
	es := corpus(t)
	s := open(t, Options{})
	must(t, s.Append(es, 8))
	must(t, s.Flush())
	for i := range es {
		x := parse(t, "id:"+strings.ToUpper(es[i].ID.String()))
		p, err := s.Search(t.Context(), tenant.Default, Request{Query: x})
		must(t, err)
		if len(p.Rows) != 1 || p.Rows[0].ID != es[i].ID || !x.Match(&es[i]) {
			t.Fatalf("event %d: %d rows", i, len(p.Rows))
		}
	}
}
