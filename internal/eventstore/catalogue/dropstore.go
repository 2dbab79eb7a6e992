package catalogue

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/record"
)

// Reasons of a drop.
const (
	ByAge   = "age"   // older than its class keeps
	BySize  = "size"  // its class has more bytes than it may
	BySpace = "space" // early, because the disk is full and the class allows it
)

// Tombstone says what a dropped segment was.
type Tombstone struct {
	ID, Segment, Class, Reason string
	Rows, Bytes                int64
	MinTime, MaxTime           int64 // ns
	SHA256, MerkleRoot         string
	At                         time.Time
	RecordSeq                  int64
	Signature                  string // a signed note; OpenTombstone reads it
	Leftover                   string // location in the tier that is still to be removed
}

// text is what is signed. Its form is a promise to everyone who keeps one: it
// never changes.
func (t *Tombstone) text(origin string) string {
	return fmt.Sprintf("%s\nsegment %s\nclass %s\nrows %d\nbytes %d\nfrom %d\nto %d\nsha256 %s\nmerkle_root %s\nreason %s\nat %s\n",
		origin, t.Segment, t.Class, t.Rows, t.Bytes, t.MinTime, t.MaxTime, t.SHA256, t.MerkleRoot, t.Reason, t.At.UTC().Format(time.RFC3339Nano))
}

func tombstoneOrigin(name string, q db.Querier) string {
	return name + "/tombstone/" + q.Scope().Tenant.String()
}

// Verify reports whether the signature is this installation's over what the
// tombstone says; q is bound to its tenant.
func (t *Tombstone) Verify(q db.Querier, v note.Verifier) error {
	n, err := note.Open([]byte(t.Signature), note.VerifierList(v))
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	if n.Text != t.text(tombstoneOrigin(v.Name(), q)) {
		return fmt.Errorf("what was signed is not what it says")
	}
	return nil
}

// Drop takes a segment of the transaction's tenant out of the list and leaves a
// signed tombstone and an entry of the record. One that is not listed any more
// is passed over: its drop was committed before.
func (c *Catalogue) Drop(ctx context.Context, tx *db.Tx, g eventstore.Segment, reason string, at time.Time, signer note.Signer) error {
	n, err := tx.Exec(ctx, "DELETE FROM segment WHERE tenant = :tenant AND id = ?", g.ID)
	if err != nil || n == 0 {
		return err
	}
	t := Tombstone{ID: db.NewID(at), Segment: g.ID, Class: g.Class, Reason: reason, Rows: g.Rows, Bytes: g.Bytes, MinTime: g.MinTime, MaxTime: g.MaxTime,
		SHA256: hex.EncodeToString(g.SHA256[:]), MerkleRoot: hex.EncodeToString(g.MerkleRoot[:]), At: at.UTC().Truncate(time.Microsecond), Leftover: g.Location}
	signed, err := note.Sign(&note.Note{Text: t.text(tombstoneOrigin(signer.Name(), tx))}, signer)
	if err != nil {
		return fmt.Errorf("sign the tombstone of segment %s: %w", g.ID, err)
	}
	t.Signature = string(signed)
	t.RecordSeq, err = c.rec.Append(ctx, tx, record.Entry{Kind: "segment.dropped", Subject: "segment", SubjectID: g.ID, Data: map[string]any{
		"class": t.Class, "reason": reason, "rows": t.Rows, "bytes": t.Bytes, "sha256": t.SHA256, "merkle_root": t.MerkleRoot, "min_time": t.MinTime, "max_time": t.MaxTime, "tombstone": t.ID}})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO tombstone (tenant, id, segment, class, rows_, bytes, min_time, max_time, sha256, root, reason, at, record_seq, signature, leftover)
		VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, t.Segment, t.Class, t.Rows, t.Bytes, t.MinTime, t.MaxTime, t.SHA256, t.MerkleRoot, t.Reason, db.Micros(t.At), t.RecordSeq, t.Signature, t.Leftover)
	return err
}

