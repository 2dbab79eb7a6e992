package eventstore

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
)

// statement is SQL with its bound values. Text of a query only ever becomes a
// value.
type statement struct {
	strings.Builder
	args []any
	srcs []source // what it reads, for run
	// short says that it reads a few blocks: one thread is enough.
	short bool
}

// arg binds a value and returns its placeholder.
func (s *statement) arg(v any) string {
	s.args = append(s.args, v)
	return "$" + strconv.Itoa(len(s.args))
}

// uuid binds 16 bytes. The driver cannot tell the type of a UUID parameter in
// every place, so it goes as text with a cast.
func (s *statement) uuid(b [16]byte) string {
	return s.arg(hex.EncodeToString(b[:])) + "::UUID"
}

// condition prints a query as an SQL condition that is true for exactly the
// rows whose event query.Match accepts. A leaf may be NULL for "no"; only
// negation needs to know, and makes it false.
func (s *statement) condition(x query.Expr) string {
	switch x := x.(type) {
	case query.And:
		return s.list(x.Of, " AND ")
	case query.Or:
		return s.list(x.Of, " OR ")
	case query.Not:
		return "(NOT coalesce(" + s.condition(x.Of) + ", FALSE))"
	case query.Text:
		return s.text(x.Pattern)
	case query.Term:
		return "(" + s.term(x) + ")"
	}
	return "TRUE"
}

func (s *statement) list(of []query.Expr, with string) string {
	parts := make([]string, len(of))
	for i, x := range of {
		parts[i] = s.condition(x)
	}
	return "(" + strings.Join(parts, with) + ")"
}

// text is a free word: in the message, the raw text or a native value. The
// body, which holds all of them, is searched first; only what has the longest
// run of the pattern there is taken apart.
func (s *statement) text(g query.Glob) string {
	values := "list_bool_or(list_transform(json_extract_string(fields, '$.*'), lambda v: " + s.words(g, "v") + "))"
	return s.where(longestLiteral(g), "(coalesce("+s.words(g, "message")+", FALSE) OR coalesce("+s.words(g, "raw")+", FALSE) OR "+values+")")
}

// where puts a condition to those rows only whose body contains a run of plain
// text, unless the run is one that the JSON of the fields would escape.
func (s *statement) where(run query.Glob, condition string) string {
	if len(run) == 0 || strings.ContainsFunc(string(run), escapedInJSON) {
		return condition
	}
	contains, _ := run.WordPatterns()
	return "CASE WHEN regexp_matches(body, " + s.arg(contains) + ") THEN " + condition + " ELSE FALSE END"
}

// words searches text for a pattern as whole words. Of contains(lower(x)),
// ILIKE and RE2 with the letters' case written out, the last is quickest (66,
// 147 and 52 ms for 100,000 texts of 490 bytes, one thread); boundaries cost
// three times that and are judged only where the pattern is. CASE keeps that
// order: DuckDB tries others for the members of an AND.
func (s *statement) words(g query.Glob, x string) string {
	contains, whole := g.WordPatterns()
	if whole == "" {
		return "regexp_matches(" + x + ", " + s.arg(contains) + ")"
	}
	return "CASE WHEN regexp_matches(" + x + ", " + s.arg(contains) + ") THEN regexp_matches(" + x + ", " + s.arg(whole) + ") ELSE FALSE END"
}

func escapedInJSON(r rune) bool {
	return r < 0x20 || strings.ContainsRune("\"\\<>&\u2028\u2029\uFFFD", r)
}

func longestLiteral(g query.Glob) query.Glob {
	best, start := query.Glob{}, 0
	for i := range len(g) + 1 {
		if i == len(g) || g[i] < 0 {
			if i-start > len(best) {
				best = g[start:i]
			}
			start = i + 1
		}
	}
	return best
}

func (s *statement) term(t query.Term) string {
	switch f := t.Field; f.Kind {
	case query.Native:
		return s.native(f.Name, t.Test)
	case query.IntKind:
		return s.integer(columnSQL(f.Column.Info()), t.Test)
	case query.AddrKind:
		if f.Envelope {
			return s.address("peer", "peer_addr", t.Test)
		}
		return s.address(columnSQL(f.Column.Info()), addrSQL(f.Column.Info()), t.Test)
	case query.TimeKind:
		r, ok := t.Test.(query.Range)
		if !ok {
			return "TRUE"
		}
		lo, hi := r.Times()
		return f.Name + " BETWEEN " + s.arg(lo) + " AND " + s.arg(hi)
	case query.RankKind:
		return s.rank(t.Test)
	case query.IDKind:
		if eq, ok := t.Test.(query.Equal); ok {
			id, err := event.ParseID(eq.Value.Lower())
			if err != nil {
				return "FALSE"
			}
			return "id = " + s.uuid(id)
		}
		return s.test(t.Test, "replace(id::VARCHAR, '-', '')")
	case query.LongText:
		return s.longText(t.Test, f.Name)
	}
	if t.Field.Envelope {
		return s.test(t.Test, t.Field.Name)
	}
	return s.test(t.Test, columnSQL(t.Field.Column.Info()))
}

// longText puts a test to message or raw, where values are words within.
func (s *statement) longText(t query.Test, x string) string {
	switch t := t.(type) {
	case query.Equal:
		return s.words(query.Glob(t.Value.Text), x)
	case query.Like:
		return s.words(t.Pattern, x)
	}
	return s.test(t, x)
}

