package app

import (
	"context"
	"slices"
	"strings"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/dashboards"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// colleagues finds people for mailings by address.
type colleagues struct{}

func (colleagues) ByAddress(ctx context.Context, q db.Querier, addresses []string) (people, unknown []string, err error) {
	all, err := auth.People(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range addresses {
		i := slices.IndexFunc(all, func(p auth.Person) bool {
			return p.Active && p.Email != "" && strings.EqualFold(p.Email, strings.TrimSpace(a))
		})
		switch {
		case i < 0:
			unknown = append(unknown, a)
		case !slices.Contains(people, all[i].ID):
			people = append(people, all[i].ID)
		}
	}
	return people, unknown, nil
}

func (colleagues) Addresses(ctx context.Context, q db.Querier, people []string) (map[string]string, error) {
	all, err := auth.People(ctx, q)
	out := map[string]string{}
	for _, p := range all {
		if p.Active && p.Email != "" && slices.Contains(people, p.ID) {
			out[p.ID] = p.Email
		}
	}
	return out, err
}

// pictureMail sends the pictures of dashboards.
type pictureMail struct {
	n    *notify.Service
	mail bool // a mail server is configured
}

func (p pictureMail) Ready() error {
	if !p.mail {
		return problem.New(problem.Conflict, "No mail server is configured, so nothing can be mailed. Set smtp.host and start Tocsin again.")
	}
	return nil
}

func (p pictureMail) Queue(ctx context.Context, tx *db.Tx, m dashboards.Mailing) error {
	picture, err := p.n.KeepPicture(ctx, tx, notify.Picture{Name: m.File, Type: "image/png", Data: m.PNG})
	if err != nil {
		return err
	}
	for _, person := range m.People {
		_, err := p.n.QueueWith(ctx, tx, notify.Message{Kind: notify.KindInfo, Channel: "email", Recipient: person, RecipientKind: "person", Subject: m.Subject, Body: m.Body, Link: m.Link, Priority: 2}, picture)
		if err != nil {
			return err
		}
	}
	return nil
}
