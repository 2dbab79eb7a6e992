package retention

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

// Hold keeps segments that may hold matching events from being dropped.
type Hold struct {
	ID             string
	Kind           string // query, case or evidence
	Query          string // of kind query; "" for everything
	Evidence       string // id, of kind evidence
	Segments       []string
	Entities       []Entity
	CaseID         string
	From, To       int64 // event time, ns, inclusive; 0 for no bound
	Reason         string
	By             string
	At             time.Time
	Released       time.Time // zero while it holds
	ReleasedBy     string
	ReleasedReason string
}

// Entity is a user, host, address … that a case is about.
type Entity struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// Case is what a hold needs to know of a case.
type Case struct {
	ID, Label   string
	Exercise    bool
	Created     time.Time
	First, Last time.Time // of its alerts; zero when it has none
	Entities    []Entity
}

// A case's hold reaches from lookBack before its first alert or its creation to
// lookAhead behind the last.
const (
	lookBack  = 72 * time.Hour
	lookAhead = 24 * time.Hour
	maxHolds  = 10_000
)

func (c Case) window() (from, to int64) {
	first, last := c.Created, c.Created
	if !c.First.IsZero() && c.First.Before(first) {
		first = c.First
	}
	if c.Last.After(last) {
		last = c.Last
	}
	return first.Add(-lookBack).UnixNano(), last.Add(lookAhead).UnixNano()
}

// Place makes a hold of a query. A query that cannot be read is refused.
func (s *Service) Place(ctx context.Context, tx *db.Tx, h Hold) (Hold, error) {
	h.Kind, h.ID, h.By, h.At = "query", db.NewID(s.Now()), tx.Scope().Actor, s.Now()
	if _, err := query.Parse(h.Query, h.At); err != nil {
		return h, err
	}
	if h.To != 0 && h.From > h.To {
		return h, problem.New(problem.Invalid, "The range ends before it begins.")
	}
	return h, s.place(ctx, tx, h, h.Reason)
}

// PlaceCase makes the hold of a case, by hand.
func (s *Service) PlaceCase(ctx context.Context, tx *db.Tx, caseID, reason string) (Hold, error) {
	if _, err := heldCase(ctx, tx, caseID); err == nil {
		return Hold{}, problem.New(problem.Conflict, "This case is held already.")
	} else if !problem.Is(err, problem.NotFound) {
		return Hold{}, err
	}
	c, err := s.Cases.Case(ctx, tx, caseID)
	if err != nil {
		return Hold{}, err
	}
	return s.openCase(ctx, tx, c, reason)
}

// PlaceEvidence holds the segments that a piece of evidence was taken from, and
// returns the hold's id.
func (s *Service) PlaceEvidence(ctx context.Context, tx *db.Tx, evidence string, segments []string, reason string) (string, error) {
	h := Hold{Kind: "evidence", ID: db.NewID(s.Now()), Evidence: evidence, Segments: segments, Reason: reason, By: tx.Scope().Actor, At: s.Now()}
	return h.ID, s.place(ctx, tx, h, reason)
}

func (s *Service) openCase(ctx context.Context, tx *db.Tx, c Case, reason string) (Hold, error) {
	h := Hold{Kind: "case", ID: db.NewID(s.Now()), CaseID: c.ID, Entities: c.Entities, Reason: reason, By: tx.Scope().Actor, At: s.Now()}
	h.From, h.To = c.window()
	return h, s.place(ctx, tx, h, reason)
}

func (s *Service) place(ctx context.Context, tx *db.Tx, h Hold, reason string) error {
	if n, err := countHolds(ctx, tx); err != nil {
		return err
	} else if n >= maxHolds && h.Kind == "query" {
		return problem.New(problem.TooLarge, "%d holds are in place. Release some first.", n)
	}
	if err := insertHold(ctx, tx, h); err != nil {
		return err
	}
	if err := bumpGeneration(ctx, tx); err != nil {
		return err
	}
	return s.record(ctx, tx, "hold.placed", "hold", h.ID, map[string]any{"hold": h.Kind, "case": h.CaseID, "from": h.From, "to": h.To}, strings.TrimSpace(reason+"\n"+h.Query))
}

// CaseChanged keeps a case's hold up to date: it is placed when the case is
// opened, and grows when entities or alerts join. It never shrinks, and one
// that was released is placed again only when the case is opened again.
func (s *Service) CaseChanged(ctx context.Context, tx *db.Tx, caseID string, opened bool) error {
	h, err := heldCase(ctx, tx, caseID)
	if problem.Is(err, problem.NotFound) && !opened {
		return nil
	} else if err != nil && !problem.Is(err, problem.NotFound) {
		return err
	}
	held := err == nil
	c, err := s.Cases.Case(ctx, tx, caseID)
	if err != nil || c.Exercise { // an exercise's events prove nothing real
		return err
	}
	if !held {
		_, err := s.openCase(ctx, tx, c, "The case was opened.")
		return err
	}
	return s.grow(ctx, tx, h, c)
}

// slack is how much a hold's end may lag behind, so that an alert that repeats
// does not write an entry each time; lookAhead is longer.
const slack = time.Hour

// with is the hold as it has to be for the case as it is now, and whether that
// is more.
func (h Hold) with(c Case) (Hold, bool) {
	from, to := c.window()
	entities := slices.Clone(h.Entities)
	for _, e := range c.Entities {
		if !slices.Contains(entities, e) {
			entities = append(entities, e)
		}
	}
	more := from < h.From || to > h.To+int64(slack) || len(entities) > len(h.Entities)
	h.From, h.To, h.Entities = min(h.From, from), max(h.To, to), entities
	return h, more
}

func (s *Service) grow(ctx context.Context, tx *db.Tx, h Hold, c Case) error {
	h, more := h.with(c)
	if !more {
		return nil
	}
	if err := updateHold(ctx, tx, h); err != nil {
		return err
	}
	if err := bumpGeneration(ctx, tx); err != nil {
		return err
	}
	return s.record(ctx, tx, "hold.extended", "hold", h.ID, map[string]any{"case": h.CaseID, "from": h.From, "to": h.To, "entities": len(h.Entities)}, "")
}

// Release ends a hold of a query; that of a case or of evidence becomes a change
// that a second person approves.
func (s *Service) Release(ctx context.Context, tx *db.Tx, id, reason string) (Hold, *Change, error) {
	h, err := GetHold(ctx, tx, id)
	switch {
	case err != nil:
		return h, nil, err
	case !h.Released.IsZero():
		return h, nil, problem.New(problem.Conflict, "The hold is released already.")
	case h.Kind == "case" || h.Kind == "evidence":
		c, err := s.Request(ctx, tx, Request{Kind: ChangeHoldRelease, Hold: id, Reason: reason})
		return h, &c, err
	}
	h.ReleasedBy, h.ReleasedReason = tx.Scope().Actor, reason
	err = s.release(ctx, tx, h)
	h.Released = s.Now()
	return h, nil, err
}

func (s *Service) release(ctx context.Context, tx *db.Tx, h Hold) error {
	h.Released = s.Now()
	if err := releaseHold(ctx, tx, h); err != nil {
		return err
	}
	if err := bumpGeneration(ctx, tx); err != nil {
		return err
	}
	return s.record(ctx, tx, "hold.released", "hold", h.ID, map[string]any{"hold": h.Kind, "case": h.CaseID, "by": h.ReleasedBy}, h.ReleasedReason)
}
