package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Wildcards inside a Glob.
const (
	Many rune = -1 // any characters, none included
	One  rune = -2 // exactly one character
)

// Glob is literal characters and wildcards.
type Glob []rune

// Literal returns the lower-cased text of a pattern without wildcards.
func (g Glob) Literal() (string, bool) {
	for _, r := range g {
		if r < 0 {
			return "", false
		}
	}
	return strings.ToLower(string(g)), true
}

// like reports whether the whole of s matches g, letter case aside. It keeps
// only the last Many to return to, so it is linear in practice and never
// exponential.
func (g Glob) like(s string) bool {
	i, mark, back := 0, -1, 0
	for pos := 0; pos < len(s); {
		r, n := utf8.DecodeRuneInString(s[pos:])
		switch {
		case i < len(g) && g[i] == Many:
			mark, back = i, pos
			i++
		case i < len(g) && (g[i] == One || unicode.ToLower(g[i]) == unicode.ToLower(r)):
			i++
			pos += n
		case mark >= 0:
			_, n = utf8.DecodeRuneInString(s[back:])
			back += n
			i, pos = mark+1, back
		default:
			return false
		}
	}
	for i < len(g) && g[i] == Many {
		i++
	}
	return i == len(g)
}

// equalLower reports whether s in lower case is want.
func equalLower(s, want string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return strings.ToLower(s) == want
		}
	}
	if len(s) != len(want) {
		return false
	}
	for i := range len(s) {
		if lowerByte(s[i]) != want[i] {
			return false
		}
	}
	return true
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
