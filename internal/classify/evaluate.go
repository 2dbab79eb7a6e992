package classify

import (
	"fmt"
	"strings"
)

// Policy is a checked classification policy. It is immutable.
type Policy struct {
	Name    string
	Version string
	Hash    string   // hexadecimal SHA-256 of the document
	Odd     []*Error // what is valid and probably not meant: bands and criteria that nothing reaches
	Matrix  Matrix
	Bands   Bands

	types     vocabulary
	listed    map[string]bool // types and classes that are always incidents
	threshold impactThreshold
	decideBy  int // minutes, when nothing decides
	impact    scale
	urgency   scale
	typ       criteria
	decision  criteria
	lead      criteria
	track     criteria
	page      expression
	restored  expression
}

// Ids of the criteria that stand in code.
const (
	Harmed    = "harmed"    // a confirmed negative effect
	Undecided = "undecided" // no criterion of the axis holds
)

// Evaluate classifies facts. Each axis is answered by the first of its criteria
// that holds, in the order type, impact and urgency, decision, lead, track.
func (p *Policy) Evaluate(given Facts) Result {
	f, notes := given.normal(p.types)
	r := Result{PolicyVersion: p.Version, PolicyHash: p.Hash, Provisional: true, Notes: notes}
	vars := f.variables()
	p.readType(&f, vars, &r)
	p.readScales(vars, &r)
	crossing := p.threshold.measure(&f)
	vars["threshold"] = crossing
	vars["listed"] = p.listed[r.Type] || p.listed[class(r.Type)]
	p.decide(&f, vars, &r)
	vars["decision"] = r.Decision
	p.readLead(vars, &r)
	vars["lead"] = r.Lead
	p.readTrack(vars, &r)
	vars["track"] = r.Track
	p.consequences(&f, crossing, vars, &r)
	return r
}

func (p *Policy) readType(f *Facts, vars map[string]any, r *Result) {
	c, notes := p.typ.find("type", vars)
	r.Notes = append(r.Notes, notes...)
	switch {
	case c != nil && c.then == "proposed" && f.Proposed.Type != "":
		r.Type = f.Proposed.Type
		r.Explain.Type = c.explain(r.Type, vars)
	case c != nil && c.then != "proposed":
		r.Type = c.then
		r.Explain.Type = c.explain(r.Type, vars)
	default:
		r.Type = "other/undetermined"
		r.Explain.Type = builtIn(r.Type, Undecided, "No type fits", "No criterion gives a type yet.")
	}
	vars["type"], vars["type_class"] = r.Type, class(r.Type)
}

func (p *Policy) readScales(vars map[string]any, r *Result) {
	var notes []string
	r.Impact, r.Explain.Impact, notes = p.impact.read("impact", vars)
	r.Notes = append(r.Notes, notes...)
	r.Urgency, r.Explain.Urgency, notes = p.urgency.read("urgency", vars)
	r.Notes = append(r.Notes, notes...)
	r.Priority = p.Matrix.Priority(r.Impact, r.Urgency)
	r.Level = p.Bands.Level(r.Priority)
	vars["impact"], vars["urgency"], vars["priority"], vars["level"] = r.Impact, r.Urgency, r.Priority, r.Level
}

// decide answers "event, incident or weakness?". Confirmed harm comes first, in
// code: no policy can put anything before it.
func (p *Policy) decide(f *Facts, vars map[string]any, r *Result) {
	r.Explain.Decision = harmed(f)
	if r.Explain.Decision.Value == "" {
		r.Explain.Decision = p.byCriteria(vars, r)
	}
	r.Decision, r.Criterion = r.Explain.Decision.Value, r.Explain.Decision.Criterion
	r.Reason, r.Inputs = r.Explain.Decision.Reason, r.Explain.Decision.Inputs
}

