package retention

import (
	"context"
	"fmt"

	"github.com/tocsin-project/tocsin/internal/eventstore"
)

func (s *Service) moveAged(ctx context.Context, missing int64) error {
	if s.Tier.Kind == "none" || s.Tier.Kind == "" {
		return nil
	}
	bad := map[string]bool{}
	for _, st := range s.Store.Health() {
		bad[st.ID] = true
	}
	for _, id := range aged(s.Store.Segments(), s.Tier.AfterDays, s.Now(), missing) {
		if bad[id] {
			continue // what cannot be read cannot be copied; it has an alarm of its own
		}
		err := s.Store.Move(ctx, id, func(ctx context.Context, g eventstore.Segment) error { return s.Catalogue.Place(ctx, "system", g) })
		if err != nil {
			return err // the next ones would fail alike
		}
		s.Log.Info("a segment was moved to the tier", "segment", id, "tier", s.Tier.Kind)
	}
	return nil
}

// removeLeftovers removes the tier's copies of segments that were dropped.
func (s *Service) removeLeftovers(ctx context.Context) error {
	if s.RemoveCopy == nil {
		return nil
	}
	left, err := s.Catalogue.Leftovers(ctx, s.Now().Add(-leftoverIn), 1000)
	if err != nil {
		return err
	}
	for _, t := range left {
		if err := s.RemoveCopy(ctx, t.Leftover); err != nil {
			return fmt.Errorf("remove the copy of dropped segment %s from the tier: %w", t.Segment, err)
		}
		if err := s.Catalogue.Removed(ctx, t.ID); err != nil {
			return err
		}
	}
	return nil
}

// Restore brings a segment back from the tier, in the name of who asks.
func (s *Service) Restore(ctx context.Context, actor, id string) error {
	return s.Store.Restore(ctx, id, func(ctx context.Context, g eventstore.Segment) error { return s.Catalogue.Place(ctx, actor, g) })
}
