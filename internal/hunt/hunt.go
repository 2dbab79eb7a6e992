package hunt

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventfile"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/sigma"
)

// Options of a hunt.
type Options struct {
	Rules     *Rules
	Files     []string
	Logsource []sigma.Logsource // all records come from these; nil: the record tells
	MinLevel  sigma.Level
	Cores     int
	Limits    sigma.Limits
	Mappings  *normalize.Normalizer // for lines of text
	Explain   bool                  // hits carry the fields that made them
	Progress  func(file string, read int64)
	FileStart func(file string)
}

// Hit is a rule's match of one record, or a correlation's firing.
type Hit struct {
	Rule        *sigma.Meta
	File        string
	Record      int       // number in the file, from 1
	Time        time.Time // of the event; zero when it has none that can be read
	Correlation bool
	Fields      []sigma.FieldValue // with Explain, or a correlation's group
	Why         string             // of a correlation: in words
}

// Summary says what a hunt did.
type Summary struct {
	Files, Records, Hits int
	Broken               int // records that could not be read
	Unknown              int // records of no known log source
	ByRule               map[string]int
	Late                 uint64 // hits that came too late for their correlation
	Failed               []FileError
	Samples              []BrokenRecord // of Broken, the first few
}

// FileError is a file that could not be read to its end.
type FileError struct {
	File string
	Err  error
}

// BrokenRecord is a record that could not be read.
type BrokenRecord struct {
	File   string
	Record int
	Err    error
}

// result is what came of one block.
type result struct {
	block  *eventfile.Block
	hits   []hit
	count  int
	broken []BrokenRecord
	bad    int
	alien  int
	done   chan struct{}
	failed error // of the file, in place of a block
}

// hit is a Hit on its way, with its event where a correlation needs it.
type hit struct {
	rule   int
	record int
	time   int64
	fields []sigma.FieldValue
	event  *sigma.Record
}

// blocksAhead is how many blocks may be read and not yet matched.
const blocksAhead = 16

// Run matches all records of the files. emit is called by one goroutine, in
// order. It ends early with the context's error, or emit's.
func Run(ctx context.Context, o Options, emit func(Hit) error) (Summary, error) {
	rules, correlations := o.Rules.ruleSet()
	correlator, rejected := sigma.NewCorrelator(o.Rules.Docs, o.Limits)
	for _, e := range rejected {
		o.Rules.Rejected = append(o.Rules.Rejected, Reject(e, o.Rules.Docs))
	}
	caller := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cores := max(1, o.Cores)
	// Reading goes ahead while the rules are compiled; blocks in flight are what
	// bounds the memory.
	work, order := make(chan *result, blocksAhead), make(chan *result, blocksAhead)
	go func() {
		defer close(order)
		defer close(work)
		for _, file := range o.Files {
			if o.FileStart != nil {
				o.FileStart(file)
			}
			err := eventfile.Read(ctx, file, func(n int64) {
				if o.Progress != nil {
					o.Progress(file, n)
				}
			}, func(b *eventfile.Block) error {
				r := &result{block: b, done: make(chan struct{})}
				select {
				case order <- r:
				case <-ctx.Done():
					return ctx.Err()
				}
				work <- r
				return nil
			})
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				r := &result{block: &eventfile.Block{Name: file}, failed: err, done: make(chan struct{})}
				close(r.done)
				order <- r
			}
		}
	}()
	m := sigma.NewMatcher(rules, sigma.MatcherOptions{FoldNames: true, Keep: append(keep(correlations), eventfile.KeepFields...)})
	var wg sync.WaitGroup
	for range cores {
		wg.Go(func() {
			w := &worker{o: &o, m: m, correlator: correlator, decoder: eventfile.NewDecoder(m, o.Logsource, o.Mappings), scratch: m.NewScratch()}
			for r := range work {
				w.block(r)
				close(r.done)
			}
		})
	}
	c := &collector{o: &o, rules: rules, correlator: correlator, emit: emit, summary: Summary{Files: len(o.Files), ByRule: map[string]int{}}}
	err := c.collect(order)
	cancel()
	for range order { // lets the reader end
	}
	wg.Wait()
	if err == nil {
		err = caller.Err()
	}
	return c.summary, err
}

// worker matches blocks. It is one goroutine's.
type worker struct {
	o          *Options
	m          *sigma.Matcher
	correlator *sigma.Correlator
	decoder    *eventfile.Decoder
	scratch    *sigma.Scratch
	found      []int
}

const maxBrokenSamples = 5

func (w *worker) block(r *result) {
	r.bad = r.block.TooBig
	if r.bad > 0 {
		r.broken = append(r.broken, BrokenRecord{r.block.Name, r.block.First - 1, errors.New("a record of over 16 MiB")})
	}
	w.decoder.Each(r.block, func(number int, err error) bool {
		r.count++
		if err != nil {
			r.bad++
			if len(r.broken) < maxBrokenSamples {
				r.broken = append(r.broken, BrokenRecord{r.block.Name, number, err})
			}
			return true
		}
		if !w.decoder.Known {
			r.alien++
		}
		w.found = w.decoder.Class.Match(w.decoder.Record, w.scratch, w.found[:0])
		for _, n := range w.found {
			r.hits = append(r.hits, w.hit(number, n))
		}
		return true
	})
	r.block.Data = nil // what hits need, they have copied
}

func (w *worker) hit(number, n int) hit {
	h := hit{rule: n, record: number, time: w.decoder.Time()}
	rule := w.m.Rules()[n]
	if w.o.Explain {
		for _, f := range rule.Explain(w.decoder.Record).MatchedFields() {
			h.fields = append(h.fields, f.Clone())
		}
	}
	if w.correlator.Correlates(rule.Ref()) {
		h.event = w.decoder.Record.Clone()
	}
	return h
}
