package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const odd = `title: Odd tool
id: 0b4cdd3e-6b0c-4b44-9f5c-1c1e4ce4a001
author: a
date: 2026-11-24
logsource: {category: process_creation, product: windows}
detection:
  tool: {Image|endswith: '\odd.exe'}
  known: {ParentImage|endswith: '\manager.exe'}
  condition: tool and not known
level: high
tests:
  - {match: true, event: {Image: 'C:\odd.exe'}}
  - {match: false, event: {Image: 'C:\odd.exe', ParentImage: 'C:\manager.exe'}}
`

const broken = `title: Broken
id: 0b4cdd3e-6b0c-4b44-9f5c-1c1e4ce4a002
logsource: {product: windows}
detection:
  tool: {Image|contians: x}
  condition: tool
`

func files(t *testing.T, texts map[string]string) string {
	t.Helper()
	d := t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(d, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// tocsin runs a command line; DIR stands for a directory of test files.
func tocsin(t *testing.T, dir, line string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	args := strings.Fields(line)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "DIR", dir)
	}
	code = Main(args, &o, &e)
	clean := strings.NewReplacer(dir, "DIR")
	return code, clean.Replace(o.String()), clean.Replace(e.String())
}

// What people type about rules and hunting, what it says, and its exit code.
func TestRulesAndHunting(t *testing.T) {
	event := `{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"UtcTime":"2026-03-01 12:00:00.000","Image":"C:\\ODD.exe"}`
	dir := files(t, map[string]string{
		"odd.yml": odd, "broken.yml": broken, "e.json": event + "\n{broken\n", "other.json": `{"Channel":"Security","EventID":1,"Image":"C:\\odd.exe"}`,
		"failing.yml": strings.Replace(odd, "match: false", "match: true", 1),
		"old.yml":     "title: Old\nid: x\nlogsource: {product: w}\ndetection:\n  s: {a: 1}\n  timeframe: 5m\n  condition: s | count() by b > 3\n",
		"pipe.yml":    "name: p\npriority: 10\ntransformations:\n  - type: field_name_mapping\n    mapping: {Image: process.path}\n",
	})
	sub := func(names ...string) string { // a directory with some of the files
		d := t.TempDir()
		for _, n := range names {
			text, err := os.ReadFile(filepath.Join(dir, n))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(d, n), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return d
	}
	good, bad := sub("odd.yml"), sub("failing.yml")
	for _, c := range []struct {
		line string
		code int
		want string // in the output or what it says on the side
	}{
		{"rules check " + good, 0, "1 files, 1 documents: 1 loaded, 0 rejected, 0 warnings."},
		{"rules check DIR/odd.yml DIR/broken.yml", 1, `REJECTED  DIR/broken.yml:5: Broken: unknown modifier "contians"`},
		{"rules check", 0, " 0 rejected"},
		{"rules check DIR/nowhere", 2, "no such file"},
		{"rules test " + good, 0, "2 tests of 1 rules, 0 failed; 0 rules rejected, 0 without tests."},
		{"rules test " + bad, 1, "FAIL  failing.yml:13  Odd tool: 0 hits, want 1."},
		{"rules test", 0, ", 0 failed"},
		{"rules explain --rule DIR/odd.yml --event DIR/e.json", 0, "  ✓ tool\n    ✓ Image|endswith: \"*\\\\odd.exe\"   = C:\\ODD.exe  (line 7)\n  ✓ not\n    ✗ known\n      ✗ ParentImage|endswith: \"*\\\\manager.exe\"   the event has no such field  (line 8)"},
		{"rules explain --rule DIR/odd.yml --event DIR/other.json", 1, "The rule is not tried on this event: its log source (category process_creation, product windows) is none of the event's."},
		{"rules explain --rule DIR/odd.yml --event DIR/e.json --record 2", 2, "unexpected 'b'"},
		{"rules explain --rule DIR/odd.yml --event DIR/e.json --record 9", 2, "has no record 9"},
		{"rules convert DIR/odd.yml", 0, `Image:*\\odd.exe and not ParentImage:*\\manager.exe`},
		{"rules convert --pipeline DIR/pipe.yml DIR/odd.yml", 0, `process.path:*\\odd.exe`},
		{"rules convert --to sigma DIR/old.yml", 0, "correlation:\n  type: event_count\n  rules: [old]\n  group-by: [b]\n  timespan: 5m"},
		{"rules convert --to nothing DIR/odd.yml", 2, "unknown form"},
		{"rules new --title Mine", 0, "title: Mine"},
		{"rules new --kind unusual", 0, "type: first_seen"},
		{"rules new --kind filter", 0, "condition: not selection"},
		{"rules new DIR/odd.yml", 2, "is there already"},
		{"rules coverage", 0, "Credential Access"},
		{"rules coverage --navigator", 0, `"techniqueID"`},
		{"hunt --rules DIR/odd.yml --format tsv DIR/e.json", 0, "0b4cdd3e-6b0c-4b44-9f5c-1c1e4ce4a001\tOdd tool\thigh\tDIR/e.json\t1\t2026-03-01T12:00:00Z\n"},
		{"hunt --rules DIR/odd.yml --format tsv DIR/e.json", 0, "1 records could not be read, such as:\n  DIR/e.json:2: unexpected 'b'"},
		{"hunt --rules DIR/odd.yml --level critical --quiet --format tsv DIR/e.json", 0, ""},
		{"hunt --rules DIR/odd.yml --logsource category=process_creation,product=windows --format tsv DIR/other.json", 0, "other.json\t1\t"},
		{"hunt --rules DIR/odd.yml --logsource nonsense DIR/e.json", 2, "write category="},
		{"hunt --rules DIR/odd.yml --format xml DIR/e.json", 2, "one of table, jsonl, tsv"},
		{"hunt --rules DIR/odd.yml DIR/nowhere", 2, "no such file"},
		{"hunt DIR/e.json", 0, "rejected"},
		{"bench detect --rules DIR/odd.yml --events DIR/e.json", 0, "bench detect.hits 1.00 hits"},
	} {
		t.Run(c.line, func(t *testing.T) {
			code, out, errOut := tocsin(t, dir, c.line)
			if code != c.code || !strings.Contains(out+errOut, c.want) {
				t.Errorf("exit %d, want %d and %q\n%s%s", code, c.code, c.want, out, errOut)
			}
		})
	}
}

func TestRulesCheckAsJSON(t *testing.T) {
	dir := files(t, map[string]string{"odd.yml": odd, "broken.yml": broken})
	code, out, _ := tocsin(t, dir, "rules check DIR --format json")
	var got struct {
		Files, Rules, Loaded int
		Rejected             []struct{ Path, ID, Title, Reason string }
		Warnings             []any
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if code != 1 || got.Files != 2 || got.Rules != 2 || got.Loaded != 1 || len(got.Rejected) != 1 || got.Warnings == nil {
		t.Errorf("exit %d: %s", code, out)
	}
	if r := got.Rejected[0]; r.Path != "DIR/broken.yml" || r.ID != "0b4cdd3e-6b0c-4b44-9f5c-1c1e4ce4a002" || r.Title != "Broken" || r.Reason != `unknown modifier "contians"` {
		t.Errorf("%+v", r)
	}
}
