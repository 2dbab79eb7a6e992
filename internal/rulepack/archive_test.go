package rulepack

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tocsin-project/tocsin/internal/problem"
)

const ruleText = "title: %s\nid: %s\nauthor: Ann\nlogsource: {product: linux}\ndetection: {a: {user: root}, condition: a}\n"

func rule(id string) string { return fmt.Sprintf(ruleText, "Rule "+id, id) }

type entry struct {
	name, text string
	mode       fs.FileMode
}

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(e.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchivesThatAreRefused(t *testing.T) {
	many := make([]entry, maxFiles+1)
	for i := range many {
		many[i] = entry{name: fmt.Sprintf("r/%d.yml", i), text: "a"}
	}
	large := make([]entry, 40)
	for i := range large { // not so regular that the ratio refuses it first
		large[i] = entry{name: fmt.Sprintf("r/%d.yml", i), text: strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 1)[i%30:] + pattern(maxFile-100)}
	}
	for _, c := range []struct {
		what string
		data []byte
		kind problem.Kind
	}{
		{"no zip", []byte("PK nonsense"), problem.Unprocessable},
		{"empty", zipOf(t), problem.Invalid},
		{"no rule", zipOf(t, entry{name: "a.txt", text: "x"}), problem.Invalid},
		{"outside", zipOf(t, entry{name: "../a.yml", text: "x"}), problem.Invalid},
		{"outside in the middle", zipOf(t, entry{name: "a/../../b.yml", text: "x"}), problem.Invalid},
		{"absolute", zipOf(t, entry{name: "/etc/a.yml", text: "x"}), problem.Invalid},
		{"backslash", zipOf(t, entry{name: `a\..\b.yml`, text: "x"}), problem.Invalid},
		{"drive", zipOf(t, entry{name: "c:/a.yml", text: "x"}), problem.Invalid},
		{"link", zipOf(t, entry{name: "a.yml", text: "/etc/passwd", mode: fs.ModeSymlink | 0o777}), problem.Invalid},
		{"device", zipOf(t, entry{name: "a.yml", text: "", mode: fs.ModeDevice | 0o666}), problem.Invalid},
		{"deep", zipOf(t, entry{name: strings.Repeat("a/", 20) + "b.yml", text: "x"}), problem.Invalid},
		{"long", zipOf(t, entry{name: strings.Repeat("a", 400) + ".yml", text: "x"}), problem.Invalid},
		{"twice", zipOf(t, entry{name: "a.yml", text: "x"}, entry{name: "a.yml", text: "y"}), problem.Invalid},
		{"bomb", zipOf(t, entry{name: "a.yml", text: strings.Repeat("a", 3<<20)}), problem.TooLarge},
		{"one large file", zipOf(t, entry{name: "a.yml", text: pattern(maxFile + 1)}), problem.TooLarge},
		{"too many", zipOf(t, many...), problem.TooLarge},
		{"too much", zipOf(t, large...), problem.TooLarge},
		{"over the limit", make([]byte, MaxArchive+1), problem.TooLarge},
	} {
		if _, err := ReadZip(c.data); !problem.Is(err, c.kind) {
			t.Errorf("%s: %v (%s), want %s", c.what, err, problem.KindOf(err), c.kind)
		}
	}
}

// pattern is text that compresses some, not as a bomb does.
func pattern(n int) string {
	var b strings.Builder
	for x := uint32(1); b.Len() < n; x = x*1664525 + 1013904223 {
		fmt.Fprintf(&b, "%08x\n", x)
	}
	return b.String()[:n]
}

