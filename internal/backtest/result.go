package backtest

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/event"
)

// Result is what a back-test found.
type Result struct {
	Rules    []RuleResult `json:"rules"`
	Loaded   int          `json:"loaded"`
	Left     int          `json:"left"` // rules that hit and are not named, for room
	Days     float64      `json:"days"`
	Hits     int64        `json:"hits"`
	Active   int64        `json:"hits_active"`
	Alerts   int64        `json:"alerts"`
	Nanos    float64      `json:"nanos_per_event"`
	Rejected []string     `json:"rejected"`
	Cut      bool         `json:"cut"` // a bound was reached: the rest of the range was not read
}

// RuleResult is what one rule found.
type RuleResult struct {
	ID           string   `json:"id"`
	Title        string   `json:"title"`
	Level        string   `json:"level"`
	Correlation  bool     `json:"correlation"`
	InUse        bool     `json:"in_use"` // a rule of this id is in use
	Hits         int64    `json:"hits"`
	Active       int64    `json:"hits_active"`
	New          int64    `json:"new"`
	Gone         int64    `json:"gone"`
	Alerts       int64    `json:"alerts"`
	AlertsADay   float64  `json:"alerts_per_day"`
	AlertsActive int64    `json:"alerts_active"`
	OverTime     []Bucket `json:"over_time"`
	Samples      []Sample `json:"samples"`
	Evaluations  uint64   `json:"evaluations"`
	Nanos        float64  `json:"nanos_per_event"` // of an event that it was matched against
}

// Bucket is a stretch of time; empty ones are left out.
type Bucket struct {
	Start  time.Time `json:"start"`
	Hits   int64     `json:"hits"`
	Active int64     `json:"hits_active"`
}

// Sample is an event that made a rule hit.
type Sample struct {
	Event   string    `json:"event"`
	Time    time.Time `json:"time"`
	Summary string    `json:"summary"`
	Change  string    `json:"change"` // new, gone, same
}

// tally gathers a result.
type tally struct {
	spec    Spec
	width   time.Duration
	rules   map[string]*ruleTally
	samples int
	// open alerts by fingerprint: time of the last event, of both sides.
	tried, inUse map[string]int64
	full         bool
}

type ruleTally struct {
	RuleResult
	over [2][]int64
}

func newTally(spec Spec) *tally {
	return &tally{spec: spec, width: max(spec.To.Sub(spec.From)/buckets, time.Minute), rules: map[string]*ruleTally{}, tried: map[string]int64{}, inUse: map[string]int64{}}
}

func (t *tally) rule(id string) *ruleTally {
	r := t.rules[id]
	if r == nil {
		r = &ruleTally{RuleResult: RuleResult{ID: id}}
		t.rules[id] = r
	}
	return r
}

// event takes what both engines found in one event.
func (t *tally) event(ev *event.Event, tried, inUse []detect.Hit) {
	for i := range tried {
		h := &tried[i]
		r := t.rule(h.RuleID)
		r.Alerts += t.alert(t.tried, h)
		if h.Ongoing {
			continue
		}
		change := "new"
		if has(inUse, h.RuleID) {
			change = "same"
		} else {
			r.New++
		}
		r.Hits++
		t.bucket(r, 0, h.Last)
		t.sample(r, ev, h, change)
	}
	for i := range inUse {
		h := &inUse[i]
		r := t.rule(h.RuleID)
		r.AlertsActive += t.alert(t.inUse, h)
		if h.Ongoing {
			continue
		}
		r.Active++
		t.bucket(r, 1, h.Last)
		if !has(tried, h.RuleID) {
			r.Gone++
			t.sample(r, ev, h, "gone")
		}
	}
}

func has(hits []detect.Hit, rule string) bool {
	return slices.ContainsFunc(hits, func(h detect.Hit) bool { return h.RuleID == rule && !h.Ongoing })
}

// openFor is how long after its last event an alert takes repeats, as alerts do.
const openFor = int64(24 * time.Hour)

