package api

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/rulepack"
	"github.com/tocsin-project/tocsin/internal/rulestats"
	"github.com/tocsin-project/tocsin/sigma"
)

// loaded finds a rule that the organisation sees among those in use.
func (s *Server) loaded(h *db.Handle, id string) (*detect.Loaded, bool) {
	for _, l := range s.Detect.Report().Loaded {
		if l.ID == id {
			return &l, shows(h.Scope().Tenant, &l)
		}
	}
	return nil, false
}

// ruleExists is nil for a rule in use, and for an own one that did not load.
func (s *Server) ruleExists(ctx context.Context, h *db.Handle, id string) error {
	if _, ok := s.loaded(h, id); ok {
		return nil
	}
	_, err := rulepack.GetOwnRule(ctx, h, id)
	if problem.Is(err, problem.NotFound) {
		return problem.New(problem.NotFound, "No such rule.")
	}
	return err
}

func (s *Server) ruleDetail(ctx context.Context, h *db.Handle, id string) (ruleDetail, error) {
	d := ruleDetail{References: []string{}, Falses: []string{}, Fields: []string{}, Needs: [][]string{}, Correlates: []string{}, Techniques: []string{}, Tests: []ruleTestView{},
		Filters: []filterView{}, HitsByDay: []hitBucket{}, History: []historyView{}}
	if err := s.ruleExists(ctx, h, id); err != nil {
		return d, err
	}
	n, err := s.names(ctx, h)
	if err != nil {
		return d, err
	}
	b, err := s.ruleBook(ctx, h)
	if err != nil {
		return d, err
	}
	d.HitsTotal = b.figures[id].Total
	if l, ok := s.loaded(h, id); ok {
		d.Loaded, d.Rule, d.Proposal = true, b.view(l), l.Proposal
		if err := s.fill(ctx, h, &d, l, n); err != nil {
			return d, err
		}
	}
	if err := s.ownDetail(ctx, h, &d, id, n); err != nil {
		return d, err
	}
	hours, err := rulestats.Hours(ctx, h, id, s.Now().Add(-days(30)))
	if err != nil {
		return d, err
	}
	d.HitsByDay = byDay(hours, true)
	off, err := rulepack.Disabled(ctx, h)
	if err != nil {
		return d, err
	}
	for _, o := range off {
		if o.Rule == id {
			d.DisabledBy, d.DisabledAt = n.pointer(o.Owner), shown(o.Since)
		}
	}
	d.History, err = s.history(ctx, h, "rule", id, n)
	return d, err
}

// fill takes over what the loaded document says.
func (s *Server) fill(ctx context.Context, h *db.Handle, d *ruleDetail, l *detect.Loaded, n names) error {
	doc, err := s.Detect.Document(l.ID)
	if err != nil {
		return nil // it was taken out between two looks
	}
	if d.YAML, err = s.Detect.Text(l.ID); err != nil {
		d.YAMLProblem = problem.Detail(err)
	}
	d.Description, d.Date, d.Modified = doc.Description, doc.Date, doc.Modified
	d.References, d.Falses = listOf(doc.References), listOf(doc.FalsePos)
	if doc.Rule != nil {
		d.Fields, d.Needs = listOf(doc.Rule.Fields()), listOf(s.Detect.Needs(l.ID))
	}
	if doc.Correlation != nil {
		d.Correlates = listOf(doc.Correlation.Rules)
	}
	for _, tag := range doc.Tags {
		if t, _ := s.Attack.Resolve(tag); t.Technique != "" {
			d.Techniques = append(d.Techniques, t.Technique)
		}
	}
	if tests := doc.Custom["tests"]; tests != nil {
		for _, t := range tests.Items {
			d.Tests = append(d.Tests, ruleTestView{nodeText(t, "name"), nodeText(t, "hits")})
		}
	}
	for _, id := range l.Filters {
		f, err := rulepack.GetFilter(ctx, h, id)
		if problem.Is(err, problem.NotFound) {
			continue // comes with a pack
		}
		if err != nil {
			return err
		}
		d.Filters = append(d.Filters, s.viewFilter(f, n))
	}
	return nil
}

func nodeText(n *sigma.Node, key string) string { return n.Get(key).Text() }

func (s *Server) ownDetail(ctx context.Context, h *db.Handle, d *ruleDetail, id string, n names) error {
	own, err := rulepack.GetOwnRule(ctx, h, id)
	if problem.Is(err, problem.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	versions, err := rulepack.OwnVersions(ctx, h, id)
	if err != nil {
		return err
	}
	d.Own = &ownRuleView{Version: own.Version, Active: own.Active, Deleted: shown(own.Deleted), Versions: []ownVersionView{}}
	for _, v := range versions {
		d.Own.Versions = append(d.Own.Versions, ownVersionView{v.Number, v.Body, v.Hash, v.Note, n.ref(v.Actor), shown(v.At), v.Number == own.Active})
	}
	if !d.Loaded {
		d.Rule = ruleView{ID: id, Title: own.Title, Tags: []string{}, Origin: string(detect.Own), State: detect.Switched, StateReason: "it is not loaded"}
		if !own.Deleted.IsZero() {
			d.Rule.StateReason = "it was deleted"
		}
		d.YAML = own.Body
	}
	return nil
}

// history is what the record holds about a thing, newest first.
func (s *Server) history(ctx context.Context, h *db.Handle, subject, id string, n names) ([]historyView, error) {
	rows, err := record.List(ctx, h, record.Filter{Subject: subject, SubjectID: id, Newest: true, Limit: 100})
	out := []historyView{}
	for _, x := range rows {
		out = append(out, historyView{shown(x.At), n.ref(x.Actor), x.Kind, x.Data})
	}
	return out, err
}
