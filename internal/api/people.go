package api

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/problem"
)

type contactView struct {
	ID       string `json:"id"`
	Channel  string `json:"channel" enum:"email,webhook,ntfy"`
	Address  string `json:"address"`
	Position int    `json:"position"`
}

type personDetail struct {
	PersonView
	Active     bool          `json:"active"`
	Version    int64         `json:"version"`
	Contacts   []contactView `json:"contacts"`
	Invitation string        `json:"invitation,omitempty" doc:"Where the person sets a passphrase; shown once."`
}

func (s *Server) viewPerson(ctx context.Context, q db.Querier, p auth.Person) (personDetail, error) {
	d := personDetail{PersonView: PersonView{p.ID, p.Name, p.Login, p.Email, p.Roles}, Active: p.Active, Version: p.Version, Contacts: []contactView{}}
	cs, err := oncall.Contacts(ctx, q, p.ID)
	for _, c := range cs {
		d.Contacts = append(d.Contacts, contactView{c.ID, c.Channel, c.Address, c.Position})
	}
	return d, err
}

func (s *Server) people(r *Router) {
	handle(r, "GET", "/api/v1/people", auth.PeopleRead, "People with their roles and contact points", func(ctx context.Context, _ *none) (*body[list[personDetail]], error) {
		_, h := s.scope(ctx)
		ps, err := auth.People(ctx, h)
		if err != nil {
			return nil, err
		}
		var out []personDetail
		for _, p := range ps {
			d, err := s.viewPerson(ctx, h, p)
			if err != nil {
				return nil, err
			}
			out = append(out, d)
		}
		return items(out, nil)
	})
	type invite struct {
		Body struct {
			Name  string      `json:"name" maxLength:"200"`
			Login string      `json:"login" maxLength:"100"`
			Email string      `json:"email,omitempty" maxLength:"300"`
			Roles []auth.Role `json:"roles" maxItems:"10"`
		}
	}
	handle(r, "POST", "/api/v1/people", auth.PeopleAdmin, "Invite a person", func(ctx context.Context, in *invite) (*body[personDetail], error) {
		_, h := s.scope(ctx)
		var d personDetail
		err := h.Tx(ctx, func(tx *db.Tx) error {
			p, secret, err := s.Auth.Invite(ctx, tx, auth.Person{Name: in.Body.Name, Login: in.Body.Login, Email: in.Body.Email, Roles: in.Body.Roles})
			if err != nil {
				return err
			}
			if p.Email != "" {
				if _, err := s.Oncall.AddContact(ctx, tx, p.ID, "email", p.Email); err != nil {
					return err
				}
			}
			d, err = s.viewPerson(ctx, tx, p)
			d.Invitation = s.BaseURL + "/welcome?token=" + secret
			return err
		})
		return answer(d, err)
	})
	type update struct {
		ByID
		IfMatchVersion
		Body struct {
			Name   string      `json:"name" maxLength:"200"`
			Email  string      `json:"email,omitempty" maxLength:"300"`
			Roles  []auth.Role `json:"roles" maxItems:"10"`
			Active bool        `json:"active"`
		}
	}
	handle(r, "PUT", "/api/v1/people/{id}", auth.PeopleAdmin, "Change a person's roles, name, address, or whether the account is active", func(ctx context.Context, in *update) (*body[personDetail], error) {
		_, h := s.scope(ctx)
		v, err := in.version()
		if err != nil {
			return nil, err
		}
		var d personDetail
		err = h.Tx(ctx, func(tx *db.Tx) error {
			p, err := auth.GetPerson(ctx, tx, in.ID)
			if err != nil {
				return err
			}
			p.Name, p.Email, p.Roles, p.Active, p.Version = in.Body.Name, in.Body.Email, in.Body.Roles, in.Body.Active, v
			if err := s.Auth.UpdatePerson(ctx, tx, p); err != nil {
				return err
			}
			p.Version++
			d, err = s.viewPerson(ctx, tx, p)
			return err
		})
		return answer(d, err)
	})
	type renewed struct {
		Invitation string `json:"invitation" doc:"Where the person sets a passphrase; shown once."`
	}
	handle(r, "POST", "/api/v1/people/{id}/invitation", auth.PeopleAdmin, "Make a new sign-in link for a person who lost the passphrase or the invitation", func(ctx context.Context, in *ByID) (*body[renewed], error) {
		_, h := s.scope(ctx)
		var secret string
		err := h.Tx(ctx, func(tx *db.Tx) (err error) {
			secret, err = s.Auth.Renew(ctx, tx, in.ID)
			return err
		})
		return answer(renewed{s.BaseURL + "/welcome?token=" + secret}, err)
	})
	s.contacts(r)
}

// contacts are changed by the person or by who administers people.
func (s *Server) contacts(r *Router) {
	allowed := func(a *auth.Actor, person string) error {
		if a.Person != person && !a.Can(auth.PeopleAdmin) {
			return problem.New(problem.Denied, "Only the person, or who administers people, may change contact points.")
		}
		return nil
	}
	type add struct {
		ByID
		Body struct {
			Channel string `json:"channel" enum:"email,webhook,ntfy"`
			Address string `json:"address" maxLength:"2000"`
		}
	}
	handle(r, "POST", "/api/v1/people/{id}/contacts", auth.PeopleRead, "Add a contact point", func(ctx context.Context, in *add) (*body[contactView], error) {
		a, h := s.scope(ctx)
		if err := allowed(a, in.ID); err != nil {
			return nil, err
		}
		var c oncall.Contact
		err := h.Tx(ctx, func(tx *db.Tx) (err error) {
			if _, err := auth.GetPerson(ctx, tx, in.ID); err != nil {
				return err
			}
			c, err = s.Oncall.AddContact(ctx, tx, in.ID, in.Body.Channel, in.Body.Address)
			return err
		})
		return answer(contactView{c.ID, c.Channel, c.Address, c.Position}, err)
	})
	type one struct {
		ByID
		Contact string `path:"contact" maxLength:"64"`
	}
	mine := func(ctx context.Context, tx *db.Tx, in *one) error {
		c, err := oncall.GetContact(ctx, tx, in.Contact)
		if err == nil && c.Person != in.ID {
			err = problem.New(problem.NotFound, "No such contact point.")
		}
		return err
	}
	handle(r, "DELETE", "/api/v1/people/{id}/contacts/{contact}", auth.PeopleRead, "Remove a contact point", func(ctx context.Context, in *one) (*none, error) {
		a, h := s.scope(ctx)
		if err := allowed(a, in.ID); err != nil {
			return nil, err
		}
		return nil, h.Tx(ctx, func(tx *db.Tx) error {
			if err := mine(ctx, tx, in); err != nil {
				return err
			}
			return s.Oncall.RemoveContact(ctx, tx, in.Contact)
		})
	})
	type sent struct {
		Message string `json:"message"`
	}
	handle(r, "POST", "/api/v1/people/{id}/contacts/{contact}/test", auth.PeopleRead, "Send a test message to a contact point", func(ctx context.Context, in *one) (*body[sent], error) {
		a, h := s.scope(ctx)
		if err := allowed(a, in.ID); err != nil {
			return nil, err
		}
		var m string
		err := h.Tx(ctx, func(tx *db.Tx) (err error) {
			if err := mine(ctx, tx, in); err != nil {
				return err
			}
			m, err = s.Oncall.TestContact(ctx, tx, in.Contact)
			return err
		})
		return answer(sent{m}, err)
	})
}
