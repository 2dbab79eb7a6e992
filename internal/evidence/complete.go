package evidence

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/evidence/bundle"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
)

const (
	lookAgain     = 50 * time.Millisecond // while taking waits for the next checkpoint
	completeEvery = 15 * time.Second
)

func compare(a, b *eventstore.Row) int {
	p, q := a.Position(), b.Position()
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(p.Seq, q.Seq), cmp.Compare(p.Index, q.Index))
}

// recorded adds to each segment the proof that its sealing is in the record, all
// under the newest checkpoint. It waits for one that is signed within the time
// given; pending says that some are not under any.
func (s *Service) recorded(ctx context.Context, q db.Querier, p *bundle.Proofs, wait time.Duration) (pending bool, err error) {
	var seqs []int64
	for _, g := range p.Segments {
		rows, err := record.List(ctx, q, record.Filter{Subject: "segment", SubjectID: g.ID, KindPrefix: "segment.sealed", Limit: 1})
		if err != nil {
			return false, err
		}
		if len(rows) == 0 {
			return false, problem.New(problem.Internal, "The record does not tell of the sealing of segment %s, so its events prove nothing.", g.ID)
		}
		seqs = append(seqs, rows[0].Seq)
	}
	limit := time.NewTimer(wait)
	defer limit.Stop()
	for {
		proofs, err := record.ProveAll(ctx, q, seqs)
		if err == nil {
			for i := range proofs {
				p.Segments[i].Record = bundle.FromRecord(proofs[i])
			}
			return false, nil
		}
		if !problem.Is(err, problem.Unavailable) {
			return false, err
		}
		select {
		case <-limit.C:
			return true, nil
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

// Run completes what was taken before the record had signed, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(completeEvery)
	defer tick.Stop()
	for {
		if err := s.CompleteAll(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("evidence could not be completed, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// CompleteAll completes what can be completed now.
func (s *Service) CompleteAll(ctx context.Context) error {
	all, err := pendings(ctx, s.DB.System("evidence"))
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := s.complete(ctx, s.DB.For(p.tenant, "system"), p.id); err != nil {
			return fmt.Errorf("evidence %s: %w", p.id, err)
		}
	}
	return nil
}

// complete packs a snapshot anew, with the proofs that were missing. The file
// before stays where it is; its SHA-256 is in the custody.
func (s *Service) complete(ctx context.Context, h *db.Handle, id string) error {
	i, err := Get(ctx, h, id)
	if err != nil || !i.Pending {
		return err
	}
	t := h.Scope().Tenant
	file, _ := s.Blobs.Check(t, i.SHA256, s.Now())
	if file == nil {
		return fmt.Errorf("neither copy of its file is whole")
	}
	c, err := bundle.Open(file)
	if err != nil {
		return err
	}
	if pending, err := s.recorded(ctx, h, &c.Proofs, 0); err != nil || pending {
		return err
	}
	before := i.SHA256
	if err := s.pack(&i, c, t); err != nil {
		return err
	}
	return h.Tx(ctx, func(tx *db.Tx) error {
		if err := replace(ctx, tx, i, before); err != nil {
			return err
		}
		e := record.Entry{Kind: "evidence.completed", Subject: "evidence", SubjectID: id, Data: map[string]any{"case": i.CaseID, "sha256": i.SHA256, "before": before, "bytes": i.Bytes}}
		return s.custody(ctx, tx, id, "completed", fmt.Sprintf("all of it is under a checkpoint; SHA-256 %s, before %s", i.SHA256, before), e)
	})
}
