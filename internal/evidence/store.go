package evidence

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const columns = "id, case_id, kind, title, note, detail, blob, bytes, pending, hold, actor, at, copies, verified, verified_ok, verified_detail FROM evidence WHERE tenant = :tenant"

func scan(s db.Scanner) (i Item, err error) {
	var detail, copies string
	var pending, ok int
	var at, verified int64
	if err := s.Scan(&i.ID, &i.CaseID, &i.Kind, &i.Title, &i.Note, &detail, &i.SHA256, &i.Bytes, &pending, &i.Hold, &i.By, &at, &copies, &verified, &ok, &i.VerifiedDetail); err != nil {
		return i, err
	}
	i.Pending, i.At, i.Verified, i.VerifiedOK = pending == 1, db.Time(at), db.Time(verified), ok == 1
	if err := db.FromJSON(detail, &i.Detail); err != nil {
		return i, err
	}
	return i, db.FromJSON(copies, &i.Copies)
}

// Get returns a piece of evidence. It is not a reading: that is Read.
func Get(ctx context.Context, q db.Querier, id string) (Item, error) {
	return db.One(ctx, q, "evidence", scan, "SELECT "+columns+" AND id = ?", id)
}

// maxItems bounds the evidence of one case.
const maxItems = 500

// OfCase lists the evidence of a case, newest first.
func OfCase(ctx context.Context, q db.Querier, caseID string) ([]Item, error) {
	return db.Select(ctx, q, scan, "SELECT "+columns+" AND case_id = ? ORDER BY at DESC, id DESC LIMIT ?", caseID, maxItems)
}

func countOf(ctx context.Context, q db.Querier, caseID string) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT count(*) FROM evidence WHERE tenant = :tenant AND case_id = ?", caseID).Scan(&n)
	return n, err
}

// CustodyOf lists who had it in hand, newest first.
func CustodyOf(ctx context.Context, q db.Querier, id string) ([]Custody, error) {
	return db.Select(ctx, q, func(s db.Scanner) (c Custody, err error) {
		var at int64
		err = s.Scan(&c.RecordSeq, &at, &c.Actor, &c.Act, &c.Detail)
		c.At = db.Time(at)
		return c, err
	}, "SELECT record_seq, at, actor, act, detail FROM evidence_custody WHERE tenant = :tenant AND evidence = ? ORDER BY record_seq DESC LIMIT 1000", id)
}

func insert(ctx context.Context, tx *db.Tx, i Item) error {
	_, err := tx.Exec(ctx, `INSERT INTO evidence (tenant, id, case_id, kind, title, note, detail, blob, bytes, pending, hold, actor, at, copies)
		VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		i.ID, i.CaseID, i.Kind, i.Title, i.Note, db.JSON(i.Detail), i.SHA256, i.Bytes, db.Bool(i.Pending), i.Hold, i.By, db.Micros(i.At), db.JSON(i.Copies))
	return err
}

func insertCustody(ctx context.Context, tx *db.Tx, id string, c Custody) error {
	_, err := tx.Exec(ctx, "INSERT INTO evidence_custody (tenant, evidence, record_seq, at, actor, act, detail) VALUES (:tenant, ?, ?, ?, ?, ?, ?)",
		id, c.RecordSeq, db.Micros(c.At), c.Actor, c.Act, c.Detail)
	return err
}

// replace puts the completed file in the place of the one that was read before.
func replace(ctx context.Context, tx *db.Tx, i Item, before string) error {
	n, err := tx.Exec(ctx, "UPDATE evidence SET blob = ?, bytes = ?, pending = 0, copies = ? WHERE tenant = :tenant AND id = ? AND blob = ?", i.SHA256, i.Bytes, db.JSON(i.Copies), i.ID, before)
	return db.Changed(n, err, "piece of evidence")
}

func saveCheck(ctx context.Context, tx *db.Tx, i Item) error {
	_, err := tx.Exec(ctx, "UPDATE evidence SET copies = ?, verified = ?, verified_ok = ?, verified_detail = ? WHERE tenant = :tenant AND id = ?",
		db.JSON(i.Copies), db.Micros(i.Verified), db.Bool(i.VerifiedOK), i.VerifiedDetail, i.ID)
	return err
}

type pendingItem struct {
	tenant tenant.ID
	id     string
}

// pendings lists what is to be completed, over all tenants, oldest first.
func pendings(ctx context.Context, q db.Querier) ([]pendingItem, error) {
	return db.Select(ctx, q, func(s db.Scanner) (p pendingItem, err error) {
		var t int64
		err = s.Scan(&t, &p.id)
		p.tenant = tenant.ID(t)
		return p, err
	}, "SELECT tenant, id FROM evidence WHERE pending = 1 ORDER BY at LIMIT 100")
}
