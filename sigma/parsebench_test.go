package sigma

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// corpusTexts reads every rule file of the SigmaHQ corpus.
func corpusTexts(t testing.TB) (paths []string, texts [][]byte) {
	t.Helper()
	root := corpora + "sigma-rules"
	if _, err := os.Stat(root); err != nil {
		t.Skipf("needs the SigmaHQ rules in %s: %v", root, err)
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yml" {
			return err
		}
		data, err := os.ReadFile(path)
		paths, texts = append(paths, path), append(texts, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths, texts
}

// BenchmarkParseCorpus is what reading all public rules costs, the collector's
// share included.
func BenchmarkParseCorpus(b *testing.B) {
	_, texts := corpusTexts(b)
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	start := cpuSeconds()
	for b.Loop() {
		for _, text := range texts {
			Parse("", text)
		}
	}
	b.ReportMetric((cpuSeconds()-start)/float64(b.N), "cpu-s/op")
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
