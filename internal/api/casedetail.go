package api

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

type verbView struct {
	Verb    string   `json:"verb"`
	Label   string   `json:"label"`
	Allowed bool     `json:"allowed"`
	Missing []string `json:"missing"`
}

type explanationView struct {
	Criterion     string           `json:"criterion"`
	Title         string           `json:"title"`
	Reason        string           `json:"reason"`
	PolicyVersion string           `json:"policy_version"`
	Inputs        []classify.Input `json:"inputs"`
}

type cell struct {
	Impact  int `json:"impact"`
	Urgency int `json:"urgency"`
}

type effectsView struct {
	Confidentiality string `json:"confidentiality" enum:",claimed,likely,confirmed"`
	Integrity       string `json:"integrity" enum:",claimed,likely,confirmed"`
	Availability    string `json:"availability" enum:",claimed,likely,confirmed"`
}

type assessmentView struct {
	ID            string      `json:"id"`
	View          string      `json:"view" enum:"reporter,policy,analyst,manager"`
	Actor         PersonRef   `json:"actor"`
	At            string      `json:"at"`
	Impact        int         `json:"impact"`
	Urgency       int         `json:"urgency"`
	Breadth       int         `json:"breadth"`
	Intent        string      `json:"intent"`
	Type          string      `json:"type"`
	Confidence    int         `json:"confidence"`
	Decision      string      `json:"decision"`
	Effects       effectsView `json:"effects"`
	Reason        string      `json:"reason"`
	Criterion     string      `json:"criterion"`
	PolicyVersion string      `json:"policy_version"`
}

type reportView struct {
	ID              string       `json:"id"`
	Kind            string       `json:"kind"`
	Channel         string       `json:"channel"`
	Anonymous       bool         `json:"anonymous"`
	Reachable       bool         `json:"reachable"`
	Name            string       `json:"name"`
	Email           string       `json:"email"`
	What            string       `json:"what"`
	Place           string       `json:"place"`
	Noticed         string       `json:"noticed"`
	Created         string       `json:"created"`
	InformedClosing string       `json:"informed_closing"`
	Waiver          string       `json:"waiver"`
	Messages        []updateView `json:"messages"`
}

type updateView struct {
	FromReporter bool   `json:"from_reporter"`
	Body         string `json:"body"`
	At           string `json:"at"`
}

type actionView struct {
	ID      string    `json:"id"`
	Phase   string    `json:"phase"`
	What    string    `json:"what"`
	Target  string    `json:"target"`
	Result  string    `json:"result"`
	State   string    `json:"state"`
	Actor   PersonRef `json:"actor"`
	At      string    `json:"at"`
	Version int64     `json:"version"`
}

type noteView struct {
	ID      string    `json:"id"`
	Author  PersonRef `json:"author"`
	Body    string    `json:"body"`
	At      string    `json:"at"`
	Edited  string    `json:"edited"`
	Version int64     `json:"version"`
}

type entityView struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
	Role  string `json:"role"`
}

type participant struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

type resolutionView struct {
	Cause              string  `json:"cause"`
	Solution           string  `json:"solution"`
	ThirdParties       string  `json:"third_parties"`
	ThirdPartiesReason string  `json:"third_parties_reason"`
	Statement          string  `json:"statement"`
	CostHours          float64 `json:"cost_hours"`
	CostMoney          float64 `json:"cost_money"`
	Currency           string  `json:"currency"`
	BusinessImpact     string  `json:"business_impact"`
	Lessons            string  `json:"lessons"`
	Improvements       string  `json:"improvements"`
	RecoveryVerified   bool    `json:"recovery_verified"`
}

type similarView struct {
	Kind     string   `json:"kind"`
	ID       string   `json:"id"`
	Number   string   `json:"number"`
	Title    string   `json:"title"`
	Solution string   `json:"solution"`
	Score    float64  `json:"score"`
	Reasons  []string `json:"reasons"`
}

