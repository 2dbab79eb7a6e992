package cases

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

const caseColumns = `id, number, exercise, title, state, decision, type, lead, track, disposition, impact, urgency, priority, level, provisional,
	owner, decide_by, snoozed_until, detail, anchors, correlation, created, updated, version FROM incident_case WHERE tenant = :tenant`

func scanCase(s db.Scanner) (Case, error) {
	var c Case
	var provisional int
	var decide, snoozed, created, updated int64
	var detail, anchors string
	err := s.Scan(&c.ID, &c.Number, &c.Exercise, &c.Title, &c.State, &c.Decision, &c.Type, &c.Lead, &c.Track, &c.Disposition, &c.Impact, &c.Urgency, &c.Priority, &c.Level, &provisional,
		&c.Owner, &decide, &snoozed, &detail, &anchors, &c.Correlation, &created, &updated, &c.Version)
	if err != nil {
		return c, err
	}
	c.Provisional, c.DecideBy, c.SnoozedUntil, c.Created, c.Updated = provisional == 1, db.Time(decide), db.Time(snoozed), db.Time(created), db.Time(updated)
	if err := db.FromJSON(detail, &c.Detail); err != nil {
		return c, err
	}
	return c, db.FromJSON(anchors, &c.Anchors)
}

// Get returns a case by id.
func Get(ctx context.Context, q db.Querier, id string) (Case, error) {
	return db.One(ctx, q, "case", scanCase, "SELECT "+caseColumns+" AND id = ?", id)
}

// ByNumber returns a case by its label, "CASE-12" or "EX-3".
func ByNumber(ctx context.Context, q db.Querier, label string) (Case, error) {
	kind, digits, ok := strings.Cut(strings.ToUpper(strings.TrimSpace(label)), "-")
	number, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || kind != "CASE" && kind != "EX" {
		return Case{}, problem.New(problem.Invalid, "%q names no case; write it as CASE-12 or EX-3.", label)
	}
	exercise := "exercise = ''"
	if kind == "EX" {
		exercise = "exercise <> ''"
	}
	return db.One(ctx, q, "case", scanCase, "SELECT "+caseColumns+" AND number = ? AND "+exercise, number)
}

// ByCorrelation returns the newest open case with a correlation key.
func byCorrelation(ctx context.Context, q db.Querier, key, exercise string) (Case, error) {
	return db.One(ctx, q, "case", scanCase, "SELECT "+caseColumns+" AND correlation = ? AND exercise = ? AND state NOT IN ('closed', 'reviewed') ORDER BY created DESC LIMIT 1", key, exercise)
}

// Filter chooses cases.
type Filter struct {
	State, Decision, Level, Track, Owner, Text string
	Open                                       *bool
	Exercises                                  string // none (default), only, all
	Inbox                                      bool   // to assess, to confirm, undetermined; by priority and age
	Now                                        time.Time
	Before                                     int64 // keyset of the newest-first order
	BeforeID                                   string
	Limit                                      int
}

// List returns cases, newest change first; the inbox by priority, then age.
func List(ctx context.Context, q db.Querier, f Filter) ([]Case, error) {
	var b strings.Builder
	var args []any
	b.WriteString("SELECT " + caseColumns)
	and := func(clause string, a ...any) {
		b.WriteString(" AND " + clause)
		args = append(args, a...)
	}
	for _, p := range [...]struct{ column, value string }{{"state", f.State}, {"decision", f.Decision}, {"level", f.Level}, {"track", f.Track}, {"owner", f.Owner}} {
		if p.value != "" {
			and(p.column+" = ?", p.value)
		}
	}
	if f.Open != nil && *f.Open {
		and("state NOT IN ('closed', 'reviewed')")
	} else if f.Open != nil {
		and("state IN ('closed', 'reviewed')")
	}
	switch f.Exercises {
	case "only":
		and("exercise <> ''")
	case "all":
	default:
		and("exercise = ''")
	}
	if f.Text != "" {
		and(`(lower(title) LIKE ? ESCAPE '\' OR lower(type) LIKE ? ESCAPE '\')`, like(f.Text), like(f.Text))
	}
	if f.Inbox {
		and("state IN ('reported', 'assessing') AND snoozed_until <= ?", db.Micros(f.Now))
		b.WriteString(" ORDER BY priority DESC, created, id LIMIT ?")
		return db.Select(ctx, q, scanCase, b.String(), append(args, f.Limit)...)
	}
	if f.Before > 0 {
		and("(updated, id) < (?, ?)", f.Before, f.BeforeID)
	}
	b.WriteString(" ORDER BY updated DESC, id DESC LIMIT ?")
	return db.Select(ctx, q, scanCase, b.String(), append(args, f.Limit)...)
}

