package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Verify checks a proof without a store: the leaf is an entry of the record, its
// path leads to the checkpoint's root, and v signed the checkpoint. It believes
// nothing but Leaf, Index, Hashes and Checkpoint, and returns what they say.
func (p *Proof) Verify(v note.Verifier) (Row, Checkpoint, error) {
	row, err := openLeaf(p.Leaf)
	if err != nil {
		return row, Checkpoint{}, err
	}
	c, err := OpenCheckpoint(p.Checkpoint, v, row.Tenant)
	if err != nil {
		return row, c, err
	}
	path := make(tlog.RecordProof, len(p.Hashes))
	for i, text := range p.Hashes {
		if path[i], err = tlog.ParseHash(text); err != nil {
			return row, c, fmt.Errorf("the proof's hash %q is not a hash", text)
		}
	}
	if p.Index < 0 || p.Index >= c.Size {
		return row, c, fmt.Errorf("the entry is leaf %d, the checkpoint is over %d", p.Index, c.Size)
	}
	if err := tlog.CheckRecord(path, c.Size, c.Root, p.Index, tlog.RecordHash([]byte(p.Leaf))); err != nil {
		return row, c, errors.New("the entry is not under the checkpoint: its path leads to another root")
	}
	return row, c, nil
}

// openLeaf reads the exact text that row.leaf makes, and no other.
func openLeaf(text string) (Row, error) {
	var parts []json.RawMessage
	var r Row
	var tag, data string
	var t, at int64
	err := json.Unmarshal([]byte(text), &parts)
	targets := [...]any{&tag, &t, &r.Seq, &at, &r.Actor, &r.Kind, &r.Subject, &r.SubjectID, &r.Exercise, &data, &r.PersonalHash}
	if err == nil && len(parts) != len(targets) {
		err = fmt.Errorf("it has %d parts", len(parts))
	}
	for i := 0; err == nil && i < len(parts); i++ {
		err = json.Unmarshal(parts[i], targets[i])
	}
	if err != nil {
		return r, fmt.Errorf("this is no leaf of a record: %w", err)
	}
	r.Tenant, r.At, r.Data = tenant.ID(t), db.Time(at), json.RawMessage(data)
	if tag != "tocsin-record-v1" || string(r.leaf()) != text {
		return r, errors.New("this is no leaf of a record: it is written another way")
	}
	return r, nil
}

// Consistency proves that the record of its first From entries is the beginning
// of that of To: a checkpoint that was kept of the one fits a later one.
type Consistency struct {
	From   int64    `json:"from"`
	To     int64    `json:"to"`
	Hashes []string `json:"hashes"` // RFC 6962 consistency proof, base64
}

// ProveConsistency makes the proof between two sizes of the tenant's tree.
func ProveConsistency(ctx context.Context, q db.Querier, from, to int64) (Consistency, error) {
	c := Consistency{From: from, To: to, Hashes: []string{}}
	size, _, _, err := Latest(ctx, q)
	if err != nil {
		return c, err
	}
	if from < 1 || from > to || to > size {
		return c, problem.New(problem.Invalid, "The record has %d signed entries; from and to lie within, and from is not behind to.", size)
	}
	hashes, err := tlog.ProveTree(to, from, hashReader(ctx, q, nil))
	for _, h := range hashes {
		c.Hashes = append(c.Hashes, h.String())
	}
	return c, err
}

// Verify checks that the older checkpoint's tree is the beginning of the newer's.
func (c *Consistency) Verify(older, newer Checkpoint) error {
	if c.From != older.Size || c.To != newer.Size {
		return fmt.Errorf("the proof is between %d and %d entries, the checkpoints are over %d and %d", c.From, c.To, older.Size, newer.Size)
	}
	proof := make(tlog.TreeProof, len(c.Hashes))
	for i, text := range c.Hashes {
		var err error
		if proof[i], err = tlog.ParseHash(text); err != nil {
			return fmt.Errorf("the proof's hash %q is not a hash", text)
		}
	}
	if older.Size < 1 || older.Size > newer.Size || tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root) != nil {
		return errors.New("the older checkpoint is not of the beginning of the newer one's record: it was rewritten")
	}
	return nil
}
