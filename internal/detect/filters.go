package detect

import (
	"slices"

	"github.com/tocsin-project/tocsin/sigma"
)

// This file is the one place where filters and pipelines meet rules.

// parseFilter reads one Sigma filter.
func parseFilter(body string) (*sigma.Document, *sigma.Error) {
	docs, errs := sigma.Parse("", []byte(body))
	switch {
	case len(errs) > 0:
		return nil, errs[0]
	case len(docs) != 1 || docs[0].Filter == nil:
		return nil, &sigma.Error{Line: 1, Column: 1, Reason: "one document with a filter is wanted"}
	}
	return docs[0], nil
}

// filter narrows rules by the filters of the layers and by those that people
// made. A condition is taken as it is written: "not selection" leaves out what
// the selection names. Correlations are not narrowed, the rules below them are.
func (g *generation) filter(filters []Filter, order []string) {
	docs := make([]*sigma.Document, 0, len(order)+len(filters))
	for _, id := range order {
		docs = append(docs, g.byID[id].doc)
	}
	docs = append(docs, g.filters...)
	for _, f := range filters {
		d, err := parseFilter(f.Body)
		if err != nil {
			err.File = "filter " + f.ID
			g.report.Rejected = append(g.report.Rejected, err)
			continue
		}
		d.File, d.ID = "filter "+f.ID, f.ID // what narrowed rules call it
		g.filters = append(g.filters, d)
		docs = append(docs, d)
	}
	narrowed, warnings := sigma.ApplyFilters(docs, sigma.FilterAsWritten)
	for _, d := range narrowed {
		g.byID[d.ID].doc = d
	}
	for _, w := range warnings {
		g.report.Warnings = append(g.report.Warnings, w.String())
	}
}

// covers reports whether a filter is for a rule.
func covers(f *sigma.Filter, d *sigma.Document) bool {
	return d.Rule != nil && f.Logsource.Contains(d.Rule.Logsource) && (f.Any || slices.Contains(f.Rules, d.ID) || d.Name != "" && slices.Contains(f.Rules, d.Name))
}

// stoppedBy lists the filters that each, alone, hold an event back from a rule.
func (g *generation) stoppedBy(r *rule, ev sigma.Event) (out []string) {
	if !r.base.Rule.Match(ev) {
		return nil
	}
	for _, f := range g.filters {
		if !slices.Contains(r.doc.Filters, f.Ref()) {
			continue
		}
		one, _ := sigma.ApplyFilters([]*sigma.Document{r.base, f}, sigma.FilterAsWritten)
		if !one[0].Rule.Match(ev) {
			out = append(out, f.Ref())
		}
	}
	return out
}

// withPipelines makes the options under which a layer with pipelines is read. A
// pipeline with a mistake is named and left out.
func withPipelines(o sigma.Options, pipelines []Pipeline) (_ sigma.Options, rejected []*sigma.Error, warnings []string) {
	for _, p := range pipelines {
		parsed, err := sigma.ParsePipeline("pipelines/"+p.Name, p.Body)
		if err != nil {
			rejected = append(rejected, err)
			continue
		}
		for _, w := range parsed.Warnings {
			warnings = append(warnings, w.String())
		}
		o.Pipelines = append(o.Pipelines, parsed)
	}
	return o, rejected, warnings
}
