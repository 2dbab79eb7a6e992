package clickhouse

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
)

// engine is ClickHouse in a process of its own, spoken to over HTTP.
type engine struct{ url string }

// startEngine starts test/chdb. It must be installed where CI is set; elsewhere
// the tests that need it are left out, and say so.
func startEngine(t *testing.T) engine {
	t.Helper()
	dir, err := filepath.Abs("../../../test/chdb")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "chdb")); err != nil {
		const how = "ClickHouse for tests is not installed; run scripts/setup test, or: cd test/chdb && npm install"
		if os.Getenv("CI") == "true" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	cmd := exec.Command("node", "server.mjs")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() // its end
		if err := cmd.Wait(); err != nil {
			t.Errorf("the engine ended with %v", err)
		}
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the engine does not start: %v", err)
	}
	return engine{"http://127.0.0.1:" + strings.TrimSpace(port)}
}

// do runs a statement; rows come as lines.
func (e engine) do(statement Statement, body []byte) ([][]byte, error) {
	v := url.Values{"query": {statement.SQL}, "default_format": {"JSONCompactEachRow"}}
	for name, value := range statement.Params {
		v.Set("param_"+name, value)
	}
	client := http.Client{Timeout: time.Minute}
	r, err := client.Post(e.url+"/?"+v.Encode(), "application/octet-stream", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s %w", r.Status, text, err)
	}
	var lines [][]byte
	for _, line := range bytes.Split(text, []byte("\n")) {
		if len(line) > 0 {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// load makes a table and fills it.
func (e engine) load(t *testing.T, table string, es []event.Event) {
	t.Helper()
	if _, err := e.do(Statement{SQL: CreateTable(table)}, nil); err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	for i := range es {
		if err := enc.Encode(row(&es[i])); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.do(Statement{SQL: "INSERT INTO " + table + " FORMAT JSONEachRow"}, body.Bytes()); err != nil {
		t.Fatal(err)
	}
}

func row(e *event.Event) map[string]any {
	at := func(ns int64) string {
		t := time.Unix(0, ns).UTC()
		return t.Format("2006-01-02 15:04:05.000000000")
	}
	raw, _ := query.RawText(e.Raw)
	severity := e.Severity
	if severity > event.Fatal {
		severity = query.OtherSeverity
	}
	m := map[string]any{
		"tenant": e.Tenant, "seq": e.Pos.Seq, "idx": e.Pos.Index, "id": uuid(e.ID), "time": at(e.Time), "received": at(e.Received),
		"source": e.Source, "source_type": e.SourceType, "transport": e.Transport, "peer": query.AddrText(e.Peer), "class": e.Class.String(),
		"severity": severity, "outcome": e.Outcome.String(), "exercise": e.Exercise, "message": e.Message, "raw": raw,
		"raw_sha256": hex.EncodeToString(e.RawSHA256[:16]), "fields": string(e.FieldsJSON(nil)),
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
