package api

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/retention"
)

type holdView struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind" enum:"query,case,evidence"`
	Q          string     `json:"q" doc:"What it looks for; of a case, its entities; empty of evidence, which names its segments."`
	EvidenceID string     `json:"evidence_id"`
	CaseID     string     `json:"case_id"`
	CaseNumber string     `json:"case_number"`
	From       string     `json:"from"`
	To         string     `json:"to"`
	Reason     string     `json:"reason"`
	By         string     `json:"by"`
	ByName     string     `json:"by_name"`
	At         string     `json:"at"`
	ReleasedAt string     `json:"released_at"`
	ReleasedBy *PersonRef `json:"released_by"`
	Segments   int        `json:"segments" doc:"That it holds now."`
	Bytes      int64      `json:"bytes"`
}

type releasedHold struct {
	Hold   holdView    `json:"hold"`
	Change *changeView `json:"change" doc:"That a second person approves, for the hold of a case or of evidence."`
}

// viewHold shows a hold; look is nil when what it holds is not counted.
func (s *Server) viewHold(ctx context.Context, q db.Querier, h retention.Hold, n names, look *retention.View) (holdView, error) {
	v := holdView{ID: h.ID, Kind: h.Kind, Q: h.Text(), CaseID: h.CaseID, EvidenceID: h.Evidence, From: shownNanos(h.From), To: shownNanos(h.To), Reason: h.Reason, By: h.By, ByName: n.ref(h.By).Name, At: shown(h.At), ReleasedAt: shown(h.Released), ReleasedBy: n.pointer(h.ReleasedBy)}
	if h.CaseID != "" {
		c, err := cases.Get(ctx, q, h.CaseID)
		if err != nil && !problem.Is(err, problem.NotFound) {
			return v, err
		} else if err == nil {
			v.CaseNumber = c.Label()
		}
	}
	if look == nil {
		return v, nil
	}
	for _, g := range look.Segments {
		for _, by := range g.Holds {
			if by.ID == h.ID {
				v.Segments++
				v.Bytes += g.Bytes
			}
		}
	}
	return v, nil
}

func (s *Server) holds(r *Router) {
	handle(r, "GET", "/api/v1/holds", auth.RetentionRead, "What keeps events beyond their time: those in force first, newest first", func(ctx context.Context, _ *none) (*body[list[holdView]], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		look, err := s.Retention.Look(ctx, h)
		if err != nil {
			return nil, err
		}
		all, err := retention.Holds(ctx, h, 1000)
		if err != nil {
			return nil, err
		}
		var out []holdView
		for _, x := range all {
			v, err := s.viewHold(ctx, h, x, n, &look)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return items(out, nil)
	})
	type place struct {
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           struct {
			Kind   string `json:"kind" enum:"query,case"`
			Q      string `json:"q,omitempty" maxLength:"8192" doc:"Empty: everything in the time range."`
			CaseID string `json:"case_id,omitempty" maxLength:"64"`
			From   string `json:"from,omitempty" doc:"RFC 3339; empty for no bound"`
			To     string `json:"to,omitempty" doc:"RFC 3339; empty for no bound"`
			Reason string `json:"reason" minLength:"3" maxLength:"1000"`
		}
	}
	handle(r, "POST", "/api/v1/holds", auth.RetentionAdmin, "Keep events from being dropped, by a query or for a case", func(ctx context.Context, in *place) (*body[holdView], error) {
		a, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		from, err := parseTime("from", in.Body.From)
		if err != nil {
			return nil, err
		}
		to, err := parseTime("to", in.Body.To)
		if err != nil {
			return nil, err
		}
		return once(ctx, s, in.IdempotencyKey, in.Body, func(tx *db.Tx) (holdView, error) {
			var x retention.Hold
			var err error
			if in.Body.Kind == "case" {
				x, err = s.Retention.PlaceCase(ctx, tx, in.Body.CaseID, in.Body.Reason)
			} else {
				x, err = s.Retention.Place(ctx, tx, retention.Hold{Query: in.Body.Q, From: nanos(from), To: nanos(to), Reason: in.Body.Reason})
			}
			if err != nil {
				return holdView{}, err
			}
			return s.viewHold(ctx, tx, x, n, nil)
		}, a, h)
	})
	type release struct {
		ByID
		withReason
	}
	handle(r, "POST", "/api/v1/holds/{id}/release", auth.RetentionAdmin, "Release a hold; that of a case or of evidence waits for a second person", func(ctx context.Context, in *release) (*body[releasedHold], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		var out releasedHold
		err = h.Tx(ctx, func(tx *db.Tx) error {
			x, change, err := s.Retention.Release(ctx, tx, in.ID, in.Body.Reason)
			if err != nil {
				return err
			}
			out = releasedHold{}
			if change != nil {
				v := viewChange(*change, n)
				out.Change = &v
			}
			out.Hold, err = s.viewHold(ctx, tx, x, n, nil)
			return err
		})
		return answer(out, err)
	})
}

// nanos is a bound of event times; no time is no bound.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
