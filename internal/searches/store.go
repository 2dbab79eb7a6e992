package searches

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const columns = "tenant, id, owner, name, body, shared, schedule, next_run, due, last_run, last_count, last_error, last_alert, created, updated, version FROM saved_search"

func scan(r db.Scanner) (s Search, err error) {
	var t, next, due, last, created, updated int64
	var shared int
	var body, schedule string
	err = r.Scan(&t, &s.ID, &s.Owner, &s.Name, &body, &shared, &schedule, &next, &due, &last, &s.LastCount, &s.LastError, &s.LastAlert, &created, &updated, &s.Version)
	if err != nil {
		return s, err
	}
	s.tenant, s.Shared = tenant.ID(t), shared == 1
	s.Next, s.due, s.LastRun, s.Created, s.Updated = db.Time(next), db.Time(due), db.Time(last), db.Time(created), db.Time(updated)
	if err := db.FromJSON(body, &s.Body); err != nil || schedule == "" {
		return s, err
	}
	s.Schedule = &Schedule{}
	return s, db.FromJSON(schedule, s.Schedule)
}

func (s Search) storedSchedule() string {
	if s.Schedule == nil {
		return ""
	}
	return db.JSON(s.Schedule)
}

func get(ctx context.Context, q db.Querier, id string) (Search, error) {
	return db.One(ctx, q, "saved search", scan, "SELECT "+columns+" WHERE tenant = :tenant AND id = ?", id)
}

func list(ctx context.Context, q db.Querier) ([]Search, error) {
	return db.Select(ctx, q, scan, "SELECT "+columns+" WHERE tenant = :tenant ORDER BY lower(name), id LIMIT ?", maxSearches)
}

func count(ctx context.Context, q db.Querier) (all, scheduled int, err error) {
	err = q.QueryRow(ctx, "SELECT count(*), coalesce(sum(scheduled), 0) FROM saved_search WHERE tenant = :tenant").Scan(&all, &scheduled)
	return all, scheduled, err
}

func insert(ctx context.Context, tx *db.Tx, s Search) error {
	_, err := tx.Exec(ctx, `INSERT INTO saved_search (tenant, id, owner, name, body, shared, schedule, scheduled, next_run, created, updated) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, s.Owner, s.Name, db.JSON(s.Body), db.Bool(s.Shared), s.storedSchedule(), db.Bool(s.Scheduled()), db.Micros(s.Next), db.Micros(s.Created), db.Micros(s.Updated))
	return err
}

func update(ctx context.Context, tx *db.Tx, s Search, version int64) error {
	n, err := tx.Exec(ctx, `UPDATE saved_search SET name = ?, body = ?, shared = ?, schedule = ?, scheduled = ?, next_run = ?, due = CASE WHEN ? = 1 THEN due ELSE 0 END, updated = ?, version = version + 1
		WHERE tenant = :tenant AND id = ? AND version = ?`,
		s.Name, db.JSON(s.Body), db.Bool(s.Shared), s.storedSchedule(), db.Bool(s.Scheduled()), db.Micros(s.Next), db.Bool(s.Scheduled()), db.Micros(s.Updated), s.ID, version)
	return db.Changed(n, err, "saved search")
}

func remove(ctx context.Context, tx *db.Tx, id string, version int64) error {
	n, err := tx.Exec(ctx, "DELETE FROM saved_search WHERE tenant = :tenant AND id = ? AND version = ?", id, version)
	return db.Changed(n, err, "saved search")
}

// setDue notes a look that is to be taken; one that waits already is enough.
func setDue(ctx context.Context, tx *db.Tx, id string, due, next time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE saved_search SET due = CASE WHEN due > 0 THEN due ELSE ? END, next_run = ? WHERE tenant = :tenant AND id = ?", db.Micros(due), db.Micros(next), id)
	return err
}

// oldestDue is the look of any tenant that has waited longest.
func oldestDue(ctx context.Context, q db.Querier) (Search, error) {
	return db.One(ctx, q, "look", scan, "SELECT "+columns+" WHERE due > 0 ORDER BY due, id LIMIT 1")
}

// saveLook ends the look that was due at that time: one that came due meanwhile
// stays due. A search that was removed or changed takes no result.
func saveLook(ctx context.Context, tx *db.Tx, s Search) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE saved_search SET due = CASE WHEN due = ? THEN 0 ELSE due END, last_run = ?, last_count = ?, last_error = ?, last_alert = ?
		WHERE tenant = :tenant AND id = ? AND version = ?`,
		db.Micros(s.due), db.Micros(s.LastRun), s.LastCount, s.LastError, s.LastAlert, s.ID, s.Version)
	return n > 0, err
}
