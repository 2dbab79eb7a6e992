// Package event is the shape of one normalised log record, the vocabulary of
// its fields, and its identity. It is a leaf: the standard library and the
// tenant's id, nothing else.
//
// An Event has three layers. Native fields keep the names and types of the
// source (Sigma matches these). Columns are a thin, typed, normalised core
// that search and correlation across sources use. The raw bytes are exactly
// what arrived, framing removed, and are never re-encoded.
package event

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Event is one normalised record. Strings and Raw may alias a journal batch:
// who keeps an event beyond its batch calls Clone.
type Event struct {
	ID     ID
	Tenant tenant.ID

	Time        int64 // best event time, ns since 1970 UTC
	TimeQuality TimeQuality
	Received    int64 // when intake took it, ns since 1970 UTC

	Source     string // configured input, e.g. "syslog" or the name after /ingest/
	SourceType string // mapping that read it, e.g. "linux.sshd"; "" when none did
	Transport  string // "syslog-udp", "syslog-tcp", "http"
	Peer       string // address of the sender, without port
	Parser     string // mapping and revision, e.g. "linux.sshd@3f2a91c0"
	Status     ParseStatus

	Raw       []byte
	RawSHA256 [32]byte
	Pos       Position // where the journal holds it

	Class     Class
	Severity  Severity
	Outcome   Outcome
	Logsource []Logsource // Sigma triples; 4688 has two
	Message   string      // one line for people
	Exercise  string      // id of the exercise that made it; "" when real

	Fields  []Field  // native, flattened with '.', in source order
	Columns []Column // normalised, at most one a ColumnID
}

// Position is a place in the journal: the batch's sequence and the index in it.
type Position struct {
	Seq   uint64
	Index uint32
}

// Field is one native field.
type Field struct {
	Key   string
	Value Value
}

// Column is one normalised value.
type Column struct {
	ID    ColumnID
	Value Value
}

// Logsource is a Sigma log source; empty parts match nothing but themselves.
type Logsource struct {
	Category, Product, Service string
}

// Get returns the native field with that name, compared without case.
func (e *Event) Get(name string) (Value, bool) {
	for i := range e.Fields {
		if k := e.Fields[i].Key; len(k) == len(name) && (k == name || strings.EqualFold(k, name)) {
			return e.Fields[i].Value, true
		}
	}
	return Value{}, false
}

// Col returns a normalised value.
func (e *Event) Col(id ColumnID) (Value, bool) {
	for i := range e.Columns {
		if e.Columns[i].ID == id {
			return e.Columns[i].Value, true
		}
	}
	return Value{}, false
}

// ColText returns a normalised value as text, "" when absent.
func (e *Event) ColText(id ColumnID) string {
	v, _ := e.Col(id)
	return v.Text()
}

// Lookup resolves a name the way search and policies do: native fields first
// (so that Sigma names mean what the source said), then the normalised column
// of that name or alias, then the envelope.
func (e *Event) Lookup(name string) (Value, bool) {
	if v, ok := e.Get(name); ok {
		return v, true
	}
	r, ok := Resolve(name)
	if !ok {
		return Value{}, false
	}
	if r.Envelope == "" {
		return e.Col(r.Column)
	}
	return e.Envelope(r.Envelope)
}

// Envelope returns a value of the envelope by its own name (Ref.Envelope): times
// in ns, all others as text; false when absent.
func (e *Event) Envelope(name string) (Value, bool) {
	s := ""
	switch name {
	case "id":
		s = e.ID.String()
	case "time":
		return IntValue(e.Time), true
	case "received":
		return IntValue(e.Received), true
	case "source":
		s = e.Source
	case "source_type":
		s = e.SourceType
	case "transport":
		s = e.Transport
	case "peer":
		s = e.Peer
	case "severity":
		s = e.Severity.String()
	case "outcome":
		s = e.Outcome.String()
	case "class":
		s = e.Class.String()
	case "message":
		s = e.Message
	case "exercise":
		s = e.Exercise
	}
	return StringValue(s), s != ""
}

// FieldsJSON appends the native fields as one flat JSON object.
func (e *Event) FieldsJSON(b []byte) []byte {
	b = append(b, '{')
	for i := range e.Fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendJSONString(b, e.Fields[i].Key)
		b = append(b, ':')
		b = e.Fields[i].Value.AppendJSON(b)
	}
	return append(b, '}')
}

// ID identifies an event: 48 bits of its time in milliseconds, then 80 bits
// of SHA-256 over its identity. So ids sort by time, and the same identity
// read again (a replay, a resend with an identity) has the same id.
type ID [16]byte

// NewID makes the id of an event at time ns with the identity given by the
// sender's own message identity where there is one, else by journal position.
// Never by content alone: two equal lines are two events.
func NewID(t tenant.ID, ns int64, identity []byte) ID {
	h := sha256.New()
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(t))
	h.Write(b[:])
	h.Write(identity)
	var sum [32]byte
	h.Sum(sum[:0])
	return idFrom(ns, sum)
}

// PositionID is NewID for an event whose only identity is its place in the
// journal. It does not allocate.
func PositionID(t tenant.ID, ns int64, p Position) ID {
	var b [24]byte
	binary.BigEndian.PutUint64(b[0:], uint64(t))
	b[8] = 'j' // keeps positions apart from every sender's identity
	binary.BigEndian.PutUint64(b[9:], p.Seq)
	binary.BigEndian.PutUint32(b[17:], p.Index)
	return idFrom(ns, sha256.Sum256(b[:21]))
}

func idFrom(ns int64, sum [32]byte) ID {
	var id ID
	ms := uint64(ns / int64(time.Millisecond))
	id[0], id[1], id[2] = byte(ms>>40), byte(ms>>32), byte(ms>>24)
	id[3], id[4], id[5] = byte(ms>>16), byte(ms>>8), byte(ms)
	copy(id[6:], sum[:10])
	return id
}

// String is the id in lower-case hexadecimal, 32 characters.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText implements encoding.TextMarshaler.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) != 32 {
		return fmt.Errorf("event id %q: want 32 hexadecimal digits", b)
	}
	_, err := hex.Decode(id[:], b)
	return err
}

// ParseID reads the form that String writes.
func ParseID(s string) (ID, error) {
	var id ID
	err := id.UnmarshalText([]byte(s))
	return id, err
}
