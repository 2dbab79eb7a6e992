package api

import (
	"context"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

type tokenView struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Scopes   []string  `json:"scopes"`
	Person   PersonRef `json:"person"`
	Created  string    `json:"created"`
	Expires  string    `json:"expires"`
	LastUsed string    `json:"last_used"`
	Revoked  string    `json:"revoked"`
	Token    string    `json:"token,omitempty" doc:"The secret; shown once."`
}

func viewToken(t auth.Token, n names) tokenView {
	return tokenView{ID: t.ID, Name: t.Name, Scopes: t.Scopes, Person: n.ref(t.Person), Created: shown(t.Created), Expires: shown(t.Expires), LastUsed: shown(t.LastUsed), Revoked: shown(t.Revoked)}
}

func (s *Server) tokens(r *Router) {
	own := func(a *auth.Actor) string {
		if a.Can(auth.TokensAdmin) {
			return ""
		}
		return a.Person
	}
	handle(r, "GET", "/api/v1/tokens", auth.TokensOwn, "API tokens: one's own, or all for who administers them", func(ctx context.Context, _ *none) (*body[list[tokenView]], error) {
		a, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		ts, err := auth.Tokens(ctx, h, own(a))
		var out []tokenView
		for _, t := range ts {
			out = append(out, viewToken(t, n))
		}
		return items(out, err)
	})
	type create struct {
		Body struct {
			Name   string   `json:"name" maxLength:"100"`
			Scopes []string `json:"scopes" maxItems:"50"`
			Days   int      `json:"days" minimum:"1" maximum:"366" default:"90"`
		}
	}
	handle(r, "POST", "/api/v1/tokens", auth.TokensOwn, "Make an API token for oneself", func(ctx context.Context, in *create) (*body[tokenView], error) {
		a, h := s.scope(ctx)
		for _, scope := range in.Body.Scopes {
			if strings.HasPrefix(scope, "ingest:") && !a.Can(auth.SourcesAdmin) {
				return nil, problem.New(problem.Denied, "Only who administers sources makes tokens that send events.")
			}
		}
		var t auth.Token
		var secret string
		err := h.Tx(ctx, func(tx *db.Tx) (err error) {
			t, secret, err = s.Auth.NewToken(ctx, tx, a.Person, in.Body.Name, in.Body.Scopes, time.Duration(in.Body.Days)*24*time.Hour)
			return err
		})
		if err != nil {
			return nil, err
		}
		n, err := s.names(ctx, h)
		v := viewToken(t, n)
		v.Token = secret
		return answer(v, err)
	})
	handle(r, "DELETE", "/api/v1/tokens/{id}", auth.TokensOwn, "Revoke an API token", func(ctx context.Context, in *ByID) (*none, error) {
		a, h := s.scope(ctx)
		return nil, h.Tx(ctx, func(tx *db.Tx) error { return s.Auth.RevokeToken(ctx, tx, in.ID, own(a)) })
	})
}
