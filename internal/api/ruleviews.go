package api

import (
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/rulestats"
	"github.com/tocsin-project/tocsin/sigma"
)

type logsourceView struct {
	Category string `json:"category"`
	Product  string `json:"product"`
	Service  string `json:"service"`
}

// verdictsView is how cases of a rule's alerts were judged.
type verdictsView struct {
	Verdicts int      `json:"verdicts" doc:"Cases with a disposition that a person gave or confirmed."`
	False    int      `json:"false"`
	Harmless int      `json:"harmless" doc:"Benign or authorised."`
	Rate     *float64 `json:"rate" doc:"False among verdicts, 0 to 1; null while there are fewer than 5 verdicts."`
	Enough   bool     `json:"enough"`
}

// enoughVerdicts is how many cases a rate needs to mean something.
const enoughVerdicts = 5

func viewVerdicts(v cases.Verdict) verdictsView {
	out := verdictsView{Verdicts: v.Total, False: v.False, Harmless: v.Harmless, Enough: v.Total >= enoughVerdicts}
	if out.Enough {
		rate := float64(v.False) / float64(v.Total)
		out.Rate = &rate
	}
	return out
}

type costView struct {
	Evaluations   uint64  `json:"evaluations" doc:"Events in which it was evaluated since the rules were loaded; those that it plainly cannot match are passed over."`
	Matches       uint64  `json:"matches"`
	Nanos         uint64  `json:"nanos" doc:"CPU time in all, extrapolated from samples."`
	NanosPerEvent float64 `json:"nanos_per_event"`
}

func viewCost(c detect.Cost) costView {
	v := costView{Evaluations: c.Evaluations, Matches: c.Matches, Nanos: c.Nanos}
	if c.Evaluations > 0 {
		v.NanosPerEvent = float64(c.Nanos) / float64(c.Evaluations)
	}
	return v
}

// ruleView is a rule in a listing.
type ruleView struct {
	ID             string        `json:"id"`
	Title          string        `json:"title"`
	Level          string        `json:"level"`
	Status         string        `json:"status" doc:"Of its author: stable, test, experimental …"`
	Tags           []string      `json:"tags"`
	Logsource      logsourceView `json:"logsource"`
	Version        string        `json:"version" doc:"SHA-256 of what applies: document, filters, pipelines. Alerts carry it."`
	File           string        `json:"file"`
	Origin         string        `json:"origin" enum:"starter,pack,directory,own"`
	Pack           string        `json:"pack"`
	PackVersion    string        `json:"pack_version"`
	Author         string        `json:"author"`
	License        string        `json:"license"`
	Correlation    bool          `json:"correlation"`
	Overrides      bool          `json:"overrides" doc:"Takes the place of a rule of the same id from an earlier layer."`
	Replaces       string        `json:"replaces" doc:"The origin of the rule whose place it takes."`
	Filters        int           `json:"filters"`
	State          string        `json:"state" enum:"live,waiting,blind,disabled"`
	StateReason    string        `json:"state_reason"`
	Disabled       string        `json:"disabled" doc:"Why it is switched off; empty while it is on."`
	Hits           int64         `json:"hits" doc:"In the last seven days."`
	LastHit        string        `json:"last_hit"`
	Alerts         int64         `json:"alerts" doc:"Raised in the last thirty days."`
	FalsePositives verdictsView  `json:"false_positives"`
	Cost           costView      `json:"cost"`
}

type rejectedView struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Rule   string `json:"rule" doc:"Its id or title, when it was reached."`
	Reason string `json:"reason"`
}

type rulesView struct {
	Items    []ruleView     `json:"items"`
	Next     string         `json:"next" doc:"Cursor of the next page; empty on the last."`
	Total    int            `json:"total" doc:"Rules that fit the search."`
	States   map[string]int `json:"states" doc:"How many of all rules are in each state."`
	Rejected []rejectedView `json:"rejected"`
	Warnings []string       `json:"warnings"`
	Loaded   string         `json:"loaded" doc:"When the rules were loaded."`
}

type ownVersionView struct {
	Number int64     `json:"number"`
	Body   string    `json:"body"`
	Hash   string    `json:"hash"`
	Note   string    `json:"note"`
	Actor  PersonRef `json:"actor"`
	At     string    `json:"at"`
	Active bool      `json:"active"`
}

type historyView struct {
	At    string    `json:"at"`
	Actor PersonRef `json:"actor"`
	Kind  string    `json:"kind"`
	Data  any       `json:"data"`
}

type ruleTestView struct {
	Name string `json:"name"`
	Hits string `json:"hits"`
}

