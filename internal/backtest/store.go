package backtest

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const columns = "tenant, id, state, spec, read_, about, at, error, actor, created, started, ended"

func scan(s db.Scanner) (Job, error) {
	return scanInto(s)
}

func scanInto(s db.Scanner, more ...any) (j Job, err error) {
	var t, at, created, started, ended int64
	var spec string
	err = s.Scan(append([]any{&t, &j.ID, &j.State, &spec, &j.Read, &j.About, &at, &j.Error, &j.Actor, &created, &started, &ended}, more...)...)
	if err != nil {
		return j, err
	}
	j.tenant, j.At, j.Created, j.Started, j.Ended = tenant.ID(t), db.Time(at), db.Time(created), db.Time(started), db.Time(ended)
	return j, db.FromJSON(spec, &j.Spec)
}

func scanWhole(s db.Scanner) (Job, error) {
	var result string
	j, err := scanInto(s, &result)
	if err != nil || result == "" {
		return j, err
	}
	j.Result = &Result{}
	return j, db.FromJSON(result, j.Result)
}

// Get returns a back-test with its result.
func Get(ctx context.Context, q db.Querier, id string) (Job, error) {
	return db.One(ctx, q, "back-test", scanWhole, "SELECT "+columns+", result FROM backtest WHERE tenant = :tenant AND id = ?", id)
}

// List lists back-tests without their results, newest first.
func List(ctx context.Context, q db.Querier, limit int) ([]Job, error) {
	return db.Select(ctx, q, scan, "SELECT "+columns+" FROM backtest WHERE tenant = :tenant ORDER BY created DESC, id DESC LIMIT ?", limit)
}

func waiting(ctx context.Context, q db.Querier) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT count(*) FROM backtest WHERE tenant = :tenant AND state = 'queued'").Scan(&n)
	return n, err
}

func insert(ctx context.Context, tx *db.Tx, j Job) error {
	_, err := tx.Exec(ctx, "INSERT INTO backtest (tenant, id, state, spec, actor, created) VALUES (:tenant, ?, ?, ?, ?, ?)", j.ID, j.State, db.JSON(j.Spec), j.Actor, db.Micros(j.Created))
	return err
}

func setState(ctx context.Context, tx *db.Tx, j Job) error {
	n, err := tx.Exec(ctx, "UPDATE backtest SET state = ?, ended = ? WHERE tenant = :tenant AND id = ? AND state IN ('queued', 'running')", j.State, db.Micros(j.Ended), j.ID)
	if err == nil && n == 0 {
		return problem.New(problem.Conflict, "The back-test has ended.")
	}
	return err
}

// oldest is the next of any tenant.
func oldest(ctx context.Context, q db.Querier) (Job, error) {
	return db.One(ctx, q, "back-test", scan, "SELECT "+columns+" FROM backtest WHERE state = 'queued' ORDER BY created, id LIMIT 1")
}

func start(ctx context.Context, tx *db.Tx, j Job) (int64, error) {
	return tx.Exec(ctx, "UPDATE backtest SET state = 'running', started = ?, about = ? WHERE tenant = :tenant AND id = ? AND state = 'queued'", db.Micros(j.Started), j.About, j.ID)
}

func saveProgress(ctx context.Context, tx *db.Tx, j Job) (int64, error) {
	return tx.Exec(ctx, "UPDATE backtest SET read_ = ?, at = ? WHERE tenant = :tenant AND id = ? AND state = 'running'", j.Read, db.Micros(j.At), j.ID)
}

func finish(ctx context.Context, tx *db.Tx, j Job) error {
	result := ""
	if j.Result != nil {
		result = db.JSON(j.Result)
	}
	_, err := tx.Exec(ctx, "UPDATE backtest SET state = ?, error = ?, result = ?, read_ = ?, at = ?, ended = ? WHERE tenant = :tenant AND id = ?",
		j.State, j.Error, result, j.Read, db.Micros(j.At), db.Micros(j.Ended), j.ID)
	return err
}

func failRunning(ctx context.Context, tx *db.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE backtest SET state = 'failed', error = 'The server was restarted while it ran. Start it again.', ended = ? WHERE state IN ('running', 'cancelling')", db.Micros(now))
	return err
}

func deleteBefore(ctx context.Context, tx *db.Tx, at time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM backtest WHERE ended > 0 AND ended < ?", db.Micros(at))
	return err
}
