package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventfile"
	"github.com/tocsin-project/tocsin/internal/evtx"
	"github.com/tocsin-project/tocsin/internal/hunt"
	"github.com/tocsin-project/tocsin/sigma"
)

// corpora is where the public rules and events are; they are not part of the project.
func corpora(name string) string {
	root := os.Getenv("TOCSIN_CORPORA")
	if root == "" {
		root = "../shared/data/corpora"
	}
	return filepath.Join(root, name)
}

func below(root, ext string) (files []string) {
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ext {
			files = append(files, path)
		}
		return nil
	})
	sort.Strings(files)
	return files
}

// detect measures matching, correlating and hunting with all public rules.
func detect() error {
	root := corpora("sigma-rules")
	if _, err := os.Stat(root); err != nil {
		return fmt.Errorf("needs the public corpora (TOCSIN_CORPORA): %w", err)
	}
	started := hunt.CPU()
	loaded, err := hunt.LoadRules([]string{root}, sigma.Options{}, 1)
	if err != nil {
		return err
	}
	report("detect.parse_s", (hunt.CPU() - started).Seconds(), "s")
	var rules []*sigma.Rule
	for _, d := range loaded.Docs {
		rules = append(rules, d.Rule)
	}
	report("detect.rules_loaded", float64(len(rules)), "rules")
	report("detect.rules_rejected", float64(len(loaded.Rejected)), "rules")
	if err := compiling(rules); err != nil {
		return err
	}
	if err := matching(rules, loaded); err != nil {
		return err
	}
	if err := correlating(); err != nil {
		return err
	}
	return hunting(root)
}

