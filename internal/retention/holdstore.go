package retention

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/db"
)

const holdColumns = "id, kind, query, case_id, starts, ends, reason, actor, at, released, released_by, released_reason FROM hold WHERE tenant = :tenant"

// The column query holds the query's text, or a case's entities or the segments
// of evidence as JSON.
func (h Hold) stored() string {
	switch h.Kind {
	case "case":
		return db.JSON(h.Entities)
	case "evidence":
		return db.JSON(heldEvidence{h.Evidence, h.Segments})
	}
	return h.Query
}

type heldEvidence struct {
	Evidence string   `json:"evidence"`
	Segments []string `json:"segments"`
}

func scanHold(s db.Scanner) (h Hold, err error) {
	var text string
	var at, released int64
	err = s.Scan(&h.ID, &h.Kind, &text, &h.CaseID, &h.From, &h.To, &h.Reason, &h.By, &at, &released, &h.ReleasedBy, &h.ReleasedReason)
	if err != nil {
		return h, err
	}
	h.At, h.Released = db.Time(at), db.Time(released)
	switch h.Kind {
	case "case":
		return h, db.FromJSON(text, &h.Entities)
	case "evidence":
		var e heldEvidence
		err := db.FromJSON(text, &e)
		h.Evidence, h.Segments = e.Evidence, e.Segments
		return h, err
	}
	h.Query = text
	return h, nil
}

// GetHold returns a hold.
func GetHold(ctx context.Context, q db.Querier, id string) (Hold, error) {
	return db.One(ctx, q, "hold", scanHold, "SELECT "+holdColumns+" AND id = ?", id)
}

// heldCase returns the hold of a case that is in force.
func heldCase(ctx context.Context, q db.Querier, caseID string) (Hold, error) {
	return db.One(ctx, q, "hold", scanHold, "SELECT "+holdColumns+" AND case_id = ? AND released = 0", caseID)
}

// HoldsInForce lists the holds that are not released.
func HoldsInForce(ctx context.Context, q db.Querier) ([]Hold, error) {
	return db.Select(ctx, q, scanHold, "SELECT "+holdColumns+" AND released = 0 ORDER BY at, id")
}

// Holds lists holds, those in force first, newest first.
func Holds(ctx context.Context, q db.Querier, limit int) ([]Hold, error) {
	return db.Select(ctx, q, scanHold, "SELECT "+holdColumns+" ORDER BY CASE WHEN released = 0 THEN 0 ELSE 1 END, at DESC, id DESC LIMIT ?", limit)
}

func countHolds(ctx context.Context, q db.Querier) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT count(*) FROM hold WHERE tenant = :tenant AND released = 0").Scan(&n)
	return n, err
}

func insertHold(ctx context.Context, tx *db.Tx, h Hold) error {
	_, err := tx.Exec(ctx, "INSERT INTO hold (tenant, id, kind, query, case_id, starts, ends, reason, actor, at) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		h.ID, h.Kind, h.stored(), h.CaseID, h.From, h.To, h.Reason, h.By, db.Micros(h.At))
	return err
}

func updateHold(ctx context.Context, tx *db.Tx, h Hold) error {
	_, err := tx.Exec(ctx, "UPDATE hold SET query = ?, starts = ?, ends = ? WHERE tenant = :tenant AND id = ?", h.stored(), h.From, h.To, h.ID)
	return err
}

func releaseHold(ctx context.Context, tx *db.Tx, h Hold) error {
	n, err := tx.Exec(ctx, "UPDATE hold SET released = ?, released_by = ?, released_reason = ? WHERE tenant = :tenant AND id = ? AND released = 0", db.Micros(h.Released), h.ReleasedBy, h.ReleasedReason, h.ID)
	return db.Changed(n, err, "hold")
}
