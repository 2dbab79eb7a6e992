package api

import (
	"context"
	"errors"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
)

type classificationView struct {
	Version   int64          `json:"version" doc:"0 is the shipped default"`
	Hash      string         `json:"hash"`
	Effective string         `json:"effective"`
	Author    *PersonRef     `json:"author"`
	Note      string         `json:"note"`
	Body      string         `json:"body" doc:"YAML with CEL criteria"`
	Matrix    [3][3]int      `json:"matrix"`
	Bands     classify.Bands `json:"bands"`
	Types     []string       `json:"types"`
}

type mistake struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Detail string `json:"detail"`
}

type checked struct {
	OK       bool      `json:"ok"`
	Errors   []mistake `json:"errors"`
	Examples struct {
		Passed int      `json:"passed"`
		Failed []string `json:"failed"`
	} `json:"examples" doc:"The shipped worked examples, under this policy."`
}

func (s *Server) policy(r *Router) {
	handle(r, "GET", "/api/v1/policy", auth.PolicyRead, "The classification policy in effect", func(ctx context.Context, _ *none) (*body[classificationView], error) {
		_, h := s.scope(ctx)
		v, err := s.Policies.Version(ctx, h, s.Now())
		if err != nil {
			return nil, err
		}
		p, err := s.Policies.Active(ctx, h, s.Now())
		if err != nil {
			return nil, err
		}
		n, err := s.names(ctx, h)
		out := classificationView{Version: v.Version, Hash: v.Hash, Effective: shown(v.Effective), Author: n.pointer(v.Author), Note: v.Note, Body: v.Body, Bands: p.Bands, Types: p.Types()}
		for u := range 3 {
			for i := range 3 {
				out.Matrix[u][i] = p.Matrix.Priority(3-i, 3-u)
			}
		}
		return answer(out, err)
	})
	type draft struct {
		Body struct {
			Body string `json:"body" maxLength:"1000000"`
			Note string `json:"note,omitempty" maxLength:"1000"`
		}
	}
	handle(r, "POST", "/api/v1/policy/check", auth.PolicyRead, "Check a draft of the policy against the worked examples", func(_ context.Context, in *draft) (*body[checked], error) {
		return answer(check(in.Body.Body), nil)
	})
	handle(r, "POST", "/api/v1/policy", auth.PolicyAdmin, "Publish a new version of the policy", func(ctx context.Context, in *draft) (*body[classificationView], error) {
		_, h := s.scope(ctx)
		var v cases.PolicyVersion
		err := h.Tx(ctx, func(tx *db.Tx) (err error) {
			v, err = s.Policies.Publish(ctx, tx, in.Body.Body, in.Body.Note)
			return err
		})
		return answer(classificationView{Version: v.Version, Hash: v.Hash, Effective: shown(v.Effective), Body: v.Body, Note: v.Note, Types: []string{}}, err)
	})
}

func check(text string) checked {
	out := checked{Errors: []mistake{}}
	out.Examples.Failed = []string{}
	p, err := classify.Load([]byte(text))
	if err != nil {
		if all, ok := errors.AsType[classify.Errors](err); ok {
			for _, e := range all {
				out.Errors = append(out.Errors, mistake{e.Line, e.Column, e.Reason})
			}
		} else {
			out.Errors = append(out.Errors, mistake{Detail: err.Error()})
		}
		return out
	}
	out.OK = true
	for _, e := range classify.RunExamples(p) {
		if e.Pass() {
			out.Examples.Passed++
			continue
		}
		out.Examples.Failed = append(out.Examples.Failed, e.Example.Name)
	}
	return out
}
