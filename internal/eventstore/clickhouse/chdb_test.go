package clickhouse

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
)

// engine is ClickHouse in a process of its own, spoken to over HTTP.
type engine struct{ url string }

// startEngine starts test/chdb. It must be installed where CI is set; elsewhere
// the tests that need it are left out, and say so.
func startEngine(t testing.TB) engine {
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

// databases numbers those of one engine.
type databases struct {
	engine
	n int
}

// base is a database of its own.
type base struct{ Options }

func (d *databases) base(*testing.T) base { return d.database() }

func (d *databases) database() base {
	d.n++
	return base{Options{Hosts: []string{d.url}, Layout: Layout{Database: fmt.Sprintf("events%d", d.n)}}}
}

func (p base) Open(t *testing.T) eventstore.Engine { return openIn(t, p) }

func (p base) open(t *testing.T) *Store { return openIn(t, p) }

func openIn(t testing.TB, p base) *Store {
	t.Helper()
	s, err := Open(t.Context(), p.Options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
