//go:build unix

package sigma

import (
	"syscall"
	"testing"
)

// BenchmarkParseCorpus is what reading all public rules costs, the collector's
// share included: in whole, and the YAML alone, by each of the two readers.
func BenchmarkParseCorpus(b *testing.B) {
	_, texts := corpusTexts(b)
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	for _, way := range []struct {
		name string
		read func([]byte)
	}{
		{"rules", func(text []byte) { Parse("", text) }},
		{"yaml", func(text []byte) { _, _ = readYAML(chunk{text, 0}) }},
		{"yaml-by-library", func(text []byte) { _, _ = readLibrary(chunk{text, 0}) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			start := cpuSeconds()
			for b.Loop() {
				for _, text := range texts {
					way.read(text)
				}
			}
			b.ReportMetric((cpuSeconds()-start)/float64(b.N), "cpu-s/op")
		})
	}
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
