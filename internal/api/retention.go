package api

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/retention"
)

type classView struct {
	Name      string `json:"name"`
	Days      int64  `json:"days" doc:"0: for ever"`
	MaxBytes  int64  `json:"max_bytes" doc:"0: no limit"`
	FloorDays int64  `json:"floor_days" doc:"How old events must be for the disk-full plan to drop them early; 0: it never does."`
	Bytes     int64  `json:"bytes"`
	Events    int64  `json:"events"`
	Segments  int    `json:"segments"`
	Held      int    `json:"held_segments"`
	Oldest    string `json:"oldest"`
	Newest    string `json:"newest"`
	Removed   bool   `json:"removed" doc:"No longer a class: its segments are kept as the default class says."`
}

type changeView struct {
	ID         string          `json:"id"`
	Kind       string          `json:"kind" enum:"class,class_removal,assignment,assignment_removal,source_removal,hold_release"`
	Detail     string          `json:"detail"`
	Before     json.RawMessage `json:"before"`
	After      json.RawMessage `json:"after"`
	Shortens   bool            `json:"shortens" doc:"Events may go sooner: a second person and a delay are needed."`
	By         string          `json:"by"`
	ByName     string          `json:"by_name"`
	At         string          `json:"at"`
	Reason     string          `json:"reason"`
	State      string          `json:"state" enum:"pending,waiting,applied,rejected,cancelled"`
	ApprovedBy *PersonRef      `json:"approved_by"`
	ApprovedAt string          `json:"approved_at"`
	Effective  string          `json:"effective"`
	EndedBy    *PersonRef      `json:"ended_by" doc:"Who rejected or cancelled."`
	EndedAt    string          `json:"ended_at"`
	EndReason  string          `json:"ended_reason"`
}

func rawJSON(text string) json.RawMessage {
	if text == "" {
		return json.RawMessage("null")
	}
	return json.RawMessage(text)
}

func viewChange(c retention.Change, n names) changeView {
	words := map[string]string{retention.ChangeClass: "Class %s", retention.ChangeClassRemoval: "Remove the class %s", retention.ChangeAssignment: "Assign a class to %s", retention.ChangeAssignmentRemoval: "Remove the assignment %s",
		retention.ChangeSourceRemoval: "Remove the source %s", retention.ChangeHoldRelease: "Release the hold %s"}
	return changeView{ID: c.ID, Kind: c.Kind, Detail: fmt.Sprintf(words[c.Kind], c.Subject), Before: rawJSON(c.Before), After: rawJSON(c.After), Shortens: c.Shortens, By: c.By, ByName: n.ref(c.By).Name, At: shown(c.At), Reason: c.Reason, State: c.State,
		ApprovedBy: n.pointer(c.ApprovedBy), ApprovedAt: shown(c.ApprovedAt), Effective: shown(c.Effective), EndedBy: n.pointer(c.EndedBy), EndedAt: shown(c.EndedAt), EndReason: c.EndedReason}
}

type retentionView struct {
	Classes     []classView            `json:"classes"`
	Assignments []retention.Assignment `json:"assignments"`
	Changes     []changeView           `json:"changes" doc:"The newest 100."`
	DelayHours  float64                `json:"delay_hours" doc:"Between the approval of a change and its effect."`
	Tier        struct {
		Kind      string `json:"kind" enum:"none,directory,s3"`
		AfterDays int64  `json:"after_days"`
		Target    string `json:"target"`
		Segments  int    `json:"segments"`
		Bytes     int64  `json:"bytes"`
	} `json:"tier"`
	Disk struct {
		Free           uint64 `json:"free"`
		Total          uint64 `json:"total"`
		UsedBySegments int64  `json:"used_by_segments"`
		State          string `json:"state" enum:"ok,low,full"`
		Plan           string `json:"plan"`
	} `json:"disk"`
}

