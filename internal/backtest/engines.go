package backtest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/sigma"
)

const draftFile = "draft.yml"

// draft parses the rules of a draft and returns their ids.
func draft(text string) ([]string, error) {
	docs, errs := sigma.Parse(draftFile, []byte(text))
	if len(errs) > 0 {
		return nil, problem.New(problem.Invalid, "The draft has a mistake in line %d, column %d: %s.", errs[0].Line, errs[0].Column, errs[0].Reason)
	}
	var ids []string
	for _, d := range docs {
		if d.ID == "" {
			return nil, problem.New(problem.Invalid, "Each rule of a draft needs an id.")
		}
		ids = append(ids, d.ID)
	}
	if len(ids) == 0 {
		return nil, problem.New(problem.Invalid, "The draft holds no rule.")
	}
	return ids, nil
}

// pair is the engine that is tried, and the one that stands for what is in use.
type pair struct{ tried, inUse *detect.Engine }

// engines makes both. They share nothing with the running engine.
func (s *Service) engines(ctx context.Context, t tenant.ID, spec Spec) (pair, error) {
	o, err := s.Rules.InUse(ctx, t)
	if err != nil {
		return pair{}, err
	}
	o.Informational = true
	o.Log, o.Metrics, o.Windows, o.Only = slog.New(slog.DiscardHandler), nil, nil, nil
	setup := detect.Setup{}
	if o.Setup != nil {
		if setup, err = o.Setup(); err != nil {
			return pair{}, err
		}
	}
	tried, inUse := o, o
	before, after := setup, setup
	if spec.Kind == Pack {
		layer, err := s.Rules.Pack(ctx, t, spec.Pack, spec.Version)
		if err != nil {
			return pair{}, err
		}
		before.Packs, before.Own, after.Packs, after.Own = nil, nil, []detect.Layer{layer}, nil
		if active, err := s.Rules.Pack(ctx, t, spec.Pack, ""); err == nil {
			before.Packs = []detect.Layer{active}
		}
		tried.Starter, tried.Dir, inUse.Starter, inUse.Dir = nil, "", nil, ""
	} else {
		ids, err := draft(spec.RuleYAML)
		if err != nil {
			return pair{}, err
		}
		files := detect.Texts(map[string]string{draftFile: spec.RuleYAML})
		after.Own = append(slices.Clone(setup.Own), detect.Layer{Origin: detect.Own, Files: files})
		after.Off = without(setup.Off, ids)
		if spec.Kind == Rule {
			only := func(id string) bool { return slices.Contains(ids, id) }
			tried.Only, inUse.Only = only, only
		}
	}
	tried.Setup = func() (detect.Setup, error) { return after, nil }
	inUse.Setup = func() (detect.Setup, error) { return before, nil }
	p := pair{}
	if p.tried, err = detect.New(tried); err != nil {
		return p, fmt.Errorf("load the rules that are tried: %w", err)
	}
	for _, r := range p.tried.Report().Rejected {
		if r.File == draftFile {
			return p, problem.New(problem.Invalid, "The draft does not load: line %d, column %d: %s.", r.Line, r.Column, r.Reason)
		}
	}
	if p.inUse, err = detect.New(inUse); err != nil {
		return p, fmt.Errorf("load the rules in use: %w", err)
	}
	return p, nil
}

// without leaves rules out of those that are off: a draft is tried.
func without(off map[string]string, ids []string) map[string]string {
	out := map[string]string{}
	for id, reason := range off {
		if !slices.Contains(ids, id) {
			out[id] = reason
		}
	}
	return out
}
