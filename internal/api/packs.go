package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/rulepack"
)

type packVersionView struct {
	rulepack.Manifest
	Actor     PersonRef `json:"actor"`
	Installed string    `json:"installed"`
	Active    bool      `json:"active"`
}

type packView struct {
	Name     string            `json:"name"`
	Title    string            `json:"title"`
	Active   string            `json:"active" doc:"The version in use; empty for none."`
	Previous string            `json:"previous" doc:"The version that a roll back puts in use."`
	Versions []packVersionView `json:"versions" doc:"Newest first."`
	Updated  string            `json:"updated"`
}

type packDetail struct {
	Pack    packView      `json:"pack"`
	History []historyView `json:"history"`
}

type changedPack struct {
	Pack    packView   `json:"pack"`
	Version string     `json:"version" doc:"The version that was installed."`
	Reload  reloadView `json:"reload"`
}

func (s *Server) packViews(ctx context.Context, q db.Querier, n names, only string) ([]packView, error) {
	packs, err := rulepack.Packs(ctx, q)
	if err != nil {
		return nil, err
	}
	versions, err := rulepack.Versions(ctx, q)
	var out []packView
	for _, p := range packs {
		if only != "" && p.Name != only {
			continue
		}
		v := packView{Name: p.Name, Active: p.Active, Previous: p.Previous, Versions: []packVersionView{}, Updated: shown(p.Updated)}
		for _, x := range versions {
			if x.Manifest.Name != p.Name {
				continue
			}
			v.Versions = append(v.Versions, packVersionView{x.Manifest, n.ref(x.Actor), shown(x.Installed), x.Manifest.Version == p.Active})
			if v.Title == "" || x.Manifest.Version == p.Active {
				v.Title = x.Manifest.Title
			}
		}
		out = append(out, v)
	}
	return out, err
}

func (s *Server) packViewOf(ctx context.Context, q db.Querier, n names, name string) (packView, error) {
	vs, err := s.packViews(ctx, q, n, name)
	if err == nil && len(vs) == 0 {
		err = problem.New(problem.NotFound, "No such rule pack.")
	}
	if err != nil {
		return packView{}, err
	}
	return vs[0], nil
}

// PackOptions say what the pack itself does not.
type PackOptions struct {
	Name     string `json:"name,omitempty" query:"name" maxLength:"63" doc:"Else what the pack's own pack.json says."`
	Version  string `json:"version,omitempty" query:"version" maxLength:"63" doc:"Else pack.json's, else the first 12 digits of its hash."`
	Author   string `json:"author,omitempty" query:"author" maxLength:"500"`
	License  string `json:"license,omitempty" query:"license" maxLength:"500"`
	Activate bool   `json:"activate,omitempty" query:"activate" doc:"Put it in use at once."`
}

func (s *Server) rulePacks(r *Router) {
	handle(r, "GET", "/api/v1/rule-packs", auth.AlertsRead, "Rule packs with their versions", func(ctx context.Context, _ *none) (*body[list[packView]], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		return items(s.packViews(ctx, h, n, ""))
	})
	handle(r, "GET", "/api/v1/rule-packs/{id}", auth.AlertsRead, "One rule pack, with its history", func(ctx context.Context, in *ByID) (*body[packDetail], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		p, err := s.packViewOf(ctx, h, n, in.ID)
		if err != nil {
			return nil, err
		}
		history, err := s.history(ctx, h, "rule_pack", in.ID, n)
		return answer(packDetail{p, history}, err)
	})
	type upload struct {
		PackOptions
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		RawBody        []byte `contentType:"application/zip"`
	}
	handleSized(r, "POST", "/api/v1/rule-packs", auth.DetectionWrite, "Install a version of a pack from a zip", rulepack.MaxArchive, func(ctx context.Context, in *upload) (*body[changedPack], error) {
		return s.install(ctx, in.IdempotencyKey, in.RawBody, in.PackOptions, "upload")
	})
	type fetch struct {
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           struct {
			PackOptions
			URL    string `json:"url" maxLength:"2000" doc:"https address of a zip on the public internet."`
			SHA256 string `json:"sha256,omitempty" maxLength:"64" doc:"What the file must have."`
		}
	}
	handle(r, "POST", "/api/v1/rule-packs/fetch", auth.DetectionWrite, "Install a version of a pack from an address", func(ctx context.Context, in *fetch) (*body[changedPack], error) {
		u, err := url.Parse(in.Body.URL)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			return nil, &problem.Error{Kind: problem.Invalid, Detail: "A pack is fetched from an https address without a name and password in it.", Fields: []problem.Field{{Name: "url", Detail: "https://…"}}}
		}
		data, err := s.Fetch(ctx, in.Body.URL, rulepack.MaxArchive)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		if want := in.Body.SHA256; want != "" && !strings.EqualFold(want, hex.EncodeToString(sum[:])) {
			return nil, problem.New(problem.Invalid, "The file has the SHA-256 %x, not the one that was given. Nothing was installed.", sum)
		}
		return s.install(ctx, in.IdempotencyKey, data, in.Body.PackOptions, u.Scheme+"://"+u.Host+u.Path)
	})
	s.packVerbs(r)
	s.packVersions(r)
}

