package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const rowColumns = "seq, xid, tenant, at, actor, kind, subject, subject_id, exercise, data, personal_hash"

func scanRow(s db.Scanner) (Row, error) {
	var r Row
	var at, t int64
	var data string
	err := s.Scan(&r.Seq, &r.xid, &t, &at, &r.Actor, &r.Kind, &r.Subject, &r.SubjectID, &r.Exercise, &data, &r.PersonalHash)
	r.Tenant, r.At, r.Data = tenant.ID(t), db.Time(at), []byte(data)
	return r, err
}

// Filter chooses rows of one tenant.
type Filter struct {
	Subject, SubjectID string
	KindPrefix         string
	After              int64 // rows with a greater seq
	Before             int64 // rows with a smaller seq; 0: no bound
	Limit              int
	Newest             bool // newest first
}

// List returns rows of the handle's tenant.
func List(ctx context.Context, q db.Querier, f Filter) ([]Row, error) {
	var b strings.Builder
	b.WriteString("SELECT " + rowColumns + " FROM record WHERE tenant = :tenant AND seq > ?")
	args := []any{f.After}
	if f.Before > 0 {
		b.WriteString(" AND seq < ?")
		args = append(args, f.Before)
	}
	if f.Subject != "" {
		b.WriteString(" AND subject = ? AND subject_id = ?")
		args = append(args, f.Subject, f.SubjectID)
	}
	if f.KindPrefix != "" {
		b.WriteString(" AND substr(kind, 1, ?) = ?")
		args = append(args, len(f.KindPrefix), f.KindPrefix)
	}
	if f.Newest {
		b.WriteString(" ORDER BY seq DESC LIMIT ?")
	} else {
		b.WriteString(" ORDER BY seq LIMIT ?")
	}
	args = append(args, min(max(f.Limit, 1), 1000))
	return db.Select(ctx, q, scanRow, b.String(), args...)
}

// Personal returns the personal data of a row, "" when there is none or it was erased.
func Personal(ctx context.Context, q db.Querier, seq int64) (string, error) {
	var s string
	err := q.QueryRow(ctx, "SELECT data FROM record_personal WHERE tenant = :tenant AND seq = ?", seq).Scan(&s)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return s, err
}

// cursor is a place in the feed.
type cursor struct{ xid, seq int64 }

// next reads rows of all tenants behind the cursor, in feed order. On
// PostgreSQL rows of transactions that began before the oldest running one are
// the only ones that cannot be followed by an earlier row any more.
func next(ctx context.Context, q db.Querier, c cursor, limit int) ([]Row, error) {
	safe := ""
	if q.Engine() == db.Postgres {
		safe = " AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
	}
	return db.Select(ctx, q, scanRow, "SELECT "+rowColumns+" FROM record WHERE (xid, seq) > (?, ?)"+safe+" ORDER BY xid, seq LIMIT ?", c.xid, c.seq, limit)
}

func loadCursor(ctx context.Context, q db.Querier, follower string) (cursor, error) {
	var c cursor
	err := q.QueryRow(ctx, "SELECT xid, seq FROM feed_cursor WHERE follower = ?", follower).Scan(&c.xid, &c.seq)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil
	}
	return c, err
}

func saveCursor(ctx context.Context, tx *db.Tx, follower string, c cursor) error {
	_, err := tx.Exec(ctx, `INSERT INTO feed_cursor (follower, xid, seq) VALUES (?, ?, ?)
		ON CONFLICT (follower) DO UPDATE SET xid = excluded.xid, seq = excluded.seq`, follower, c.xid, c.seq)
	if err != nil {
		return fmt.Errorf("save cursor of %s: %w", follower, err)
	}
	return nil
}
