package api

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/searches"
)

// savedForm is a saved search as people write it.
type savedForm struct {
	Name        string    `json:"name" minLength:"1" maxLength:"200"`
	Description string    `json:"description,omitempty" maxLength:"2000"`
	Q           string    `json:"q" maxLength:"8192"`
	Range       string    `json:"range,omitempty" maxLength:"16" doc:"24h, 7d …; empty when from and to say it"`
	From        string    `json:"from,omitempty" maxLength:"64" doc:"RFC 3339, or relative such as now-24h"`
	To          string    `json:"to,omitempty" maxLength:"64"`
	Columns     []string  `json:"columns,omitempty" maxItems:"100"`
	View        string    `json:"view,omitempty" enum:"table,raw,chart"`
	Shared      bool      `json:"shared,omitempty" doc:"Others see and run it; they change a copy."`
	Schedule    *lookForm `json:"schedule,omitempty"`
}

type lookForm struct {
	Enabled  bool   `json:"enabled"`
	EveryS   int64  `json:"every_s" minimum:"60" maximum:"86400"`
	OverS    int64  `json:"over_s" minimum:"60" maximum:"2678400" doc:"The window: so long back from each look."`
	Op       string `json:"op" enum:">=,>,=,<"`
	Count    int64  `json:"count" minimum:"0" maximum:"1000000000"`
	Severity string `json:"severity" enum:"low,medium,high,critical" doc:"Of the alert."`
	Title    string `json:"title" maxLength:"200" doc:"Of the alert."`
	GroupBy  string `json:"group_by,omitempty" maxLength:"256" doc:"A field: each of its values counts, and alerts, by itself."`
}

type savedView struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Q           string    `json:"q"`
	Range       string    `json:"range"`
	From        string    `json:"from"`
	To          string    `json:"to"`
	Columns     []string  `json:"columns"`
	View        string    `json:"view" enum:"table,raw,chart"`
	Shared      bool      `json:"shared"`
	Owner       string    `json:"owner"`
	OwnerName   string    `json:"owner_name"`
	Created     string    `json:"created"`
	Updated     string    `json:"updated"`
	Version     int64     `json:"version"`
	Schedule    *lookView `json:"schedule"`
}

func (v savedView) etag() int64 { return v.Version }

type lookView struct {
	Enabled   bool   `json:"enabled"`
	EveryS    int64  `json:"every_s"`
	OverS     int64  `json:"over_s"`
	Op        string `json:"op"`
	Count     int64  `json:"count"`
	Severity  string `json:"severity"`
	Title     string `json:"title"`
	GroupBy   string `json:"group_by"`
	LastRun   string `json:"last_run"`
	LastCount int64  `json:"last_count" doc:"Of the newest look that gave a figure."`
	LastError string `json:"last_error" doc:"Why the newest look gave none, or saw only part; empty when it saw everything."`
	NextRun   string `json:"next_run"`
	LastAlert string `json:"last_alert" doc:"Id of the newest alert, of the value with the highest count."`
}

func viewSaved(x searches.Search, n names) savedView {
	v := savedView{ID: x.ID, Name: x.Name, Description: x.Description, Q: x.Query, Range: x.Range, From: x.From, To: x.To, Columns: listOf(x.Columns), View: x.View, Shared: x.Shared,
		Owner: x.Owner, OwnerName: n.ref(x.Owner).Name, Created: shown(x.Created), Updated: shown(x.Updated), Version: x.Version}
	if p := x.Schedule; p != nil {
		v.Schedule = &lookView{Enabled: p.Enabled, EveryS: int64(p.Every / time.Second), OverS: int64(p.Over / time.Second), Op: p.Op, Count: p.Count, Severity: p.Severity.String(), Title: p.Title, GroupBy: p.GroupBy,
			LastRun: shown(x.LastRun), LastCount: x.LastCount, LastError: x.LastError, NextRun: shown(x.Next), LastAlert: x.LastAlert}
	}
	return v
}

func (f savedForm) read() (searches.Body, *searches.Schedule) {
	b := searches.Body{Name: f.Name, Shared: f.Shared, Description: f.Description, Query: f.Q, Range: f.Range, From: f.From, To: f.To, Columns: f.Columns, View: f.View}
	p := f.Schedule
	if p == nil {
		return b, nil
	}
	return b, &searches.Schedule{Enabled: p.Enabled, Every: time.Duration(p.EveryS) * time.Second, Over: time.Duration(p.OverS) * time.Second, Op: p.Op, Count: p.Count,
		Severity: event.ParseSeverity(p.Severity), Title: p.Title, GroupBy: p.GroupBy}
}

