package evidence

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/evidence/bundle"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// maxBytes bounds the events of one snapshot in memory.
const maxBytes = 128 << 20

// Take makes a snapshot and puts it on the case, in the name of h's actor. It
// seals events that are in memory, and waits a moment for the record to sign
// that; what is not signed by then is completed later (Run).
func (s *Service) Take(ctx context.Context, h *db.Handle, r Request) (Item, error) {
	scope := h.Scope()
	label, err := s.Cases.Label(ctx, h, r.CaseID)
	if err != nil {
		return Item{}, err
	}
	if n, err := countOf(ctx, h, r.CaseID); err != nil {
		return Item{}, err
	} else if n >= maxItems {
		return Item{}, problem.New(problem.TooLarge, "A case holds at most %d pieces of evidence. Take fewer, larger snapshots.", maxItems)
	}
	name, err := s.Cases.Name(ctx, h, scope.Actor)
	if err != nil {
		return Item{}, err
	}
	rows, incomplete, err := s.gather(ctx, scope.Tenant, r)
	if err != nil {
		return Item{}, err
	}
	i := Item{ID: db.NewID(s.Now()), CaseID: r.CaseID, Kind: KindSnapshot, Title: r.Title, Note: r.Note, By: scope.Actor, At: s.Now().UTC().Truncate(time.Microsecond),
		Detail: Detail{Query: r.Query, From: r.From, To: r.To, Events: len(rows), Incomplete: incomplete}}
	c := bundle.Contents{Manifest: bundle.Manifest{ID: i.ID, CaseID: i.CaseID, Case: label, Title: i.Title, Note: i.Note, Query: r.Query, From: shown(r.From), To: shown(r.To),
		TakenBy: bundle.Person{ID: scope.Actor, Name: name}, TakenAt: i.At.Format(time.RFC3339Nano), Events: len(rows), Incomplete: incomplete}}
	if c.Lines, c.Proofs, err = s.prove(ctx, scope.Tenant, rows); err != nil {
		return Item{}, err
	}
	if i.Pending, err = s.recorded(ctx, h, &c.Proofs, s.Wait); err != nil {
		return Item{}, err
	}
	for _, g := range c.Proofs.Segments {
		i.Detail.Segments = append(i.Detail.Segments, g.ID)
	}
	if err := s.pack(&i, c, scope.Tenant); err != nil {
		return Item{}, err
	}
	return i, h.Tx(ctx, func(tx *db.Tx) (err error) { return s.keep(ctx, tx, &i, r) })
}

func shown(ns int64) string {
	if ns == 0 {
		return ""
	}
	return time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
}

// pack makes the file and writes its copies.
func (s *Service) pack(i *Item, c bundle.Contents, t tenant.ID) error {
	file, err := bundle.Pack(c, t, s.Key)
	if err != nil {
		return err
	}
	if i.SHA256, err = s.Blobs.Put(t, file); err != nil {
		return err
	}
	i.Bytes, i.Copies = int64(len(file)), nil
	for _, name := range copyNames {
		i.Copies = append(i.Copies, Copy{Where: name, OK: true, Checked: s.Now()})
	}
	return nil
}

func (s *Service) keep(ctx context.Context, tx *db.Tx, i *Item, r Request) (err error) {
	if i.Hold, err = s.Holds.PlaceEvidence(ctx, tx, i.ID, i.Detail.Segments, "Evidence was taken."); err != nil {
		return err
	}
	if err := insert(ctx, tx, *i); err != nil {
		return err
	}
	e := record.Entry{Kind: "case.evidence_taken", Subject: "case", SubjectID: i.CaseID,
		Data:     map[string]any{"evidence": i.ID, "kind": i.Kind, "events": i.Detail.Events, "sha256": i.SHA256, "bytes": i.Bytes, "segments": len(i.Detail.Segments), "hold": i.Hold},
		Personal: map[string]string{"title": i.Title, "note": i.Note, "query": i.Detail.Query}}
	detail := fmt.Sprintf("%d events, SHA-256 %s", i.Detail.Events, i.SHA256)
	if err := s.custody(ctx, tx, i.ID, "taken", detail, e); err != nil {
		return err
	}
	if r.With != nil {
		return r.With(ctx, tx, *i)
	}
	return nil
}

// custody notes that somebody has evidence in hand, in the record and beside it.
func (s *Service) custody(ctx context.Context, tx *db.Tx, id, act, detail string, e record.Entry) error {
	seq, err := s.Record.Append(ctx, tx, e)
	if err != nil {
		return err
	}
	return insertCustody(ctx, tx, id, Custody{RecordSeq: seq, At: s.Now(), Actor: tx.Scope().Actor, Act: act, Detail: detail})
}