type caseDetail struct {
	Case        CaseView          `json:"case"`
	Anchors     map[string]string `json:"anchors"`
	NextStep    *verbView         `json:"next_step"`
	Verbs       []verbView        `json:"verbs"`
	Explanation explanationView   `json:"explanation"`
	Matrix      [3][3]int         `json:"matrix" doc:"Rows: urgency high to low; columns: impact high to low."`
	Cell        *cell             `json:"cell"`
	Assessments []assessmentView  `json:"assessments"`
	Alerts      []alertView       `json:"alerts"`
	Reports     []reportView      `json:"reports"`
	Actions     []actionView      `json:"actions"`
	Notes       []noteView        `json:"notes"`
	Entities    []entityView      `json:"entities"`
	People      []participant     `json:"people"`
	Run         *RunView          `json:"run"`
	Messages    []messageView     `json:"messages"`
	Resolution  resolutionView    `json:"resolution"`
	Similar     []similarView     `json:"similar"`
}

// detail gathers a case and everything that belongs to it.
func (s *Server) detail(ctx context.Context, h db.Querier, a *auth.Actor, id string) (caseDetail, error) {
	var d caseDetail
	c, err := cases.Get(ctx, h, id)
	if err != nil {
		return d, err
	}
	n, err := s.names(ctx, h)
	if err != nil {
		return d, err
	}
	if d.Case, err = s.viewCase(ctx, h, c, n); err != nil {
		return d, err
	}
	around := cases.Around{Manager: a.Can(auth.CasesManage), Actor: a.Person}
	if around.Actions, err = cases.ActionsOf(ctx, h, id); err != nil {
		return d, err
	}
	if around.Reports, err = cases.ReportsOf(ctx, h, id); err != nil {
		return d, err
	}
	d.verbs(&c, around, a.Can(auth.CasesWrite))
	d.Anchors = map[string]string{}
	for k, v := range c.Anchors {
		d.Anchors[k] = shown(v)
	}
	d.Explanation = explanationView{c.Detail.Criterion.ID, c.Detail.Criterion.Title, c.Detail.Reason, c.Detail.PolicyVersion, c.Detail.Inputs}
	if d.Explanation.Inputs == nil {
		d.Explanation.Inputs = []classify.Input{}
	}
	policy, err := s.Policies.Active(ctx, h, s.Now())
	if err != nil {
		return d, err
	}
	for u := range 3 {
		for i := range 3 {
			d.Matrix[u][i] = policy.Matrix.Priority(3-i, 3-u)
		}
	}
	if c.Impact > 0 && c.Urgency > 0 {
		d.Cell = &cell{c.Impact, c.Urgency}
	}
	for _, x := range around.Actions {
		d.Actions = append(d.Actions, actionView{x.ID, x.Phase, x.What, x.Target, x.Result, x.State, n.ref(x.Actor), shown(x.At), x.Version})
	}
	for _, x := range around.Reports {
		d.Reports = append(d.Reports, viewReport(x))
	}
	if err := s.children(ctx, h, &c, n, &d); err != nil {
		return d, err
	}
	if err := s.surroundings(ctx, h, a, &c, n, &d); err != nil {
		return d, err
	}
	x := c.Detail
	d.Resolution = resolutionView{x.Cause, x.Solution, x.ThirdParties, x.ThirdPartiesReason, x.Statement, number(x.CostHours), number(x.CostMoney), x.Currency, x.BusinessImpact, x.Lessons, x.Improvements, x.RecoveryVerified}
	d.never()
	return d, nil
}

func (d *caseDetail) verbs(c *cases.Case, around cases.Around, mayWrite bool) {
	view := func(v cases.Verb) verbView {
		m := cases.Missing(v.Name, c, around)
		if !mayWrite {
			m = append(m, "a role that may change cases")
		}
		if m == nil {
			m = []string{}
		}
		return verbView{v.Name, v.Label, len(m) == 0, m}
	}
	for _, v := range cases.Verbs {
		d.Verbs = append(d.Verbs, view(v))
	}
	if v, _, ok := cases.NextStep(c, around); ok {
		step := view(v)
		d.NextStep = &step
	}
}

