package api

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/rulestats"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// ruleBook is all rules with their figures, for one request.
type ruleBook struct {
	report   detect.Report
	failed   map[string]string
	states   map[string]detect.State
	figures  map[string]rulestats.Figure // hits of seven days
	alerts   map[string]int64            // of thirty days
	verdicts map[string]cases.Verdict
	costs    map[string]detect.Cost
}

// shows reports whether an organisation may see a rule. What people set up is
// the first one's; the others see what came with the product.
func shows(t tenant.ID, l *detect.Loaded) bool {
	return t == tenant.Default || l.Origin == detect.Starter
}

func (s *Server) ruleBook(ctx context.Context, h *db.Handle) (*ruleBook, error) {
	t := h.Scope().Tenant
	b := &ruleBook{report: s.Detect.Report(), failed: map[string]string{}, costs: s.Detect.Costs()}
	b.report.Loaded = slices.DeleteFunc(slices.Clone(b.report.Loaded), func(l detect.Loaded) bool { return !shows(t, &l) })
	if t != tenant.Default {
		b.report.Rejected, b.report.Warnings = nil, nil
	}
	for _, d := range b.report.Disabled {
		b.failed[d.ID] = d.Reason
	}
	var err error
	now := s.Now()
	if b.figures, err = rulestats.Figures(ctx, h, now.Add(-days(7))); err != nil {
		return nil, err
	}
	if b.alerts, err = alert.Raised(ctx, h, now.Add(-days(30))); err != nil {
		return nil, err
	}
	if b.verdicts, err = cases.VerdictsByRule(ctx, h); err != nil {
		return nil, err
	}
	b.states = s.Detect.States(t, s.Supplies(), func(rule string) bool { return b.figures[rule].Total > 0 })
	return b, nil
}

func (b *ruleBook) view(l *detect.Loaded) ruleView {
	f, st := b.figures[l.ID], b.states[l.ID]
	v := ruleView{
		ID: l.ID, Title: l.Title, Level: string(l.Level), Status: l.Status, Tags: listOf(l.Tags), Logsource: viewLogsource(l.Logsource), Version: l.Version, File: l.File,
		Origin: string(l.Origin), Pack: l.Pack, PackVersion: l.PackVersion, Author: l.Author, License: l.License, Correlation: l.Correlation, Overrides: l.Overrides, Replaces: string(l.Replaces),
		Filters: len(l.Filters), State: st.State, StateReason: st.Reason, Disabled: l.Off, Hits: f.Hits, LastHit: shown(f.Last), Alerts: b.alerts[l.ID],
		FalsePositives: viewVerdicts(b.verdicts[l.ID]), Cost: viewCost(b.costs[l.ID]),
	}
	if v.Disabled == "" {
		v.Disabled = b.failed[l.ID]
	}
	return v
}

type ruleSearch struct {
	Q        string `query:"q" maxLength:"200" doc:"In title, id, description, tags and author."`
	Pack     string `query:"pack" maxLength:"63"`
	Origin   string `query:"origin" enum:"starter,pack,directory,own,"`
	Level    string `query:"level" enum:"informational,low,medium,high,critical,"`
	Status   string `query:"status" maxLength:"20"`
	Category string `query:"category" maxLength:"100"`
	Product  string `query:"product" maxLength:"100"`
	Service  string `query:"service" maxLength:"100"`
	State    string `query:"state" enum:"live,waiting,blind,disabled,"`
	Tag      string `query:"tag" maxLength:"100" doc:"A whole tag, or an ATT&CK technique such as T1059."`
	Hits     string `query:"hits" enum:"yes,no," doc:"Hit in the last seven days, or not."`
	Sort     string `query:"sort" enum:"title,hits,last_hit,level,cost" default:"title"`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
	Cursor   string `query:"cursor" maxLength:"400"`
}

func (s *Server) rules(r *Router) {
	handle(r, "GET", "/api/v1/rules", auth.AlertsRead, "Detection rules in use, and those that did not load", func(ctx context.Context, in *ruleSearch) (*body[rulesView], error) {
		_, h := s.scope(ctx)
		at, err := openCursor(in.Cursor, 1)
		if err != nil {
			return nil, err
		}
		b, err := s.ruleBook(ctx, h)
		if err != nil {
			return nil, err
		}
		return answer(s.search(b, in, int(atoi(at[0]))), nil)
	})
	handle(r, "GET", "/api/v1/rules/{id}", auth.AlertsRead, "One rule: text, figures, needs, filters, history", func(ctx context.Context, in *ByID) (*body[ruleDetail], error) {
		_, h := s.scope(ctx)
		return answer(s.ruleDetail(ctx, h, in.ID))
	})
	type hits struct {
		ByID
		Days int    `query:"days" minimum:"1" maximum:"90" default:"30"`
		By   string `query:"by" enum:"day,hour" default:"day"`
	}
	handle(r, "GET", "/api/v1/rules/{id}/hits", auth.AlertsRead, "Hits of a rule over time; stretches without any are left out", func(ctx context.Context, in *hits) (*body[list[hitBucket]], error) {
		_, h := s.scope(ctx)
		if err := s.ruleExists(ctx, h, in.ID); err != nil {
			return nil, err
		}
		hours, err := rulestats.Hours(ctx, h, in.ID, s.Now().Add(-days(in.Days)))
		return items(byDay(hours, in.By == "day"), err)
	})
	type explain struct {
		ByID
		Event string `path:"event" maxLength:"64"`
	}
	handle(r, "GET", "/api/v1/rules/{id}/explain/{event}", auth.EventsRead, "Why a rule matched an event, or did not", func(ctx context.Context, in *explain) (*body[explainView], error) {
		a, h := s.scope(ctx)
		if err := s.ruleExists(ctx, h, in.ID); err != nil {
			return nil, err
		}
		id, err := event.ParseID(in.Event)
		if err != nil {
			return nil, problem.New(problem.NotFound, "No such event.")
		}
		rows, err := s.Events.Get(ctx, a.Tenant, []event.ID{id})
		if err == nil && len(rows) == 0 {
			err = problem.New(problem.NotFound, "No such event.")
		}
		if err != nil {
			return nil, err
		}
		ev, err := rows[0].Event(a.Tenant)
		if err != nil {
			return nil, err
		}
		why, err := s.Detect.Explain(in.ID, &ev)
		return answer(viewExplain(in.ID, in.Event, why), err)
	})
	s.ruleSources(r)
}

