package cases

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
)

func insertExercise(ctx context.Context, tx *db.Tx, x Exercise) error {
	_, err := tx.Exec(ctx, "INSERT INTO exercise (tenant, id, name, scenario, started_by, started) VALUES (:tenant, ?, ?, ?, ?, ?)", x.ID, x.Name, x.Scenario, x.StartedBy, db.Micros(x.Started))
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
