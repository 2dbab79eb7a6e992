package api

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/record"
)

type recordItem struct {
	Seq       int64           `json:"seq"`
	At        string          `json:"at"`
	Actor     PersonRef       `json:"actor"`
	Kind      string          `json:"kind"`
	Subject   string          `json:"subject"`
	SubjectID string          `json:"subject_id"`
	Exercise  string          `json:"exercise"`
	Data      json.RawMessage `json:"data"`
}

type checkpointView struct {
	Size      int64  `json:"size"`
	At        string `json:"at"`
	Note      string `json:"note" doc:"Signed C2SP checkpoint. Keep it elsewhere: it proves later that nothing was cut off."`
	PublicKey string `json:"public_key"`
}

func (s *Server) record(r *Router) {
	type page struct {
		After int64  `query:"after" minimum:"0"`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
		Kind  string `query:"kind" maxLength:"100" doc:"Kinds that begin with this."`
		Order string `query:"order" enum:"newest,oldest" default:"oldest"`
	}
	handle(r, "GET", "/api/v1/record", auth.RecordRead, "The record: who decided and did what", func(ctx context.Context, in *page) (*body[list[recordItem]], error) {
		_, h := s.scope(ctx)
		f := record.Filter{KindPrefix: in.Kind, Limit: in.Limit, Newest: in.Order == "newest"}
		if f.Newest {
			f.Before = in.After
		} else {
			f.After = in.After
		}
		rows, err := record.List(ctx, h, f)
		if err != nil {
			return nil, err
		}
		n, err := s.names(ctx, h)
		out := list[recordItem]{Items: []recordItem{}}
		for _, x := range rows {
			out.Items = append(out.Items, recordItem{x.Seq, shown(x.At), n.ref(x.Actor), x.Kind, x.Subject, x.SubjectID, x.Exercise, x.Data})
		}
		if len(rows) == in.Limit {
			out.Next = strconv.FormatInt(rows[len(rows)-1].Seq, 10)
		}
		return answer(out, err)
	})
	handle(r, "GET", "/api/v1/record/checkpoint", auth.RecordRead, "The newest signed checkpoint", func(ctx context.Context, _ *none) (*body[checkpointView], error) {
		_, h := s.scope(ctx)
		size, at, signed, err := record.Latest(ctx, h)
		return answer(checkpointView{size, shown(at), signed, s.Keys.Public}, err)
	})
	type sizes struct {
		From int64 `query:"from" minimum:"1"`
		To   int64 `query:"to" minimum:"1"`
	}
	handle(r, "GET", "/api/v1/record/consistency", auth.RecordRead, "Proof that the record of so many entries is the beginning of that of more", func(ctx context.Context, in *sizes) (*body[record.Consistency], error) {
		_, h := s.scope(ctx)
		return answer(record.ProveConsistency(ctx, h, in.From, in.To))
	})
	type bySeq struct {
		Seq int64 `path:"seq" minimum:"1"`
	}
	handle(r, "GET", "/api/v1/record/{seq}/proof", auth.RecordRead, "Proof that an entry is in the record", func(ctx context.Context, in *bySeq) (*body[record.Proof], error) {
		_, h := s.scope(ctx)
		return answer(record.Prove(ctx, h, in.Seq))
	})
}
