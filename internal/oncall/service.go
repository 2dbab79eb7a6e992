package oncall

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/timer"
)

// timerKind names the escalation's timers; their key is the run.
const timerKind = "escalation"

// Page is a message for the outbox, to one contact point.
type Page struct {
	Kind          string // "page", or "info" for what asks for no answer
	Channel       string
	Recipient     string // the contact point's id
	RecipientKind string // ContactPoint
	Run           string // "" for what belongs to none: a test message
	CaseID        string
	Exercise      string
	Subject       string
	Body          string
	Link          string
	Priority      int // 1 to 5
}

// Outbox takes messages in the transaction that decides on them.
type Outbox interface {
	Queue(ctx context.Context, tx *db.Tx, p Page) (id string, err error)
	// CancelRun ends every message of the run that was not sent.
	CancelRun(ctx context.Context, tx *db.Tx, run string) error
	// Quiesce keeps the run's messages from leaving until release is called.
	Quiesce(run string) (release func())
	// Live counts the run's pages, queued at or after since, that were sent or
	// are still tried.
	Live(ctx context.Context, q db.Querier, run string, since time.Time) (int, error)
}

// Roster knows people.
type Roster interface {
	// Active reports whether somebody with that id works here.
	Active(ctx context.Context, q db.Querier, person string) (bool, error)
	// Managers lists who is told when nobody answers.
	Managers(ctx context.Context, q db.Querier) ([]string, error)
}

// Options are what the service needs.
type Options struct {
	DB     *db.DB
	Record *record.Log
	Timers *timer.Service
	Outbox Outbox
	Roster Roster
	Links  Links
	Clock  func() time.Time // the time
	Log    *slog.Logger
	// PlainHTTP accepts webhooks without TLS, for receivers in one's own network.
	PlainHTTP bool
}

// Service keeps schedules and runs escalations.
type Service struct{ Options }

// New makes the service and registers its timer handler.
func New(o Options) (*Service, error) {
	if len(o.Links.Key) < 32 {
		return nil, fmt.Errorf("oncall: the key of acknowledge links has %d bytes, at least 32 are needed", len(o.Links.Key))
	}
	s := &Service{o}
	o.Timers.Handle(timerKind, s.due)
	return s, nil
}

// EnsureDefaults makes, where none exist, one weekly schedule with that person
// alone and one policy: the schedule at once, again after 300 s, three times over.
func (s *Service) EnsureDefaults(ctx context.Context, tx *db.Tx, person string) error {
	schedules, err := Schedules(ctx, tx)
	if err != nil {
		return fmt.Errorf("read the schedules: %w", err)
	}
	if len(schedules) == 0 {
		day := s.Clock().UTC().Truncate(24 * time.Hour)
		made, err := s.CreateSchedule(ctx, tx, Schedule{Name: "On call", Rotation: Rotation{People: []string{person}, Shift: Weekly, Length: 1, Start: day, Zone: "UTC"}})
		if err != nil {
			return err
		}
		schedules = append(schedules, made)
	}
	policies, err := Policies(ctx, tx)
	if err != nil || len(policies) > 0 {
		return err
	}
	who := []Target{{Kind: TargetSchedule, ID: schedules[0].ID}}
	_, err = s.CreatePolicy(ctx, tx, Policy{Name: "Default", Repeat: 3, Steps: []Step{{Targets: who}, {Targets: who, DelaySeconds: 300}}})
	return err
}

// Now is the picture of the moment: who is on call, and what is being escalated.
type Now struct {
	Duties []ScheduleDuty
	Runs   []Run // running, oldest first
}

// ScheduleDuty is who is on call on a schedule.
type ScheduleDuty struct {
	Schedule Schedule
	Duty
}

// Now returns who is on call on each schedule and the running escalations.
func (s *Service) Now(ctx context.Context, q db.Querier) (Now, error) {
	schedules, err := Schedules(ctx, q)
	if err != nil {
		return Now{}, fmt.Errorf("read the schedules: %w", err)
	}
	var out Now
	now := s.Clock()
	for _, sc := range schedules {
		overrides, err := Overrides(ctx, q, sc.ID, now.AddDate(-1, 0, 0))
		if err != nil {
			return Now{}, fmt.Errorf("read the overrides: %w", err)
		}
		out.Duties = append(out.Duties, ScheduleDuty{Schedule: sc, Duty: DutyAt(sc.Rotation, overrides, now)})
	}
	out.Runs, err = Runs(ctx, q, RunFilter{State: Running, Limit: 1000})
	return out, err
}

func (s *Service) append(ctx context.Context, tx *db.Tx, kind, subject, id string, data map[string]any) error {
	_, err := s.Record.Append(ctx, tx, record.Entry{Kind: kind, Subject: subject, SubjectID: id, Data: data})
	return err
}

func invalid(err error) error {
	if err == nil {
		return nil
	}
	return problem.New(problem.Invalid, "%s.", upper(err.Error()))
}

// upper makes a validation error the start of a sentence.
func upper(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}
