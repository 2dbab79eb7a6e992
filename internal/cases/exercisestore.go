package cases

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
)

func insertExercise(ctx context.Context, tx *db.Tx, x Exercise, marker string) error {
	_, err := tx.Exec(ctx, "INSERT INTO exercise (tenant, id, name, scenario, marker, started_by, started) VALUES (:tenant, ?, ?, ?, ?, ?, ?)", x.ID, x.Name, x.Scenario, marker, x.StartedBy, db.Micros(x.Started))
	return err
}

func endExercise(ctx context.Context, tx *db.Tx, id string, now time.Time) (int64, error) {
	return tx.Exec(ctx, "UPDATE exercise SET ended = ? WHERE tenant = :tenant AND id = ? AND ended = 0", db.Micros(now), id)
}

// Exercises lists drills, newest first.
func Exercises(ctx context.Context, q db.Querier) ([]Exercise, error) {
	return db.Select(ctx, q, func(s db.Scanner) (Exercise, error) {
		var x Exercise
		var started, ended int64
		err := s.Scan(&x.ID, &x.Name, &x.Scenario, &x.StartedBy, &started, &ended)
		x.Started, x.Ended = db.Time(started), db.Time(ended)
		return x, err
	}, "SELECT id, name, scenario, started_by, started, ended FROM exercise WHERE tenant = :tenant ORDER BY started DESC LIMIT 200")
}

// participants of an exercise: who started it.
func participants(ctx context.Context, q db.Querier, id string) ([]string, error) {
	return db.Select(ctx, q, func(s db.Scanner) (string, error) {
		var p string
		return p, s.Scan(&p)
	}, "SELECT started_by FROM exercise WHERE tenant = :tenant AND id = ?", id)
}

// Running returns the running exercises of all tenants by the hash of their
// marker: intake must know them from the start.
func Running(ctx context.Context, system db.Querier) (map[string]string, error) {
	type row struct{ marker, id string }
	rows, err := db.Select(ctx, system, func(s db.Scanner) (row, error) {
		var r row
		return r, s.Scan(&r.marker, &r.id)
	}, "SELECT marker, id FROM exercise WHERE ended = 0")
	out := map[string]string{}
	for _, r := range rows {
		out[r.marker] = r.id
	}
	return out, err
}
