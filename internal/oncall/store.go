package oncall

import (
	"context"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
)

const contactColumns = "SELECT id, person, channel, address, position, created FROM contact_point WHERE tenant = :tenant"

func scanContact(s db.Scanner) (Contact, error) {
	var c Contact
	var created int64
	err := s.Scan(&c.ID, &c.Person, &c.Channel, &c.Address, &c.Position, &created)
	c.Created = db.Time(created)
	return c, err
}

// Contacts lists a person's contact points in order.
func Contacts(ctx context.Context, q db.Querier, person string) ([]Contact, error) {
	return db.Select(ctx, q, scanContact, contactColumns+" AND person = ? ORDER BY position, id", person)
}

// GetContact returns a contact point.
func GetContact(ctx context.Context, q db.Querier, id string) (Contact, error) {
	return db.One(ctx, q, "contact point", scanContact, contactColumns+" AND id = ?", id)
}

func insertContact(ctx context.Context, tx *db.Tx, c Contact) error {
	_, err := tx.Exec(ctx, "INSERT INTO contact_point (tenant, id, person, channel, address, position, created) VALUES (:tenant, ?, ?, ?, ?, ?, ?)",
		c.ID, c.Person, c.Channel, c.Address, c.Position, db.Micros(c.Created))
	return err
}

func moveContact(ctx context.Context, tx *db.Tx, id string, position int) error {
	_, err := tx.Exec(ctx, "UPDATE contact_point SET position = ? WHERE tenant = :tenant AND id = ?", position, id)
	return err
}

func deleteContact(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, "DELETE FROM contact_point WHERE tenant = :tenant AND id = ?", id)
	return err
}

const scheduleColumns = "SELECT id, name, rotation, version, created FROM schedule WHERE tenant = :tenant"

func scanSchedule(s db.Scanner) (Schedule, error) {
	var sc Schedule
	var rotation string
	var created int64
	if err := s.Scan(&sc.ID, &sc.Name, &rotation, &sc.Version, &created); err != nil {
		return sc, err
	}
	sc.Created = db.Time(created)
	return sc, db.FromJSON(rotation, &sc.Rotation)
}

// Schedules lists all schedules, oldest first.
func Schedules(ctx context.Context, q db.Querier) ([]Schedule, error) {
	return db.Select(ctx, q, scanSchedule, scheduleColumns+" ORDER BY created, id")
}

// GetSchedule returns a schedule.
func GetSchedule(ctx context.Context, q db.Querier, id string) (Schedule, error) {
	return db.One(ctx, q, "schedule", scanSchedule, scheduleColumns+" AND id = ?", id)
}

func insertSchedule(ctx context.Context, tx *db.Tx, sc Schedule) error {
	_, err := tx.Exec(ctx, "INSERT INTO schedule (tenant, id, name, zone, rotation, version, created) VALUES (:tenant, ?, ?, ?, ?, 1, ?)",
		sc.ID, sc.Name, sc.Rotation.Zone, db.JSON(sc.Rotation), db.Micros(sc.Created))
	return err
}

func updateSchedule(ctx context.Context, tx *db.Tx, sc Schedule) error {
	n, err := tx.Exec(ctx, "UPDATE schedule SET name = ?, zone = ?, rotation = ?, version = version + 1 WHERE tenant = :tenant AND id = ? AND version = ?",
		sc.Name, sc.Rotation.Zone, db.JSON(sc.Rotation), sc.ID, sc.Version)
	return db.Changed(n, err, "schedule")
}

func deleteSchedule(ctx context.Context, tx *db.Tx, id string) error {
	if _, err := tx.Exec(ctx, "DELETE FROM schedule_override WHERE tenant = :tenant AND schedule = ?", id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "DELETE FROM schedule WHERE tenant = :tenant AND id = ?", id)
	return err
}

const overrideColumns = "SELECT id, schedule, person, mode, starts, ends, created FROM schedule_override WHERE tenant = :tenant"

func scanOverride(s db.Scanner) (Override, error) {
	var o Override
	var starts, ends, created int64
	err := s.Scan(&o.ID, &o.Schedule, &o.Person, &o.Mode, &starts, &ends, &created)
	o.Start, o.End, o.Created = db.Time(starts), db.Time(ends), db.Time(created)
	return o, err
}

// Overrides lists a schedule's overrides that end after a time, in the order
// in which they were made.
func Overrides(ctx context.Context, q db.Querier, schedule string, endAfter time.Time) ([]Override, error) {
	return db.Select(ctx, q, scanOverride, overrideColumns+" AND schedule = ? AND ends > ? ORDER BY created, id", schedule, db.Micros(endAfter))
}

// GetOverride returns an override.
func GetOverride(ctx context.Context, q db.Querier, id string) (Override, error) {
	return db.One(ctx, q, "override", scanOverride, overrideColumns+" AND id = ?", id)
}

func insertOverride(ctx context.Context, tx *db.Tx, o Override) error {
	_, err := tx.Exec(ctx, "INSERT INTO schedule_override (tenant, id, schedule, person, mode, starts, ends, created) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?)",
		o.ID, o.Schedule, o.Person, o.Mode, db.Micros(o.Start), db.Micros(o.End), db.Micros(o.Created))
	return err
}

func deleteOverride(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, "DELETE FROM schedule_override WHERE tenant = :tenant AND id = ?", id)
	return err
}

