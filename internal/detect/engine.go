package detect

import (
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/sigma"
)

// Options configure an Engine.
type Options struct {
	Starter      fs.FS  // rules that come with the product; nil for none
	Dir          string // the organisation's own rules; "" for none
	Placeholders map[string][]string
	Limits       sigma.Limits
	Setup        func() (Setup, error)           // asked at each load; nil for none
	Only         func(id string) bool            // keep these rules and what is below them; nil for all
	Now          func() time.Time                // nil: time.Now
	Windows      func(*sigma.Correlator) Windows // who keeps their state; nil: the correlator itself
	// Informational emits hits of rules of that level too, which raise nothing.
	Informational bool
	Log           *slog.Logger
	Metrics       prometheus.Registerer // nil for none
}

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// Engine matches events against the rules in use.
type Engine struct {
	options Options
	latest  atomic.Pointer[generation] // what Reload put in place
	metrics *metrics

	reload   sync.Mutex // held by Reload, so that the last one called wins
	mu       sync.Mutex // guards disabled
	disabled []Disabled

	// Owned by Process.
	current *generation
	view    view
	key     []byte
	scope   scope
	seen    *seen
	// What the counters have been told of evictions.
	evictedGroups, evictedEntries uint64
}

// New loads the rules. Rules at fault do not make it fail: see Report.
func New(o Options) (*Engine, error) {
	m, err := newMetrics(o.Metrics)
	if err != nil {
		return nil, fmt.Errorf("detection metrics: %w", err)
	}
	e := &Engine{options: o, metrics: m, seen: newSeen(o.now)}
	return e, e.Reload()
}

// Reload reads the rules again and puts them in use from the next Process on.
// Correlations that are unchanged keep their windows. On an error the rules
// before stay in use.
func (e *Engine) Reload() error {
	e.reload.Lock()
	defer e.reload.Unlock()
	g, err := load(e.options)
	if err != nil {
		return err
	}
	if before := e.latest.Load(); before != nil {
		g.matcher.Prepare(before.matcher) // or the next events would wait for it
	}
	e.mu.Lock()
	e.disabled = nil
	e.mu.Unlock()
	e.latest.Store(g)
	e.metrics.loaded.Set(float64(len(g.report.Loaded)))
	e.metrics.rejected.Set(float64(len(g.report.Rejected)))
	for _, w := range g.report.Warnings {
		e.options.Log.Warn("rules", "warning", w)
	}
	for _, r := range g.report.Rejected {
		e.options.Log.Warn("rule rejected", "file", r.File, "line", r.Line, "rule", r.Rule, "reason", r.Reason)
	}
	e.options.Log.Info("rules loaded", "loaded", len(g.report.Loaded), "rejected", len(g.report.Rejected))
	return nil
}

// Report says what is loaded, rejected and disabled.
func (e *Engine) Report() Report {
	r := e.latest.Load().report
	e.mu.Lock()
	defer e.mu.Unlock()
	r.Disabled = append([]Disabled(nil), e.disabled...)
	return r
}

// LongestWindow is how much event time must be replayed after a restart so
// that every correlation is in the state that it was in.
func (e *Engine) LongestWindow() time.Duration {
	return e.latest.Load().correlator.Horizon()
}

// Memory is how much event time before a range must be fed so that windows are
// whole and habits are learnt.
func (e *Engine) Memory() time.Duration {
	return e.latest.Load().correlator.Memory()
}

// disable takes a rule that panicked out of use until the next Reload.
func (e *Engine) disable(r *rule, cause any) {
	r.disabled = true
	reason := fmt.Sprintf("panicked while matching: %v", cause)
	e.mu.Lock()
	e.disabled = append(e.disabled, Disabled{r.doc.ID, reason})
	e.mu.Unlock()
	e.options.Log.Error("rule disabled", "rule", r.doc.ID, "title", r.doc.Title, "reason", reason)
}
