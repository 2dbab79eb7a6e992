package eventstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// The states of a segment.
const (
	SegmentOK      = "ok"
	SegmentMissing = "missing" // its file is not there, or what holds it does not answer
	SegmentDamaged = "damaged" // it is not what was sealed
)

// SegmentState tells whether a segment can be read.
type SegmentState struct {
	ID               string
	Tenant           tenant.ID
	MinTime, MaxTime int64 // ns: what searches leave out while it is not ok
	State            string
	Detail           string    // what is wrong, "" when ok
	Since            time.Time // when that was found
}

// health keeps the segments that cannot be read.
type health struct {
	mu  sync.Mutex
	bad map[string]SegmentState
}

func (h *health) clear(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.bad, id)
}

func (h *health) of(id string) (SegmentState, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	st, ok := h.bad[id]
	return st, ok
}

// mark notes that a segment cannot be read; it is loud once.
func (s *Store) mark(g *Segment, state, detail string) {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	if s.health.bad == nil {
		s.health.bad = map[string]SegmentState{}
	}
	old, known := s.health.bad[g.ID]
	st := SegmentState{ID: g.ID, Tenant: g.Tenant, MinTime: g.MinTime, MaxTime: g.MaxTime, State: state, Detail: detail, Since: s.o.Now()}
	if known {
		st.Since = old.Since
	}
	s.health.bad[g.ID] = st
	if !known || old.State != state {
		s.o.Log.Error("a segment of events cannot be read; searches leave it out and say so; restore its file from a backup", "segment", g.ID, "file", g.Path, "state", state, "detail", detail)
	}
}

// Health lists the segments that cannot be read, newest events first.
func (s *Store) Health() []SegmentState {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	out := make([]SegmentState, 0, len(s.health.bad))
	for _, st := range s.health.bad {
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b SegmentState) int { return cmp.Or(cmp.Compare(b.MaxTime, a.MaxTime), cmp.Compare(a.ID, b.ID)) })
	return out
}

// State tells of one segment of the list.
func (s *Store) State(g Segment) SegmentState {
	if st, ok := s.health.of(g.ID); ok {
		return st
	}
	return SegmentState{ID: g.ID, Tenant: g.Tenant, MinTime: g.MinTime, MaxTime: g.MaxTime, State: SegmentOK}
}

// look compares a segment's file with the catalogue without reading it.
func (s *Store) look(g *Segment) (state, detail string) {
	info, err := os.Stat(s.path(g))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return SegmentMissing, "its file is not there"
	case err != nil:
		return SegmentMissing, "its file cannot be reached: " + err.Error()
	case info.Size() != g.Bytes:
		return SegmentDamaged, fmt.Sprintf("its file has %d bytes, not %d", info.Size(), g.Bytes)
	}
	return SegmentOK, ""
}

// errUnreadable is what a statement over a segment that cannot be read ends
// with: the source's gaps know why, and the search goes on with the next.
var errUnreadable = errors.New("a segment cannot be read")

// onSegments runs f while the files of the sources' segments are there to be
// read. When f fails and a file is at fault, its segment is marked.
func (s *Store) onSegments(ctx context.Context, srcs []source, f func() error) error {
	var release []func()
	defer func() { runAll(release) }()
	faulty := false
	for _, src := range srcs {
		if src.segment == nil {
			continue
		}
		done, err := s.fetch(ctx, src.segment)
		switch {
		case err == nil:
			release = append(release, done)
		case ctx.Err() != nil:
			return ctx.Err()
		default:
			s.o.Log.Warn("a search leaves out a segment that could not be fetched from the tier", "segment", src.segment.ID, "error", err)
			src.gaps.add(src.segment)
			faulty = true
		}
	}
	if faulty {
		return errUnreadable
	}
	err := f()
	if err == nil || ctx.Err() != nil {
		return err
	}
	for _, src := range srcs {
		if src.segment != nil && s.atFault(src.segment) {
			src.gaps.add(src.segment)
			faulty = true
		}
	}
	if faulty {
		return errUnreadable
	}
	return err // the query's fault, or ours
}

// atFault reports whether a segment's file is not what was sealed, and marks it.
func (s *Store) atFault(g *Segment) bool {
	state, detail := s.look(g)
	if state == SegmentOK {
		if sum, _, err := hashFile(s.path(g)); err != nil || sum != g.SHA256 {
			state, detail = SegmentDamaged, "its bytes are not those that were sealed"
		}
	}
	if state == SegmentOK {
		return false
	}
	s.mark(g, state, detail)
	return true
}

// gaps gathers the segments that one search had to leave out.
type gaps struct {
	mu  sync.Mutex
	out []*Segment
}

func (l *gaps) add(g *Segment) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.ContainsFunc(l.out, func(h *Segment) bool { return h.ID == g.ID }) {
		l.out = append(l.out, g)
	}
}

// reason says to people what was left out, "" when nothing was.
func (l *gaps) reason() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.out) == 0 {
		return ""
	}
	var named []string
	for _, g := range l.out[:min(3, len(l.out))] {
		named = append(named, fmt.Sprintf("%s (%s to %s)", g.ID, shownTime(g.MinTime), shownTime(g.MaxTime)))
	}
	if more := len(l.out) - 3; more > 0 {
		named = append(named, fmt.Sprintf("%d more", more))
	}
	return "Events are missing from this answer: these segments cannot be read: " + strings.Join(named, ", ") + ". The status page says what to do."
}

// errGap is in the chain of a problem that says what a search had to leave out.
var errGap = errors.New("segments were left out")

// problem is reason as an error, nil when nothing was left out.
func (l *gaps) problem() error {
	if reason := l.reason(); reason != "" {
		return problem.Wrap(problem.Unavailable, errGap, "%s", reason)
	}
	return nil
}

func shownTime(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339) }
