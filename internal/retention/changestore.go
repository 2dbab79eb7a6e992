package retention

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/db"
)

const changeColumns = "id, kind, subject, before_, after_, shortens, actor, at, reason, state, approved_by, approved, effective, ended_by, ended, ended_reason FROM retention_change WHERE tenant = :tenant"

func scanChange(s db.Scanner) (c Change, err error) {
	var shortens int
	var at, approved, effective, ended int64
	err = s.Scan(&c.ID, &c.Kind, &c.Subject, &c.Before, &c.After, &shortens, &c.By, &at, &c.Reason, &c.State, &c.ApprovedBy, &approved, &effective, &c.EndedBy, &ended, &c.EndedReason)
	c.Shortens, c.At, c.ApprovedAt, c.Effective, c.EndedAt = shortens == 1, db.Time(at), db.Time(approved), db.Time(effective), db.Time(ended)
	return c, err
}

// GetChange returns a change.
func GetChange(ctx context.Context, q db.Querier, id string) (Change, error) {
	return db.One(ctx, q, "change", scanChange, "SELECT "+changeColumns+" AND id = ?", id)
}

// Changes lists changes, newest first.
func Changes(ctx context.Context, q db.Querier, limit int) ([]Change, error) {
	return db.Select(ctx, q, scanChange, "SELECT "+changeColumns+" ORDER BY at DESC, id DESC LIMIT ?", limit)
}

func openChange(ctx context.Context, q db.Querier, kind, subject string) (bool, error) {
	var n int
	err := q.QueryRow(ctx, "SELECT count(*) FROM retention_change WHERE tenant = :tenant AND kind = ? AND subject = ? AND state IN ('pending', 'waiting')", kind, subject).Scan(&n)
	return n > 0, err
}

func insertChange(ctx context.Context, tx *db.Tx, c Change) error {
	_, err := tx.Exec(ctx, `INSERT INTO retention_change (tenant, id, kind, subject, before_, after_, shortens, actor, at, reason, state, effective) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.Kind, c.Subject, c.Before, c.After, db.Bool(c.Shortens), c.By, db.Micros(c.At), c.Reason, c.State, db.Micros(c.Effective))
	return err
}

// saveChange moves a change on that is still in the state was.
func saveChange(ctx context.Context, tx *db.Tx, c Change, was string) error {
	n, err := tx.Exec(ctx, `UPDATE retention_change SET state = ?, approved_by = ?, approved = ?, effective = ?, ended_by = ?, ended = ?, ended_reason = ? WHERE tenant = :tenant AND id = ? AND state = ?`,
		c.State, c.ApprovedBy, db.Micros(c.ApprovedAt), db.Micros(c.Effective), c.EndedBy, db.Micros(c.EndedAt), c.EndedReason, c.ID, was)
	return db.Changed(n, err, "change")
}
