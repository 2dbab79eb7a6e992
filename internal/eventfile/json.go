package eventfile

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/tocsin-project/tocsin/sigma"
)

// Limits of one JSON record. What lies beyond them is passed over.
const (
	maxDepth = 64
	maxPath  = 256
	maxList  = 1000
)

var errJSON = errors.New("not a JSON object")

// jsonReader reads a JSON object into a record, under the names that Sigma's
// rules use: nested names are joined by a dot; the wrappers in which shippers
// put Windows events are taken off, and their names written as the
// specification says (attributes joined by '_', no spaces).
//
// Values are read once and not copied unless they hold escapes; those of
// fields that no rule reads are passed over unread.
type jsonReader struct {
	rec   *sigma.Record
	doc   []byte
	at    int
	path  []byte
	arena []byte
	lists []sigma.Value
	spans []span // every text, for keyword searches
}

// span is a string in the document, without its quotes.
type span struct {
	from, to int32
	escaped  bool
}

// shape says what the names at a place in the document mean.
type shape uint8

const (
	plain   shape = iota
	top           // the outermost object
	wrapper       // inside "Event": System, EventData, UserData
	system        // Windows System fields
	data          // names are those of EventData
	user          // UserData: one more wrapper
	winlog        // Winlogbeat's object
)

// read fills the record; doc must stay unchanged until the record is reset.
func (j *jsonReader) read(rec *sigma.Record, doc []byte) error {
	j.rec, j.doc, j.at = rec, doc, 0
	j.path, j.arena, j.lists, j.spans = j.path[:0], j.arena[:0], j.lists[:0], j.spans[:0]
	if j.space(); j.peek() != '{' {
		return errJSON
	}
	if err := j.object(top, 0); err != nil {
		return err
	}
	if j.space(); j.at < len(doc) {
		return fmt.Errorf("more than one JSON object on a line, at byte %d", j.at)
	}
	return nil
}

func (j *jsonReader) fail() error {
	if j.at >= len(j.doc) {
		return errors.New("the JSON record ends too early")
	}
	return fmt.Errorf("unexpected %q in JSON at byte %d", j.doc[j.at], j.at)
}

func (j *jsonReader) space() {
	for j.at < len(j.doc) {
		switch j.doc[j.at] {
		case ' ', '\t', '\n', '\r':
			j.at++
		default:
			return
		}
	}
}

func (j *jsonReader) peek() byte {
	if j.at < len(j.doc) {
		return j.doc[j.at]
	}
	return 0
}

// more comes before each member of an object or list, of which n were read:
// it takes the comma, or the bracket that closes.
func (j *jsonReader) more(n int, closing byte) (bool, error) {
	if j.space(); j.peek() == closing {
		j.at++
		return false, nil
	}
	if n > 0 {
		if j.peek() != ',' {
			return false, j.fail()
		}
		j.at++
		j.space()
	}
	return true, nil
}

// key reads a member's name and its colon.
func (j *jsonReader) key() (span, error) {
	if j.peek() != '"' {
		return span{}, j.fail()
	}
	key, err := j.scanString()
	if err != nil {
		return key, err
	}
	if j.space(); j.peek() != ':' {
		return key, j.fail()
	}
	j.at++
	j.space()
	return key, nil
}

// object reads the members of an object; the place is at its brace.
func (j *jsonReader) object(in shape, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("JSON nested more than %d deep", maxDepth)
	}
	j.at++
	base := len(j.path)
	for n := 0; ; n++ {
		if more, err := j.more(n, '}'); !more {
			return err
		}
		key, err := j.key()
		if err != nil {
			return err
		}
		if err := j.member(in, base, key, depth); err != nil {
			return err
		}
		j.path = j.path[:base]
	}
}

// member reads one value. base is how much of the path names the object.
func (j *jsonReader) member(in shape, base int, key span, depth int) error {
	name := j.text(key)
	if j.peek() == '{' {
		next, hide := inner(in, name)
		if !hide {
			j.join(in, base, name)
		}
		return j.object(next, depth+1)
	}
	if j.peek() == '[' && name == "Data" && (in == top || in == data) {
		return j.pairs(depth + 1)
	}
	if base == 0 && in != winlog {
		return j.value(rename(in, name), depth)
	}
	switch name {
	case "#text", "#name":
		if in == system {
			return j.value(unsafeString(j.path[:base]), depth)
		}
	}
	j.join(in, base, name)
	return j.value(rename(in, unsafeString(j.path)), depth)
}

// join adds a name to the path.
func (j *jsonReader) join(in shape, base int, name string) {
	if base > 0 {
		if in == system {
			j.path = append(j.path, '_')
		} else {
			j.path = append(j.path, '.')
		}
	}
	if base+len(name) > maxPath {
		name = name[:max(0, maxPath-base)]
	}
	j.path = append(j.path, name...)
}

// value reads a value and sets the field.
func (j *jsonReader) value(name string, depth int) error {
	number := j.rec.Number(name)
	if number < 0 && bytes.IndexByte(unsafeBytes(name), ' ') >= 0 {
		number = j.rec.Number(withoutSpaces(name))
	}
	if number <= 0 {
		return j.skip(depth)
	}
	v, err := j.scalar(depth)
	if err == nil {
		j.rec.SetNumber(number, v)
	}
	return err
}

