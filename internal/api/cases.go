package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
)

// CaseView is a case as lists show it.
type CaseView struct {
	ID           string     `json:"id"`
	Number       string     `json:"number" example:"CASE-12"`
	Title        string     `json:"title"`
	State        string     `json:"state"`
	Decision     string     `json:"decision" doc:"event, incident or weakness; empty while undetermined"`
	Type         string     `json:"type"`
	Lead         string     `json:"lead"`
	Track        string     `json:"track"`
	Disposition  string     `json:"disposition"`
	Impact       int        `json:"impact"`
	Urgency      int        `json:"urgency"`
	Priority     int        `json:"priority"`
	Level        string     `json:"level"`
	Provisional  bool       `json:"provisional" doc:"Decided by the policy, not yet confirmed by a person."`
	Owner        *PersonRef `json:"owner"`
	Exercise     string     `json:"exercise"`
	DecideBy     string     `json:"decide_by"`
	SnoozedUntil string     `json:"snoozed_until"`
	Created      string     `json:"created"`
	Updated      string     `json:"updated"`
	Version      int64      `json:"version"`
	AlertCount   int        `json:"alert_count"`
	ReportCount  int        `json:"report_count"`
	Summary      string     `json:"summary"`
}

// dispositionWord and its reverse translate between the API's words and the
// product's.
func dispositionWord(d string) string {
	if d == cases.TruePositive {
		return "true"
	}
	return strings.ReplaceAll(d, "-", "_")
}

func dispositionOf(word string) string {
	if word == "true" {
		return cases.TruePositive
	}
	return strings.ReplaceAll(word, "_", "-")
}

func (s *Server) viewCase(ctx context.Context, q db.Querier, c cases.Case, n names) (CaseView, error) {
	alerts, reports, err := cases.Counts(ctx, q, c.ID)
	return CaseView{
		ID: c.ID, Number: c.Label(), Title: c.Title, State: string(c.State), Decision: c.Decision, Type: c.Type, Lead: c.Lead, Track: c.Track, Disposition: dispositionWord(c.Disposition),
		Impact: c.Impact, Urgency: c.Urgency, Priority: c.Priority, Level: c.Level, Provisional: c.Provisional, Owner: n.pointer(c.Owner), Exercise: c.Exercise,
		DecideBy: shown(c.DecideBy), SnoozedUntil: shown(c.SnoozedUntil), Created: shown(c.Created), Updated: shown(c.Updated), Version: c.Version,
		AlertCount: alerts, ReportCount: reports, Summary: c.Detail.Summary,
	}, err
}

type inboxItem struct {
	CaseView
	WaitingSince  string     `json:"waiting_since"`
	ReasonWaiting string     `json:"reason_waiting" enum:"to assess,to confirm,undetermined"`
	FirstAlert    *alertView `json:"first_alert"`
}

