package clickhouse

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
)

// condition prints a query over rows of the table, true for exactly the rows
// whose event query.Match accepts. A leaf may be NULL for "no"; only negation
// needs to know. term prints a leaf with a field.
func (s *statement) condition(x query.Expr, term func(query.Term) string) string {
	switch x := x.(type) {
	case query.And:
		return s.list(x.Of, " AND ", term)
	case query.Or:
		return s.list(x.Of, " OR ", term)
	case query.Not:
		return "(NOT ifNull(" + s.condition(x.Of, term) + ", 0))"
	case query.Text:
		return s.free(x.Pattern)
	case query.Term:
		return "(" + term(x) + ")"
	}
	return "1"
}

func (s *statement) list(of []query.Expr, with string, term func(query.Term) string) string {
	parts := make([]string, len(of))
	for i, x := range of {
		parts[i] = s.condition(x, term)
	}
	return "(" + strings.Join(parts, with) + ")"
}

// free is a free word: in the message, the raw text or a native value.
func (s *statement) free(g query.Glob) string {
	values := "arrayExists(kv -> " + s.words(g, "kv.2", false) + ", JSONExtractKeysAndValues(fields, 'String'))"
	if run := longestASCII(g); len(run) > 2 && !strings.ContainsFunc(string(run), escapedInJSON) {
		values = "(" + s.part(run, "fields") + " AND " + values + ")"
	}
	return "(" + s.words(g, "message", true) + " OR " + s.words(g, "raw", true) + " OR " + values + ")"
}

func escapedInJSON(r rune) bool { return r < 0x20 || strings.ContainsRune("\"\\<>&", r) }

// words searches text for a pattern as whole words. A part of the pattern is
// looked for first, with the column's index if it has one.
func (s *statement) words(g query.Glob, x string, indexed bool) string {
	contains, whole := g.WordPatterns()
	out := "match(" + x + ", " + s.text(contains) + ")"
	if whole != "" {
		out = "match(" + x + ", " + s.text(whole) + ")"
	}
	if run := longestASCII(g); indexed && len(run) > 2 {
		out = "(" + s.part(run, x) + " AND " + out + ")"
	}
	return out
}

