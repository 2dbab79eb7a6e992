package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const (
	passEvery  = time.Minute
	dropBatch  = 50                 // segments of one transaction
	checkEvery = 7 * 24 * time.Hour // each segment is verified about so often
	leftoverIn = 10 * time.Minute   // a dropped segment's copy in the tier goes after that: no search lasts so long
)

// Run works until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(passEvery)
	defer tick.Stop()
	for {
		s.Pass(ctx)
		s.CheckSome(ctx, passEvery)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Pass does once what is due: drops, moves to the tier, and what the disk's
// state asks for. What fails is logged, is an alarm, and is tried again by the
// next pass; the rest goes on.
func (s *Service) Pass(ctx context.Context) {
	state, missing := s.measure()
	s.note(ctx, "drop", s.perTenant(ctx, func(t tenant.ID) error { return s.dropDue(ctx, t) }))
	s.note(ctx, "tier", s.moveAged(ctx, missing))
	if state == DiskFull {
		if state, _ = s.measure(); state == DiskFull {
			s.mayDropEarly(false)
			s.note(ctx, "early drop", s.perTenant(ctx, func(t tenant.ID) error { return s.dropEarly(ctx, t) }))
			s.measure()
		}
	}
	s.note(ctx, "tier copies", s.removeLeftovers(ctx))
}

// note logs what failed and makes it an alarm until it goes well.
func (s *Service) note(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		s.Log.Error("retention: a step failed and is tried again", "step", what, "error", err)
	}
	s.alarm(what, err)
}

// perTenant goes on with the others when one fails.
func (s *Service) perTenant(ctx context.Context, work func(tenant.ID) error) error {
	var tenants []tenant.ID
	for _, g := range s.Store.Segments() {
		if !slices.Contains(tenants, g.Tenant) {
			tenants = append(tenants, g.Tenant)
		}
	}
	slices.Sort(tenants)
	var errs error
	for _, t := range tenants {
		if err := work(t); err != nil {
			errs = errors.Join(errs, fmt.Errorf("tenant %s: %w", t, err))
		}
	}
	return errs
}

func (s *Service) dropDue(ctx context.Context, t tenant.ID) error {
	return s.decide(ctx, t, func(p Policy, segments []eventstore.Segment, keep func(*eventstore.Segment) bool) (out []going) {
		for name, gs := range byClass(p, segments) {
			out = append(out, expired(p.Of(name), gs, keep, s.Now())...)
		}
		return out
	})
}

func (s *Service) dropEarly(ctx context.Context, t tenant.ID) error {
	state, missing := s.measure() // another tenant's may have made room
	if state != DiskFull {
		return nil
	}
	return s.decide(ctx, t, func(p Policy, segments []eventstore.Segment, keep func(*eventstore.Segment) bool) []going {
		if slices.ContainsFunc(p.Classes, func(c Class) bool { return c.FloorDays > 0 }) {
			s.mayDropEarly(true)
		}
		return early(p, segments, keep, s.Now(), missing)
	})
}

func (s *Service) mayDropEarly(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.floors = yes
}

// errChanged is what a drop ends with when policy or holds are no longer those
// that it was decided by.
var errChanged = errors.New("policy or holds changed while a drop was decided")

// decide lets choose pick what goes, and drops it. Everything is read again
// when policy or holds change before the commit.
func (s *Service) decide(ctx context.Context, t tenant.ID, choose func(Policy, []eventstore.Segment, func(*eventstore.Segment) bool) []going) error {
	h := s.DB.For(t, "system")
	done, err := s.done(ctx)
	if err != nil {
		return err
	}
	for fresh, tries := false, 0; tries < 5; tries++ {
		generation, err := currentGeneration(ctx, h) // before what it covers is read
		if err != nil {
			return err
		}
		policy, err := PolicyOf(ctx, h)
		if err != nil {
			return err
		}
		holds, err := HoldsInForce(ctx, h)
		if err != nil {
			return err
		}
		ms := matchers(holds)
		keep := func(g *eventstore.Segment) bool {
			return g.MaxSeq > done || slices.ContainsFunc(ms, func(m matcher) bool { return m.holds(s.Store, g) })
		}
		gone := choose(policy, of(t, s.Store.Segments()), keep)
		if len(gone) == 0 {
			return nil
		}
		if !fresh {
			grown, err := s.refreshHolds(ctx, h, holds)
			if err != nil {
				return err
			}
			if fresh = true; grown {
				continue
			}
		}
		if err := s.drop(ctx, h, gone, generation); !errors.Is(err, errChanged) {
			return err
		}
	}
	return errChanged
}

func of(t tenant.ID, all []eventstore.Segment) (out []eventstore.Segment) {
	for _, g := range all {
		if g.Tenant == t {
			out = append(out, g)
		}
	}
	return out
}

// done is the journal sequence that no part needs any more: segments behind it
// are not dropped, as their events are still on their way.
func (s *Service) done(ctx context.Context) (uint64, error) {
	sealed, err := catalogue.Offset(ctx, s.DB.System("retention"), "sealed")
	if err != nil {
		return 0, fmt.Errorf("read the sealed offset: %w", err)
	}
	detected, err := catalogue.Offset(ctx, s.DB.System("retention"), "detected")
	if err != nil {
		return 0, fmt.Errorf("read the detected offset: %w", err)
	}
	return min(sealed, detected), nil
}

// drop drops in batches, each in a transaction that ends if the generation is
// another one by now.
func (s *Service) drop(ctx context.Context, h *db.Handle, all []going, generation int64) error {
	for batch := range slices.Chunk(all, dropBatch) {
		reasons, ids := map[string]string{}, []string(nil)
		for _, g := range batch {
			reasons[g.segment.ID] = g.reason
			ids = append(ids, g.segment.ID)
		}
		err := s.Store.Drop(ctx, ids, func(ctx context.Context, gone []eventstore.Segment) error {
			return h.Tx(ctx, func(tx *db.Tx) error {
				if now, err := lockGeneration(ctx, tx); err != nil {
					return err
				} else if now != generation {
					return errChanged
				}
				for _, g := range gone {
					if err := s.Catalogue.Drop(ctx, tx, g, reasons[g.ID], s.Now(), s.Signer); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
		for _, g := range batch {
			s.Log.Info("a segment was dropped", "segment", g.segment.ID, "class", g.segment.Class, "reason", g.reason, "rows", g.segment.Rows, "bytes", g.segment.Bytes, "newest", newest(&g.segment))
		}
	}
	return nil
}

// refreshHolds lets the holds of cases reach as far as their alerts do now: an
// alert that repeats moves its last time without an entry in the record.
func (s *Service) refreshHolds(ctx context.Context, h *db.Handle, holds []Hold) (grown bool, err error) {
	for _, hold := range holds {
		if hold.Kind != "case" {
			continue
		}
		c, err := s.Cases.Case(ctx, h, hold.CaseID)
		if problem.Is(err, problem.NotFound) {
			continue
		} else if err != nil {
			return grown, fmt.Errorf("look at case %s: %w", hold.CaseID, err)
		}
		if _, more := hold.with(c); !more {
			continue
		}
		grown = true
		if err := h.Tx(ctx, func(tx *db.Tx) error { return s.CaseChanged(ctx, tx, hold.CaseID, false) }); err != nil {
			return grown, fmt.Errorf("extend the hold of case %s: %w", hold.CaseID, err)
		}
	}
	return grown, nil
}
