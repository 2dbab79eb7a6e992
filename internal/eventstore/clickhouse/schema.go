// Package clickhouse prints the search language as ClickHouse SQL, for stores
// that keep their events there: the table, conditions, and whole queries with
// pipes. It gives what internal/eventstore gives on its own engine; the cases
// in internal/eventstore/conformance hold both to it. Every value of a query,
// names of native fields among them, is bound as a {pN:Type} parameter.
//
// Differences that are known: text is ordered by ClickHouse's own lower case
// (a final sigma, İ), numbers in native fields are written as ClickHouse
// writes them (1e21, not 1e+21), and distinct counts and percentiles of very
// many values are estimated by other sketches.
package clickhouse

import (
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
)

// fold makes a column comparable with a lower-cased ASCII text as
// strings.ToLower does: ASCII's own lower case, and the two characters beyond
// that lower-case into it. ClickHouse's lowerUTF8 differs (İ becomes two).
func fold(x string) string { return "lower(translateUTF8(" + x + ", 'İ\u212A', 'ik'))" }

type column struct{ name, typ string }

// envelope are the columns besides the normalised ones. Text that is absent is
// empty, which no value of these is. Times are nanoseconds.
//
// fields is the flat JSON object as text. Measured on 300,000 objects of ten
// fields against Map(LowCardinality(String), String) and JSON: text takes 33
// bytes an object and 1.3 s a million to insert, Map 38 and 2.0 s, JSON 29 and
// 9.4 s; grouping by one field takes 66, 55 and 5 ms. JSON would pay for
// itself on installations that aggregate native fields all day, but it keeps
// neither null, order nor the digits of a number, and evidence needs those.
var envelope = [...]column{
	{"tenant", "Int64"},
	{"seq", "UInt64"},
	{"idx", "UInt32"},
	{"id", "UUID"},
	{"time", "DateTime64(9, 'UTC') CODEC(Delta, ZSTD)"},
	{"received", "DateTime64(9, 'UTC') CODEC(Delta, ZSTD)"},
	{"time_quality", "UInt8"},
	{"source", "LowCardinality(String)"},
	{"source_type", "LowCardinality(String)"},
	{"transport", "LowCardinality(String)"},
	{"peer", "LowCardinality(String)"},
	{"peer_addr", "Nullable(IPv6)"},
	{"parser", "LowCardinality(String)"},
	{"status", "UInt8"},
	{"class", "LowCardinality(String)"},
	{"severity", "UInt8"},
	{"outcome", "LowCardinality(String)"},
	{"exercise", "LowCardinality(String)"},
	{"retention", "LowCardinality(String)"}, // the class that says how long it is kept
	{"message", "String CODEC(ZSTD)"},
	{"raw", "String CODEC(ZSTD)"}, // query.RawText of the raw bytes
	{"raw_exact", "String CODEC(ZSTD)"},
	{"raw_sha256", "FixedString(32)"},
	{"logsources", "LowCardinality(String)"},
	{"fields", "String CODEC(ZSTD)"},
}

// fewValues are the normalised columns that have few values, kept as
// dictionaries.
func fewValues(c event.ColumnInfo) bool {
	switch c.ID {
	case event.UserDomain, event.GroupName, event.HostName, event.ProcessName, event.HTTPMethod, event.ServiceName, event.SignatureName, event.Action, event.Facility:
		return true
	}
	return false
}

func columnSQL(c event.ColumnInfo) string { return "c_" + c.SQL }

func addrSQL(c event.ColumnInfo) string { return columnSQL(c) + "_addr" }

func columns() []column {
	out := append([]column{}, envelope[:]...)
	for _, c := range event.Columns() {
		switch {
		case c.Type == event.IntColumn:
			out = append(out, column{columnSQL(c), "Nullable(Int64)"})
		case c.Type == event.IPColumn:
			out = append(out, column{columnSQL(c), "String"}, column{addrSQL(c), "Nullable(IPv6)"})
		case fewValues(c):
			out = append(out, column{columnSQL(c), "LowCardinality(String)"})
		default:
			out = append(out, column{columnSQL(c), "String"})
		}
	}
	return out
}

// CreateTable is the statement that makes the table on one server.
func CreateTable(name string) string { return Layout{}.createEvents(name) }

// indexes help searches: text has one of its words, which LIKE with any part of
// a word uses too; columns that are looked up by value have Bloom filters; the
// journal's order is told by ranges. An index of three characters each leaves
// the same granules and takes 746 bytes an event instead of 196.
func indexes() (out []string) {
	for _, x := range []string{"message", "raw", "fields"} {
		out = append(out, "INDEX "+x+"_parts "+fold(x)+" TYPE text(tokenizer = splitByNonAlpha)")
	}
	for _, c := range event.Columns() {
		switch {
		case c.Type == event.IPColumn:
			out = append(out, "INDEX "+addrSQL(c)+"_bloom "+addrSQL(c)+" TYPE bloom_filter GRANULARITY 1")
		case c.Type == event.TextColumn && !fewValues(c):
			out = append(out, "INDEX "+columnSQL(c)+"_bloom "+fold(columnSQL(c))+" TYPE bloom_filter GRANULARITY 1")
		}
	}
	return append(out, "INDEX id_bloom id TYPE bloom_filter GRANULARITY 1", "INDEX seq_range seq TYPE minmax GRANULARITY 1")
}

// createEvents makes the table that holds rows. They lie by tenant and in the
// order of a page, so that a search reads its range only and the newest rows are
// found without sorting. Tokens of inserts are kept for long: the token of the
// last one must still be known when a server that was down comes back.
func (l Layout) createEvents(name string) string {
	var of []string
	for _, c := range columns() {
		of = append(of, c.name+" "+c.typ)
	}
	of = append(of, indexes()...)
	return "CREATE TABLE IF NOT EXISTS " + name + l.onCluster() + " (\n  " + strings.Join(of, ",\n  ") + "\n)\n" +
		"ENGINE = " + l.engine("MergeTree", "/events/{shard}") + " PARTITION BY toYYYYMM(time) ORDER BY (tenant, time, seq, idx) SETTINGS " + l.tokens() + ", materialize_ttl_recalculate_only = 1"
}
