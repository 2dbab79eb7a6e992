package exports

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
)

// shown are the columns of a CSV whose fields nobody named.
var shown = [...]string{"time", "severity", "source", "host.name", "user.name", "src.ip", "message"}

// stamp shows a time in ns as people and programs read it.
func stamp(ns any) any {
	n, ok := ns.(int64)
	if !ok {
		return nil
	}
	return time.Unix(0, n).UTC().Format(time.RFC3339Nano)
}

// value is a field of an event as a table shows it: nil, string, int64, float64
// or bool; lists as JSON.
func value(e *event.Event, f query.Field) any {
	switch {
	case f.Kind == query.Native:
		v, _ := e.Get(f.Name)
		return plain(v)
	case !f.Envelope:
		v, _ := e.Col(f.Column)
		return plain(v)
	}
	if f.Name == "raw" {
		text, _ := query.RawText(e.Raw)
		return plain(event.StringValue(text))
	}
	v, ok := e.Envelope(f.Name)
	switch {
	case !ok:
		return nil
	case f.Kind == query.TimeKind:
		return stamp(v.Int())
	}
	return plain(v)
}

func plain(v event.Value) any {
	switch v.Kind() {
	case event.Str, event.List:
		return v.Text()
	case event.Int:
		return v.Int()
	case event.Float:
		return v.Float()
	case event.Bool:
		return v.Bool()
	}
	return nil
}

// cellText is a cell of a CSV. What a spreadsheet would take for a formula
// becomes text by an apostrophe; numbers that we made are none.
func cellText(v any) string {
	switch v := v.(type) {
	case string:
		if v != "" && strings.IndexByte("=+-@\t\r", v[0]) >= 0 {
			return "'" + v
		}
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// appendCell appends a cell as JSON.
func appendCell(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return event.AppendJSONString(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return append(b, "null"...)
		}
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	case bool:
		return strconv.AppendBool(b, v)
	}
	return append(b, "null"...)
}

// whole is an event as one JSON object, with its original and its hash.
type whole struct {
	ID         string          `json:"id"`
	Time       any             `json:"time"`
	Received   any             `json:"received"`
	Source     string          `json:"source"`
	SourceType string          `json:"source_type"`
	Transport  string          `json:"transport"`
	Peer       string          `json:"peer"`
	Parser     string          `json:"parser"`
	Class      string          `json:"class"`
	Severity   string          `json:"severity"`
	Outcome    string          `json:"outcome"`
	Exercise   string          `json:"exercise"`
	Message    string          `json:"message"`
	Raw        string          `json:"raw"`
	RawBase64  string          `json:"raw_base64,omitempty"` // where raw is not exactly the bytes
	RawSHA256  string          `json:"raw_sha256"`
	Columns    map[string]any  `json:"columns"`
	Fields     json.RawMessage `json:"fields"`
}

func wholeEvent(e *event.Event) whole {
	sum := sha256.Sum256(e.Raw)
	raw, exact := query.RawText(e.Raw)
	w := whole{ID: e.ID.String(), Time: stamp(e.Time), Received: stamp(e.Received), Source: e.Source, SourceType: e.SourceType, Transport: e.Transport, Peer: e.Peer, Parser: e.Parser,
		Class: e.Class.String(), Severity: e.Severity.String(), Outcome: e.Outcome.String(), Exercise: e.Exercise, Message: e.Message, Raw: raw, RawSHA256: hex.EncodeToString(sum[:]),
		Columns: map[string]any{}, Fields: e.FieldsJSON(nil)}
	if !exact {
		w.RawBase64 = base64.StdEncoding.EncodeToString(e.Raw)
	}
	for _, c := range e.Columns {
		w.Columns[c.ID.Info().Name] = plain(c.Value)
	}
	return w
}