func (s *statement) part(run query.Glob, x string) string {
	lit, _ := run.Literal()
	return fold(x) + " LIKE " + s.text("%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(lit)+"%")
}

// longestASCII is the longest part of a pattern that fold leaves as it is.
func longestASCII(g query.Glob) query.Glob {
	best, start := query.Glob{}, 0
	for i := range len(g) + 1 {
		if i == len(g) || g[i] < 0 || g[i] >= utf8.RuneSelf {
			if i-start > len(best) {
				best = g[start:i]
			}
			start = i + 1
		}
	}
	return best
}

// term puts a test to a field of a row of the table.
func (s *statement) term(t query.Term) string {
	switch f := t.Field; f.Kind {
	case query.Native:
		return s.native(f.Name, t.Test)
	case query.IntKind:
		return s.integer(columnSQL(f.Column.Info()), t.Test)
	case query.AddrKind:
		text, addr := addressSQL(f)
		return s.address(text, addr, t.Test)
	case query.TimeKind:
		r, ok := t.Test.(query.Range)
		if !ok {
			return "1"
		}
		lo, hi := r.Times()
		return f.Name + " BETWEEN " + s.at(lo) + " AND " + s.at(hi)
	case query.RankKind:
		return s.rank("severity", t.Test)
	case query.IDKind:
		if eq, ok := t.Test.(query.Equal); ok {
			id, err := event.ParseID(eq.Value.Lower())
			if err != nil {
				return "0"
			}
			return "id = toUUID(" + s.text(uuid(id)) + ")"
		}
		return s.test(t.Test, idSQL)
	case query.LongText:
		return f.Name + " != '' AND " + s.longText(t.Test, f.Name)
	}
	x := textSQL(t.Field)
	return x + " != '' AND " + s.test(t.Test, x)
}

const idSQL = "replaceAll(toString(id), '-', '')"

func uuid(b [16]byte) string {
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func textSQL(f query.Field) string {
	if f.Envelope {
		return f.Name
	}
	return columnSQL(f.Column.Info())
}

func addressSQL(f query.Field) (text, addr string) {
	if f.Envelope {
		return "peer", "peer_addr"
	}
	return columnSQL(f.Column.Info()), addrSQL(f.Column.Info())
}

func (s *statement) longText(t query.Test, x string) string {
	switch t := t.(type) {
	case query.Equal:
		return s.words(query.Glob(t.Value.Text), x, true)
	case query.Like:
		return s.words(t.Pattern, x, true)
	}
	return s.test(t, x)
}

// test puts a test to an expression of text that is there.
func (s *statement) test(t query.Test, x string) string {
	switch t := t.(type) {
	case query.Equal:
		return s.equal(x, t.Value.Text)
	case query.Like:
		return "match(" + x + ", " + s.text(t.Pattern.WholePattern()) + ")"
	case query.Regexp:
		return "match(" + x + ", " + s.text("(?-s)"+t.Pattern()) + ")" // a dot is no line break, as in RE2 itself
	case query.Range:
		if lo, hi, ok := t.Numbers(); ok {
			return between(numberSQL(x), t, func() string { return s.float(lo) }, func() string { return s.float(hi) })
		}
		return between("lowerUTF8("+x+")", t, func() string { return s.text(t.Lo.Lower()) }, func() string { return s.text(t.Hi.Lower()) })
	}
	return x + " IS NOT NULL"
}

// equal compares without case: ASCII by the folded column, which has an index.
func (s *statement) equal(x, value string) string {
	for i := range len(value) {
		if value[i] >= utf8.RuneSelf {
			return "match(" + x + ", " + s.text(query.Glob(value).WholePattern()) + ")"
		}
	}
	return fold(x) + " = " + s.text(strings.ToLower(value))
}

func numberSQL(x string) string {
	return "if(match(" + x + ", '" + strings.ReplaceAll(query.NumberPattern, `\`, `\\`) + "'), toFloat64OrNull(" + x + "), NULL)"
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

// native looks a field up in the JSON. A list passes when a member does.
func (s *statement) native(name string, t query.Test) string {
	key := s.text(name)
	text := nativeSQL(key)
	if _, ok := t.(query.Exists); ok {
		return text + " IS NOT NULL"
	}
	return s.nativePart(t) + "if(JSONType(fields, " + key + ") = 'Array', arrayExists(v -> ifNull(" + s.test(t, "v") + ", 0), JSONExtract(fields, " + key + ", 'Array(Nullable(String))')), ifNull(" + s.test(t, text) + ", 0))"
}

// nativePart looks for a part of the value in the JSON text first, which has an
// index, where its escapes cannot hide it.
func (s *statement) nativePart(t query.Test) string {
	var g query.Glob
	switch t := t.(type) {
	case query.Equal:
		g = query.Glob(t.Value.Text)
	case query.Like:
		g = t.Pattern
	}
	if run := longestASCII(g); len(run) > 2 && !strings.ContainsFunc(string(run), escapedInJSON) {
		return s.part(run, "fields") + " AND "
	}
	return ""
}

func nativeSQL(key string) string { return "JSONExtract(fields, " + key + ", 'Nullable(String)')" }

func (s *statement) integer(x string, t query.Test) string {
	switch t.(type) {
	case query.Equal, query.Range:
		lo, hi, ok := query.Ints(t)
		if !ok {
			return "0"
		}
		return x + " BETWEEN " + s.whole(lo) + " AND " + s.whole(hi)
	case query.Exists:
		return x + " IS NOT NULL"
	}
	return s.test(t, "toString("+x+")")
}

func (s *statement) address(text, addr string, t query.Test) string {
	if eq, ok := t.(query.Equal); ok {
		return text + " != '' AND " + s.equal(text, query.AddrText(eq.Value.Text))
	}
	lo, hi, ok := query.Addrs(t)
	if !ok {
		return text + " != '' AND " + s.test(t, text)
	}
	bound := func(b [16]byte) string { return "toIPv6(" + s.text(addrText(b)) + ")" }
	if r, isRange := t.(query.Range); isRange {
		return between(addr, r, func() string { return bound(lo) }, func() string { return bound(hi) })
	}
	return addr + " BETWEEN " + bound(lo) + " AND " + bound(hi)
}

func (s *statement) rank(x string, t query.Test) string {
	ranks := query.Ranks(t)
	if len(ranks) == 0 {
		return "0"
	}
	in := make([]string, len(ranks))
	for i, r := range ranks {
		in[i] = s.bind("UInt8", itoa(int(r)))
	}
	return x + " IN (" + strings.Join(in, ", ") + ")"
}
