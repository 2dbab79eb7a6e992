package eventstore

import (
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/tocsin-project/tocsin/internal/event"
)

// Positions of the envelope's columns in a row. The normalised columns follow,
// an address column with its 16-byte form right behind it.
const (
	colTenant = iota
	colSeq
	colIdx
	colSentID // the event's id, only where it does not follow from its position
	colTime
	colReceived
	colQuality
	colSource
	colSourceType
	colTransport
	colPeer
	colPeerAddr
	colParser
	colStatus
	colClass
	colSeverity
	colOutcome
	colExercise
	colBody     // raw text, native fields and message in one text: see body.go
	colRawExact // the raw bytes, only where the raw text does not hold them exactly
	colLogsources
	numEnvelope
)

// column is one physical column. Addresses are kept twice: as canonical text
// and, for prefixes and ranges, as 16 bytes in a UUID, which DuckDB orders and
// Parquet stores as bytes (its 128-bit integers become inexact there).
type column struct {
	name     string
	typ      mapping.Type
	nullable bool
}

var envelope = [numEnvelope]column{
	colTenant:     {"tenant", mapping.TypeBigInt, false},
	colSeq:        {"seq", mapping.TypeBigInt, false},
	colIdx:        {"idx", mapping.TypeBigInt, false},
	colSentID:     {"sent_id", mapping.TypeUUID, true},
	colTime:       {"time", mapping.TypeBigInt, false},
	colReceived:   {"received", mapping.TypeBigInt, false},
	colQuality:    {"time_quality", mapping.TypeUTinyInt, false},
	colSource:     {"source", mapping.TypeVarchar, true},
	colSourceType: {"source_type", mapping.TypeVarchar, true},
	colTransport:  {"transport", mapping.TypeVarchar, true},
	colPeer:       {"peer", mapping.TypeVarchar, true},
	colPeerAddr:   {"peer_addr", mapping.TypeUUID, true},
	colParser:     {"parser", mapping.TypeVarchar, true},
	colStatus:     {"status", mapping.TypeUTinyInt, false},
	colClass:      {"class", mapping.TypeVarchar, false},
	colSeverity:   {"severity", mapping.TypeUTinyInt, false},
	colOutcome:    {"outcome", mapping.TypeVarchar, true},
	colExercise:   {"exercise", mapping.TypeVarchar, true},
	colBody:       {"body", mapping.TypeVarchar, false},
	colRawExact:   {"raw_exact", mapping.TypeBlob, true},
	colLogsources: {"logsources", mapping.TypeVarchar, true},
}

// blockColumn is the last column of a hot table: the number of the row's block,
// of which each partition has a range of its own. Files do not have it.
var blockColumn = column{"block", mapping.TypeBigInt, false}

var sqlTypes = map[mapping.Type]string{
	mapping.TypeBigInt: "BIGINT", mapping.TypeUTinyInt: "UTINYINT",
	mapping.TypeVarchar: "VARCHAR", mapping.TypeBlob: "BLOB", mapping.TypeUUID: "UUID",
}

// schema is the physical table: what a segment file holds, and a hot table with
// blockColumn behind it.
type schema struct {
	columns []column
	hot     []column
	at      [event.NumColumns]int // where a normalised column is
}

func newSchema() schema {
	s := schema{columns: append([]column(nil), envelope[:]...)}
	for _, c := range event.Columns() {
		s.at[c.ID] = len(s.columns)
		typ := mapping.TypeVarchar
		if c.Type == event.IntColumn {
			typ = mapping.TypeBigInt
		}
		s.columns = append(s.columns, column{columnSQL(c), typ, true})
		if c.Type == event.IPColumn {
			s.columns = append(s.columns, column{addrSQL(c), mapping.TypeUUID, true})
		}
	}
	s.hot = append(slices.Clone(s.columns), blockColumn)
	return s
}

// columnSQL keeps normalised names apart from the envelope's.
func columnSQL(c event.ColumnInfo) string { return "c_" + c.SQL }

func addrSQL(c event.ColumnInfo) string { return columnSQL(c) + "_addr" }

func (s schema) createTable(name string) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + name + " (")
	for i, c := range s.hot {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.name + " " + sqlTypes[c.typ])
	}
	return b.String() + ")"
}

// since is the part of a file's select list for columns that were added after
// the file was written with the first n normalised columns.
func (s schema) since(n int) string {
	var b strings.Builder
	for id := n; id < int(event.NumColumns); id++ {
		for i := s.at[id]; i < len(s.columns) && (i == s.at[id] || strings.HasSuffix(s.columns[i].name, "_addr")); i++ {
			b.WriteString(", NULL::" + sqlTypes[s.columns[i].typ] + " AS " + s.columns[i].name)
		}
	}
	return b.String()
}
