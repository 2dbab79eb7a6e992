package oncall

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// Schedule is a named rotation; its overrides stand beside it.
type Schedule struct {
	ID       string
	Name     string
	Rotation Rotation
	Version  int64
	Created  time.Time
}

// Validate says what is wrong with a schedule.
func (sc Schedule) Validate() error {
	if sc.Name == "" || len(sc.Name) > 100 {
		return fmt.Errorf("a schedule has a name of at most 100 characters")
	}
	return sc.Rotation.Validate()
}

// CreateSchedule adds a schedule.
func (s *Service) CreateSchedule(ctx context.Context, tx *db.Tx, sc Schedule) (Schedule, error) {
	if err := sc.Validate(); err != nil {
		return Schedule{}, invalid(err)
	}
	sc.ID, sc.Version, sc.Created = db.NewID(s.Clock()), 1, s.Clock().UTC()
	if err := insertSchedule(ctx, tx, sc); err != nil {
		return Schedule{}, fmt.Errorf("create a schedule: %w", err)
	}
	return sc, s.appendSchedule(ctx, tx, "schedule.created", sc)
}

// UpdateSchedule replaces name and rotation if nobody changed them since
// sc.Version; otherwise it fails with problem.Stale.
func (s *Service) UpdateSchedule(ctx context.Context, tx *db.Tx, sc Schedule) (Schedule, error) {
	if err := sc.Validate(); err != nil {
		return Schedule{}, invalid(err)
	}
	if _, err := GetSchedule(ctx, tx, sc.ID); err != nil {
		return Schedule{}, err
	}
	if err := updateSchedule(ctx, tx, sc); err != nil {
		return Schedule{}, err
	}
	sc.Version++
	return sc, s.appendSchedule(ctx, tx, "schedule.changed", sc)
}

// DeleteSchedule removes a schedule that no escalation policy pages.
func (s *Service) DeleteSchedule(ctx context.Context, tx *db.Tx, id string) error {
	sc, err := GetSchedule(ctx, tx, id)
	if err != nil {
		return err
	}
	policies, err := Policies(ctx, tx)
	if err != nil {
		return fmt.Errorf("read the policies: %w", err)
	}
	for _, p := range policies {
		for _, st := range p.Steps {
			if slices.Contains(st.Targets, Target{Kind: TargetSchedule, ID: id}) {
				return problem.New(problem.Conflict, "The escalation policy %q pages this schedule. Take it out there first.", p.Name)
			}
		}
	}
	if err := deleteSchedule(ctx, tx, id); err != nil {
		return fmt.Errorf("delete a schedule: %w", err)
	}
	return s.append(ctx, tx, "schedule.deleted", "schedule", id, map[string]any{"name": sc.Name})
}

// AddOverride puts somebody on call for a while.
func (s *Service) AddOverride(ctx context.Context, tx *db.Tx, o Override) (Override, error) {
	if o.Mode == "" {
		o.Mode = Replace
	}
	if err := o.Validate(); err != nil {
		return Override{}, invalid(err)
	}
	if _, err := GetSchedule(ctx, tx, o.Schedule); err != nil {
		return Override{}, err
	}
	if err := s.mustBeActive(ctx, tx, o.Person); err != nil {
		return Override{}, err
	}
	o.ID, o.Created = db.NewID(s.Clock()), s.Clock().UTC()
	if err := insertOverride(ctx, tx, o); err != nil {
		return Override{}, fmt.Errorf("add an override: %w", err)
	}
	return o, s.append(ctx, tx, "override.added", "schedule", o.Schedule, map[string]any{"override": o.ID, "person": o.Person, "mode": o.Mode, "starts": o.Start.UTC(), "ends": o.End.UTC()})
}

