package record

import (
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-project/tocsin/internal/db"
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
