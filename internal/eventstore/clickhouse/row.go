package clickhouse

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/query"
)

// encoder writes events as rows of columns(), in RowBinary.
type encoder struct {
	values [event.NumColumns]event.Value // of the event at hand
	text   []byte
}

// row appends an event that is kept by a retention class. Times that
// DateTime64 cannot hold become the first or last that it can.
func (c *encoder) row(b []byte, e *event.Event, class string) []byte {
	le := binary.LittleEndian
	raw, exact := query.RawText(e.Raw)
	b = le.AppendUint64(b, uint64(e.Tenant))
	b = le.AppendUint64(b, e.Pos.Seq)
	b = le.AppendUint32(b, e.Pos.Index)
	b = appendUUID(b, e.ID)
	b = le.AppendUint64(b, uint64(within(e.Time)))
	b = le.AppendUint64(b, uint64(within(e.Received)))
	b = append(b, byte(e.TimeQuality))
	b = appendText(b, eventstore.StoredText(e.Source))
	b = appendText(b, eventstore.StoredText(e.SourceType))
	b = appendText(b, eventstore.StoredText(e.Transport))
	b = appendText(b, eventstore.StoredText(query.AddrText(e.Peer)))
	b = appendAddr(b, e.Peer)
	b = appendText(b, eventstore.StoredText(e.Parser))
	b = append(b, byte(e.Status))
	b = appendText(b, e.Class.String())
	b = append(b, byte(eventstore.StoredSeverity(e.Severity)))
	b = appendText(b, e.Outcome.String())
	b = appendText(b, eventstore.StoredText(e.Exercise))
	b = appendText(b, class)
	b = appendText(b, eventstore.StoredText(e.Message))
	b = appendText(b, raw)
	if exact {
		b = appendText(b, "")
	} else {
		b = appendText(b, string(e.Raw))
	}
	b = append(b, e.RawSHA256[:]...)
	c.text = c.text[:0]
	if len(e.Logsource) > 0 {
		c.text = eventstore.AppendLogsources(c.text, e.Logsource)
	}
	b = appendText(b, string(c.text))
	c.text = e.FieldsJSON(c.text[:0])
	b = appendText(b, string(c.text))
	return c.columns(b, e)
}

func (c *encoder) columns(b []byte, e *event.Event) []byte {
	c.values = [event.NumColumns]event.Value{}
	for _, v := range e.Columns {
		if v.ID < event.NumColumns {
			c.values[v.ID] = v.Value
		}
	}
	for _, info := range event.Columns() {
		v := c.values[info.ID]
		switch info.Type {
		case event.IntColumn:
			if v.Kind() != event.Int {
				b = append(b, 1)
				continue
			}
			b = binary.LittleEndian.AppendUint64(append(b, 0), uint64(v.Int()))
		case event.IPColumn:
			b = appendText(b, eventstore.StoredText(query.AddrText(v.Text())))
			b = appendAddr(b, v.Text())
		default:
			b = appendText(b, eventstore.StoredText(v.Text()))
		}
	}
	return b
}

func within(ns int64) int64 { return min(max(ns, firstTime), lastTime) }

// appendAddr appends a Nullable(IPv6).
func appendAddr(b []byte, text string) []byte {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return append(b, 1)
	}
	b16 := a.As16()
	return append(append(b, 0), b16[:]...)
}

// insertColumns are what encoder.row writes, in its order: a table's own is
// another one where columns were added to it.
func insertColumns() string {
	var out []string
	for _, c := range columns() {
		out = append(out, c.name)
	}
	return strings.Join(out, ", ")
}

// rowColumns are what a row of an answer has, in the order that readRow reads.
func rowColumns() string {
	var out []string
	for _, c := range columns() {
		switch {
		case c.name == "tenant", c.name == "retention", strings.HasSuffix(c.name, "_addr"):
		default:
			out = append(out, c.name)
		}
	}
	return strings.Join(out, ", ")
}

// readRow reads one row of rowColumns.
func readRow(r *reader) (eventstore.Row, error) {
	var pos event.Position
	var row eventstore.Row
	pos.Seq, pos.Index = r.uint64(), r.uint32()
	row.ID = event.ID(r.uuid())
	row.Time, row.Received = r.int64(), r.int64()
	row.TimeQuality = event.TimeQuality(min(r.byte(), byte(event.TimeSkewed))).String()
	row.Source, row.SourceType, row.Transport, row.Peer, row.Parser = r.text(), r.text(), r.text(), r.text(), r.text()
	row.Status = eventstore.StatusName(r.byte())
	row.Class = r.text()
	row.Severity = event.Severity(r.byte()).String()
	row.Outcome, row.Exercise, row.Message, row.Raw = r.text(), r.text(), r.text(), r.text()
	if exact := r.text(); exact != "" {
		row.RawBase64 = []byte(exact)
	}
	row.RawSHA256 = hex.EncodeToString(r.take(32))
	logsources := r.text()
	row.Fields = json.RawMessage(r.text())
	row.Columns = map[string]any{}
	for _, info := range event.Columns() {
		if info.Type == event.IntColumn {
			if r.byte() == 0 {
				row.Columns[info.Name] = r.int64()
			}
		} else if text := r.text(); text != "" {
			row.Columns[info.Name] = text
		}
	}
	row.At(pos)
	var err error
	row.Logsources, err = eventstore.ParseLogsources(logsources)
	return row, err
}