func (s *Server) retention(r *Router) {
	handle(r, "GET", "/api/v1/retention", auth.RetentionRead, "How long events are kept, and what is about to change", func(ctx context.Context, _ *none) (*body[retentionView], error) {
		return answer(s.viewRetention(ctx))
	})
	type request struct {
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           struct {
			Kind       string `json:"kind" enum:"class,class_removal,assignment,assignment_removal,source_removal"`
			Name       string `json:"name,omitempty" maxLength:"32" doc:"Of the class."`
			Days       int64  `json:"days,omitempty" minimum:"0" maximum:"36500"`
			MaxBytes   int64  `json:"max_bytes,omitempty" minimum:"0"`
			FloorDays  int64  `json:"floor_days,omitempty" minimum:"0" maximum:"36500"`
			ID         string `json:"id,omitempty" maxLength:"64" doc:"Of the assignment to remove."`
			Source     string `json:"source,omitempty" maxLength:"200" doc:"Empty: any."`
			SourceType string `json:"source_type,omitempty" maxLength:"200" doc:"Empty: any."`
			Class      string `json:"class,omitempty" maxLength:"32" doc:"That events of the source and type go to."`
			Reason     string `json:"reason" minLength:"3" maxLength:"1000"`
		}
	}
	handle(r, "POST", "/api/v1/retention/changes", auth.RetentionAdmin, "Change how long events are kept; what shortens waits for a second person", func(ctx context.Context, in *request) (*body[changeView], error) {
		a, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		b := in.Body
		return once(ctx, s, in.IdempotencyKey, b, func(tx *db.Tx) (changeView, error) {
			c, err := s.Retention.Request(ctx, tx, retention.Request{Kind: b.Kind, Class: retention.Class{Name: b.Name, Days: b.Days, MaxBytes: b.MaxBytes, FloorDays: b.FloorDays},
				Assignment: retention.Assignment{ID: b.ID, Source: b.Source, SourceType: b.SourceType, Class: b.Class}, Source: b.Source, Reason: b.Reason})
			return viewChange(c, n), err
		}, a, h)
	})
	handle(r, "POST", "/api/v1/retention/changes/{id}/approve", auth.RetentionAdmin, "Approve a change that another person asked for", func(ctx context.Context, in *ByID) (*body[changeView], error) {
		return s.changeRetention(ctx, func(tx *db.Tx) (retention.Change, error) { return s.Retention.Approve(ctx, tx, in.ID) })
	})
	type withID struct {
		ByID
		withReason
	}
	handle(r, "POST", "/api/v1/retention/changes/{id}/reject", auth.RetentionAdmin, "Reject a change that waits for approval", func(ctx context.Context, in *withID) (*body[changeView], error) {
		return s.changeRetention(ctx, func(tx *db.Tx) (retention.Change, error) { return s.Retention.Reject(ctx, tx, in.ID, in.Body.Reason) })
	})
	handle(r, "POST", "/api/v1/retention/changes/{id}/cancel", auth.RetentionAdmin, "Cancel a change that has not taken effect", func(ctx context.Context, in *withID) (*body[changeView], error) {
		return s.changeRetention(ctx, func(tx *db.Tx) (retention.Change, error) { return s.Retention.Cancel(ctx, tx, in.ID, in.Body.Reason) })
	})
	s.holds(r)
	s.segments(r)
}

func (s *Server) changeRetention(ctx context.Context, do func(*db.Tx) (retention.Change, error)) (*body[changeView], error) {
	_, h := s.scope(ctx)
	n, err := s.names(ctx, h)
	if err != nil {
		return nil, err
	}
	var c retention.Change
	err = h.Tx(ctx, func(tx *db.Tx) (err error) { c, err = do(tx); return err })
	return answer(viewChange(c, n), err)
}

func (s *Server) viewRetention(ctx context.Context) (v retentionView, err error) {
	_, h := s.scope(ctx)
	n, err := s.names(ctx, h)
	if err != nil {
		return v, err
	}
	look, err := s.Retention.Look(ctx, h)
	if err != nil {
		return v, err
	}
	changes, err := retention.Changes(ctx, h, 100)
	if err != nil {
		return v, err
	}
	v = retentionView{Classes: []classView{}, Assignments: append([]retention.Assignment{}, look.Policy.Assignments...), Changes: []changeView{}, DelayHours: s.Retention.Delay.Hours()}
	for _, c := range look.Classes {
		v.Classes = append(v.Classes, classView{c.Name, c.Days, c.MaxBytes, c.FloorDays, c.Bytes, c.Events, c.Segments, c.Held, shown(c.Oldest), shown(c.Newest), c.Removed})
	}
	for _, c := range changes {
		v.Changes = append(v.Changes, viewChange(c, n))
	}
	v.Tier.Kind, v.Tier.AfterDays, v.Tier.Target = "none", s.Retention.Tier.AfterDays, s.Retention.Tier.Target
	if s.Retention.Tiered() {
		v.Tier.Kind = s.Retention.Tier.Kind
	}
	for _, g := range look.Segments {
		if g.Tier == "" {
			v.Disk.UsedBySegments += g.Bytes
			continue
		}
		v.Tier.Segments++
		v.Tier.Bytes += g.Bytes
	}
	d := s.Retention.DiskStatus()
	v.Disk.Free, v.Disk.Total, v.Disk.State, v.Disk.Plan = d.Free, d.Total, d.State, d.Plan
	return v, nil
}
