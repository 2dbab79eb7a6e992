package alert

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
)

const columns = "id, fingerprint, kind, rule, rule_title, rule_version, severity, summary, facts, count, first_seen, last_seen, cleared, exercise, created FROM alert WHERE tenant = :tenant"

func scan(s db.Scanner) (Alert, error) {
	var a Alert
	var facts string
	var first, last, cleared, created int64
	var severity int
	err := s.Scan(&a.ID, &a.Fingerprint, &a.Kind, &a.Rule, &a.Title, &a.Version, &severity, &a.Summary, &facts, &a.Count, &first, &last, &cleared, &a.Exercise, &created)
	if err != nil {
		return a, err
	}
	a.Severity, a.First, a.Last, a.Cleared, a.Created = event.Severity(severity), db.Time(first), db.Time(last), db.Time(cleared), db.Time(created)
	a.Facts, err = decodeFacts(facts)
	return a, err
}

// Get returns an alert.
func Get(ctx context.Context, q db.Querier, id string) (Alert, error) {
	return db.One(ctx, q, "alert", scan, "SELECT "+columns+" AND id = ?", id)
}

// List returns alerts, newest last event first, behind the place (before, id);
// match is looked for in title, summary and rule.
func List(ctx context.Context, q db.Querier, match string, before int64, id string, limit int) ([]Alert, error) {
	text := "SELECT " + columns
	var args []any
	if before > 0 {
		text += " AND (last_seen, id) < (?, ?)"
		args = append(args, before, id)
	}
	if match != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(match)) + "%"
		text += ` AND (lower(rule_title) LIKE ? ESCAPE '\' OR lower(summary) LIKE ? ESCAPE '\')`
		args = append(args, like, like)
	}
	return db.Select(ctx, q, scan, text+" ORDER BY last_seen DESC, id DESC LIMIT ?", append(args, limit)...)
}

// Events lists the events of an alert, oldest first.
func Events(ctx context.Context, q db.Querier, id string, limit int) ([]event.ID, error) {
	return db.Select(ctx, q, func(s db.Scanner) (event.ID, error) {
		var text string
		if err := s.Scan(&text); err != nil {
			return event.ID{}, err
		}
		return event.ParseID(text)
	}, "SELECT event FROM alert_event WHERE tenant = :tenant AND alert = ? ORDER BY at, event LIMIT ?", id, limit)
}

// Hits counts alerts by rule since a time.
func Hits(ctx context.Context, q db.Querier, since time.Time) (map[string]int64, error) {
	type row struct {
		rule string
		n    int64
	}
	rows, err := db.Select(ctx, q, func(s db.Scanner) (row, error) {
		var r row
		return r, s.Scan(&r.rule, &r.n)
	}, "SELECT rule, sum(count) FROM alert WHERE tenant = :tenant AND last_seen >= ? GROUP BY rule", db.Micros(since))
	out := map[string]int64{}
	for _, r := range rows {
		out[r.rule] = r.n
	}
	return out, err
}

// Raised counts the alerts that each rule raised since a time, exercises left out.
func Raised(ctx context.Context, q db.Querier, since time.Time) (map[string]int64, error) {
	type row struct {
		rule string
		n    int64
	}
	rows, err := db.Select(ctx, q, func(s db.Scanner) (r row, err error) {
		err = s.Scan(&r.rule, &r.n)
		return r, err
	},
		"SELECT rule, count(*) FROM alert WHERE tenant = :tenant AND created >= ? AND exercise = '' GROUP BY rule", db.Micros(since))
	out := map[string]int64{}
	for _, r := range rows {
		out[r.rule] = r.n
	}
	return out, err
}

// Recent tells of alerts with a fingerprint since a time: how many, and how many
// minutes they lasted together.
func Recent(ctx context.Context, q db.Querier, fingerprint string, since time.Time) (times, minutes int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*), coalesce(sum((CASE WHEN cleared > 0 THEN cleared ELSE last_seen END - first_seen) / 60000000), 0)
		FROM alert WHERE tenant = :tenant AND fingerprint = ? AND last_seen >= ?`, fingerprint, db.Micros(since)).Scan(&times, &minutes)
	return times, minutes, err
}

// Open is the id of the alert that repeats with a fingerprint fold into now, ""
// when there is none.
func Open(ctx context.Context, q db.Querier, fingerprint string, now time.Time) (string, error) {
	id, _, err := findOpen(ctx, q, fingerprint, now)
	return id, err
}

func findOpen(ctx context.Context, q db.Querier, fingerprint string, now time.Time) (id string, events int, err error) {
	err = q.QueryRow(ctx, `SELECT a.id, (SELECT count(*) FROM alert_event e WHERE e.tenant = a.tenant AND e.alert = a.id)
		FROM alert a WHERE a.tenant = :tenant AND a.fingerprint = ? AND a.cleared = 0 AND a.open_until > ? ORDER BY a.last_seen DESC LIMIT 1`, fingerprint, db.Micros(now)).Scan(&id, &events)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, nil
	}
	return id, events, err
}

func insert(ctx context.Context, tx *db.Tx, a Alert, openUntil time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO alert (tenant, id, fingerprint, kind, rule, rule_title, rule_version, severity, summary, facts, count, first_seen, last_seen, exercise, created, open_until)
		VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Fingerprint, a.Kind, a.Rule, a.Title, a.Version, int(a.Severity), a.Summary, encodeFacts(a.Facts), a.Count, db.Micros(a.First), db.Micros(a.Last), a.Exercise, db.Micros(a.Created), db.Micros(openUntil))
	return err
}

func fold(ctx context.Context, tx *db.Tx, id string, f Finding, openUntil time.Time) error {
	first, last := f.First/1000, f.Last/1000
	_, err := tx.Exec(ctx, `UPDATE alert SET count = count + ?, open_until = ?,
		first_seen = CASE WHEN first_seen < ? THEN first_seen ELSE ? END, last_seen = CASE WHEN last_seen > ? THEN last_seen ELSE ? END
		WHERE tenant = :tenant AND id = ?`, f.Count, db.Micros(openUntil), first, first, last, last, id)
	return err
}

func addEvents(ctx context.Context, tx *db.Tx, alert string, f Finding, room int) error {
	for i, e := range f.Events {
		if i >= room {
			break
		}
		if _, err := tx.Exec(ctx, "INSERT INTO alert_event (tenant, alert, event, at) VALUES (:tenant, ?, ?, ?) ON CONFLICT DO NOTHING", alert, e.String(), f.Last/1000); err != nil {
			return err
		}
	}
	return nil
}

func setCleared(ctx context.Context, tx *db.Tx, id string, at time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE alert SET cleared = ? WHERE tenant = :tenant AND id = ?", db.Micros(at), id)
	return err
}

func settle(ctx context.Context, tx *db.Tx, id string, now time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE alert SET open_until = ? WHERE tenant = :tenant AND id = ?", db.Micros(now), id)
	return err
}
