package detect

import (
	"sync/atomic"
	"time"

	"github.com/tocsin-project/tocsin/sigma"
)

// Cost is what a rule has cost since the rules were loaded.
type Cost struct {
	Evaluations uint64 // events that it was matched against
	Matches     uint64
	Nanos       uint64 // CPU time, extrapolated from samples
}

// sampleEvery is one in how many evaluations is timed: reading the clock costs
// as much as a cheap rule.
const sampleEvery = 64

type cost struct{ evaluations, matches, sampled atomic.Uint64 }

// match evaluates the rule.
func (r *rule) match(ev sigma.Event) bool {
	n := r.cost.evaluations.Add(1)
	var begin time.Time
	if n%sampleEvery == 0 {
		begin = time.Now()
	}
	ok := r.doc.Rule.Match(ev)
	if n%sampleEvery == 0 {
		r.cost.sampled.Add(uint64(time.Since(begin)))
	}
	if ok {
		r.cost.matches.Add(1)
	}
	return ok
}

// Costs tells what each detection rule has cost since it was loaded.
func (e *Engine) Costs() map[string]Cost {
	g := e.latest.Load()
	out := make(map[string]Cost, len(g.rules))
	for _, r := range g.rules {
		out[r.doc.ID] = Cost{r.cost.evaluations.Load(), r.cost.matches.Load(), r.cost.sampled.Load() * sampleEvery}
	}
	return out
}
