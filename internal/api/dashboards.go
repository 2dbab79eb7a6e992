package api

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/dashboards"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

func owns(a *auth.Actor) dashboards.Who {
	return dashboards.Who{Person: a.Person, Manages: a.Can(auth.CasesManage)}
}

// changeDashboard runs what makes or changes one, and answers with it.
func (s *Server) changeDashboard(ctx context.Context, do func(tx *db.Tx, w dashboards.Who) (dashboards.Dashboard, error)) (*body[dashboardView], error) {
	a, h := s.scope(ctx)
	n, err := s.names(ctx, h)
	if err != nil {
		return nil, err
	}
	var v dashboardView
	err = h.Tx(ctx, func(tx *db.Tx) error {
		d, err := do(tx, owns(a))
		if err != nil {
			return err
		}
		v, err = s.viewDashboard(ctx, tx, d, n)
		return err
	})
	return answer(v, err)
}

type BoardWindow struct {
	ByID
	From string `query:"from" maxLength:"64" doc:"RFC 3339, a date, or relative such as now-24h; empty: the range of panel or dashboard"`
	To   string `query:"to" maxLength:"64" doc:"As from; empty: now"`
}

func (s *Server) dashboards(r *Router) {
	type page struct {
		Limit int `query:"limit" minimum:"1" maximum:"2000" default:"500"`
	}
	handle(r, "GET", "/api/v1/dashboards", auth.EventsRead, "Dashboards: those that come with Tocsin, one's own and those that others share", func(ctx context.Context, in *page) (*body[list[dashboardView]], error) {
		a, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		all, err := s.Dashboards.List(ctx, h, owns(a))
		if err != nil {
			return nil, err
		}
		var out []dashboardView
		for _, d := range all[:min(len(all), in.Limit)] {
			v, err := s.viewDashboard(ctx, h, d, n)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return items(out, nil)
	})
	handle(r, "GET", "/api/v1/dashboards/{id}", auth.EventsRead, "One dashboard", func(ctx context.Context, in *ByID) (*body[dashboardView], error) {
		a, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		d, err := s.Dashboards.Get(ctx, h, owns(a), in.ID)
		if err != nil {
			return nil, err
		}
		return answer(s.viewDashboard(ctx, h, d, n))
	})
	type create struct {
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           dashboardForm
	}
	handle(r, "POST", "/api/v1/dashboards", auth.EventsRead, "Make a dashboard, or a copy of one", func(ctx context.Context, in *create) (*body[dashboardView], error) {
		a, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		return once(ctx, s, in.IdempotencyKey, in.Body, func(tx *db.Tx) (dashboardView, error) {
			b, m := in.Body.read()
			d, err := s.Dashboards.Create(ctx, tx, b, m)
			if err != nil {
				return dashboardView{}, err
			}
			return s.viewDashboard(ctx, tx, d, n)
		}, a, h)
	})
	type change struct {
		ByID
		IfMatchVersion
		Body dashboardForm
	}
	handle(r, "PUT", "/api/v1/dashboards/{id}", auth.EventsRead, "Change a dashboard, or when it is mailed", func(ctx context.Context, in *change) (*body[dashboardView], error) {
		v, err := in.version()
		if err != nil {
			return nil, err
		}
		return s.changeDashboard(ctx, func(tx *db.Tx, w dashboards.Who) (dashboards.Dashboard, error) {
			b, m := in.Body.read()
			return s.Dashboards.Update(ctx, tx, w, in.ID, v, b, m)
		})
	})
	type remove struct {
		ByID
		IfMatchVersion
	}
	handle(r, "DELETE", "/api/v1/dashboards/{id}", auth.EventsRead, "Remove a dashboard", func(ctx context.Context, in *remove) (*none, error) {
		a, h := s.scope(ctx)
		v, err := in.versionIfAny()
		if err != nil {
			return nil, err
		}
		return nil, h.Tx(ctx, func(tx *db.Tx) error { return s.Dashboards.Delete(ctx, tx, owns(a), in.ID, v) })
	})
	type panel struct {
		BoardWindow
		Panel string `path:"panel" maxLength:"64"`
	}
	handle(r, "GET", "/api/v1/dashboards/{id}/panels/{panel}", auth.EventsRead, "The answer of a panel, at most ten seconds old", func(ctx context.Context, in *panel) (*body[panelAnswer], error) {
		a, h := s.scope(ctx)
		d, err := s.Dashboards.Get(ctx, h, owns(a), in.ID)
		if err != nil {
			return nil, err
		}
		x, err := s.Dashboards.Ask(ctx, a.Tenant, d, in.Panel, dashboards.Window{From: in.From, To: in.To, Zone: time.UTC})
		if err != nil {
			return nil, err
		}
		v := panelAnswer{TookMS: x.Took.Milliseconds(), Incomplete: x.Incomplete, Reason: x.Reason, Of: shown(x.Of)}
		if x.Columns != nil {
			v.Table = viewTable(x.Table)
		}
		return answer(v, nil)
	})
	handle(r, "POST", "/api/v1/dashboards/{id}/mail", auth.EventsRead, "Mail a dashboard now, to those whom it is mailed to", func(ctx context.Context, in *ByID) (*body[dashboardView], error) {
		a, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		d, err := s.Dashboards.SendNow(ctx, h, owns(a), in.ID)
		if err != nil {
			return nil, err
		}
		return answer(s.viewDashboard(ctx, h, d, n))
	})
	type drawing struct {
		BoardWindow
		TZ string `query:"tz" maxLength:"64" doc:"Zone of its clock, such as Europe/Prague; empty: UTC"`
	}
	handle(r, "GET", "/api/v1/dashboards/{id}/picture.png", auth.EventsRead, "A dashboard as a picture (PNG)", func(ctx context.Context, in *drawing) (*file, error) {
		a, h := s.scope(ctx)
		d, err := s.Dashboards.Get(ctx, h, owns(a), in.ID)
		if err != nil {
			return nil, err
		}
		win := dashboards.Window{From: in.From, To: in.To, Zone: time.UTC}
		if in.TZ != "" {
			if win.Zone, err = time.LoadLocation(in.TZ); err != nil || in.TZ == "Local" {
				return nil, problem.New(problem.Invalid, "%q is not a time zone; write one such as Europe/Prague or UTC.", in.TZ)
			}
		}
		png, err := s.Dashboards.Picture(ctx, a.Tenant, d, win)
		return &file{func(c huma.Context) {
			c.SetHeader("Content-Type", "image/png")
			c.SetHeader("Content-Length", strconv.Itoa(len(png)))
			c.SetHeader("Content-Disposition", fmt.Sprintf("inline; filename=%q", dashboards.FileName(d)))
			_, _ = c.BodyWriter().Write(png) // whoever left does not hear of it
		}}, err
	})
}
