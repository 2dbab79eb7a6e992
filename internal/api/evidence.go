package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/evidence"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

type copyView struct {
	Where   string `json:"where"`
	OK      bool   `json:"ok"`
	Detail  string `json:"detail" doc:"What is wrong with it."`
	Checked string `json:"checked"`
}

type custodyView struct {
	At     string `json:"at"`
	ByName string `json:"by_name"`
	Act    string `json:"act" enum:"taken,completed,read,downloaded,verified"`
	Detail string `json:"detail"`
}

type verifiedView struct {
	At     string `json:"at"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

type evidenceView struct {
	ID         string        `json:"id"`
	CaseID     string        `json:"case_id"`
	Kind       string        `json:"kind" enum:"snapshot"`
	Title      string        `json:"title"`
	Note       string        `json:"note"`
	Q          string        `json:"q" doc:"What the events matched, or how they were found; may be empty when they were chosen."`
	From       string        `json:"from"`
	To         string        `json:"to"`
	Events     int           `json:"events"`
	Segments   int           `json:"segments" doc:"That the events are in; they are held."`
	Incomplete string        `json:"incomplete" doc:"What could not be read when it was taken."`
	Pending    bool          `json:"pending" doc:"Part of its proof is not yet under a signed checkpoint; that is added by itself."`
	Bytes      int64         `json:"bytes"`
	SHA256     string        `json:"sha256"`
	Hold       string        `json:"hold"`
	Copies     []copyView    `json:"copies"`
	By         string        `json:"by"`
	ByName     string        `json:"by_name"`
	At         string        `json:"at"`
	Custody    []custodyView `json:"custody" doc:"Oldest first; the newest 1,000."`
	Verified   *verifiedView `json:"verified" doc:"The last check."`
}

func viewEvidence(i evidence.Item, custody []evidence.Custody, n names) evidenceView {
	v := evidenceView{ID: i.ID, CaseID: i.CaseID, Kind: i.Kind, Title: i.Title, Note: i.Note, Q: i.Detail.Query, From: shownNanos(i.Detail.From), To: shownNanos(i.Detail.To), Events: i.Detail.Events,
		Segments: len(i.Detail.Segments), Incomplete: i.Detail.Incomplete, Pending: i.Pending, Bytes: i.Bytes, SHA256: i.SHA256, Hold: i.Hold, Copies: []copyView{}, By: i.By, ByName: n.ref(i.By).Name, At: shown(i.At), Custody: []custodyView{}}
	for _, c := range i.Copies {
		v.Copies = append(v.Copies, copyView{c.Where, c.OK, c.Detail, shown(c.Checked)})
	}
	for _, c := range slices.Backward(custody) {
		v.Custody = append(v.Custody, custodyView{shown(c.At), n.ref(c.Actor).Name, c.Act, c.Detail})
	}
	if !i.Verified.IsZero() {
		v.Verified = &verifiedView{shown(i.Verified), i.VerifiedOK, i.VerifiedDetail}
	}
	return v
}

// seenCase returns a case that the actor may see: what is evidence of it is for
// the same people.
func (s *Server) seenCase(ctx context.Context, q db.Querier, id string) (cases.Case, error) {
	return cases.Get(ctx, q, id)
}

// seenEvidence finds evidence of a case that the actor may see.
func (s *Server) seenEvidence(ctx context.Context, q db.Querier, id string) (evidence.Item, error) {
	i, err := evidence.Get(ctx, q, id)
	if err == nil {
		_, err = s.seenCase(ctx, q, i.CaseID)
	}
	return i, err
}

type snapshotForm struct {
	Title    string   `json:"title" minLength:"1" maxLength:"300"`
	Q        string   `json:"q,omitempty" maxLength:"8192" doc:"Without event_ids: what the events match, at most 10,000. With them: how they were found."`
	From     string   `json:"from,omitempty" maxLength:"64" doc:"RFC 3339, a date or relative such as now-24h"`
	To       string   `json:"to,omitempty" maxLength:"64"`
	EventIDs []string `json:"event_ids,omitempty" maxItems:"10000"`
	Note     string   `json:"note,omitempty" maxLength:"20000"`
}

// snapshot reads what is asked for.
func (s *Server) snapshot(caseID string, f snapshotForm) (evidence.Request, error) {
	r := evidence.Request{CaseID: caseID, Title: f.Title, Note: f.Note, Query: f.Q}
	var err error
	if r.IDs, err = eventIDs(f.EventIDs); err != nil {
		return r, err
	}
	if len(r.IDs) == 0 {
		if f.From == "" || f.To == "" {
			return r, &problem.Error{Kind: problem.Invalid, Detail: "Say from when to when, or choose events.", Fields: []problem.Field{{Name: "from", Detail: "missing"}, {Name: "to", Detail: "missing"}}}
		}
		if r.Where, err = query.Parse(f.Q, s.Now()); err != nil {
			return r, err
		}
	}
	if f.From != "" || f.To != "" {
		from, to, err := s.span(f.From, f.To, time.UTC)
		if err != nil {
			return r, err
		}
		r.From, r.To = from.UnixNano(), to.UnixNano()
	}
	return r, nil
}

func eventIDs(texts []string) (ids []event.ID, err error) {
	for _, text := range texts {
		id, err := event.ParseID(text)
		if err != nil {
			return nil, &problem.Error{Kind: problem.Invalid, Detail: fmt.Sprintf("%q is not the id of an event.", text), Fields: []problem.Field{{Name: "event_ids", Detail: "not an id"}}}
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// take takes a snapshot. Work is done before the transaction that keeps it, so a
// repeated request is answered first, without taking another.
func (s *Server) take(ctx context.Context, key string, request any, r evidence.Request) (*body[evidenceView], error) {
	a, h := s.scope(ctx)
	n, err := s.names(ctx, h)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	hash := hex.EncodeToString(sum[:])
	var out evidenceView
	if key != "" {
		if had, err := keptAnswer(ctx, h, a.Person, key, hash); err != nil || had != "" {
			if err == nil {
				err = json.Unmarshal([]byte(had), &out)
			}
			return answer(out, err)
		}
	}
	with := r.With
	r.With = func(ctx context.Context, tx *db.Tx, i evidence.Item) error {
		if with != nil {
			if err := with(ctx, tx, i); err != nil {
				return err
			}
		}
		custody, err := evidence.CustodyOf(ctx, tx, i.ID)
		out = viewEvidence(i, custody, n)
		if err != nil || key == "" {
			return err
		}
		return keepAnswer(ctx, tx, a.Person, key, hash, db.JSON(out), s.Now())
	}
	_, err = s.Evidence.Take(ctx, h, r)
	return answer(out, err)
}

type fileOut struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (s *Server) evidence(r *Router) {
	type take struct {
		ByID
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           snapshotForm
	}
	handle(r, "POST", "/api/v1/cases/{id}/evidence", auth.CasesWrite, "Take a snapshot of events as evidence of a case, with their proofs", func(ctx context.Context, in *take) (*body[evidenceView], error) {
		_, h := s.scope(ctx)
		if _, err := s.seenCase(ctx, h, in.ID); err != nil {
			return nil, err
		}
		q, err := s.snapshot(in.ID, in.Body)
		if err != nil {
			return nil, err
		}
		return s.take(ctx, in.IdempotencyKey, []any{in.ID, in.Body}, q)
	})
	handle(r, "GET", "/api/v1/cases/{id}/evidence", auth.CasesRead, "The evidence of a case, newest first; not a reading of it", func(ctx context.Context, in *ByID) (*body[list[evidenceView]], error) {
		_, h := s.scope(ctx)
		if _, err := s.seenCase(ctx, h, in.ID); err != nil {
			return nil, err
		}
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		all, err := evidence.OfCase(ctx, h, in.ID)
		var out []evidenceView
		for _, i := range all {
			custody, err := evidence.CustodyOf(ctx, h, i.ID)
			if err != nil {
				return nil, err
			}
			out = append(out, viewEvidence(i, custody, n))
		}
		return items(out, err)
	})
	handle(r, "GET", "/api/v1/evidence/{id}", auth.CasesRead, "A piece of evidence with its custody; the reading is recorded", func(ctx context.Context, in *ByID) (*body[evidenceView], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		var out evidenceView
		err = h.Tx(ctx, func(tx *db.Tx) error {
			if _, err := s.seenEvidence(ctx, tx, in.ID); err != nil {
				return err
			}
			i, custody, err := s.Evidence.Read(ctx, tx, in.ID)
			out = viewEvidence(i, custody, n)
			return err
		})
		return answer(out, err)
	})
	handle(r, "GET", "/api/v1/evidence/{id}/file", auth.CasesRead, "The file of a piece of evidence (ZIP); the download is recorded", func(ctx context.Context, in *ByID) (*fileOut, error) {
		_, h := s.scope(ctx)
		i, err := s.seenEvidence(ctx, h, in.ID)
		if err != nil {
			return nil, err
		}
		c, err := s.seenCase(ctx, h, i.CaseID)
		if err != nil {
			return nil, err
		}
		_, file, err := s.Evidence.Download(ctx, h, in.ID)
		return &fileOut{"application/zip", fmt.Sprintf("attachment; filename=%q", "evidence-"+c.Label()+"-"+i.ID+".zip"), file}, err
	})
	handle(r, "POST", "/api/v1/evidence/{id}/verify", auth.CasesRead, "Compare both copies with what was taken, and check the file from its raw bytes to the signed checkpoint", func(ctx context.Context, in *ByID) (*body[evidenceView], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		if _, err := s.seenEvidence(ctx, h, in.ID); err != nil {
			return nil, err
		}
		i, custody, err := s.Evidence.Verify(ctx, h, in.ID)
		return answer(viewEvidence(i, custody, n), err)
	})
}
