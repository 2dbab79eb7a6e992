// Package searches keeps queries under a name, and looks by itself at those
// that have a schedule: when what a query finds meets its condition, it raises
// an alert, as detection does.
//
// Guarantees. A look that is due is a row before it is taken: a stop in between
// loses none. Looks that were missed while the server stood still are one look,
// not many. A look that fails, or could not see everything, says so on the
// search; it never counts as nothing found. What was counted so far still raises
// an alert when more could not change the answer.
//
// Limits. Looks are taken one at a time beside the event path, each within the
// event store's time for a search; at most 200 schedules an organisation, each a
// minute apart at least. A look sees what is searchable by then: an event that
// comes in later than its own time by more than the window is not seen.
package searches

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Limits of an organisation and of one search.
const (
	maxSearches  = 2000
	maxSchedules = 200
	maxColumns   = 100
	minEvery     = time.Minute
	maxEvery     = 24 * time.Hour
	maxOver      = 31 * 24 * time.Hour
)

// Body is what people write.
type Body struct {
	Name        string   `json:"-"`
	Shared      bool     `json:"-"`
	Description string   `json:"description,omitempty"`
	Query       string   `json:"q"`
	Range       string   `json:"range,omitempty"` // "24h"; "" when From and To say it
	From        string   `json:"from,omitempty"`
	To          string   `json:"to,omitempty"`
	Columns     []string `json:"columns,omitempty"`
	View        string   `json:"view,omitempty"` // table, raw or chart
}

// Schedule says when a search looks by itself, and what makes an alert of it.
type Schedule struct {
	Enabled  bool           `json:"enabled"`
	Every    time.Duration  `json:"every"`
	Over     time.Duration  `json:"over"` // the window: so long back from the look
	Op       string         `json:"op"`   // >=, >, = or <
	Count    int64          `json:"count"`
	Severity event.Severity `json:"severity"`
	Title    string         `json:"title"`              // of the alert
	GroupBy  string         `json:"group_by,omitempty"` // a field whose values count each by itself; "" for none
}

// Search is a saved search.
type Search struct {
	ID, Owner string
	Body
	Schedule         *Schedule // nil for none
	Next             time.Time // of the next look; zero when there is none
	LastRun          time.Time
	LastCount        int64
	LastError        string // of the newest look; "" when it saw everything
	LastAlert        string // id of the newest alert
	Created, Updated time.Time
	Version          int64
	due              time.Time
	tenant           tenant.ID
}

// Scheduled reports whether it looks by itself.
func (s Search) Scheduled() bool { return s.Schedule != nil && s.Schedule.Enabled }

// Who asks: a person, and whether that person manages what others made.
type Who struct {
	Person  string
	Manages bool
}

// Sees reports whether somebody may see it: the owner, everybody when it is
// shared, and who manages also what raises alerts.
func (s Search) Sees(w Who) bool {
	return s.Shared || s.Owner == w.Person || w.Manages && s.Schedule != nil
}

func (s Search) mayChange(w Who) bool { return s.Owner == w.Person || w.Manages }

func (b *Body) check(now time.Time) error {
	b.Name = strings.TrimSpace(b.Name)
	if b.View == "" {
		b.View = "table"
	}
	switch {
	case b.Name == "" || len(b.Name) > 400:
		return wrong("name", "A saved search needs a name of at most 200 letters.")
	case len(b.Description) > 8000:
		return wrong("description", "The description is too long.")
	case len(b.Columns) > maxColumns:
		return wrong("columns", "At most %d columns can be kept.", maxColumns)
	case !slices.Contains([]string{"table", "raw", "chart"}, b.View):
		return wrong("view", "The view is table, raw or chart.")
	}
	for _, c := range b.Columns {
		if _, ok := query.ParseField(c); !ok {
			return wrong("columns", "A column is the name of a field.")
		}
	}
	if _, err := query.ParseQuery(b.Query, now, time.UTC); err != nil {
		return err
	}
	for name, text := range map[string]string{"from": b.From, "to": b.To} {
		if _, ok := query.Time(text, now, nil); text != "" && !ok {
			return wrong(name, "%s is a time such as 2026-11-22T08:00:00Z or now-24h.", name)
		}
	}
	if _, ok := query.Time("now-"+b.Range, now, nil); b.Range != "" && !ok {
		return wrong("range", "The range is a length of time such as 24h or 7d.")
	}
	return nil
}

func (p *Schedule) check(q string, now time.Time) error {
	p.Title, p.GroupBy = strings.TrimSpace(p.Title), strings.TrimSpace(p.GroupBy)
	switch {
	case p.Every < minEvery || p.Every > maxEvery:
		return wrong("schedule.every_s", "A search looks every 60 to 86,400 seconds.")
	case p.Over < minEvery || p.Over > maxOver:
		return wrong("schedule.over_s", "A search looks over the last minute to the last 31 days.")
	case !slices.Contains([]string{">=", ">", "=", "<"}, p.Op):
		return wrong("schedule.op", "The condition is >=, >, = or <.")
	case p.Count < 0 || p.Op == "<" && p.Count == 0:
		return wrong("schedule.count", "This count can never be met.")
	case p.Op == ">=" && p.Count == 0:
		return wrong("schedule.count", "This count is always met. Give at least 1.")
	case p.Severity < event.Low || p.Severity > event.Critical:
		return wrong("schedule.severity", "The severity of an alert is low, medium, high or critical.")
	case p.Title == "" || len(p.Title) > 400:
		return wrong("schedule.title", "The alert needs a title of at most 200 letters.")
	}
	if p.GroupBy != "" {
		if _, ok := query.ParseField(p.GroupBy); !ok {
			return wrong("schedule.group_by", "That is not the name of a field.")
		}
	}
	_, err := p.counting(q, now)
	return err
}

func (p Schedule) met(n int64) bool {
	switch p.Op {
	case ">=":
		return n >= p.Count
	case ">":
		return n > p.Count
	case "=":
		return n == p.Count
	}
	return n < p.Count
}

// grows reports whether what was not seen could not undo the condition.
func (p Schedule) grows() bool { return p.Op == ">=" || p.Op == ">" }

func (p Schedule) condition() string {
	words := map[string]string{">=": "at least", ">": "more than", "=": "exactly", "<": "fewer than"}
	return fmt.Sprintf("%s %d", words[p.Op], p.Count)
}

func wrong(field, format string, args ...any) error {
	e := problem.New(problem.Invalid, format, args...)
	e.Fields = []problem.Field{{Name: field, Detail: e.Detail}}
	return e
}
