package hunt

import (
	"context"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventfile"
	"github.com/tocsin-project/tocsin/sigma"
)

// Bench holds records that were read once, to match them again and again.
type Bench struct {
	Matcher *sigma.Matcher
	blocks  []*eventfile.Block
	records []*sigma.Record
	classes []*sigma.Class
}

// NewBench reads files of JSON records, at most limit of them that can be
// read, and keeps those for which wanted holds (nil: all).
func NewBench(m *sigma.Matcher, files []string, limit int, wanted func(*sigma.Class) bool) (*Bench, error) {
	b := &Bench{Matcher: m}
	d := eventfile.NewDecoder(m, nil, nil)
	for _, file := range files {
		err := eventfile.Read(context.Background(), file, nil, func(block *eventfile.Block) error {
			if block.Format != eventfile.JSON || len(b.records) >= limit {
				return nil
			}
			kept := eventfile.Block{Name: block.Name, Format: block.Format, First: block.First}
			start := int32(0)
			d.Each(block, func(n int, err error) bool {
				end := block.Ends[n-block.First]
				if err == nil && (wanted == nil || wanted(d.Class)) && len(b.records) < limit {
					b.records, b.classes = append(b.records, d.Record.Clone()), append(b.classes, d.Class)
					kept.Data = append(kept.Data, block.Data[start:end]...)
					kept.Ends = append(kept.Ends, int32(len(kept.Data)))
				}
				start = end
				return true
			})
			if len(kept.Ends) > 0 {
				b.blocks = append(b.blocks, &kept)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Records is how many records there are.
func (b *Bench) Records() int { return len(b.records) }

// Cost is what one record costs.
type Cost struct {
	Micros float64 // CPU time, µs
	Allocs float64
	Hits   int
}

// Match matches the decoded records, several rounds of them.
func (b *Bench) Match(rounds int) Cost {
	s := b.Matcher.NewScratch()
	hits, total := make([]int, 0, 4096), 0
	one := func() {
		total = 0
		for i, r := range b.records {
			hits = b.classes[i].Match(r, s, hits[:0])
			total += len(hits)
		}
	}
	one() // memory grows to its size
	return b.cost(rounds, &total, one)
}

// Raw decodes and matches the records' bytes.
func (b *Bench) Raw(rounds int) Cost {
	s, d := b.Matcher.NewScratch(), eventfile.NewDecoder(b.Matcher, nil, nil)
	hits, total := make([]int, 0, 4096), 0
	one := func() {
		total = 0
		for _, block := range b.blocks {
			d.Each(block, func(_ int, err error) bool {
				hits = d.Class.Match(d.Record, s, hits[:0])
				total += len(hits)
				return true
			})
		}
	}
	one()
	return b.cost(rounds, &total, one)
}

// Walk is the oracle: every rule that can apply, one by one, on at most n records.
func (b *Bench) Walk(n int) Cost {
	rules := b.Matcher.Rules()
	byClass := map[*sigma.Class][]int{}
	n = min(n, len(b.records))
	step := max(1, len(b.records)/max(1, n))
	total, seen := 0, 0
	c := b.cost(1, &total, func() {
		for i := 0; i < len(b.records); i += step {
			seen++
			class := b.classes[i]
			if byClass[class] == nil {
				byClass[class] = class.Rules()
			}
			for _, r := range byClass[class] {
				if rules[r].Match(b.records[i]) {
					total++
				}
			}
		}
	})
	c.Micros *= float64(len(b.records)) / float64(max(1, seen))
	return c
}

// Parallel decodes and matches on several cores; it returns records a second
// of wall time.
func (b *Bench) Parallel(cores, rounds int) float64 {
	began := time.Now()
	var wg sync.WaitGroup
	next := make(chan *eventfile.Block)
	for range cores {
		wg.Go(func() {
			s, d := b.Matcher.NewScratch(), eventfile.NewDecoder(b.Matcher, nil, nil)
			var hits []int
			for block := range next {
				d.Each(block, func(int, error) bool {
					hits = d.Class.Match(d.Record, s, hits[:0])
					return true
				})
			}
		})
	}
	for range rounds {
		for _, block := range b.blocks {
			next <- block
		}
	}
	close(next)
	wg.Wait()
	return float64(rounds*len(b.records)) / time.Since(began).Seconds()
}

func (b *Bench) cost(rounds int, hits *int, one func()) Cost {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := CPU()
	for range rounds {
		one()
	}
	took := CPU() - began
	runtime.ReadMemStats(&after)
	n := float64(rounds * max(1, len(b.records)))
	return Cost{float64(took.Microseconds()) / n, float64(after.Mallocs-before.Mallocs) / n, *hits}
}

// CPU is the processor time that this process has used.
func CPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
