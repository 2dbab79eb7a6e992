package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Tx is a running transaction. It belongs to the function that got it and
// ends with it.
type Tx struct {
	db    *DB
	q     execer
	scope Scope
	state *txState
}

// txState is shared by all tenants' views of one transaction.
type txState struct{ hooks []func() }

// execer is a connection inside BEGIN: *sql.Conn on SQLite, *sql.Tx on PostgreSQL.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Scope returns what the transaction is bound to.
func (t *Tx) Scope() Scope { return t.scope }

// Engine tells the engine behind the transaction.
func (t *Tx) Engine() Engine { return t.db.engine }

// As is the same transaction, bound to another tenant or actor. Only system
// workers and "the policy acts inside a person's transaction" need it.
func (t *Tx) As(id tenant.ID, actor string) *Tx {
	return &Tx{db: t.db, q: t.q, scope: Scope{Tenant: id, Actor: actor}, state: t.state}
}

// OnCommit registers what to do once the transaction is durable.
func (t *Tx) OnCommit(fn func()) { t.state.hooks = append(t.state.hooks, fn) }

// Exec runs a writing statement and returns how many rows it changed.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	text, all, err := t.db.texts.bind(t.db.engine, t.scope, query, args)
	if err != nil {
		return 0, err
	}
	res, err := t.q.ExecContext(ctx, text, all...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Query runs a statement that returns rows.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	text, all, err := t.db.texts.bind(t.db.engine, t.scope, query, args)
	if err != nil {
		return nil, err
	}
	return t.q.QueryContext(ctx, text, all...)
}

// QueryRow runs a statement that returns one row.
func (t *Tx) QueryRow(ctx context.Context, query string, args ...any) Row {
	text, all, err := t.db.texts.bind(t.db.engine, t.scope, query, args)
	if err != nil {
		return failedRow{err}
	}
	return t.q.QueryRowContext(ctx, text, all...)
}

// runPostgres runs fn in a transaction of its own connection; PostgreSQL
// groups the commits of concurrent connections itself.
func runPostgres(ctx context.Context, d *DB, scope Scope, fn func(*Tx) error) error {
	for attempt := 1; ; attempt++ {
		hooks, err := tryPostgres(ctx, d, scope, fn)
		if err == nil {
			for _, h := range hooks {
				h()
			}
			return nil
		}
		if attempt == 6 || !repeatable(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(attempt*attempt) * 2 * time.Millisecond):
		}
	}
}

func tryPostgres(ctx context.Context, d *DB, scope Scope, fn func(*Tx) error) (hooks []func(), err error) {
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // after Commit it does nothing
	st := &txState{}
	if err := guard(fn, &Tx{db: d, q: tx, scope: scope, state: st}); err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	return st.hooks, nil
}

// repeatable reports a serialisation failure or a deadlock: nothing was done,
// and doing it again is right.
func repeatable(err error) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pe.Code == "40001" || pe.Code == "40P01")
}

// guard turns a panic in fn into an error, so that one faulty transaction
// neither takes the writer down nor leaves its group open.
func guard(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in transaction: %v", p)
		}
	}()
	return fn(tx)
}