const tombstoneColumns = "id, segment, class, rows_, bytes, min_time, max_time, sha256, root, reason, at, record_seq, signature, leftover FROM tombstone"

func scanTombstone(s db.Scanner) (t Tombstone, err error) {
	var at int64
	err = s.Scan(&t.ID, &t.Segment, &t.Class, &t.Rows, &t.Bytes, &t.MinTime, &t.MaxTime, &t.SHA256, &t.MerkleRoot, &t.Reason, &at, &t.RecordSeq, &t.Signature, &t.Leftover)
	t.At = db.Time(at)
	return t, err
}

// Tombstones lists what was dropped, newest first, behind the one of that id
// when it is not "".
func Tombstones(ctx context.Context, q db.Querier, before string, limit int) ([]Tombstone, error) {
	if before == "" {
		return db.Select(ctx, q, scanTombstone, "SELECT "+tombstoneColumns+" WHERE tenant = :tenant ORDER BY id DESC LIMIT ?", limit)
	}
	return db.Select(ctx, q, scanTombstone, "SELECT "+tombstoneColumns+" WHERE tenant = :tenant AND id < ? ORDER BY id DESC LIMIT ?", before, limit)
}

// Leftovers lists the locations in the tier that are still to be removed of
// segments that were dropped before a time, over all tenants, by tombstone.
func (c *Catalogue) Leftovers(ctx context.Context, before time.Time, limit int) ([]Tombstone, error) {
	return db.Select(ctx, c.db.System("retention"), scanTombstone, "SELECT "+tombstoneColumns+" WHERE leftover <> '' AND at < ? ORDER BY at LIMIT ?", db.Micros(before), limit)
}

// Removed notes that a tombstone's leftover is gone.
func (c *Catalogue) Removed(ctx context.Context, tombstone string) error {
	return c.db.System("retention").Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE tombstone SET leftover = '' WHERE id = ?", tombstone)
		return err
	})
}

// Dropped implements eventstore.Catalogue.
func (c *Catalogue) Dropped(ctx context.Context, id string) (bool, error) {
	var n int
	err := c.db.System("eventstore").QueryRow(ctx, "SELECT count(*) FROM tombstone WHERE segment = ?", id).Scan(&n)
	return n > 0, err
}

// Place notes where a segment is, and records when that is another tier.
func (c *Catalogue) Place(ctx context.Context, actor string, g eventstore.Segment) error {
	return c.db.For(g.Tenant, actor).Tx(ctx, func(tx *db.Tx) error {
		var was string
		if err := tx.QueryRow(ctx, "SELECT tier FROM segment WHERE tenant = :tenant AND id = ?", g.ID).Scan(&was); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE segment SET tier = ?, location = ? WHERE tenant = :tenant AND id = ?", g.Tier, g.Location, g.ID); err != nil || was == g.Tier {
			return err
		}
		_, err := c.rec.Append(ctx, tx, record.Entry{Kind: "segment.moved", Subject: "segment", SubjectID: g.ID, Data: map[string]any{"from": was, "to": g.Tier, "sha256": hex.EncodeToString(g.SHA256[:])}})
		return err
	})
}

// Checked notes the result of a verification, and records when it differs from
// the one before or when a person asked for it.
func (c *Catalogue) Checked(ctx context.Context, actor string, g eventstore.Segment, at time.Time, fault string) error {
	return c.db.For(g.Tenant, actor).Tx(ctx, func(tx *db.Tx) error {
		var was string
		err := tx.QueryRow(ctx, "SELECT fault FROM segment WHERE tenant = :tenant AND id = ?", g.ID).Scan(&was)
		if errors.Is(err, sql.ErrNoRows) { // dropped meanwhile
			return nil
		} else if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE segment SET checked = ?, fault = ? WHERE tenant = :tenant AND id = ?", db.Micros(at), fault, g.ID); err != nil || was == fault && actor == "system" {
			return err
		}
		_, err = c.rec.Append(ctx, tx, record.Entry{Kind: "segment.checked", Subject: "segment", SubjectID: g.ID, Data: map[string]any{"fault": fault}})
		return err
	})
}