// who is the actor as what people make for themselves asks for it.
func who(a *auth.Actor) searches.Who {
	return searches.Who{Person: a.Person, Manages: a.Can(auth.CasesManage)}
}

// mayLook refuses a schedule to who only reads: its alerts open cases and page.
func mayLook(a *auth.Actor, f savedForm) error {
	if f.Schedule != nil && f.Schedule.Enabled && !a.Can(auth.CasesWrite) {
		return problem.New(problem.Denied, "A search that looks by itself raises alerts; your role does not allow this (it needs %s).", auth.CasesWrite)
	}
	return nil
}

func (s *Server) savedSearches(r *Router) {
	type page struct {
		Limit int `query:"limit" minimum:"1" maximum:"2000" default:"500"`
	}
	handle(r, "GET", "/api/v1/searches", auth.EventsRead, "Saved searches, one's own and those that others share, by name", func(ctx context.Context, in *page) (*body[list[savedView]], error) {
		a, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		all, err := searches.List(ctx, h, who(a))
		var out []savedView
		for _, x := range all[:min(len(all), in.Limit)] {
			out = append(out, viewSaved(x, n))
		}
		return items(out, err)
	})
	handle(r, "GET", "/api/v1/searches/{id}", auth.EventsRead, "One saved search", func(ctx context.Context, in *ByID) (*body[savedView], error) {
		a, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		x, err := searches.Get(ctx, h, who(a), in.ID)
		return answer(viewSaved(x, n), err)
	})
	type create struct {
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           savedForm
	}
	handle(r, "POST", "/api/v1/searches", auth.EventsRead, "Save a search, with a schedule when it is to raise alerts", func(ctx context.Context, in *create) (*body[savedView], error) {
		a, h := s.scope(ctx)
		if err := mayLook(a, in.Body); err != nil {
			return nil, err
		}
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		return once(ctx, s, in.IdempotencyKey, in.Body, func(tx *db.Tx) (savedView, error) {
			b, p := in.Body.read()
			x, err := s.Searches.Create(ctx, tx, b, p)
			return viewSaved(x, n), err
		}, a, h)
	})
	type change struct {
		ByID
		IfMatchVersion
		Body savedForm
	}
	handle(r, "PUT", "/api/v1/searches/{id}", auth.EventsRead, "Change a saved search", func(ctx context.Context, in *change) (*body[savedView], error) {
		a, h := s.scope(ctx)
		v, err := in.version()
		if err != nil {
			return nil, err
		}
		if err := mayLook(a, in.Body); err != nil {
			return nil, err
		}
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		var x searches.Search
		err = h.Tx(ctx, func(tx *db.Tx) (err error) {
			b, p := in.Body.read()
			x, err = s.Searches.Update(ctx, tx, who(a), in.ID, v, b, p)
			return err
		})
		return answer(viewSaved(x, n), err)
	})
	type remove struct {
		ByID
		IfMatchVersion
	}
	handle(r, "DELETE", "/api/v1/searches/{id}", auth.EventsRead, "Remove a saved search and its schedule", func(ctx context.Context, in *remove) (*none, error) {
		a, h := s.scope(ctx)
		v, err := in.versionIfAny()
		if err != nil {
			return nil, err
		}
		return nil, h.Tx(ctx, func(tx *db.Tx) error { return s.Searches.Delete(ctx, tx, who(a), in.ID, v) })
	})
	handle(r, "POST", "/api/v1/searches/{id}/run", auth.EventsRead, "Take the look of a search's schedule now; it raises its alert when the condition is met", func(ctx context.Context, in *ByID) (*body[savedView], error) {
		a, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		x, err := searches.Get(ctx, h, who(a), in.ID)
		if err != nil {
			return nil, err
		}
		if x.Schedule != nil && !a.Can(auth.CasesWrite) {
			return nil, problem.New(problem.Denied, "A look can raise an alert; your role does not allow this (it needs %s).", auth.CasesWrite)
		}
		x, err = s.Searches.RunNow(ctx, h, who(a), in.ID)
		return answer(viewSaved(x, n), err)
	})
}

// versionIfAny reads If-Match where it may be left out: 0 is any version.
func (m IfMatchVersion) versionIfAny() (int64, error) {
	if m.IfMatch == "" {
		return 0, nil
	}
	return m.version()
}
