package oncall

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/timer"
)

// States of a run.
const (
	Running   = "running"
	Acked     = "acked"     // somebody took it on
	Exhausted = "exhausted" // all rounds are over and nobody answered
	Ended     = "ended"     // the case left before anybody answered
)

// Case is what an escalation is about, as it was when it started.
type Case struct {
	ID           string   `json:"id"`
	Number       string   `json:"number"` // as people know it, "INC-12"
	Title        string   `json:"title"`
	Level        string   `json:"level"` // "critical", "serious" or "mild"
	Summary      string   `json:"summary"`
	Exercise     string   `json:"exercise"`     // id, "" when real
	Participants []string `json:"participants"` // of the exercise: nobody else is paged
	Policy       string   `json:"policy"`       // "": the oldest policy
}

// Run is one escalation of a case.
type Run struct {
	ID       string
	CaseID   string
	Policy   string // as it was chosen; the run keeps its own copy
	State    string
	Step     int // steps taken in this round
	Steps    int // of a round
	Round    int // from 1
	Rounds   int
	Stepped  time.Time // when the last step was taken
	Exercise string
	Subject  string
	AckedBy  string
	Acked    time.Time
	Created  time.Time

	at     place
	paged  int // pages of this round
	warned bool
	plan   plan
}

// Start begins the escalation of a case in the caller's transaction: the pages
// of the first step and the timer of the next commit with the case. A case
// whose escalation is running keeps it, and gets its id.
func (s *Service) Start(ctx context.Context, tx *db.Tx, c Case) (run string, err error) {
	running, err := Runs(ctx, tx, RunFilter{CaseID: c.ID, State: Running, Limit: 1})
	if err != nil {
		return "", fmt.Errorf("read the escalations of %s: %w", c.Number, err)
	}
	if len(running) > 0 {
		return running[0].ID, nil
	}
	policy, err := s.choose(ctx, tx, c.Policy)
	if err != nil {
		return "", err
	}
	now := s.Clock().UTC()
	r := Run{ID: db.NewID(now), CaseID: c.ID, Policy: policy.ID, State: Running, Exercise: c.Exercise, Created: now,
		Subject: subject(c), plan: plan{Steps: policy.Steps, Repeat: policy.Repeat, Case: c}}
	if err := insertRun(ctx, tx, r); err != nil {
		return "", fmt.Errorf("start the escalation of %s: %w", c.Number, err)
	}
	if err := s.recordRun(ctx, tx, r, "escalation.started", map[string]any{"policy": policy.ID, "policy_version": policy.Version}); err != nil {
		return "", err
	}
	switch {
	case len(policy.Steps) == 0:
		err = s.exhaust(ctx, tx, r, "there is no escalation policy")
	case policy.Steps[0].DelaySeconds > 0:
		err = s.Timers.Set(ctx, tx, timerKind, r.ID, now.Add(policy.Steps[0].delay()), "")
	default:
		err = s.advance(ctx, tx, r)
	}
	return r.ID, err
}

// choose returns the policy of that id, or the oldest. A case is never refused
// because its policy is gone.
func (s *Service) choose(ctx context.Context, tx *db.Tx, id string) (Policy, error) {
	if id != "" {
		p, err := GetPolicy(ctx, tx, id)
		if !problem.Is(err, problem.NotFound) {
			return p, err
		}
	}
	all, err := Policies(ctx, tx)
	if err != nil || len(all) == 0 {
		return Policy{}, err
	}
	return all[0], nil
}

// due is the timer's handler: the next step of a run.
func (s *Service) due(ctx context.Context, tx *db.Tx, t timer.Timer) error {
	r, err := lockRun(ctx, tx, t.Key)
	if problem.Is(err, problem.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read escalation %s: %w", t.Key, err)
	}
	if r.State != Running {
		return nil
	}
	if r.plan.over(r.at) {
		return s.exhaust(ctx, tx, r, "nobody acknowledged")
	}
	return s.advance(ctx, tx, r)
}

// advance takes the step at which the run stands, and those that follow it in
// the same round for as long as nobody is reached; then it sets the timer.
func (s *Service) advance(ctx context.Context, tx *db.Tx, r Run) error {
	if r.at.step == 0 {
		r.paged = 0
	}
	for {
		r.Stepped = s.Clock().UTC()
		pages, err := s.page(ctx, tx, r)
		if err != nil {
			return err
		}
		r.paged += pages
		next, wait := r.plan.after(r.at)
		r.at = next
		if pages == 0 && r.plan.sameRound(next) {
			continue
		}
		if r.paged == 0 {
			if r, err = s.warn(ctx, tx, r, "a whole round reached nobody"); err != nil {
				return err
			}
		}
		if err := updateRun(ctx, tx, r); err != nil {
			return fmt.Errorf("store escalation %s: %w", r.ID, err)
		}
		return s.Timers.Set(ctx, tx, timerKind, r.ID, r.Stepped.Add(wait), "")
	}
}

// PageFailed is told by the outbox, in its transaction, that a page of the run
// is undeliverable. When none of the step's pages is left to hope for, the
// next step of the round comes at once.
func (s *Service) PageFailed(ctx context.Context, tx *db.Tx, run string) error {
	r, err := lockRun(ctx, tx, run)
	if problem.Is(err, problem.NotFound) || err == nil && r.State != Running {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read escalation %s: %w", run, err)
	}
	live, err := s.Outbox.Live(ctx, tx, run, r.Stepped)
	if err != nil || live > 0 {
		return err
	}
	if r.plan.sameRound(r.at) {
		return s.Timers.Set(ctx, tx, timerKind, run, s.Clock(), "")
	}
	if live, err = s.Outbox.Live(ctx, tx, run, r.Created); err != nil || live > 0 {
		return err
	}
	if r, err = s.warn(ctx, tx, r, "no page could be delivered"); err != nil {
		return err
	}
	return updateRun(ctx, tx, r)
}

