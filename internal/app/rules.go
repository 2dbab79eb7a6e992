package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/internal/notify/egress"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/rulepack"
	"github.com/tocsin-project/tocsin/internal/rulestats"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/internal/timer"
)

// ruleSetup turns what people chose about rules into what the engine loads. The
// rules of an installation are those that its first organisation set up.
type ruleSetup struct {
	store   *db.DB
	library rulepack.Library
	packs   *rulepack.Service
	log     *slog.Logger
	// started: from then on a pack whose files are gone makes a load fail, and
	// the rules before stay in use; a start goes on without it.
	started atomic.Bool
}

// load is asked at each load of the rules.
func (r *ruleSetup) load() (detect.Setup, error) {
	return r.of(context.Background(), tenant.Default)
}

func (r *ruleSetup) of(ctx context.Context, t tenant.ID) (s detect.Setup, err error) {
	h := r.store.For(t, "system")
	packs, err := rulepack.Packs(ctx, h)
	if err != nil {
		return s, err
	}
	for _, p := range packs {
		if p.Active == "" {
			continue
		}
		l, err := r.layer(t, p.Name, p.Active)
		if err != nil && !r.started.Load() {
			r.log.Error("a rule pack is left out", "pack", p.Name, "version", p.Active, "error", err)
			continue
		}
		if err != nil {
			return s, problem.Wrap(problem.Gone, err, "The files of the pack %s %s are not there any more. Install that version again.", p.Name, p.Active)
		}
		s.Packs = append(s.Packs, l)
	}
	own, err := rulepack.OwnRules(ctx, h)
	if err != nil {
		return s, err
	}
	texts := map[string]string{}
	for i, o := range own {
		texts[fmt.Sprintf("own-%05d.yml", i)] = o.Body
	}
	s.Own = []detect.Layer{{Origin: detect.Own, Files: detect.Texts(texts)}}
	off, err := rulepack.Disabled(ctx, h)
	if err != nil {
		return s, err
	}
	s.Off = map[string]string{}
	for _, o := range off {
		s.Off[o.Rule] = o.Reason
	}
	filters, err := rulepack.ActiveFilters(ctx, h, r.packs.Now())
	for _, f := range filters {
		s.Filters = append(s.Filters, detect.Filter{ID: f.ID, Body: f.Body})
	}
	return s, err
}

func (r *ruleSetup) layer(t tenant.ID, name, version string) (detect.Layer, error) {
	l := detect.Layer{Origin: detect.FromPack, Pack: name, PackVersion: version}
	var err error
	if l.Files, err = r.library.Open(t, name, version); err != nil {
		return l, err
	}
	pipelines, err := r.library.Pipelines(t, name, version)
	for _, n := range pipelines.Names() {
		l.Pipelines = append(l.Pipelines, detect.Pipeline{Name: n, Body: pipelines[n]})
	}
	return l, err
}

// trial gives back-tests what is in use, and versions of packs.
type trial struct {
	setup  *ruleSetup
	engine detect.Options
}

func (t trial) InUse(ctx context.Context, id tenant.ID) (detect.Options, error) {
	o := t.engine
	o.Setup = func() (detect.Setup, error) { return t.setup.of(ctx, id) }
	return o, nil
}

func (t trial) Pack(ctx context.Context, id tenant.ID, name, version string) (detect.Layer, error) {
	h := t.setup.store.For(id, "system")
	if version == "" {
		p, err := rulepack.GetPack(ctx, h, name)
		if err == nil && p.Active == "" {
			err = problem.New(problem.NotFound, "No version of the pack is in use.")
		}
		if err != nil {
			return detect.Layer{}, err
		}
		version = p.Active
	}
	if _, err := rulepack.GetVersion(ctx, h, name, version); err != nil {
		return detect.Layer{}, err
	}
	return t.setup.layer(id, name, version)
}

// checkedRule and checkedFilter say where a draft is wrong.
func checkedRule(text string) (rulepack.Checked, error) {
	return checked(detect.CheckRule(text, nil), "rule")
}

func checkedFilter(text string) (rulepack.Checked, error) {
	return checked(detect.CheckFilter(text), "filter")
}

func checked(d detect.Draft, what string) (rulepack.Checked, error) {
	if len(d.Errors) == 0 {
		return rulepack.Checked{ID: d.ID, Title: d.Title, Hash: d.Hash}, nil
	}
	e := d.Errors[0]
	p := problem.New(problem.Invalid, "The %s has a mistake in line %d, column %d: %s.", what, e.Line, e.Column, e.Reason)
	for _, e := range d.Errors {
		p.Fields = append(p.Fields, problem.Field{Name: "yaml", Detail: fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Reason)})
	}
	return rulepack.Checked{}, p
}

// supplies tells detection what the mappings in use can give.
func supplies(n *normalize.Normalizer) func() []detect.Supply {
	return func() []detect.Supply {
		var out []detect.Supply
		for _, m := range n.Mappings().Mappings() {
			s := m.Supplies()
			out = append(out, detect.Supply{Mapping: m.Type, Logsources: s.Logsources, AnyService: s.AnyService, Fields: detect.SupplyFields(s.Fields), AnyField: s.AnyField})
		}
		return out
	}
}

// seenSources keeps what detection has seen across a restart.
func seenSources(e *detect.Engine) func() []rulestats.Seen {
	return func() []rulestats.Seen {
		var out []rulestats.Seen
		for _, s := range e.Seen() {
			out = append(out, rulestats.Seen(s))
		}
		return out
	}
}

func recallSources(ctx context.Context, store *db.DB, e *detect.Engine) error {
	all, err := rulestats.LoadSeen(ctx, store)
	var seen []detect.Seen
	for _, s := range all {
		seen = append(seen, detect.Seen(s))
	}
	e.Recall(seen)
	return err
}

// filterEnds loads the rules again when a filter has ended by itself.
func filterEnds(packs *rulepack.Service, e *detect.Engine, log *slog.Logger) timer.Handler {
	return func(ctx context.Context, tx *db.Tx, t timer.Timer) error {
		tx.OnCommit(func() {
			go func() { // loading takes longer than a hook may
				if err := e.Reload(); err != nil {
					log.Error("a filter has ended and the rules could not be loaded again; it still applies", "filter", t.Key, "error", err)
				}
			}()
		})
		return packs.FilterDue(ctx, tx, t.Key)
	}
}

// fetcher reads a file from an address that somebody typed in.
func fetcher(o egress.Options) func(context.Context, string, int64) ([]byte, error) {
	o.Timeout = time.Minute // an archive is larger than a message
	client := egress.Client(o)
	return func(ctx context.Context, url string, limit int64) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, problem.Wrap(problem.Invalid, err, "The address cannot be read.")
		}
		res, err := client.Do(req)
		if errors.Is(err, egress.ErrRefused) {
			return nil, problem.Wrap(problem.Invalid, err, "The address is not on the public internet. Download the file and upload it.")
		}
		if err != nil {
			return nil, problem.Wrap(problem.Unavailable, egress.WithoutURL(err), "The address does not answer. Try again, or download the file and upload it.")
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return nil, problem.New(problem.Invalid, "The address answers %s. Redirects are not followed: give the file's own address.", res.Status)
		}
		b, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
		if err != nil {
			return nil, problem.Wrap(problem.Unavailable, egress.WithoutURL(err), "The file could not be read to its end. Try again.")
		}
		if int64(len(b)) > limit {
			return nil, problem.New(problem.TooLarge, "The file is over %d MiB.", limit>>20)
		}
		return b, nil
	}
}

func packsDir(data string) string { return filepath.Join(data, "packs") }
