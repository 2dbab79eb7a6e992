package searches

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Bounds of one look.
const (
	maxAlerts  = 100 // values of a group that raise alerts
	maxSampled = 20  // of those, with events
	maxEvents  = 50  // that an alert names
)

// found is what one look has seen.
type found struct {
	from, to time.Time
	total    int64
	groups   []group // that meet the condition, largest first
	short    string  // why not everything was seen; "" when it was
}

type group struct {
	value  string // "" without group_by
	count  int64
	events []event.ID
}

// counting is the query with what counts it behind: events, or the rows of the
// table that its own pipes make.
func (p Schedule) counting(text string, now time.Time) (query.Query, error) {
	q, err := query.ParseQuery(text, now, time.UTC)
	if err != nil {
		return q, err
	}
	if strings.TrimSpace(text) == "" {
		text = "*"
	}
	text += " | count"
	if p.GroupBy != "" {
		text += " by " + quoted(p.GroupBy)
	}
	// Together, so that a column that the query's own pipes do not make is refused.
	counted, err := query.ParseQuery(text, now, time.UTC)
	if e, ok := errors.AsType[*query.SyntaxError](err); ok {
		return q, wrong("schedule.group_by", "The query cannot be counted so: %s", e.Message)
	}
	return counted, err
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// look asks the event store. An error means that nothing is known.
func (s *Service) look(ctx context.Context, t tenant.ID, x Search, now time.Time) (found, error) {
	p := *x.Schedule
	f := found{from: now.Add(-p.Over), to: now}
	q, err := p.counting(x.Query, now)
	if err != nil {
		return f, err
	}
	table, err := s.Events.Aggregate(ctx, t, q, f.from.UnixNano(), f.to.UnixNano(), nil)
	if err != nil {
		return f, err
	}
	if f.short = table.Reason; table.Incomplete && f.short == "" {
		f.short = "Not everything could be counted."
	}
	if f.short == "" && len(table.Notes) > 0 {
		f.short = strings.Join(table.Notes, " ")
	}
	f.count(p, table)
	for i := range min(len(f.groups), maxSampled) {
		if f.groups[i].events, err = s.sample(ctx, t, x, f, f.groups[i].value); err != nil {
			return f, err
		}
	}
	return f, nil
}

// count reads the table of "count" or "count by field", and keeps the values
// that meet the condition. Rows without the field are in the total only.
func (f *found) count(p Schedule, table eventstore.Table) {
	for _, row := range table.Rows {
		n, _ := row[len(row)-1].(int64)
		f.total += n
		if len(row) == 1 || row[0] == nil || !f.holds(p, n) {
			continue
		}
		f.groups = append(f.groups, group{value: cellText(row[0]), count: n})
	}
	if p.GroupBy == "" && f.holds(p, f.total) {
		f.groups = []group{{count: f.total}}
	}
	if len(f.groups) > maxAlerts {
		f.short = strings.TrimSpace(f.short + fmt.Sprintf(" %d values meet the condition; the first %d raised alerts. Narrow the query.", len(f.groups), maxAlerts))
		f.groups = f.groups[:maxAlerts]
	}
}

// holds reports whether a count meets the condition for certain: one that may
// be too low proves only that there are enough.
func (f *found) holds(p Schedule, n int64) bool { return p.met(n) && (f.short == "" || p.grows()) }

func cellText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

// sample finds the newest events of a value, for the alert to show. A query
// whose pipes make other rows than events has none.
func (s *Service) sample(ctx context.Context, t tenant.ID, x Search, f found, value string) ([]event.ID, error) {
	q, err := query.ParseQuery(x.Query, f.to, time.UTC)
	if err != nil || len(q.Pipes) > 0 {
		return nil, err
	}
	where := q.Where
	if x.Schedule.GroupBy != "" {
		of, err := query.Parse(quoted(x.Schedule.GroupBy)+":"+quoted(value), f.to)
		if err != nil {
			return nil, nil // a value that cannot be written as a condition
		}
		where = query.And{Of: []query.Expr{where, of}}
	}
	page, err := s.Events.Search(ctx, t, eventstore.Request{Query: where, From: f.from.UnixNano(), To: f.to.UnixNano(), Limit: maxEvents})
	var ids []event.ID
	for i := range page.Rows {
		ids = append(ids, page.Rows[i].ID)
	}
	return ids, err
}

// finding is what a group puts forward.
func (x Search) finding(f found, g group) Finding {
	p := x.Schedule
	of, is := "Found", ""
	if p.GroupBy != "" {
		of, is = fmt.Sprintf("%s %s: found", p.GroupBy, g.value), " for each "+p.GroupBy
	}
	out := Finding{
		Fingerprint: fingerprint(x.tenant, x.ID, p.GroupBy, g.value), Search: x.ID, Title: p.Title, Version: strconv.FormatInt(x.Version, 10), Severity: p.Severity,
		Summary: fmt.Sprintf("%s %d in %s", of, g.count, length(p.Over)), GroupBy: p.GroupBy, Value: g.value,
		Why:  fmt.Sprintf("The saved search “%s” found %d between %s and %s; it raises an alert at %s%s.", x.Name, g.count, stamp(f.from), stamp(f.to), p.condition(), is),
		From: f.from, To: f.to, Events: g.events, Query: x.Query, SearchName: x.Name,
	}
	if field, ok := query.ParseField(p.GroupBy); ok && field.Kind != query.Native && !field.Envelope {
		out.EntityKind = field.Column.Info().Entity
	}
	return out
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// length is a duration in the largest unit that it is a whole number of.
func length(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int64(d / u.of); d%u.of == 0 && n > 0 {
			if n == 1 {
				return "1 " + u.name
			}
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return d.String()
}

// fingerprint tells one alert from another: search and value, each with its length.
func fingerprint(t tenant.ID, parts ...string) string {
	h := sha256.New()
	fmt.Fprintf(h, "search %s", t)
	for _, p := range parts {
		fmt.Fprintf(h, " %d %s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// failed says on the search why a look gave nothing.
func failed(err error) string {
	if e, ok := errors.AsType[*query.SyntaxError](err); ok {
		return "The query cannot be read: " + e.Message
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "The search took longer than it may. Narrow the query or the time that it looks over."
	}
	return problem.Detail(err)
}