// Acknowledgement is the answer to who acknowledges.
type Acknowledgement struct {
	Run    string
	CaseID string
	State  string // Acked, or Ended when the case had left before
	By     string // who was first
	At     time.Time
	First  bool // this call was it
}

// Acknowledge stops a run in the name of a person: no page of it leaves once
// it returns without an error. The first one wins; later ones learn who was
// first, and that is no error. It makes its own transaction and must not be
// called inside one.
func (s *Service) Acknowledge(ctx context.Context, h *db.Handle, run, person string) (Acknowledgement, error) {
	if person == "" {
		return Acknowledgement{}, problem.New(problem.Invalid, "An escalation is acknowledged by a person.")
	}
	if r, err := GetRun(ctx, h, run); err != nil {
		return Acknowledgement{}, err
	} else if r.State == Acked || r.State == Ended {
		return r.acknowledgement(false), nil
	}
	release := s.Outbox.Quiesce(run)
	defer release()
	var out Acknowledgement
	err := h.Tx(ctx, func(tx *db.Tx) error {
		// The timer first: its handler locks in the same order.
		if err := s.Timers.Cancel(ctx, tx, timerKind, run); err != nil {
			return err
		}
		r, err := lockRun(ctx, tx, run)
		if err != nil {
			return err
		}
		if r.State == Acked || r.State == Ended {
			out = r.acknowledgement(false)
			return nil
		}
		late := r.State == Exhausted
		r.State, r.AckedBy, r.Acked = Acked, person, s.Clock().UTC()
		if err := updateRun(ctx, tx, r); err != nil {
			return fmt.Errorf("acknowledge escalation %s: %w", run, err)
		}
		if err := s.Outbox.CancelRun(ctx, tx, run); err != nil {
			return err
		}
		out = r.acknowledgement(true)
		return s.recordRun(ctx, tx, r, "escalation.acknowledged", map[string]any{"by": person, "after_ms": r.Acked.Sub(r.Created).Milliseconds(), "late": late})
	})
	return out, err
}

func (r Run) acknowledgement(first bool) Acknowledgement {
	return Acknowledgement{Run: r.ID, CaseID: r.CaseID, State: r.State, By: r.AckedBy, At: r.Acked, First: first}
}

// End stops the case's escalation because the case has left: it was closed,
// merged or found to be nothing. Sends under way are interrupted after the
// commit. A case without an escalation that is open is no error.
func (s *Service) End(ctx context.Context, tx *db.Tx, caseID, reason string) error {
	runs, err := Runs(ctx, tx, RunFilter{CaseID: caseID, Limit: 1000})
	if err != nil {
		return fmt.Errorf("read the escalations of a case: %w", err)
	}
	for _, r := range runs {
		if r.State != Running && r.State != Exhausted {
			continue
		}
		if err := s.end(ctx, tx, r.ID, reason); err != nil {
			return fmt.Errorf("end escalation %s: %w", r.ID, err)
		}
	}
	return nil
}

func (s *Service) end(ctx context.Context, tx *db.Tx, run, reason string) error {
	if err := s.Timers.Cancel(ctx, tx, timerKind, run); err != nil {
		return err
	}
	r, err := lockRun(ctx, tx, run)
	if err != nil || r.State == Acked || r.State == Ended {
		return err
	}
	r.State = Ended
	if err := updateRun(ctx, tx, r); err != nil {
		return err
	}
	if err := s.Outbox.CancelRun(ctx, tx, run); err != nil {
		return err
	}
	return s.recordRun(ctx, tx, r, "escalation.ended", map[string]any{"reason": reason})
}

// exhaust ends a run that nobody answered and tells the managers.
func (s *Service) exhaust(ctx context.Context, tx *db.Tx, r Run, why string) error {
	r.State = Exhausted
	if err := updateRun(ctx, tx, r); err != nil {
		return fmt.Errorf("store escalation %s: %w", r.ID, err)
	}
	told, err := s.tellManagers(ctx, tx, r, why)
	if err != nil {
		return err
	}
	return s.recordRun(ctx, tx, r, "escalation.exhausted", map[string]any{"reason": why, "managers": told})
}

// warn tells the managers, once a run, that the escalation reaches nobody.
func (s *Service) warn(ctx context.Context, tx *db.Tx, r Run, why string) (Run, error) {
	if r.warned {
		return r, nil
	}
	r.warned = true
	told, err := s.tellManagers(ctx, tx, r, why)
	if err != nil {
		return r, err
	}
	return r, s.recordRun(ctx, tx, r, "escalation.unreachable", map[string]any{"reason": why, "managers": told})
}

func (s *Service) recordRun(ctx context.Context, tx *db.Tx, r Run, kind string, data map[string]any) error {
	data["run"] = r.ID
	_, err := s.Record.Append(ctx, tx, record.Entry{Kind: kind, Subject: "case", SubjectID: r.CaseID, Exercise: r.Exercise, Data: data})
	return err
}

func subject(c Case) string {
	s := strings.TrimSpace(c.Number + " " + c.Title)
	if c.Level != "" {
		s = "[" + c.Level + "] " + s
	}
	return s
}

// takesPart: an exercise pages those who take part in it and nobody else.
func (c Case) takesPart(person string) bool {
	return c.Exercise == "" || slices.Contains(c.Participants, person)
}