// RemoveOverride takes an override back.
func (s *Service) RemoveOverride(ctx context.Context, tx *db.Tx, id string) error {
	o, err := GetOverride(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := deleteOverride(ctx, tx, id); err != nil {
		return fmt.Errorf("remove an override: %w", err)
	}
	return s.append(ctx, tx, "override.removed", "schedule", o.Schedule, map[string]any{"override": id, "person": o.Person, "mode": o.Mode, "starts": o.Start, "ends": o.End})
}

// CreatePolicy adds an escalation policy.
func (s *Service) CreatePolicy(ctx context.Context, tx *db.Tx, p Policy) (Policy, error) {
	if err := s.checkPolicy(ctx, tx, p); err != nil {
		return Policy{}, err
	}
	p.ID, p.Version, p.Created = db.NewID(s.Clock()), 1, s.Clock().UTC()
	if err := insertPolicy(ctx, tx, p); err != nil {
		return Policy{}, fmt.Errorf("create an escalation policy: %w", err)
	}
	return p, s.appendPolicy(ctx, tx, "escalation_policy.created", p)
}

// UpdatePolicy replaces a policy if nobody changed it since p.Version. Runs
// under way go on by the policy that they began with.
func (s *Service) UpdatePolicy(ctx context.Context, tx *db.Tx, p Policy) (Policy, error) {
	if _, err := GetPolicy(ctx, tx, p.ID); err != nil {
		return Policy{}, err
	}
	if err := s.checkPolicy(ctx, tx, p); err != nil {
		return Policy{}, err
	}
	if err := updatePolicy(ctx, tx, p); err != nil {
		return Policy{}, err
	}
	p.Version++
	return p, s.appendPolicy(ctx, tx, "escalation_policy.changed", p)
}

// DeletePolicy removes a policy; the last one stays, or nobody would be paged.
func (s *Service) DeletePolicy(ctx context.Context, tx *db.Tx, id string) error {
	p, err := GetPolicy(ctx, tx, id)
	if err != nil {
		return err
	}
	all, err := Policies(ctx, tx)
	if err != nil {
		return fmt.Errorf("read the policies: %w", err)
	}
	if len(all) == 1 {
		return problem.New(problem.Conflict, "This is the only escalation policy: without it nobody would be paged. Make another first.")
	}
	if err := deletePolicy(ctx, tx, id); err != nil {
		return fmt.Errorf("delete an escalation policy: %w", err)
	}
	return s.append(ctx, tx, "escalation_policy.deleted", "escalation_policy", id, map[string]any{"name": p.Name})
}

func (s *Service) checkPolicy(ctx context.Context, tx *db.Tx, p Policy) error {
	if err := p.Validate(); err != nil {
		return invalid(err)
	}
	for _, st := range p.Steps {
		for _, t := range st.Targets {
			if t.Kind == TargetPerson {
				if err := s.mustBeActive(ctx, tx, t.ID); err != nil {
					return err
				}
			} else if _, err := GetSchedule(ctx, tx, t.ID); problem.Is(err, problem.NotFound) {
				return problem.New(problem.Invalid, "A step pages a schedule that does not exist.")
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) mustBeActive(ctx context.Context, q db.Querier, person string) error {
	active, err := s.Roster.Active(ctx, q, person)
	if err != nil {
		return fmt.Errorf("look up a person: %w", err)
	}
	if !active {
		return problem.New(problem.Invalid, "A person who is to be paged has no active account.")
	}
	return nil
}

func (s *Service) appendSchedule(ctx context.Context, tx *db.Tx, kind string, sc Schedule) error {
	return s.append(ctx, tx, kind, "schedule", sc.ID, map[string]any{"name": sc.Name, "version": sc.Version, "rotation": sc.Rotation})
}

func (s *Service) appendPolicy(ctx context.Context, tx *db.Tx, kind string, p Policy) error {
	return s.append(ctx, tx, kind, "escalation_policy", p.ID, map[string]any{"name": p.Name, "version": p.Version, "steps": p.Steps, "repeat": p.Repeat})
}