// search filters, sorts and cuts a page that begins at a number.
func (s *Server) search(b *ruleBook, in *ruleSearch, from int) rulesView {
	out := rulesView{Items: []ruleView{}, Rejected: []rejectedView{}, Warnings: listOf(b.report.Warnings), States: map[string]int{}, Loaded: shown(b.report.At)}
	var found []ruleView
	for i := range b.report.Loaded {
		v := b.view(&b.report.Loaded[i])
		out.States[v.State]++
		if in.fits(&v) && (in.Q == "" || s.mentions(&v, strings.ToLower(in.Q))) {
			found = append(found, v)
		}
	}
	slices.SortStableFunc(found, func(x, y ruleView) int {
		return cmp.Or(compareRules(in.Sort, &x, &y), cmp.Compare(x.Title, y.Title), cmp.Compare(x.ID, y.ID))
	})
	out.Total = len(found)
	from = min(max(from, 0), len(found))
	end := min(from+in.Limit, len(found))
	out.Items = append(out.Items, found[from:end]...)
	if end < len(found) {
		out.Next = cursor(strconv.Itoa(end))
	}
	for _, e := range b.report.Rejected {
		out.Rejected = append(out.Rejected, rejectedView{e.File, e.Line, e.Column, e.Rule, e.Reason})
	}
	return out
}

func (in *ruleSearch) fits(v *ruleView) bool {
	for _, p := range [...]struct{ want, have string }{
		{in.Pack, v.Pack}, {in.Origin, v.Origin}, {in.Level, v.Level}, {in.Status, v.Status}, {in.State, v.State},
		{in.Category, v.Logsource.Category}, {in.Product, v.Logsource.Product}, {in.Service, v.Logsource.Service},
	} {
		if p.want != "" && !strings.EqualFold(p.want, p.have) {
			return false
		}
	}
	if in.Hits != "" && (in.Hits == "yes") != (v.Hits > 0) {
		return false
	}
	return in.Tag == "" || slices.ContainsFunc(v.Tags, func(t string) bool {
		return strings.EqualFold(t, in.Tag) || strings.EqualFold(t, "attack."+in.Tag)
	})
}

func (s *Server) mentions(v *ruleView, q string) bool {
	has := func(t string) bool { return strings.Contains(strings.ToLower(t), q) }
	if has(v.Title) || has(v.ID) || has(v.Author) || slices.ContainsFunc(v.Tags, has) {
		return true
	}
	doc, err := s.Detect.Document(v.ID)
	return err == nil && has(doc.Description)
}

func compareRules(by string, x, y *ruleView) int {
	switch by {
	case "hits":
		return cmp.Compare(y.Hits, x.Hits)
	case "last_hit":
		return cmp.Compare(y.LastHit, x.LastHit)
	case "level":
		return cmp.Compare(event.ParseSeverity(y.Level), event.ParseSeverity(x.Level))
	case "cost":
		return cmp.Compare(y.Cost.Nanos, x.Cost.Nanos)
	}
	return cmp.Compare(strings.ToLower(x.Title), strings.ToLower(y.Title))
}

type seenView struct {
	Logsource logsourceView `json:"logsource"`
	Fields    []string      `json:"fields" doc:"Native fields and columns that its events had, lower case."`
	First     string        `json:"first"`
	Last      string        `json:"last"`
}

type supplyView struct {
	Mapping    string          `json:"mapping"`
	Logsources []logsourceView `json:"logsources"`
	AnyService bool            `json:"any_service"`
	AnyField   bool            `json:"any_field" doc:"It takes over whatever names the source has."`
	Fields     []string        `json:"fields"`
}

type ruleSourcesView struct {
	Seen    []seenView   `json:"seen"`
	Mapping []supplyView `json:"mappings"`
}

func (s *Server) ruleSources(r *Router) {
	handle(r, "GET", "/api/v1/rule-sources", auth.AlertsRead, "Log sources and fields that were seen, and what the mappings can give", func(ctx context.Context, _ *none) (*body[ruleSourcesView], error) {
		a, _ := s.scope(ctx)
		out := ruleSourcesView{Seen: []seenView{}, Mapping: []supplyView{}}
		for _, x := range s.Detect.Seen() {
			if x.Tenant == a.Tenant {
				out.Seen = append(out.Seen, seenView{logsourceView(x.Logsource), listOf(x.Fields), shown(x.First), shown(x.Last.Truncate(time.Second))})
			}
		}
		for _, x := range s.Supplies() {
			v := supplyView{Mapping: x.Mapping, Logsources: []logsourceView{}, AnyService: x.AnyService, AnyField: x.AnyField, Fields: []string{}}
			for _, l := range x.Logsources {
				v.Logsources = append(v.Logsources, logsourceView(l))
			}
			for f := range x.Fields {
				v.Fields = append(v.Fields, f)
			}
			slices.Sort(v.Fields)
			out.Mapping = append(out.Mapping, v)
		}
		return answer(out, nil)
	})
}
