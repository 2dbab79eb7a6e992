package detect

import (
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/sigma"
)

// Process matches a batch of events, in journal order, and emits one Hit for
// each fingerprint found in it, in order of first appearance. With replay it
// only feeds the windows, to restore their state after a restart, and emits
// nothing; hits made of what is replayed were emitted before.
func (e *Engine) Process(evs []event.Event, replay bool, emit func(Hit)) {
	e.adopt()
	b := batch{engine: e, gen: e.current, replay: replay, hits: map[string]*Hit{}}
	for i := range evs {
		e.seen.note(&evs[i])
		b.event(&evs[i])
	}
	e.publish(&b)
	e.view = view{} // the batch's memory is not ours to keep
	for _, h := range b.order {
		emit(*h)
	}
}

// adopt switches to the rules that Reload has put in place, with the windows
// of the correlations that did not change.
func (e *Engine) adopt() {
	g := e.latest.Load()
	if g == e.current {
		return
	}
	if e.current != nil {
		g.correlator.Adopt(e.current.correlator)
	}
	e.current = g
}

func (e *Engine) publish(b *batch) {
	e.metrics.evaluations.Add(float64(b.gen.tell()))
	e.metrics.hits.Add(float64(b.matches))
	stats := b.gen.correlator.Stats()
	e.metrics.groups.Set(float64(stats.Groups))
	e.metrics.evictedGroups.Add(float64(stats.EvictedGroups - e.evictedGroups))
	e.metrics.evictedEntries.Add(float64(stats.EvictedEvents - e.evictedEntries))
	e.evictedGroups, e.evictedEntries = stats.EvictedGroups, stats.EvictedEvents
}

// batch is the work of one call of Process.
type batch struct {
	engine  *Engine
	gen     *generation
	replay  bool
	hits    map[string]*Hit // by fingerprint, and whether ongoing
	order   []*Hit
	matches int
}

func (b *batch) event(ev *event.Event) {
	e := b.engine
	class := e.route(b.gen, ev.Logsource)
	if class.Len() == 0 {
		return
	}
	e.view = view{ev: ev}
	for _, n := range b.match(class, ev) {
		r := b.gen.rules[n]
		correlated := b.gen.correlator.Correlates(r.doc.ID)
		if r.disabled || b.replay && !correlated {
			continue
		}
		r.cost.matches.Add(1)
		if !b.replay && b.gen.correlator.Reported(r.doc.ID) && b.told(r) {
			b.hit(r, ev)
		}
		if correlated {
			b.correlate(r, ev)
		}
	}
}

// told reports whether a rule's hits are of use to anybody: Sigma's level
// informational enriches and triggers no alerting, but may end an alert.
func (b *batch) told(r *rule) bool {
	return r.severity > event.Informational || r.proposal.Clears != "" || b.engine.options.Informational
}

// match returns the numbers of the rules that the event matches.
func (b *batch) match(class *sigma.Class, ev *event.Event) (hits []int) {
	g := b.gen
	defer func() {
		if cause := recover(); cause != nil {
			hits = b.walk(class, cause)
		}
	}()
	g.filler.Fill(g.record, ev)
	if class.Keywords() {
		b.engine.view.Keywords(func(text string) bool {
			g.record.Keyword(text)
			return true
		})
	}
	g.hits = class.Match(g.record, g.scratch, g.hits[:0])
	return g.hits
}

// walk evaluates the rules of a class one by one, after one of them panicked
// in the matcher: that one is disabled, the others still count.
func (b *batch) walk(class *sigma.Class, cause any) (hits []int) {
	found := false
	for _, n := range class.Rules() {
		matched, failed := b.alone(b.gen.rules[n])
		found = found || failed
		if matched {
			hits = append(hits, n)
		}
	}
	if !found && !b.gen.walked {
		b.gen.walked = true
		b.engine.options.Log.Error("matching panicked, and no single rule does", "cause", cause)
	}
	return hits
}