// gather reads the events, oldest first by (time, place in the journal).
func (s *Service) gather(ctx context.Context, t tenant.ID, r Request) (rows []eventstore.Row, incomplete string, err error) {
	if len(r.IDs) > 0 {
		rows, err = s.chosen(ctx, t, r.IDs)
	} else {
		rows, incomplete, err = s.matching(ctx, t, r)
	}
	if err == nil && len(rows) == 0 {
		err = problem.New(problem.Invalid, "No event matches, so there is nothing to keep. Look at the query and the time range.")
	}
	slices.Reverse(rows)
	return rows, incomplete, err
}

func tooMany() error {
	return problem.New(problem.TooLarge, "A snapshot holds at most %d events and %d MiB. Narrow the time range or the query, or take several snapshots.", bundle.MaxEvents, maxBytes>>20)
}

// size is about what a row takes in a snapshot.
func size(r *eventstore.Row) int { return 2*len(r.Raw) + len(r.Fields) + len(r.Message) + 1000 }

func (s *Service) matching(ctx context.Context, t tenant.ID, r Request) (rows []eventstore.Row, incomplete string, err error) {
	bytes := 0
	q := eventstore.Request{Query: r.Where, From: r.From, To: r.To, Limit: eventstore.MaxLimit}
	for {
		page, err := s.Events.Search(ctx, t, q)
		if err != nil {
			return nil, "", err
		}
		if page.ScannedTo != 0 { // time ran out
			return nil, "", problem.New(problem.TooLarge, "The search takes too long for a snapshot, which must be complete. Narrow the time range or the query, or choose the events.")
		}
		for i := range page.Rows {
			bytes += size(&page.Rows[i])
		}
		rows = append(rows, page.Rows...)
		if page.Incomplete {
			incomplete = page.Reason
		}
		switch {
		case len(rows) > bundle.MaxEvents || bytes > maxBytes:
			return nil, "", tooMany()
		case page.Next == "":
			return rows, incomplete, nil
		}
		q.After = page.Next
	}
}

func (s *Service) chosen(ctx context.Context, t tenant.ID, ids []event.ID) (rows []eventstore.Row, err error) {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b event.ID) int { return strings.Compare(string(a[:]), string(b[:])) })
	ids = slices.Compact(ids)
	if len(ids) > bundle.MaxEvents {
		return nil, tooMany()
	}
	bytes, found := 0, map[event.ID]bool{}
	for part := range slices.Chunk(ids, eventstore.MaxLimit) {
		more, err := s.Events.Get(ctx, t, part)
		if err != nil {
			return nil, err
		}
		for i := range more {
			found[more[i].ID] = true
			if bytes += size(&more[i]); bytes > maxBytes {
				return nil, tooMany()
			}
		}
		rows = append(rows, more...)
	}
	if missing := len(ids) - len(found); missing > 0 {
		return nil, problem.New(problem.NotFound, "%d of the %d events are not there, or not any more. Load them again and choose anew.", missing, len(ids))
	}
	slices.SortFunc(rows, func(a, b eventstore.Row) int { return compare(&b, &a) })
	return rows, nil
}

// prove encodes rows, oldest first, with the proof of each and the segments
// that they are in.
func (s *Service) prove(ctx context.Context, t tenant.ID, rows []eventstore.Row) (lines []byte, out bundle.Proofs, err error) {
	ids := make([]event.ID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	proofs, err := s.Events.Prove(ctx, t, ids)
	if err != nil {
		return nil, out, err
	}
	at := map[event.Position]*eventstore.EventProof{}
	for i := range proofs {
		at[proofs[i].Position] = &proofs[i]
	}
	events := make([]bundle.Event, len(rows))
	known := map[string]bool{}
	for i := range rows {
		p := at[rows[i].Position()]
		if p == nil || p.ID != rows[i].ID || hex.EncodeToString(p.RawSHA256[:]) != rows[i].RawSHA256 {
			return nil, out, problem.New(problem.Unavailable, "The event %s is not what was sealed. Verify the segments, then take the snapshot again.", rows[i].ID)
		}
		events[i] = bundle.FromRow(&rows[i])
		out.Events = append(out.Events, bundle.FromEvent(p))
		if !known[p.Segment] {
			known[p.Segment] = true
			out.Segments = append(out.Segments, bundle.Segment{ID: p.Segment, MerkleRoot: hex.EncodeToString(p.Root[:]), Rows: p.Rows})
		}
	}
	slices.SortFunc(out.Segments, func(a, b bundle.Segment) int { return strings.Compare(a.ID, b.ID) })
	lines, err = bundle.Lines(events)
	return lines, out, err
}
