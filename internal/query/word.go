package query

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Free text is matched as whole words: the pattern is contained in the text,
// letter case aside, and where an end of it is a word character (0-9A-Za-z_)
// the text has no word character beyond. A wildcard at an end lifts that. Both
// are lower-cased rune by rune first, and boundaries are judged after that.

// words is a pattern prepared for whole-word search.
type words struct {
	parts      [][]rune // between Many; lower case, with One
	head, tail bool     // a boundary is needed before the first, after the last
	literal    string   // the only part, when it has no wildcard
}

func wordsOf(g Glob) words {
	var w words
	part := []rune{}
	flush := func() {
		if len(part) > 0 {
			w.parts, part = append(w.parts, part), []rune{}
		}
	}
	for _, r := range g {
		if r == Many {
			flush()
			continue
		}
		part = append(part, lowerRune(r))
	}
	flush()
	if len(g) > 0 {
		w.head, w.tail = isWord(lowerRune(g[0])), isWord(lowerRune(g[len(g)-1]))
	}
	if len(w.parts) == 1 && !slices.Contains(w.parts[0], One) {
		w.literal = string(w.parts[0])
	}
	return w
}

func lowerRune(r rune) rune {
	if r < 0 {
		return r
	}
	return unicode.ToLower(r)
}

func isWord(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '_'
}

func isWordByte(c byte) bool { return c < utf8.RuneSelf && isWord(rune(c)) }

// in reports whether s has the pattern as whole words.
func (w words) in(s string) bool {
	if w.literal != "" {
		return w.literalIn(s)
	}
	text := []rune(strings.ToLower(s))
	at := 0
	for i, part := range w.parts {
		first, last := i == 0 && w.head, i == len(w.parts)-1 && w.tail
		for ; ; at++ {
			end := at + len(part)
			if end > len(text) {
				return false
			}
			if equalRunes(part, text[at:end]) && (!first || at == 0 || !isWord(text[at-1])) && (!last || end == len(text) || !isWord(text[end])) {
				at = end // the earliest place leaves the most room for the rest
				break
			}
		}
	}
	return true
}

func equalRunes(pattern, text []rune) bool {
	for i, r := range pattern {
		if r != One && r != text[i] {
			return false
		}
	}
	return true
}

// literalIn does not allocate for ASCII text.
func (w words) literalIn(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			s = strings.ToLower(s)
			break
		}
	}
	want := w.literal
	first := want[0]
	for i := 0; i+len(want) <= len(s); i++ {
		if lowerByte(s[i]) != first || !equalLowered(s[i:i+len(want)], want) {
			continue
		}
		end := i + len(want)
		if (!w.head || i == 0 || !isWordByte(s[i-1])) && (!w.tail || end == len(s) || !isWordByte(s[end])) {
			return true
		}
	}
	return false
}

// equalLowered compares text whose non-ASCII is in lower case already.
func equalLowered(s, want string) bool {
	for i := range len(s) {
		if lowerByte(s[i]) != want[i] {
			return false
		}
	}
	return true
}

// WordPatterns are RE2 patterns for text that is not lower-cased. contains
// finds the pattern anywhere; whole finds it as whole words, and is "" when
// that is the same. Letter case is written out as the classes of characters
// that lower-case to the same, so that every engine agrees with Match whatever
// its own idea of lower case; contains is several times quicker than whole, so
// engines test it first.
func (g Glob) WordPatterns() (contains, whole string) {
	w := wordsOf(g)
	var b strings.Builder
	for i, part := range w.parts {
		if i > 0 {
			b.WriteString("(?s:.*)")
		}
		for _, r := range part {
			if r == One {
				b.WriteString("(?s:.)")
			} else {
				writeFolded(&b, r)
			}
		}
	}
	contains = b.String()
	if !w.head && !w.tail {
		return contains, ""
	}
	whole = contains
	if w.head {
		whole = "(?:^|" + notWord + ")" + whole
	}
	if w.tail {
		whole += "(?:$|" + notWord + ")"
	}
	return contains, whole
}

// notWord also leaves out the two characters beyond ASCII that lower-case to a
// word character: İ and the Kelvin sign.
const notWord = `[^0-9A-Za-z_\x{130}\x{212A}]`

// writeFolded writes the class of characters whose lower case is r.
func writeFolded(b *strings.Builder, r rune) {
	class := []rune{}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if unicode.ToLower(f) == r {
			class = append(class, f)
		}
	}
	if r == 'i' {
		class = append(class, 'İ') // lower-cases to i, but folds with nothing
	}
	if len(class) == 0 {
		b.WriteString(regexp.QuoteMeta(string(r)))
		return
	}
	b.WriteByte('[')
	b.WriteRune(r)
	for _, f := range class {
		b.WriteRune(f)
	}
	b.WriteByte(']')
}

// WholePattern is the pattern in RE2 for a whole text, letter case written out
// as in WordPatterns.
func (g Glob) WholePattern() string {
	var b strings.Builder
	b.WriteString(`\A`)
	for _, r := range g {
		switch r {
		case Many:
			b.WriteString("(?s:.*)")
		case One:
			b.WriteString("(?s:.)")
		default:
			writeFolded(&b, lowerRune(r))
		}
	}
	b.WriteString(`\z`)
	return b.String()
}