func (b *batch) alone(r *rule) (matched, failed bool) {
	defer func() {
		if cause := recover(); cause != nil {
			b.engine.disable(r, cause)
			matched, failed = false, true
		}
	}()
	return !r.disabled && r.doc.Rule.Match(&b.engine.view), false
}

// hit folds a rule's match into its hit.
func (b *batch) hit(r *rule, ev *event.Event) {
	b.matches++
	dedup, print := dedupOf(r, ev, &b.engine.view)
	h := b.hits[print]
	if h == nil {
		h = newHit(r, ev, &b.engine.view, dedup, print)
		for _, f := range r.doc.Rule.Explain(&b.engine.view).MatchedFields() {
			if len(h.Fields) < maxFields {
				h.Fields = append(h.Fields, NameValue{f.Field, clip(f.Value.Text())})
			}
		}
		b.hits[print] = h
		b.order = append(b.order, h)
	}
	h.add(ev)
}

// correlate feeds a rule's match to the correlations over it.
func (b *batch) correlate(r *rule, ev *event.Event) {
	m := sigma.Match{Rule: r.doc.ID, Time: ev.Time, Scope: b.engine.scope.of(ev), ID: ev.ID, Event: &b.engine.view}
	b.gen.correlator.Feed(m, func(f sigma.Firing) {
		over := b.gen.byID[f.Correlation.ID]
		if !b.replay && over != nil && b.gen.correlator.Reported(f.Correlation.ID) {
			b.firing(over, ev, f)
		}
	})
}

// firing folds a correlation's firing, or its going on, into its hit.
func (b *batch) firing(r *rule, ev *event.Event, f sigma.Firing) {
	b.matches++
	why := f.Words()
	fields := grouped{&b.engine.view, f.Group, why}
	dedup, print := dedupOf(r, ev, fields)
	h := b.hits[print]
	if h == nil {
		h = newHit(r, ev, fields, dedup, print)
		h.Ongoing, h.Why = !f.Fired, oneLine(why)
		if r.proposal.Summary == "" {
			h.Summary = oneLine(h.Summary + ": " + why)
		}
		for _, g := range f.Group {
			h.Fields = append(h.Fields, NameValue{g.Field, clip(g.Value.Text())})
		}
		b.hits[print] = h
		b.order = append(b.order, h)
	}
	if f.Fired && (h.Count == 0 || h.Ongoing) { // the window's events count too
		h.Ongoing, h.Why = false, oneLine(why)
		h.Count = max(h.Count, f.Events-1)
		h.First = min(h.First, f.First)
		h.Last = max(h.Last, f.Last)
		for _, id := range f.IDs {
			h.addID(event.ID(id))
		}
	}
	h.add(ev)
}

// grouped is an event seen with a correlation's group-by names first.
type grouped struct {
	sigma.Event
	group []sigma.FieldValue
	why   string // for {why} in a summary
}

// Field implements sigma.Event.
func (g grouped) Field(name string) (sigma.Value, bool) {
	if name == "why" {
		return sigma.StringValue(g.why), true
	}
	for _, f := range g.group {
		if f.Field == name {
			return f.Value, true
		}
	}
	return g.Event.Field(name)
}

func dedupOf(r *rule, ev *event.Event, fields sigma.Event) ([]NameValue, string) {
	values := make([]NameValue, len(r.dedup))
	for i, name := range r.dedup {
		values[i] = NameValue{name, clip(text(fields, name))}
	}
	return values, fingerprint(ev.Tenant, ev.Exercise, r.doc.ID, values)
}

// scope keeps the correlation scope of the last event: tenant and exercise.
type scope struct {
	tenant   tenant.ID
	exercise string
	text     string
}

func (s *scope) of(ev *event.Event) string {
	if s.text == "" || s.tenant != ev.Tenant || s.exercise != ev.Exercise {
		s.tenant, s.exercise = ev.Tenant, strings.Clone(ev.Exercise)
		s.text = s.tenant.String() + "/" + s.exercise
	}
	return s.text
}
