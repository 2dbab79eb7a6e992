package detect

import "sync/atomic"

// Cost is what a rule has cost since the rules were loaded.
type Cost struct {
	Evaluations uint64 // events in which its witness stood, so that it was evaluated
	Matches     uint64
	Nanos       uint64 // time of those evaluations, extrapolated from samples
}

// sampleEvery is one in how many events the evaluation of rules is timed:
// reading the clock costs as much as a cheap rule.
const sampleEvery = 64

type cost struct{ evaluations, matches, nanos atomic.Uint64 }

// tell carries what the matcher counted over to the rules, for others to read,
// and returns how many evaluations were new. Looking for witnesses is shared by
// all rules of a class and counted to none.
func (g *generation) tell() (evaluations uint64) {
	counted, nanos := g.scratch.Evaluated(), g.scratch.Nanos()
	for i, r := range g.rules {
		if n := counted[i]; n != r.told {
			evaluations += n - r.told
			r.told = n
			r.cost.evaluations.Store(n)
			r.cost.nanos.Store(nanos[i])
		}
	}
	return evaluations
}

// Costs tells what each detection rule has cost since it was loaded.
func (e *Engine) Costs() map[string]Cost {
	g := e.latest.Load()
	out := make(map[string]Cost, len(g.rules))
	for _, r := range g.rules {
		out[r.doc.ID] = Cost{r.cost.evaluations.Load(), r.cost.matches.Load(), r.cost.nanos.Load()}
	}
	return out
}
