package query

import (
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
)

// MatchRow puts a condition to a row of a table. value gives the row's value of
// a field: a string, an integer (times in ns), a float or null. Text matches
// nothing: rows are compared by their columns.
func MatchRow(x Expr, value func(Field) event.Value) bool {
	switch x := x.(type) {
	case And:
		for _, m := range x.Of {
			if !MatchRow(m, value) {
				return false
			}
		}
		return true
	case Or:
		for _, m := range x.Of {
			if MatchRow(m, value) {
				return true
			}
		}
		return false
	case Not:
		return !MatchRow(x.Of, value)
	case Term:
		return x.matchValue(value(x.Field))
	case All:
		return true
	}
	return false
}

// matchValue puts the test to a value as a column has it.
func (t Term) matchValue(v event.Value) bool {
	if v.Kind() == event.Null {
		return false
	}
	switch t.Field.Kind {
	case IntKind:
		if v.Kind() == event.Int {
			return matchInt(t.Test, v)
		}
	case TimeKind:
		r, ok := t.Test.(Range)
		lo, hi := r.Times()
		return !ok || lo <= v.Int() && v.Int() <= hi
	case RankKind:
		return matchRank(t.Test, parseRank(v.Text()))
	case AddrKind:
		return matchAddr(t.Test, v.Text())
	case LongText:
		return matchLong(t.Test, v.Text())
	case Native:
		if t.Field.Computed && v.Kind() != event.Str {
			if eq, ok := t.Test.(Equal); ok && eq.Value.isNum { // 10 is 10.0
				return eq.Value.num == v.Float()
			}
		}
		return matchNative(t.Test, v)
	}
	return matchText(t.Test, v.Text())
}

func parseRank(name string) event.Severity {
	if s := event.ParseSeverity(name); s != event.SeverityUnknown || strings.EqualFold(name, "unknown") {
		return s
	}
	return OtherSeverity
}
