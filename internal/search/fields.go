package search

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/valyala/fastjson"

	"github.com/tocsin-project/tocsin/internal/eventstore"
)

// Fields are statistics over the newest rows of a search.
type Fields struct {
	Items   []Field `json:"items"`
	Sampled int     `json:"sampled"` // rows that were looked at
}

// Field tells of one field in how many rows it is, and its most frequent values.
type Field struct {
	Field    string  `json:"field"`
	Present  int     `json:"present"`
	Distinct int     `json:"distinct"`
	Values   []Value `json:"values"`
}

// Value is one value of a field and in how many rows it is.
type Value struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

const (
	maxFieldItems = 100
	maxValues     = 10
	maxValueText  = 200
)

// stats counts values by field, as rows come.
type stats struct {
	wanted []string
	rows   int
	values map[string]map[string]int
	parser fastjson.Parser
}

func newStats(wanted []string) *stats {
	return &stats{wanted: wanted, values: map[string]map[string]int{}}
}

func (s *stats) add(rows []eventstore.Row) {
	for i := range rows {
		if s.rows == sample {
			return
		}
		s.rows++
		r := &rows[i]
		for _, e := range [...][2]string{{"source", r.Source}, {"source_type", r.SourceType}, {"severity", r.Severity}, {"outcome", r.Outcome}, {"class", r.Class}, {"peer", r.Peer}, {"exercise", r.Exercise}} {
			if e[1] != "" {
				s.count(e[0], e[1])
			}
		}
		for name, v := range r.Columns {
			s.count(name, fmt.Sprint(v))
		}
		s.native(r.Fields)
	}
}

func (s *stats) native(fields []byte) {
	v, err := s.parser.ParseBytes(fields)
	if err != nil {
		return
	}
	o, err := v.Object()
	if err != nil {
		return
	}
	o.Visit(func(key []byte, v *fastjson.Value) {
		text := ""
		if v.Type() == fastjson.TypeString {
			text = string(v.GetStringBytes())
		} else if v.Type() != fastjson.TypeNull {
			text = v.String()
		}
		if text != "" {
			s.count("fields."+string(key), text)
		}
	})
}

func (s *stats) count(field, value string) {
	if len(value) > maxValueText {
		value = value[:maxValueText]
	}
	of := s.values[field]
	if of == nil {
		of = map[string]int{}
		s.values[field] = of
	}
	of[value]++
}

// result lists the wanted fields first, then those in most rows; of equal ones
// those with few values, which tell most.
func (s *stats) result() Fields {
	out := Fields{Items: []Field{}, Sampled: s.rows}
	for name, values := range s.values {
		f := Field{Field: name, Distinct: len(values)}
		for v, n := range values {
			f.Present += n
			f.Values = append(f.Values, Value{v, n})
		}
		slices.SortFunc(f.Values, func(a, b Value) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value)) })
		f.Values = f.Values[:min(len(f.Values), maxValues)]
		out.Items = append(out.Items, f)
	}
	rank := func(f Field) int {
		if slices.Contains(s.wanted, f.Field) {
			return 0
		}
		return 1
	}
	slices.SortFunc(out.Items, func(a, b Field) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Present, a.Present), cmp.Compare(a.Distinct, b.Distinct), cmp.Compare(a.Field, b.Field))
	})
	out.Items = out.Items[:min(len(out.Items), maxFieldItems)]
	return out
}
