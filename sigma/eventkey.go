package sigma

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
)

// keyReader reads the fields of events into keys, in buffers that it reuses.
type keyReader struct{ key, text []byte }

// read joins the texts of fields, each after its length, so that no two lists
// give the same key. The key is good until the next read. False when the event
// lacks a field.
func (r *keyReader) read(ev Event, fields []string) ([]byte, bool) {
	r.key = r.key[:0]
	for _, f := range fields {
		v, ok := ev.Field(f)
		if !ok || v.kind == Null {
			return nil, false
		}
		if v.kind == String {
			r.key = appendValue(r.key, v.str)
			continue
		}
		r.text = v.appendText(r.text[:0])
		r.key = appendValue(r.key, r.text)
	}
	return r.key, true
}

// appendValue appends a length and a text. A text that is too long to keep is
// cut and told from others by a hash; doing so twice changes nothing.
func appendValue[T string | []byte](key []byte, text T) []byte {
	if len(text) <= maxValue {
		key = binary.AppendUvarint(key, uint64(len(text)))
		return append(key, text...)
	}
	sum := sha256.Sum256([]byte(text))
	const kept = maxValue - 32 - len("…")
	key = binary.AppendUvarint(key, maxValue)
	key = append(append(key, text[:kept]...), "…"...)
	return hex.AppendEncode(key, sum[:16])
}

// appendText appends what Text returns.
func (v Value) appendText(b []byte) []byte {
	switch v.kind {
	case Int:
		return strconv.AppendInt(b, int64(v.num), 10)
	case Float:
		return strconv.AppendFloat(b, math.Float64frombits(v.num), 'g', -1, 64)
	}
	return append(b, v.Text()...)
}

// groupedEvent is the event that made a correlation fire, seen by correlations
// over it: its group-by names come first.
type groupedEvent struct {
	Event
	group []FieldValue
}

// Field implements Event.
func (g groupedEvent) Field(name string) (Value, bool) {
	for _, f := range g.group {
		if f.Field == name {
			return f.Value, true
		}
	}
	return g.Event.Field(name)
}
