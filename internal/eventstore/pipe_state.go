package eventstore

import (
	"math"
	"math/big"
	"strings"

	"github.com/tocsin-project/tocsin/internal/query"
)

// state is what one function of one group has so far. It grows by the partial
// results of a source, by single rows of a table, or by another state of the
// same function.
type state interface {
	parts() int        // how many columns of a partial result are its own
	merge(parts []any) // those columns, as groups.partials writes them
	add(row cellOf)
	combine(state)
	value() any
	size() int // bytes, about
}

// cellOf is one row's value of the function's field.
type cellOf struct {
	value any
	field query.Field
	at    position // when the row was, or where it is in the table
}

func (g *groups) newState(a query.Agg) state {
	switch a.Func {
	case query.FuncSum, query.FuncAvg:
		return &sumState{mean: a.Func == query.FuncAvg}
	case query.FuncMin:
		return &extremeState{field: a.Field, sign: -1}
	case query.FuncMax:
		return &extremeState{field: a.Field, sign: 1}
	case query.FuncDC:
		return &distinctState{groups: g}
	case query.FuncFirst:
		return &edgeState{field: a.Field, sign: -1}
	case query.FuncLast:
		return &edgeState{field: a.Field, sign: 1}
	case query.FuncMedian:
		return &quantileState{groups: g, at: 0.5}
	case query.FuncP95:
		return &quantileState{groups: g, at: 0.95}
	case query.FuncP99:
		return &quantileState{groups: g, at: 0.99}
	}
	return countState{}
}

// countState counts nothing: the group itself has the number of its rows.
type countState struct{}

func (countState) parts() int    { return 0 }
func (countState) merge([]any)   {}
func (countState) add(cellOf)    {}
func (countState) combine(state) {}
func (countState) value() any    { return nil }
func (countState) size() int     { return 0 }

// sumState is exact for integers and adds everything else as float64. The sum
// of nothing is 0, its mean nil.
type sumState struct {
	whole big.Int
	float float64
	n     int64
	mean  bool
}

func (s *sumState) parts() int { return 2 }
func (s *sumState) size() int  { return 64 }

func (s *sumState) merge(parts []any) {
	switch v := parts[0].(type) {
	case *big.Int:
		s.whole.Add(&s.whole, v)
	case int64:
		s.whole.Add(&s.whole, big.NewInt(v))
	case float64:
		s.float += v
	}
	s.n += asInt(parts[1])
}

func (s *sumState) add(c cellOf) {
	switch v := numberOf(c.field, c.value).(type) {
	case int64:
		s.merge([]any{v, int64(1)})
	case float64:
		s.merge([]any{v, int64(1)})
	}
}

func (s *sumState) combine(o state) {
	other := o.(*sumState)
	s.whole.Add(&s.whole, &other.whole)
	s.float += other.float
	s.n += other.n
}

func (s *sumState) value() any {
	if !s.mean && s.float == 0 && s.whole.IsInt64() {
		return s.whole.Int64()
	}
	f, _ := new(big.Float).SetInt(&s.whole).Float64()
	f += s.float
	if !s.mean {
		return plain(f)
	}
	if s.n == 0 {
		return nil
	}
	return plain(f / float64(s.n))
}

// extremeState is the least or greatest number or, where no value is one, text.
type extremeState struct {
	field  query.Field
	sign   int // of the comparison that takes a value
	number any // int64 or float64
	key    string
	text   any
}

func (s *extremeState) parts() int { return 2 }
func (s *extremeState) size() int  { return 64 + len(s.key) }

func (s *extremeState) merge(parts []any) { s.take(parts[0], parts[1]) }

func (s *extremeState) add(c cellOf) {
	if c.value == nil {
		return
	}
	var number any // text of a column is text, whatever it reads as
	if k := sortKeyOf(c.field, c.value); k.isNumber {
		number = numberOf(c.field, c.value)
	}
	s.take(number, text(c.value))
}

func (s *extremeState) combine(o state) { s.take(o.(*extremeState).number, o.(*extremeState).text) }

func (s *extremeState) take(number, value any) {
	if number != nil && (s.number == nil || compareNumbers(number, s.number)*s.sign > 0) {
		s.number = number
	}
	if t, ok := value.(string); ok {
		k := sortKeyOf(s.field, t)
		key := k.text + "\x01" + t
		if k.class() == textClass && (s.text == nil || strings.Compare(key, s.key)*s.sign > 0) {
			s.text, s.key = t, key
		}
	}
}

func (s *extremeState) value() any {
	if s.number == nil {
		return s.text
	}
	if s.field.Kind == query.RankKind {
		return rankName(s.number)
	}
	return tidy(s.number)
}

// edgeState is the value of the oldest or newest row that has one.
type edgeState struct {
	field query.Field
	sign  int
	at    position
	have  any
}

func (s *edgeState) parts() int { return 1 }
func (s *edgeState) size() int  { return 64 }

func (s *edgeState) merge(parts []any) {
	if row, ok := parts[0].(map[string]any); ok {
		s.take(position{asInt(row["t"]), uint64(asInt(row["s"])), uint64(asInt(row["i"]))}, row["v"])
	}
}

func (s *edgeState) add(c cellOf)    { s.take(c.at, c.value) }
func (s *edgeState) combine(o state) { s.take(o.(*edgeState).at, o.(*edgeState).have) }

func (s *edgeState) take(at position, v any) {
	// position.compare puts the newest first.
	if v != nil && (s.have == nil || -at.compare(s.at)*s.sign > 0) {
		s.at, s.have = at, v
	}
}

func (s *edgeState) value() any {
	if s.field.Kind != query.Native {
		return s.have
	}
	return asNumber(s.have)
}

// plain is a float as a cell: an integer where it is one, nothing where JSON
// has no number for it.
func plain(f float64) any {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return nil
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return int64(f)
	}
	return f
}

func tidy(n any) any {
	if f, ok := n.(float64); ok {
		return plain(f)
	}
	return n
}
