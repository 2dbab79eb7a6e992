package sigma

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Filter is a meta rule that narrows other rules (Sigma 2.1, "Sigma Filters").
// It is immutable.
type Filter struct {
	*Meta
	Logsource  Logsource // only rules whose own lies inside it are narrowed
	Rules      []string  // ids or names, as written
	Any        bool      // all rules of the log source
	Condition  string    // as written
	selections []*selection
	condition  expr
}

// FilterReading says how a filter's condition is meant. The specification and
// the tools differ.
type FilterReading uint8

const (
	// FilterAsWritten adds the condition to a rule's with and, as pySigma does:
	// authors write "not selection" for what is to be left out.
	FilterAsWritten FilterReading = iota
	// FilterSuppress adds it with and not, as the specification's own example
	// needs it: the condition says what is to be left out.
	FilterSuppress
)

// Warning is a doubt about a document that is loaded all the same.
type Warning struct {
	File   string
	Line   int
	Rule   string // Ref, else title
	Check  string // a word for the kind of doubt, such as filter-reading
	Reason string
}

func (w Warning) String() string {
	return fmt.Sprintf("%s:%d: %s (%s)", w.File, w.Line, w.Reason, w.Check)
}

func (m *Meta) warn(check, format string, args ...any) Warning {
	w := Warning{File: m.File, Line: m.Line, Rule: m.Ref(), Check: check, Reason: fmt.Sprintf(format, args...)}
	if w.Rule == "" {
		w.Rule = m.Title
	}
	return w
}

func (o Options) readFilter(root *Node, meta *Meta) (*Filter, *Error) {
	f := &Filter{Meta: meta}
	n := root.Get("filter")
	if n.Kind != MapNode {
		return nil, at(n, "filter must be a map of rules, selections and a condition")
	}
	var err *Error
	if f.Logsource, err = readLogsource(root); err != nil {
		return nil, err
	}
	rules := n.Get("rules")
	if rules == nil {
		return nil, at(n, "the filter needs rules: ids or names, or any")
	}
	if f.Rules, err = rules.texts(); err != nil {
		return nil, err
	}
	f.Any = len(f.Rules) == 0 || rules.Kind == ScalarNode && (strings.EqualFold(f.Rules[0], "any") || strings.EqualFold(f.Rules[0], "all"))
	if f.Any {
		f.Rules = nil
	}
	for _, p := range n.Pairs {
		if p.Key == "condition" || p.Key == "rules" {
			continue
		}
		e, err := o.readDetection(p, p.Value)
		if err != nil {
			return nil, err
		}
		f.selections = append(f.selections, &selection{p.Key, e})
	}
	cond := n.Get("condition")
	if f.Condition = cond.Text(); f.Condition == "" {
		return nil, at(orNode(cond, n), "the filter needs a condition, one string")
	}
	var cerr error
	if f.condition, cerr = parseCondition(f.Condition, f.selections); cerr != nil {
		return nil, at(cond, "condition: %s", cerr)
	}
	name := meta.Name
	if name == "" {
		name = meta.Title
	}
	for _, s := range f.selections { // so that explanations tell them from the rule's own
		s.name = name + "/" + s.name
	}
	return f, nil
}

func readLogsource(root *Node) (Logsource, *Error) {
	ls := root.Get("logsource")
	if ls == nil || ls.Kind != MapNode {
		return Logsource{}, at(orNode(ls, root), "it needs a logsource with category, product or service")
	}
	return Logsource{
		Category: ls.Get("category").Text(), Product: ls.Get("product").Text(),
		Service: ls.Get("service").Text(), Definition: ls.Get("definition").Text(),
	}, nil
}

// Contains reports whether another log source is this one or a part of it.
func (l Logsource) Contains(other Logsource) bool {
	return (l.Category == "" || l.Category == other.Category) && (l.Product == "" || l.Product == other.Product) &&
		(l.Service == "" || l.Service == other.Service)
}

// inverted reports whether the condition has a not anywhere.
func (f *Filter) inverted() bool {
	found := false
	walk(f.condition, "", false, func(_ string, _ *item, negated bool) { found = found || negated })
	return found
}

func (f *Filter) doubts() []Warning {
	if f.inverted() {
		return nil
	}
	return []Warning{f.warn("filter-reading", "the filter's condition %q has no not: as written, rules only hit what it selects; write not for what is to be left out", f.Condition)}
}

// names reports whether the filter is for the document.
func (f *Filter) names(m *Meta) bool {
	return slices.ContainsFunc(f.Rules, func(ref string) bool { return ref == m.ID || ref == m.Name })
}

// ApplyFilters returns the documents without the filters among them, each rule
// that a filter is for replaced by a copy that it narrows. Correlations are
// never narrowed, the rules below them are. A copy has a Hash of its own, made
// of the rule's and the filters', so that versions and states change with a
// filter; SourceHash is the document's, and Filters names what was applied.
func ApplyFilters(docs []*Document, reading FilterReading) (out []*Document, warnings []Warning) {
	var filters []*Filter
	for _, d := range docs {
		if d.Filter != nil {
			filters = append(filters, d.Filter)
			warnings = append(warnings, d.Filter.checkTargets(docs)...)
			if reading == FilterAsWritten {
				warnings = append(warnings, d.Filter.doubts()...)
			}
		}
	}
	for _, d := range docs {
		if d.Filter != nil {
			continue
		}
		for _, f := range filters {
			if d.Rule != nil && f.Logsource.Contains(d.Rule.Logsource) && (f.Any || f.names(&d.Meta)) {
				d = d.narrowed(f, reading)
			}
		}
		out = append(out, d)
	}
	return out, warnings
}

func (d *Document) narrowed(f *Filter, reading FilterReading) *Document {
	out := &Document{Meta: d.Meta}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", d.Hash, f.Hash, reading))
	out.Hash = hex.EncodeToString(sum[:])
	name := f.Ref()
	if name == "" {
		name = f.Title
	}
	out.Filters = append(slices.Clip(d.Filters), name)
	narrowing := f.condition
	if reading == FilterSuppress {
		narrowing = not{narrowing}
	}
	out.Rule = &Rule{Meta: &out.Meta, Logsource: d.Rule.Logsource, selections: append(slices.Clip(d.Rule.selections), f.selections...)}
	for _, c := range d.Rule.conditions {
		out.Rule.conditions = append(out.Rule.conditions, and{c, narrowing})
	}
	return out
}

// checkTargets warns of names that a filter does nothing for.
func (f *Filter) checkTargets(docs []*Document) (warnings []Warning) {
	for _, ref := range f.Rules {
		i := slices.IndexFunc(docs, func(d *Document) bool { return ref == d.ID || ref == d.Name })
		switch {
		case i < 0:
			warnings = append(warnings, f.warn("filter-target", "the filter names rule %q, which is not loaded", ref))
		case docs[i].Rule == nil:
			warnings = append(warnings, f.warn("filter-target", "the filter names %q, which is no detection rule; name the rules below it", ref))
		case !f.Logsource.Contains(docs[i].Rule.Logsource):
			warnings = append(warnings, f.warn("filter-target", "rule %q has a log source outside the filter's, so it is not narrowed", ref))
		}
	}
	return warnings
}
