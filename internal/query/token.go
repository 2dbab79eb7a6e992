package query

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// special is the punctuation that a backslash makes ordinary. A backslash
// before anything else stands for itself, so that C:\Windows needs no care.
const special = "\\\"*?:()[]{}<>=/-| \t\n\r"

// Special reports whether the character needs a backslash to mean itself.
func Special(r rune) bool { return r < utf8.RuneSelf && strings.ContainsRune(special, r) }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (p *parser) end() bool { return p.pos >= len(p.text) }

func (p *parser) peek() byte {
	if p.end() {
		return 0
	}
	return p.text[p.pos]
}

func (p *parser) space() {
	for !p.end() && isSpace(p.text[p.pos]) {
		p.pos++
	}
}

// isKeyword reports whether the word is next, standing alone.
func (p *parser) isKeyword(word string) bool {
	p.space()
	end := p.pos + len(word)
	if end > len(p.text) || !strings.EqualFold(p.text[p.pos:end], word) {
		return false
	}
	return end == len(p.text) || isSpace(p.text[end]) || strings.IndexByte(`()"|`, p.text[end]) >= 0
}

func (p *parser) keyword(word string) bool {
	if !p.isKeyword(word) {
		return false
	}
	p.pos += len(word)
	return true
}

// bare reads a word without quotes, up to a space, a parenthesis, a quote, a
// pipe or one of stop.
func (p *parser) bare(stop string) (Glob, error) {
	var g Glob
	for !p.end() {
		c := p.text[p.pos]
		switch {
		case isSpace(c) || strings.IndexByte(`()"|`, c) >= 0 || strings.IndexByte(stop, c) >= 0:
			return g, nil
		case c == '*':
			if len(g) == 0 || g[len(g)-1] != Many { // two in a row are one
				g = append(g, Many)
			}
			p.pos++
		case c == '?':
			g = append(g, One)
			p.pos++
		case c == '\\' && p.pos+1 == len(p.text):
			return nil, p.fail(p.pos, 1, `a backslash at the end escapes nothing; write \\ for a backslash`)
		case c == '\\' && strings.IndexByte(special, p.text[p.pos+1]) >= 0:
			g = append(g, rune(p.text[p.pos+1]))
			p.pos += 2
		default:
			r, n := utf8.DecodeRuneInString(p.text[p.pos:])
			g = append(g, r)
			p.pos += n
		}
	}
	return g, nil
}

// phrase reads a quoted text; \" and \\ are its only escapes.
func (p *parser) phrase() (string, error) {
	start := p.pos
	var b strings.Builder
	for p.pos++; !p.end(); p.pos++ {
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			return b.String(), nil
		case c == '\\' && p.pos+1 < len(p.text) && strings.IndexByte(`"\`, p.text[p.pos+1]) >= 0:
			p.pos++
			b.WriteByte(p.text[p.pos])
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fail(start, 1, `this quote is never closed; add a " (a backslash before it makes it part of the text: write \\ there)`)
}

// bareAddress reads an IPv6 address among the words, whose colons would
// otherwise make it a field.
func (p *parser) bareAddress() (Expr, bool, error) {
	start := p.pos
	end := start
	for end < len(p.text) && !isSpace(p.text[end]) && strings.IndexByte(`()"|`, p.text[end]) < 0 {
		end++
	}
	word := p.text[start:end]
	if a, err := netip.ParseAddr(word); err != nil || !a.Is6() || a.Zone() != "" {
		return nil, false, nil
	}
	p.pos = end
	x, err := p.leaf(start, Text{Glob(word)})
	return x, true, err
}
