package api

import (
	"context"
	"fmt"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/retention"
)

type holdReason struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

type segmentView struct {
	ID         string       `json:"id"`
	Class      string       `json:"class"`
	Rows       int64        `json:"rows"`
	Bytes      int64        `json:"bytes"`
	MinTime    string       `json:"min_time"`
	MaxTime    string       `json:"max_time"`
	Sealed     string       `json:"sealed"`
	Tier       string       `json:"tier" enum:"local,directory,s3"`
	State      string       `json:"state" enum:"ok,missing,damaged"`
	Detail     string       `json:"detail" doc:"What is wrong."`
	Filter     string       `json:"filter" enum:"ok,missing,damaged" doc:"A missing filter makes searches slower, not wrong."`
	Checked    string       `json:"checked" doc:"When it was last verified."`
	SHA256     string       `json:"sha256"`
	MerkleRoot string       `json:"merkle_root"`
	Holds      []holdReason `json:"holds"`
}

func (s *Server) viewSegment(g retention.SegmentView) segmentView {
	st := s.Segments.State(g.Segment)
	v := segmentView{ID: g.ID, Class: g.Class, Rows: g.Rows, Bytes: g.Bytes, MinTime: shownNanos(g.MinTime), MaxTime: shownNanos(g.MaxTime), Sealed: shown(g.SealedAt), Tier: "local", State: st.State, Detail: st.Detail,
		Filter: s.Segments.FilterState(g.Segment), Checked: shown(g.CheckedAt), SHA256: fmt.Sprintf("%x", g.SHA256), MerkleRoot: fmt.Sprintf("%x", g.MerkleRoot), Holds: []holdReason{}}
	if g.Tier != "" {
		v.Tier = g.Tier
	}
	for _, h := range g.Holds {
		v.Holds = append(v.Holds, holdReason{h.ID, h.Reason})
	}
	return v
}

// segmentOf finds a segment of the caller's, as it is now.
func (s *Server) segmentOf(ctx context.Context, id string) (retention.SegmentView, error) {
	_, h := s.scope(ctx)
	look, err := s.Retention.Look(ctx, h)
	for _, g := range look.Segments {
		if g.ID == id {
			return g, nil
		}
	}
	if err == nil {
		err = problem.New(problem.NotFound, "No such segment.")
	}
	return retention.SegmentView{}, err
}

func (s *Server) segments(r *Router) {
	type search struct {
		Class  string `query:"class" maxLength:"32"`
		Tier   string `query:"tier" enum:"local,directory,s3,"`
		Held   string `query:"held" enum:"true,false,"`
		State  string `query:"state" enum:"ok,missing,damaged,"`
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
		Cursor string `query:"cursor" maxLength:"400"`
	}
	handle(r, "GET", "/api/v1/segments", auth.RetentionRead, "Sealed segments of events, newest first", func(ctx context.Context, in *search) (*body[list[segmentView]], error) {
		_, h := s.scope(ctx)
		place, err := openCursor(in.Cursor, 2)
		if err != nil {
			return nil, err
		}
		look, err := s.Retention.Look(ctx, h)
		if err != nil {
			return nil, err
		}
		out := list[segmentView]{Items: []segmentView{}}
		for _, g := range look.Segments { // by their newest event, then as they came
			if in.Cursor != "" {
				if g.MaxTime > atoi(place[0]) || g.MaxTime == atoi(place[0]) && g.ID <= place[1] {
					continue
				}
			}
			v := s.viewSegment(g)
			if in.Class != "" && in.Class != v.Class || in.Tier != "" && in.Tier != v.Tier || in.State != "" && in.State != v.State || in.Held != "" && (in.Held == "true") != (len(v.Holds) > 0) {
				continue
			}
			if len(out.Items) == in.Limit {
				last := out.Items[in.Limit-1]
				out.Next = s.segmentCursor(look.Segments, last.ID)
				break
			}
			out.Items = append(out.Items, v)
		}
		return answer(out, nil)
	})
	type verified struct {
		Segment segmentView        `json:"segment"`
		Faults  []eventstore.Fault `json:"faults"`
	}
	handle(r, "POST", "/api/v1/segments/{id}/verify", auth.RetentionAdmin, "Read a segment whole and compare it with what was sealed", func(ctx context.Context, in *ByID) (*body[verified], error) {
		a, _ := s.scope(ctx)
		g, err := s.segmentOf(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		faults, err := s.Retention.Check(ctx, a.ID(), g.Segment)
		if err != nil {
			return nil, err
		}
		g, err = s.segmentOf(ctx, in.ID)
		return answer(verified{s.viewSegment(g), append([]eventstore.Fault{}, faults...)}, err)
	})
	handle(r, "POST", "/api/v1/segments/{id}/restore", auth.RetentionAdmin, "Bring a segment back from the tier", func(ctx context.Context, in *ByID) (*body[segmentView], error) {
		a, _ := s.scope(ctx)
		if _, err := s.segmentOf(ctx, in.ID); err != nil {
			return nil, err
		}
		if err := s.Retention.Restore(ctx, a.ID(), in.ID); err != nil {
			return nil, err
		}
		g, err := s.segmentOf(ctx, in.ID)
		return answer(s.viewSegment(g), err)
	})
	type page struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
		Cursor string `query:"cursor" maxLength:"64"`
	}
	handle(r, "GET", "/api/v1/tombstones", auth.RetentionRead, "What was dropped, newest first", func(ctx context.Context, in *page) (*body[list[tombstoneView]], error) {
		return answer(s.tombstones(ctx, in.Cursor, in.Limit))
	})
}

func (s *Server) segmentCursor(all []retention.SegmentView, id string) string {
	for _, g := range all {
		if g.ID == id {
			return cursor(fmt.Sprint(g.MaxTime), g.ID)
		}
	}
	return ""
}

type tombstoneView struct {
	ID         string `json:"id"`
	Segment    string `json:"segment"`
	Class      string `json:"class"`
	Rows       int64  `json:"rows"`
	Bytes      int64  `json:"bytes"`
	MinTime    string `json:"min_time"`
	MaxTime    string `json:"max_time"`
	SHA256     string `json:"sha256"`
	MerkleRoot string `json:"merkle_root"`
	Reason     string `json:"reason" enum:"age,size,space"`
	At         string `json:"at"`
	RecordSeq  int64  `json:"record_seq"`
	Signature  string `json:"signature" doc:"A signed note over all of this; the record's public key verifies it."`
}

func (s *Server) tombstones(ctx context.Context, before string, limit int) (list[tombstoneView], error) {
	_, h := s.scope(ctx)
	all, err := catalogue.Tombstones(ctx, h, before, limit)
	out := list[tombstoneView]{Items: []tombstoneView{}}
	for _, t := range all {
		out.Items = append(out.Items, tombstoneView{t.ID, t.Segment, t.Class, t.Rows, t.Bytes, shownNanos(t.MinTime), shownNanos(t.MaxTime), t.SHA256, t.MerkleRoot, t.Reason, shown(t.At), t.RecordSeq, t.Signature})
	}
	if len(all) == limit {
		out.Next = all[limit-1].ID
	}
	return out, err
}