func (s *Server) children(ctx context.Context, h db.Querier, c *cases.Case, n names, d *caseDetail) error {
	as, err := cases.AssessmentsOf(ctx, h, c.ID)
	if err != nil {
		return err
	}
	for _, x := range as {
		d.Assessments = append(d.Assessments, assessmentView{x.ID, x.View, n.ref(x.Actor), shown(x.At), x.Impact, x.Urgency, x.Breadth, x.Intent, x.Type, x.Confidence, x.Decision, effectsView(x.Effects), x.Reason, x.Criterion, x.PolicyVersion})
	}
	links, err := cases.AlertsOf(ctx, h, c.ID)
	if err != nil {
		return err
	}
	for _, l := range links {
		a, err := alert.Get(ctx, h, l.Alert)
		if err != nil {
			return err
		}
		v := viewAlert(a)
		v.ReasonJoined = l.Reason
		d.Alerts = append(d.Alerts, v)
	}
	notes, err := cases.NotesOf(ctx, h, c.ID)
	if err != nil {
		return err
	}
	for _, x := range notes {
		d.Notes = append(d.Notes, noteView{x.ID, n.ref(x.Author), x.Body, shown(x.At), shown(x.Edited), x.Version})
	}
	es, err := cases.EntitiesOf(ctx, h, c.ID)
	for _, e := range es {
		d.Entities = append(d.Entities, entityView(e))
	}
	return err
}

func viewReport(x cases.Report) reportView {
	v := reportView{x.ID, x.Kind, x.Channel, x.Anonymous, x.Reachable, x.Name, x.Email, x.What, x.Place, x.Noticed, shown(x.Created), shown(x.InformedClosing), x.Waiver, []updateView{}}
	for _, u := range x.Updates {
		v.Messages = append(v.Messages, updateView{u.FromReporter, u.Body, shown(u.At)})
	}
	return v
}

// never makes lists empty instead of null.
func (d *caseDetail) never() {
	orEmpty(&d.Verbs)
	orEmpty(&d.Assessments)
	orEmpty(&d.Alerts)
	orEmpty(&d.Reports)
	orEmpty(&d.Actions)
	orEmpty(&d.Notes)
	orEmpty(&d.Entities)
	orEmpty(&d.People)
	orEmpty(&d.Messages)
	orEmpty(&d.Similar)
}

func orEmpty[T any](p *[]T) {
	if *p == nil {
		*p = []T{}
	}
}

type timelineItem struct {
	Seq   int64           `json:"seq"`
	At    string          `json:"at"`
	Actor PersonRef       `json:"actor"`
	Kind  string          `json:"kind"`
	Text  string          `json:"text"`
	Data  json.RawMessage `json:"data"`
}

func (s *Server) timeline(ctx context.Context, h db.Querier, id, lens string) ([]timelineItem, error) {
	rows, err := record.List(ctx, h, record.Filter{Subject: "case", SubjectID: id, Limit: 1000})
	if err != nil {
		return nil, err
	}
	n, err := s.names(ctx, h)
	var out []timelineItem
	for _, r := range rows {
		if lens != "all" && cases.Lens(r.Kind) != lens {
			continue
		}
		words := ""
		if r.PersonalHash != "" && strings.HasPrefix(r.Kind, "case.") {
			if words, err = record.Personal(ctx, h, r.Seq); err != nil {
				return nil, err
			}
		}
		out = append(out, timelineItem{r.Seq, shown(r.At), n.ref(r.Actor), r.Kind, cases.Describe(r, words), r.Data})
	}
	return out, err
}

func (s *Server) caseEvents(ctx context.Context, h db.Querier, t tenant.ID, id string) ([]eventView, error) {
	links, err := cases.AlertsOf(ctx, h, id)
	if err != nil {
		return nil, err
	}
	var ids []event.ID
	for _, l := range links {
		more, err := alert.Events(ctx, h, l.Alert, 100)
		if err != nil {
			return nil, err
		}
		if ids = append(ids, more...); len(ids) > 500 {
			ids = ids[:500]
			break
		}
	}
	rows, err := s.Events.Get(ctx, t, ids)
	var out []eventView
	for i := range rows {
		out = append(out, viewEvent(&rows[i]))
	}
	return out, err
}
