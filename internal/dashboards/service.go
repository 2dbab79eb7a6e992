package dashboards

import (
	"context"
	"log/slog"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/internal/worker"
)

// Events is what panels ask.
type Events interface {
	Aggregate(ctx context.Context, t tenant.ID, q query.Query, from, to int64, progress func(eventstore.Table)) (eventstore.Table, error)
}

// Timers sets due times.
type Timers interface {
	Set(ctx context.Context, tx *db.Tx, kind, key string, due time.Time, payload string) error
	Cancel(ctx context.Context, tx *db.Tx, kind, key string) error
}

// Options are what the service needs.
type Options struct {
	DB     *db.DB
	Record *record.Log
	Timers Timers
	Events Events
	People People
	Outbox Outbox
	Now    func() time.Time
	Log    *slog.Logger
	Link   func(id string) string // where people see a dashboard
}

// Service keeps dashboards, answers their panels and mails them.
type Service struct {
	Options
	shipped []Dashboard
	answers *answers
	drawing chan struct{} // one token the picture that is drawn
	work    *worker.Loop
}

// New makes the service. An error is a mistake in a dashboard that is shipped.
func New(o Options) (*Service, error) {
	shipped, err := loadShipped(o.Now())
	s := &Service{Options: o, shipped: shipped, answers: newAnswers(), drawing: make(chan struct{}, 1)}
	s.work = worker.New(worker.Loop{What: "mailing dashboards", Idle: idle, Log: o.Log, Next: s.Next})
	return s, err
}

// Get returns a dashboard that somebody may see.
func (s *Service) Get(ctx context.Context, q db.Querier, w Who, id string) (Dashboard, error) {
	for _, d := range s.shipped {
		if d.ID == id {
			d.tenant = q.Scope().Tenant
			return d, nil
		}
	}
	d, err := get(ctx, q, id)
	if err == nil && !d.Sees(w) {
		return Dashboard{}, problem.New(problem.NotFound, "No such dashboard.")
	}
	return d, err
}

// List lists what somebody may see: one's own and shared ones by name, behind
// those that are shipped.
func (s *Service) List(ctx context.Context, q db.Querier, w Who) ([]Dashboard, error) {
	out := append([]Dashboard{}, s.shipped...)
	all, err := list(ctx, q)
	for _, d := range all {
		if d.Sees(w) {
			out = append(out, d)
		}
	}
	return out, err
}

// Create keeps a new dashboard of the transaction's actor.
func (s *Service) Create(ctx context.Context, tx *db.Tx, b Body, m *MailForm) (Dashboard, error) {
	now := s.Now()
	d := Dashboard{ID: db.NewID(now), Owner: tx.Scope().Actor, Body: b, Created: now, Updated: now, Version: 1, tenant: tx.Scope().Tenant}
	if err := d.check(now); err != nil {
		return d, err
	}
	n, err := count(ctx, tx)
	if err != nil {
		return d, err
	}
	if n >= maxDashboards {
		return d, problem.New(problem.TooLarge, "There are %d dashboards. Remove some first.", n)
	}
	if err := s.setMail(ctx, tx, &d, m); err != nil {
		return d, err
	}
	if err := insert(ctx, tx, d); err != nil {
		return d, err
	}
	if err := s.plan(ctx, tx, d); err != nil {
		return d, err
	}
	return d, s.note(ctx, tx, "dashboard.created", d)
}

// Update changes a dashboard at a version.
func (s *Service) Update(ctx context.Context, tx *db.Tx, w Who, id string, version int64, b Body, m *MailForm) (Dashboard, error) {
	d, err := s.changing(ctx, tx, w, id)
	if err != nil {
		return d, err
	}
	d.Body, d.Updated, d.Version = b, s.Now(), version+1
	if err := d.check(s.Now()); err != nil {
		return d, err
	}
	if err := s.setMail(ctx, tx, &d, m); err != nil {
		return d, err
	}
	if err := update(ctx, tx, d, version); err != nil {
		return d, err
	}
	if err := s.plan(ctx, tx, d); err != nil {
		return d, err
	}
	return d, s.note(ctx, tx, "dashboard.changed", d)
}

// Delete removes a dashboard at a version; version 0 is whichever it has.
func (s *Service) Delete(ctx context.Context, tx *db.Tx, w Who, id string, version int64) error {
	d, err := s.changing(ctx, tx, w, id)
	if err != nil {
		return err
	}
	if version == 0 {
		version = d.Version
	}
	if err := remove(ctx, tx, id, version); err != nil {
		return err
	}
	if err := s.Timers.Cancel(ctx, tx, TimerMail, id); err != nil {
		return err
	}
	return s.note(ctx, tx, "dashboard.removed", d)
}

func (s *Service) changing(ctx context.Context, tx *db.Tx, w Who, id string) (Dashboard, error) {
	d, err := s.Get(ctx, tx, w, id)
	switch {
	case err != nil:
	case d.Shipped:
		err = problem.New(problem.Conflict, "This dashboard comes with Tocsin and stays as it is. Make a copy to change it.")
	case !d.MayChange(w):
		err = problem.New(problem.Denied, "This dashboard belongs to somebody else. Make a copy to change it.")
	}
	return d, err
}

// note records a change; names are personal: they can name anyone.
func (s *Service) note(ctx context.Context, tx *db.Tx, kind string, d Dashboard) error {
	data := map[string]any{"owner": d.Owner, "shared": d.Shared, "version": d.Version, "panels": len(d.Panels)}
	if d.Mail != nil {
		data["mail"] = map[string]any{"to": d.Mail.To, "every": d.Mail.Every, "at": d.Mail.At, "zone": d.Mail.Zone}
	}
	_, err := s.Record.Append(ctx, tx, record.Entry{Kind: kind, Subject: "dashboard", SubjectID: d.ID, Data: data, Personal: map[string]any{"name": d.Name}})
	return err
}
