package db

import (
	"context"
	"database/sql"
	"fmt"
)

// serverLock is the advisory lock of the one server that works on a database.
const serverLock = 0x746f6373696e // "tocsin"

// Lock keeps other servers off this store until release is called or the
// process ends: one seals the record and guards what may still be sent. On
// SQLite the lock on the data directory does it and this does nothing. On
// PostgreSQL the lock lives as long as its connection.
func (d *DB) Lock(ctx context.Context) (release func(), err error) {
	if d.engine != Postgres {
		return func() {}, nil
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	var got bool
	if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(serverLock)).Scan(&got); err != nil {
		conn.Close()
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	if !got {
		conn.Close()
		return nil, fmt.Errorf("another Tocsin works on this PostgreSQL database; stop it, or give this one a database of its own")
	}
	return func() { unlock(conn) }, nil
}

func unlock(conn *sql.Conn) {
	_, _ = conn.ExecContext(context.Background(), "SELECT pg_advisory_unlock($1)", int64(serverLock))
	conn.Close()
}
