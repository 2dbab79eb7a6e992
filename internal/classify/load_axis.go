package classify

import (
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
)

// dispositions that a policy may propose with a decision.
var dispositions = []string{"true-positive", "false-positive", "benign", "authorised", "duplicate"}

// criteria compiles the list of one axis.
func (l *loader) criteria(s stage, axis string, lines []lineDocument) criteria {
	if len(lines) > maxCriteria {
		l.failf(lines[maxCriteria].ID, "%s has more than %d criteria", axis, maxCriteria)
		return nil
	}
	var out criteria
	var always string // the criterion behind which nothing is reached
	for _, d := range lines {
		l.identify(axis, d.ID, d.Title)
		c := criterion{Criterion: Criterion{ID: d.ID.s, Title: d.Title.s}, then: d.Then.s}
		c.when = l.condition(s, "when", d.When)
		l.answer(axis, d, &c)
		if d.Reason.s == "" {
			l.failf(d.ID, "criterion %q has no reason", d.ID.s)
		}
		var err *Error
		if c.reason, err = s.compileTemplate(d.Reason.s); err != nil {
			l.fail(d.Reason.fault(err))
		}
		if always != "" {
			l.p.Odd = append(l.p.Odd, d.ID.errorf("%s: criterion %q is never reached: %q always holds", axis, c.ID, always))
		} else if strings.TrimSpace(d.When.s) == "true" {
			always = c.ID
		}
		out = append(out, c)
	}
	return out
}

// answer checks what a criterion of the axis may say.
func (l *loader) answer(axis string, d lineDocument, c *criterion) {
	if axis != "decision" && d.Disposition.s != "" {
		l.failf(d.Disposition, "only a decision has a disposition")
	}
	if (axis != "decision" || c.then != watch) && d.DecideBy.s != "" {
		l.failf(d.DecideBy, "decide_by belongs to a decision of watch")
	}
	switch axis {
	case "type":
		if t, ok := l.p.types.canonical(c.then); ok {
			c.then = t
		} else if c.then != "proposed" {
			l.failf(d.Then, "unknown type %q", c.then)
		}
	case "decision":
		if !slices.Contains([]string{EventOnly, Incident, Weakness, watch}, c.then) {
			l.failf(d.Then, "a decision is event, incident, weakness or watch, not %q", c.then)
		}
		if c.disposition = d.Disposition.s; c.disposition != "" && !slices.Contains(dispositions, c.disposition) {
			l.failf(d.Disposition, "a disposition is one of %s, not %q", strings.Join(dispositions, ", "), c.disposition)
		}
		if c.decideBy = l.p.decideBy; d.DecideBy.s != "" {
			var err *Error
			c.decideBy, err = d.DecideBy.minutes()
			l.fail(err)
		}
	case "lead":
		if !isName(c.then) {
			l.failf(d.Then, "a lead is a team's name in small letters, digits and hyphens, not %q", c.then)
		}
	case "track":
		if c.then != Formal && c.then != Light {
			l.failf(d.Then, "a track is formal or light, not %q", c.then)
		}
	}
}

// identify checks that ids are names and occur once in the policy.
func (l *loader) identify(axis string, id, title text) {
	switch {
	case !isName(id.s):
		l.failf(id, "%s: an id is written in small letters, digits and hyphens, not %q", axis, id.s)
	case id.s == Harmed || id.s == Undecided || id.s == "lowest":
		l.failf(id, "%s: the id %q is taken by a built-in criterion", axis, id.s)
	case l.ids[id.s]:
		l.failf(id, "%s: the id %q occurs twice", axis, id.s)
	}
	l.ids[id.s] = true
	if title.s == "" {
		l.failf(id, "%s: %q has no title", axis, id.s)
	}
}

// scale compiles the readings of impact or urgency.
func (l *loader) scale(s stage, axis string, lines []readingDocument) scale {
	if len(lines) > maxCriteria {
		l.failf(lines[maxCriteria].ID, "%s has more than %d readings", axis, maxCriteria)
		return nil
	}
	var out scale
	for _, d := range lines {
		l.identify(axis, d.ID, d.Title)
		r := reading{id: d.ID.s, title: d.Title.s, words: d.Words}
		var err *Error
		if r.of, err = s.compile(d.Of.s); err != nil {
			l.fail(d.Of.fault(err))
			continue
		}
		if d.When.s != "" {
			x := l.condition(s, "when", d.When)
			r.when = &x
		}
		l.values(d, &r)
		out = append(out, r)
	}
	return out
}

// values checks that a reading's table fits the type of what it reads.
func (l *loader) values(d readingDocument, r *reading) {
	number := r.of.output.IsExactType(cel.IntType)
	word := r.of.output.IsExactType(cel.StringType) || r.of.output.IsExactType(cel.BoolType) || r.of.output.IsExactType(cel.ListType(cel.StringType))
	switch {
	case number && (len(d.Steps) == 0 || len(d.Words) > 0):
		l.failf(d.ID, "%q reads a number: give steps", r.id)
	case word && (len(d.Words) == 0 || len(d.Steps) > 0):
		l.failf(d.ID, "%q reads words: give words", r.id)
	case !number && !word:
		l.failf(d.Of, "a scale reads a whole number, a text, true or false, or a list of texts, not %s", r.of.output)
	}
	for w, v := range d.Words {
		if v < 1 || v > 3 {
			l.failf(d.ID, "%q: the value of %q must be 1, 2 or 3, not %d", r.id, w, v)
		}
	}
	last := step{from: -1}
	for _, s := range d.Steps {
		if s.Value < 1 || s.Value > 3 || s.From <= last.from || s.Value <= last.value {
			l.failf(d.ID, "%q: steps rise in from and in value, which is 1, 2 or 3", r.id)
		}
		last = step{s.From, s.Value}
		r.steps = append(r.steps, last)
	}
}
