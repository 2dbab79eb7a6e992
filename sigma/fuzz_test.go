package sigma

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzParse(f *testing.F) {
	f.Add(ruleWith("f|contains: x", "sel"))
	f.Add(base + "type: event_count\n  rules: fail\n  timespan: 5m\n  condition: {gte: 3}\n")
	f.Add("a: &a [*a, *a]\n---\n- - - -\n...\n? x\n: !!str y")
	f.Fuzz(func(t *testing.T, text string) {
		docs, errs := Parse("f.yml", []byte(text))
		for _, e := range errs {
			if e.Line < 1 || e.Column < 1 || e.Reason == "" || e.Line > strings.Count(text, "\n")+2 {
				t.Errorf("error without its place: %+v", e)
			}
		}
		ev := MapEvent{"f": StringValue("x"), "g": ListValue([]Value{IntValue(1), {}})}
		for _, d := range docs {
			if d.Rule == nil {
				if d.Correlation == nil && d.Filter == nil {
					t.Error("an empty document")
				}
				continue
			}
			if d.Rule.Explain(ev).Matched != d.Rule.Match(ev) {
				t.Error("Explain and Match differ")
			}
		}
		for _, reading := range []FilterReading{FilterAsWritten, FilterSuppress} {
			out, _ := ApplyFilters(docs, reading)
			NewCorrelator(out, Limits{})
		}
	})
}

func FuzzCondition(f *testing.F) {
	for _, s := range []string{"a and not (b or c)", "1 of a* or all of them", "not not a", "((a)", "any of _x"} {
		f.Add(s)
	}
	selections := []*selection{{"a", and{}}, {"ab", or{}}, {"_x", and{}}}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseCondition(text, selections)
		if (e == nil) == (err == nil) {
			t.Errorf("%q: %v and %v", text, e, err)
		}
		if err == nil {
			e.match(MapEvent{})
		}
	})
}

// FuzzWildcard compares with the textbook recursion.
func FuzzWildcard(f *testing.F) {
	for _, s := range [][2]string{{"a*b?c", "aXbYc"}, {`\*\\?`, `*\x`}, {"*é*", "\xffÉ"}, {"?", "\xc3\xa9"}, {"a**", "a"}, {"*ab*ab", "abab"}, {"", ""}} {
		f.Add(s[0], s[1], true)
		f.Add(s[0], s[1], false)
	}
	f.Fuzz(func(t *testing.T, source, value string, cased bool) {
		if len(source) > 40 || len(value) > 80 || strings.Count(source, "*") > 6 {
			return
		}
		p := compilePattern(parseString(source), cased)
		if got, want := p.match(value), slow(symbols(source), letters(value), cased); got != want {
			t.Errorf("%q on %q, cased %v: %v, want %v", source, value, cased, got, want)
		}
	})
}

type symbol struct {
	r    rune
	wild byte // '*', '?' or 0
}

func symbols(s string) (out []symbol) {
	for len(s) > 0 {
		r, n := decode(s)
		switch {
		case r == '\\' && len(s) > 1 && strings.IndexByte(`\*?`, s[1]) >= 0:
			r, n = rune(s[1]), 2
			out = append(out, symbol{r: r})
		case r == '*' || r == '?':
			out = append(out, symbol{wild: byte(r)})
		default:
			out = append(out, symbol{r: r})
		}
		s = s[n:]
	}
	return out
}

func letters(s string) (out []rune) {
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			r = invalidByte(s[0])
		}
		out, s = append(out, r), s[n:]
	}
	return out
}

func slow(p []symbol, v []rune, cased bool) bool {
	switch {
	case len(p) == 0:
		return len(v) == 0
	case p[0].wild == '*':
		return slow(p[1:], v, cased) || len(v) > 0 && slow(p, v[1:], cased)
	case len(v) == 0:
		return false
	case p[0].wild == '?' || p[0].r == v[0] || !cased && fold(p[0].r) == fold(v[0]):
		return slow(p[1:], v[1:], cased)
	}
	return false
}
