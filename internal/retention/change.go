package retention

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// Kinds of changes.
const (
	ChangeClass             = "class"              // make or alter a class
	ChangeClassRemoval      = "class_removal"      // its segments follow the default class
	ChangeAssignment        = "assignment"         // put a source and type into a class
	ChangeAssignmentRemoval = "assignment_removal" // back to what is less specific
	ChangeSourceRemoval     = "source_removal"     // nothing more comes from it; its events stay
	ChangeHoldRelease       = "hold_release"       // of a case or of evidence
)

// States of changes.
const (
	Pending   = "pending"   // waits for a second person
	Waiting   = "waiting"   // approved; waits until it takes effect
	Applied   = "applied"   //
	Rejected  = "rejected"  //
	Cancelled = "cancelled" // withdrawn, or what it changes is no longer what was seen
)

// Change is one change of how long events are kept.
type Change struct {
	ID            string
	Kind          string
	Subject       string // class, assignment's id or pattern, source, or hold's id
	Before, After string // JSON of what it changes; "" when there is none
	Shortens      bool
	By            string
	At            time.Time
	Reason        string
	State         string
	ApprovedBy    string
	ApprovedAt    time.Time
	Effective     time.Time
	EndedBy       string // who rejected or cancelled
	EndedAt       time.Time
	EndedReason   string
}

// Request asks for a change.
type Request struct {
	Kind       string
	Class      Class      // of "class"; its name of "class_removal"
	Assignment Assignment // of "assignment"; its id of "assignment_removal"
	Source     string     // of "source_removal"
	Hold       string     // of "hold_release"
	Reason     string
}

// Request makes a change: at once when it only lengthens, else pending.
func (s *Service) Request(ctx context.Context, tx *db.Tx, r Request) (Change, error) {
	if len(r.Reason) < 3 {
		return Change{}, &problem.Error{Kind: problem.Invalid, Detail: "Say why, for those who read it later.", Fields: []problem.Field{{Name: "reason", Detail: "at least 3 characters"}}}
	}
	c := Change{ID: db.NewID(s.Now()), Kind: r.Kind, By: tx.Scope().Actor, At: s.Now(), Reason: r.Reason, State: Pending}
	switch r.Kind {
	case ChangeClass:
		c.Subject, c.After = r.Class.Name, db.JSON(r.Class)
	case ChangeClassRemoval:
		c.Subject = r.Class.Name
	case ChangeAssignment:
		r.Assignment.ID = ""
		c.Subject, c.After = r.Assignment.label(), db.JSON(r.Assignment)
	case ChangeAssignmentRemoval:
		c.Subject = r.Assignment.ID
	case ChangeSourceRemoval:
		c.Subject = r.Source
	case ChangeHoldRelease:
		c.Subject = r.Hold
	default:
		return Change{}, problem.New(problem.Invalid, "There is no change of the kind %q.", r.Kind)
	}
	op, err := s.operation(ctx, tx, c)
	if err != nil {
		return Change{}, err
	}
	if op.before == c.After && c.After != "" {
		return Change{}, problem.New(problem.Conflict, "It is like that already.")
	}
	c.Before, c.Shortens = op.before, op.shortens
	if open, err := openChange(ctx, tx, c.Kind, c.Subject); err != nil {
		return Change{}, err
	} else if open {
		return Change{}, problem.New(problem.Conflict, "A change of this waits already. Cancel it first.")
	}
	if !c.Shortens {
		c.State, c.Effective = Applied, s.Now()
	}
	if err := insertChange(ctx, tx, c); err != nil {
		return Change{}, err
	}
	if c.Shortens {
		return c, s.recordChange(ctx, tx, "retention.requested", c, c.Reason)
	}
	if err := op.apply(ctx, tx); err != nil {
		return Change{}, err
	}
	return c, s.recordChange(ctx, tx, "retention.changed", c, c.Reason)
}

