package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/cli"
)

func TestAPackIsInstalledByCommand(t *testing.T) {
	s := apptest.Start(t, "", nil)
	t.Setenv("TOCSIN_URL", s.URL)
	t.Setenv("TOCSIN_TOKEN", apptest.Bootstrap)
	dir := t.TempDir()
	text := "title: t\nid: r1\nlogsource: {product: x}\ndetection: {a: {b: c}, condition: a}\n"
	if err := os.WriteFile(filepath.Join(dir, "r.yml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (int, string) {
		var out, errOut bytes.Buffer
		code := cli.Main(append([]string{"rules", "install"}, args...), &out, &errOut)
		return code, out.String() + errOut.String()
	}
	if code, out := run(dir); code != 2 || !strings.Contains(out, "A pack's name") {
		t.Errorf("%d %s", code, out)
	}
	if code, out := run(dir, "--name", "ours", "--pack-version", "1"); code != 0 || !strings.Contains(out, "ours 1: 1 rules, 0 that cannot be read, not in use") {
		t.Errorf("%d %s", code, out)
	}
	if code, out := run(dir, "--name", "ours", "--pack-version", "1", "--activate"); code != 0 || !strings.Contains(out, "in use.") {
		t.Errorf("%d %s", code, out)
	}
	if code, out := run("http://example.org/x.zip", "--name", "ours"); code != 2 || !strings.Contains(out, "https") {
		t.Errorf("%d %s", code, out)
	}
	found := false
	for _, l := range s.Parts.Detect.Report().Loaded {
		found = found || l.ID == "r1" && l.Pack == "ours"
	}
	if !found {
		t.Error("the pack's rule is not in use")
	}
}