func like(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(s)) + "%"
}

func nextNumber(ctx context.Context, tx *db.Tx, exercise bool) (n int64, err error) {
	column := "case_number"
	if exercise {
		column = "exercise_number"
	}
	err = tx.QueryRow(ctx, "UPDATE tenant SET "+column+" = "+column+" + 1 WHERE tenant = :tenant RETURNING "+column).Scan(&n)
	return n, err
}

func insertCase(ctx context.Context, tx *db.Tx, c Case) error {
	_, err := tx.Exec(ctx, `INSERT INTO incident_case (tenant, id, number, exercise, title, state, decision, type, lead, track, disposition, impact, urgency, priority, level, provisional,
		owner, decide_by, snoozed_until, detail, anchors, correlation, created, updated) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.Number, c.Exercise, c.Title, string(c.State), c.Decision, c.Type, c.Lead, c.Track, c.Disposition, c.Impact, c.Urgency, c.Priority, c.Level, db.Bool(c.Provisional),
		c.Owner, db.Micros(c.DecideBy), db.Micros(c.SnoozedUntil), db.JSON(c.Detail), db.JSON(c.Anchors), c.Correlation, db.Micros(c.Created), db.Micros(c.Updated))
	return err
}

// save writes the case if its version is still the one that was read.
func save(ctx context.Context, tx *db.Tx, c *Case, now time.Time) error {
	c.Updated = now
	n, err := tx.Exec(ctx, `UPDATE incident_case SET title = ?, state = ?, decision = ?, type = ?, lead = ?, track = ?, disposition = ?, impact = ?, urgency = ?, priority = ?, level = ?, provisional = ?,
		owner = ?, decide_by = ?, snoozed_until = ?, detail = ?, anchors = ?, updated = ?, version = version + 1 WHERE tenant = :tenant AND id = ? AND version = ?`,
		c.Title, string(c.State), c.Decision, c.Type, c.Lead, c.Track, c.Disposition, c.Impact, c.Urgency, c.Priority, c.Level, db.Bool(c.Provisional),
		c.Owner, db.Micros(c.DecideBy), db.Micros(c.SnoozedUntil), db.JSON(c.Detail), db.JSON(c.Anchors), db.Micros(now), c.ID, c.Version)
	if err := db.Changed(n, err, "case"); err != nil {
		return err
	}
	c.Version++
	return nil
}

func linkAlert(ctx context.Context, tx *db.Tx, caseID, alert, reason string, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, "INSERT INTO case_alert (tenant, case_id, alert, reason, joined) VALUES (:tenant, ?, ?, ?, ?) ON CONFLICT DO NOTHING", caseID, alert, reason, db.Micros(now))
	return n == 1, err
}

// AlertLink says why an alert belongs to a case.
type AlertLink struct{ Alert, Reason string }

// AlertsOf lists the alerts of a case.
func AlertsOf(ctx context.Context, q db.Querier, caseID string) ([]AlertLink, error) {
	return db.Select(ctx, q, func(s db.Scanner) (AlertLink, error) {
		var l AlertLink
		return l, s.Scan(&l.Alert, &l.Reason)
	}, "SELECT alert, reason FROM case_alert WHERE tenant = :tenant AND case_id = ? ORDER BY joined LIMIT 1000", caseID)
}

// CaseOfAlert returns the case that holds an alert, NotFound when none does.
func CaseOfAlert(ctx context.Context, q db.Querier, alert string) (Case, error) {
	return db.One(ctx, q, "case", scanCase, "SELECT "+caseColumns+" AND id = (SELECT a.case_id FROM case_alert a WHERE a.tenant = :tenant AND a.alert = ?)", alert)
}

func addEntity(ctx context.Context, tx *db.Tx, caseID string, e Entity, now time.Time) error {
	_, err := tx.Exec(ctx, "INSERT INTO case_entity (tenant, case_id, kind, value, role, added) VALUES (:tenant, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", caseID, e.Kind, e.Value, e.Role, db.Micros(now))
	return err
}

// EntitiesOf lists what a case is about.
func EntitiesOf(ctx context.Context, q db.Querier, caseID string) ([]Entity, error) {
	return db.Select(ctx, q, func(s db.Scanner) (Entity, error) {
		var e Entity
		return e, s.Scan(&e.Kind, &e.Value, &e.Role)
	}, "SELECT kind, value, role FROM case_entity WHERE tenant = :tenant AND case_id = ? ORDER BY kind, value LIMIT 500", caseID)
}

func insertAssessment(ctx context.Context, tx *db.Tx, caseID string, a Assessment) error {
	_, err := tx.Exec(ctx, "INSERT INTO assessment (tenant, id, case_id, view, actor, at, body) VALUES (:tenant, ?, ?, ?, ?, ?, ?)", a.ID, caseID, a.View, a.Actor, db.Micros(a.At), db.JSON(a))
	return err
}

// AssessmentsOf lists all judgements of a case, oldest first.
func AssessmentsOf(ctx context.Context, q db.Querier, caseID string) ([]Assessment, error) {
	return db.Select(ctx, q, func(s db.Scanner) (Assessment, error) {
		var a Assessment
		var at int64
		var body string
		if err := s.Scan(&a.ID, &a.View, &a.Actor, &at, &body); err != nil {
			return a, err
		}
		a.At = db.Time(at)
		return a, db.FromJSON(body, &a)
	}, "SELECT id, view, actor, at, body FROM assessment WHERE tenant = :tenant AND case_id = ? ORDER BY at, id LIMIT 500", caseID)
}

func scanAction(s db.Scanner) (Action, error) {
	var a Action
	var at int64
	err := s.Scan(&a.ID, &a.Phase, &a.What, &a.Target, &a.Result, &a.State, &a.Actor, &at, &a.Version)
	a.At = db.Time(at)
	return a, err
}

const actionColumns = "id, phase, what, target, result, state, actor, at, version FROM case_action WHERE tenant = :tenant"

// ActionsOf lists the actions of a case, oldest first.
func ActionsOf(ctx context.Context, q db.Querier, caseID string) ([]Action, error) {
	return db.Select(ctx, q, scanAction, "SELECT "+actionColumns+" AND case_id = ? ORDER BY at, id LIMIT 1000", caseID)
}

func insertAction(ctx context.Context, tx *db.Tx, caseID string, a Action) error {
	_, err := tx.Exec(ctx, "INSERT INTO case_action (tenant, id, case_id, phase, what, target, result, state, actor, at) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		a.ID, caseID, a.Phase, a.What, a.Target, a.Result, a.State, a.Actor, db.Micros(a.At))
	return err
}

func updateAction(ctx context.Context, tx *db.Tx, id string, version int64, result, state string) (caseID string, err error) {
	caseID, err = db.One(ctx, tx, "action", func(s db.Scanner) (id string, err error) { return id, s.Scan(&id) }, "SELECT case_id FROM case_action WHERE tenant = :tenant AND id = ?", id)
	if err != nil {
		return "", err
	}
	n, err := tx.Exec(ctx, "UPDATE case_action SET result = ?, state = ?, version = version + 1 WHERE tenant = :tenant AND id = ? AND version = ?", result, state, id, version)
	return caseID, db.Changed(n, err, "action")
}

func scanNote(s db.Scanner) (Note, error) {
	var n Note
	var at, edited int64
	err := s.Scan(&n.ID, &n.Author, &n.Body, &at, &edited, &n.Version)
	n.At, n.Edited = db.Time(at), db.Time(edited)
	return n, err
}

const noteColumns = "id, author, body, at, edited, version FROM note WHERE tenant = :tenant"

// NotesOf lists the notes of a case, oldest first.
func NotesOf(ctx context.Context, q db.Querier, caseID string) ([]Note, error) {
	return db.Select(ctx, q, scanNote, "SELECT "+noteColumns+" AND case_id = ? ORDER BY at, id LIMIT 1000", caseID)
}

func insertNote(ctx context.Context, tx *db.Tx, caseID string, n Note) error {
	_, err := tx.Exec(ctx, "INSERT INTO note (tenant, id, case_id, author, body, at, edited) VALUES (:tenant, ?, ?, ?, ?, ?, 0)", n.ID, caseID, n.Author, n.Body, db.Micros(n.At))
	return err
}

func updateNote(ctx context.Context, tx *db.Tx, id string, version int64, actor, body string, now time.Time) (caseID string, err error) {
	old, err := db.One(ctx, tx, "note", scanNote, "SELECT "+noteColumns+" AND id = ?", id)
	if err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO note_revision (tenant, note, version, author, body, at) VALUES (:tenant, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", id, old.Version, old.Author, old.Body, db.Micros(now)); err != nil {
		return "", err
	}
	n, err := tx.Exec(ctx, "UPDATE note SET body = ?, author = ?, edited = ?, version = version + 1 WHERE tenant = :tenant AND id = ? AND version = ?", body, actor, db.Micros(now), id, version)
	if err := db.Changed(n, err, "note"); err != nil {
		return "", err
	}
	err = tx.QueryRow(ctx, "SELECT case_id FROM note WHERE tenant = :tenant AND id = ?", id).Scan(&caseID)
	return caseID, err
}

// Counts tells how many alerts and reports a case has.
func Counts(ctx context.Context, q db.Querier, caseID string) (alerts, reports int, err error) {
	err = q.QueryRow(ctx, `SELECT (SELECT count(*) FROM case_alert WHERE tenant = :tenant AND case_id = ?), (SELECT count(*) FROM report WHERE tenant = :tenant AND case_id = ?)`, caseID, caseID).Scan(&alerts, &reports)
	return alerts, reports, err
}

// AlertSpan is when the alerts of a case begin and end, zero when it has none.
func AlertSpan(ctx context.Context, q db.Querier, caseID string) (first, last time.Time, err error) {
	var from, to int64
	err = q.QueryRow(ctx, `SELECT coalesce(min(a.first_seen), 0), coalesce(max(a.last_seen), 0) FROM case_alert c
		JOIN alert a ON a.tenant = c.tenant AND a.id = c.alert WHERE c.tenant = :tenant AND c.case_id = ?`, caseID).Scan(&from, &to)
	return db.Time(from), db.Time(to), err
}

// WithEntity lists the newest cases that an entity is part of, by their ids.
func WithEntity(ctx context.Context, q db.Querier, kind, value string, limit int) ([]string, error) {
	return db.Select(ctx, q, func(s db.Scanner) (id string, err error) { return id, s.Scan(&id) },
		"SELECT case_id FROM case_entity WHERE tenant = :tenant AND kind = ? AND value IN (?, ?) GROUP BY case_id ORDER BY max(added) DESC LIMIT ?", kind, value, strings.ToLower(value), limit)
}
