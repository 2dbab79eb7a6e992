package retention

import (
	"cmp"
	"context"
	"slices"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// operation is what a change does to what is there now.
type operation struct {
	before   string // JSON of what it changes
	shortens bool   // some event may go sooner, or evidence be freed
	apply    func(context.Context, *db.Tx) error
}

func (a Assignment) label() string {
	return cmp.Or(a.Source, "any source") + ", " + cmp.Or(a.SourceType, "any type")
}

// operation reads what is there and says what the change would do.
func (s *Service) operation(ctx context.Context, tx *db.Tx, c Change) (operation, error) {
	p, err := PolicyOf(ctx, tx)
	if err != nil {
		return operation{}, err
	}
	switch c.Kind {
	case ChangeClass:
		return s.setClass(p, tx, c)
	case ChangeClassRemoval:
		return s.removeClass(p, c)
	case ChangeAssignment:
		return s.assign(p, c)
	case ChangeAssignmentRemoval:
		return s.unassign(p, c)
	case ChangeSourceRemoval:
		return s.removeSource(ctx, tx, c)
	}
	return s.freeHold(ctx, tx, c)
}

func (s *Service) setClass(p Policy, tx *db.Tx, c Change) (operation, error) {
	var want Class
	if err := db.FromJSON(c.After, &want); err != nil {
		return operation{}, err
	}
	if err := want.check(); err != nil {
		return operation{}, err
	}
	op := operation{apply: func(ctx context.Context, tx *db.Tx) error {
		return s.then(ctx, tx, saveClass(ctx, tx, want, s.Now()))
	}}
	if old, ok := p.Class(want.Name); ok {
		op.before, op.shortens = db.JSON(old), sooner(want, old)
		return op, nil
	}
	if len(p.Classes) >= maxClasses {
		return op, problem.New(problem.TooLarge, "There are %d classes already. Remove one first.", len(p.Classes))
	}
	// A new class has no events, unless one of that name was removed before.
	if slices.ContainsFunc(s.Store.Segments(), func(g eventstore.Segment) bool { return g.Tenant == tx.Scope().Tenant && g.Class == want.Name }) {
		old := p.Of(want.Name)
		old.Name = want.Name
		op.shortens = sooner(want, old)
	}
	return op, nil
}

func (s *Service) removeClass(p Policy, c Change) (operation, error) {
	old, ok := p.Class(c.Subject)
	switch {
	case c.Subject == eventstore.DefaultClass:
		return operation{}, problem.New(problem.Conflict, "The default class cannot be removed.")
	case !ok:
		return operation{}, problem.New(problem.NotFound, "No such class.")
	case slices.ContainsFunc(p.Assignments, func(a Assignment) bool { return a.Class == c.Subject }):
		return operation{}, problem.New(problem.Conflict, "Sources are assigned to this class. Assign them to another one first.")
	}
	return operation{db.JSON(old), sooner(p.Of(eventstore.DefaultClass), old), func(ctx context.Context, tx *db.Tx) error {
		return s.then(ctx, tx, deleteClass(ctx, tx, c.Subject))
	}}, nil
}

func (s *Service) assign(p Policy, c Change) (operation, error) {
	var want Assignment
	if err := db.FromJSON(c.After, &want); err != nil {
		return operation{}, err
	}
	if len(want.Source) > 200 || len(want.SourceType) > 200 {
		return operation{}, problem.New(problem.Invalid, "The names of sources and types have at most 200 characters.")
	}
	class, ok := p.Class(want.Class)
	if !ok {
		return operation{}, problem.New(problem.Invalid, "There is no class %q. Make it first.", want.Class)
	}
	i := slices.IndexFunc(p.Assignments, func(a Assignment) bool { return a.Source == want.Source && a.SourceType == want.SourceType })
	if i < 0 {
		if len(p.Assignments) >= maxAssignments {
			return operation{}, problem.New(problem.TooLarge, "There are %d assignments already. Remove some first.", len(p.Assignments))
		}
		want.ID = c.ID
		return operation{"", soonerThanAny(class, p.behind(want)), func(ctx context.Context, tx *db.Tx) error {
			return s.then(ctx, tx, insertAssignment(ctx, tx, want, s.Now()))
		}}, nil
	}
	old := p.Assignments[i]
	want.ID = old.ID
	shown := old
	shown.ID = "" // as a request has it
	return operation{db.JSON(shown), want.Class != old.Class && sooner(class, p.Of(old.Class)), func(ctx context.Context, tx *db.Tx) error {
		return s.then(ctx, tx, updateAssignment(ctx, tx, want))
	}}, nil
}

func (s *Service) unassign(p Policy, c Change) (operation, error) {
	i := slices.IndexFunc(p.Assignments, func(a Assignment) bool { return a.ID == c.Subject })
	if i < 0 {
		return operation{}, problem.New(problem.NotFound, "No such assignment.")
	}
	old := p.Assignments[i]
	shortens := slices.ContainsFunc(p.behind(old), func(b Class) bool { return b.Name != old.Class && sooner(b, p.Of(old.Class)) })
	return operation{db.JSON(old), shortens, func(ctx context.Context, tx *db.Tx) error {
		return s.then(ctx, tx, deleteAssignment(ctx, tx, old.ID))
	}}, nil
}

func (s *Service) removeSource(ctx context.Context, tx *db.Tx, c Change) (operation, error) {
	there, err := s.Sources.Exists(ctx, tx, c.Subject)
	if err == nil && !there {
		err = problem.New(problem.NotFound, "No such source.")
	}
	return operation{db.JSON(map[string]string{"source": c.Subject}), true, func(ctx context.Context, tx *db.Tx) error {
		return s.Sources.Remove(ctx, tx, c.Subject)
	}}, err
}

func (s *Service) freeHold(ctx context.Context, tx *db.Tx, c Change) (operation, error) {
	h, err := GetHold(ctx, tx, c.Subject)
	if err == nil && !h.Released.IsZero() {
		err = problem.New(problem.Conflict, "The hold is released already.")
	}
	return operation{db.JSON(map[string]string{"hold": h.ID, "case": h.CaseID, "evidence": h.Evidence}), true, func(ctx context.Context, tx *db.Tx) error {
		h.ReleasedBy, h.ReleasedReason = c.By, c.Reason
		return s.release(ctx, tx, h)
	}}, err
}

// then ends a change of the policy: drops that were decided before are decided
// anew, and events find their new class once it is committed.
func (s *Service) then(ctx context.Context, tx *db.Tx, err error) error {
	if err != nil {
		return err
	}
	tx.OnCommit(s.Classes.reload)
	return bumpGeneration(ctx, tx)
}
