// Package dashboards keeps several questions side by side: panels on a grid of
// twelve columns, each a query with a picture. It answers them, draws them, and
// mails the drawing at a time of day.
//
// Guarantees. Some dashboards come with the program; they are read-only and can
// be copied. A panel's answer says when it was computed and whether anything was
// left out. A mailing that is due is a row before it is sent, and mailings that
// were missed while the server stood still are one.
//
// Limits. Answers are kept for some seconds, so that a wall of screens costs as
// much as one; a few panels are asked at once, the others wait. Mail goes to
// people of the installation only: rows name them, never their addresses.
package dashboards

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Limits of an organisation and of one dashboard.
const (
	maxDashboards = 1000
	maxPanels     = 40
	maxText       = 10_000 // letters of a text panel
	Columns       = 12     // of the grid
	maxHeight     = 40     // rows of the grid
	maxRow        = 1000
)

// The kinds of panel.
const (
	Count = "count" // one figure
	Top   = "top"   // values, the most frequent first
	Chart = "chart" // over time
	Table = "table"
	Text  = "text"
)

// Panel is a query with a picture, or a text.
type Panel struct {
	ID    string `json:"id" yaml:"id"`
	Title string `json:"title" yaml:"title"`
	Kind  string `json:"kind" yaml:"kind"`
	Query string `json:"q" yaml:"q"`
	Text  string `json:"text" yaml:"text"`
	X     int    `json:"x" yaml:"x"`
	Y     int    `json:"y" yaml:"y"`
	W     int    `json:"w" yaml:"w"`
	H     int    `json:"h" yaml:"h"`
	Range string `json:"range" yaml:"range"` // its own window, "7d"; "" for the dashboard's
}

// Body is what people write.
type Body struct {
	Name        string  `json:"-" yaml:"name"`
	Shared      bool    `json:"-" yaml:"-"`
	Description string  `json:"description,omitempty" yaml:"description"`
	Range       string  `json:"range" yaml:"range"` // "24h"
	RefreshS    int64   `json:"refresh_s" yaml:"refresh_s"`
	Panels      []Panel `json:"panels" yaml:"panels"`
}

// Dashboard is a body with whose it is.
type Dashboard struct {
	ID, Owner string
	Shipped   bool // comes with the program
	Body
	Mail             *Mail // nil for none
	NextMail         time.Time
	MailError        string // why the newest mailing did not leave; "" when it did
	Created, Updated time.Time
	Version          int64
	due              time.Time
	tenant           tenant.ID
}

// Who asks: a person, and whether that person manages what others made.
type Who struct {
	Person  string
	Manages bool
}

// Sees reports whether somebody may see it.
func (d Dashboard) Sees(w Who) bool {
	return d.Shipped || d.Shared || d.Owner == w.Person || w.Manages && d.Mail != nil
}

// MayChange reports whether somebody may change it.
func (d Dashboard) MayChange(w Who) bool { return !d.Shipped && (d.Owner == w.Person || w.Manages) }

// Panel finds a panel.
func (d Dashboard) Panel(id string) (Panel, error) {
	for _, p := range d.Panels {
		if p.ID == id {
			return p, nil
		}
	}
	return Panel{}, problem.New(problem.NotFound, "No such panel.")
}

var panelID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (b *Body) check(now time.Time) error {
	b.Name = strings.TrimSpace(b.Name)
	if b.Range == "" {
		b.Range = "24h"
	}
	switch {
	case b.Name == "" || len(b.Name) > 400:
		return wrong("name", "A dashboard needs a name of at most 200 letters.")
	case len(b.Description) > 8000:
		return wrong("description", "The description is too long.")
	case !isRange(b.Range, now):
		return wrong("range", "The range is a length of time such as 24h or 7d.")
	case b.RefreshS < 0 || b.RefreshS > 86_400 || b.RefreshS > 0 && b.RefreshS < 10:
		return wrong("refresh_s", "A dashboard refreshes every 10 to 86,400 seconds, or not by itself (0).")
	case len(b.Panels) > maxPanels:
		return wrong("panels", "A dashboard has at most %d panels.", maxPanels)
	}
	seen := map[string]bool{}
	for _, p := range b.Panels {
		if seen[p.ID] {
			return wrong("panels", "Two panels have the id %q.", p.ID)
		}
		seen[p.ID] = true
		if err := p.check(now); err != nil {
			return err
		}
	}
	return nil
}

func (p Panel) check(now time.Time) error {
	switch {
	case !panelID.MatchString(p.ID):
		return wrong("panels", "A panel's id has 1 to 64 letters, digits, dashes or underscores.")
	case len(p.Title) > 480:
		return wrong("panels", "The title of a panel is too long.")
	case !slices.Contains([]string{Count, Top, Chart, Table, Text}, p.Kind):
		return wrong("panels", "A panel is a count, top, chart, table or text.")
	case p.X < 0 || p.W < 1 || p.X+p.W > Columns || p.Y < 0 || p.Y > maxRow || p.H < 1 || p.H > maxHeight:
		return wrong("panels", "The panel %q does not fit into the %d columns.", p.Title, Columns)
	case len(p.Text) > 4*maxText:
		return wrong("panels", "The text of a panel has at most %d letters.", maxText)
	case p.Range != "" && !isRange(p.Range, now):
		return wrong("panels", "The range of a panel is a length of time such as 24h or 7d.")
	}
	if p.Kind == Text {
		return nil
	}
	_, err := p.question(now, time.UTC)
	return err
}

// question is what the panel asks. A query without pipes gets those that its
// kind shows.
func (p Panel) question(now time.Time, zone *time.Location) (query.Query, error) {
	q, err := query.ParseQuery(p.Query, now, zone)
	if err != nil || len(q.Pipes) > 0 {
		return q, err
	}
	pipe := map[string]string{Count: "count", Top: "top 10 source", Chart: "timechart count"}[p.Kind]
	if pipe == "" {
		return q, nil // its rows as they are
	}
	with, err := query.ParseQuery("* | "+pipe, now, zone)
	q.Pipes = with.Pipes
	return q, err
}

func isRange(text string, now time.Time) bool {
	t, ok := query.Time("now-"+text, now, nil)
	return ok && t.Before(now)
}

func wrong(field, format string, args ...any) error {
	e := problem.New(problem.Invalid, format, args...)
	e.Fields = []problem.Field{{Name: field, Detail: e.Detail}}
	return e
}