// A directory in which a claimed size is a lie is counted as it is read.
func TestWhatAPackHolds(t *testing.T) {
	files, err := ReadZip(zipOf(t, entry{name: "core-main/rules/a.yml", text: rule("r1")}, entry{name: "core-main/rules/bad.yml", text: "title: ["},
		entry{name: "core-main/LICENSE", text: "the licence"}, entry{name: "core-main/pack.json", text: `{"name":"core","author":"Them","license":"DRL-1.1"}`},
		entry{name: "core-main/.github/x.yml", text: "x"}, entry{name: "core-main/tool.py", text: "x"}, entry{name: "core-main/pipelines/p.yml", text: "name: p"}))
	if err != nil || fmt.Sprint(files.Names()) != "[LICENSE pack.json pipelines/p.yml rules/a.yml rules/bad.yml]" {
		t.Fatal(files.Names(), err)
	}
	m, err := Describe(files, Manifest{Source: "upload"})
	if err != nil || m.Name != "core" || m.Author != "Them" || m.License != "DRL-1.1" || m.Source != "upload" || m.Rules != 1 || m.Rejected != 1 || m.Authors != 1 ||
		fmt.Sprint(m.Notices) != "[LICENSE]" || m.Version != m.Hash[:12] {
		t.Errorf("%+v, %v", m, err)
	}
	for _, given := range []Manifest{{Name: "../x"}, {Name: "Core"}, {Version: "../1"}, {Version: "a/b"}, {Version: "1..2"}, {Version: "."}} {
		if _, err := Describe(files, given); !problem.Is(err, problem.Invalid) {
			t.Errorf("%+v: %v", given, err)
		}
	}
	if _, err := ReadDir(fstest.MapFS{"a.yml": {Data: []byte("x"), Mode: fs.ModeSymlink}}); !problem.Is(err, problem.Invalid) {
		t.Errorf("a link in a directory: %v", err)
	}
}

func TestAnInstalledVersionNeverChanges(t *testing.T) {
	l := Library{Dir: filepath.Join(t.TempDir(), "packs")}
	put := func(text string, installed bool) error {
		files := Files{"rules/a.yml": []byte(text), "pipelines/p.yml": []byte("p")}
		m, err := Describe(files, Manifest{Name: "core", Version: "1"})
		if err != nil {
			t.Fatal(err)
		}
		return l.Put(1, m, files, installed)
	}
	read := func() string {
		files, err := l.Open(1, "core", "1")
		if err != nil {
			t.Fatal(err)
		}
		b, err := fs.ReadFile(files, "rules/a.yml")
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if err := put(rule("r1"), false); err != nil {
		t.Fatal(err)
	}
	if err := put(rule("r1"), true); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if err := put(rule("r2"), true); !problem.Is(err, problem.Conflict) || read() != rule("r1") {
		t.Errorf("other files over an installed version: %v", err)
	}
	if err := put(rule("r2"), false); err != nil || read() != rule("r2") { // what a crash left
		t.Errorf("over what nobody has installed: %v", err)
	}
	// What a crash leaves half written has no name.
	if err := os.MkdirAll(filepath.Join(l.Dir, "core", ".new-1", "rules"), 0o700); err != nil {
		t.Fatal(err)
	}
	files, _ := l.Open(1, "core", "1")
	var seen []string
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error { seen = append(seen, name); return err })
	if err != nil || fmt.Sprint(seen) != "[. pack.json rules rules/a.yml]" {
		t.Errorf("%v, %v", seen, err)
	}
	if p, err := l.Pipelines(1, "core", "1"); err != nil || string(p["p.yml"]) != "p" {
		t.Errorf("%v, %v", p, err)
	}
	if _, err := l.Open(2, "core", "1"); err == nil {
		t.Error("another organisation opens the pack")
	}
	if err := l.Remove(1, "core", "1"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Open(1, "core", "1"); err == nil {
		t.Error("a removed version opens")
	}
}

func FuzzReadZip(f *testing.F) {
	f.Add(zipOf(f, entry{name: "a/b.yml", text: rule("r1")}))
	f.Add(zipOf(f, entry{name: "../b.yml", text: "x"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := ReadZip(data)
		for name := range files {
			if err != nil || !fs.ValidPath(name) {
				t.Errorf("%q, %v", name, err)
			}
		}
	})
}
