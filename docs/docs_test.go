// Package docs holds the documentation to the code: what the pages name must
// exist. It has tests only.
package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/sigma"
)

const root = ".."

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var (
	row     = regexp.MustCompile(`(?m)^\| R(\d+) \| [^|]+ \| ([^|]+) \| ([^|]*)\|$`)
	quoted  = regexp.MustCompile("`([^`]+)`")
	testRef = regexp.MustCompile(`^([a-z0-9/]+):((?:Test|Fuzz|Benchmark)\w+)$`)
)

// Every requirement stands there once, and the paths and tests that its row
// names exist.
func TestRequirementsNameWhatExists(t *testing.T) {
	seen := map[string]int{}
	tests := map[string]string{} // by package: the text of its tests
	for _, m := range row.FindAllStringSubmatch(read(t, "docs/requirements.md"), -1) {
		id, where, held := "R"+m[1], strings.TrimSpace(m[2]), strings.TrimSpace(m[3])
		seen[id]++
		if where == "not yet" {
			if held != "" {
				t.Errorf("%s is not yet met and names a test", id)
			}
			continue
		}
		paths := quoted.FindAllStringSubmatch(where, -1)
		if len(paths) == 0 || held == "" {
			t.Errorf("%s names no path or says nothing of a test", id)
		}
		for _, p := range paths {
			if _, err := os.Stat(filepath.Join(root, p[1])); err != nil {
				t.Errorf("%s names %s, which is not there", id, p[1])
			}
		}
		for _, q := range quoted.FindAllStringSubmatch(held, -1) {
			ref := testRef.FindStringSubmatch(q[1])
			if ref == nil {
				t.Errorf("%s: %q is not package:TestName", id, q[1])
				continue
			}
			if _, ok := tests[ref[1]]; !ok {
				tests[ref[1]] = testsOf(t, ref[1])
			}
			if !strings.Contains(tests[ref[1]], "\nfunc "+ref[2]+"(") {
				t.Errorf("%s names the test %s, which is not in %s", id, ref[2], ref[1])
			}
		}
	}
	for n := 1; n <= 156; n++ {
		if id := fmt.Sprintf("R%d", n); seen[id] != 1 {
			t.Errorf("%s stands there %d times, want once", id, seen[id])
		}
	}
	if len(seen) != 156 {
		t.Errorf("%d requirements, want 156", len(seen))
	}
}

// A test that any page names exists somewhere.
func TestPagesNameTestsThatExist(t *testing.T) {
	named := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`)
	defined := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	have := map[string]bool{}
	for _, dir := range []string{"internal", "sigma", "test", "docs"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			for _, m := range defined.FindAllSubmatch(b, -1) {
				have[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, page := range pages(t) {
		for _, name := range named.FindAllString(read(t, page), -1) {
			if !have[name] {
				t.Errorf("%s names %s, which is no test", page, name)
			}
		}
	}
}

func testsOf(t *testing.T, pkg string) string {
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString("\n" + string(b))
	}
	return all.String()
}

var (
	fence   = regexp.MustCompile("(?s)```.*?```")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// Relative links lead somewhere, to a heading where they name one. Pictures in
// docs/screenshots are made by a script and need only be there once it has run.
func TestLinksLeadSomewhere(t *testing.T) {
	_, err := os.Stat("screenshots")
	pictures := err == nil
	for _, page := range pages(t) {
		text := fence.ReplaceAllString(read(t, page), "")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			if strings.HasPrefix(target, "docs/screenshots/") && !pictures {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
				continue
			}
			if anchor != "" && !anchors(read(t, target))[anchor] {
				t.Errorf("%s links to %s, which has no such heading", page, m[1])
			}
		}
	}
}

func pages(t *testing.T) []string {
	t.Helper()
	out, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range out {
		out[i] = filepath.Base(out[i])
	}
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			out = append(out, filepath.Join("docs", path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// anchors are the headings of a page in the form that links use.
func anchors(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		out[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f:
				return r
			}
			return -1
		}, strings.ToLower(m[1]))] = true
	}
	return out
}

// Every setting, with its variable, stands in the operations page.
func TestEverySettingIsDescribed(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "internal/app/config.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Config" {
			return true
		}
		if st, ok := spec.Type.(*ast.StructType); ok {
			keys = settings("", st)
		}
		return false
	})
	if len(keys) < 20 {
		t.Fatalf("found only %d settings", len(keys))
	}
	page := read(t, "docs/operations.md")
	for _, k := range keys {
		env := "TOCSIN_" + strings.ToUpper(strings.ReplaceAll(k, ".", "_"))
		if !strings.Contains(page, "\n| `"+k+"` | "+env+" |") {
			t.Errorf("docs/operations.md has no row for %s with %s", k, env)
		}
	}
}

func settings(prefix string, st *ast.StructType) (keys []string) {
	for _, f := range st.Fields.List {
		name := prefix + reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("yaml")
		if sub, ok := f.Type.(*ast.StructType); ok {
			keys = append(keys, settings(name+".", sub)...)
			continue
		}
		keys = append(keys, name)
	}
	return keys
}

// Commands that the README shows exist.
func TestCommandsExist(t *testing.T) {
	var source strings.Builder
	files, err := filepath.Glob(filepath.Join(root, "internal/cli/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	for _, m := range regexp.MustCompile("(?:`|bin/)tocsin ([a-z]+)").FindAllStringSubmatch(read(t, "README.md"), -1) {
		if !regexp.MustCompile(`Use: "` + m[1] + `["\s]`).MatchString(source.String()) {
			t.Errorf("README.md names tocsin %s, which is no command", m[1])
		}
	}
	makefile := read(t, "Makefile")
	for _, m := range regexp.MustCompile("`make ([a-z-]+)`").FindAllStringSubmatch(read(t, "README.md"), -1) {
		if !regexp.MustCompile(`(?m)^([\w-]+ )*` + m[1] + `( [\w-]+)*:`).MatchString(makefile) {
			t.Errorf("README.md names make %s, which is no target", m[1])
		}
	}
}

// Rules that the pages show load, and pipelines, filters and the unusual too.
func TestRulesOnThePagesLoad(t *testing.T) {
	block := regexp.MustCompile("(?s)```yaml\n(title:.*?)```")
	seen := 0
	for _, page := range []string{"docs/detection.md", "docs/hunting.md", "docs/subsystems/detection.md", "docs/subsystems/rules.md"} {
		for _, m := range block.FindAllStringSubmatch(read(t, page), -1) {
			seen++
			if _, errs := sigma.Parse(page, []byte(m[1])); len(errs) > 0 {
				t.Errorf("%s: %v", page, errs[0])
			}
		}
	}
	if seen < 2 {
		t.Errorf("%d rules found on the pages", seen)
	}
}
