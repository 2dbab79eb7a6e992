package retention

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// PolicyOf reads classes and assignments of the scope's tenant.
func PolicyOf(ctx context.Context, q db.Querier) (p Policy, err error) {
	p.Classes, err = db.Select(ctx, q, func(s db.Scanner) (c Class, err error) {
		return c, s.Scan(&c.Name, &c.Days, &c.MaxBytes, &c.FloorDays)
	}, "SELECT name, days, max_bytes, floor_days FROM retention_class WHERE tenant = :tenant ORDER BY name")
	if err != nil {
		return p, err
	}
	if _, ok := p.Class(eventstore.DefaultClass); !ok { // for ever, until somebody decides
		p.Classes = slices.Insert(p.Classes, 0, Class{Name: eventstore.DefaultClass})
	}
	p.Assignments, err = db.Select(ctx, q, func(s db.Scanner) (a Assignment, err error) {
		return a, s.Scan(&a.ID, &a.Source, &a.SourceType, &a.Class)
	}, "SELECT id, source, source_type, class FROM retention_assignment WHERE tenant = :tenant ORDER BY source, source_type")
	return p, err
}

func allAssignments(ctx context.Context, q db.Querier) (map[tenant.ID]table, error) {
	out := map[tenant.ID]table{}
	_, err := db.Select(ctx, q, func(s db.Scanner) (struct{}, error) {
		var t int64
		var p pattern
		var class string
		if err := s.Scan(&t, &p.source, &p.sourceType, &class); err != nil {
			return struct{}{}, err
		}
		if out[tenant.ID(t)] == nil {
			out[tenant.ID(t)] = table{}
		}
		out[tenant.ID(t)][p] = class
		return struct{}{}, nil
	}, "SELECT tenant, source, source_type, class FROM retention_assignment")
	return out, err
}

func saveClass(ctx context.Context, tx *db.Tx, c Class, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO retention_class (tenant, name, days, max_bytes, floor_days, updated) VALUES (:tenant, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, name) DO UPDATE SET days = excluded.days, max_bytes = excluded.max_bytes, floor_days = excluded.floor_days, updated = excluded.updated`,
		c.Name, c.Days, c.MaxBytes, c.FloorDays, db.Micros(now))
	return err
}

func deleteClass(ctx context.Context, tx *db.Tx, name string) error {
	_, err := tx.Exec(ctx, "DELETE FROM retention_class WHERE tenant = :tenant AND name = ?", name)
	return err
}

func insertAssignment(ctx context.Context, tx *db.Tx, a Assignment, now time.Time) error {
	_, err := tx.Exec(ctx, "INSERT INTO retention_assignment (tenant, id, source, source_type, class, created) VALUES (:tenant, ?, ?, ?, ?, ?)", a.ID, a.Source, a.SourceType, a.Class, db.Micros(now))
	return err
}

func updateAssignment(ctx context.Context, tx *db.Tx, a Assignment) error {
	_, err := tx.Exec(ctx, "UPDATE retention_assignment SET class = ? WHERE tenant = :tenant AND id = ?", a.Class, a.ID)
	return err
}

func deleteAssignment(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, "DELETE FROM retention_assignment WHERE tenant = :tenant AND id = ?", id)
	return err
}

// currentGeneration is the generation of policy and holds, 0 before the first change.
func currentGeneration(ctx context.Context, q db.Querier) (n int64, err error) {
	err = q.QueryRow(ctx, "SELECT n FROM retention_generation WHERE tenant = :tenant").Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// lockGeneration is the generation, which stays until the transaction ends.
func lockGeneration(ctx context.Context, tx *db.Tx) (n int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO retention_generation (tenant, n) VALUES (:tenant, 0)
		ON CONFLICT (tenant) DO UPDATE SET n = retention_generation.n RETURNING n`).Scan(&n)
	return n, err
}

func bumpGeneration(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO retention_generation (tenant, n) VALUES (:tenant, 1)
		ON CONFLICT (tenant) DO UPDATE SET n = retention_generation.n + 1`)
	return err
}
