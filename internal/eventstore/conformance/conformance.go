// Package conformance holds the cases that every engine of the event store
// must answer alike: events, and what conditions and pipes find in them. They
// stand in cases.json, which the in-memory match, the embedded engine and the
// distributed one are all tested with. For tests only.
package conformance

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Now is the present of every case.
var Now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Set is events with what is found in them. Event i has the journal position
// (i+1, 3) and belongs to the default tenant.
type Set struct {
	Events     []event.Event
	Conditions []Condition
	Tables     []Table
}

// Condition is a query without pipes and the numbers of the events it finds,
// a digit each.
type Condition struct {
	Q     string `json:"q"`
	Finds string `json:"finds"`
}

// Table is a query with pipes over [From, To) in seconds from Now, and what it
// gives. Cells are as JSON has them, with times in seconds from Now.
type Table struct {
	Q       string   `json:"q"`
	From    int64    `json:"from"`
	To      int64    `json:"to"`
	Columns []string `json:"columns"` // "name type"
	Chart   string   `json:"chart"`
	Rows    [][]any  `json:"rows"` // json.Number, string or nil
}

// Differs says how a table is not what the case wants, "" when it is. Its cells
// are nil, string, int64 or float64; times in ns.
func (c Table) Differs(got Table) string {
	want := Table{Columns: c.Columns, Chart: c.Chart}
	for _, row := range c.Rows {
		cells := make([]any, len(row))
		for i, v := range row {
			if n, ok := v.(json.Number); ok {
				v = number(n)
			}
			if s, ok := v.(int64); ok && i < len(c.Columns) && strings.HasSuffix(c.Columns[i], " time") {
				v = Now.UnixNano() + s*1e9
			}
			cells[i] = v
		}
		want.Rows = append(want.Rows, cells)
	}
	a, b := fmt.Sprintf("%s %q", got.Chart, got.Columns), fmt.Sprintf("%s %q", want.Chart, want.Columns)
	for _, r := range got.Rows {
		a += fmt.Sprintf("\n%#v", r)
	}
	for _, r := range want.Rows {
		b += fmt.Sprintf("\n%#v", r)
	}
	if a == b {
		return ""
	}
	return "got  " + a + "\nwant " + b
}

func number(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, _ := n.Float64()
	return f
}

//go:embed cases.json
var cases []byte

// Sets reads cases.json.
func Sets() (map[string]Set, error) {
	var file map[string]struct {
		Events     []recorded  `json:"events"`
		Conditions []Condition `json:"conditions"`
		Tables     []Table     `json:"tables"`
	}
	d := json.NewDecoder(bytes.NewReader(cases))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("cases.json: %w", err)
	}
	out := map[string]Set{}
	for name, f := range file {
		s := Set{Conditions: f.Conditions, Tables: f.Tables}
		for i, r := range f.Events {
			e, err := r.event(i)
			if err != nil {
				return nil, fmt.Errorf("cases.json: event %d of %s: %w", i, name, err)
			}
			s.Events = append(s.Events, e)
		}
		out[name] = s
	}
	return out, nil
}

// recorded is an event as the file has it.
type recorded struct {
	At         int64             `json:"at"` // seconds from Now
	Message    string            `json:"message"`
	Raw        string            `json:"raw"`
	RawBase64  []byte            `json:"raw_base64"`
	Source     string            `json:"source"`
	SourceType string            `json:"source_type"`
	Transport  string            `json:"transport"`
	Peer       string            `json:"peer"`
	Exercise   string            `json:"exercise"`
	Class      uint32            `json:"class"`
	Severity   uint8             `json:"severity"`
	Outcome    string            `json:"outcome"`
	Logsources []event.Logsource `json:"logsources"`
	Columns    map[string]any    `json:"columns"`
	Fields     json.RawMessage   `json:"fields"`
}

func (r recorded) event(i int) (event.Event, error) {
	e := event.Event{
		Tenant: tenant.Default, Time: Now.UnixNano() + r.At*1e9, Pos: event.Position{Seq: uint64(i + 1), Index: 3},
		Message: r.Message, Source: r.Source, SourceType: r.SourceType, Transport: r.Transport, Peer: r.Peer, Exercise: r.Exercise,
		Class: event.Class(r.Class), Severity: event.Severity(r.Severity), Outcome: event.ParseOutcome(r.Outcome), Logsource: r.Logsources,
	}
	e.Received = e.Time
	switch {
	case r.RawBase64 != nil:
		e.Raw = r.RawBase64
	case r.Raw != "":
		e.Raw = []byte(r.Raw)
	default:
		e.Raw = []byte(e.Message)
	}
	e.RawSHA256 = sha256.Sum256(e.Raw)
	e.ID = event.PositionID(e.Tenant, e.Time, e.Pos)
	for id := range event.NumColumns {
		v, ok := r.Columns[id.Info().Name]
		if !ok {
			continue
		}
		value, err := valueOf(v)
		if err != nil {
			return e, err
		}
		e.Columns = append(e.Columns, event.Column{ID: id, Value: value})
	}
	if len(e.Columns) != len(r.Columns) {
		return e, errors.New("it has a column that does not exist")
	}
	var err error
	e.Fields, err = fields(r.Fields)
	return e, err
}

// fields reads an object in its order.
func fields(text []byte) ([]event.Field, error) {
	if text == nil {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var out []event.Field
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		value, err := valueOf(v)
		if err != nil {
			return nil, err
		}
		out = append(out, event.Field{Key: fmt.Sprint(key), Value: value})
	}
	return out, nil
}

func valueOf(v any) (event.Value, error) {
	switch v := v.(type) {
	case nil:
		return event.Value{}, nil
	case string:
		return event.StringValue(v), nil
	case bool:
		return event.BoolValue(v), nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return event.IntValue(n), nil
		}
		f, err := v.Float64()
		return event.FloatValue(f), err
	case []any:
		list := make([]event.Value, len(v))
		for i, m := range v {
			var err error
			if list[i], err = valueOf(m); err != nil {
				return event.Value{}, err
			}
		}
		return event.ListValue(list), nil
	}
	return event.Value{}, fmt.Errorf("a value of type %T", v)
}
