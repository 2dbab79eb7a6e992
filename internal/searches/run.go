package searches

import (
	"context"
	"fmt"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
)

// actor is who looks when no person asked.
const actor = "searches"

// idle is how often due looks are looked for without being woken.
const idle = 5 * time.Second

// Run takes looks that are due, one at a time, until ctx ends.
func (s *Service) Run(ctx context.Context) error { return s.work.Run(ctx) }

// Next takes the look that has waited longest, and reports whether there was one.
func (s *Service) Next(ctx context.Context) (bool, error) {
	x, err := oldestDue(ctx, s.DB.System(actor))
	if problem.Is(err, problem.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, _, err = s.take(ctx, s.DB.For(x.tenant, actor), x, false)
	return true, err
}

// RunNow takes the look of a search's schedule at once, whether it is on or
// not, in the name of who asks, and returns the search with what came of it.
func (s *Service) RunNow(ctx context.Context, h *db.Handle, w Who, id string) (Search, error) {
	x, err := Get(ctx, h, w, id)
	if err != nil {
		return x, err
	}
	if x.Schedule == nil {
		return x, problem.New(problem.Conflict, "This search has no schedule. Give it one first.")
	}
	x, failure, err := s.take(ctx, h, x, true)
	if err == nil && failure != nil {
		err = problem.Wrap(problem.Unavailable, failure, "%s", x.LastError)
	}
	return x, err
}

// take looks, and writes down what came of it together with its alerts. The
// failure is why the look gave nothing, err why that could not be written down.
func (s *Service) take(ctx context.Context, h *db.Handle, x Search, asked bool) (_ Search, failure, err error) {
	f, failure := s.look(ctx, x.tenant, x, s.Now())
	if ctx.Err() != nil { // stopping: it stays due
		return x, nil, ctx.Err()
	}
	x.LastRun = s.Now()
	if failure != nil { // the figure of before stays, and the error says that it is old
		x.LastError, f.groups = failed(failure), nil
		s.Log.Warn("a look of a saved search failed", "search", x.ID, "error", failure)
	} else {
		x.LastCount, x.LastError = f.total, f.short
	}
	err = h.Tx(ctx, func(tx *db.Tx) error {
		if asked {
			_, err := s.Record.Append(ctx, tx, record.Entry{Kind: "search.looked", Subject: "search", SubjectID: x.ID, Data: map[string]any{"found": x.LastCount, "alerts": len(f.groups), "error": x.LastError}})
			if err != nil {
				return err
			}
		}
		for i, g := range f.groups {
			id, err := s.Alerts.Raise(ctx, tx.As(x.tenant, actor), x.finding(f, g))
			if err != nil {
				return fmt.Errorf("raise the alert of search %s: %w", x.ID, err)
			}
			if i == 0 {
				x.LastAlert = id
			}
		}
		kept, err := saveLook(ctx, tx, x)
		if err != nil {
			return err
		}
		if !kept { // removed or changed meanwhile: what it found is about another search
			return errOvertaken
		}
		return nil
	})
	if problem.Is(err, problem.Stale) && !asked {
		err = nil // a changed one is still due
	}
	return x, failure, err
}

var errOvertaken = problem.New(problem.Stale, "Somebody changed this search while it looked. Try again.")
