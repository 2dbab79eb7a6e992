package hunt

import (
	"sort"
	"time"

	"github.com/tocsin-project/tocsin/sigma"
)

// ReorderLimit is how many hits of correlated rules are held to be brought
// into the order of their times.
const ReorderLimit = 50_000

// collector puts results out in order, and feeds correlations.
type collector struct {
	o          *Options
	rules      []*sigma.Rule
	correlator *sigma.Correlator
	emit       func(Hit) error
	summary    Summary
	held       []held
}

// held is a hit that waits for its turn at the correlations.
type held struct {
	hit
	file  string
	order int
}

func (c *collector) collect(order <-chan *result) error {
	for r := range order {
		<-r.done
		if r.failed != nil {
			c.summary.Failed = append(c.summary.Failed, FileError{r.block.Name, r.failed})
			continue
		}
		c.summary.Records += r.count
		c.summary.Broken += r.bad
		c.summary.Unknown += r.alien
		for _, b := range r.broken {
			if len(c.summary.Samples) < maxBrokenSamples {
				c.summary.Samples = append(c.summary.Samples, b)
			}
		}
		for _, h := range r.hits {
			if err := c.hit(r.block.Name, h); err != nil {
				return err
			}
		}
	}
	if err := c.feed(len(c.held)); err != nil {
		return err
	}
	c.summary.Late = c.correlator.Stats().Late
	return nil
}

func (c *collector) hit(file string, h hit) error {
	rule := c.rules[h.rule]
	if h.event != nil {
		c.held = append(c.held, held{h, file, len(c.held)})
		if len(c.held) >= ReorderLimit {
			if err := c.feed(ReorderLimit / 2); err != nil {
				return err
			}
		}
	}
	if !c.correlator.Reported(rule.Ref()) {
		return nil
	}
	return c.put(Hit{Rule: rule.Meta, File: file, Record: h.record, Time: at(h.time), Fields: h.fields})
}

// feed gives the n oldest of the held hits to the correlations.
func (c *collector) feed(n int) error {
	sort.SliceStable(c.held, func(i, j int) bool { return c.held[i].time < c.held[j].time })
	var failed error
	for _, h := range c.held[:n] {
		m := sigma.Match{Rule: c.rules[h.rule].Ref(), Time: h.time, Event: h.event}
		c.correlator.Feed(m, func(f sigma.Firing) {
			if !f.Fired || failed != nil || !c.correlator.Reported(f.Correlation.Ref()) {
				return
			}
			failed = c.put(Hit{
				Rule: f.Correlation.Meta, File: h.file, Record: h.record, Time: at(h.time), Correlation: true, Fields: f.Group, Why: f.Words(),
			})
		})
	}
	c.held = append(c.held[:0], c.held[n:]...)
	return failed
}

// put emits a hit that is high enough.
func (c *collector) put(h Hit) error {
	if c.o.MinLevel != sigma.LevelNone && rank(h.Rule.Level) < rank(c.o.MinLevel) {
		return nil
	}
	c.summary.Hits++
	c.summary.ByRule[h.Rule.Ref()]++
	return c.emit(h)
}

// rank orders levels; a rule that gives none counts as medium, since its
// author did not say that it can be passed over.
func rank(l sigma.Level) int {
	switch l {
	case sigma.Informational:
		return 1
	case sigma.Low:
		return 2
	case sigma.LevelNone, sigma.Medium:
		return 3
	case sigma.High:
		return 4
	}
	return 5
}

func at(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}
