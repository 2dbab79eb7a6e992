package api

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
)

func keptAnswer(ctx context.Context, q db.Querier, actor, key, request string) (string, error) {
	var had, body string
	err := q.QueryRow(ctx, "SELECT request, body FROM idempotency WHERE tenant = :tenant AND actor = ? AND key = ?", actor, key).Scan(&had, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err == nil && had != request {
		return "", errOtherRequest
	}
	return body, err
}

// SweepAnswers forgets answers of requests that nobody repeats any more.
func SweepAnswers(ctx context.Context, tx *db.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM idempotency WHERE created < ?", db.Micros(before))
	return err
}

func keepAnswer(ctx context.Context, tx *db.Tx, actor, key, request, body string, now time.Time) error {
	_, err := tx.Exec(ctx, "INSERT INTO idempotency (tenant, actor, key, request, status, body, created) VALUES (:tenant, ?, ?, ?, 200, ?, ?)", actor, key, request, body, db.Micros(now))
	return err
}

type sourceRow struct {
	name, description, token string
	created                  time.Time
}

func listSources(ctx context.Context, q db.Querier) ([]sourceRow, error) {
	return db.Select(ctx, q, func(s db.Scanner) (sourceRow, error) {
		var r sourceRow
		var created int64
		err := s.Scan(&r.name, &r.description, &r.token, &created)
		r.created = db.Time(created)
		return r, err
	}, "SELECT name, description, token, created FROM source WHERE tenant = :tenant ORDER BY name LIMIT 1000")
}

func insertSource(ctx context.Context, tx *db.Tx, r sourceRow) error {
	_, err := tx.Exec(ctx, "INSERT INTO source (tenant, name, description, token, created) VALUES (:tenant, ?, ?, ?, ?)", r.name, r.description, r.token, db.Micros(r.created))
	return err
}

// SourceExists reports whether an HTTP source has that name.
func SourceExists(ctx context.Context, q db.Querier, name string) (bool, error) {
	var n int
	err := q.QueryRow(ctx, "SELECT count(*) FROM source WHERE tenant = :tenant AND name = ?", name).Scan(&n)
	return n > 0, err
}

// DeleteSource removes an HTTP source and returns the id of its token. Only a
// change that two people agreed to does.
func DeleteSource(ctx context.Context, tx *db.Tx, name string) (token string, err error) {
	err = tx.QueryRow(ctx, "DELETE FROM source WHERE tenant = :tenant AND name = ? RETURNING token", name).Scan(&token)
	return token, err
}
