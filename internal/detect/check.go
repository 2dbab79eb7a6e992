package detect

import (
	"fmt"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/sigma"
)

// Draft is what a text turned out to be.
type Draft struct {
	ID, Title, Hash, Kind string // Kind: rule, correlation, filter
	Level                 sigma.Level
	Tags                  []string
	Logsource             sigma.Logsource
	Needs                 [][]string
	Errors                []*sigma.Error
	Warnings              []Warning
}

// Warning is something that a careful author would mend.
type Warning struct {
	Line   int
	Detail string
}

// CheckRule reads one rule or correlation as the engine would. Rules that a
// correlation is over are looked for among those in use when it is loaded.
func CheckRule(text string, placeholders map[string][]string) Draft {
	d := Draft{}
	docs, errs := sigma.Options{Placeholders: placeholders}.Parse("", []byte(text))
	d.Errors = errs
	if len(errs) == 0 && len(docs) != 1 {
		d.Errors = append(d.Errors, &sigma.Error{Line: 1, Column: 1, Reason: fmt.Sprintf("one document with one rule is wanted, not %d", len(docs))})
	}
	if len(d.Errors) > 0 {
		return d
	}
	doc := docs[0]
	if doc.Filter != nil {
		d.Errors = append(d.Errors, &sigma.Error{Line: doc.Line, Column: 1, Reason: "this is a filter; it is added as one"})
		return d
	}
	if _, err := newRule(doc); err != nil {
		d.Errors = append(d.Errors, err)
		return d
	}
	d.ID, d.Title, d.Hash, d.Kind, d.Level, d.Tags = doc.ID, doc.Title, doc.Hash, "correlation", doc.Level, doc.Tags
	if doc.Rule != nil {
		d.Kind, d.Logsource, d.Needs = "rule", doc.Rule.Logsource, doc.Rule.Needs()
	}
	d.Warnings = lint(doc)
	return d
}

// lint says what is not wrong and yet likely to be regretted: what the library
// finds in the document alone, and what matters to those who get its alerts.
func lint(doc *sigma.Document) (out []Warning) {
	warn := func(format string, args ...any) {
		out = append(out, Warning{doc.Line, fmt.Sprintf(format, args...)})
	}
	for _, w := range sigma.Lint([]*sigma.Document{doc}) {
		if w.Check != "unknown-related" { // which rules are loaded is another question
			out = append(out, Warning{max(w.Line, 1), w.Reason})
		}
	}
	if doc.Level == sigma.LevelNone {
		warn("level is missing: its alerts count as medium")
	}
	if doc.Description == "" {
		warn("description is missing: say what it finds and why that matters")
	}
	if len(doc.FalsePos) == 0 {
		warn("falsepositives is missing: whoever is paged looks there first")
	}
	technique := false
	for _, t := range doc.Tags {
		technique = technique || strings.HasPrefix(strings.ToLower(t), "attack.t")
	}
	if !technique {
		warn("no tag names an ATT&CK technique: it will not count for coverage")
	}
	if doc.Rule == nil {
		return out
	}
	if doc.Rule.Logsource == (sigma.Logsource{Definition: doc.Rule.Logsource.Definition}) {
		warn("the logsource names nothing: every event is matched against the rule")
	}
	if len(doc.Rule.Needs()) == 0 {
		warn("the rule can match an event without any field: each event of its log source is searched")
	}
	return out
}

// CheckFilter reads a filter.
func CheckFilter(text string) Draft {
	d, err := parseFilter(text)
	if err != nil {
		return Draft{Kind: "filter", Errors: []*sigma.Error{err}}
	}
	out := Draft{ID: d.ID, Title: d.Title, Hash: d.Hash, Kind: "filter", Logsource: d.Filter.Logsource}
	_, doubts := sigma.ApplyFilters([]*sigma.Document{d}, sigma.FilterAsWritten)
	for _, w := range doubts {
		if w.Check != "filter-target" { // which rules it is for is another question
			out.Warnings = append(out.Warnings, Warning{max(w.Line, 1), w.Reason})
		}
	}
	return out
}

// FilterRules are the rules in use that a filter applies to.
func (e *Engine) FilterRules(text string) []string {
	f, err := parseFilter(text)
	if err != nil {
		return nil
	}
	var out []string
	g := e.latest.Load()
	for _, l := range g.report.Loaded {
		if covers(f.Filter, g.all[l.ID].base) {
			out = append(out, l.ID)
		}
	}
	return out
}

// SupplyFields makes the set of names that a Supply has.
func SupplyFields(names []string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[strings.ToLower(n)] = true
		if ref, ok := event.Resolve(n); ok && ref.Envelope == "" {
			out[ref.Column.Info().Name] = true
		}
	}
	return out
}
