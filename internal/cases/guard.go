package cases

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// Verb is something that can be done to a case.
type Verb struct {
	Name  string
	Label string
	From  []State
	// Needs says what is still missing before the verb can be done at all; what
	// its form asks for is checked when it is done.
	Needs func(*Case, Around) []string
}

// Around is what guards look at besides the case itself.
type Around struct {
	Actions []Action
	Reports []Report
	Manager bool   // the actor may decide as manager
	Actor   string // who asks
}

var open = []State{Reported, Assessing, Classified, Handling, Resolved}

// Verbs is the table of transitions and acts (states and guards of a case).
var Verbs = []Verb{
	{Name: "acknowledge", Label: "Take this case", From: []State{Reported, Assessing, Classified, Handling, Resolved}},
	{Name: "assign", Label: "Assign", From: open},
	{Name: "assess", Label: "Add an assessment", From: open},
	{Name: "confirm", Label: "Confirm the decision", From: []State{Reported, Assessing}, Needs: func(c *Case, _ Around) []string {
		return missing(!c.Provisional || c.Decision == "", "a provisional decision of the policy")
	}},
	{Name: "classify", Label: "Classify", From: []State{Reported, Assessing, Classified, Handling}},
	{Name: "dismiss", Label: "Close as event only", From: []State{Reported, Assessing, Classified}},
	{Name: "duplicate", Label: "Mark as duplicate", From: []State{Reported, Assessing, Classified}},
	{Name: "snooze", Label: "Snooze", From: []State{Reported, Assessing}},
	{Name: "handle", Label: "Start handling", From: []State{Classified}, Needs: func(c *Case, _ Around) []string {
		return append(missing(c.Decision == classify.EventOnly, "a decision for incident or weakness"), missing(c.Owner == "", "an owner: take the case or assign it")...)
	}},
	{Name: "resolve", Label: "Resolve", From: []State{Handling}, Needs: func(c *Case, a Around) []string {
		done := slices.ContainsFunc(a.Actions, func(x Action) bool { return x.State == "done" && x.Result != "" })
		return missing(c.Track == classify.Formal && !done, "at least one action with its result")
	}},
	{Name: "close", Label: "Close formally", From: []State{Resolved}, Needs: func(c *Case, a Around) []string {
		planned := slices.ContainsFunc(a.Actions, func(x Action) bool { return x.State == "planned" })
		needsTwo := c.Level == "critical" || c.Level == "serious"
		return append(missing(planned, "a result for every planned action"),
			missing(needsTwo && !a.Manager && a.Actor == c.Owner, "somebody else than the handler, or a manager, to close a "+c.Level+" case")...)
	}},
	{Name: "review", Label: "Record the review", From: []State{Closed}, Needs: func(_ *Case, a Around) []string {
		return missing(!a.Manager, "a manager")
	}},
	{Name: "reopen", Label: "Reopen", From: []State{Resolved, Closed, Reviewed}},
}

func missing(is bool, what string) []string {
	if is {
		return []string{what}
	}
	return nil
}

func verb(name string) Verb {
	for _, v := range Verbs {
		if v.Name == name {
			return v
		}
	}
	panic("no verb " + name) // names are constants of this program
}

// Missing tells why a verb cannot be done now; nil when it can.
func Missing(name string, c *Case, a Around) []string {
	v := verb(name)
	if !slices.Contains(v.From, c.State) {
		var from []string
		for _, s := range v.From {
			from = append(from, string(s))
		}
		return []string{"the case is " + string(c.State) + "; this is done while it is " + strings.Join(from, " or ")}
	}
	if v.Needs == nil {
		return nil
	}
	return v.Needs(c, a)
}

// NextStep is the step that the process asks for now: the one prominent button.
func NextStep(c *Case, a Around) (Verb, []string, bool) {
	name := ""
	switch c.State {
	case Reported:
		name = "acknowledge"
	case Assessing:
		name = "classify"
		if c.Provisional && c.Decision != "" {
			name = "confirm"
		}
	case Classified:
		name = "handle"
		if c.Decision == classify.EventOnly {
			name = "dismiss"
		}
	case Handling:
		name = "resolve"
	case Resolved:
		name = "close"
	case Closed:
		if c.Decision == classify.Incident && (c.Level == "critical" || c.Level == "serious") {
			name = "review"
		}
	}
	if name == "" {
		return Verb{}, nil, false
	}
	return verb(name), Missing(name, c, a), true
}

// guard refuses a verb and says what is missing.
func guard(name string, c *Case, a Around, form ...[]string) error {
	m := Missing(name, c, a)
	for _, f := range form {
		m = append(m, f...)
	}
	if len(m) == 0 {
		return nil
	}
	return &problem.Error{Kind: problem.GuardRefused, Detail: verb(name).Label + " is not possible yet. Missing: " + strings.Join(m, "; ") + ".", Missing: m}
}

// text asks for at least n characters.
func text(s, what string, n int) []string {
	return missing(utf8.RuneCountInString(strings.TrimSpace(s)) < n, what)
}
