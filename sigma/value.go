package sigma

import (
	"math"
	"strconv"
	"strings"
)

// Event is what rules are matched against.
type Event interface {
	// Field returns the value of a field, and whether the event has it.
	Field(name string) (Value, bool)
	// Keywords yields the texts that keyword searches look at (the raw record
	// and the message, or every value), until yield returns false.
	Keywords(yield func(string) bool)
}

// Kind is the type of a Value.
type Kind uint8

// The kinds of value.
const (
	Null Kind = iota
	String
	Int
	Float
	Bool
	List
)

// Value is one field value. The zero Value is null.
type Value struct {
	kind Kind
	num  uint64
	str  string
	list []Value
}

// StringValue and its siblings make values.
func StringValue(s string) Value { return Value{kind: String, str: s} }
func IntValue(n int64) Value     { return Value{kind: Int, num: uint64(n)} }
func FloatValue(f float64) Value { return Value{kind: Float, num: math.Float64bits(f)} }
func ListValue(vs []Value) Value { return Value{kind: List, list: vs} }
func BoolValue(b bool) Value {
	if b {
		return Value{kind: Bool, num: 1}
	}
	return Value{kind: Bool}
}

// Kind returns the type of the value.
func (v Value) Kind() Kind { return v.kind }

// List returns the members of a list, else nil.
func (v Value) List() []Value { return v.list }

// Bool returns the truth of a Bool value, else false.
func (v Value) Bool() bool { return v.kind == Bool && v.num == 1 }

// Number returns the value as a number: an Int, a Float, or a String that
// reads as one.
func (v Value) Number() (float64, bool) {
	switch v.kind {
	case Int:
		return float64(int64(v.num)), true
	case Float:
		return math.Float64frombits(v.num), true
	case String:
		f, err := strconv.ParseFloat(strings.TrimSpace(v.str), 64)
		return f, err == nil && !math.IsNaN(f)
	}
	return 0, false
}

// Text renders the value as string matchers see it: the string itself,
// numbers in decimal, true or false, "" for null, members joined by a comma
// for a list.
func (v Value) Text() string {
	switch v.kind {
	case String:
		return v.str
	case Int:
		return strconv.FormatInt(int64(v.num), 10)
	case Float:
		return strconv.FormatFloat(math.Float64frombits(v.num), 'g', -1, 64)
	case Bool:
		return strconv.FormatBool(v.num == 1)
	case List:
		texts := make([]string, len(v.list))
		for i, m := range v.list {
			texts[i] = m.Text()
		}
		return strings.Join(texts, ",")
	}
	return ""
}

// anyMember reports whether test holds for the value or, for a list, for one
// of its members.
func (v Value) anyMember(test func(Value) bool) bool {
	if v.kind != List {
		return test(v)
	}
	for _, m := range v.list {
		if m.anyMember(test) {
			return true
		}
	}
	return false
}

// MapEvent is an Event over a plain map, for tests, examples and small tools.
// Names are compared exactly; keywords look at every value.
type MapEvent map[string]Value

// Field implements Event.
func (m MapEvent) Field(name string) (Value, bool) {
	v, ok := m[name]
	return v, ok
}

// Keywords implements Event.
func (m MapEvent) Keywords(yield func(string) bool) {
	for _, v := range m {
		if !yield(v.Text()) {
			return
		}
	}
}
