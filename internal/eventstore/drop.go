package eventstore

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

// Drop removes segments for good: commit takes them out of the catalogue and
// leaves a tombstone of each, in one transaction; then searches no longer see
// them; then, when no search that began before still runs, their files go. After
// an error nothing was dropped. A crash behind the commit leaves files that the
// next Open removes. Ids that are not there are passed over.
func (s *Store) Drop(ctx context.Context, ids []string, commit func(context.Context, []Segment) error) error {
	s.changeMu.Lock()
	defer s.changeMu.Unlock()
	var gone []Segment
	for _, g := range s.Segments() {
		if slices.Contains(ids, g.ID) {
			gone = append(gone, g)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := commit(ctx, gone); err != nil {
		// It may have taken place all the same.
		listed, _, cerr := s.o.Catalogue.Segments(ctx)
		if cerr != nil || slices.ContainsFunc(listed, func(g Segment) bool { return g.ID == gone[0].ID }) {
			return fmt.Errorf("take segments out of the catalogue: %w", err)
		}
	}
	s.relist(func(all []Segment) []Segment {
		return slices.DeleteFunc(all, func(g Segment) bool { return slices.Contains(ids, g.ID) })
	}, func() { s.removeDropped(gone) })
	for i := range gone {
		s.health.clear(gone[i].ID)
	}
	return nil
}

// removeDropped removes what a dropped segment has in the data directory.
func (s *Store) removeDropped(segments []Segment) {
	for i := range segments {
		for _, file := range []string{s.localPath(&segments[i]), filterPath(s.localPath(&segments[i]))} {
			if err := removeIfThere(file); err != nil {
				s.o.Log.Error("a file of a dropped segment could not be removed; the next start does it", "file", file, "error", err)
			}
		}
		if s.cache != nil {
			s.cache.forget(segments[i].ID)
		}
	}
}

// segment finds one of the list.
func (s *Store) segment(id string) (Segment, error) {
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	for i := range s.segments {
		if s.segments[i].ID == id {
			return s.segments[i], nil
		}
	}
	return Segment{}, problem.New(problem.NotFound, "No such segment.")
}

// MayContain reports whether a segment may hold an event within [lo, hi] (ns,
// inclusive) that x accepts; nil accepts all. It is false only when that is
// sure: a hold rests on it. A segment that is not known may.
func (s *Store) MayContain(id string, x query.Expr, lo, hi int64) bool {
	g, err := s.segment(id)
	if err != nil {
		return true
	}
	return g.MinTime <= hi && g.MaxTime >= lo && s.mayMatch(&g, x)
}

// mayMatch is what is known of a segment's values without reading its rows.
func (s *Store) mayMatch(g *Segment, x query.Expr) bool {
	return len(s.spansOf(g, newProbe(x), math.MinInt64, math.MaxInt64)) > 0
}

// FilterState tells whether a segment's filters can be used. Without them
// searches read more, and find the same.
func (s *Store) FilterState(g Segment) string {
	switch {
	case s.filter(&g) != nil:
		return SegmentOK
	case g.filter == nil:
		return SegmentMissing
	}
	return SegmentDamaged
}
