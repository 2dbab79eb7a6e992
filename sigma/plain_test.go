package sigma

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// readersAgree compares the reader's tree with the library's and reports whether the
// reader read the document.
func readersAgree(t *testing.T, name string, c chunk) bool {
	t.Helper()
	n := readPlain(string(c.text), c.line)
	if n == nil {
		return false
	}
	want, err := readLibrary(c)
	if err != nil {
		t.Errorf("%s: read, but the library says %v\n%s", name, err, c.text)
	} else if d := difference(n, want); d != "" {
		t.Errorf("%s: %s\n%q", name, d, c.text)
	}
	return true
}

// difference names the first place where two trees differ.
func difference(a, b *Node) string {
	switch {
	case a.Kind != b.Kind || a.Line != b.Line || a.Column != b.Column || !reflect.DeepEqual(a.Scalar, b.Scalar):
		return fmt.Sprintf("%+v, the library has %+v", *a, *b)
	case len(a.Items) != len(b.Items) || len(a.Pairs) != len(b.Pairs):
		return fmt.Sprintf("%d items and %d pairs at %d:%d, the library has %d and %d", len(a.Items), len(a.Pairs), a.Line, a.Column, len(b.Items), len(b.Pairs))
	}
	for i := range a.Items {
		if d := difference(a.Items[i], b.Items[i]); d != "" {
			return d
		}
	}
	for i, p := range a.Pairs {
		q := b.Pairs[i]
		if p.Key != q.Key || p.Line != q.Line || p.Column != q.Column {
			return fmt.Sprintf("key %q at %d:%d, the library has %q at %d:%d", p.Key, p.Line, p.Column, q.Key, q.Line, q.Column)
		}
		if d := difference(p.Value, q.Value); d != "" {
			return d
		}
	}
	return ""
}

// share is how many percent of the documents the reader reads itself; all must
// agree with the library.
func share(t *testing.T, paths []string, texts [][]byte) int {
	t.Helper()
	read, all := 0, 0
	for i, text := range texts {
		for _, c := range split(text) {
			if strings.TrimSpace(string(c.text)) == "" {
				continue
			}
			all++
			if readersAgree(t, paths[i], c) {
				read++
			} else {
				t.Logf("%s:%d is left to the library", paths[i], c.line+1)
			}
		}
	}
	t.Logf("%d of %d documents", read, all)
	return read * 100 / max(all, 1)
}

func TestReaderOnCorpus(t *testing.T) {
	paths, texts := corpusTexts(t)
	if got := share(t, paths, texts); got < 95 {
		t.Errorf("reads %d %%", got)
	}
}

// Some starter rules use anchors, which are the library's.
func TestReaderOnStarterRules(t *testing.T) {
	paths, err := filepath.Glob("../internal/detect/rules/*.yml")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	var texts [][]byte
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if got := share(t, paths, texts); got < 90 {
		t.Errorf("reads %d %%", got)
	}
}
