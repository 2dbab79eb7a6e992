package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// once makes something and, when the request has an Idempotency-Key, keeps the
// answer in the same transaction: the same request again gets the same answer,
// another request with the same key is refused.
func once[T any](ctx context.Context, s *Server, key string, request any, make func(tx *db.Tx) (T, error), a *auth.Actor, h *db.Handle) (*body[T], error) {
	var out T
	text, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	hash := hex.EncodeToString(sum[:])
	err = h.Tx(ctx, func(tx *db.Tx) error {
		if key != "" {
			had, err := keptAnswer(ctx, tx, a.Person, key, hash)
			if err != nil {
				return err
			}
			if had != "" {
				return json.Unmarshal([]byte(had), &out)
			}
		}
		if out, err = make(tx); err != nil || key == "" {
			return err
		}
		return keepAnswer(ctx, tx, a.Person, key, hash, db.JSON(out), s.Now())
	})
	return answer(out, err)
}

var errOtherRequest = problem.New(problem.Conflict, "This Idempotency-Key was used for another request.")
