// Package normalize turns raw records into events by mappings, which are data:
// one YAML file a source type, with its samples and their expected results
// inside (see mapping.go for the format). The shipped ones are embedded; files
// of the same type in the data directory's mappings folder take their place.
//
// A mapping never drops anything. A line that no mapping knows, or knows in
// part, is an event all the same: its raw bytes are kept and searchable, and
// its parse status says how far it was understood.
package normalize

import (
	"crypto/sha256"
	"net/netip"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/valyala/fastjson"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/journal"
)

// Normalizer holds the compiled mappings. Set swaps them while it runs.
type Normalizer struct{ set atomic.Pointer[Set] }

// New makes a normalizer with a set of mappings.
func New(s *Set) *Normalizer {
	n := &Normalizer{}
	n.set.Store(s)
	return n
}

// Swap puts another set in place; batches in work finish with the old one.
func (n *Normalizer) Swap(s *Set) { n.set.Store(s) }

// Mappings returns the set in use.
func (n *Normalizer) Mappings() *Set { return n.set.Load() }

// Worker normalises with buffers of its own; one goroutine uses it at a time.
type Worker struct {
	n      *Normalizer
	parser fastjson.Parser
}

// Worker makes a worker.
func (n *Normalizer) Worker() *Worker { return &Worker{n: n} }

// Batch appends an event for each record. Events alias the records' bytes.
func (w *Worker) Batch(b journal.Batch, out []event.Event) []event.Event {
	set := w.n.set.Load()
	for i := range b.Records {
		r := &b.Records[i]
		out = append(out, event.Event{
			Tenant: r.Tenant, Received: r.Received, Source: r.Source, Transport: r.Transport, Peer: r.Peer,
			Exercise: r.Exercise, Raw: r.Raw, RawSHA256: sha256.Sum256(r.Raw), Pos: event.Position{Seq: b.Seq, Index: uint32(i)},
		})
		e := &out[len(out)-1]
		w.one(set, e)
		if r.Truncated {
			e.Status = event.ParseTruncated
		}
		if r.Identity != "" {
			e.ID = event.NewID(e.Tenant, e.Time, []byte("i"+r.Identity))
		} else {
			e.ID = event.PositionID(e.Tenant, e.Time, e.Pos)
		}
	}
	return out
}

// Line normalises one line as if it had come from a source: for tests of
// mappings and for people who try one.
func (w *Worker) Line(source, transport string, raw []byte, received int64) event.Event {
	out := w.Batch(journal.Batch{Seq: 1, Records: []journal.Record{{Tenant: 1, Received: received, Source: source, Transport: transport, Raw: raw}}}, nil)
	return out[0]
}

func (w *Worker) one(set *Set, e *event.Event) {
	e.Time, e.TimeQuality = e.Received, event.TimeReceived
	text := str(e.Raw)
	h := header{}
	isSyslog := strings.HasPrefix(e.Transport, "syslog") || len(text) > 2 && text[0] == '<'
	if isSyslog {
		h = parseSyslog(text, e.Received)
		text = h.message
		if h.time != 0 {
			e.Time, e.TimeQuality = h.time, h.quality
		}
	}
	e.Message = text
	var doc *document
	if t := strings.TrimLeft(text, " \t"); len(t) > 1 && t[0] == '{' {
		doc = w.json(t)
	}
	m := set.find(e, &h, doc, text)
	switch {
	case doc != nil:
		e.Fields = doc.fields(m, e.Fields)
		e.Status = event.ParsePartial
	case isSyslog && h.app != "":
		e.Status = event.ParsePartial
	}
	if isSyslog {
		h.fill(e)
	}
	if m != nil {
		m.apply(e, text)
	}
	if e.TimeQuality != event.TimeReceived && e.Time > e.Received+skewAllowed {
		e.Fields = append(e.Fields, event.Field{Key: "source_time", Value: event.StringValue(formatTime(e.Time))})
		e.Time, e.TimeQuality = e.Received, event.TimeSkewed
	}
}

// put sets a normalised column from a value, in the column's type. A value
// that does not convert is left in the native fields only.
func put(e *event.Event, id event.ColumnID, v event.Value) bool {
	switch id.Type() {
	case event.IntColumn:
		if v.Kind() == event.Str {
			n, ok := parseInt(v.Str())
			if !ok {
				return false
			}
			v = event.IntValue(n)
		}
		if v.Kind() != event.Int {
			return false
		}
	case event.IPColumn:
		a, err := netip.ParseAddr(strings.TrimSpace(v.Text()))
		if err != nil {
			return false
		}
		if c := a.Unmap().WithZone("").String(); c != v.Text() {
			v = event.StringValue(c)
		}
	default:
		t := v.Text()
		if t == "" || t == "-" {
			return false
		}
		if v.Kind() != event.Str {
			v = event.StringValue(t)
		}
	}
	for i := range e.Columns {
		if e.Columns[i].ID == id {
			e.Columns[i].Value = v
			return true
		}
	}
	if e.Columns == nil {
		e.Columns = make([]event.Column, 0, 8)
	}
	e.Columns = append(e.Columns, event.Column{ID: id, Value: v})
	return true
}

func parseInt(s string) (int64, bool) {
	if len(s) == 0 || len(s) > 18 {
		return 0, false
	}
	neg := s[0] == '-'
	if neg {
		s = s[1:]
	}
	base := int64(10)
	if strings.HasPrefix(s, "0x") {
		base, s = 16, s[2:]
	}
	var n int64
	for i := range len(s) {
		d := int64(99)
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			d = int64(c - '0')
		case c >= 'a' && c <= 'f':
			d = int64(c-'a') + 10
		case c >= 'A' && c <= 'F':
			d = int64(c-'A') + 10
		}
		if d >= base {
			return 0, false
		}
		n = n*base + d
	}
	if neg {
		n = -n
	}
	return n, s != ""
}

// str views bytes as a string without copying: raw bytes are never written to
// after intake, and live as long as any event of their batch.
func str(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}
