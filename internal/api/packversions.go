package api

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/rulepack"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/sigma"
)

type packRule struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Level  string `json:"level"`
	File   string `json:"file"`
	Author string `json:"author"`
	Change string `json:"change" enum:"same,new,changed,gone" doc:"Against the version in use."`
	hash   string
}

type packVersionDetail struct {
	Version  packVersionView `json:"version"`
	Against  string          `json:"against" doc:"The version in use; empty for none."`
	Rules    []packRule      `json:"rules"`
	Counts   map[string]int  `json:"counts"`
	Rejected []rejectedView  `json:"rejected"`
}

type packVersionPath struct {
	ByID
	Version string `path:"version" maxLength:"63"`
}

func (s *Server) packVersions(r *Router) {
	handle(r, "GET", "/api/v1/rule-packs/{id}/versions/{version}", auth.AlertsRead, "The rules of a version, and the difference to the one in use", func(ctx context.Context, in *packVersionPath) (*body[packVersionDetail], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		p, err := rulepack.GetPack(ctx, h, in.ID)
		if err != nil {
			return nil, err
		}
		v, err := rulepack.GetVersion(ctx, h, in.ID, in.Version)
		if err != nil {
			return nil, err
		}
		out := packVersionDetail{Version: packVersionView{v.Manifest, n.ref(v.Actor), shown(v.Installed), in.Version == p.Active}, Against: p.Active, Counts: map[string]int{}, Rejected: []rejectedView{}}
		before := map[string]packRule{}
		if p.Active != "" && p.Active != in.Version {
			if before, _, err = s.packRules(h.Scope().Tenant, in.ID, p.Active); err != nil {
				return nil, err
			}
		}
		now, rejected, err := s.packRules(h.Scope().Tenant, in.ID, in.Version)
		if err != nil {
			return nil, err
		}
		out.Rules, out.Rejected = differences(before, now, p.Active != "" && p.Active != in.Version), append(out.Rejected, rejected...)
		for _, r := range out.Rules {
			out.Counts[r.Change]++
		}
		return answer(out, nil)
	})
	handle(r, "DELETE", "/api/v1/rule-packs/{id}/versions/{version}", auth.DetectionWrite, "Remove a version that is not in use", func(ctx context.Context, in *packVersionPath) (*none, error) {
		_, h := s.scope(ctx)
		if err := h.Tx(ctx, func(tx *db.Tx) error { return s.Packs.Remove(ctx, tx, in.ID, in.Version) }); err != nil {
			return nil, err
		}
		if err := s.Packs.Library.Remove(h.Scope().Tenant, in.ID, in.Version); err != nil {
			s.Log.Warn("files of a removed pack version stay behind", "pack", in.ID, "version", in.Version, "error", err)
		}
		return nil, nil
	})
}

func (s *Server) packRules(t tenant.ID, name, version string) (map[string]packRule, []rejectedView, error) {
	files, err := s.Packs.Library.Open(t, name, version)
	if err != nil {
		return nil, nil, problem.Wrap(problem.Gone, err, "The files of version %s are not there any more. Install it again.", version)
	}
	rules, rejected := map[string]packRule{}, []rejectedView{}
	err = fs.WalkDir(files, ".", func(file string, d fs.DirEntry, err error) error {
		if ext := strings.ToLower(path.Ext(file)); err != nil || d.IsDir() || ext != ".yml" && ext != ".yaml" {
			return err
		}
		data, err := fs.ReadFile(files, file)
		if err != nil {
			return err
		}
		docs, errs := sigma.Parse(file, data)
		for _, d := range docs {
			rules[d.Ref()] = packRule{ID: d.ID, Title: d.Title, Level: string(d.Level), File: file, Author: d.Author, hash: d.Hash}
		}
		for _, e := range errs {
			rejected = append(rejected, rejectedView{e.File, e.Line, e.Column, e.Rule, e.Reason})
		}
		return nil
	})
	return rules, rejected, err
}

func differences(before, now map[string]packRule, compared bool) []packRule {
	out := []packRule{}
	for id, r := range now {
		had, ok := before[id]
		switch {
		case !compared || ok && had.hash == r.hash:
			r.Change = "same"
		case ok:
			r.Change = "changed"
		default:
			r.Change = "new"
		}
		out = append(out, r)
	}
	for id, r := range before {
		if _, ok := now[id]; !ok {
			r.Change = "gone"
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b packRule) int { return strings.Compare(a.Title+a.ID, b.Title+b.ID) })
	return out
}
