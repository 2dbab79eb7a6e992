package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/tocsin-project/tocsin/sigma"
)

// This file is the one place where filters and pipelines meet rules.

// appliedFilter is one filter on one rule: the rule matches when it passes.
type appliedFilter struct {
	id, hash string
	pass     *sigma.Rule
}

// passes reports whether the event is let through by every filter of the rule.
// The condition of a filter is taken as it is written: "not selection" leaves
// out what the selection names.
func (r *rule) passes(ev sigma.Event) bool {
	for i := range r.filters {
		if !r.filters[i].pass.Match(ev) {
			return false
		}
	}
	return true
}

// filter puts filters on the rules that they name and whose log source lies
// within theirs; never on correlations.
func (g *generation) filter(filters []Filter, order []string) {
	for _, f := range filters {
		parsed, err := parseFilter(f.Body)
		if err != nil {
			err.File = "filter " + f.ID
			g.report.Rejected = append(g.report.Rejected, err)
			continue
		}
		applied := 0
		for _, id := range order {
			r := g.byID[id]
			if r.doc.Rule != nil && parsed.names(r.doc) && covers(parsed.pass.Logsource, r.doc.Rule.Logsource) {
				r.filters = append(r.filters, appliedFilter{f.ID, parsed.hash, parsed.pass})
				applied++
			}
		}
		if applied == 0 {
			g.report.Warnings = append(g.report.Warnings, fmt.Sprintf("filter %q (%s) applies to no rule that is loaded", parsed.title, f.ID))
		}
	}
}

// parsedFilter is a filter document taken apart.
type parsedFilter struct {
	id, title, hash string
	rules           []string // ids or names; nil for any
	pass            *sigma.Rule
}

func (f parsedFilter) names(d *sigma.Document) bool {
	return f.rules == nil || slices.Contains(f.rules, d.ID) || d.Name != "" && slices.Contains(f.rules, d.Name)
}

// covers reports whether what the filter's log source says holds of the rule's.
func covers(filter, rule sigma.Logsource) bool {
	within := func(want, have string) bool { return want == "" || want == have }
	return within(filter.Category, rule.Category) && within(filter.Product, rule.Product) && within(filter.Service, rule.Service)
}

// parseFilter reads a Sigma filter: its selections and condition are those of
// a detection.
func parseFilter(body string) (parsedFilter, *sigma.Error) {
	sum := sha256.Sum256([]byte(body))
	f := parsedFilter{hash: hex.EncodeToString(sum[:])}
	bad := func(format string, args ...any) (parsedFilter, *sigma.Error) {
		return f, &sigma.Error{Line: 1, Column: 1, Reason: fmt.Sprintf(format, args...)}
	}
	var doc struct {
		Title     string         `yaml:"title"`
		ID        string         `yaml:"id"`
		Logsource yaml.MapSlice  `yaml:"logsource"`
		Filter    *yaml.MapSlice `yaml:"filter"`
	}
	if err := yaml.Unmarshal([]byte(body), &doc); err != nil {
		_, errs := sigma.Parse("", []byte(body)) // names the place
		if len(errs) > 0 {
			return f, errs[0]
		}
		return bad("this is no YAML that can be read")
	}
	if doc.Filter == nil || doc.Title == "" || len(doc.Logsource) == 0 {
		return bad("a filter needs title, logsource and filter")
	}
	f.id, f.title = doc.ID, doc.Title
	var detection yaml.MapSlice
	for _, item := range *doc.Filter {
		if item.Key != "rules" {
			detection = append(detection, item)
			continue
		}
		switch v := item.Value.(type) {
		case string:
			if v != "any" {
				f.rules = []string{v}
			}
		case []any:
			for _, r := range v {
				f.rules = append(f.rules, fmt.Sprint(r))
			}
		default:
			return bad("filter: rules is any, or a list of ids or names")
		}
	}
	text, err := yaml.Marshal(yaml.MapSlice{{Key: "title", Value: doc.Title}, {Key: "logsource", Value: doc.Logsource}, {Key: "detection", Value: detection}})
	if err != nil {
		return bad("the filter cannot be read: %v", err)
	}
	docs, errs := sigma.Parse("", text)
	if len(errs) > 0 {
		return bad("%s", errs[0].Reason)
	}
	if len(docs) != 1 || docs[0].Rule == nil {
		return bad("a filter is one document with selections and a condition")
	}
	f.pass = docs[0].Rule
	return f, nil
}

// withPipelines makes the options under which a layer with pipelines is read.
// One that cannot be read is not applied, and says so.
func withPipelines(o sigma.Options, pipelines []Pipeline) (sigma.Options, []string) {
	var warnings []string
	for _, p := range pipelines {
		parsed, err := sigma.ParsePipeline(p.Name, p.Body)
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("the pipeline %s is not applied: %v", p.Name, err))
			continue
		}
		for _, w := range parsed.Warnings {
			warnings = append(warnings, fmt.Sprintf("the pipeline %s: %s", p.Name, w.Reason))
		}
		o.Pipelines = append(o.Pipelines, parsed)
	}
	return o, warnings
}
