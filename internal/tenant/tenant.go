// Package tenant names the unit of isolation: one organisation's data and
// rights. Every stored row, journal batch and event carries a tenant, and the
// handles that reach them (internal/db, internal/eventstore) are bound to one.
//
// An installation for a single organisation has exactly one tenant, Default,
// and shows no trace of it.
package tenant

import "strconv"

// ID identifies a tenant. Zero is never valid, so that a forgotten tenant
// fails loudly instead of reading somebody's data.
type ID int64

// Default is the tenant of an installation that serves one organisation.
const Default ID = 1

// Valid reports whether the id can name a tenant.
func (id ID) Valid() bool { return id > 0 }

func (id ID) String() string { return strconv.FormatInt(int64(id), 10) }
