package hunt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/sigma"
)

const rulesText = `title: Failed
id: failed
name: failed
logsource: {product: windows, service: security}
detection:
  sel: {EventID: 4625}
  condition: sel
level: low
---
title: "Odd\ttool"
id: tool
logsource: {category: process_creation, product: windows}
detection:
  sel: {Image|endswith: '\odd.exe'}
  condition: sel
level: high
---
title: Many failed
id: many
correlation:
  type: event_count
  rules: [failed]
  group-by: [IpAddress]
  timespan: 1m
  condition: {gte: 3}
level: medium
---
title: New host
id: new
unusual: {type: first_seen, rules: [failed], group-by: [IpAddress], field: Computer, memory: 30d, learn: 1d}
level: low
`

func dir(t *testing.T, files map[string]string) string {
	t.Helper()
	d := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(d, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func loaded(t *testing.T, text string) *Rules {
	t.Helper()
	r, err := LoadRules([]string{dir(t, map[string]string{"r.yml": text})}, sigma.Options{}, 2)
	if err != nil || len(r.Rejected) > 0 {
		t.Fatal(err, r.Rejected)
	}
	return r
}

func failed(second int, ip, host string) string {
	return fmt.Sprintf(`{"Channel":"Security","EventID":4625,"IpAddress":"%s","Computer":"%s","@timestamp":"2026-03-01T12:00:%02dZ"}`, ip, host, second)
}

func run(t *testing.T, rules *Rules, o Options) ([]string, Summary) {
	t.Helper()
	set, errs := normalize.Load(normalize.Shipped())
	if len(errs) > 0 {
		t.Fatal(errs[0])
	}
	o.Rules, o.Mappings = rules, normalize.New(set)
	var got []string
	s, err := Run(context.Background(), o, func(h Hit) error {
		got = append(got, fmt.Sprintf("%s@%s:%d", h.Rule.ID, filepath.Base(h.File), h.Record))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, s
}

// Hits come in order of files and records; correlations count by event time,
// over all files, and come after.
func TestRun(t *testing.T) {
	odd := `{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Image":"C:\\ODD.exe"}`
	d := dir(t, map[string]string{
		"a.jsonl": strings.Join([]string{failed(30, "1", "h1"), odd, "{broken", failed(50, "2", "h1")}, "\n"),
		"b.jsonl": strings.Join([]string{failed(10, "1", "h1"), failed(20, "1", "h1"), odd}, "\n"),
	})
	files := []string{filepath.Join(d, "a.jsonl"), filepath.Join(d, "b.jsonl")}
	for _, cores := range []int{1, 4} {
		got, s := run(t, loaded(t, strings.Replace(rulesText, "condition: {gte: 3}", "condition: {gte: 3}\n  generate: true", 1)), Options{Files: files, Cores: cores})
		want := "failed@a.jsonl:1 tool@a.jsonl:2 failed@a.jsonl:4 failed@b.jsonl:1 failed@b.jsonl:2 tool@b.jsonl:3 many@a.jsonl:1"
		if strings.Join(got, " ") != want {
			t.Errorf("%d cores: %v\nwant %s", cores, got, want)
		}
		if s.Records != 7 || s.Broken != 1 || s.Hits != 7 || s.Files != 2 || len(s.Samples) != 1 || s.Samples[0].Record != 3 {
			t.Errorf("%+v", s)
		}
	}
	got, _ := run(t, loaded(t, rulesText), Options{Files: files, Cores: 2, MinLevel: sigma.Medium})
	if strings.Join(got, " ") != "tool@a.jsonl:2 tool@b.jsonl:3 many@a.jsonl:1" {
		t.Errorf("%v", got)
	}
}

// A file that cannot be read to its end is named, and the next is read.
func TestAFileThatEndsEarly(t *testing.T) {
	d := dir(t, map[string]string{"a.gz": "no gzip", "b.jsonl": failed(1, "1", "h")})
	_, s := run(t, loaded(t, rulesText), Options{Files: []string{filepath.Join(d, "a.gz"), filepath.Join(d, "gone"), filepath.Join(d, "b.jsonl")}, Cores: 1})
	if len(s.Failed) != 2 || s.Records != 1 {
		t.Errorf("%+v", s)
	}
}

// It ends when asked to, and when hits can no longer be put out.
func TestEnding(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		b.WriteString(failed(i%60, fmt.Sprint(i), "h") + "\n")
	}
	d := dir(t, map[string]string{"a.jsonl": b.String()})
	files := []string{filepath.Join(d, "a.jsonl"), filepath.Join(d, "a.jsonl")}
	full := errors.New("disk full")
	rules := loaded(t, strings.Split(rulesText, "---")[0])
	if _, err := Run(context.Background(), Options{Rules: rules, Files: files, Cores: 2}, func(Hit) error { return full }); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	_, err := Run(ctx, Options{Rules: rules, Files: files, Cores: 2}, func(Hit) error {
		if n++; n == 10 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v after %d", err, n)
	}
}

func TestFormats(t *testing.T) {
	d := dir(t, map[string]string{"a.jsonl": strings.Join([]string{failed(1, `1\u001b[31m`, "h1"), failed(2, `1\u001b[31m`, "h1"), failed(3, `1\u001b[31m`, "h1"), `{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Image":"C:\\odd.exe"}`}, "\n")})
	for format, want := range map[string]string{
		"tsv":   "tool\tOdd tool\thigh\ta.jsonl\t4\t\nmany\tMany failed\tmedium\ta.jsonl\t3\t2026-03-01T12:00:03Z\n",
		"jsonl": `{"rule":{"id":"tool","title":"Odd\ttool","level":"high"},"file":"a.jsonl","record":4,"fields":{"Image":"C:\\odd.exe"}}` + "\n",
		"table": "many failed",
	} {
		var out bytes.Buffer
		w, err := NewWriter(&out, format)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Run(context.Background(), Options{Rules: loaded(t, rulesText), Files: []string{filepath.Join(d, "a.jsonl")}, Cores: 1, Explain: format != "tsv", MinLevel: sigma.Medium}, func(h Hit) error {
			h.File = filepath.Base(h.File)
			return w.Write(h)
		})
		if ferr := w.Flush(); err != nil || ferr != nil {
			t.Fatal(err, ferr)
		}
		if !strings.Contains(strings.ToLower(out.String()), strings.ToLower(want)) {
			t.Errorf("%s:\n%s", format, out.String())
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Errorf("%s lets a terminal escape through", format)
		}
	}
}

// Rules that do not load are named with their id and title.
func TestRejected(t *testing.T) {
	r, err := LoadRules([]string{dir(t, map[string]string{
		"a.yml": "title: Good\nid: a\nlogsource: {product: x}\ndetection:\n  s: {f: 1}\n  condition: s\n---\ntitle: Bad\nid: b\nlogsource: {product: x}\ndetection:\n  s: {f: 1}\n  condition: none\n",
		"b.yml": "title: Twice\nid: a\nlogsource: {product: x}\ndetection:\n  s: {f: 1}\n  condition: s\n",
		"c.txt": "not looked at",
	})}, sigma.Options{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if r.Files != 2 || len(r.Docs) != 1 || len(r.Rejected) != 2 {
		t.Fatalf("%+v", r)
	}
	if x := r.Rejected[0]; x.ID != "b" || x.Title != "Bad" || x.Line != 13 || !strings.Contains(x.Reason, "no selection") {
		t.Errorf("%+v", x)
	}
	if x := r.Rejected[1]; x.ID != "a" || x.Title != "Twice" || !strings.Contains(x.Reason, "already used") {
		t.Errorf("%+v", x)
	}
	if _, err := LoadRules([]string{"/nowhere"}, sigma.Options{}, 1); err == nil {
		t.Error("a path that is not there is taken")
	}
}

func TestQuery(t *testing.T) {
	for _, c := range []struct{ detection, want string }{
		{"{s: {a: x, b: [1, 'y*']}, condition: s}", `a:x and (b:1 or b:y*)`},
		{"{s: {a|contains|all: ['p q', 'r:s']}, condition: s}", `a:*p\ q* and a:*r\:s*`},
		{"{s: {a: 'C:\\x\\*'}, n: {b: null}, condition: s and not n}", `a:c\:\\x\* and not not b:*`},
		{"{s: ['one two', '*three*'], condition: s}", `*one\ two* or *three*`},
		{"{s: {a|contains: 'x%y;z|#{1}$'}, condition: s}", `a:*x%y;z\|#\{1\}$*`},
		{"{s: ['-x', 'or'], condition: s}", `*-x* or *or*`},
		{"{s: {a|cidr: 10.0.0.0/8, n|gte: 5, x|exists: true}, condition: s}", `a:10.0.0.0/8 and n:>=5 and x:*`},
		{"{s: {a|re: 'x/y z'}, condition: s}", `a:/x\/y\x20z/`},
		{"{s: {a|windash: '-x'}, condition: s}", "a:-x or a:\\/x or a:–x or a:—x or a:―x"},
		{"{s: {a: 1}, t: {b: 2}, u: {c: 3}, condition: s and (t or u)}", `a:1 and (b:2 or c:3)`},
	} {
		docs, errs := sigma.Parse("q.yml", []byte("title: t\nlogsource: {product: x}\ndetection: "+c.detection+"\n"))
		if len(errs) > 0 {
			t.Fatal(errs[0])
		}
		got, _, err := Query(docs[0].Rule)
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.detection, got, err, c.want)
		}
	}
	docs, _ := sigma.Parse("q.yml", []byte("title: t\nlogsource: {product: x}\ndetection: {s: {a|fieldref: b}, condition: s}\n"))
	if _, _, err := Query(docs[0].Rule); err == nil {
		t.Error("a comparison of fields is written as a query")
	}
}

// Old aggregations become correlations that load.
func TestModernise(t *testing.T) {
	old := "title: Many\nid: x\nlogsource: {product: w}\ndetection:\n    s:\n        EventID: 1\n    timeframe: 10m\n    condition: s | count(User) by Ip, Host >= 5\nlevel: high\n"
	plain := "title: P\nid: p\nlogsource: {product: w}\ndetection:\n    s: {a: 1}\n    condition: s\n"
	out, problems := Modernise("o.yml", []byte(old+"---\n"+plain))
	docs, errs := sigma.Parse("n.yml", []byte(out))
	if len(problems) > 0 || len(errs) > 0 || len(docs) != 3 {
		t.Fatalf("%v %v\n%s", problems, errs, out)
	}
	c := docs[1].Correlation
	if c == nil || c.Type != sigma.ValueCount || fmt.Sprint(c.GroupBy, c.Fields, c.Condition, c.Level) != "[Ip Host] [User] [{gte 5}]high" || c.Rules[0] != "many" || docs[0].Level != sigma.Informational {
		t.Errorf("%+v\n%s", c, out)
	}
	if _, problems := Modernise("o.yml", []byte("title: N\ndetection:\n  s: {a: 1}\n  condition: s | near b\n")); len(problems) != 1 {
		t.Errorf("%v", problems)
	}
}
