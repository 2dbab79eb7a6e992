package detect

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/sigma"
)

//go:embed rules/*.yml
var starter embed.FS

// StarterRules are the rules that come with the product.
func StarterRules() fs.FS {
	sub, err := fs.Sub(starter, "rules")
	if err != nil {
		panic(err) // the path is a constant above
	}
	return sub
}

// Report says what was loaded and what was not.
type Report struct {
	Loaded   []Loaded
	Rejected []*sigma.Error
	Disabled []Disabled // panicked since they were loaded
}

// Loaded is one rule or correlation in use.
type Loaded struct {
	ID, Title, Version, File string
	Level                    sigma.Level
	Tags                     []string
	Proposal                 Proposal
	Correlation              bool
	Overrides                bool // replaces a starter rule of the same id
}

// Disabled is a rule that failed while matching.
type Disabled struct{ ID, Reason string }

// rule is one document with what its hits carry.
type rule struct {
	doc      *sigma.Document
	proposal Proposal
	severity event.Severity
	dedup    []string
	override bool // replaces a starter rule
	disabled bool // owned by Process
}

// generation is one set of rules, immutable but for what Process owns.
type generation struct {
	rules  []*rule // detection rules, in load order
	byID   map[string]*rule
	report Report

	// Owned by Process.
	correlator *sigma.Correlator
	routes     map[string][]*rule
}

const maxRuleFile = 4 << 20

// load reads both layers of rules. Only a directory that cannot be read is an
// error; a file or rule at fault is in the report.
func load(o Options) (*generation, error) {
	g := &generation{byID: map[string]*rule{}, routes: map[string][]*rule{}}
	parse := sigma.Options{Placeholders: o.Placeholders}
	var order []string
	layer := func(fsys fs.FS, own bool) error {
		docs, rejected, err := readLayer(fsys, parse)
		g.report.Rejected = append(g.report.Rejected, rejected...)
		seen := map[string]string{}
		for _, d := range docs {
			r, reject := newRule(d)
			if reject == nil && seen[d.ID] != "" {
				reject = &sigma.Error{Line: d.Line, Column: 1, Reason: "the id is already used in " + seen[d.ID]}
			}
			if reject != nil {
				reject.File, reject.Rule = d.File, d.Ref()
				g.report.Rejected = append(g.report.Rejected, reject)
				continue
			}
			seen[d.ID] = d.File
			if r.override = own && g.byID[d.ID] != nil; !r.override {
				order = append(order, d.ID)
			}
			g.byID[d.ID] = r
		}
		return err
	}
	if o.Starter != nil {
		if err := layer(o.Starter, false); err != nil {
			return nil, fmt.Errorf("starter rules: %w", err)
		}
	}
	if o.Dir != "" {
		if err := layer(os.DirFS(o.Dir), true); err != nil {
			return nil, fmt.Errorf("rules directory %s: %w", o.Dir, err)
		}
	}
	g.link(order, o.Limits)
	return g, nil
}

// link connects correlations, then lists what is in use.
func (g *generation) link(order []string, limits sigma.Limits) {
	docs := make([]*sigma.Document, 0, len(order))
	for _, id := range order {
		docs = append(docs, g.byID[id].doc)
	}
	var rejected []*sigma.Error
	g.correlator, rejected = sigma.NewCorrelator(docs, limits)
	for _, e := range rejected {
		delete(g.byID, e.Rule)
	}
	g.report.Rejected = append(g.report.Rejected, rejected...)
	for _, id := range order {
		r := g.byID[id]
		if r == nil {
			continue
		}
		if r.doc.Rule != nil {
			g.rules = append(g.rules, r)
		}
		g.report.Loaded = append(g.report.Loaded, Loaded{
			ID: id, Title: r.doc.Title, Version: r.doc.Hash, File: r.doc.File, Level: r.doc.Level, Tags: r.doc.Tags,
			Proposal: r.proposal, Correlation: r.doc.Correlation != nil, Overrides: r.override,
		})
	}
}

func newRule(d *sigma.Document) (*rule, *sigma.Error) {
	if d.ID == "" {
		return nil, &sigma.Error{Line: d.Line, Column: 1, Reason: "the rule needs an id (a UUID)"}
	}
	p, err := readProposal(d.Custom["tocsin"])
	if err != nil {
		return nil, err
	}
	r := &rule{doc: d, proposal: p, dedup: p.Dedup, severity: event.ParseSeverity(string(d.Level))}
	if d.Level == sigma.LevelNone { // its author did not say that it can be passed over
		r.severity = event.Medium
	}
	if r.dedup == nil {
		r.dedup = []string{"host.name", "user.name"}
		if d.Correlation != nil {
			r.dedup = d.Correlation.GroupBy
		}
	}
	return r, nil
}

// readLayer parses all rule files of a file system.
func readLayer(fsys fs.FS, o sigma.Options) (docs []*sigma.Document, rejected []*sigma.Error, err error) {
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil && name == "." {
			return err
		}
		bad := func(err error) {
			rejected = append(rejected, &sigma.Error{File: name, Reason: reason(err)})
		}
		if err != nil {
			bad(err)
			return nil
		}
		if ext := strings.ToLower(path.Ext(name)); d.IsDir() || ext != ".yml" && ext != ".yaml" {
			return nil
		}
		if info, err := fs.Stat(fsys, name); err != nil {
			bad(err)
			return nil
		} else if info.Size() > maxRuleFile {
			bad(fmt.Errorf("the file is over %d bytes", maxRuleFile))
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			bad(err)
			return nil
		}
		found, errs := o.Parse(name, data)
		docs, rejected = append(docs, found...), append(rejected, errs...)
		return nil
	})
	return docs, rejected, err
}

// reason is an error's text without the path of this machine.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
