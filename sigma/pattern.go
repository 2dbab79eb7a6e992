package sigma

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// part is a piece of a Sigma string: literal text, or one wildcard.
type part struct {
	lit  string // used when wild is zero
	wild rune
}

// Wildcards inside a pattern. They are negative, so no rune equals one.
const (
	anyText rune = -1 // *: any number of characters
	anyRune rune = -2 // ?: exactly one character
	anyDash rune = -3 // windash: one of dashes
)

const dashes = "-/\u2013\u2014\u2015"

// parseString reads wildcards and escapes (Sigma 2.1, "String Wildcard"):
// \*, \? and \\ stand for the character itself, any other backslash is one.
func parseString(s string) []part {
	var parts []part
	lit, from := "", 0 // the text so far is lit and s[from:i]
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && (s[i+1] == '*' || s[i+1] == '?' || s[i+1] == '\\'):
			lit += s[from:i]
			i++
			from = i
		case c == '*' || c == '?':
			if lit += s[from:i]; lit != "" {
				parts = append(parts, part{lit: lit})
			}
			wild := anyText
			if c == '?' {
				wild = anyRune
			}
			parts = append(parts, part{wild: wild})
			lit, from = "", i+1
		}
	}
	if lit += s[from:]; lit != "" {
		parts = append(parts, part{lit: lit})
	}
	return parts
}

// pattern is a compiled Sigma string: runs of characters, with any text
// between one run and the next. One run alone must be the whole value.
type pattern struct {
	runs  [][]rune
	cased bool
}

func compilePattern(parts []part, cased bool) pattern {
	runs, size := 1, 0
	for _, part := range parts {
		size += utf8.RuneCountInString(part.lit)
		if part.wild == anyText {
			runs++
		} else if part.wild != 0 {
			size++
		}
	}
	// All runs lie in one array: a large set of rules has very many.
	p, all, start := pattern{cased: cased, runs: make([][]rune, 0, runs)}, make([]rune, 0, size), 0
	end := func() {
		p.runs = append(p.runs, all[start:len(all):len(all)])
		start = len(all)
	}
	for _, part := range parts {
		switch {
		case part.wild == anyText:
			end()
		case part.wild != 0:
			all = append(all, part.wild)
		}
		for rest := part.lit; part.wild == 0 && rest != ""; {
			r, n := decode(rest)
			if !cased {
				r = fold(r)
			}
			all = append(all, r)
			rest = rest[n:]
		}
	}
	end()
	return p
}

// match reports whether the whole of s fits the pattern.
func (p *pattern) match(s string) bool {
	n, ok := p.prefix(p.runs[0], s)
	if !ok {
		return false
	}
	s = s[n:]
	if len(p.runs) == 1 {
		return s == ""
	}
	// Taking the leftmost place for each middle run leaves the most for the rest.
	for _, run := range p.runs[1 : len(p.runs)-1] {
		end, ok := p.find(run, s)
		if !ok {
			return false
		}
		s = s[end:]
	}
	return p.suffix(p.runs[len(p.runs)-1], s)
}

// prefix reports whether s starts with run, and how many bytes it took.
func (p *pattern) prefix(run []rune, s string) (int, bool) {
	n := 0
	for _, want := range run {
		if n >= len(s) {
			return 0, false
		}
		r, size := decode(s[n:])
		if !p.same(want, r) {
			return 0, false
		}
		n += size
	}
	return n, true
}

// find returns the end of the first place in s where run stands.
func (p *pattern) find(run []rune, s string) (int, bool) {
	for at := 0; ; {
		if len(run) > 0 && run[0] >= 0 && run[0] < utf8.RuneSelf {
			at += p.skip(byte(run[0]), s[at:])
		}
		if n, ok := p.prefix(run, s[at:]); ok {
			return at + n, true
		}
		if at >= len(s) {
			return 0, false
		}
		_, size := decode(s[at:])
		at += size
	}
}

// skip counts the bytes before the first place where a run can begin with the
// ASCII character. Bytes of longer characters never equal one.
func (p *pattern) skip(first byte, s string) int {
	i := 0
	for i < len(s) && s[i] != first && (p.cased || fold(rune(s[i])) != rune(first)) {
		i++
	}
	return i
}

// suffix reports whether s ends with run.
func (p *pattern) suffix(run []rune, s string) bool {
	for i := len(run) - 1; i >= 0; i-- {
		if s == "" {
			return false
		}
		r, size := utf8.DecodeLastRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			r = invalidByte(s[len(s)-1])
		}
		if !p.same(run[i], r) {
			return false
		}
		s = s[:len(s)-size]
	}
	return true
}

func (p *pattern) same(want, r rune) bool {
	switch want {
	case anyRune:
		return true
	case anyDash:
		return strings.ContainsRune(dashes, r)
	}
	return want == r || !p.cased && want == fold(r)
}

// decode reads the first character of s. A byte that is not UTF-8 is a
// character of its own (log lines and encoded values hold such bytes).
func decode(s string) (rune, int) {
	if c := s[0]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 {
		return invalidByte(s[0]), 1
	}
	return r, n
}

func invalidByte(b byte) rune { return unicode.MaxRune + 1 + rune(b) }

// fold maps a character to the one that stands for it in comparisons without
// case. ASCII maps within ASCII only, so that İ and the Kelvin sign do not
// become plain letters.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	if l := unicode.ToLower(r); l >= utf8.RuneSelf {
		return l
	}
	return r
}

// describe writes parts back in Sigma's notation.
func describe(parts []part) string {
	if len(parts) == 1 && parts[0].wild == 0 {
		return parts[0].lit
	}
	size := 0
	for _, p := range parts {
		size += max(len(p.lit), 1)
	}
	var b strings.Builder
	b.Grow(size)
	for _, p := range parts {
		switch p.wild {
		case 0:
			b.WriteString(p.lit)
		case anyText:
			b.WriteByte('*')
		case anyRune:
			b.WriteByte('?')
		case anyDash:
			b.WriteByte('-')
		}
	}
	return b.String()
}
