package sigma

import (
	"strconv"
	"strings"
	"unsafe"
)

// Record is an event as a Matcher reads it: values by the number that the
// Matcher gave to their field, each with its text made once. Fields that no
// rule reads are not kept. A Record is filled for one event after another and
// does not allocate once it has grown; it is for one goroutine.
//
// It implements Event for the fields that it keeps. Strings given to it must
// stay unchanged until the next Reset.
type Record struct {
	table   *fieldTable
	round   uint32
	seen    []uint32 // by field number: the round in which it was set
	fields  []recordField
	members []member
	keyword []string
	arena   []byte
}

// recordField is one field: members[from:to] are its values, none for null.
type recordField struct {
	number   int32
	from, to int32
	value    Value
}

// member is one plain value as matchers look at it.
type member struct {
	text   string
	number float64 // of an Int or Float
	kind   Kind
}

// NewRecord makes an empty record for events of this Matcher.
func (m *Matcher) NewRecord() *Record {
	return &Record{table: m.table, round: 1, seen: make([]uint32, len(m.table.names))}
}

// Reset empties the record for the next event.
func (r *Record) Reset() {
	if r.round++; r.round == 0 {
		clear(r.seen)
		r.round = 1
	}
	r.fields, r.members, r.keyword, r.arena = r.fields[:0], r.members[:0], r.keyword[:0], r.arena[:0]
}

// Number gives a field's number for SetNumber, or -1 when no rule reads it.
func (r *Record) Number(name string) int { return int(r.table.find(name)) }

// Set gives a field its value. A field that was set before keeps its first value.
func (r *Record) Set(name string, v Value) {
	if n := r.table.find(name); n >= 0 {
		r.SetNumber(int(n), v)
	}
}

// SetNumber is Set for a field of which the number is known.
func (r *Record) SetNumber(number int, v Value) {
	if number <= 0 || r.seen[number] == r.round {
		return
	}
	r.seen[number] = r.round
	from := int32(len(r.members))
	r.flatten(v)
	r.fields = append(r.fields, recordField{number: int32(number), from: from, to: int32(len(r.members)), value: v})
}

func (r *Record) flatten(v Value) {
	switch v.kind {
	case Null:
	case List:
		for _, m := range v.list {
			r.flatten(m)
		}
	case String:
		r.members = append(r.members, member{text: v.str, kind: String})
	default:
		n, _ := v.Number()
		r.members = append(r.members, member{text: r.format(v), number: n, kind: v.kind})
	}
}

// format writes a number or truth value as Value.Text does. The text lies in
// the arena; growing it leaves texts made before in the memory that they had.
func (r *Record) format(v Value) string {
	start := len(r.arena)
	switch v.kind {
	case Int:
		r.arena = strconv.AppendInt(r.arena, int64(v.num), 10)
	case Bool:
		r.arena = strconv.AppendBool(r.arena, v.num == 1)
	default:
		f, _ := v.Number()
		r.arena = strconv.AppendFloat(r.arena, f, 'g', -1, 64)
	}
	return unsafe.String(&r.arena[start], len(r.arena)-start)
}

// Keyword adds a text that keyword searches look at.
func (r *Record) Keyword(text string) { r.keyword = append(r.keyword, text) }

// Field implements Event.
func (r *Record) Field(name string) (Value, bool) {
	if n := r.table.find(name); n >= 0 && r.seen[n] == r.round {
		for i := range r.fields {
			if r.fields[i].number == n {
				return r.fields[i].value, true
			}
		}
	}
	return Value{}, false
}

// Keywords implements Event.
func (r *Record) Keywords(yield func(string) bool) {
	for _, t := range r.keyword {
		if !yield(t) {
			return
		}
	}
}

// Clone returns a copy that stays as it is, whatever happens to r.
func (r *Record) Clone() *Record {
	c := &Record{table: r.table, round: 1, seen: make([]uint32, len(r.seen))}
	for _, f := range r.fields {
		c.SetNumber(int(f.number), f.value.clone())
	}
	for _, t := range r.keyword {
		c.keyword = append(c.keyword, strings.Clone(t))
	}
	return c
}

func (v Value) clone() Value {
	v.str = strings.Clone(v.str)
	if v.list != nil {
		list := make([]Value, len(v.list))
		for i, m := range v.list {
			list[i] = m.clone()
		}
		v.list = list
	}
	return v
}

// fieldTable numbers the names of fields. Number 0 is the whole event.
type fieldTable struct {
	fold  bool // names are compared without the case of ASCII letters
	names []string
	slots []int32 // open addressing; -1 is free
}

func newFieldTable(fold bool) *fieldTable {
	t := &fieldTable{fold: fold, slots: []int32{-1, -1}}
	t.add("")
	return t
}

func (t *fieldTable) hash(name string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(name); i++ {
		c := name[i]
		if t.fold {
			c = lower[c]
		}
		h = (h ^ uint32(c)) * 16777619
	}
	return h ^ h>>15
}

func (t *fieldTable) same(a, b string) bool {
	return a == b || t.fold && len(a) == len(b) && equalFold(a, b)
}

func (t *fieldTable) find(name string) int32 {
	mask := uint32(len(t.slots) - 1)
	for at := t.hash(name) & mask; ; at = (at + 1) & mask {
		n := t.slots[at]
		if n < 0 || t.same(t.names[n], name) {
			return n
		}
	}
}

// add numbers a name. Only while a Matcher is made.
func (t *fieldTable) add(name string) int32 {
	if n := t.find(name); n >= 0 {
		return n
	}
	t.names = append(t.names, name)
	if 2*len(t.names) > len(t.slots) {
		t.slots = make([]int32, 2*len(t.slots))
		for i := range t.slots {
			t.slots[i] = -1
		}
		for n := range t.names {
			t.place(int32(n))
		}
	} else {
		t.place(int32(len(t.names) - 1))
	}
	return int32(len(t.names) - 1)
}

func (t *fieldTable) place(n int32) {
	mask := uint32(len(t.slots) - 1)
	at := t.hash(t.names[n]) & mask
	for t.slots[at] >= 0 {
		at = (at + 1) & mask
	}
	t.slots[at] = n
}

// lower folds ASCII letters and leaves every other byte.
var lower = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] = byte(i) + 'a' - 'A'
		}
	}
	return t
}()

// equalFold compares strings of the same length without the case of ASCII letters.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if a[i] != b[i] && lower[a[i]] != lower[b[i]] {
			return false
		}
	}
	return true
}

// FieldNames lists the fields that records keep, by number. Number 0 is the
// whole event.
func (m *Matcher) FieldNames() []string { return m.table.names }

// Has reports whether a field has been set.
func (r *Record) Has(number int) bool { return number > 0 && r.seen[number] == r.round }
