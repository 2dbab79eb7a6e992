package api

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// searchHelp is what helps while a query is written.
func (s *Server) searchHelp(r *Router) {
	type suggest struct {
		Span
		Pos int `query:"pos" minimum:"0" maximum:"8192" doc:"Byte of the query where the caret is."`
	}
	handle(r, "GET", "/api/v1/search/suggest", auth.EventsRead, "What can stand at a place of a query", func(ctx context.Context, in *suggest) (*body[list[query.Suggestion]], error) {
		a, _ := s.scope(ctx)
		ctx, cancel := context.WithTimeout(ctx, suggestTime)
		defer cancel()
		return items(query.Suggest(in.Q, in.Pos, &vocabulary{ctx, s, a.Tenant}), nil)
	})
	type check struct {
		Q string `query:"q" maxLength:"16384"`
	}
	type checked struct {
		OK        bool   `json:"ok"`
		Offset    int    `json:"offset" doc:"Byte of the query where it is wrong."`
		Length    int    `json:"length"`
		Message   string `json:"message"`
		Explained string `json:"explained" doc:"What the query finds, in words."`
		Pipes     bool   `json:"pipes"`
	}
	handle(r, "GET", "/api/v1/search/check", auth.EventsRead, "Whether a query is well formed, and what it finds", func(ctx context.Context, in *check) (*body[checked], error) {
		q, err := query.ParseQuery(in.Q, s.Now(), nil)
		if e, ok := errors.AsType[*query.SyntaxError](err); ok {
			return answer(checked{Offset: e.Offset, Length: e.Length, Message: e.Message}, nil)
		}
		if err != nil {
			return nil, err
		}
		return answer(checked{OK: true, Explained: query.Explain(q), Pipes: len(q.Pipes) > 0}, nil)
	})
}

// suggestTime bounds what suggestions may look up: later ones are of no use to
// somebody who types.
const suggestTime = 700 * time.Millisecond

// vocabulary knows the fields and values of the newest events.
type vocabulary struct {
	ctx    context.Context
	server *Server
	tenant tenant.ID
}

const vocabularySpan = 24 * time.Hour

// NativeFields implements query.Vocabulary by the newest rows.
func (v *vocabulary) NativeFields(prefix string) (out []string) {
	page, err := v.server.Events.Search(v.ctx, v.tenant, eventstore.Request{Limit: 200})
	if err != nil {
		return nil
	}
	for i := range page.Rows {
		var fields map[string]json.RawMessage
		if json.Unmarshal(page.Rows[i].Fields, &fields) != nil {
			continue
		}
		for name := range fields {
			if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out[:min(len(out), 30)]
}

// Values implements query.Vocabulary by the events of the last day.
func (v *vocabulary) Values(f query.Field, prefix string) (out []string) {
	name := f.Name
	if f.Kind == query.Native {
		name = "fields." + name
	}
	var x query.Expr = query.Term{Field: f, Test: query.Exists{}}
	if prefix != "" {
		x = query.Term{Field: f, Test: query.Like{Pattern: append(query.Glob(prefix), query.Many)}}
	}
	top, err := v.server.Events.TopValues(v.ctx, v.tenant, x, v.server.Now().Add(-vocabularySpan).UnixNano(), 0, name, 20)
	if err != nil {
		return nil
	}
	for _, t := range top.Values {
		out = append(out, t.Value)
	}
	return out
}
