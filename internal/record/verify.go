package record

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Finding is one thing that is wrong with the record.
type Finding struct {
	Tenant tenant.ID
	Seq    int64 // 0 when it is not about one row
	Text   string
}

func (f Finding) String() string {
	if f.Seq == 0 {
		return f.Text
	}
	return fmt.Sprintf("entry %d: %s", f.Seq, f.Text)
}

// Result says what a verification saw.
type Result struct {
	Entries  int64 // sealed and checked
	Unsealed int64 // committed, not yet in the tree
	Erased   int64 // entries whose personal data was erased lawfully
	Size     int64 // of the newest checkpoint
	Findings []Finding
}

// Verify checks the whole record of one tenant: each row against its leaf, the
// leaves against every checkpoint, the order, the signatures, personal data
// against its salted hash. kept, when not "", is a checkpoint that was stored
// elsewhere: the record must still contain it, which catches a tail that was
// cut off and signed anew.
func Verify(ctx context.Context, h *db.Handle, v note.Verifier, kept string) (Result, error) {
	t := h.Scope().Tenant
	var res Result
	bad := func(seq int64, format string, args ...any) {
		res.Findings = append(res.Findings, Finding{Tenant: t, Seq: seq, Text: fmt.Sprintf(format, args...)})
	}
	checkpoints, err := loadCheckpoints(ctx, h, v, t, bad)
	if err != nil {
		return res, err
	}
	if kept != "" {
		c, err := OpenCheckpoint(kept, v, t)
		if err != nil {
			return res, fmt.Errorf("the kept checkpoint: %w", err)
		}
		checkpoints[c.Size] = append(checkpoints[c.Size], c)
	}
	var maxSize int64
	for s := range checkpoints {
		maxSize = max(maxSize, s)
	}
	res.Size = maxSize
	tree := newTree()
	last := int64(-1)
	for {
		leaves, err := db.Select(ctx, h, scanLeaf, `SELECT l.idx, l.seq, l.hash FROM record_leaf l WHERE l.tenant = :tenant AND l.idx > ? ORDER BY l.idx LIMIT 1000`, last)
		if err != nil {
			return res, err
		}
		if len(leaves) == 0 {
			break
		}
		for _, l := range leaves {
			if l.idx != last+1 {
				bad(0, "leaves %d to %d of the tree are missing", last+1, l.idx-1)
			}
			last = l.idx
			row, err := db.Select(ctx, h, scanRow, "SELECT "+rowColumns+" FROM record WHERE tenant = :tenant AND seq = ?", l.seq)
			if err != nil {
				return res, err
			}
			hash := l.hash
			if len(row) == 0 {
				bad(l.seq, "missing from the record (leaf %d)", l.idx)
			} else {
				hash = tlog.RecordHash(row[0].leaf())
				if hash != l.hash {
					bad(l.seq, "altered: %s of %s %s does not match its leaf %d", row[0].Kind, row[0].Subject, row[0].SubjectID, l.idx)
				}
				if err := checkPersonal(ctx, h, row[0], &res, bad); err != nil {
					return res, err
				}
			}
			res.Entries++
			if err := tree.add(hash); err != nil {
				return res, err
			}
			for _, c := range checkpoints[tree.size] {
				root, err := tree.root()
				if err != nil {
					return res, err
				}
				if root != c.Root {
					bad(0, "the first %d entries do not hash to the root that was signed for them: one of them was altered, removed or moved", c.Size)
				}
			}
		}
	}
	if maxSize > tree.size {
		bad(0, "a checkpoint was signed over %d entries, only %d are here: the end was cut off", maxSize, tree.size)
	}
	if tree.size > maxSize {
		bad(0, "%d leaves have no checkpoint", tree.size-maxSize)
	}
	err = h.QueryRow(ctx, "SELECT count(*) FROM record r WHERE r.tenant = :tenant AND NOT EXISTS (SELECT 1 FROM record_leaf l WHERE l.tenant = r.tenant AND l.seq = r.seq)").Scan(&res.Unsealed)
	return res, err
}

func loadCheckpoints(ctx context.Context, h *db.Handle, v note.Verifier, t tenant.ID, bad func(int64, string, ...any)) (map[int64][]Checkpoint, error) {
	type stored struct {
		size int64
		note string
	}
	rows, err := db.Select(ctx, h, func(s db.Scanner) (stored, error) {
		var c stored
		return c, s.Scan(&c.size, &c.note)
	}, "SELECT size, note FROM checkpoint WHERE tenant = :tenant ORDER BY size")
	if err != nil {
		return nil, err
	}
	out := map[int64][]Checkpoint{}
	for _, r := range rows {
		c, err := OpenCheckpoint(r.note, v, t)
		if err != nil || c.Size != r.size {
			bad(0, "checkpoint of %d entries is not genuine: %v", r.size, err)
			continue
		}
		out[c.Size] = append(out[c.Size], c)
	}
	return out, nil
}

func checkPersonal(ctx context.Context, h *db.Handle, r Row, res *Result, bad func(int64, string, ...any)) error {
	if r.PersonalHash == "" {
		return nil
	}
	type kept struct{ salt, data string }
	rows, err := db.Select(ctx, h, func(s db.Scanner) (kept, error) {
		var k kept
		return k, s.Scan(&k.salt, &k.data)
	}, "SELECT salt, data FROM record_personal WHERE tenant = :tenant AND seq = ?", r.Seq)
	if err != nil {
		return err
	}
	switch {
	case len(rows) == 0:
		res.Erased++
	case personalHash(rows[0].salt, rows[0].data) != r.PersonalHash:
		bad(r.Seq, "personal data altered: it does not match its salted hash")
	}
	return nil
}

type leafRow struct {
	idx, seq int64
	hash     tlog.Hash
}

func scanLeaf(s db.Scanner) (leafRow, error) {
	var l leafRow
	var b []byte
	err := s.Scan(&l.idx, &l.seq, &b)
	copy(l.hash[:], b)
	return l, err
}

// tree recomputes a Merkle tree from its leaves and trusts nothing stored.
type tree struct {
	size   int64
	hashes []tlog.Hash
}

func newTree() *tree { return &tree{} }

func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, idx := range indexes {
		out[i] = t.hashes[idx]
	}
	return out, nil
}

func (t *tree) add(leaf tlog.Hash) error {
	hs, err := tlog.StoredHashesForRecordHash(t.size, leaf, t)
	if err != nil {
		return err
	}
	t.hashes = append(t.hashes, hs...)
	t.size++
	return nil
}

func (t *tree) root() (tlog.Hash, error) { return tlog.TreeHash(t.size, t) }
