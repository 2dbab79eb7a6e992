// Package db is the relational store: SQLite inside the process by default,
// PostgreSQL (15 or newer) when the DSN says so. It gives every other package
// one handle that is bound to a tenant and an actor, transactions, migrations,
// and one way to write SQL for both engines.
//
// # SQL
//
// Statements are hand-written in the subset that both engines share. "?" marks
// a positional argument and ":tenant" the handle's tenant; both become the
// engine's own placeholders once per statement text. Times are int64
// microseconds since 1970 UTC, truth values are integers 0 and 1, documents are
// JSON text, ids are text from NewID.
//
// # Tenancy
//
// A handle made by For runs a statement only if every table in it is bound to
// :tenant (checked once per statement text, see scope.go). System makes the
// handle for the few workers that serve all tenants: due timers, the feed, the
// sealer. Nothing that answers a request uses it.
//
// # Writing
//
// On SQLite one writer goroutine owns the only writing connection and commits
// groups: transactions that wait while a commit is being synced to disk share
// the next one, each within its own savepoint, so that one failing does not
// touch the others. A transaction function therefore must be short, must not
// start another transaction, and may run more than once on PostgreSQL, where a
// serialisation failure repeats it. Hooks given to Tx.OnCommit run after the
// commit is durable, in order, on the writer: they wake somebody and return.
package db
