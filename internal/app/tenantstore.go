package app

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// tenants lists all of the installation.
func tenants(ctx context.Context, d *db.DB) ([]tenant.ID, error) {
	return db.Select(ctx, d.System("app"), func(s db.Scanner) (id tenant.ID, err error) {
		var n int64
		err = s.Scan(&n)
		return tenant.ID(n), err
	}, "SELECT tenant FROM tenant ORDER BY tenant")
}