// install writes a version's files, then makes its rows, then loads the rules
// if it is to be in use.
func (s *Server) install(ctx context.Context, key string, data []byte, o PackOptions, source string) (*body[changedPack], error) {
	a, h := s.scope(ctx)
	files, err := rulepack.ReadZip(data)
	if err != nil {
		return nil, err
	}
	n, err := s.names(ctx, h)
	if err != nil {
		return nil, err
	}
	m, err := s.Packs.Store(ctx, h, files, rulepack.Manifest{Name: o.Name, Version: o.Version, Author: o.Author, License: o.License, Source: source})
	if err != nil {
		return nil, err
	}
	out, err := once(ctx, s, key, []any{m.Hash, o}, func(tx *db.Tx) (changedPack, error) {
		v, err := s.Packs.Install(ctx, tx, m)
		if err != nil {
			return changedPack{}, err
		}
		if o.Activate {
			_, err = s.Packs.Activate(ctx, tx, m.Name, m.Version, "installed")
			if problem.Is(err, problem.Conflict) { // it is in use already
				err = nil
			}
			if err != nil {
				return changedPack{}, err
			}
		}
		p, err := s.packViewOf(ctx, tx, n, m.Name)
		return changedPack{Pack: p, Version: v.Manifest.Version}, err
	}, a, h)
	if err != nil {
		return nil, err
	}
	out.Body.Reload = s.reload()
	return out, nil
}

func (s *Server) packVerbs(r *Router) {
	change := func(ctx context.Context, name string, do func(*db.Tx) error) (*body[changedPack], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		var p packView
		err = h.Tx(ctx, func(tx *db.Tx) error {
			if err := do(tx); err != nil {
				return err
			}
			p, err = s.packViewOf(ctx, tx, n, name)
			return err
		})
		if err != nil {
			return nil, err
		}
		return answer(changedPack{Pack: p, Version: p.Active, Reload: s.reload()}, nil)
	}
	type activate struct {
		ByID
		Body struct {
			Version string `json:"version" maxLength:"63"`
			Reason  string `json:"reason" minLength:"3" maxLength:"1000"`
		}
	}
	handle(r, "POST", "/api/v1/rule-packs/{id}/activate", auth.DetectionWrite, "Put a version of a pack in use", func(ctx context.Context, in *activate) (*body[changedPack], error) {
		return change(ctx, in.ID, func(tx *db.Tx) error {
			_, err := s.Packs.Activate(ctx, tx, in.ID, in.Body.Version, in.Body.Reason)
			return err
		})
	})
	type reason struct {
		ByID
		withReason
	}
	handle(r, "POST", "/api/v1/rule-packs/{id}/rollback", auth.DetectionWrite, "Put the version in use that was before", func(ctx context.Context, in *reason) (*body[changedPack], error) {
		return change(ctx, in.ID, func(tx *db.Tx) error { _, err := s.Packs.Rollback(ctx, tx, in.ID, in.Body.Reason); return err })
	})
	handle(r, "POST", "/api/v1/rule-packs/{id}/deactivate", auth.DetectionWrite, "Take a pack out of use", func(ctx context.Context, in *reason) (*body[changedPack], error) {
		return change(ctx, in.ID, func(tx *db.Tx) error { _, err := s.Packs.Deactivate(ctx, tx, in.ID, in.Body.Reason); return err })
	})
}