func options() sigma.MatcherOptions {
	return sigma.MatcherOptions{FoldNames: true, Keep: eventfile.KeepFields}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func eventFiles() []string {
	files := append(below(corpora("otrf"), ".zip"), corpora("evtx2mitre.jsonl.gz"), corpora("cloudtrail-invictus.jsonl.gz"), corpora("zeek-apt29-day1-combined.log.gz"))
	return append(files, below(corpora("sigma-regression"), ".json")...)
}

// compiling makes the matcher with every class that the corpora need.
func compiling(rules []*sigma.Rule) error {
	sets, err := sourceSets(rules)
	if err != nil {
		return err
	}
	runtime.GC()
	began := hunt.CPU()
	m := sigma.NewMatcher(rules, options())
	for _, s := range sets {
		m.Class(s)
	}
	report("detect.compile_s", (hunt.CPU() - began).Seconds(), "s")
	report("detect.classes", float64(len(sets)), "classes")
	report("detect.heap_mb", float64(heap())/1e6, "MB") // rules included: all that lives here
	runtime.KeepAlive(m)
	return nil
}

func sourceSets(rules []*sigma.Rule) ([][]sigma.Logsource, error) {
	seen := map[*sigma.Class]bool{}
	var sets [][]sigma.Logsource
	d := eventfile.NewDecoder(sigma.NewMatcher(rules, options()), nil, nil)
	for _, file := range eventFiles() {
		err := eventfile.Read(context.Background(), file, nil, func(b *eventfile.Block) error {
			if b.Format == eventfile.JSON {
				d.Each(b, func(_ int, err error) bool {
					if err == nil && !seen[d.Class] {
						seen[d.Class] = true
						sets = append(sets, d.Sources())
					}
					return true
				})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return sets, nil
}

func matching(rules []*sigma.Rule, loaded *hunt.Rules) error {
	m := sigma.NewMatcher(rules, options())
	otrf, err := hunt.NewBench(m, below(corpora("otrf"), ".zip"), 20_000, nil)
	if err != nil {
		return err
	}
	match, oracle := otrf.Match(10), otrf.Walk(1000)
	report("detect.match_otrf_us", match.Micros, "µs")
	report("detect.raw_otrf_us", otrf.Raw(10).Micros, "µs")
	report("detect.oracle_otrf_us", oracle.Micros, "µs")
	report("detect.speedup_otrf", oracle.Micros/match.Micros, "ratio")
	sysmon := m.Class([]sigma.Logsource{{Product: "windows", Service: "sysmon"}, {Category: "process_creation", Product: "windows"}})
	security := m.Class([]sigma.Logsource{{Product: "windows", Service: "security"}, {Category: "process_creation", Product: "windows"}})
	procs, err := hunt.NewBench(m, eventFiles(), 1<<30, func(c *sigma.Class) bool { return c == sysmon || c == security })
	if err != nil {
		return err
	}
	report("detect.proc_events", float64(procs.Records()), "events")
	proc, walk := procs.Match(30), procs.Walk(100)
	report("detect.match_proc_us", proc.Micros, "µs")
	report("detect.oracle_proc_us", walk.Micros, "µs")
	report("detect.speedup_proc", walk.Micros/proc.Micros, "ratio")

	five, err := clones(rules, loaded, 4)
	if err != nil {
		return err
	}
	big, err := hunt.NewBench(sigma.NewMatcher(five, options()), below(corpora("otrf"), ".zip"), 20_000, nil)
	if err != nil {
		return err
	}
	again := otrf.Match(10) // beside the larger one, on the same state of the machine
	grown := big.Match(10)
	report("detect.rules_5x", float64(len(five)), "rules")
	report("detect.growth_5x", grown.Micros/again.Micros, "ratio")
	quiet, err := hunt.NewBench(m, []string{corpora("zeek-apt29-day1-combined.log.gz")}, 2000, nil)
	if err != nil {
		return err
	}
	report("detect.allocs", quiet.Match(20).Allocs, "allocs")
	report("detect.allocs_otrf", match.Allocs, "allocs")
	return nil
}

// clones adds copies of the rules in which each longer word of the values is
// changed, so that they look for other texts in the same fields.
func clones(rules []*sigma.Rule, loaded *hunt.Rules, n int) ([]*sigma.Rule, error) {
	out := append([]*sigma.Rule(nil), rules...)
	done := map[string]bool{}
	for _, d := range loaded.Docs {
		if done[d.File] {
			continue
		}
		done[d.File] = true
		text, err := os.ReadFile(d.File)
		if err != nil {
			return nil, err
		}
		for k := range n {
			docs, _ := sigma.Parse(d.File, mutate(text, k+1))
			for _, c := range docs {
				if c.Rule != nil {
					out = append(out, c.Rule)
				}
			}
		}
	}
	if len(out) < len(rules)*(n+1)*98/100 {
		return nil, fmt.Errorf("only %d of %d clones parse", len(out)-len(rules), len(rules)*n)
	}
	return out, nil
}

func mutate(text []byte, k int) []byte {
	lines := bytes.Split(bytes.Clone(text), []byte("\n"))
	inside := false
	for _, l := range lines {
		if len(l) > 0 && l[0] != ' ' {
			inside = bytes.HasPrefix(l, []byte("detection:"))
		}
		t := bytes.TrimSpace(l)
		if !inside || bytes.HasPrefix(t, []byte("condition:")) || bytes.HasPrefix(t, []byte("#")) || bytes.Contains(t, []byte("|re")) || bytes.Contains(t, []byte("|expand")) {
			continue
		}
		from := 0
		if i := bytes.IndexByte(l, ':'); i >= 0 && !bytes.HasPrefix(t, []byte("- '")) && !bytes.HasPrefix(t, []byte(`- "`)) {
			from = i + 1
		}
		words(l[from:], k)
	}
	return bytes.Join(lines, []byte("\n"))
}

// words changes a letter in each word of five letters or more.
func words(b []byte, k int) {
	letter := func(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
	for i := 0; i < len(b); {
		j := i
		for j < len(b) && letter(b[j]) {
			j++
		}
		if j-i >= 5 && string(b[i:j]) != "false" {
			b[i+(j-i)/2] = "qxzjvkw"[(k+j-i)%7]
		}
		i = max(j, i+1)
	}
}

// correlating measures the windows: matches that fall into existing groups,
// and the heap of a live group.
func correlating() error {
	const groups = 200_000
	text := "title: many\nname: many\ncorrelation:\n  type: event_count\n  rules: [fail]\n  group-by: [user]\n  timespan: 1h\n  condition: {gte: 50}\n---\n" +
		"title: fail\nname: fail\nlogsource: {product: x}\ndetection:\n  sel: {f: x}\n  condition: sel\n"
	docs, errs := sigma.Parse("bench.yml", []byte(text))
	if len(errs) > 0 {
		return errs[0]
	}
	c, errs := sigma.NewCorrelator(docs, sigma.Limits{Groups: 1 << 20, Events: 1 << 24})
	if len(errs) > 0 {
		return errs[0]
	}
	events := make([]sigma.Event, groups)
	for i := range events {
		events[i] = sigma.MapEvent{"user": sigma.StringValue(fmt.Sprintf("user-%06d", i))}
	}
	before, n := heap(), 0
	feed := func() {
		c.Feed(sigma.Match{Rule: "fail", Time: int64(n) * int64(time.Millisecond), Event: events[n%groups]}, func(sigma.Firing) {})
		n++
	}
	for range 2 * groups {
		feed()
	}
	report("correlate.group_bytes", float64(heap()-before)/groups, "B")
	began := hunt.CPU()
	for range 10 * groups {
		feed()
	}
	report("correlate.eps", 10*groups/(hunt.CPU()-began).Seconds(), "matches/s")
	report("correlate.groups", float64(c.Stats().Groups), "groups")
	return nil
}

// hunting times the command as a whole process, and reading of EVTX.
func hunting(root string) error {
	var best float64
	for range 3 {
		cmd := exec.Command("bin/tocsin", "hunt", "--rules", root, "--format", "tsv", corpora("evtx2mitre.jsonl.gz"))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		began := time.Now()
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("hunt: %w: %s (run make build first)", err, stderr.String())
		}
		if len(out) == 0 {
			return errors.New("hunt found nothing")
		}
		best = max(best, 10_015/time.Since(began).Seconds())
	}
	report("hunt.eps", best, "records/s")
	return readingEVTX()
}

// readingEVTX counts bytes of records, not the unused rest of chunks.
func readingEVTX() error {
	var chunks [][]byte
	for _, path := range below(corpora("sigma-regression"), ".evtx") {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for at := evtx.HeaderSize; at+evtx.ChunkSize <= len(data); at += evtx.ChunkSize {
			chunks = append(chunks, data[at:at+evtx.ChunkSize])
		}
	}
	var c evtx.Chunk
	used, values := 0, 0
	began := hunt.CPU()
	for range 50 {
		for _, chunk := range chunks {
			c.Reset(chunk)
			for _, at := range evtx.Records(chunk) {
				used += int(chunk[at+4]) | int(chunk[at+5])<<8
				if _, _, err := c.Record(int(at), func(string, evtx.Value) { values++ }); err != nil {
					return err
				}
			}
		}
	}
	took := (hunt.CPU() - began).Seconds()
	report("hunt.evtx_mbps", float64(used)/1e6/took, "MB/s")
	report("hunt.evtx_file_mbps", float64(50*len(chunks)*evtx.ChunkSize)/1e6/took, "MB/s") // chunks are mostly empty
	return nil
}
