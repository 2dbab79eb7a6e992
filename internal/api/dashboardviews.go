package api

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/dashboards"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
)

type panelForm struct {
	ID    string `json:"id" minLength:"1" maxLength:"64"`
	Title string `json:"title,omitempty" maxLength:"120"`
	Kind  string `json:"kind" enum:"count,top,chart,table,text"`
	Q     string `json:"q,omitempty" maxLength:"8192"`
	Text  string `json:"text,omitempty" maxLength:"10000"`
	X     int    `json:"x"`
	Y     int    `json:"y"`
	W     int    `json:"w" doc:"Of 12 columns."`
	H     int    `json:"h"`
	Range string `json:"range,omitempty" maxLength:"16" doc:"Its own window, such as 7d; empty: the dashboard's."`
}

type panelView struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Kind  string `json:"kind" enum:"count,top,chart,table,text"`
	Q     string `json:"q"`
	Text  string `json:"text"`
	X     int    `json:"x"`
	Y     int    `json:"y"`
	W     int    `json:"w"`
	H     int    `json:"h"`
	Range string `json:"range"`
}

type mailForm struct {
	To    []string `json:"to" minItems:"1" maxItems:"50" doc:"Mail addresses of people who have an account."`
	Every string   `json:"every" enum:"daily,weekly,monthly" doc:"weekly: on Mondays; monthly: on the first."`
	At    string   `json:"at" maxLength:"5" doc:"On the clock of zone, as 08:00."`
	Zone  string   `json:"zone" maxLength:"64" doc:"IANA name, such as Europe/Prague."`
}

type mailView struct {
	To    []string `json:"to" doc:"Of those who still have an account and an address."`
	Every string   `json:"every" enum:"daily,weekly,monthly"`
	At    string   `json:"at"`
	Zone  string   `json:"zone"`
	Next  string   `json:"next"`
	Error string   `json:"error" doc:"Why the newest mailing did not leave; empty when it did."`
}

type dashboardForm struct {
	Name        string      `json:"name" minLength:"1" maxLength:"200"`
	Description string      `json:"description,omitempty" maxLength:"2000"`
	Shared      bool        `json:"shared,omitempty" doc:"Others see it; they change a copy."`
	Range       string      `json:"range,omitempty" maxLength:"16" default:"24h"`
	RefreshS    int64       `json:"refresh_s,omitempty" doc:"0: not by itself"`
	Panels      []panelForm `json:"panels,omitempty" maxItems:"40"`
	Mail        *mailForm   `json:"mail,omitempty"`
}

type dashboardView struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Shared      bool        `json:"shared"`
	Shipped     bool        `json:"shipped" doc:"Comes with Tocsin: read-only, can be copied."`
	Owner       string      `json:"owner"`
	OwnerName   string      `json:"owner_name"`
	Range       string      `json:"range"`
	RefreshS    int64       `json:"refresh_s"`
	Panels      []panelView `json:"panels"`
	Mail        *mailView   `json:"mail"`
	Version     int64       `json:"version"`
}

func (v dashboardView) etag() int64 { return v.Version }

// tableView is a table of pipes: times are RFC 3339, what is absent is null.
type tableView struct {
	Columns []eventstore.TableColumn `json:"columns"`
	Rows    [][]any                  `json:"rows"`
	Chart   string                   `json:"chart" enum:"bar,line,none"`
	Other   bool                     `json:"other" doc:"The last row, or the last column of a chart, stands for all that is not shown."`
	Partial bool                     `json:"partial"`
	Notes   []string                 `json:"notes"`
}

type panelAnswer struct {
	Table      *tableView `json:"table" doc:"null for a text"`
	TookMS     int64      `json:"took_ms"`
	Incomplete bool       `json:"incomplete"`
	Reason     string     `json:"reason"`
	Of         string     `json:"of" doc:"When it was computed."`
}

func viewTable(t eventstore.Table) *tableView {
	v := &tableView{Columns: listOf(t.Columns), Rows: make([][]any, len(t.Rows)), Chart: t.Chart, Other: t.Other, Partial: t.Partial, Notes: listOf(t.Notes)}
	for i, row := range t.Rows {
		v.Rows[i] = append([]any{}, row...)
		for j, cell := range row {
			if ns, ok := cell.(int64); ok && t.Columns[j].Type == "time" {
				v.Rows[i][j] = shownNanos(ns)
			}
		}
	}
	return v
}

func (f dashboardForm) read() (dashboards.Body, *dashboards.MailForm) {
	b := dashboards.Body{Name: f.Name, Shared: f.Shared, Description: f.Description, Range: f.Range, RefreshS: f.RefreshS, Panels: []dashboards.Panel{}}
	for _, p := range f.Panels {
		b.Panels = append(b.Panels, dashboards.Panel{ID: p.ID, Title: p.Title, Kind: p.Kind, Query: p.Q, Text: p.Text, X: p.X, Y: p.Y, W: p.W, H: p.H, Range: p.Range})
	}
	if f.Mail == nil {
		return b, nil
	}
	return b, &dashboards.MailForm{To: f.Mail.To, Every: f.Mail.Every, At: f.Mail.At, Zone: f.Mail.Zone}
}

func (s *Server) viewDashboard(ctx context.Context, q db.Querier, d dashboards.Dashboard, n names) (dashboardView, error) {
	v := dashboardView{ID: d.ID, Name: d.Name, Description: d.Description, Shared: d.Shared, Shipped: d.Shipped, Owner: d.Owner, OwnerName: n.ref(d.Owner).Name, Range: d.Range, RefreshS: d.RefreshS, Panels: []panelView{}, Version: d.Version}
	for _, p := range d.Panels {
		v.Panels = append(v.Panels, panelView{p.ID, p.Title, p.Kind, p.Query, p.Text, p.X, p.Y, p.W, p.H, p.Range})
	}
	if d.Shipped {
		v.OwnerName = "Tocsin"
	}
	if d.Mail == nil {
		return v, nil
	}
	v.Mail = &mailView{To: []string{}, Every: d.Mail.Every, At: d.Mail.At, Zone: d.Mail.Zone, Next: shown(d.NextMail), Error: d.MailError}
	addresses, err := s.Dashboards.People.Addresses(ctx, q, d.Mail.To)
	for _, id := range d.Mail.To {
		if a := addresses[id]; a != "" {
			v.Mail.To = append(v.Mail.To, a)
		}
	}
	return v, err
}
