// Package catalogue keeps the event store's list of segments in the relational
// store: what is sealed, its hashes, and up to where the journal is in it. Each
// seal is an entry of the record, in the same transaction.
package catalogue

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Catalogue implements eventstore.Catalogue.
type Catalogue struct {
	db  *db.DB
	rec *record.Log
}

// New makes the catalogue.
func New(d *db.DB, rec *record.Log) *Catalogue { return &Catalogue{d, rec} }

// Segments implements eventstore.Catalogue.
func (c *Catalogue) Segments(ctx context.Context) ([]eventstore.Segment, uint64, error) {
	h := c.db.System("eventstore")
	var sealed int64
	err := h.QueryRow(ctx, "SELECT seq FROM journal_offset WHERE name = 'sealed'").Scan(&sealed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, 0, err
	}
	segments, err := db.Select(ctx, h, scan, `SELECT tenant, id, path, class, format, columns_, rows_, bytes, min_time, max_time, min_seq, max_seq, sha256, root, minutes, sealed, tier, location, checked, fault FROM segment ORDER BY max_time`)
	return segments, uint64(sealed), err
}

func scan(s db.Scanner) (eventstore.Segment, error) {
	var g eventstore.Segment
	var t, minSeq, maxSeq, sealed, checked int64
	var sha, root, minutes string
	err := s.Scan(&t, &g.ID, &g.Path, &g.Class, &g.Format, &g.Columns, &g.Rows, &g.Bytes, &g.MinTime, &g.MaxTime, &minSeq, &maxSeq, &sha, &root, &minutes, &sealed, &g.Tier, &g.Location, &checked, &g.Fault)
	if err != nil {
		return g, err
	}
	g.Tenant, g.MinSeq, g.MaxSeq, g.SealedAt = tenant.ID(t), uint64(minSeq), uint64(maxSeq), db.Time(sealed)
	g.CheckedAt = db.Time(checked)
	for text, to := range map[string]*[32]byte{sha: &g.SHA256, root: &g.MerkleRoot} {
		b, err := hex.DecodeString(text)
		if err != nil || len(b) != 32 {
			return g, fmt.Errorf("segment %s: hash %q in the catalogue is damaged", g.ID, text)
		}
		copy(to[:], b)
	}
	return g, db.FromJSON(minutes, &g.Minutes)
}

// Commit implements eventstore.Catalogue.
func (c *Catalogue) Commit(ctx context.Context, segments []eventstore.Segment, sealedSeq uint64) error {
	return c.db.System("eventstore").Tx(ctx, func(tx *db.Tx) error {
		for _, g := range segments {
			tx := tx.As(g.Tenant, "system")
			_, err := tx.Exec(ctx, `INSERT INTO segment (tenant, id, path, class, format, columns_, rows_, bytes, min_time, max_time, min_seq, max_seq, sha256, root, minutes, sealed)
				VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				g.ID, g.Path, g.Class, g.Format, g.Columns, g.Rows, g.Bytes, g.MinTime, g.MaxTime, int64(g.MinSeq), int64(g.MaxSeq),
				hex.EncodeToString(g.SHA256[:]), hex.EncodeToString(g.MerkleRoot[:]), db.JSON(g.Minutes), db.Micros(g.SealedAt))
			if err != nil {
				return fmt.Errorf("catalogue segment %s: %w", g.ID, err)
			}
			_, err = c.rec.Append(ctx, tx, record.Entry{Kind: "segment.sealed", Subject: "segment", SubjectID: g.ID, Data: map[string]any{
				"class": g.Class, "rows": g.Rows, "bytes": g.Bytes, "sha256": hex.EncodeToString(g.SHA256[:]), "merkle_root": hex.EncodeToString(g.MerkleRoot[:]), "min_time": g.MinTime, "max_time": g.MaxTime}})
			if err != nil {
				return err
			}
		}
		return SaveOffset(ctx, tx, "sealed", sealedSeq)
	})
}

// SaveOffset moves a named journal offset forward, never back.
func SaveOffset(ctx context.Context, tx *db.Tx, name string, seq uint64) error {
	_, err := tx.Exec(ctx, `INSERT INTO journal_offset (name, seq) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > journal_offset.seq`, name, int64(seq))
	return err
}

// Offset reads a named journal offset, 0 when there is none.
func Offset(ctx context.Context, q db.Querier, name string) (uint64, error) {
	var seq int64
	err := q.QueryRow(ctx, "SELECT seq FROM journal_offset WHERE name = ?", name).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return uint64(seq), err
}
