package api

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/rulepack"
)

// changedRule answers a change of a rule.
type changedRule struct {
	ID     string     `json:"id"`
	Title  string     `json:"title"`
	Number int64      `json:"number" doc:"The text that is in use."`
	Row    int64      `json:"version" doc:"For If-Match."`
	Reload reloadView `json:"reload"`
}

func (c changedRule) etag() int64 { return c.Row }

func viewChanged(r rulepack.OwnRule) changedRule {
	return changedRule{ID: r.ID, Title: r.Title, Number: r.Active, Row: r.Version}
}

type reloaded struct {
	Reload reloadView `json:"reload"`
}

// reload loads the rules anew, after a change has committed. What fails is
// said; the rules before then stay in use.
func (s *Server) reload() reloadView {
	err := s.Detect.Reload()
	rep := s.Detect.Report()
	v := reloadView{OK: err == nil, Loaded: len(rep.Loaded), Rejected: len(rep.Rejected)}
	if err != nil {
		s.Log.Error("the rules could not be loaded again; those before stay in use", "error", err)
		v.Error = "The rules could not be loaded again, those before stay in use. The server's log has the details."
		if problem.KindOf(err) != problem.Internal {
			v.Error = problem.Detail(err)
		}
	}
	return v
}

type withReason struct {
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"1000"`
	}
}

type ruleText struct {
	Body struct {
		YAML string `json:"yaml" maxLength:"262144"`
		Note string `json:"note,omitempty" maxLength:"1000"`
	}
}

func (s *Server) ruleChanges(r *Router) {
	s.ruleChecks(r)
	s.ownRules(r)
	s.ruleSwitch(r, "disable", "Switch a rule off", s.Packs.Disable)
	s.ruleSwitch(r, "enable", "Switch a rule on again", s.Packs.Enable)
}

func (s *Server) ruleSwitch(r *Router, verb, summary string, do func(context.Context, *db.Tx, string, string) error) {
	type request struct {
		ByID
		withReason
	}
	handle(r, "POST", "/api/v1/rules/{id}/"+verb, auth.DetectionWrite, summary, func(ctx context.Context, in *request) (*body[reloaded], error) {
		_, h := s.scope(ctx)
		if err := s.ruleExists(ctx, h, in.ID); err != nil {
			return nil, err
		}
		err := h.Tx(ctx, func(tx *db.Tx) error { return do(ctx, tx, in.ID, in.Body.Reason) })
		if err != nil {
			return nil, err
		}
		return answer(reloaded{s.reload()}, nil)
	})
}

func (s *Server) ownRules(r *Router) {
	type create struct {
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		ruleText
	}
	handle(r, "POST", "/api/v1/rules", auth.DetectionWrite, "Make a rule of the organisation's own", func(ctx context.Context, in *create) (*body[changedRule], error) {
		a, h := s.scope(ctx)
		return s.afterwards(once(ctx, s, in.IdempotencyKey, in.Body, func(tx *db.Tx) (changedRule, error) {
			r, err := s.Packs.CreateRule(ctx, tx, in.Body.YAML, in.Body.Note)
			return viewChanged(r), err
		}, a, h))
	})
	type update struct {
		ByID
		IfMatchVersion
		ruleText
	}
	handle(r, "PUT", "/api/v1/rules/{id}", auth.DetectionWrite, "Make a new version of an own rule", func(ctx context.Context, in *update) (*body[changedRule], error) {
		return s.changeOwn(ctx, in.IfMatchVersion, func(tx *db.Tx, v int64) (rulepack.OwnRule, error) {
			return s.Packs.UpdateRule(ctx, tx, in.ID, v, in.Body.YAML, in.Body.Note)
		})
	})
	type rollback struct {
		ByID
		IfMatchVersion
		Body struct {
			Version int64  `json:"version" minimum:"1" doc:"Number of the text that shall be in use."`
			Reason  string `json:"reason" minLength:"3" maxLength:"1000"`
		}
	}
	handle(r, "POST", "/api/v1/rules/{id}/rollback", auth.DetectionWrite, "Put an earlier version of an own rule in use", func(ctx context.Context, in *rollback) (*body[changedRule], error) {
		return s.changeOwn(ctx, in.IfMatchVersion, func(tx *db.Tx, v int64) (rulepack.OwnRule, error) {
			return s.Packs.RollbackRule(ctx, tx, in.ID, v, in.Body.Version, in.Body.Reason)
		})
	})
	type remove struct {
		ByID
		IfMatchVersion
	}
	handle(r, "DELETE", "/api/v1/rules/{id}", auth.DetectionWrite, "Delete an own rule; its versions stay, and roll back brings it back", func(ctx context.Context, in *remove) (*none, error) {
		_, err := s.changeOwn(ctx, in.IfMatchVersion, func(tx *db.Tx, v int64) (rulepack.OwnRule, error) {
			return rulepack.OwnRule{}, s.Packs.DeleteRule(ctx, tx, in.ID, v)
		})
		return nil, err
	})
}

func (s *Server) changeOwn(ctx context.Context, m IfMatchVersion, do func(*db.Tx, int64) (rulepack.OwnRule, error)) (*body[changedRule], error) {
	_, h := s.scope(ctx)
	v, err := m.version()
	if err != nil {
		return nil, err
	}
	var r rulepack.OwnRule
	err = h.Tx(ctx, func(tx *db.Tx) (err error) { r, err = do(tx, v); return err })
	return s.afterwards(answer(viewChanged(r), err))
}

// afterwards loads the rules once the change has committed.
func (s *Server) afterwards(out *body[changedRule], err error) (*body[changedRule], error) {
	if err == nil {
		out.Body.Reload = s.reload()
	}
	return out, err
}

func (s *Server) ruleChecks(r *Router) {
	type draft struct {
		Body struct {
			YAML string `json:"yaml" maxLength:"262144"`
			Kind string `json:"kind,omitempty" enum:"rule,filter" default:"rule"`
		}
	}
	handle(r, "POST", "/api/v1/rules/check", auth.AlertsRead, "Check a draft of a rule or filter", func(ctx context.Context, in *draft) (*body[checkView], error) {
		_, h := s.scope(ctx)
		return answer(s.checkDraft(h, in.Body.YAML, in.Body.Kind == "filter"), nil)
	})
	handle(r, "POST", "/api/v1/rules/reload", auth.DetectionWrite, "Read the rules again, the directory's too", func(ctx context.Context, _ *none) (*body[reloaded], error) {
		_, h := s.scope(ctx)
		v := s.reload()
		err := h.Tx(ctx, func(tx *db.Tx) error {
			_, err := s.Record.Append(ctx, tx, record.Entry{Kind: "rules.reloaded", Subject: "rules", Data: v})
			return err
		})
		return answer(reloaded{v}, err)
	})
}

func (s *Server) checkDraft(h *db.Handle, text string, filter bool) checkView {
	var d detect.Draft
	if filter {
		d = detect.CheckFilter(text)
	} else {
		d = detect.CheckRule(text, nil)
	}
	v := checkView{OK: len(d.Errors) == 0, Kind: d.Kind, ID: d.ID, Title: d.Title, Level: string(d.Level), Logsource: viewLogsource(d.Logsource), Needs: listOf(d.Needs), Errors: []mistake{}, Warnings: []mistake{}, Applies: []ruleRef{}}
	for _, e := range d.Errors {
		v.Errors = append(v.Errors, mistake{e.Line, e.Column, e.Reason})
	}
	for _, w := range d.Warnings {
		v.Warnings = append(v.Warnings, mistake{Line: w.Line, Detail: w.Detail})
	}
	for _, tag := range d.Tags {
		if t, known := s.Attack.Resolve(tag); !known {
			v.Warnings = append(v.Warnings, mistake{Line: 1, Detail: "the tag " + tag + " names nothing in ATT&CK"})
		} else if t.Was != "" {
			v.Warnings = append(v.Warnings, mistake{Line: 1, Detail: "the tag " + tag + " is of a retired technique; it is " + t.Technique + " now"})
		}
	}
	if l, ok := s.loaded(h, d.ID); ok && !filter {
		v.Replaces = &ruleRef{l.ID, l.Title, string(l.Origin)}
	}
	if filter && v.OK {
		for _, id := range s.Detect.FilterRules(text) {
			if l, ok := s.loaded(h, id); ok && len(v.Applies) < 500 {
				v.Applies = append(v.Applies, ruleRef{l.ID, l.Title, string(l.Origin)})
			}
		}
	}
	return v
}