func (s *Server) cases(r *Router) {
	type filter struct {
		Paging
		State    string `query:"state"`
		Open     string `query:"open" enum:"true,false"`
		Decision string `query:"decision"`
		Level    string `query:"level"`
		Track    string `query:"track"`
		Owner    string `query:"owner" doc:"A person's id, or me."`
		Q        string `query:"q" maxLength:"200"`
		Exercise string `query:"exercise" enum:"none,only,all" default:"none"`
	}
	handle(r, "GET", "/api/v1/cases", auth.CasesRead, "Cases, newest change first", func(ctx context.Context, in *filter) (*body[list[CaseView]], error) {
		a, h := s.scope(ctx)
		at, err := openCursor(in.Cursor, 2)
		if err != nil {
			return nil, err
		}
		f := cases.Filter{State: in.State, Decision: in.Decision, Level: in.Level, Track: in.Track, Owner: in.Owner, Text: in.Q, Exercises: in.Exercise, Before: atoi(at[0]), BeforeID: at[1], Limit: in.Limit}
		if in.Owner == "me" {
			f.Owner = a.Person
		}
		if in.Open != "" {
			open := in.Open == "true"
			f.Open = &open
		}
		cs, err := cases.List(ctx, h, f)
		if err != nil {
			return nil, err
		}
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		page := list[CaseView]{Items: []CaseView{}}
		for _, c := range cs {
			v, err := s.viewCase(ctx, h, c, n)
			if err != nil {
				return nil, err
			}
			page.Items = append(page.Items, v)
		}
		if len(cs) == in.Limit {
			last := cs[len(cs)-1]
			page.Next = cursor(strconv.FormatInt(db.Micros(last.Updated), 10), last.ID)
		}
		return answer(page, nil)
	})
	handle(r, "GET", "/api/v1/inbox", auth.CasesRead, "What waits for a judgement, by priority and age", func(ctx context.Context, in *Paging) (*body[list[inboxItem]], error) {
		_, h := s.scope(ctx)
		cs, err := cases.List(ctx, h, cases.Filter{Inbox: true, Exercises: "all", Now: s.Now(), Limit: in.Limit})
		if err != nil {
			return nil, err
		}
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		var out []inboxItem
		for _, c := range cs {
			v, err := s.viewCase(ctx, h, c, n)
			if err != nil {
				return nil, err
			}
			item := inboxItem{CaseView: v, WaitingSince: shown(c.Created), ReasonWaiting: "to assess"}
			switch {
			case c.Decision == "":
				item.ReasonWaiting = "undetermined"
			case c.Provisional:
				item.ReasonWaiting = "to confirm"
			}
			links, err := cases.AlertsOf(ctx, h, c.ID)
			if err != nil {
				return nil, err
			}
			if len(links) > 0 {
				a, err := alert.Get(ctx, h, links[0].Alert)
				if err != nil {
					return nil, err
				}
				av := viewAlert(a)
				item.FirstAlert = &av
			}
			out = append(out, item)
		}
		return items(out, nil)
	})
	type create struct {
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           struct {
			Title   string `json:"title" maxLength:"300"`
			Summary string `json:"summary,omitempty" maxLength:"20000"`
			Type    string `json:"type,omitempty" maxLength:"100"`
		}
	}
	handle(r, "POST", "/api/v1/cases", auth.CasesWrite, "Open a case by hand", func(ctx context.Context, in *create) (*body[CaseView], error) {
		a, h := s.scope(ctx)
		return once(ctx, s, in.IdempotencyKey, in.Body, func(tx *db.Tx) (CaseView, error) {
			c, err := s.Cases.OpenByHand(ctx, tx, in.Body.Title, in.Body.Summary, in.Body.Type)
			if err != nil {
				return CaseView{}, err
			}
			n, err := s.names(ctx, tx)
			if err != nil {
				return CaseView{}, err
			}
			return s.viewCase(ctx, tx, c, n)
		}, a, h)
	})
	handle(r, "GET", "/api/v1/cases/{id}", auth.CasesRead, "A case with all that belongs to it", func(ctx context.Context, in *ByID) (*body[caseDetail], error) {
		a, h := s.scope(ctx)
		return answer(s.detail(ctx, h, a, in.ID))
	})
	type timeline struct {
		ByID
		Lens string `query:"lens" enum:"all,response,communication" default:"all"`
	}
	handle(r, "GET", "/api/v1/cases/{id}/timeline", auth.CasesRead, "What happened with a case, oldest first", func(ctx context.Context, in *timeline) (*body[list[timelineItem]], error) {
		_, h := s.scope(ctx)
		if _, err := cases.Get(ctx, h, in.ID); err != nil {
			return nil, err
		}
		return items(s.timeline(ctx, h, in.ID, in.Lens))
	})
	handle(r, "GET", "/api/v1/cases/{id}/events", auth.CasesRead, "The events behind a case, newest first", func(ctx context.Context, in *ByID) (*body[list[eventView]], error) {
		a, h := s.scope(ctx)
		if _, err := cases.Get(ctx, h, in.ID); err != nil {
			return nil, err
		}
		return items(s.caseEvents(ctx, h, a.Tenant, in.ID))
	})
}

// money and hours of the closing, when set.
func number(p *float64) float64 {
	if p == nil {
		return 0
	}
	return *p
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
