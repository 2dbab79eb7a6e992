package api

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/rulepack"
)

type filterView struct {
	ID            string     `json:"id"`
	Title         string     `json:"title"`
	YAML          string     `json:"yaml"`
	State         string     `json:"state" enum:"active,expired,retired"`
	Owner         *PersonRef `json:"owner" doc:"Who answers for it."`
	Author        *PersonRef `json:"author"`
	Reason        string     `json:"reason"`
	Created       string     `json:"created"`
	Expires       string     `json:"expires"`
	Retired       string     `json:"retired"`
	RetiredReason string     `json:"retired_reason"`
	Rules         []string   `json:"rules" doc:"Rules in use that it applies to, at most 500."`
}

func (s *Server) viewFilter(f rulepack.Filter, n names) filterView {
	v := filterView{ID: f.ID, Title: f.Title, YAML: f.Body, State: f.State(s.Now()), Owner: n.pointer(f.Owner), Author: n.pointer(f.Author), Reason: f.Reason,
		Created: shown(f.Created), Expires: shown(f.Expires), Retired: shown(f.Retired), RetiredReason: f.RetiredReason, Rules: []string{}}
	if v.State == "active" {
		ids := s.Detect.FilterRules(f.Body)
		v.Rules = append(v.Rules, ids[:min(len(ids), 500)]...)
	}
	return v
}

type changedFilter struct {
	Filter filterView `json:"filter"`
	Reload reloadView `json:"reload"`
}

func (s *Server) ruleFilters(r *Router) {
	type search struct {
		State string `query:"state" enum:"active,expired,retired,"`
		Rule  string `query:"rule" maxLength:"100" doc:"Those that apply to this rule."`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
	}
	handle(r, "GET", "/api/v1/rule-filters", auth.AlertsRead, "Filters that tune rules, newest first", func(ctx context.Context, in *search) (*body[list[filterView]], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		fs, err := rulepack.Filters(ctx, h, in.Limit)
		var out []filterView
		for _, f := range fs {
			v := s.viewFilter(f, n)
			if (in.State == "" || in.State == v.State) && (in.Rule == "" || contains(v.Rules, in.Rule)) {
				out = append(out, v)
			}
		}
		return items(out, err)
	})
	type create struct {
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           struct {
			YAML    string `json:"yaml" maxLength:"262144"`
			Reason  string `json:"reason" minLength:"3" maxLength:"1000"`
			Owner   string `json:"owner,omitempty" maxLength:"64" doc:"Who answers for it; by default who makes it."`
			Expires string `json:"expires" doc:"RFC 3339; two years from now at the latest."`
		}
	}
	handle(r, "POST", "/api/v1/rule-filters", auth.DetectionWrite, "Add a filter", func(ctx context.Context, in *create) (*body[changedFilter], error) {
		a, h := s.scope(ctx)
		expires, err := parseTime("expires", in.Body.Expires)
		if err != nil {
			return nil, err
		}
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		owner := in.Body.Owner
		if owner == "" {
			owner = a.Person
		}
		if _, ok := n.known[owner]; !ok {
			return nil, problem.New(problem.Invalid, "The owner is nobody who is known here.")
		}
		out, err := once(ctx, s, in.IdempotencyKey, in.Body, func(tx *db.Tx) (changedFilter, error) {
			f, err := s.Packs.AddFilter(ctx, tx, in.Body.YAML, owner, in.Body.Reason, expires)
			return changedFilter{Filter: s.viewFilter(f, n)}, err
		}, a, h)
		if err == nil {
			out.Body.Reload = s.reload()
		}
		return out, err
	})
	type retire struct {
		ByID
		withReason
	}
	handle(r, "POST", "/api/v1/rule-filters/{id}/retire", auth.DetectionWrite, "End a filter before its time", func(ctx context.Context, in *retire) (*body[changedFilter], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		var f rulepack.Filter
		err = h.Tx(ctx, func(tx *db.Tx) (err error) {
			f, err = s.Packs.RetireFilter(ctx, tx, in.ID, in.Body.Reason)
			return err
		})
		if err != nil {
			return nil, err
		}
		return answer(changedFilter{s.viewFilter(f, n), s.reload()}, nil)
	})
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
