package eventstore

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Row is one stored event. Times are ns since 1970 UTC.
type Row struct {
	ID          event.ID          `json:"id"`
	Time        int64             `json:"time"`
	Received    int64             `json:"received"`
	TimeQuality string            `json:"time_quality"`
	Source      string            `json:"source,omitempty"`
	SourceType  string            `json:"source_type,omitempty"`
	Transport   string            `json:"transport,omitempty"`
	Peer        string            `json:"peer,omitempty"`
	Parser      string            `json:"parser,omitempty"`
	Status      string            `json:"status"`
	Class       string            `json:"class"`
	Severity    string            `json:"severity"`
	Outcome     string            `json:"outcome,omitempty"`
	Exercise    string            `json:"exercise,omitempty"`
	Message     string            `json:"message"`
	Raw         string            `json:"raw"`                  // bytes that are no UTF-8 shown as \xNN
	RawBase64   []byte            `json:"raw_base64,omitempty"` // the exact bytes, only where Raw is not exact
	RawSHA256   string            `json:"raw_sha256"`           // hexadecimal
	Columns     map[string]any    `json:"columns"`              // by event.ColumnInfo.Name: string or int64
	Fields      json.RawMessage   `json:"fields"`               // native, flat
	Logsources  []event.Logsource `json:"logsources,omitempty"`

	pos position
}

// Position is where the journal holds the row.
func (r *Row) Position() event.Position {
	return event.Position{Seq: r.pos.seq, Index: uint32(r.pos.idx)}
}

// Cursor continues a page behind the row.
func (r *Row) Cursor() string { return r.pos.cursor() }

// RawBytes are the raw bytes as they came.
func (r *Row) RawBytes() []byte {
	if r.RawBase64 != nil {
		return r.RawBase64
	}
	return []byte(r.Raw)
}

var statusNames = [...]string{"none", "partial", "full", "truncated"}

// rowReader scans rows of selectList.
type rowReader struct {
	tenant, seq, idx          int64
	time, received            int64
	quality, status, severity uint8
	id                        *duckdb.UUID
	texts                     map[int]*sql.NullString // by physical column
	ints                      map[event.ColumnID]*sql.NullInt64
	exact                     []byte
	targets                   []any
	schema                    schema
}

// selectList names the columns that a rowReader scans, in order.
func (s schema) selectList() string {
	var names []string
	for _, c := range s.columns {
		if !strings.HasSuffix(c.name, "_addr") {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, ", ")
}

func (s schema) reader() *rowReader {
	r := &rowReader{schema: s, texts: map[int]*sql.NullString{}, ints: map[event.ColumnID]*sql.NullInt64{}}
	for i := range numEnvelope {
		var target any
		switch i {
		case colTenant:
			target = &r.tenant
		case colSeq:
			target = &r.seq
		case colIdx:
			target = &r.idx
		case colSentID:
			target = &r.id
		case colTime:
			target = &r.time
		case colReceived:
			target = &r.received
		case colQuality:
			target = &r.quality
		case colStatus:
			target = &r.status
		case colSeverity:
			target = &r.severity
		case colRawExact:
			target = &r.exact
		case colPeerAddr:
			continue
		default:
			target = r.text(i)
		}
		r.targets = append(r.targets, target)
	}
	for _, c := range event.Columns() {
		if c.Type == event.IntColumn {
			r.ints[c.ID] = &sql.NullInt64{}
			r.targets = append(r.targets, r.ints[c.ID])
		} else {
			r.targets = append(r.targets, r.text(s.at[c.ID]))
		}
	}
	return r
}

func (r *rowReader) text(column int) *sql.NullString {
	r.texts[column] = &sql.NullString{}
	return r.texts[column]
}

// row reads the current row of rs.
func (r *rowReader) row(rs *sql.Rows) (Row, error) {
	if err := rs.Scan(r.targets...); err != nil {
		return Row{}, err
	}
	t := func(column int) string { return r.texts[column].String }
	raw, fields, message := splitBody(t(colBody))
	row := Row{
		Time: r.time, Received: r.received, TimeQuality: event.TimeQuality(min(r.quality, uint8(event.TimeSkewed))).String(),
		Source: t(colSource), SourceType: t(colSourceType), Transport: t(colTransport), Peer: t(colPeer), Parser: t(colParser),
		Status: statusNames[min(int(r.status), len(statusNames)-1)], Class: t(colClass), Severity: event.Severity(r.severity).String(),
		Outcome: t(colOutcome), Exercise: t(colExercise), Message: message, Raw: raw,
		Columns: map[string]any{}, Fields: json.RawMessage(fields), pos: position{r.time, uint64(r.seq), uint64(r.idx)},
	}
	if r.exact != nil {
		row.RawBase64 = append([]byte(nil), r.exact...)
	}
	if r.id != nil {
		row.ID = event.ID(*r.id)
	} else {
		row.ID = event.PositionID(tenant.ID(r.tenant), r.time, row.Position())
	}
	sum := sha256.Sum256(row.RawBytes())
	row.RawSHA256 = hex.EncodeToString(sum[:])
	for _, c := range event.Columns() {
		if n, ok := r.ints[c.ID]; ok && n.Valid {
			row.Columns[c.Name] = n.Int64
		} else if !ok && r.texts[r.schema.at[c.ID]].Valid {
			row.Columns[c.Name] = t(r.schema.at[c.ID])
		}
	}
	var err error
	row.Logsources, err = ParseLogsources(t(colLogsources))
	return row, err
}
