//go:build unix

package sigma

import (
	"syscall"
	"testing"
)

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