// Approve is the second person's word: the change waits for its delay.
func (s *Service) Approve(ctx context.Context, tx *db.Tx, id string) (Change, error) {
	c, err := s.open(ctx, tx, id, Pending)
	if err != nil {
		return c, err
	}
	if c.By == tx.Scope().Actor {
		return c, problem.New(problem.Denied, "Another person has to approve what you asked for.")
	}
	c.State, c.ApprovedBy, c.ApprovedAt, c.Effective = Waiting, tx.Scope().Actor, s.Now(), s.Now().Add(s.Delay)
	if err := saveChange(ctx, tx, c, Pending); err != nil {
		return c, err
	}
	if err := s.Timers.Set(ctx, tx, TimerApply, c.ID, c.Effective, ""); err != nil {
		return c, err
	}
	return c, s.recordChange(ctx, tx, "retention.approved", c, "")
}

// Reject refuses a change that waits for approval.
func (s *Service) Reject(ctx context.Context, tx *db.Tx, id, reason string) (Change, error) {
	c, err := s.open(ctx, tx, id, Pending)
	if err != nil {
		return c, err
	}
	return s.end(ctx, tx, c, Rejected, reason)
}

// Cancel withdraws a change that has not taken effect.
func (s *Service) Cancel(ctx context.Context, tx *db.Tx, id, reason string) (Change, error) {
	c, err := s.open(ctx, tx, id, Pending, Waiting)
	if err != nil {
		return c, err
	}
	return s.end(ctx, tx, c, Cancelled, reason)
}

func (s *Service) end(ctx context.Context, tx *db.Tx, c Change, state, reason string) (Change, error) {
	was := c.State
	c.State, c.EndedBy, c.EndedAt, c.EndedReason = state, tx.Scope().Actor, s.Now(), reason
	if err := saveChange(ctx, tx, c, was); err != nil {
		return c, err
	}
	if err := s.Timers.Cancel(ctx, tx, TimerApply, c.ID); err != nil {
		return c, err
	}
	return c, s.recordChange(ctx, tx, "retention."+state, c, reason)
}

// open reads a change that is in one of the states.
func (s *Service) open(ctx context.Context, tx *db.Tx, id string, states ...string) (Change, error) {
	c, err := GetChange(ctx, tx, id)
	if err != nil {
		return c, err
	}
	for _, st := range states {
		if c.State == st {
			return c, nil
		}
	}
	return c, problem.New(problem.Conflict, "The change is %s.", c.State)
}

// Due applies a change whose delay is over. What it would change must still be
// what both people saw; else it is cancelled, and can be asked for anew.
func (s *Service) Due(ctx context.Context, tx *db.Tx, id string) error {
	c, err := GetChange(ctx, tx, id)
	if err != nil || c.State != Waiting {
		return err
	}
	if s.Now().Before(c.Effective) {
		return s.Timers.Set(ctx, tx, TimerApply, c.ID, c.Effective, "")
	}
	op, err := s.operation(ctx, tx, c)
	if problem.Is(err, problem.NotFound) || problem.Is(err, problem.Conflict) {
		_, err := s.end(ctx, tx, c, Cancelled, problem.Detail(err))
		return err
	} else if err != nil {
		return err
	}
	if op.before != c.Before {
		_, err := s.end(ctx, tx, c, Cancelled, "What it changes was changed in the meantime.")
		return err
	}
	if err := op.apply(ctx, tx); err != nil {
		return err
	}
	c.State = Applied
	if err := saveChange(ctx, tx, c, Waiting); err != nil {
		return err
	}
	return s.recordChange(ctx, tx, "retention.changed", c, "")
}

func (s *Service) recordChange(ctx context.Context, tx *db.Tx, kind string, c Change, reason string) error {
	data := map[string]any{"change": c.Kind, "subject": c.Subject, "before": c.Before, "after": c.After, "shortens": c.Shortens, "by": c.By}
	if c.ApprovedBy != "" {
		data["approved_by"] = c.ApprovedBy
	}
	if !c.Effective.IsZero() {
		data["effective"] = c.Effective.UTC()
	}
	return s.record(ctx, tx, kind, "retention", c.ID, data, reason)
}
