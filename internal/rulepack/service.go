package rulepack

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
)

// Timers sets due times.
type Timers interface {
	Set(ctx context.Context, tx *db.Tx, kind, key string, due time.Time, payload string) error
	Cancel(ctx context.Context, tx *db.Tx, kind, key string) error
}

// Checked is what a draft is, once it has passed.
type Checked struct {
	ID, Title, Hash string
}

// Service changes which rules are used. Loading them again is up to the caller,
// after the transaction.
type Service struct {
	Library Library
	Record  *record.Log
	Timers  Timers
	Now     func() time.Time
	// CheckRule and CheckFilter take a draft apart; their error is a problem that
	// names the place.
	CheckRule, CheckFilter func(text string) (Checked, error)
}

// Limits of what people keep.
const (
	maxOwnRules = 5_000
	maxVersions = 500 // of one own rule, or of one pack
	maxFilters  = 1_000
	maxText     = 256 << 10 // bytes of a rule or filter
)

// Store writes a pack's files, before its rows are made. Nothing is in use by it.
func (s *Service) Store(ctx context.Context, q db.Querier, files Files, given Manifest) (Manifest, error) {
	m, err := Describe(files, given)
	if err != nil {
		return m, err
	}
	_, err = GetVersion(ctx, q, m.Name, m.Version)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return m, err
	}
	return m, s.Library.Put(q.Scope().Tenant, m, files, err == nil)
}

// Install makes a stored version known. The same again changes nothing.
func (s *Service) Install(ctx context.Context, tx *db.Tx, m Manifest) (Version, error) {
	had, err := GetVersion(ctx, tx, m.Name, m.Version)
	if err == nil && had.Manifest.Hash == m.Hash {
		return had, nil
	}
	if err == nil {
		return had, problem.New(problem.Conflict, "Version %s of the pack %s is installed with other files.", m.Version, m.Name)
	}
	if !problem.Is(err, problem.NotFound) {
		return had, err
	}
	versions, err := versionsOf(ctx, tx, m.Name)
	if err != nil {
		return had, err
	}
	if len(versions) >= maxVersions {
		return had, problem.New(problem.TooLarge, "The pack has %d versions. Remove old ones first.", len(versions))
	}
	v := Version{Manifest: m, Actor: tx.Scope().Actor, Installed: s.Now()}
	if err := insertVersion(ctx, tx, v); err != nil {
		return v, err
	}
	return v, s.note(ctx, tx, "rule_pack.installed", "rule_pack", m.Name, map[string]any{"version": m.Version, "hash": m.Hash, "rules": m.Rules, "license": m.License, "source": m.Source})
}

// Activate puts a version of a pack in use.
func (s *Service) Activate(ctx context.Context, tx *db.Tx, name, version, reason string) (Pack, error) {
	return s.change(ctx, tx, name, "rule_pack.activated", reason, func(p *Pack) error {
		if _, err := GetVersion(ctx, tx, name, version); err != nil {
			return err
		}
		if p.Active == version {
			return problem.New(problem.Conflict, "Version %s is in use already.", version)
		}
		p.Previous, p.Active = p.Active, version
		return nil
	})
}

// Rollback puts the version in use that was before.
func (s *Service) Rollback(ctx context.Context, tx *db.Tx, name, reason string) (Pack, error) {
	return s.change(ctx, tx, name, "rule_pack.rolled_back", reason, func(p *Pack) error {
		if p.Previous == "" {
			return problem.New(problem.Conflict, "No version of the pack was in use before this one.")
		}
		if _, err := GetVersion(ctx, tx, name, p.Previous); err != nil {
			return problem.New(problem.Conflict, "Version %s, which was in use before, was removed. Install it again.", p.Previous)
		}
		p.Previous, p.Active = p.Active, p.Previous
		return nil
	})
}

// Deactivate takes a pack out of use.
func (s *Service) Deactivate(ctx context.Context, tx *db.Tx, name, reason string) (Pack, error) {
	return s.change(ctx, tx, name, "rule_pack.deactivated", reason, func(p *Pack) error {
		if p.Active == "" {
			return problem.New(problem.Conflict, "The pack is not in use.")
		}
		p.Previous, p.Active = p.Active, ""
		return nil
	})
}

func (s *Service) change(ctx context.Context, tx *db.Tx, name, kind, reason string, fn func(*Pack) error) (Pack, error) {
	p, err := GetPack(ctx, tx, name)
	if err != nil {
		return p, err
	}
	from := p.Active
	if err := fn(&p); err != nil {
		return p, err
	}
	p.Updated = s.Now()
	if err := savePack(ctx, tx, p); err != nil {
		return p, err
	}
	return p, s.note(ctx, tx, kind, "rule_pack", name, map[string]any{"from": from, "to": p.Active, "reason": reason})
}

// Remove forgets a version that is not in use. The caller removes its files
// after the transaction.
func (s *Service) Remove(ctx context.Context, tx *db.Tx, name, version string) error {
	p, err := GetPack(ctx, tx, name)
	if err != nil {
		return err
	}
	v, err := GetVersion(ctx, tx, name, version)
	if err != nil {
		return err
	}
	if p.Active == version {
		return problem.New(problem.Conflict, "Version %s is in use. Put another one in use, or take the pack out of use, first.", version)
	}
	if err := deleteVersion(ctx, tx, name, version); err != nil {
		return err
	}
	return s.note(ctx, tx, "rule_pack.removed", "rule_pack", name, map[string]any{"version": version, "hash": v.Manifest.Hash})
}

// Disable switches a rule off, wherever it comes from.
func (s *Service) Disable(ctx context.Context, tx *db.Tx, rule, reason string) error {
	off, err := Disabled(ctx, tx)
	if err != nil {
		return err
	}
	for _, o := range off {
		if o.Rule == rule {
			return problem.New(problem.Conflict, "The rule is switched off already: %s", o.Reason)
		}
	}
	if err := insertOff(ctx, tx, Off{Rule: rule, Reason: reason, Owner: tx.Scope().Actor, Since: s.Now()}); err != nil {
		return err
	}
	return s.note(ctx, tx, "rule.disabled", "rule", rule, map[string]any{"reason": reason})
}

// Enable switches a rule on again.
func (s *Service) Enable(ctx context.Context, tx *db.Tx, rule, reason string) error {
	n, err := deleteOff(ctx, tx, rule)
	if err != nil {
		return err
	}
	if n == 0 {
		return problem.New(problem.Conflict, "Nobody has switched this rule off.")
	}
	return s.note(ctx, tx, "rule.enabled", "rule", rule, map[string]any{"reason": reason})
}

func (s *Service) note(ctx context.Context, tx *db.Tx, kind, subject, id string, data map[string]any) error {
	_, err := s.Record.Append(ctx, tx, record.Entry{Kind: kind, Subject: subject, SubjectID: id, Data: data})
	return err
}
