package rulepack

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// CreateRule takes a rule of the organisation's own.
func (s *Service) CreateRule(ctx context.Context, tx *db.Tx, text, note string) (OwnRule, error) {
	c, err := s.draft(text)
	if err != nil {
		return OwnRule{}, err
	}
	have, err := OwnRules(ctx, tx)
	if err != nil {
		return OwnRule{}, err
	}
	if len(have) >= maxOwnRules {
		return OwnRule{}, problem.New(problem.TooLarge, "There are %d rules already. Make a pack of some.", len(have))
	}
	r, err := GetOwnRule(ctx, tx, c.ID)
	switch {
	case err == nil && r.Deleted.IsZero():
		return r, problem.New(problem.Conflict, "A rule with this id was made here already. Change that one, or give this one another id.")
	case err == nil: // one that was deleted comes back as its next version
		return s.save(ctx, tx, r, c, text, note, "rule.created")
	case !problem.Is(err, problem.NotFound):
		return r, err
	}
	r = OwnRule{ID: c.ID, Version: 1, Created: s.Now()}
	if err := insertOwn(ctx, tx, r); err != nil {
		return r, err
	}
	return s.save(ctx, tx, r, c, text, note, "rule.created")
}

// UpdateRule makes a new version of an own rule; version is the row's.
func (s *Service) UpdateRule(ctx context.Context, tx *db.Tx, id string, version int64, text, note string) (OwnRule, error) {
	r, err := s.owned(ctx, tx, id, version)
	if err != nil {
		return r, err
	}
	c, err := s.draft(text)
	if err != nil {
		return r, err
	}
	if c.ID != id {
		return r, problem.New(problem.Invalid, "The rule's id is %s. A new version keeps it; make a new rule for another id.", id)
	}
	return s.save(ctx, tx, r, c, text, note, "rule.changed")
}

// RollbackRule makes an earlier version of an own rule the one in use, also of
// a rule that was deleted.
func (s *Service) RollbackRule(ctx context.Context, tx *db.Tx, id string, version, number int64, reason string) (OwnRule, error) {
	r, err := s.owned(ctx, tx, id, version)
	if err != nil {
		return r, err
	}
	v, err := GetOwnVersion(ctx, tx, id, number)
	if err != nil {
		return r, err
	}
	c, err := s.draft(v.Body) // what is required may have become more since
	if err != nil {
		return r, err
	}
	from := r.Active
	r.Active, r.Title, r.Updated = number, c.Title, s.Now()
	r.Deleted = time.Time{}
	if err := saveOwn(ctx, tx, &r); err != nil {
		return r, err
	}
	return r, s.note(ctx, tx, "rule.rolled_back", "rule", id, map[string]any{"from": from, "to": number, "hash": v.Hash, "reason": reason})
}

// DeleteRule takes an own rule out of use; its versions stay.
func (s *Service) DeleteRule(ctx context.Context, tx *db.Tx, id string, version int64) error {
	r, err := s.owned(ctx, tx, id, version)
	if err != nil {
		return err
	}
	if !r.Deleted.IsZero() {
		return problem.New(problem.NotFound, "No such rule.")
	}
	r.Deleted, r.Updated = s.Now(), s.Now()
	if err := saveOwn(ctx, tx, &r); err != nil {
		return err
	}
	return s.note(ctx, tx, "rule.deleted", "rule", id, map[string]any{"number": r.Active})
}

func (s *Service) owned(ctx context.Context, tx *db.Tx, id string, version int64) (OwnRule, error) {
	r, err := GetOwnRule(ctx, tx, id)
	if err == nil && r.Version != version {
		err = problem.New(problem.Stale, "Somebody changed this rule in the meantime. Load it again and repeat the change.")
	}
	return r, err
}

func (s *Service) draft(text string) (Checked, error) {
	if len(text) > maxText {
		return Checked{}, problem.New(problem.TooLarge, "A rule has at most %d KiB.", maxText>>10)
	}
	return s.CheckRule(text)
}

func (s *Service) save(ctx context.Context, tx *db.Tx, r OwnRule, c Checked, text, note, kind string) (OwnRule, error) {
	number, err := newestOwn(ctx, tx, r.ID)
	if err != nil {
		return r, err
	}
	if number >= maxVersions {
		return r, problem.New(problem.TooLarge, "The rule has %d versions, which is the limit. Make a new rule.", number)
	}
	v := OwnVersion{Number: number + 1, Body: text, Hash: c.Hash, Note: note, Actor: tx.Scope().Actor, At: s.Now()}
	if err := insertOwnVersion(ctx, tx, r.ID, v); err != nil {
		return r, err
	}
	r.Active, r.Title, r.Deleted, r.Updated = v.Number, c.Title, time.Time{}, s.Now()
	if err := saveOwn(ctx, tx, &r); err != nil {
		return r, err
	}
	return r, s.note(ctx, tx, kind, "rule", r.ID, map[string]any{"number": v.Number, "hash": c.Hash, "title": c.Title, "note": note})
}
