package retention

import (
	"context"
	"slices"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
)

// CheckSome verifies as many segments as are due in so much time for all to be
// verified in a week, those that were not for longest first. Segments in a
// bucket are verified when they are fetched, not here: reading all of them each
// week would cost their owner money.
func (s *Service) CheckSome(ctx context.Context, in time.Duration) {
	type due struct {
		segment eventstore.Segment
		since   time.Time
	}
	var all []due
	total := 0
	for _, g := range s.Store.Segments() {
		if g.Tier == "s3" {
			continue
		}
		total++
		since := g.SealedAt
		if g.CheckedAt.After(since) {
			since = g.CheckedAt
		}
		if s.Now().Sub(since) >= checkEvery {
			all = append(all, due{g, since})
		}
	}
	slices.SortFunc(all, func(a, b due) int { return a.since.Compare(b.since) })
	n := int(int64(total)*int64(in)/int64(checkEvery)) + 1
	for _, d := range all[:min(n, len(all))] {
		if ctx.Err() != nil {
			return
		}
		_, err := s.Check(ctx, "system", d.segment)
		s.note(ctx, "verification", err)
	}
}

// Check verifies one segment, keeps the result and returns what is wrong. Who
// asked is in the record; the system's own checks only when the result changes.
func (s *Service) Check(ctx context.Context, actor string, g eventstore.Segment) ([]eventstore.Fault, error) {
	faults, err := s.Store.Check(ctx, g.ID)
	if err != nil {
		return nil, err
	}
	return faults, s.Catalogue.Checked(ctx, actor, g, s.Now(), eventstore.Summary(faults))
}
