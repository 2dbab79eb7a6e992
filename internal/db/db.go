package db

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	_ "modernc.org/sqlite"             // driver "sqlite"

	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Engine is one of the two relational engines.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// DB is an open store. It is safe for concurrent use.
type DB struct {
	engine      Engine
	read        *sql.DB
	write       *sql.DB       // SQLite: one connection, owned by writer; PostgreSQL: same as read
	writer      *writer       // nil on PostgreSQL
	checkpoints *checkpointer // nil on PostgreSQL
	log         *slog.Logger
	texts       statements
}

// Open opens (and for SQLite creates) the store that dsn names:
// "postgres://…" or the path of a SQLite file. It does not migrate.
func Open(ctx context.Context, dsn string, log *slog.Logger) (*DB, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return openPostgres(ctx, dsn, log)
	}
	return openSQLite(ctx, dsn, log)
}

func openPostgres(ctx context.Context, dsn string, log *slog.Logger) (*DB, error) {
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	pool.SetMaxOpenConns(16)
	pool.SetMaxIdleConns(16)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	var version int
	if err := pool.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if version < 150000 {
		pool.Close()
		return nil, fmt.Errorf("PostgreSQL %d is too old: 15 or newer is needed", version/10000)
	}
	return &DB{engine: Postgres, read: pool, write: pool, log: log}, nil
}

func openSQLite(ctx context.Context, path string, log *slog.Logger) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create the database's directory: %w", err)
	}
	// synchronous=FULL: a commit that was answered survives power loss.
	base := "file:" + path + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-16000)"
	// The log is folded back by checkpointer, beside the writer: a commit that
	// also checkpoints makes everybody behind it wait for the whole file's sync.
	w, err := sql.Open("sqlite", base+"&_pragma=wal_autocheckpoint(0)")
	if err != nil {
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	w.SetMaxOpenConns(1)
	if err := w.PingContext(ctx); err != nil {
		w.Close()
		return nil, fmt.Errorf("open SQLite file %s: %w", path, err)
	}
	r, err := sql.Open("sqlite", base+"&_pragma=query_only(1)")
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	r.SetMaxOpenConns(max(4, 2*runtime.NumCPU()))
	r.SetMaxIdleConns(max(4, 2*runtime.NumCPU()))
	d := &DB{engine: SQLite, read: r, write: w, log: log}
	if d.writer, err = startWriter(ctx, d); err != nil {
		r.Close()
		w.Close()
		return nil, err
	}
	if d.checkpoints, err = startCheckpointer(base, path, log); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Engine tells which engine this is, for the few statements that differ.
func (d *DB) Engine() Engine { return d.engine }

// Close waits for the running group commit and closes the store.
func (d *DB) Close() error {
	if d.checkpoints != nil {
		d.checkpoints.stop()
	}
	if d.writer != nil {
		d.writer.stop()
		// Folds the log back, so that a copy of the file alone is complete.
		_, _ = d.write.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
		d.read.Close()
	}
	return d.write.Close()
}

// Ping checks that the store answers.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

// Scope is what a handle is bound to.
type Scope struct {
	Tenant tenant.ID
	// Actor is who acts: a person's id, "token:<id>", "policy" or "system".
	Actor string
}

// For returns a handle bound to a tenant and an actor.
func (d *DB) For(t tenant.ID, actor string) *Handle {
	if !t.Valid() {
		panic("db.For: no tenant") // a programming error, never input
	}
	return &Handle{db: d, scope: Scope{Tenant: t, Actor: actor}}
}

// System returns the handle of a worker that serves all tenants. Its
// transactions enter one tenant with Tx.As before they write tenant rows.
func (d *DB) System(actor string) *Handle {
	return &Handle{db: d, scope: Scope{Actor: actor}}
}

// Handle runs statements for one tenant and actor.
type Handle struct {
	db    *DB
	scope Scope
}

// Querier is what both a Handle (outside) and a Tx (inside) can do; stores take it.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) Row
	Scope() Scope
	Engine() Engine
}

// Row is one row to scan; a statement that was refused says so in Scan.
type Row interface{ Scan(dest ...any) error }

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

// Scope returns what the handle is bound to.
func (h *Handle) Scope() Scope { return h.scope }

// Engine tells the engine behind the handle.
func (h *Handle) Engine() Engine { return h.db.engine }

// DB returns the store behind the handle.
func (h *Handle) DB() *DB { return h.db }

// Query runs a reading statement.
func (h *Handle) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	text, all, err := h.db.texts.bind(h.db.engine, h.scope, query, args)
	if err != nil {
		return nil, err
	}
	return h.db.read.QueryContext(ctx, text, all...)
}

// QueryRow runs a reading statement for one row.
func (h *Handle) QueryRow(ctx context.Context, query string, args ...any) Row {
	text, all, err := h.db.texts.bind(h.db.engine, h.scope, query, args)
	if err != nil {
		return failedRow{err}
	}
	return h.db.read.QueryRowContext(ctx, text, all...)
}

// Tx runs fn in a transaction and returns when it is durable (nil) or undone.
func (h *Handle) Tx(ctx context.Context, fn func(*Tx) error) error {
	return h.run(ctx, fn, false)
}

// TxBulk is Tx for chunks of bulk work: at most one of them joins a group
// commit, so that transactions somebody waits for pass between the chunks.
func (h *Handle) TxBulk(ctx context.Context, fn func(*Tx) error) error {
	return h.run(ctx, fn, true)
}

func (h *Handle) run(ctx context.Context, fn func(*Tx) error, bulk bool) error {
	if h.db.writer != nil {
		return h.db.writer.run(ctx, h.scope, fn, bulk)
	}
	return runPostgres(ctx, h.db, h.scope, fn)
}

// Micros converts a time to the form that is stored; the zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time converts a stored time back, UTC; 0 is the zero time.
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// Bool converts a truth value to the form that is stored.
func Bool(b bool) int {
	if b {
		return 1
	}
	return 0
}
