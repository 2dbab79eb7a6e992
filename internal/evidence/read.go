package evidence

import (
	"context"
	"fmt"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/evidence/bundle"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
)

// Read returns a piece of evidence and its custody, this reading included.
func (s *Service) Read(ctx context.Context, tx *db.Tx, id string) (Item, []Custody, error) {
	i, err := Get(ctx, tx, id)
	if err != nil {
		return i, nil, err
	}
	if err := s.custody(ctx, tx, id, "read", "", s.entry("evidence.read", i, nil)); err != nil {
		return i, nil, err
	}
	all, err := CustodyOf(ctx, tx, id)
	return i, all, err
}

func (s *Service) entry(kind string, i Item, more map[string]any) record.Entry {
	data := map[string]any{"case": i.CaseID, "sha256": i.SHA256}
	for k, v := range more {
		data[k] = v
	}
	return record.Entry{Kind: kind, Subject: "evidence", SubjectID: i.ID, Data: data}
}

// Download returns the file, from whichever copy is whole. It is recorded before
// the file is handed out.
func (s *Service) Download(ctx context.Context, h *db.Handle, id string) (Item, []byte, error) {
	i, err := Get(ctx, h, id)
	if err != nil {
		return i, nil, err
	}
	if i.Pending { // what can be complete is given complete
		if err := s.complete(ctx, s.DB.For(h.Scope().Tenant, "system"), id); err != nil {
			s.Log.Warn("evidence is given out before it could be completed", "evidence", id, "error", err)
		}
		if i, err = Get(ctx, h, id); err != nil {
			return i, nil, err
		}
	}
	file, copies := s.Blobs.Check(h.Scope().Tenant, i.SHA256, s.Now())
	if file == nil {
		return i, nil, problem.New(problem.Unavailable, "Neither copy of this evidence is whole: the %s: %s; the %s: %s. Put a whole file back from a backup, then verify it.",
			copies[0].Where, copies[0].Detail, copies[1].Where, copies[1].Detail)
	}
	return i, file, h.Tx(ctx, func(tx *db.Tx) error {
		return s.custody(ctx, tx, id, "downloaded", fmt.Sprintf("%d bytes, SHA-256 %s", len(file), i.SHA256), s.entry("evidence.downloaded", i, nil))
	})
}

// Verify compares both copies with what was taken and checks the file from the
// raw bytes to the checkpoint. What is wrong is no error: the item says it.
func (s *Service) Verify(ctx context.Context, h *db.Handle, id string) (Item, []Custody, error) {
	i, err := Get(ctx, h, id)
	if err != nil {
		return i, nil, err
	}
	var file []byte
	file, i.Copies = s.Blobs.Check(h.Scope().Tenant, i.SHA256, s.Now())
	i.Verified = s.Now()
	i.VerifiedOK, i.VerifiedDetail = s.judge(i, file)
	var all []Custody
	err = h.Tx(ctx, func(tx *db.Tx) error {
		if err := saveCheck(ctx, tx, i); err != nil {
			return err
		}
		detail := i.VerifiedDetail
		if i.VerifiedOK {
			detail = "nothing was altered; " + detail
		}
		if err := s.custody(ctx, tx, id, "verified", detail, s.entry("evidence.verified", i, map[string]any{"ok": i.VerifiedOK, "detail": i.VerifiedDetail})); err != nil {
			return err
		}
		all, err = CustodyOf(ctx, tx, id)
		return err
	})
	return i, all, err
}

// judge says in one line what is wrong, or what was checked.
func (s *Service) judge(i Item, file []byte) (ok bool, detail string) {
	for _, c := range i.Copies {
		if !c.OK {
			detail += "the " + c.Where + ": " + c.Detail + "; "
		}
	}
	if file == nil {
		return false, detail + "so nothing is left to check"
	}
	r := bundle.Verify(file, bundle.Trust{Key: s.Key.Public})
	switch {
	case len(r.Findings) > 0:
		return false, detail + fmt.Sprintf("%d findings, the first: %s", len(r.Findings), r.Findings[0])
	case r.Manifest.ID != i.ID || r.Events != i.Detail.Events:
		return false, detail + "the file is that of another piece of evidence"
	}
	detail += fmt.Sprintf("%d events in %d segments checked from their raw bytes to the signed checkpoint", r.Events, r.Segments)
	if r.Pending > 0 {
		detail += fmt.Sprintf(", but for %d segments that are not yet under one", r.Pending)
	}
	return i.Copies[0].OK && i.Copies[1].OK, detail
}