const policyColumns = "SELECT id, name, steps, repeat, version, created FROM escalation_policy WHERE tenant = :tenant"

func scanPolicy(s db.Scanner) (Policy, error) {
	var p Policy
	var steps string
	var created int64
	if err := s.Scan(&p.ID, &p.Name, &steps, &p.Repeat, &p.Version, &created); err != nil {
		return p, err
	}
	p.Created = db.Time(created)
	return p, db.FromJSON(steps, &p.Steps)
}

// Policies lists all escalation policies, oldest first. The first is used
// where a case names none.
func Policies(ctx context.Context, q db.Querier) ([]Policy, error) {
	return db.Select(ctx, q, scanPolicy, policyColumns+" ORDER BY created, id")
}

// GetPolicy returns an escalation policy.
func GetPolicy(ctx context.Context, q db.Querier, id string) (Policy, error) {
	return db.One(ctx, q, "escalation policy", scanPolicy, policyColumns+" AND id = ?", id)
}

func insertPolicy(ctx context.Context, tx *db.Tx, p Policy) error {
	_, err := tx.Exec(ctx, "INSERT INTO escalation_policy (tenant, id, name, steps, repeat, version, created) VALUES (:tenant, ?, ?, ?, ?, 1, ?)",
		p.ID, p.Name, db.JSON(p.Steps), p.Repeat, db.Micros(p.Created))
	return err
}

func updatePolicy(ctx context.Context, tx *db.Tx, p Policy) error {
	n, err := tx.Exec(ctx, "UPDATE escalation_policy SET name = ?, steps = ?, repeat = ?, version = version + 1 WHERE tenant = :tenant AND id = ? AND version = ?",
		p.Name, db.JSON(p.Steps), p.Repeat, p.ID, p.Version)
	return db.Changed(n, err, "escalation policy")
}

func deletePolicy(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, "DELETE FROM escalation_policy WHERE tenant = :tenant AND id = ?", id)
	return err
}

const runColumns = "SELECT id, case_id, policy, state, step, round, stepped, paged, warned, plan, exercise, subject, acked_by, acked, created FROM escalation_run WHERE tenant = :tenant"

func scanRun(s db.Scanner) (Run, error) {
	var r Run
	var stepped, acked, created int64
	var warned int
	var kept string
	if err := s.Scan(&r.ID, &r.CaseID, &r.Policy, &r.State, &r.at.step, &r.at.round, &stepped, &r.paged, &warned, &kept, &r.Exercise, &r.Subject, &r.AckedBy, &acked, &created); err != nil {
		return r, err
	}
	r.Stepped, r.Acked, r.Created, r.warned = db.Time(stepped), db.Time(acked), db.Time(created), warned == 1
	err := db.FromJSON(kept, &r.plan)
	r.Round, r.Rounds, r.Step, r.Steps = r.at.round+1, r.plan.Repeat+1, r.at.step, len(r.plan.Steps)
	return r, err
}

// GetRun returns an escalation run.
func GetRun(ctx context.Context, q db.Querier, id string) (Run, error) {
	return db.One(ctx, q, "escalation", scanRun, runColumns+" AND id = ?", id)
}

// lockRun reads a run and keeps others from changing it until the transaction ends.
func lockRun(ctx context.Context, tx *db.Tx, id string) (Run, error) {
	lock := ""
	if tx.Engine() == db.Postgres {
		lock = " FOR UPDATE"
	}
	return db.One(ctx, tx, "escalation", scanRun, runColumns+" AND id = ?"+lock, id)
}

// RunFilter chooses runs; empty fields do not restrict.
type RunFilter struct {
	CaseID string
	State  string
	Limit  int // at most 1000
}

// Runs lists escalation runs, oldest first.
func Runs(ctx context.Context, q db.Querier, f RunFilter) ([]Run, error) {
	var b strings.Builder
	b.WriteString(runColumns)
	var args []any
	if f.CaseID != "" {
		b.WriteString(" AND case_id = ?")
		args = append(args, f.CaseID)
	}
	if f.State != "" {
		b.WriteString(" AND state = ?")
		args = append(args, f.State)
	}
	b.WriteString(" ORDER BY created, id LIMIT ?")
	return db.Select(ctx, q, scanRun, b.String(), append(args, min(max(f.Limit, 1), 1000))...)
}

func insertRun(ctx context.Context, tx *db.Tx, r Run) error {
	_, err := tx.Exec(ctx, `INSERT INTO escalation_run (tenant, id, case_id, policy, state, step, round, stepped, paged, warned, plan, exercise, subject, created)
		VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.CaseID, r.Policy, r.State, r.at.step, r.at.round, db.Micros(r.Stepped), r.paged, db.Bool(r.warned), db.JSON(r.plan), r.Exercise, r.Subject, db.Micros(r.Created))
	return err
}

// updateRun stores how far a run has got; the plan never changes.
func updateRun(ctx context.Context, tx *db.Tx, r Run) error {
	_, err := tx.Exec(ctx, "UPDATE escalation_run SET state = ?, step = ?, round = ?, stepped = ?, paged = ?, warned = ?, acked_by = ?, acked = ? WHERE tenant = :tenant AND id = ?",
		r.State, r.at.step, r.at.round, db.Micros(r.Stepped), r.paged, db.Bool(r.warned), r.AckedBy, db.Micros(r.Acked), r.ID)
	return err
}
