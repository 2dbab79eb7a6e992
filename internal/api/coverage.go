package api

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/attack"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/rulestats"
)

type coverageView struct {
	Version string `json:"version" doc:"Of ATT&CK."`
	Source  string `json:"source"`
	attack.Coverage
}

func (s *Server) coverage(r *Router) {
	handle(r, "GET", "/api/v1/coverage", auth.AlertsRead, "Which ATT&CK techniques the rules cover", func(ctx context.Context, _ *none) (*body[coverageView], error) {
		_, h := s.scope(ctx)
		c, err := s.covered(ctx, h)
		return answer(coverageView{attack.Version, attack.Source, c}, err)
	})
	type layer struct {
		By string `query:"by" enum:"rules,live,hits" default:"rules" doc:"What colours a cell."`
	}
	handle(r, "GET", "/api/v1/coverage/navigator", auth.AlertsRead, "The coverage as a layer for the ATT&CK Navigator", func(ctx context.Context, in *layer) (*body[attack.Layer], error) {
		_, h := s.scope(ctx)
		c, err := s.covered(ctx, h)
		return answer(c.Navigator("Tocsin detection", in.By), err)
	})
}

func (s *Server) covered(ctx context.Context, h *db.Handle) (attack.Coverage, error) {
	b, err := s.ruleBook(ctx, h)
	if err != nil {
		return attack.Coverage{}, err
	}
	month, err := rulestats.Figures(ctx, h, s.Now().Add(-days(30)))
	if err != nil {
		return attack.Coverage{}, err
	}
	var rules []attack.Rule
	for _, l := range b.report.Loaded {
		rules = append(rules, attack.Rule{ID: l.ID, Tags: l.Tags, State: b.states[l.ID].State, Hits: month[l.ID].Hits})
	}
	return s.Attack.Cover(rules), nil
}
