package clickhouse

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/query"
)

// Table makes the table of a statement's rows, each as a line of
// JSONCompactEachRow has it.
func (p Printed) Table(lines [][]byte) (eventstore.Table, error) {
	rows := make([][]any, len(lines))
	for i, line := range lines {
		var cells []json.RawMessage
		if err := json.Unmarshal(line, &cells); err != nil || len(cells) != len(p.columns) {
			return eventstore.Table{}, fmt.Errorf("row %d of a result is not %d columns: %w", i, len(p.columns), err)
		}
		rows[i] = make([]any, len(cells))
		for c, text := range cells {
			v, err := p.columns[c].read(text)
			if err != nil {
				return eventstore.Table{}, fmt.Errorf("row %d of a result, column %s: %w", i, p.columns[c].field, err)
			}
			rows[i][c] = v
		}
	}
	if p.pivot != nil {
		columns, table, other := p.pivot.table(rows)
		return eventstore.NewTable(columns, table, p.chart, other, p.rest)
	}
	fields := make([]query.Field, len(p.columns))
	for i, c := range p.columns {
		fields[i] = c.field
	}
	return eventstore.NewTable(fields, rows, p.chart, p.top > 0 && len(rows) > p.top, nil)
}

// read reads a cell; integers of 64 bits and more may come as text.
func (c col) read(text json.RawMessage) (any, error) {
	if string(text) == "null" {
		return nil, nil
	}
	s := string(text)
	if s[0] == '"' {
		if err := json.Unmarshal(text, &s); err != nil {
			return nil, err
		}
	}
	whole := c.kind == wholeKind || c.field.Kind == query.IntKind
	if c.kind == textKind && !whole {
		return s, nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f, nil
	}
	return s, nil // "other" among numbers
}
