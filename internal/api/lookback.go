package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/evidence"
	"github.com/tocsin-project/tocsin/internal/lookback"
)

type backEntity struct {
	Kind  string `json:"kind" enum:"user,host,ip,"`
	Value string `json:"value"`
}

type backSession struct {
	User         string  `json:"user"`
	Host         string  `json:"host" doc:"Empty for sign-ins to the cloud."`
	SrcIP        string  `json:"src_ip"`
	Start        string  `json:"start"`
	End          *string `json:"end" doc:"Null while no end was seen."`
	How          string  `json:"how" enum:"logout,open,replaced"`
	Events       int     `json:"events" doc:"That belong to it."`
	LoginID      string  `json:"login_id"`
	LogoutID     string  `json:"logout_id"`
	FailedBefore int     `json:"failed_before" doc:"Failed logins of the user there, since the login before and within a day."`
}

type backItem struct {
	At      string     `json:"at"`
	Kind    string     `json:"kind" enum:"login,logout,failure,process,network,account,alert,other"`
	Entity  backEntity `json:"entity"`
	Text    string     `json:"text"`
	EventID string     `json:"event_id" doc:"Of the first, when the line stands for several."`
	Source  string     `json:"source"`
	Count   int64      `json:"count"`
	Last    string     `json:"last"`
}

type backView struct {
	From       string        `json:"from"`
	To         string        `json:"to"`
	Entities   []backEntity  `json:"entities"`
	Sessions   []backSession `json:"sessions"`
	Items      []backItem    `json:"items" doc:"Oldest first, at most 5,000."`
	Truncated  bool          `json:"truncated" doc:"There are more lines or sessions; the newest are here."`
	Incomplete bool          `json:"incomplete"`
	Reason     string        `json:"reason"`
	TookMS     int64         `json:"took_ms"`
}

func viewBack(r lookback.Result, from, to, began, now time.Time) backView {
	v := backView{From: shown(from), To: shown(to), Entities: []backEntity{}, Sessions: []backSession{}, Items: []backItem{}, Truncated: r.Truncated, Incomplete: r.Incomplete, Reason: r.Reason, TookMS: now.Sub(began).Milliseconds()}
	for _, e := range r.Entities {
		v.Entities = append(v.Entities, backEntity(e))
	}
	for _, x := range r.Sessions {
		s := backSession{User: x.User, Host: x.Host, SrcIP: x.SrcIP, Start: shown(x.Start), How: x.How, Events: x.Events, LoginID: x.LoginID, LogoutID: x.LogoutID, FailedBefore: x.FailedBefore}
		if !x.End.IsZero() {
			end := shown(x.End)
			s.End = &end
		}
		v.Sessions = append(v.Sessions, s)
	}
	for _, i := range r.Items {
		v.Items = append(v.Items, backItem{shown(i.At), string(i.Kind), backEntity(i.Entity), i.Text, i.Event, i.Source, i.Count, shown(i.Last)})
	}
	return v
}

const (
	// A look ends with the case's last alert, at most a day after its first.
	lookAfter = 24 * time.Hour
	maxAlerts = 200 // of a case, in its look-back
)

// backRequest is what a look at a case asks for.
func backRequest(ctx context.Context, q db.Querier, c cases.Case, hours int) (r lookback.Request, from, to time.Time, err error) {
	first, last, err := cases.AlertSpan(ctx, q, c.ID)
	if err != nil {
		return r, from, to, err
	}
	if first.IsZero() {
		first, last = c.Created, c.Created
	}
	from, to = first.Add(-time.Duration(hours)*time.Hour), last
	if latest := first.Add(lookAfter); to.After(latest) {
		to = latest
	}
	to = to.Add(time.Millisecond) // alerts are noted to the microsecond, events to the nanosecond
	r.From, r.To = from.UnixNano(), to.UnixNano()
	entities, err := cases.EntitiesOf(ctx, q, c.ID)
	if err != nil {
		return r, from, to, err
	}
	for _, e := range entities {
		r.Entities = append(r.Entities, lookback.Entity{Kind: e.Kind, Value: e.Value})
	}
	links, err := cases.AlertsOf(ctx, q, c.ID)
	if err != nil {
		return r, from, to, err
	}
	for _, l := range links[:min(len(links), maxAlerts)] {
		a, err := alert.Get(ctx, q, l.Alert)
		if err != nil {
			return r, from, to, err
		}
		ids, err := alert.Events(ctx, q, l.Alert, 1)
		if err != nil {
			return r, from, to, err
		}
		x := lookback.Alert{At: a.First, Last: a.Last, Text: strings.TrimSpace(a.Title + " " + a.Summary), Count: a.Count}
		if len(ids) > 0 {
			x.Event = ids[0].String()
		}
		for _, e := range a.Facts.Entities {
			x.Entities = append(x.Entities, lookback.Entity{Kind: e.Kind, Value: e.Value})
		}
		r.Alerts = append(r.Alerts, x)
	}
	return r, from, to, nil
}

func (s *Server) lookback(r *Router) {
	type look struct {
		ByID
		Hours int `query:"hours" minimum:"1" maximum:"720" default:"72" doc:"How long before the first alert it begins."`
	}
	handle(r, "GET", "/api/v1/cases/{id}/lookback", auth.CasesRead, "What the users, hosts and addresses of a case did before it: sessions and a timeline", func(ctx context.Context, in *look) (*body[backView], error) {
		a, h := s.scope(ctx)
		began := s.Now()
		c, err := s.seenCase(ctx, h, in.ID)
		if err != nil {
			return nil, err
		}
		q, from, to, err := backRequest(ctx, h, c, in.Hours)
		if err != nil {
			return nil, err
		}
		found, err := lookback.Look(ctx, s.Events, a.Tenant, q)
		if err != nil {
			return nil, err
		}
		return answer(viewBack(found, from, to, began, s.Now()), nil)
	})
	type keep struct {
		ByID
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           struct {
			EventIDs []string `json:"event_ids" minItems:"1" maxItems:"5000"`
			Note     string   `json:"note,omitempty" maxLength:"20000"`
		}
	}
	handle(r, "POST", "/api/v1/cases/{id}/lookback/keep", auth.CasesWrite, "Keep lines of the look-back on the case: a snapshot as evidence, and a note", func(ctx context.Context, in *keep) (*body[evidenceView], error) {
		_, h := s.scope(ctx)
		if _, err := s.seenCase(ctx, h, in.ID); err != nil {
			return nil, err
		}
		q := evidence.Request{CaseID: in.ID, Title: "Chosen in the look-back", Note: in.Body.Note}
		var err error
		if q.IDs, err = eventIDs(in.Body.EventIDs); err != nil {
			return nil, err
		}
		q.With = func(ctx context.Context, tx *db.Tx, i evidence.Item) error {
			text := fmt.Sprintf("Kept from the look-back: %d events, as evidence %s.", i.Detail.Events, i.ID)
			_, err := s.Cases.AddNote(ctx, tx, in.ID, strings.TrimSpace(in.Body.Note+"\n\n"+text))
			return err
		}
		return s.take(ctx, in.IdempotencyKey, []any{"lookback", in.ID, in.Body}, q)
	})
}
