package event

import (
	"encoding/json"
	"math"
	"strconv"
)

// Kind is the type of a Value.
type Kind uint8

// The kinds of value that a log field can have.
const (
	Null Kind = iota
	Str
	Int
	Float
	Bool
	List
)

// Value is one field value. The zero Value is null. Strings may alias the raw
// bytes of their event, so a Value lives no longer than its batch unless cloned.
type Value struct {
	kind Kind
	num  uint64
	str  string
	list []Value
}

// StringValue and its siblings make values.
func StringValue(s string) Value { return Value{kind: Str, str: s} }
func IntValue(n int64) Value     { return Value{kind: Int, num: uint64(n)} }
func FloatValue(f float64) Value { return Value{kind: Float, num: math.Float64bits(f)} }
func ListValue(vs []Value) Value { return Value{kind: List, list: vs} }
func BoolValue(b bool) Value {
	v := Value{kind: Bool}
	if b {
		v.num = 1
	}
	return v
}

// Kind returns the type of the value.
func (v Value) Kind() Kind { return v.kind }

// Str returns the string of a Str value, else "".
func (v Value) Str() string { return v.str }

// Int returns the number of an Int value, else 0.
func (v Value) Int() int64 {
	if v.kind != Int {
		return 0
	}
	return int64(v.num)
}

// Float returns the number of a Float or Int value, else 0.
func (v Value) Float() float64 {
	switch v.kind {
	case Float:
		return math.Float64frombits(v.num)
	case Int:
		return float64(int64(v.num))
	}
	return 0
}

// Bool returns the truth of a Bool value, else false.
func (v Value) Bool() bool { return v.kind == Bool && v.num == 1 }

// List returns the members of a List value, else nil.
func (v Value) List() []Value { return v.list }

// Text renders the value as people and string matchers see it: the string
// itself, numbers in decimal, true/false, "" for null, JSON for lists.
func (v Value) Text() string {
	switch v.kind {
	case Str:
		return v.str
	case Int:
		return strconv.FormatInt(int64(v.num), 10)
	case Float:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case Bool:
		return strconv.FormatBool(v.num == 1)
	case List:
		return string(v.AppendJSON(nil))
	}
	return ""
}

// AppendJSON appends the value as JSON. Invalid UTF-8 becomes U+FFFD here and
// only here: the raw bytes of the event keep the original.
func (v Value) AppendJSON(b []byte) []byte {
	switch v.kind {
	case Str:
		return AppendJSONString(b, v.str)
	case Int:
		return strconv.AppendInt(b, int64(v.num), 10)
	case Float:
		f := v.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return append(b, "null"...)
		}
		return strconv.AppendFloat(b, f, 'g', -1, 64)
	case Bool:
		return strconv.AppendBool(b, v.num == 1)
	case List:
		b = append(b, '[')
		for i, m := range v.list {
			if i > 0 {
				b = append(b, ',')
			}
			b = m.AppendJSON(b)
		}
		return append(b, ']')
	}
	return append(b, "null"...)
}

// MarshalJSON implements json.Marshaler.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// AppendJSONString appends s as a JSON string; plain ASCII takes no detour.
func AppendJSONString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			q, _ := json.Marshal(s)
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
