package clickhouse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/eventstore/conformance"
	"github.com/tocsin-project/tocsin/internal/eventstore/enginetest"
	"github.com/tocsin-project/tocsin/internal/query"
)

// On the real engine, over HTTP.
func TestClickHouseDoesWhatEveryEngineMust(t *testing.T) {
	d := &databases{engine: startEngine(t)}
	enginetest.Run(t, func(t *testing.T) enginetest.Place { return d.base(t) })
}

// Nothing of a query is ever part of the statement.
func TestNamesAndValuesAreParameters(t *testing.T) {
	hostile := "zz'); DROP TABLE x; --"
	f := query.Field{Kind: query.Native, Name: hostile}
	x, err := query.Parse(`"zz'); DROP TABLE x; --" or message:"zz'); DROP*" or user:"zz'); DROP TABLE x; --" or "zz'); DROP TABLE x; --":>"zz'); DROP" or a:/zz'/`, conformance.Now)
	if err != nil {
		t.Fatal(err)
	}
	q := query.Query{Where: x, Pipes: []query.Pipe{query.Stats{By: []query.Field{f}, Aggs: []query.Agg{{Func: query.FuncLast, Field: f, As: hostile}}},
		query.Sort{By: []query.SortKey{{Field: f}}}, query.Filter{Where: query.Term{Field: f, Test: query.Exists{}}}}}
	p, err := Print("events", 1, q, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(p.SQL, "DROP") || strings.Contains(p.SQL, "zz") {
		t.Error(p.SQL)
	}
	if len(p.Params) < 10 {
		t.Errorf("%v", p.Params)
	}
}

// A statement reads the granules that its indexes leave, not the table.
func TestIndexesLeaveLittleToRead(t *testing.T) {
	e := startEngine(t)
	const fill = `INSERT INTO many (tenant, seq, id, time, message, raw, fields, c_user_name) SELECT 1, number, toUUID(UUIDNumToString(reinterpretAsFixedString(sipHash128(number)))), fromUnixTimestamp64Nano(1772366400000000000 + number * 1000000),
		'Failed password from ' || hex(sipHash64(number)) AS m, m, '{"request":"' || hex(sipHash64(number, 1)) || '"}', 'user' || toString(number * 7919 % 50000) FROM numbers(50000)`
	for _, sql := range []string{CreateTable("many"), fill} {
		if _, err := e.do(Statement{SQL: sql}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"nothere", "message:nothere", "user:nick", "request:nothere", "id:0123456789abcdef0123456789abcdef", "time:>now+1h"} {
		q, err := query.ParseQuery(text+" | count", conformance.Now, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Print("many", 1, q, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		p.SQL = "EXPLAIN indexes = 1 " + p.SQL
		lines, err := e.do(p.Statement, nil)
		if err != nil {
			t.Fatal(err)
		}
		all := strings.ReplaceAll(fmt.Sprintf("%s", lines), `\/`, "/")
		if !strings.Contains(all, "Granules: 0/7") && !strings.Contains(all, "Granules: 1/7") {
			t.Errorf("%s reads too much:\n%s", text, strings.Join(strings.Split(all, "] ["), "\n"))
		}
	}
}
