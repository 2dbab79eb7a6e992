package rulepack

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// TimerFilter is due when a filter ends; its key is the filter's id.
const TimerFilter = "rule_filter.expires"

// maxFilterLife bounds how long a filter applies without anybody looking at it again.
const maxFilterLife = 2 * 366 * 24 * time.Hour

// AddFilter takes a filter that applies until it expires.
func (s *Service) AddFilter(ctx context.Context, tx *db.Tx, text, owner, reason string, expires time.Time) (Filter, error) {
	if len(text) > maxText {
		return Filter{}, problem.New(problem.TooLarge, "A filter has at most %d KiB.", maxText>>10)
	}
	now := s.Now()
	if !expires.After(now) || expires.After(now.Add(maxFilterLife)) {
		return Filter{}, &problem.Error{Kind: problem.Invalid, Detail: "A filter ends some day from now, in two years at the latest. It can be made again then.", Fields: []problem.Field{{Name: "expires", Detail: "from now to two years"}}}
	}
	c, err := s.CheckFilter(text)
	if err != nil {
		return Filter{}, err
	}
	active, err := ActiveFilters(ctx, tx, now)
	if err != nil {
		return Filter{}, err
	}
	if len(active) >= maxFilters {
		return Filter{}, problem.New(problem.TooLarge, "%d filters apply already. Retire some.", len(active))
	}
	f := Filter{ID: db.NewID(now), Title: c.Title, Body: text, Owner: owner, Author: tx.Scope().Actor, Reason: reason, Created: now, Expires: expires}
	if err := insertFilter(ctx, tx, f); err != nil {
		return f, err
	}
	if err := s.Timers.Set(ctx, tx, TimerFilter, f.ID, expires, ""); err != nil {
		return f, err
	}
	return f, s.note(ctx, tx, "rule_filter.added", "rule_filter", f.ID, map[string]any{"title": f.Title, "hash": c.Hash, "owner": owner, "reason": reason, "expires": expires.UTC()})
}

// RetireFilter ends a filter before its time.
func (s *Service) RetireFilter(ctx context.Context, tx *db.Tx, id, reason string) (Filter, error) {
	f, err := GetFilter(ctx, tx, id)
	if err != nil {
		return f, err
	}
	if st := f.State(s.Now()); st != "active" {
		return f, problem.New(problem.Conflict, "The filter is %s.", st)
	}
	f.Retired, f.RetiredReason = s.Now(), reason
	if err := retireFilter(ctx, tx, f); err != nil {
		return f, err
	}
	if err := s.Timers.Cancel(ctx, tx, TimerFilter, id); err != nil {
		return f, err
	}
	return f, s.note(ctx, tx, "rule_filter.retired", "rule_filter", id, map[string]any{"reason": reason})
}

// FilterDue says that a filter has ended. The caller loads the rules again.
func (s *Service) FilterDue(ctx context.Context, tx *db.Tx, id string) error {
	f, err := GetFilter(ctx, tx, id)
	if err != nil || !f.Retired.IsZero() {
		return err
	}
	return s.note(ctx, tx, "rule_filter.expired", "rule_filter", id, map[string]any{"title": f.Title, "owner": f.Owner})
}

// State is active, expired or retired.
func (f Filter) State(now time.Time) string {
	switch {
	case !f.Retired.IsZero():
		return "retired"
	case !f.Expires.After(now):
		return "expired"
	}
	return "active"
}
