package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/duckdb/duckdb-go/v2"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// MaxProofs is the most events that Prove takes.
const MaxProofs = 10_000

// EventProof shows that an event's id and raw bytes are under the Merkle root
// of its segment. tlog.CheckRecord(Path, Rows, Root, Index, Leaf()) accepts it.
type EventProof struct {
	ID        event.ID
	Position  event.Position
	RawSHA256 [32]byte
	Segment   string // id
	Root      tlog.Hash
	Rows      int64 // size of the segment's tree
	Index     int64 // of the leaf
	Path      tlog.RecordProof
}

// Leaf is what the path begins with.
func (p *EventProof) Leaf() tlog.Hash { return LeafHash(p.ID, p.RawSHA256) }

// Prove makes the proofs of the tenant's events with these ids, at most
// MaxProofs, in the order of the journal. What is still in memory is sealed
// first. Two events of one id, which a sender made, have a proof each. An id
// that is nowhere is a NotFound problem; a segment that cannot be read, or is
// not what was sealed, is an Unavailable one.
func (s *Store) Prove(ctx context.Context, t tenant.ID, ids []event.ID) ([]EventProof, error) {
	if len(ids) > MaxProofs {
		return nil, problem.New(problem.TooLarge, "At most %d events can be proved at once.", MaxProofs)
	}
	want := make(map[event.ID]bool, len(ids))
	for _, id := range ids {
		want[id] = false // not found yet
	}
	if len(want) == 0 {
		return nil, nil
	}
	sealed, err := s.inMemory(ctx, t, ids)
	if err == nil && sealed {
		err = s.Seal(ctx)
	}
	if err != nil {
		return nil, err
	}
	v := s.view()
	defer s.release(v)
	lo, hi := idTimes(ids)
	var out []EventProof
	for i := range v.segments {
		g := &v.segments[i]
		if g.Tenant != t || g.MinTime > hi || g.MaxTime < lo || !s.mayHoldAny(g, ids, lo, hi) {
			continue
		}
		found, err := s.proveIn(ctx, v, g, want)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	for _, found := range want {
		if !found {
			return nil, problem.New(problem.NotFound, "An event is not there any more, so it cannot be proved.")
		}
	}
	slices.SortFunc(out, func(a, b EventProof) int {
		return position{seq: b.Position.Seq, idx: uint64(b.Position.Index)}.compare(position{seq: a.Position.Seq, idx: uint64(a.Position.Index)})
	})
	return out, nil
}

// inMemory reports whether a table in memory may hold one of the ids, after a
// flush.
func (s *Store) inMemory(ctx context.Context, t tenant.ID, ids []event.ID) (bool, error) {
	if err := s.Flush(); err != nil {
		return false, err
	}
	v := s.view()
	defer s.release(v)
	lo, hi := idTimes(ids)
	for _, m := range v.mem {
		if slices.ContainsFunc(m.spansOf(t, nil, lo, hi), func(sp span) bool { return mayHold(sp, ids) }) {
			return true, ctx.Err()
		}
	}
	return false, ctx.Err()
}

func (s *Store) mayHoldAny(g *Segment, ids []event.ID, lo, hi int64) bool {
	return slices.ContainsFunc(s.spansOf(g, nil, lo, hi), func(sp span) bool { return mayHold(sp, ids) })
}

// proveIn rebuilds a segment's tree from its rows and makes the proofs of those
// that are wanted, which it marks as found.
func (s *Store) proveIn(ctx context.Context, v view, g *Segment, want map[event.ID]bool) ([]EventProof, error) {
	ctx, end, err := s.gate.Enter(ctx, g.Tenant) // a slot and a budget for each segment, as a scan has for each page
	if err != nil {
		return nil, err
	}
	defer end()
	var out []EventProof
	var tree proofTree
	st := &statement{srcs: []source{{segment: g, gaps: v.gaps}}}
	st.WriteString("SELECT id, raw_sha256, seq, idx FROM " + s.fileSource(g) + " ORDER BY seq, idx")
	var id duckdb.UUID
	var hash []byte
	var seq, idx int64
	err = s.run(ctx, st, func(rs *sql.Rows) error {
		if err := rs.Scan(&id, &hash, &seq, &idx); err != nil {
			return err
		}
		p := EventProof{ID: event.ID(id), Position: event.Position{Seq: uint64(seq), Index: uint32(idx)}, Segment: g.ID, Root: g.MerkleRoot, Rows: g.Rows, Index: tree.size}
		copy(p.RawSHA256[:], hash)
		if _, ok := want[p.ID]; ok {
			want[p.ID] = true
			out = append(out, p)
		}
		return tree.add(p.Leaf())
	})
	if errors.Is(err, errUnreadable) {
		return nil, v.gaps.problem()
	} else if err != nil {
		return nil, err
	}
	root, err := tlog.TreeHash(tree.size, &tree)
	if err != nil {
		return nil, err
	}
	if tree.size != g.Rows || root != g.MerkleRoot {
		s.mark(g, SegmentDamaged, "its rows do not have the Merkle root that was sealed")
		return nil, problem.New(problem.Unavailable, "The segment %s is not what was sealed, so its events prove nothing. Verify it; a copy may be elsewhere.", g.ID)
	}
	for i := range out {
		if out[i].Path, err = tlog.ProveRecord(tree.size, out[i].Index, &tree); err != nil {
			return nil, fmt.Errorf("prove event %s in segment %s: %w", out[i].ID, g.ID, err)
		}
	}
	return out, nil
}

// proofTree keeps every hash of a segment's tree: 64 bytes a row.
type proofTree struct {
	hashes []tlog.Hash
	size   int64
}

func (t *proofTree) add(leaf tlog.Hash) error {
	more, err := tlog.StoredHashesForRecordHash(t.size, leaf, t)
	t.hashes = append(t.hashes, more...)
	t.size++
	return err
}

// ReadHashes implements tlog.HashReader.
func (t *proofTree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("the tree has no hash %d", at)
		}
		out[i] = t.hashes[at]
	}
	return out, nil
}
