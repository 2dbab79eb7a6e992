package classify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/google/cel-go/cel"
)

const watch = "watch" // the policy's word for Undetermined

const maxCriteria = 200 // an axis, and as many readings a scale

// Load reads and checks a policy. The error is of type Errors and names the
// place of each mistake.
func Load(b []byte) (*Policy, error) {
	var d document
	if err := decode(b, &d); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	l := &loader{p: &Policy{
		Name: d.Name.s, Version: d.Version.s, Hash: hex.EncodeToString(sum[:]),
		Matrix: d.Matrix.matrix(), Bands: d.Bands, listed: map[string]bool{},
	}}
	l.meta(&d)
	l.thresholdOf(d.Threshold)
	if err := l.stages(&d); err != nil {
		return nil, err
	}
	if len(l.wrong) > 0 {
		slices.SortStableFunc(l.wrong, func(a, b *Error) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
		return nil, l.wrong
	}
	return l.p, nil
}

// loader collects what is wrong while it builds the policy.
type loader struct {
	p     *Policy
	wrong Errors
	ids   map[string]bool // of criteria and readings: each once in the policy
}

func (l *loader) fail(e *Error) {
	if e != nil && len(l.wrong) < 100 {
		l.wrong = append(l.wrong, e)
	}
}

func (l *loader) failf(at text, format string, args ...any) { l.fail(at.errorf(format, args...)) }

// meta reads what is no criterion.
func (l *loader) meta(d *document) {
	if d.Name.s == "" || d.Version.s == "" {
		l.failf(d.Name, "a policy has a name and a version")
	}
	var own []string
	for _, t := range d.Types {
		if !isName(t.s) {
			l.failf(t, "a type of your own is written in small letters, digits and hyphens, not %q", t.s)
			continue
		}
		own = append(own, t.s)
	}
	l.p.types = newVocabulary(own...)
	wrong, odd := check(l.p.Matrix, l.p.Bands)
	for _, reason := range wrong {
		l.fail(&Error{Reason: reason})
	}
	for _, reason := range odd {
		l.p.Odd = append(l.p.Odd, &Error{Reason: reason})
	}
	for _, t := range d.AlwaysIncident {
		c, ok := l.p.types.canonical(t.s)
		if !ok {
			l.failf(t, "always_incident: unknown type %q", t.s)
		}
		l.p.listed[c] = true
	}
	var err *Error
	if l.p.decideBy, err = d.DecideBy.minutes(); err != nil {
		err.Reason = "decide_by: " + err.Reason
		l.fail(err)
	}
}

func (l *loader) thresholdOf(d thresholdDocument) {
	t := impactThreshold{breadth: map[string]int{}, outage: d.OutagePoints, week: d.WeekPoints, recurrences: d.Recurrences7d}
	weight := func(what string, n int) int {
		if n < 0 || n > 1000 {
			l.fail(&Error{Reason: fmt.Sprintf("threshold: the weight of %s must be 0 to 1000, not %d", what, n)})
		}
		return n
	}
	for _, b := range append([]string{"unknown"}, breadths...) {
		n, ok := d.Breadth[b]
		if !ok {
			l.fail(&Error{Reason: fmt.Sprintf("threshold: breadth lacks a weight for %s", b)})
		}
		t.breadth[b] = weight("breadth "+b, n)
	}
	t.breadth[""] = t.breadth["unknown"]
	if len(d.Breadth) > len(breadths)+1 {
		l.fail(&Error{Reason: "threshold: breadth has a word that is not known; known are unknown, single, several, department, organisation, external"})
	}
	if len(d.Criticality) != len(t.criticality) {
		l.fail(&Error{Reason: "threshold: criticality has four weights: not rated, low, medium, high"})
	}
	for i, n := range d.Criticality[:min(len(d.Criticality), len(t.criticality))] {
		t.criticality[i] = weight(fmt.Sprintf("criticality %d", i), n)
	}
	if t.outage < 1 || t.week < t.outage || t.week > maxNumber || t.recurrences < 0 {
		l.fail(&Error{Reason: "threshold: outage_points is at least 1, week_points at least as high, recurrences_7d 0 (off) or more"})
	}
	l.p.threshold = t
}

// stages compiles everything that is written in CEL, in the order of evaluation.
func (l *loader) stages(d *document) error {
	s, err := newStage()
	if err != nil {
		return err
	}
	// next adds what the stage before has answered.
	next := func(t *cel.Type, names ...string) {
		if err == nil {
			s, err = s.with(t, names...)
		}
	}
	l.ids = map[string]bool{}
	p := l.p
	p.typ = l.criteria(s, "type", d.Type)
	next(cel.StringType, "type", "type_class")
	p.impact = l.scale(s, "impact", d.Impact)
	p.urgency = l.scale(s, "urgency", d.Urgency)
	next(cel.IntType, "impact", "urgency", "priority")
	next(cel.StringType, "level")
	next(cel.BoolType, "listed")
	next(cel.ObjectType("classify.threshold"), "threshold")
	p.decision = l.criteria(s, "decision", d.Decision)
	next(cel.StringType, "decision")
	p.lead = l.criteria(s, "lead", d.Lead)
	next(cel.StringType, "lead")
	p.track = l.criteria(s, "track", d.Track)
	next(cel.StringType, "track")
	p.page = l.condition(s, "page", d.Page)
	p.restored = l.condition(s, "close_when_restored", d.CloseOnRestored)
	if len(d.AlwaysIncident) > 0 && !slices.ContainsFunc(p.decision, func(c criterion) bool {
		return c.then == Incident && slices.Contains(c.when.reads, "listed")
	}) {
		l.failf(d.AlwaysIncident[0], "always_incident has no effect: no decision criterion for incident reads listed")
	}
	return err
}

// condition compiles an expression that is true or false.
func (l *loader) condition(s stage, what string, t text) expression {
	if t.s == "" {
		l.failf(t, "%s: an expression is missing", what)
		return expression{}
	}
	x, err := s.compile(t.s)
	if err != nil {
		l.fail(t.fault(err))
		return x
	}
	if !x.output.IsExactType(cel.BoolType) {
		l.failf(t, "%s must be true or false, and is of type %s", what, x.output)
	}
	return x
}

// isName tells whether s is made of small letters, digits and hyphens.
func isName(s string) bool {
	for _, c := range s {
		if c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
