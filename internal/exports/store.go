package exports

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const columns = "tenant, id, owner, query, starts, ends, format, fields, state, rows_, about, bytes, percent, attempt, error, created, finished FROM export"

func scan(r db.Scanner) (e Export, err error) {
	var t, from, to, created, finished int64
	var fields string
	err = r.Scan(&t, &e.ID, &e.Owner, &e.Query, &from, &to, &e.Format, &fields, &e.State, &e.Rows, &e.About, &e.Bytes, &e.Percent, &e.attempt, &e.Error, &created, &finished)
	if err != nil {
		return e, err
	}
	e.tenant, e.From, e.To = tenant.ID(t), time.Unix(0, from).UTC(), time.Unix(0, to).UTC()
	e.Created, e.Finished = db.Time(created), db.Time(finished)
	return e, db.FromJSON(fields, &e.Fields)
}

func get(ctx context.Context, q db.Querier, id string) (Export, error) {
	return db.One(ctx, q, "export", scan, "SELECT "+columns+" WHERE tenant = :tenant AND id = ?", id)
}

func list(ctx context.Context, q db.Querier, owner string) ([]Export, error) {
	return db.Select(ctx, q, scan, "SELECT "+columns+" WHERE tenant = :tenant AND owner = ? ORDER BY created DESC, id DESC LIMIT 200", owner)
}

func waiting(ctx context.Context, q db.Querier, owner string) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT count(*) FROM export WHERE tenant = :tenant AND owner = ? AND state IN ('waiting', 'running')", owner).Scan(&n)
	return n, err
}

func insert(ctx context.Context, tx *db.Tx, e Export) error {
	_, err := tx.Exec(ctx, "INSERT INTO export (tenant, id, owner, query, starts, ends, format, fields, state, created) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		e.ID, e.Owner, e.Query, e.From.UnixNano(), e.To.UnixNano(), e.Format, db.JSON(e.Fields), e.State, db.Micros(e.Created))
	return err
}

// oldest is the next of any tenant.
func oldest(ctx context.Context, q db.Querier) (Export, error) {
	return db.One(ctx, q, "export", scan, "SELECT "+columns+" WHERE state = 'waiting' ORDER BY created, id LIMIT 1")
}

func begin(ctx context.Context, tx *db.Tx, e Export) (int64, error) {
	return tx.Exec(ctx, "UPDATE export SET state = 'running', about = ?, attempt = ?, rows_ = 0, bytes = 0, percent = 0 WHERE tenant = :tenant AND id = ? AND state = 'waiting'", e.About, e.attempt, e.ID)
}

func saveProgress(ctx context.Context, tx *db.Tx, e Export) (int64, error) {
	return tx.Exec(ctx, "UPDATE export SET rows_ = ?, bytes = ?, percent = ? WHERE tenant = :tenant AND id = ? AND state = 'running'", e.Rows, e.Bytes, e.Percent, e.ID)
}

// finish ends an export that has not ended.
func finish(ctx context.Context, tx *db.Tx, e Export) error {
	n, err := tx.Exec(ctx, "UPDATE export SET state = ?, error = ?, rows_ = ?, bytes = ?, percent = ?, finished = ? WHERE tenant = :tenant AND id = ? AND state IN ('waiting', 'running')",
		e.State, e.Error, e.Rows, e.Bytes, e.Percent, db.Micros(e.Finished), e.ID)
	if err == nil && n == 0 {
		return problem.New(problem.Conflict, "The export has ended.")
	}
	return err
}

func remove(ctx context.Context, tx *db.Tx, id string) error {
	n, err := tx.Exec(ctx, "DELETE FROM export WHERE tenant = :tenant AND id = ? AND state NOT IN ('waiting', 'running')", id)
	return db.Changed(n, err, "export")
}

// again puts what was running when the server stopped back in the queue, or
// fails what was begun too often.
func again(ctx context.Context, tx *db.Tx, now time.Time) error {
	if _, err := tx.Exec(ctx, "UPDATE export SET state = 'failed', error = 'The server stopped three times while this was made. Narrow the query or the time range.', finished = ? WHERE state = 'running' AND attempt >= ?", db.Micros(now), maxAttempts); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE export SET state = 'waiting', rows_ = 0, bytes = 0, percent = 0 WHERE state = 'running'")
	return err
}

// kept lists all whose file is to be there.
func kept(ctx context.Context, q db.Querier) ([]Export, error) {
	return db.Select(ctx, q, scan, "SELECT "+columns+" WHERE state IN ('done', 'running')")
}

// expire ends what was finished before a time, and returns it.
func expire(ctx context.Context, tx *db.Tx, before time.Time) ([]Export, error) {
	return db.Select(ctx, tx, scan, "UPDATE export SET state = 'expired' WHERE state = 'done' AND finished <= ? RETURNING tenant, id, owner, query, starts, ends, format, fields, state, rows_, about, bytes, percent, attempt, error, created, finished", db.Micros(before))
}

func forget(ctx context.Context, tx *db.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM export WHERE finished > 0 AND finished <= ? AND state <> 'done'", db.Micros(before))
	return err
}