// scalar reads a value that is not an object under a name of its own.
func (j *jsonReader) scalar(depth int) (sigma.Value, error) {
	switch c := j.peek(); {
	case c == '"':
		s, err := j.scanString()
		if err != nil {
			return sigma.Value{}, err
		}
		j.spans = append(j.spans, s)
		return sigma.StringValue(j.text(s)), nil
	case c == '[':
		return j.list(depth)
	case c == '{': // inside a list: kept as its text
		from := j.at
		err := j.skip(depth)
		return sigma.StringValue(unsafeString(j.doc[from:j.at])), err
	case c == '-' || c >= '0' && c <= '9':
		return j.number()
	}
	for _, w := range [...]struct {
		word string
		v    sigma.Value
	}{{"true", sigma.BoolValue(true)}, {"false", sigma.BoolValue(false)}, {"null", sigma.Value{}}} {
		if bytes.HasPrefix(j.doc[j.at:], unsafeBytes(w.word)) {
			j.at += len(w.word)
			return w.v, nil
		}
	}
	return sigma.Value{}, j.fail()
}

func (j *jsonReader) number() (sigma.Value, error) {
	from := j.at
	n, whole := int64(0), true
	for ; j.at < len(j.doc); j.at++ {
		c := j.doc[j.at]
		if c >= '0' && c <= '9' {
			n = n*10 + int64(c-'0')
		} else if c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-' && j.at > from {
			whole = false
		} else if c != '-' {
			break
		}
	}
	text := unsafeString(j.doc[from:j.at])
	if whole && len(text) < 18 && text != "-" {
		if text[0] == '-' {
			n = -n
		}
		return sigma.IntValue(n), nil
	}
	if whole {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return sigma.IntValue(n), nil
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return sigma.Value{}, fmt.Errorf("%q is no JSON number", text)
	}
	return sigma.FloatValue(f), nil
}

func (j *jsonReader) list(depth int) (sigma.Value, error) {
	if depth > maxDepth {
		return sigma.Value{}, fmt.Errorf("JSON nested more than %d deep", maxDepth)
	}
	j.at++
	var own []sigma.Value
	for n := 0; ; n++ {
		if more, err := j.more(n, ']'); err != nil {
			return sigma.Value{}, err
		} else if !more {
			return sigma.ListValue(own), nil
		}
		v, err := j.scalar(depth + 1)
		if err != nil {
			return v, err
		}
		if len(own) < maxList {
			own = append(own, v)
		}
	}
}

// skip passes over a value, keeping its texts for keyword searches.
func (j *jsonReader) skip(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("JSON nested more than %d deep", maxDepth)
	}
	switch c := j.peek(); c {
	case '"':
		s, err := j.scanString()
		j.spans = append(j.spans, s)
		return err
	case '{', '[':
		j.at++
		for n := 0; ; n++ {
			if more, err := j.more(n, c+2); !more { // the closing bracket
				return err
			}
			if c == '{' {
				if _, err := j.key(); err != nil {
					return err
				}
			}
			if err := j.skip(depth + 1); err != nil {
				return err
			}
		}
	}
	_, err := j.scalar(depth)
	return err
}

// scanString finds the end of a string; the place is at its first quote.
func (j *jsonReader) scanString() (span, error) {
	j.at++
	s := span{from: int32(j.at)}
	quote := -1
	for {
		if quote < j.at {
			n := bytes.IndexByte(j.doc[j.at:], '"')
			if n < 0 {
				j.at = len(j.doc)
				return s, j.fail()
			}
			quote = j.at + n
		}
		n := bytes.IndexByte(j.doc[j.at:quote], '\\')
		if n < 0 {
			s.to = int32(quote)
			j.at = quote + 1
			return s, nil
		}
		s.escaped = true
		j.at += n + 2
		if j.at > len(j.doc) {
			j.at = len(j.doc)
			return s, j.fail()
		}
	}
}

// text gives a string's value; one with escapes is written to the arena.
func (j *jsonReader) text(s span) string {
	b := j.doc[s.from:s.to]
	if !s.escaped {
		return unsafeString(b)
	}
	start := len(j.arena)
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\\')
		if n < 0 || n+1 == len(b) {
			j.arena = append(j.arena, b...)
			break
		}
		j.arena = append(j.arena, b[:n]...)
		b = b[n+1:]
		c := b[0]
		b = b[1:]
		switch c {
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'u':
			r, size := escapedRune(b)
			j.arena = utf8.AppendRune(j.arena, r)
			b = b[size:]
			continue
		}
		j.arena = append(j.arena, c)
	}
	return unsafeString(j.arena[start:])
}

// escapedRune reads what follows \u, with the second half of a surrogate pair.
func escapedRune(b []byte) (rune, int) {
	hex := func(b []byte) rune {
		if len(b) < 4 {
			return -1
		}
		n, err := strconv.ParseUint(unsafeString(b[:4]), 16, 32)
		if err != nil {
			return -1
		}
		return rune(n)
	}
	r := hex(b)
	if r < 0 {
		return utf8.RuneError, 0
	}
	if utf16.IsSurrogate(r) && len(b) >= 10 && b[4] == '\\' && b[5] == 'u' {
		if pair := utf16.DecodeRune(r, hex(b[6:])); pair != utf8.RuneError {
			return pair, 10
		}
	}
	return r, 4
}

func unsafeString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
func unsafeBytes(s string) []byte  { return unsafe.Slice(unsafe.StringData(s), len(s)) }
