// Package lookback tells what the users, hosts and addresses of a case did
// before it: their sessions from login to logout, and one timeline of what
// their events say.
//
// It reads stored events, the newest first, within a time budget and a number
// of events. What it did not get to is the oldest, and the result says from when
// on it is complete. It keeps nothing and decides nothing.
package lookback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Bounds of one look.
const (
	maxEvents   = 50_000
	maxItems    = 5_000
	maxSessions = 1_000
	maxEntities = 50
)

// Budget is how long a look takes at most.
const Budget = 15 * time.Second

// Entity is a user, host or address (kind "ip").
type Entity struct{ Kind, Value string }

// Alert is one of the case's alerts, which stands in the timeline.
type Alert struct {
	At, Last time.Time
	Text     string
	Event    string // id of its first event, "" when it has none
	Count    int64
	Entities []Entity
}

// Request asks for the time [From, To), in ns.
type Request struct {
	Entities []Entity
	Alerts   []Alert
	From, To int64
}

// Kind says what a line of the timeline is about.
type Kind string

// The kinds of lines.
const (
	Login   Kind = "login"
	Logout  Kind = "logout"
	Failure Kind = "failure" // a login that failed
	Process Kind = "process"
	Network Kind = "network"
	Account Kind = "account" // accounts and groups changed
	Alarm   Kind = "alert"   // the case's, or another tool's finding
	Other   Kind = "other"
)

// Item is one line of the timeline. Equal lines that follow each other closely
// are one, with how many there were and the time of the last.
type Item struct {
	At, Last time.Time
	Kind     Kind
	Entity   Entity // that it is there for
	Text     string
	Event    string // id of the first
	Source   string
	Count    int64
}

// Session is the time between a login and what ended it.
type Session struct {
	User, Host, SrcIP string
	Start             time.Time
	End               time.Time // zero while it is open
	How               string    // logout, open, replaced
	Events            int       // that belong to it, the login included
	LoginID, LogoutID string    // ids of events
	FailedBefore      int       // failed logins of the user there, since the login before and within a day
}

// Result is what was found. Sessions and items stand oldest first.
type Result struct {
	Entities   []Entity
	Sessions   []Session
	Items      []Item
	Truncated  bool // there are more lines or sessions; the newest are here
	Incomplete bool // not all events were looked at; Reason says which
	Reason     string
}

// Events is what the event store does for a look.
type Events interface {
	Search(ctx context.Context, t tenant.ID, r eventstore.Request) (eventstore.Page, error)
}

// Look reads the events of the entities and tells their story.
func Look(ctx context.Context, events Events, t tenant.ID, r Request) (Result, error) {
	out := Result{Entities: known(r.Entities)}
	if len(out.Entities) == 0 {
		out.Incomplete, out.Reason = true, "The case names no user, host or address, so there is nothing to look for."
	} else {
		facts, err := gather(ctx, events, t, r, &out)
		if err != nil {
			return out, err
		}
		s := story{}
		b := sessions{}
		for i := range facts {
			if b.add(&facts[i]) {
				s.add(&facts[i])
			}
		}
		out.Sessions, out.Items = b.all(), s.items
	}
	for _, a := range r.Alerts {
		out.Items = append(out.Items, Item{At: a.At, Last: a.Last, Kind: Alarm, Entity: firstOf(a.Entities, out.Entities), Text: shorten(a.Text), Event: a.Event, Source: "detection", Count: max(a.Count, 1)})
	}
	slices.SortStableFunc(out.Items, func(a, b Item) int { // alerts are noted to the microsecond, and follow their event
		return a.At.Truncate(time.Microsecond).Compare(b.At.Truncate(time.Microsecond))
	})
	if n := len(out.Items) - maxItems; n > 0 {
		out.Items, out.Truncated = out.Items[n:], true
	}
	if n := len(out.Sessions) - maxSessions; n > 0 {
		out.Sessions, out.Truncated = out.Sessions[n:], true
	}
	return out, nil
}

// known are the entities that a look can be about, each once: users first, as a
// line is put to the first that it names.
func known(all []Entity) (out []Entity) {
	for _, kind := range []string{"user", "ip", "host"} {
		for _, e := range all {
			if e.Kind == kind && e.Value != "" && !slices.Contains(out, e) {
				out = append(out, e)
			}
		}
	}
	return out
}

func firstOf(of, known []Entity) Entity {
	for _, e := range of {
		if slices.Contains(known, e) {
			return e
		}
	}
	if len(of) > 0 {
		return of[0]
	}
	return Entity{}
}

func (r *Result) incomplete(format string, args ...any) {
	r.Incomplete, r.Reason = true, strings.TrimSpace(r.Reason+" "+fmt.Sprintf(format, args...))
}

// gather reads what the events say, oldest first.
func gather(ctx context.Context, events Events, t tenant.ID, r Request, out *Result) (facts []fact, err error) {
	asked := out.Entities
	if len(asked) > maxEntities {
		asked = asked[:maxEntities]
		out.incomplete("The case names %d users, hosts and addresses; the first %d were looked at.", len(out.Entities), maxEntities)
	}
	x := about(asked)
	if x == nil {
		return nil, nil
	}
	limited, cancel := context.WithTimeout(ctx, Budget)
	defer cancel()
	n, reached := 0, r.To
	gap := ""
	q := eventstore.Request{Query: x, From: r.From, To: r.To, Limit: eventstore.MaxLimit}
	for {
		page, err := events.Search(limited, t, q)
		if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			out.incomplete("Time ran out: nothing before %s was looked at.", at(reached).Format(time.RFC3339))
			break
		} else if err != nil {
			return nil, err
		}
		for i := range page.Rows {
			e, err := page.Rows[i].Event(t)
			if err != nil {
				return nil, err
			}
			reached = e.Time
			if f := factOf(&e, asked); f.kind != "" {
				facts = append(facts, f)
			}
		}
		if page.ScannedTo != 0 {
			reached = min(reached, page.ScannedTo)
		} else if page.Incomplete {
			gap = page.Reason
		}
		n += len(page.Rows)
		if page.Next == "" {
			break
		}
		if n >= maxEvents {
			out.Truncated = true
			out.incomplete("There are more than %d events: nothing before %s was looked at.", maxEvents, at(reached).Format(time.RFC3339))
			break
		}
		q.After = page.Next
	}
	if gap != "" {
		out.incomplete("%s", gap)
	}
	slices.Reverse(facts)
	return facts, nil
}

func at(ns int64) time.Time { return time.Unix(0, ns).UTC() }