// alert returns 1 when the hit would make an alert, 0 when it would fold into one.
func (t *tally) alert(open map[string]int64, h *detect.Hit) int64 {
	if h.Clears != "" {
		delete(open, h.Clears)
		return 0
	}
	if h.Severity <= event.Informational {
		return 0
	}
	last, ok := open[h.Fingerprint]
	if ok && h.Last-last < openFor {
		open[h.Fingerprint] = max(last, h.Last)
		return 0
	}
	if h.Ongoing {
		return 0
	}
	if len(open) >= maxOpen {
		t.full = true
		clear(open)
	}
	open[h.Fingerprint] = h.Last
	return 1
}

func (t *tally) bucket(r *ruleTally, side int, at int64) {
	i := int(time.Unix(0, at).Sub(t.spec.From) / t.width)
	if i < 0 || i > buckets {
		return
	}
	if r.over[side] == nil {
		r.over[side] = make([]int64, buckets+1)
	}
	r.over[side][i]++
}

func (t *tally) sample(r *ruleTally, ev *event.Event, h *detect.Hit, change string) {
	if len(r.Samples) >= maxSamples || t.samples >= maxInAll {
		return
	}
	t.samples++
	r.Samples = append(r.Samples, Sample{Event: ev.ID.String(), Time: time.Unix(0, ev.Time).UTC(), Summary: h.Summary, Change: change})
}

// result closes the tally. read is how many events were.
func (t *tally) result(p pair, read int64, until time.Time) *Result {
	out := &Result{Rules: []RuleResult{}, Rejected: []string{}, Cut: t.full, Days: until.Sub(t.spec.From).Hours() / 24}
	report := p.tried.Report()
	out.Loaded = len(report.Loaded)
	for _, e := range report.Rejected[:min(len(report.Rejected), 100)] {
		out.Rejected = append(out.Rejected, e.Error())
	}
	costs := p.tried.Costs()
	var drafted []string // named even without a hit
	if t.spec.Kind != Pack {
		drafted, _ = draft(t.spec.RuleYAML) // it was read before
	}
	var nanos float64
	for _, l := range report.Loaded {
		c := costs[l.ID]
		nanos += float64(c.Nanos)
		if t.rules[l.ID] == nil && !slices.Contains(drafted, l.ID) {
			continue
		}
		r := t.rule(l.ID)
		r.Title, r.Level, r.Correlation, r.Evaluations = l.Title, string(l.Level), l.Correlation, c.Evaluations
		if c.Evaluations > 0 {
			r.Nanos = float64(c.Nanos) / float64(c.Evaluations)
		}
	}
	if read > 0 {
		out.Nanos = nanos / float64(read)
	}
	for _, l := range p.inUse.Report().Loaded {
		if r := t.rules[l.ID]; r != nil {
			r.InUse = true
			if r.Title == "" {
				r.Title, r.Level, r.Correlation = l.Title, string(l.Level), l.Correlation
			}
		}
	}
	for _, r := range t.rules {
		out.Hits += r.Hits
		out.Active += r.Active
		out.Alerts += r.Alerts
		if out.Days > 0 {
			r.AlertsADay = float64(r.Alerts) / max(out.Days, 1)
		}
		out.Rules = append(out.Rules, r.close(t))
	}
	slices.SortFunc(out.Rules, func(a, b RuleResult) int {
		if d := (b.New + b.Gone) - (a.New + a.Gone); d != 0 {
			return sign(d)
		}
		if d := b.Hits - a.Hits; d != 0 {
			return sign(d)
		}
		return strings.Compare(a.ID, b.ID)
	})
	if len(out.Rules) > maxRules {
		out.Left = len(out.Rules) - maxRules
		out.Rules = out.Rules[:maxRules]
	}
	return out
}

func (r *ruleTally) close(t *tally) RuleResult {
	v := r.RuleResult
	v.OverTime = []Bucket{}
	if v.Samples == nil {
		v.Samples = []Sample{}
	}
	at := func(side, i int) int64 {
		if r.over[side] == nil {
			return 0
		}
		return r.over[side][i]
	}
	for i := range buckets + 1 {
		if a, b := at(0, i), at(1, i); a+b > 0 {
			v.OverTime = append(v.OverTime, Bucket{t.spec.From.Add(time.Duration(i) * t.width).UTC(), a, b})
		}
	}
	return v
}

func sign(n int64) int {
	if n < 0 {
		return -1
	}
	return 1
}
