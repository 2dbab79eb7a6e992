package api

import (
	"context"
	"slices"
	"time"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/search"
)

type (
	seenEntity struct {
		Value string `json:"value"`
		Count int64  `json:"count"`
		First string `json:"first"`
		Last  string `json:"last"`
	}
	neighbourView struct {
		Kind string `json:"kind"`
		seenEntity
	}
	entityAlert struct {
		ID       string `json:"id"`
		Title    string `json:"title"`
		Severity string `json:"severity"`
		Last     string `json:"last"`
	}
	entityCase struct {
		ID     string `json:"id"`
		Number string `json:"number"`
		Title  string `json:"title"`
		Status string `json:"status"`
	}
	entityPage struct {
		Kind       string          `json:"kind"`
		Value      string          `json:"value"`
		FirstSeen  string          `json:"first_seen"`
		LastSeen   string          `json:"last_seen"`
		Events     int64           `json:"events"`
		Sampled    int             `json:"sampled" doc:"Newest events that actions, outcomes and neighbours are of."`
		Histogram  searchHistogram `json:"histogram"`
		Sources    []seenEntity    `json:"sources"`
		Actions    []search.Value  `json:"actions"`
		Outcomes   []search.Value  `json:"outcomes"`
		Neighbours []neighbourView `json:"neighbours"`
		Alerts     []entityAlert   `json:"alerts"`
		Cases      []entityCase    `json:"cases"`
		Incomplete bool            `json:"incomplete"`
		Reason     string          `json:"reason"`
	}
)

// entityRelated is how many alerts and cases the page of an entity lists.
const entityRelated = 20

func (s *Server) entities(r *Router) {
	type about struct {
		Kind  string `path:"kind" maxLength:"32"`
		Value string `query:"value" minLength:"1" maxLength:"1024"`
		From  string `query:"from" doc:"As in a search; default 30 days ago"`
		To    string `query:"to"`
	}
	handle(r, "GET", "/api/v1/entities/{kind}", auth.EventsRead, "Everything about a user, host, address, hash and so on", func(ctx context.Context, in *about) (*body[entityPage], error) {
		a, h := s.scope(ctx)
		if !slices.Contains(search.EntityKinds(), in.Kind) {
			return nil, problem.New(problem.NotFound, "There is no kind of entity of this name.")
		}
		if in.Value == "" {
			return nil, &problem.Error{Kind: problem.Invalid, Detail: "The value of the entity is missing.", Fields: []problem.Field{{Name: "value", Detail: "missing"}}}
		}
		if in.From == "" {
			in.From = "now-30d"
		}
		from, to, err := s.span(in.From, in.To, time.UTC)
		if err != nil {
			return nil, err
		}
		e, err := search.FindEntity(ctx, s.Events, a.Tenant, in.Kind, in.Value, from.UnixNano(), to.UnixNano(), 80)
		if err != nil {
			return nil, err
		}
		v := viewEntityPage(e)
		v.Kind, v.Value = in.Kind, in.Value
		if a.Can(auth.AlertsRead) {
			if v.Alerts, err = alertsOf(ctx, h, in.Value); err != nil {
				return nil, err
			}
		}
		if a.Can(auth.CasesRead) {
			if v.Cases, err = casesOf(ctx, h, in.Kind, in.Value); err != nil {
				return nil, err
			}
		}
		return answer(v, nil)
	})
}

func viewEntityPage(e search.Entity) entityPage {
	v := entityPage{Events: e.Events, Sampled: e.Sampled, Histogram: viewHistogram(e.Histogram, e.Histogram.Incomplete), Incomplete: e.Incomplete, Reason: e.Reason,
		Sources: []seenEntity{}, Actions: listOf(e.Actions), Outcomes: listOf(e.Outcomes), Neighbours: []neighbourView{}, Alerts: []entityAlert{}, Cases: []entityCase{}}
	if e.Events > 0 {
		v.FirstSeen, v.LastSeen = shownNanos(e.First), shownNanos(e.Last)
	}
	for _, x := range e.Sources {
		v.Sources = append(v.Sources, viewSeenEntity(x))
	}
	for _, x := range e.Neighbours {
		v.Neighbours = append(v.Neighbours, neighbourView{x.Kind, viewSeenEntity(x.Seen)})
	}
	return v
}

func viewSeenEntity(x search.Seen) seenEntity {
	return seenEntity{x.Value, x.Count, shownNanos(x.First), shownNanos(x.Last)}
}

func alertsOf(ctx context.Context, q db.Querier, value string) ([]entityAlert, error) {
	found, err := alert.List(ctx, q, value, 0, "", entityRelated)
	out := []entityAlert{}
	for _, x := range found {
		out = append(out, entityAlert{x.ID, x.Title, x.Severity.String(), shown(x.Last)})
	}
	return out, err
}

func casesOf(ctx context.Context, q db.Querier, kind, value string) ([]entityCase, error) {
	ids, err := cases.WithEntity(ctx, q, kind, value, entityRelated)
	if err != nil {
		return nil, err
	}
	out := []entityCase{}
	for _, id := range ids {
		c, err := cases.Get(ctx, q, id)
		if err != nil {
			return nil, err
		}
		out = append(out, entityCase{c.ID, c.Label(), c.Title, string(c.State)})
	}
	return out, nil
}
