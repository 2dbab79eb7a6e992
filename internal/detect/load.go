package detect

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

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
	Warnings []string   // what a filter or pipeline says about itself
	At       time.Time  // when they were loaded
}

// Loaded is one rule or correlation, in use or switched off.
type Loaded struct {
	ID, Title, File string
	Version         string // SHA-256 of the document with the filters and pipelines that apply to it
	Hash            string // of the document alone
	Line            int
	Level           sigma.Level
	Status          string
	Author, License string
	Tags            []string
	Logsource       sigma.Logsource
	Proposal        Proposal
	Correlation     bool
	Overrides       bool   // replaces a rule of the same id from an earlier layer
	Replaces        Origin // of the rule that it replaces
	Origin          Origin
	Pack            string
	PackVersion     string
	Filters         []string // ids of the filters that apply
	Off             string   // why somebody switched it off; "" while it is on
}

// Disabled is a rule that failed while matching.
type Disabled struct{ ID, Reason string }

// rule is one document with what its hits carry.
type rule struct {
	doc      *sigma.Document
	layer    *Layer
	version  string
	proposal Proposal
	severity event.Severity
	dedup    []string
	replaces Origin          // of the rule whose place it takes, "" for none
	base     *sigma.Document // before filters
	needs    [][]string      // fields without which it cannot match
	off      string
	cost     cost
	// Owned by Process.
	disabled bool
	told     uint64 // evaluations that cost was told of
}

// generation is one set of rules, immutable but for what Process owns.
type generation struct {
	rules   []*rule // detection rules that are on, in load order
	byID    map[string]*rule
	all     map[string]*rule // with those that are switched off
	filters []*sigma.Document
	report  Report

	matcher *sigma.Matcher // of rules, by their numbers
	filler  *Filler

	// Owned by Process.
	correlator *sigma.Correlator
	routes     map[string]*sigma.Class
	record     *sigma.Record
	scratch    *sigma.Scratch
	hits       []int
	walked     bool // a panic of the matcher that no rule explains was logged
}

const maxRuleFile = 4 << 20

// load reads all layers of rules, each over those before it. Only what cannot
// be read at all is an error; a file or rule at fault is in the report.
func load(o Options) (*generation, error) {
	var setup Setup
	if o.Setup != nil {
		var err error
		if setup, err = o.Setup(); err != nil {
			return nil, fmt.Errorf("what is set about rules: %w", err)
		}
	}
	g := &generation{byID: map[string]*rule{}, all: map[string]*rule{}, routes: map[string]*sigma.Class{}}
	var order []string
	for _, l := range o.layers(setup) {
		if err := g.layer(&l, o, &order); err != nil {
			return nil, err
		}
	}
	order = o.closure(order, g.byID)
	g.filter(setup.Filters, order)
	for id, reason := range setup.Off {
		if r := g.byID[id]; r != nil {
			r.off = reason
		}
	}
	g.link(order, o.Limits)
	g.compile()
	g.report.At = o.now()
	return g, nil
}

// layer reads one layer over what is there.
func (g *generation) layer(l *Layer, o Options, order *[]string) error {
	docs, rejected, warnings, err := readLayer(l, o)
	if err != nil {
		return fmt.Errorf("rules of %s: %w", l.name(), err)
	}
	g.report.Rejected = append(g.report.Rejected, rejected...)
	g.report.Warnings = append(g.report.Warnings, warnings...)
	seen := map[string]string{}
	for _, d := range docs {
		if d.Filter != nil {
			g.filters = append(g.filters, d)
			continue
		}
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
		r.layer = l
		if before := g.byID[d.ID]; before != nil {
			r.replaces = before.layer.Origin
		} else {
			*order = append(*order, d.ID)
		}
		g.byID[d.ID] = r
	}
	return nil
}

func (l *Layer) name() string {
	if l.Pack != "" {
		return "the pack " + l.Pack + " " + l.PackVersion
	}
	return "the layer " + string(l.Origin)
}

// link connects correlations, then lists what is there. A rule that is off
// keeps its place below correlations, which go on without it, but is matched
// against nothing.
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
		r.version = r.doc.Hash // of filters and pipelines too
		if r.doc.Rule != nil {
			r.needs = r.doc.Rule.Needs()
		}
		g.all[id] = r
		g.report.Loaded = append(g.report.Loaded, r.loaded())
		if r.off != "" {
			delete(g.byID, id)
		} else if r.doc.Rule != nil {
			g.rules = append(g.rules, r)
		}
	}
}

// compile makes the matcher of the rules that are on.
func (g *generation) compile() {
	rules := make([]*sigma.Rule, len(g.rules))
	for i, r := range g.rules {
		rules[i] = r.doc.Rule
	}
	g.matcher = sigma.NewMatcher(rules, sigma.MatcherOptions{FoldNames: true})
	g.filler, g.record, g.scratch = NewFiller(g.matcher), g.matcher.NewRecord(), g.matcher.NewScratch()
	g.scratch.Sample(sampleEvery)
}

func (r *rule) loaded() Loaded {
	d := r.doc
	l := Loaded{
		ID: d.ID, Title: d.Title, Version: r.version, Hash: d.SourceHash, Filters: d.Filters, File: d.File, Line: d.Line, Level: d.Level, Status: d.Status, Author: d.Author, License: d.License,
		Tags: d.Tags, Proposal: r.proposal, Correlation: d.Correlation != nil, Overrides: r.replaces != "", Replaces: r.replaces,
		Origin: r.layer.Origin, Pack: r.layer.Pack, PackVersion: r.layer.PackVersion, Off: r.off,
	}
	if d.Rule != nil {
		l.Logsource = d.Rule.Logsource
	}
	return l
}

// closure keeps the rules that Only asks for, and those that their correlations
// are over.
func (o Options) closure(order []string, byID map[string]*rule) []string {
	if o.Only == nil {
		return order
	}
	names := map[string]string{}
	for id, r := range byID {
		names[id] = id
		if r.doc.Name != "" {
			names[r.doc.Name] = id
		}
	}
	keep := map[string]bool{}
	var take func(id string)
	take = func(id string) {
		if keep[id] || byID[id] == nil {
			return
		}
		keep[id] = true
		if c := byID[id].doc.Correlation; c != nil {
			for _, ref := range c.Rules {
				take(names[ref])
			}
		}
	}
	for _, id := range order {
		if o.Only(id) {
			take(id)
		}
	}
	out := order[:0]
	for _, id := range order {
		if keep[id] {
			out = append(out, id)
		} else {
			delete(byID, id)
		}
	}
	return out
}

func newRule(d *sigma.Document) (*rule, *sigma.Error) {
	if d.ID == "" {
		return nil, &sigma.Error{Line: d.Line, Column: 1, Reason: "the rule needs an id (a UUID)"}
	}
	p, err := readProposal(d.Custom["tocsin"])
	if err != nil {
		return nil, err
	}
	r := &rule{doc: d, base: d, proposal: p, dedup: p.Dedup, severity: event.ParseSeverity(string(d.Level))}
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

func dirFS(dir string) fs.FS { return os.DirFS(dir) }

// readLayer parses all rule files of a layer.
func readLayer(l *Layer, options Options) (docs []*sigma.Document, rejected []*sigma.Error, warnings []string, err error) {
	fsys := l.Files
	o, rejected, warnings := withPipelines(sigma.Options{Placeholders: options.Placeholders}, l.Pipelines)
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
	return docs, rejected, warnings, err
}

// reason is an error's text without the path of this machine.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
