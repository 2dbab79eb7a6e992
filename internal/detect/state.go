package detect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/sigma"
)

// The states of a rule, best first.
const (
	Live     = "live"     // it fired, or events carried all that it needs
	Waiting  = "waiting"  // a mapping can give what it needs, no event of it has come yet
	Blind    = "blind"    // nothing gives its log source, or never with a field that it needs
	Switched = "disabled" // by somebody, or after it failed while matching
)

// State says whether a rule can fire, and why.
type State struct{ State, Reason string }

// States judges every rule for what one organisation's sources have sent.
func (e *Engine) States(t tenant.ID, supplies []Supply, fired func(rule string) bool) map[string]State {
	j := judge{gen: e.latest.Load(), supplies: supplies, fired: fired, done: map[string]State{}, failed: map[string]string{}}
	for _, d := range e.Report().Disabled {
		j.failed[d.ID] = d.Reason
	}
	e.seen.mu.Lock() // only to look: matching waits for it where something new comes
	for k, s := range e.seen.sources {
		if k.tenant == t {
			j.sources = append(j.sources, known{k.source, s.fields})
		}
	}
	e.seen.mu.Unlock()
	slices.SortFunc(j.sources, func(a, b known) int { return strings.Compare(sourceText(a.source), sourceText(b.source)) })
	for id := range j.gen.all {
		j.state(id)
	}
	return j.done
}

// known is a log source with the names that its events had.
type known struct {
	source event.Logsource
	fields map[string]bool
}

type judge struct {
	gen      *generation
	supplies []Supply
	fired    func(string) bool
	sources  []known
	failed   map[string]string
	done     map[string]State
}

func (j *judge) state(id string) State {
	if s, ok := j.done[id]; ok {
		return s
	}
	j.done[id] = State{Waiting, "it depends on itself"} // ends a circle; overwritten below
	s := j.judge(j.gen.all[id])
	j.done[id] = s
	return s
}

func (j *judge) judge(r *rule) State {
	switch {
	case r.off != "":
		return State{Switched, "switched off: " + r.off}
	case j.failed[r.doc.ID] != "":
		return State{Switched, j.failed[r.doc.ID]}
	case j.fired(r.doc.ID):
		return State{Live, "it has fired"}
	case r.doc.Rule != nil:
		return j.rule(r.doc.Rule, r.needs)
	}
	return j.correlation(r)
}

func (j *judge) rule(r *sigma.Rule, needs [][]string) State {
	var near string
	best := -1
	for _, s := range j.sources {
		if !applies(r.Logsource, []event.Logsource{s.source}) {
			continue
		}
		missing := unmet(needs, s.fields)
		if len(missing) == 0 {
			return State{Live, "events of " + sourceText(s.source) + " carry all that it needs"}
		}
		if best < 0 || len(missing) < best {
			best, near = len(missing), fmt.Sprintf("events of %s were seen, but never with %s", sourceText(s.source), fieldText(missing))
		}
	}
	if best >= 0 {
		return State{Blind, near}
	}
	for _, s := range j.supplies {
		if !s.gives(r.Logsource) {
			continue
		}
		missing := unmet(needs, s.Fields)
		if s.AnyField || len(missing) == 0 {
			return State{Waiting, fmt.Sprintf("the mapping %s reads such events, and none has come yet", s.Mapping)}
		}
		near = fmt.Sprintf("the mapping %s reads such events, but never gives %s", s.Mapping, fieldText(missing))
	}
	if near != "" {
		return State{Blind, near}
	}
	want := event.Logsource{Category: r.Logsource.Category, Product: r.Logsource.Product, Service: r.Logsource.Service}
	return State{Blind, "no source gives " + sourceText(want)}
}

// correlation is as good as the rules below it: as the worst where all must
// match, else as the best.
func (j *judge) correlation(r *rule) State {
	c := r.doc.Correlation
	all := c.Type == sigma.Temporal || c.Type == sigma.TemporalOrdered
	var found State
	for _, ref := range c.Rules {
		below := j.gen.ref(ref)
		if below == nil {
			continue
		}
		s := j.state(below.doc.ID)
		s.Reason = fmt.Sprintf("its rule %q: %s", below.doc.Title, s.Reason)
		if found.State == "" || all == (rank(s.State) > rank(found.State)) && s.State != found.State {
			found = s
		}
	}
	if found.State == "" {
		return State{Waiting, "the rules below it are not known"}
	}
	if found.State == Switched {
		found.State = Blind
	}
	return found
}

func rank(state string) int { return slices.Index([]string{Live, Waiting, Blind, Switched}, state) }

// ref finds a rule by id or name.
func (g *generation) ref(ref string) *rule {
	if r := g.all[ref]; r != nil {
		return r
	}
	for _, r := range g.all {
		if r.doc.Name == ref {
			return r
		}
	}
	return nil
}

// gives reports whether the mapping can give a log source that the rule is about.
func (s Supply) gives(want sigma.Logsource) bool {
	for _, l := range s.Logsources {
		if s.AnyService && l.Service == "" {
			l.Service = want.Service
		}
		if applies(want, []event.Logsource{l}) {
			return true
		}
	}
	return want == (sigma.Logsource{Definition: want.Definition})
}

// unmet are the needs that no name in have satisfies. Names resolve as Field
// does: native, then column or alias; the envelope is always there.
func unmet(needs [][]string, have map[string]bool) (missing [][]string) {
next:
	for _, alternatives := range needs {
		for _, name := range alternatives {
			if have[strings.ToLower(name)] {
				continue next
			}
			if ref, ok := event.Resolve(name); ok && (ref.Envelope != "" || have[ref.Column.Info().Name]) {
				continue next
			}
		}
		missing = append(missing, alternatives)
	}
	return missing
}

func fieldText(missing [][]string) string {
	var parts []string
	for i, alternatives := range missing {
		if i == 3 {
			parts = append(parts, fmt.Sprintf("%d more", len(missing)-i))
			break
		}
		if len(alternatives) == 1 {
			parts = append(parts, "the field "+alternatives[0])
		} else {
			parts = append(parts, "one of "+strings.Join(alternatives[:min(len(alternatives), 5)], ", "))
		}
	}
	return strings.Join(parts, ", nor ")
}

// Needs lists the fields without which a rule cannot match; nil for a correlation.
func (e *Engine) Needs(id string) [][]string {
	if r := e.latest.Load().all[id]; r != nil {
		return r.needs
	}
	return nil
}
