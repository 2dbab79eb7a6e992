package api

import (
	"context"
	"strconv"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// CaseRef names a case.
type CaseRef struct {
	ID     string `json:"id"`
	Number string `json:"number"`
}

type alertView struct {
	ID           string            `json:"id"`
	Kind         string            `json:"kind" enum:"rule,search,monitor,tool" doc:"What raised it; of a search, rule is the saved search's id and fields hold its query."`
	Rule         string            `json:"rule"`
	RuleTitle    string            `json:"rule_title"`
	RuleVersion  string            `json:"rule_version" doc:"SHA-256 of the rule as it applied: document, filters, pipelines."`
	Pack         string            `json:"pack" doc:"The rule's pack; empty for a rule of none."`
	PackVersion  string            `json:"pack_version"`
	Severity     string            `json:"severity"`
	Summary      string            `json:"summary"`
	Why          string            `json:"why" doc:"Of a correlation or a rule of the unusual: what was counted or is new, in words; else empty."`
	Count        int64             `json:"count"`
	FirstSeen    string            `json:"first_seen"`
	LastSeen     string            `json:"last_seen"`
	Cleared      string            `json:"cleared"`
	Exercise     string            `json:"exercise"`
	Tags         []string          `json:"tags"`
	Fields       []alert.NameValue `json:"fields" doc:"Fields whose values made the rule match, of the first event."`
	Events       []string          `json:"events,omitempty" doc:"Exact events, oldest first, at most 1,000; only where one alert is asked for."`
	Case         *CaseRef          `json:"case,omitempty"`
	ReasonJoined string            `json:"reason_joined,omitempty"`
}

func viewAlert(a alert.Alert) alertView {
	tags := a.Facts.Tags
	if tags == nil {
		tags = []string{}
	}
	return alertView{ID: a.ID, Kind: a.Kind, Rule: a.Rule, RuleTitle: a.Title, RuleVersion: a.Version, Pack: a.Facts.Pack, PackVersion: a.Facts.PackVersion, Fields: listOf(a.Facts.Fields), Severity: a.Severity.String(), Summary: a.Summary, Why: a.Facts.Why, Count: a.Count,
		FirstSeen: shown(a.First), LastSeen: shown(a.Last), Cleared: shown(a.Cleared), Exercise: a.Exercise, Tags: tags}
}

func (s *Server) alerts(r *Router) {
	type search struct {
		Paging
		Q string `query:"q" maxLength:"200"`
	}
	handle(r, "GET", "/api/v1/alerts", auth.AlertsRead, "Alerts, newest first", func(ctx context.Context, in *search) (*body[list[alertView]], error) {
		_, h := s.scope(ctx)
		at, err := openCursor(in.Cursor, 2)
		if err != nil {
			return nil, err
		}
		as, err := alert.List(ctx, h, in.Q, atoi(at[0]), at[1], in.Limit)
		if err != nil {
			return nil, err
		}
		out := []alertView{}
		for _, a := range as {
			v, err := s.alertOf(ctx, h, a)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		page := list[alertView]{Items: out}
		if len(as) == in.Limit {
			last := as[len(as)-1]
			page.Next = cursor(strconv.FormatInt(db.Micros(last.Last), 10), last.ID)
		}
		return answer(page, nil)
	})
	handle(r, "GET", "/api/v1/alerts/{id}", auth.AlertsRead, "One alert", func(ctx context.Context, in *ByID) (*body[alertView], error) {
		_, h := s.scope(ctx)
		a, err := alert.Get(ctx, h, in.ID)
		if err != nil {
			return nil, err
		}
		v, err := s.alertOf(ctx, h, a)
		if err != nil {
			return nil, err
		}
		ids, err := alert.Events(ctx, h, a.ID, 1000)
		for _, id := range ids {
			v.Events = append(v.Events, id.String())
		}
		return answer(v, err)
	})
}

func (s *Server) alertOf(ctx context.Context, q db.Querier, a alert.Alert) (alertView, error) {
	v := viewAlert(a)
	c, err := cases.CaseOfAlert(ctx, q, a.ID)
	if problem.Is(err, problem.NotFound) {
		return v, nil
	}
	v.Case = &CaseRef{c.ID, c.Label()}
	return v, err
}
