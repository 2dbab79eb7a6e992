package clickhouse

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
)

func itoa(n int) string { return strconv.Itoa(n) }

func addrText(b [16]byte) string { return netip.AddrFrom16(b).String() }

// maxCell is how many characters of a value a table shows.
const maxCell = 1000

// kind is what a column of a statement is in SQL.
type kind uint8

const (
	textKind  kind = iota // Nullable(String)
	wholeKind             // Nullable(Int64), times in ns too
	floatKind             // Nullable(Float64)
)

// cell is a field of the table's rows as a column of a result.
func (s *statement) cell(f query.Field) (sql string, k kind) {
	switch f.Kind {
	case query.TimeKind:
		return "CAST(toUnixTimestamp64Nano(" + f.Name + "), 'Nullable(Int64)')", wholeKind
	case query.IntKind:
		return columnSQL(f.Column.Info()), wholeKind
	case query.RankKind:
		return "CAST(" + rankName("severity") + ", 'Nullable(String)')", textKind
	case query.IDKind:
		return "CAST(" + idSQL + ", 'Nullable(String)')", textKind
	case query.Native:
		return "substringUTF8(" + nativeSQL(s.text(f.Name)) + ", 1, " + itoa(maxCell) + ")", textKind
	}
	return "nullIf(substringUTF8(toString(" + textSQL(f) + "), 1, " + itoa(maxCell) + "), '')", textKind
}

func rankName(x string) string {
	return "transform(toInt64(" + x + "), [" + ranks() + "], [" + rankNames() + "], 'other')"
}

func ranks() string {
	var out []string
	for r := range event.Fatal + 1 {
		out = append(out, "toInt64("+itoa(int(r))+")")
	}
	return strings.Join(out, ", ")
}

func rankNames() string {
	var out []string
	for r := range event.Fatal + 1 {
		out = append(out, "'"+r.String()+"'")
	}
	return strings.Join(out, ", ")
}

// col is a column of a statement's result.
type col struct {
	name  string
	field query.Field
	kind  kind
}

// exact says that sums are of integers.
func (c col) exact() bool { return c.kind == wholeKind || c.field.Kind == query.RankKind }

// number is the column as functions count with it, NULL when it is no number.
func (c col) number() string {
	switch {
	case c.kind != textKind:
		return c.name
	case c.field.Kind == query.RankKind:
		return "if(isNull(" + c.name + "), NULL, transform(assumeNotNull(" + c.name + "), [" + rankNames() + "], [" + ranks() + "], toInt64(99)))"
	case c.field.Kind == query.AddrKind, c.field.Kind == query.IDKind:
		return "CAST(NULL, 'Nullable(Float64)')"
	}
	return numberSQL(c.name)
}

// sortText is the text that rows are ordered by where there is no number.
func (c col) sortText() string {
	switch {
	case c.kind != textKind, c.field.Kind == query.RankKind:
		return "CAST(NULL, 'Nullable(String)')"
	case c.field.Kind == query.AddrKind:
		return "hex(toIPv6OrNull(" + c.name + "))"
	}
	return "lowerUTF8(" + c.name + ")"
}

// order prints what sorts by the column: numbers, text, absent.
func (c col) order(desc bool) string {
	dir := map[bool]string{false: " ASC", true: " DESC"}[desc] + " NULLS LAST"
	switch {
	case c.kind != textKind:
		return c.name + dir
	case c.field.Kind == query.RankKind:
		return c.number() + dir
	case c.field.Kind == query.Native:
		n, t := c.number(), c.sortText()
		return "multiIf(isNotNull(" + n + "), 0, isNotNull(" + t + "), 1, 2) ASC, " + n + dir + ", if(isNull(" + n + "), " + t + ", NULL)" + dir
	}
	return c.sortText() + dir
}

// test puts a condition's leaf to a column, as query.MatchRow does.
func (s *statement) rowTest(c col, t query.Test) string {
	name := c.name
	if _, ok := t.(query.Exists); ok {
		return name + " IS NOT NULL"
	}
	switch c.field.Kind {
	case query.TimeKind:
		if r, ok := t.(query.Range); ok {
			lo, hi := r.Times()
			return name + " BETWEEN " + s.whole(lo) + " AND " + s.whole(hi)
		}
	case query.IntKind:
		return s.integer(name, t)
	case query.RankKind:
		return s.rank(c.number(), t)
	case query.AddrKind:
		return s.address("assumeNotNull("+name+")", "toIPv6OrNull("+name+")", t)
	case query.LongText:
		return s.longText(t, "assumeNotNull("+name+")")
	}
	if c.kind == textKind {
		return s.test(t, name)
	}
	switch t := t.(type) {
	case query.Equal:
		if n, ok := t.Value.Number(); ok {
			return name + " = " + s.float(n)
		}
	case query.Range:
		if lo, hi, ok := t.Numbers(); ok {
			return between(name, t, func() string { return s.float(lo) }, func() string { return s.float(hi) })
		}
	}
	return s.test(t, "toString("+name+")")
}
