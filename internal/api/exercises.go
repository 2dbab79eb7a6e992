package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/intake"
)

type exerciseView struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Scenario  string    `json:"scenario"`
	StartedBy PersonRef `json:"started_by"`
	Started   string    `json:"started"`
	Ended     string    `json:"ended"`
	Marker    string    `json:"marker,omitempty" doc:"Put it into every message of the exercise; shown once."`
}

func viewExercise(x cases.Exercise, n names) exerciseView {
	return exerciseView{ID: x.ID, Name: x.Name, Scenario: x.Scenario, StartedBy: n.ref(x.StartedBy), Started: shown(x.Started), Ended: shown(x.Ended)}
}

func (s *Server) exercises(r *Router) {
	handle(r, "GET", "/api/v1/exercises", auth.SignedIn, "Exercises, newest first", func(ctx context.Context, _ *none) (*body[list[exerciseView]], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		xs, err := cases.Exercises(ctx, h)
		var out []exerciseView
		for _, x := range xs {
			out = append(out, viewExercise(x, n))
		}
		return items(out, err)
	})
	type start struct {
		Body struct {
			Scenario string `json:"scenario" maxLength:"100"`
			Name     string `json:"name,omitempty" maxLength:"200"`
		}
	}
	handle(r, "POST", "/api/v1/exercises", auth.ExercisesRun, "Start an exercise; its messages carry the marker", func(ctx context.Context, in *start) (*body[exerciseView], error) {
		_, h := s.scope(ctx)
		name := in.Body.Name
		if name == "" {
			name = in.Body.Scenario
		}
		var b [16]byte
		rand.Read(b[:])
		secret := hex.EncodeToString(b[:])
		var x cases.Exercise
		err := h.Tx(ctx, func(tx *db.Tx) (err error) {
			x, err = s.Cases.StartExercise(ctx, tx, name, in.Body.Scenario, intake.HashMarker(secret))
			return err
		})
		if err != nil {
			return nil, err
		}
		s.Exercises.Start(intake.HashMarker(secret), x.ID)
		n, err := s.names(ctx, h)
		v := viewExercise(x, n)
		v.Marker = intake.Marker + secret
		return answer(v, err)
	})
	type end struct {
		ByID
		Body reasonForm
	}
	finish := func(real bool) func(context.Context, *end) (*body[empty], error) {
		return func(ctx context.Context, in *end) (*body[empty], error) {
			_, h := s.scope(ctx)
			err := h.Tx(ctx, func(tx *db.Tx) error { return s.Cases.EndExercise(ctx, tx, in.ID, real, in.Body.Reason) })
			if err == nil {
				s.Exercises.End(in.ID)
			}
			return answer(empty{}, err)
		}
	}
	handle(r, "POST", "/api/v1/exercises/{id}/end", auth.ExercisesRun, "End an exercise", finish(false))
	handle(r, "POST", "/api/v1/exercises/{id}/real", auth.SignedIn, "This is real: end the exercise and open a real case", finish(true))
}