// test puts a test to an SQL expression of text that is NULL when absent.
func (s *statement) test(t query.Test, x string) string {
	switch t := t.(type) {
	case query.Equal:
		return "lower(" + x + ") = " + s.arg(t.Value.Lower())
	case query.Like:
		return s.like(t.Pattern, x)
	case query.Regexp:
		return "regexp_matches(" + x + ", " + s.arg(t.Pattern()) + ")"
	case query.Range:
		if lo, hi, ok := t.Numbers(); ok {
			number := "CASE WHEN regexp_matches(" + x + ", '" + query.NumberPattern + "') THEN TRY_CAST(" + x + " AS DOUBLE) END"
			return between(number, t, func() string { return s.arg(lo) }, func() string { return s.arg(hi) })
		}
		return between("lower("+x+")", t, func() string { return s.arg(t.Lo.Lower()) }, func() string { return s.arg(t.Hi.Lower()) })
	}
	return x + " IS NOT NULL"
}

// between compares x with the ends that the range has; only those are bound.
func between(x string, r query.Range, lo, hi func() string) string {
	var parts []string
	if r.Lo != nil {
		parts = append(parts, x+map[bool]string{true: " > ", false: " >= "}[r.LoOpen]+lo())
	}
	if r.Hi != nil {
		parts = append(parts, x+map[bool]string{true: " < ", false: " <= "}[r.HiOpen]+hi())
	}
	return strings.Join(parts, " AND ")
}

// like prints a pattern; the common shapes become DuckDB's plain functions,
// which are faster than LIKE with an escape.
func (s *statement) like(g query.Glob, x string) string {
	x = "lower(" + x + ")"
	head, tail := false, false
	if n := len(g); n > 0 && g[0] == query.Many {
		head, g = true, g[1:]
	}
	if n := len(g); n > 0 && g[n-1] == query.Many {
		tail, g = true, g[:n-1]
	}
	if lit, ok := g.Literal(); ok {
		switch {
		case head && tail:
			return "contains(" + x + ", " + s.arg(lit) + ")"
		case head:
			return "suffix(" + x + ", " + s.arg(lit) + ")"
		case tail:
			return "starts_with(" + x + ", " + s.arg(lit) + ")"
		}
	}
	var b strings.Builder
	if head {
		b.WriteByte('%')
	}
	for _, r := range g {
		switch r {
		case query.Many:
			b.WriteByte('%')
		case query.One:
			b.WriteByte('_')
		case '%', '_', '!':
			b.WriteByte('!')
			b.WriteRune(r)
		default:
			b.WriteString(strings.ToLower(string(r)))
		}
	}
	if tail {
		b.WriteByte('%')
	}
	return x + " LIKE " + s.arg(b.String()) + " ESCAPE '!'"
}

// native looks a field up in the JSON by pointer (RFC 6901). A list passes
// when a member does.
func (s *statement) native(name string, t query.Test) string {
	at := s.arg(pointer(name))
	text := "json_extract_string(fields, " + at + ")"
	if _, ok := t.(query.Exists); ok {
		return text + " IS NOT NULL"
	}
	members := "json_extract_string(json_extract(fields, " + at + "), '$[*]')"
	return s.where(plainPart(t), "CASE WHEN starts_with("+text+", '[') AND json_type(fields, "+at+") = 'ARRAY'"+
		" THEN list_bool_or(list_transform("+members+", lambda v: "+s.test(t, "v")+"))"+
		" ELSE "+s.test(t, text)+" END")
}

// plainPart is text that a value must contain to pass a test.
func plainPart(t query.Test) query.Glob {
	switch t := t.(type) {
	case query.Equal:
		return query.Glob(t.Value.Text)
	case query.Like:
		return longestLiteral(t.Pattern)
	}
	return nil
}

// pointer is a native field's place in the flat JSON object.
func pointer(name string) string {
	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

func (s *statement) integer(column string, t query.Test) string {
	switch t.(type) {
	case query.Equal, query.Range:
		lo, hi, ok := query.Ints(t)
		if !ok {
			return "FALSE"
		}
		return column + " BETWEEN " + s.arg(lo) + " AND " + s.arg(hi)
	case query.Exists:
		return column + " IS NOT NULL"
	}
	return s.test(t, column+"::VARCHAR")
}

func (s *statement) address(text, addr string, t query.Test) string {
	if eq, ok := t.(query.Equal); ok {
		return "lower(" + text + ") = " + s.arg(strings.ToLower(query.AddrText(eq.Value.Text)))
	}
	lo, hi, ok := query.Addrs(t)
	if !ok {
		return s.test(t, text)
	}
	if r, isRange := t.(query.Range); isRange {
		return between(addr, r, func() string { return s.uuid(lo) }, func() string { return s.uuid(hi) })
	}
	return addr + " BETWEEN " + s.uuid(lo) + " AND " + s.uuid(hi)
}

func (s *statement) rank(t query.Test) string {
	ranks := query.Ranks(t)
	if len(ranks) == 0 {
		return "FALSE"
	}
	in := make([]string, len(ranks))
	for i, r := range ranks {
		in[i] = s.arg(int64(r))
	}
	return "severity IN (" + strings.Join(in, ", ") + ")"
}
