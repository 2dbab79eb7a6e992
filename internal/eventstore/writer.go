package eventstore

import (
	"errors"
	"fmt"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
)

// writer buffers rows in data chunks and appends them to a hot table. It is
// used by one goroutine at a time (the store's append lock).
type writer struct {
	conn    mapping.Connection
	schema  schema
	types   []mapping.LogicalType
	arena   arena
	chunks  []*chunk // the first used hold rows; the last of them is open
	used    int
	rows    int
	bytes   int64 // estimate of what the buffered rows will take in memory
	scratch []byte
}

func newWriter(conn mapping.Connection, s schema) *writer {
	w := &writer{conn: conn, schema: s}
	for _, c := range s.hot {
		w.types = append(w.types, mapping.CreateLogicalType(c.typ))
	}
	return w
}

func (w *writer) close() {
	for _, c := range w.chunks {
		mapping.DestroyDataChunk(&c.data)
	}
	for i := range w.types {
		mapping.DestroyLogicalType(&w.types[i])
	}
	w.arena.close()
}

// open returns the chunk that takes the next row.
func (w *writer) open() *chunk {
	if w.used == 0 || w.chunks[w.used-1].rows == maxChunkRows {
		if w.used == len(w.chunks) {
			w.chunks = append(w.chunks, newChunk(w.types))
		}
		w.chunks[w.used].reset(w.schema.hot)
		w.used++
	}
	return w.chunks[w.used-1]
}

// add copies one event of a block into the buffer, its terms into the block's,
// and returns the estimate of its size.
func (w *writer) add(e *event.Event, block int64, terms *termSet) int64 {
	c, a := w.open(), &w.arena
	c.int64(len(w.schema.columns), block)
	c.int64(colTenant, int64(e.Tenant))
	c.int64(colSeq, int64(e.Pos.Seq))
	c.int64(colIdx, int64(e.Pos.Index))
	if e.ID != event.PositionID(e.Tenant, e.Time, e.Pos) {
		c.uuid(colSentID, e.ID)
	}
	c.int64(colTime, e.Time)
	c.int64(colReceived, e.Received)
	c.uint8(colQuality, uint8(e.TimeQuality))
	c.text(a, colSource, e.Source)
	c.text(a, colSourceType, e.SourceType)
	c.text(a, colTransport, e.Transport)
	c.text(a, colPeer, query.AddrText(e.Peer))
	c.addr(colPeerAddr, e.Peer)
	c.text(a, colParser, e.Parser)
	c.uint8(colStatus, uint8(e.Status))
	c.text(a, colClass, e.Class.String())
	c.uint8(colSeverity, uint8(storedSeverity(e.Severity)))
	c.text(a, colOutcome, e.Outcome.String())
	c.text(a, colExercise, e.Exercise)
	raw, exact := query.RawText(e.Raw)
	if !exact {
		c.bytes(a, colRawExact, e.Raw)
	}
	if len(e.Logsource) > 0 {
		w.scratch = appendLogsources(w.scratch[:0], e.Logsource)
		c.bytes(a, colLogsources, w.scratch)
	}
	w.scratch = appendBody(w.scratch[:0], e, raw)
	c.bytes(a, colBody, w.scratch)
	terms.event(e, raw)
	size := rowOverhead + int64(len(w.scratch))
	for i := range e.Columns {
		size += w.column(c, &e.Columns[i])
	}
	c.rows++
	w.rows++
	w.bytes += size
	return size
}

// rowOverhead is what a row takes in the in-memory table besides its body
// (measured).
const rowOverhead = 700

func (w *writer) column(c *chunk, col *event.Column) int64 {
	if col.ID >= event.NumColumns {
		return 0
	}
	at := w.schema.at[col.ID]
	switch col.ID.Type() {
	case event.IntColumn:
		if col.Value.Kind() == event.Int {
			c.int64(at, col.Value.Int())
		}
		return 0
	case event.IPColumn:
		text := col.Value.Text()
		c.text(&w.arena, at, query.AddrText(text))
		c.addr(at+1, text)
		return 0
	}
	text := col.Value.Text()
	c.text(&w.arena, at, text)
	return int64(len(text))
}

func storedSeverity(s event.Severity) event.Severity {
	if s > event.Fatal {
		return query.OtherSeverity
	}
	return s
}

func appendLogsources(b []byte, ls []event.Logsource) []byte {
	b = append(b, '[')
	for i, l := range ls {
		if i > 0 {
			b = append(b, ',')
		}
		b = event.AppendJSONString(append(b, '['), l.Category)
		b = event.AppendJSONString(append(b, ','), l.Product)
		b = event.AppendJSONString(append(b, ','), l.Service)
		b = append(b, ']')
	}
	return append(b, ']')
}

// flush appends the buffered rows to the table in one transaction. On failure
// none of them is in the table and all stay buffered, to be tried again.
func (w *writer) flush(catalog, table string) error {
	if w.rows == 0 {
		return nil
	}
	var app mapping.Appender
	defer mapping.AppenderDestroy(&app)
	if mapping.AppenderCreateExt(w.conn, catalog, "main", table, &app) == mapping.StateError {
		return fmt.Errorf("append to the hot table: %w", appenderError(app))
	}
	for _, c := range w.chunks[:w.used] {
		mapping.DataChunkSetSize(c.data, mapping.IdxT(c.rows))
		if mapping.AppendDataChunk(app, c.data) == mapping.StateError {
			err := appenderError(app)
			mapping.AppenderClear(app)
			return fmt.Errorf("append to the hot table: %w", err)
		}
	}
	if mapping.AppenderFlush(app) == mapping.StateError {
		err := appenderError(app)
		mapping.AppenderClear(app)
		return fmt.Errorf("append to the hot table: %w", err)
	}
	w.arena.reset()
	w.used, w.rows, w.bytes = 0, 0, 0
	return nil
}

func appenderError(app mapping.Appender) error {
	data := mapping.AppenderErrorData(app)
	defer mapping.DestroyErrorData(&data)
	return errors.New(mapping.ErrorDataMessage(data))
}
