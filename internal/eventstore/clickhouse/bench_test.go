package clickhouse

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/loadgen"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/internal/query"
)

// mixed are n normalised events of a mixed estate.
func mixed(n int) (out []event.Event) {
	const each = 1000
	mappings, _ := normalize.Load(normalize.Shipped())
	gen, w := loadgen.New(1, time.Unix(0, noon), time.Millisecond, loadgen.Needles{Every: n / 7}), normalize.New(mappings).Worker()
	for seq := uint64(1); len(out) < n; seq++ {
		records := make([]journal.Record, each)
		for i := range records {
			l := gen.Next()
			records[i] = journal.Record{Tenant: 1, Received: l.Time.UnixNano(), Source: l.Source, Transport: l.Transport, Peer: l.Peer, Raw: []byte(string(l.Raw))}
		}
		out = append(out, w.Batch(journal.Batch{Seq: seq, Records: records}, nil)...)
	}
	return out
}

// asJSON is a row as JSONEachRow has it: what RowBinary is compared with.
func asJSON(e *event.Event) map[string]any {
	at := func(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05.000000000") }
	raw, _ := query.RawText(e.Raw)
	m := map[string]any{
		"tenant": e.Tenant, "seq": e.Pos.Seq, "idx": e.Pos.Index, "id": uuid(e.ID), "time": at(e.Time), "received": at(e.Received), "retention": "default", "parser": e.Parser, "status": e.Status,
		"source": e.Source, "source_type": e.SourceType, "transport": e.Transport, "peer": query.AddrText(e.Peer), "class": e.Class.String(),
		"severity": e.Severity, "outcome": e.Outcome.String(), "exercise": e.Exercise, "message": e.Message, "raw": raw,
		"raw_sha256": hex.EncodeToString(e.RawSHA256[:16]), "fields": string(e.FieldsJSON(nil)), "logsources": string(eventstore.AppendLogsources(nil, e.Logsource)),
	}
	address := func(name, text string) {
		if a, err := netip.ParseAddr(text); err == nil {
			m[name] = netip.AddrFrom16(a.As16()).String()
		}
	}
	address("peer_addr", e.Peer)
	for _, c := range e.Columns {
		info := c.ID.Info()
		switch info.Type {
		case event.IntColumn:
			m[columnSQL(info)] = c.Value.Int()
		case event.IPColumn:
			m[columnSQL(info)] = query.AddrText(c.Value.Text())
			address(addrSQL(info), c.Value.Text())
		default:
			m[columnSQL(info)] = c.Value.Text()
		}
	}
	return m
}

// BenchmarkInsert compares the formats of inserts, each iteration 50,000 events
// in one insert, and tells how many bytes an event takes.
func BenchmarkInsert(b *testing.B) {
	const n = 50_000
	d := &databases{engine: startEngine(b)}
	evs := mixed(n)
	for name, encode := range map[string]func() (format string, body []byte){
		"RowBinary": func() (string, []byte) {
			var e encoder
			var body []byte
			for i := range evs {
				body = e.row(body, &evs[i], "default")
			}
			return "RowBinary", body
		},
		"JSONEachRow": func() (string, []byte) {
			var body strings.Builder
			enc := json.NewEncoder(&body)
			for i := range evs {
				if err := enc.Encode(asJSON(&evs[i])); err != nil {
					b.Fatal(err)
				}
			}
			return "JSONEachRow", []byte(body.String())
		},
	} {
		b.Run(name, func(b *testing.B) {
			p := d.database()
			s := openIn(b, p)
			defer s.Close(context.Background())
			var encoding, inserting time.Duration
			var format string
			var body []byte
			for b.Loop() {
				start := time.Now()
				format, body = encode()
				encoding += time.Since(start)
				start = time.Now()
				x := call{Statement: Statement{SQL: "INSERT INTO " + p.Layout.events() + " (" + insertColumns() + ") FORMAT " + format}, body: body, settings: s.insertSettings(fmt.Sprint(start.UnixNano()))}
				if _, err := s.client.do(b.Context(), x); err != nil {
					b.Fatal(err)
				}
				inserting += time.Since(start)
			}
			per := func(t time.Duration) float64 { return t.Seconds() / float64(b.N) / n * 1e6 }
			b.ReportMetric(per(encoding), "encode-s/M")
			b.ReportMetric(per(inserting), "insert-s/M")
			b.ReportMetric(float64(len(body))/n, "sent-bytes/event")
			if err := s.define(b.Context(), "OPTIMIZE TABLE "+p.Layout.rows()+" FINAL"); err != nil {
				b.Fatal(err)
			}
			lines, err := d.do(Statement{SQL: "SELECT sum(bytes_on_disk) / sum(rows), sum(secondary_indices_compressed_bytes) / sum(rows) FROM system.parts WHERE active AND table = 'events' AND database = '" + p.Layout.Database + "'"}, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.Logf("bytes an event on disk, of that indexes: %s", lines)
		})
	}
}

// BenchmarkPage compares the formats of answers: the newest 1,000 events, from
// the question to rows, and a whole page of the store.
func BenchmarkPage(b *testing.B) {
	d := &databases{engine: startEngine(b)}
	p := d.database()
	p.FlushEvery = time.Hour
	s := openIn(b, p)
	defer s.Close(context.Background())
	evs := mixed(100_000)
	for i := 0; i < len(evs); i += 1000 {
		if err := s.Append(evs[i:i+1000], evs[i].Pos.Seq); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Flush(); err != nil {
		b.Fatal(err)
	}
	statement := func(format string) call {
		st := newStatement()
		return call{Statement: Statement{s.from(st, rowColumns(), 1, firstTime, lastTime) + newestFirst + "1000", st.params}, format: format}
	}
	b.Run("RowBinary", func(b *testing.B) {
		for b.Loop() {
			answer, err := s.client.do(b.Context(), statement("RowBinary"))
			if err != nil {
				b.Fatal(err)
			}
			if err := each(answer, func(r *reader) error { _, err := readRow(r); return err }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("JSONCompactEachRow", func(b *testing.B) {
		for b.Loop() {
			answer, err := s.client.do(b.Context(), statement("JSONCompactEachRow"))
			if err != nil {
				b.Fatal(err)
			}
			for _, line := range lines(answer) {
				var cells []any
				if err := json.Unmarshal(line, &cells); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	for name, q := range map[string]string{"newest 100": "", "a user that is rare": "user:" + loadgen.NeedleUser, "a word that is rare": loadgen.NeedleWord, "the middle of a word": "*" + loadgen.NeedleMiddle + "*"} {
		x, err := query.Parse(q, time.Unix(0, noon))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Search(b.Context(), 1, eventstore.Request{Query: x}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
