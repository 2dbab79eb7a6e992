package sigma

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// NewCorrelator links the correlations among docs to the rules and
// correlations that they name, by id or name. One that cannot be linked has an
// Error and is left out.
func NewCorrelator(docs []*Document, limits Limits) (*Correlator, []*Error) {
	if limits.Groups <= 0 {
		limits.Groups = 20_000
	}
	if limits.GroupEvents <= 0 {
		limits.GroupEvents = 10_000
	}
	if limits.Events <= 0 {
		limits.Events = 200_000
	}
	l := &linker{
		limits: limits, byName: map[string]*Document{}, done: map[*Document]*Error{}, signatures: map[*Document]string{},
		out: &Correlator{limits: limits, inputs: map[string][]input{}, silent: map[string]bool{}},
	}
	for _, d := range docs {
		for _, name := range []string{d.ID, d.Name} {
			if name != "" {
				l.byName[name] = d
			}
		}
	}
	var errs []*Error
	for _, d := range docs {
		if d.Correlation == nil {
			continue
		}
		if err := l.link(d); err != nil {
			errs = append(errs, err)
		}
	}
	l.silence()
	return l.out, errs
}

type linker struct {
	limits     Limits
	byName     map[string]*Document
	done       map[*Document]*Error // nil: linked; inProgress: being linked
	signatures map[*Document]string
	out        *Correlator
}

// inProgress marks a correlation whose rules are being linked: meeting it again is a cycle.
var inProgress = &Error{}

func (l *linker) link(d *Document) *Error {
	if err, seen := l.done[d]; seen {
		return err
	}
	l.done[d] = inProgress
	err := l.connect(d)
	l.done[d] = err
	return err
}

func (l *linker) connect(d *Document) *Error {
	c := d.Correlation
	fail := func(format string, args ...any) *Error {
		e := at(&Node{Line: d.Line, Column: 1}, format, args...)
		e.File, e.Rule = d.File, d.Ref()
		return e
	}
	if d.Ref() == "" {
		return fail("a correlation needs an id or a name")
	}
	for _, t := range c.Condition {
		if c.counts() && t.Number > float64(l.limits.GroupEvents) {
			return fail("the condition counts to %v; at most %d events are kept a group", t.Number, l.limits.GroupEvents)
		}
	}
	w := &tracked{correlation: c}
	if c.Unusual != nil {
		w.keeper = newHabits(c, l.limits)
	} else {
		w.keeper = newWindow(c, l.limits)
	}
	var groupBy, counted [][]string
	sum := sha256.New()
	sum.Write([]byte(d.Hash))
	for _, name := range c.Rules {
		rule := l.byName[name]
		if rule == nil {
			return fail("the correlation names rule %q, which is not loaded", name)
		}
		if rule.Correlation != nil {
			switch err := l.link(rule); {
			case err == inProgress:
				return fail("the correlation depends on itself through %q", name)
			case err != nil:
				return fail("the correlation names %q, which is rejected: %s", name, err.Reason)
			}
		}
		sum.Write([]byte(rule.Hash + l.signatures[rule]))
		if slices.Contains(w.refs, rule.Ref()) {
			return fail("the correlation names rule %q twice", name)
		}
		w.refs = append(w.refs, rule.Ref())
		groupBy = append(groupBy, c.fieldsFor(name, c.GroupBy))
		counted = append(counted, c.fieldsFor(name, c.Fields))
	}
	w.wire(groupBy, counted)
	w.signature = hex.EncodeToString(sum.Sum(nil))
	l.signatures[d] = w.signature
	l.out.watches = append(l.out.watches, w)
	for i, ref := range w.refs {
		l.out.inputs[ref] = append(l.out.inputs[ref], input{w, i})
	}
	return nil
}

// fieldsFor resolves aliases for one of the correlation's rules.
func (c *Correlation) fieldsFor(rule string, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n
		if f := c.Aliases[n][rule]; f != "" {
			out[i] = f
		}
	}
	return out
}

// silence marks the rules whose own hits are not reported.
func (l *linker) silence() {
	for ref, inputs := range l.out.inputs {
		generate := false
		for _, in := range inputs {
			generate = generate || in.tracked.correlation.Generate
		}
		if !generate {
			l.out.silent[ref] = true
		}
	}
}
