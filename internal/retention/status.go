package retention

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
)

// DiskStatus is how the disk of the data directory is.
type DiskStatus struct {
	Free, Total uint64
	State, Plan string
}

// DiskStatus tells what was seen last, and what is done about it.
func (s *Service) DiskStatus() DiskStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := cmp.Or(s.state, DiskOK)
	return DiskStatus{s.space.Free, s.space.Total, state, plan(state, s.Tiered(), s.floors)}
}

// Tiered reports whether a tier is configured.
func (s *Service) Tiered() bool { return s.Tier.Kind != "" && s.Tier.Kind != "none" }

// Alarms says what goes wrong now, in sentences for the status page.
func (s *Service) Alarms() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for what, why := range s.alarms {
		out = append(out, fmt.Sprintf("Keeping and dropping events: %s fails and is tried again: %s", what, why))
	}
	slices.Sort(out)
	return out
}

// ClassUse is a class and what it keeps.
type ClassUse struct {
	Class
	Bytes, Events  int64
	Segments, Held int
	Oldest, Newest time.Time // zero when it has none
	Removed        bool      // not in the policy any more: kept as the default one
}

// View is a tenant's retention as it is now.
type View struct {
	Policy   Policy
	Classes  []ClassUse
	Segments []SegmentView
	Holds    []Hold
}

// SegmentView is a segment and what holds it.
type SegmentView struct {
	eventstore.Segment
	Holds []Hold
}

// Look gathers the retention of the scope's tenant.
func (s *Service) Look(ctx context.Context, q db.Querier) (View, error) {
	var v View
	var err error
	if v.Policy, err = PolicyOf(ctx, q); err != nil {
		return v, err
	}
	if v.Holds, err = HoldsInForce(ctx, q); err != nil {
		return v, err
	}
	ms := matchers(v.Holds)
	uses := map[string]*ClassUse{}
	for _, c := range v.Policy.Classes {
		uses[c.Name] = &ClassUse{Class: c}
	}
	for _, g := range of(q.Scope().Tenant, s.Store.Segments()) {
		sv := SegmentView{Segment: g}
		for i := range ms {
			if ms[i].holds(s.Store, &g) {
				sv.Holds = append(sv.Holds, ms[i].hold)
			}
		}
		v.Segments = append(v.Segments, sv)
		u := uses[g.Class]
		if u == nil {
			c := v.Policy.Of(g.Class)
			c.Name = g.Class
			u = &ClassUse{Class: c, Removed: true}
			uses[g.Class] = u
		}
		u.add(&sv)
	}
	for _, u := range uses {
		v.Classes = append(v.Classes, *u)
	}
	slices.SortFunc(v.Classes, func(a, b ClassUse) int { return cmp.Compare(a.Name, b.Name) })
	return v, nil
}

func (u *ClassUse) add(g *SegmentView) {
	u.Segments++
	u.Bytes += g.Bytes
	u.Events += g.Rows
	if len(g.Holds) > 0 {
		u.Held++
	}
	first, last := time.Unix(0, g.MinTime).UTC(), time.Unix(0, g.MaxTime).UTC()
	if u.Oldest.IsZero() || first.Before(u.Oldest) {
		u.Oldest = first
	}
	if last.After(u.Newest) {
		u.Newest = last
	}
}