// harmed applies the hard rule; an axis without a value says that it does not hold.
func harmed(f *Facts) Axis {
	var what []string
	var inputs []Input
	for _, e := range []struct{ name, effect, by string }{
		{"confidentiality", f.Effects.Confidentiality, f.ConfirmedBy.Confidentiality},
		{"integrity", f.Effects.Integrity, f.ConfirmedBy.Integrity},
		{"availability", f.Effects.Availability, f.ConfirmedBy.Availability},
	} {
		if e.effect == "confirmed" {
			what = append(what, fmt.Sprintf("%s is confirmed by %s", e.name, map[string]string{
				"monitor": "a monitor", "rule": "a rule marked as proof", "expert": "an expert"}[e.by]))
			inputs = append(inputs, Input{"effects." + e.name, e.effect}, Input{"confirmed_by." + e.name, e.by})
		}
	}
	if what == nil {
		return Axis{}
	}
	reason := "Harm to the " + strings.Join(what, ", and to the ")
	if f.Service.Name != "" {
		reason += ": " + f.Service.Name
	}
	if f.Outage.Minutes > 0 {
		reason += fmt.Sprintf(", out for %s so far", span(f.Outage.Minutes))
	}
	return builtIn(Incident, Harmed, "Confirmed harm", reason+".", inputs...)
}

func (p *Policy) byCriteria(vars map[string]any, r *Result) Axis {
	c, notes := p.decision.find("decision", vars)
	r.Notes = append(r.Notes, notes...)
	switch {
	case c == nil:
		r.DecideByMinutes = p.decideBy
		return builtIn(Undetermined, Undecided, "No criterion decides", fmt.Sprintf("No criterion decides; a person does within %s.", span(p.decideBy)))
	case len(notes) > 0 && c.then != Incident:
		// One that failed might have said incident: a person looks.
		r.DecideByMinutes = p.decideBy
		return builtIn(Undetermined, Undecided, "A criterion could not be computed",
			fmt.Sprintf("A criterion before %q could not be computed, so a person decides within %s.", c.Title, span(p.decideBy)))
	case c.then == watch:
		r.DecideByMinutes = c.decideBy
		return c.explain(Undetermined, vars)
	}
	r.Disposition = c.disposition
	return c.explain(c.then, vars)
}

func (p *Policy) readLead(vars map[string]any, r *Result) {
	c, notes := p.lead.find("lead", vars)
	r.Notes = append(r.Notes, notes...)
	if c == nil {
		r.Explain.Lead = builtIn("security", Undecided, "No criterion names a lead", "No criterion names who leads, so security does.")
	} else {
		r.Explain.Lead = c.explain(c.then, vars)
	}
	r.Lead = r.Explain.Lead.Value
}

func (p *Policy) readTrack(vars map[string]any, r *Result) {
	c, notes := p.track.find("track", vars)
	r.Notes = append(r.Notes, notes...)
	if c == nil || len(notes) > 0 && c.then == Light {
		r.Explain.Track = builtIn(Formal, Undecided, "No criterion names a track", "No criterion settles the track, so handling is formal.")
	} else {
		r.Explain.Track = c.explain(c.then, vars)
	}
	r.Track = r.Explain.Track.Value
}

// consequences follow from the answers. The light track pages nobody; whatever
// closes by itself is on the light track and harms neither confidentiality nor
// integrity.
func (p *Policy) consequences(f *Facts, crossing threshold, vars map[string]any, r *Result) {
	page, err := p.page.holds(vars)
	if err != nil {
		page = true
		r.Notes = append(r.Notes, fmt.Sprintf("page could not be computed, so it pages: %v", err))
	}
	r.Page = page && r.Track == Formal
	restored, err := p.restored.holds(vars)
	if err != nil {
		r.Notes = append(r.Notes, fmt.Sprintf("close_when_restored could not be computed, so a person closes: %v", err))
	}
	r.CloseWhenRestored = restored && r.Track == Light && f.Effects.Confidentiality == "" && f.Effects.Integrity == ""
	r.AskIntent = f.Intent == "unknown" && (r.Decision == Incident || r.Decision == Undetermined)
	if r.Track == Light {
		r.ReassessMinutes = crossing.toGo
	}
}

func span(minutes int) string {
	unit := func(n int, name string) string {
		if n == 1 {
			return "1 " + name
		}
		return fmt.Sprintf("%d %ss", n, name)
	}
	switch {
	case minutes >= 48*60 && minutes%(24*60) == 0:
		return unit(minutes/(24*60), "day")
	case minutes%60 == 0:
		return unit(minutes/60, "hour")
	}
	return unit(minutes, "minute")
}
