package sigma

import (
	"strings"
	"unicode/utf8"
)

// plainReader reads the part of YAML that rules are written in, many times
// faster than the YAML library: block maps and lists, scalars, flow collections
// on one line, comments. It yields the very tree that the library does, its
// peculiar columns included, and gives up at everything else (anchors, aliases,
// tags, tabs, whatever is wrong or may be read in two ways): then the library
// reads the document, so every error is the library's.
type plainReader struct {
	text  string
	ascii bool // columns are bytes
	// The current line: its number, where it starts and ends (without its
	// newline), and how far it is read.
	line, start, end, at int
	over                 bool // no line is left
	odd                  bool // given up
	nodes                int
	free                 []Node
}

// readPlain reads a document that lines come before; nil when it gives up.
func readPlain(text string, lines int) *Node {
	for _, c := range []byte{'\t', '\r', 0} {
		if strings.IndexByte(text, c) >= 0 {
			return nil
		}
	}
	// See nesting; a line too short for that many marks is looked for in advance.
	if strings.Count(text, "[")+strings.Count(text, "{") > maxNesting {
		return nil
	}
	r := &plainReader{text: text, line: lines, end: -1, ascii: isASCII(text)}
	r.next()
	if r.over || r.at > r.start {
		return nil
	}
	root := r.mapping(0)
	if r.odd {
		return nil
	}
	return root
}

func (r *plainReader) giveUp() { r.odd, r.over = true, true }

// advance moves to the next line, to its first character that is no space.
func (r *plainReader) advance() {
	r.start = r.end + 1
	if r.start >= len(r.text) {
		r.over = true
		return
	}
	r.line++
	r.end = len(r.text)
	if i := strings.IndexByte(r.text[r.start:], '\n'); i >= 0 {
		r.end = r.start + i
	}
	r.at = r.start
	r.spaces()
	if text := r.text[r.start:r.end]; len(text) > 2*maxNesting || strings.HasPrefix(text, "---") || strings.HasPrefix(text, "...") {
		r.giveUp()
	}
}

// next moves to the next line that is neither blank nor a comment.
func (r *plainReader) next() {
	r.advance()
	r.settle()
}

// settle moves off blank lines and comments.
func (r *plainReader) settle() {
	for !r.over && r.ended() {
		r.advance()
	}
}

func (r *plainReader) spaces() {
	for r.at < r.end && r.text[r.at] == ' ' {
		r.at++
	}
}

// ended reports whether the line holds nothing more than a comment. What stands
// before r.at must be a space or nothing.
func (r *plainReader) ended() bool { return r.at == r.end || r.text[r.at] == '#' }

// dash reports whether a list item stands here.
func (r *plainReader) dash() bool {
	return r.text[r.at] == '-' && (r.at+1 == r.end || r.text[r.at+1] == ' ')
}

// column counts characters, from 1.
func (r *plainReader) column(pos int) int {
	if r.ascii {
		return pos - r.start + 1
	}
	return utf8.RuneCountInString(r.text[r.start:pos]) + 1
}

// node makes a node that stands here.
func (r *plainReader) node(kind NodeKind, depth int) *Node {
	return r.nodeAt(kind, depth, r.line, r.column(r.at))
}

func (r *plainReader) nodeAt(kind NodeKind, depth, line, column int) *Node {
	r.count(depth)
	if len(r.free) == 0 {
		r.free = make([]Node, 16)
	}
	n := &r.free[0]
	r.free = r.free[1:]
	n.Kind, n.Line, n.Column = kind, line, column
	return n
}

// count keeps the limits of builder.
func (r *plainReader) count(depth int) {
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		r.giveUp()
	}
}

// Every reader of a block leaves the next line with content for its caller, who
// judges its column. delim is the column of the key or dash before the value: a
// text goes on in lines that stand deeper.

func (r *plainReader) block(delim, depth int) *Node {
	if r.dash() {
		return r.sequence(depth)
	}
	if _, colon := r.key(); colon >= 0 {
		return r.mapping(depth)
	}
	return r.scalar(delim, depth)
}

func (r *plainReader) sequence(depth int) *Node {
	n, col := r.node(ListNode, depth), r.column(r.at)
	for !r.odd {
		r.at++
		r.spaces()
		if r.ended() { // what follows may belong to this item or to the map around
			r.giveUp()
			break
		}
		n.Items = append(n.Items, r.block(col, depth+1))
		if r.over {
			break
		}
		if c := r.column(r.at); c > col {
			r.giveUp()
		} else if c < col || !r.dash() {
			break
		}
	}
	return n
}

func (r *plainReader) mapping(depth int) *Node {
	n, col := r.node(MapNode, depth), r.column(r.at)
	for !r.odd {
		p := Pair{Line: r.line, Column: r.column(r.at)}
		var colon int
		p.Key, colon = r.key()
		if colon < 0 || !plainKey(n, p.Key) {
			r.giveUp()
			break
		}
		r.count(depth + 1)
		r.at = colon
		p.Value = r.mapValue(col, depth+1)
		n.Pairs = append(n.Pairs, p)
		if r.over || r.column(r.at) < col {
			break
		}
		if r.column(r.at) > col {
			r.giveUp()
		}
	}
	return n
}

// mapValue reads what follows the colon here.
func (r *plainReader) mapValue(col, depth int) *Node {
	line, column := r.line, r.column(r.at)+1
	r.at++
	r.spaces()
	if !r.ended() {
		if r.dash() {
			r.giveUp()
		}
		return r.scalar(col, depth)
	}
	r.next()
	if !r.over {
		if c := r.column(r.at); c > col || c == col && r.dash() {
			return r.block(col, depth)
		}
	} else {
		column++ // where the library sees a null at the end of the text
	}
	return r.nodeAt(ScalarNode, depth, line, column)
}
