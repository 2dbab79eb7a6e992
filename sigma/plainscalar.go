package sigma

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// key reads the key that the rest of the line starts with, without moving:
// its text and the place of its colon, which is negative when it is no key.
func (r *plainReader) key() (name string, colon int) {
	rest := r.text[r.at:r.end]
	if rest[0] == '\'' || rest[0] == '"' {
		name, size := quoted(rest)
		if size == 0 {
			return "", -1
		}
		for size < len(rest) && rest[size] == ' ' {
			size++
		}
		if isColon(rest, size) {
			return name, r.at + size
		}
		return "", -1
	}
	if !startsPlain(rest) {
		return "", -1
	}
	for i := 0; i < len(rest); i++ {
		switch {
		case isColon(rest, i):
			if name = strings.TrimRight(rest[:i], " "); plainValue(name).kind != String || strings.Contains(name, "<<") {
				r.giveUp()
			}
			return name, r.at + i
		case rest[i] == '#' && rest[i-1] == ' ':
			return "", -1
		}
	}
	return "", -1
}

// isColon reports whether s[i] ends a key.
func isColon(s string, i int) bool {
	return i < len(s) && s[i] == ':' && (i+1 == len(s) || s[i+1] == ' ')
}

// plainKey reports whether a map can have the key. The library finds keys given
// twice by their path in the document, in which a quote makes two paths alike.
func plainKey(m *Node, key string) bool {
	const most = 500 // looking for the same key in a larger map takes long
	return key != "" && len(m.Pairs) < most && strings.IndexByte(key, '\'') < 0 && m.Get(key) == nil
}

// startsPlain reports whether s starts as a plain scalar does and nothing else.
func startsPlain(s string) bool {
	switch c := s[0]; {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c >= utf8.RuneSelf:
		return true
	case c == '-':
		return len(s) > 1 && s[1] != ' '
	default:
		return strings.IndexByte(`_/\$()+=~^;.<`, c) >= 0
	}
}

// scalar reads the value that starts here, a flow collection too, and the line's
// end.
func (r *plainReader) scalar(delim, depth int) *Node {
	switch rest := r.text[r.at:r.end]; rest[0] {
	case '[', '{':
		n := r.flow(depth, false)
		r.lineEnd()
		return n
	case '\'', '"':
		n := r.node(ScalarNode, depth)
		text, size := quoted(rest)
		if size == 0 {
			r.giveUp()
			return n
		}
		n.Scalar = StringValue(text)
		r.at += size
		r.lineEnd()
		return n
	case '|', '>':
		n := r.node(ScalarNode, depth)
		n.Scalar = StringValue(r.blockText(delim))
		r.settle()
		return n
	default:
		n := r.node(ScalarNode, depth)
		if !startsPlain(rest) {
			r.giveUp()
			return n
		}
		r.plain(n, delim)
		r.settle()
		return n
	}
}

// lineEnd moves on from a line of which nothing but a comment is left.
func (r *plainReader) lineEnd() {
	from := r.at
	r.spaces()
	if r.at < r.end && (r.at == from || r.text[r.at] != '#') {
		r.giveUp()
		return
	}
	r.next()
}

// plain reads a plain scalar, which deeper lines go on with.
func (r *plainReader) plain(n *Node, delim int) {
	text, closed := r.plainLine()
	if padding := r.end - r.at - len(text); !closed && r.end < len(r.text) {
		n.Column += padding // the library takes spaces at the line's end for ones before it
	}
	var joined []byte // of several lines
	blank, spaced := 0, false
	for r.advance(); !closed && !r.over; r.advance() {
		if r.at == r.end {
			blank++
			spaced = spaced || r.at > r.start
			continue
		}
		if r.text[r.at] == '#' || r.column(r.at) <= delim {
			break
		}
		if spaced || r.text[r.at] == '-' {
			r.giveUp()
			break
		}
		if joined == nil {
			joined = []byte(text)
		}
		if blank == 0 {
			joined = append(joined, ' ')
		}
		for ; blank > 0; blank-- {
			joined = append(joined, '\n')
		}
		text, closed = r.plainLine()
		joined = append(joined, text...)
	}
	if joined != nil {
		text = string(joined)
	}
	if !r.odd {
		n.Scalar = plainValue(text)
	}
}

// plainLine reads the line's part of a plain scalar, without moving. A comment
// closes the scalar.
func (r *plainReader) plainLine() (text string, closed bool) {
	text = r.text[r.at:r.end]
	if i := strings.Index(text, " #"); i >= 0 {
		text, closed = text[:i], true
	}
	text = strings.TrimRight(text, " ")
	if strings.Contains(text, ": ") || strings.HasSuffix(text, ":") || strings.Contains(text, "<<") {
		r.giveUp()
	}
	return text, closed
}

// plainValue finds the type of a plain scalar.
func plainValue(s string) Value {
	switch s {
	case "null", "Null", "NULL", "~":
		return Value{}
	case "true", "True", "TRUE":
		return BoolValue(true)
	case "false", "False", "FALSE":
		return BoolValue(false)
	case ".inf", ".Inf", ".INF":
		return FloatValue(math.Inf(1))
	case "-.inf", "-.Inf", "-.INF":
		return FloatValue(math.Inf(-1))
	}
	if c := s[0]; '0' <= c && c <= '9' || c == '+' || c == '-' || c == '.' {
		if num := token.ToNumber(s); num != nil {
			if f, ok := num.Value.(float64); ok {
				return FloatValue(f)
			}
			return integer(num.Value)
		}
	}
	return StringValue(s)
}