type ruleDetail struct {
	Rule        ruleView        `json:"rule"`
	Loaded      bool            `json:"loaded" doc:"False for an own rule that did not load, or was deleted."`
	YAML        string          `json:"yaml"`
	YAMLProblem string          `json:"yaml_problem" doc:"Why the text cannot be shown."`
	Description string          `json:"description"`
	References  []string        `json:"references"`
	Falses      []string        `json:"known_false_positives"`
	Date        string          `json:"date"`
	Modified    string          `json:"modified"`
	Fields      []string        `json:"fields" doc:"Fields that it reads."`
	Needs       [][]string      `json:"needs" doc:"Of each list an event must have one field, else it cannot match."`
	Correlates  []string        `json:"correlates" doc:"Rules that a correlation is over."`
	Techniques  []string        `json:"techniques" doc:"ATT&CK techniques, retired ones resolved."`
	Tests       []ruleTestView  `json:"tests"`
	Filters     []filterView    `json:"filters"`
	HitsByDay   []hitBucket     `json:"hits_by_day"`
	HitsTotal   int64           `json:"hits_total"`
	DisabledBy  *PersonRef      `json:"disabled_by"`
	DisabledAt  string          `json:"disabled_at"`
	Own         *ownRuleView    `json:"own" doc:"Set for a rule that was made here."`
	History     []historyView   `json:"history" doc:"What people did about it, newest first."`
	Proposal    detect.Proposal `json:"proposal" doc:"What it proposes to the classification policy."`
}

func (d ruleDetail) etag() int64 {
	if d.Own == nil {
		return 0
	}
	return d.Own.Version
}

type ownRuleView struct {
	Version  int64            `json:"version" doc:"For If-Match."`
	Active   int64            `json:"active"`
	Deleted  string           `json:"deleted"`
	Versions []ownVersionView `json:"versions"`
}

type hitBucket struct {
	Start string `json:"start"`
	Hits  int64  `json:"hits"`
}

// byDay adds hours up; days without a hit are left out.
func byDay(hours []rulestats.Hour, day bool) []hitBucket {
	out := []hitBucket{}
	for _, h := range hours {
		start := h.Start
		if day {
			start = start.Truncate(days(1))
		}
		if n := len(out); n > 0 && out[n-1].Start == shown(start) {
			out[n-1].Hits += h.Hits
		} else {
			out = append(out, hitBucket{shown(start), h.Hits})
		}
	}
	return out
}

type reloadView struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error" doc:"Why the rules before stay in use."`
	Loaded   int    `json:"loaded"`
	Rejected int    `json:"rejected"`
}

type checkView struct {
	OK        bool          `json:"ok"`
	Kind      string        `json:"kind" enum:"rule,correlation,filter,"`
	ID        string        `json:"id"`
	Title     string        `json:"title"`
	Level     string        `json:"level"`
	Logsource logsourceView `json:"logsource"`
	Needs     [][]string    `json:"needs"`
	Errors    []mistake     `json:"errors"`
	Warnings  []mistake     `json:"warnings"`
	Replaces  *ruleRef      `json:"replaces" doc:"The rule of the same id that is in use."`
	Applies   []ruleRef     `json:"applies" doc:"For a filter: rules in use that it applies to."`
}

type ruleRef struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Origin string `json:"origin"`
}

type explainItem struct {
	Field   string `json:"field" doc:"Empty for keywords."`
	Test    string `json:"test"`
	Line    int    `json:"line"`
	Held    bool   `json:"held"`
	Negated bool   `json:"negated" doc:"The rule wants it not to hold."`
	Present bool   `json:"present"`
	Value   string `json:"value"`
}

type explainSelection struct {
	Name    string        `json:"name"`
	Negated bool          `json:"negated"`
	Items   []explainItem `json:"items"`
}

type explainView struct {
	Rule       string             `json:"rule"`
	Event      string             `json:"event"`
	Matched    bool               `json:"matched" doc:"Routed, matched by the rule and let through by its filters."`
	Routed     bool               `json:"routed" doc:"The event is of the log source that the rule is about."`
	Condition  bool               `json:"condition" doc:"The rule's condition holds."`
	Stopped    []string           `json:"stopped_by" doc:"Filters that hold it back."`
	Selections []explainSelection `json:"selections"`
}

func viewExplain(id, event string, r detect.Reason) explainView {
	v := explainView{Rule: id, Event: event, Routed: r.Routed, Condition: r.Matched, Stopped: r.Stopped, Selections: []explainSelection{}}
	if v.Stopped == nil {
		v.Stopped = []string{}
	}
	v.Matched = r.Routed && r.Matched && len(r.Stopped) == 0
	for _, p := range r.Predicates {
		n := len(v.Selections)
		if n == 0 || v.Selections[n-1].Name != p.Selection || v.Selections[n-1].Negated != p.Negated {
			v.Selections = append(v.Selections, explainSelection{Name: p.Selection, Negated: p.Negated, Items: []explainItem{}})
			n++
		}
		s := &v.Selections[n-1]
		s.Items = append(s.Items, explainItem{p.Field, p.Test, p.Line, p.Held, p.Negated, p.Present, short(p.Value.Text())})
	}
	return v
}

// short bounds a value that is shown.
func short(s string) string {
	if r := []rune(s); len(r) > 500 {
		return string(r[:500]) + "…"
	}
	return s
}

func viewLogsource(l sigma.Logsource) logsourceView {
	return logsourceView{l.Category, l.Product, l.Service}
}

func listOf[T any](v []T) []T {
	if v == nil {
		return []T{}
	}
	return v
}
