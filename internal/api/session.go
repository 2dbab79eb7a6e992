package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsin-project/tocsin/internal/auth"
)

// PersonView is a person with an account.
type PersonView struct {
	ID    string      `json:"id"`
	Name  string      `json:"name"`
	Login string      `json:"login"`
	Email string      `json:"email"`
	Roles []auth.Role `json:"roles"`
}

type meView struct {
	Person      PersonView        `json:"person"`
	CSRF        string            `json:"csrf" doc:"Send it as X-Tocsin-CSRF with every change."`
	Permissions []auth.Permission `json:"permissions"`
}

type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      meView
}

func (s *Server) session(r *Router) {
	handle(r, "GET", "/api/v1/me", auth.SignedIn, "Who is signed in, and what they may do", func(ctx context.Context, _ *none) (*body[meView], error) {
		return answer(s.me(ctx, auth.From(ctx)))
	})
	type login struct {
		Secure string `header:"X-Forwarded-Proto"`
		Body   struct {
			Login      string `json:"login" maxLength:"200"`
			Passphrase string `json:"passphrase" maxLength:"400"`
		}
	}
	handle(r, "POST", "/api/v1/login", auth.Public, "Sign in with a passphrase", func(ctx context.Context, in *login) (*signedIn, error) {
		p := peerFrom(ctx)
		got, err := s.Auth.Login(ctx, r.Tenant, in.Body.Login, in.Body.Passphrase, p.addr, p.agent)
		return s.welcome(ctx, got, in.Secure, err)
	})
	handle(r, "POST", "/api/v1/logout", auth.SignedIn, "End the session", func(ctx context.Context, _ *none) (*struct {
		SetCookie http.Cookie `header:"Set-Cookie"`
	}, error) {
		if err := s.Auth.Logout(ctx, auth.From(ctx)); err != nil {
			return nil, err
		}
		return &struct {
			SetCookie http.Cookie `header:"Set-Cookie"`
		}{http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode}}, nil
	})
	type setup struct {
		Secure string `header:"X-Forwarded-Proto"`
		Body   struct {
			Token      string `json:"token" maxLength:"200"`
			Name       string `json:"name" maxLength:"200"`
			Login      string `json:"login" maxLength:"100"`
			Email      string `json:"email,omitempty" maxLength:"300"`
			Passphrase string `json:"passphrase" maxLength:"400"`
		}
	}
	handle(r, "POST", "/api/v1/setup", auth.Public, "Make the first administrator, with the one-time link of the first start", func(ctx context.Context, in *setup) (*signedIn, error) {
		p, b := peerFrom(ctx), in.Body
		got, err := s.Auth.Setup(ctx, b.Token, auth.Person{Login: b.Login, Name: b.Name, Email: b.Email}, b.Passphrase, p.addr, p.agent, s.Defaults)
		return s.welcome(ctx, got, in.Secure, err)
	})
	type invitation struct {
		Secure string `header:"X-Forwarded-Proto"`
		Body   struct {
			Token      string `json:"token" maxLength:"200"`
			Passphrase string `json:"passphrase" maxLength:"400"`
		}
	}
	handle(r, "POST", "/api/v1/invitation", auth.Public, "Set the passphrase of an invited person", func(ctx context.Context, in *invitation) (*signedIn, error) {
		p := peerFrom(ctx)
		got, err := s.Auth.Accept(ctx, in.Body.Token, in.Body.Passphrase, p.addr, p.agent)
		return s.welcome(ctx, got, in.Secure, err)
	})
}

func (s *Server) welcome(ctx context.Context, got auth.Session, proto string, err error) (*signedIn, error) {
	if err != nil {
		return nil, err
	}
	me, err := s.me(ctx, got.Actor)
	if err != nil {
		return nil, err
	}
	return &signedIn{Body: me, SetCookie: http.Cookie{Name: cookieName, Value: got.Secret, Path: "/", Expires: got.Expires, MaxAge: int(time.Until(got.Expires).Seconds()), HttpOnly: true, Secure: proto == "https", SameSite: http.SameSiteLaxMode}}, nil
}

func (s *Server) me(ctx context.Context, a *auth.Actor) (meView, error) {
	p, err := auth.GetPerson(ctx, s.DB.For(a.Tenant, a.ID()), a.Person)
	if err != nil {
		return meView{}, err
	}
	return meView{Person: PersonView{p.ID, p.Name, p.Login, p.Email, p.Roles}, CSRF: a.CSRF, Permissions: a.Permissions()}, nil
}
