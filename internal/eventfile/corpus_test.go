package eventfile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/sigma"
)

const corpora = "../../../shared/data/corpora/"

// corpusRules loads the public rules in file order.
func corpusRules(t testing.TB) []*sigma.Rule {
	t.Helper()
	root := corpora + "sigma-rules"
	if _, err := os.Stat(root); err != nil {
		t.Skipf("needs the SigmaHQ rules in %s: %v", root, err)
	}
	var rules []*sigma.Rule
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		docs, _ := sigma.Parse(path, data)
		for _, d := range docs {
			rules = append(rules, d.Rule)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// lines reads the JSON records of a corpus, at most limit of them.
func lines(t testing.TB, name string, limit int) [][]byte {
	t.Helper()
	var out [][]byte
	read := func(r io.Reader) {
		s := bufio.NewScanner(r)
		s.Buffer(nil, 16<<20)
		for len(out) < limit && s.Scan() {
			if b := bytes.TrimSpace(s.Bytes()); len(b) > 0 && b[0] == '{' {
				out = append(out, bytes.Clone(b))
			}
		}
	}
	if strings.HasSuffix(name, ".gz") {
		f, err := os.Open(corpora + name)
		if err != nil {
			t.Skip(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		read(z)
		return out
	}
	var zips []string
	_ = filepath.WalkDir(corpora+name, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".zip" {
			zips = append(zips, path)
		}
		return nil
	})
	sort.Strings(zips)
	for _, path := range zips {
		z, err := zip.OpenReader(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			read(r)
			r.Close()
		}
		z.Close()
	}
	if len(out) == 0 {
		t.Skipf("needs the corpus %s", corpora+name)
	}
	return out
}

// The compiled matcher finds exactly what walking every rule finds.
func TestMatcherAgreesWithTheTreeWalk(t *testing.T) {
	rules := corpusRules(t)
	start := time.Now()
	m := sigma.NewMatcher(rules, sigma.MatcherOptions{Keep: KeepFields})
	t.Logf("%d rules compiled in %v", len(rules), time.Since(start))
	for name, limit := range map[string]int{"evtx2mitre.jsonl.gz": 1 << 30, "otrf": 20000, "cloudtrail-invictus.jsonl.gz": 1 << 30, "zeek-apt29-day1-combined.log.gz": 1 << 30} {
		d, s := NewDecoder(m, nil, nil), m.NewScratch()
		total, events := 0, 0
		byClass := map[*sigma.Class][]int{}
		if testing.Short() {
			limit = min(limit, 500)
		}
		for n, line := range lines(t, name, limit) {
			if err := d.JSON(line); err != nil {
				t.Errorf("%s:%d: %v", name, n+1, err)
				continue
			}
			events++
			got := d.Class.Match(d.Record, s, nil)
			total += len(got)
			if byClass[d.Class] == nil {
				byClass[d.Class] = d.Class.Rules()
			}
			var want []int
			for _, r := range byClass[d.Class] {
				if rules[r].Match(d.Record) {
					want = append(want, r)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s:%d: compiled %v, walked %v\n%s", name, n+1, titles(rules, got), titles(rules, want), line)
			}
		}
		t.Logf("%s: %d events, %d hits, %d classes", name, events, total, len(byClass))
	}
}

func titles(rules []*sigma.Rule, numbers []int) (out []string) {
	for _, n := range numbers {
		out = append(out, rules[n].Title)
	}
	return out
}

func BenchmarkCorpus(b *testing.B) {
	rules := corpusRules(b)
	m := sigma.NewMatcher(rules, sigma.MatcherOptions{Keep: KeepFields})
	docs := lines(b, "otrf", 20000)
	var records, procs []*sigma.Record
	var classes, procClasses []*sigma.Class
	proc := m.Class(windowsSources("Microsoft-Windows-Sysmon/Operational", 1))
	proc2 := m.Class(windowsSources("Security", 4688))
	add := func(docs [][]byte, all bool) {
		d := NewDecoder(m, nil, nil)
		for _, l := range docs {
			if d.JSON(l) == nil {
				c := d.Record.Clone()
				if all {
					records, classes = append(records, c), append(classes, d.Class)
				}
				if d.Class == proc || d.Class == proc2 {
					procs, procClasses = append(procs, c), append(procClasses, d.Class)
				}
			}
		}
	}
	add(docs, true)
	if os.Getenv("PROC") != "" {
		procs, procClasses = nil, nil
		add(lines(b, "otrf", 1<<30), false)
		add(lines(b, "evtx2mitre.jsonl.gz", 1<<30), false)
	}
	b.Logf("%d records, %d process creations", len(records), len(procs))
	s := m.NewScratch()
	hits := make([]int, 0, 1000)
	b.Run("match", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for i, r := range records {
				hits = classes[i].Match(r, s, hits[:0])
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(records)), "µs/event")
	})
	b.Run("proc", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for i, r := range procs {
				hits = procClasses[i].Match(r, s, hits[:0])
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(procs)), "µs/event")
	})
	d := NewDecoder(m, nil, nil)
	b.Run("raw", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, l := range docs {
				if d.JSON(l) == nil {
					hits = d.Class.Match(d.Record, s, hits[:0])
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(docs)), "µs/event")
	})
}
