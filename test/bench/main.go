// Command bench measures the real program from outside and prints lines
// "bench NAME VALUE UNIT": page (event to page), ingest (acceptance to
// searchable), start (empty data directory to ready), detect (matching,
// correlating, hunting).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const token = "bench-bootstrap-token-0123456789"

func main() {
	areas := map[string]func() error{"page": page, "ingest": ingest, "start": start, "detect": detect}
	run := func() error { return fmt.Errorf("name one of page, ingest, start, detect") }
	if len(os.Args) == 2 && areas[os.Args[1]] != nil {
		run = areas[os.Args[1]]
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func report(name string, value float64, unit string) {
	fmt.Printf("bench %s %s %s\n", name, strconv.FormatFloat(value, 'f', 2, 64), unit)
}

// server is one running program in a directory of its own.
type server struct {
	cmd          *exec.Cmd
	dir          string
	http, syslog string
	took         time.Duration // from exec to ready
}

func serve() (*server, error) {
	dir, err := os.MkdirTemp("", "tocsin-bench")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, cmd: exec.Command("bin/tocsin", "serve", "--data", filepath.Join(dir, "data"), "--http", "127.0.0.1:0", "--syslog", "127.0.0.1:0", "--log-level", "error")}
	s.cmd.Env = append(os.Environ(), "TOCSIN_BOOTSTRAP_TOKEN="+token, "TOCSIN_WEBHOOK_ALLOW_PRIVATE=true")
	s.cmd.Stderr = io.Discard
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w (run make build first)", err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	s.took = time.Since(began)
	if err != nil {
		return nil, fmt.Errorf("the server did not get ready: %w", err)
	}
	var r struct{ HTTP, Syslog string }
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, err
	}
	s.http, s.syslog = r.HTTP, r.Syslog
	return s, nil
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(os.Interrupt)
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.dir)
}

func (s *server) call(method, path, body string, out any) error {
	req, err := http.NewRequest(method, "http://"+s.http+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s %s", method, path, res.Status, b)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
}

// cpu is the processor time that the server has used, user and system.
func (s *server) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	var ticks int64
	for _, x := range f[11:13] { // utime, stime
		n, err := strconv.ParseInt(x, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil // 100 ticks a second on Linux
}

// memory reads a line of /proc/PID/status in MB: VmHWM (peak) or VmRSS.
func (s *server) memory(line string) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for l := range strings.Lines(string(b)) {
		if strings.HasPrefix(l, line+":") {
			kb, err := strconv.ParseFloat(strings.Fields(l)[1], 64)
			return kb / 1024, err
		}
	}
	return 0, fmt.Errorf("no %s", line)
}

// start measures five first starts.
func start() error {
	var took []float64
	var idle float64
	for range 5 {
		s, err := serve()
		if err != nil {
			return err
		}
		took = append(took, float64(s.took.Microseconds())/1000)
		time.Sleep(2 * time.Second) // idle means after the start has settled
		if idle, err = s.memory("VmRSS"); err != nil {
			return err
		}
		s.stop()
	}
	report("start.ready_ms", percentile(took, 50), "ms")
	report("start.idle_rss_mb", idle, "MB")
	return nil
}
