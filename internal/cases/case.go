// Package cases is the aggregate that people handle: one case for its whole
// life, from the first alert or report to the review after closing.
//
// A case becomes an incident by an assessment against the classification
// policy, and the reason is kept. Decision, type, lead, track and disposition
// are axes of their own. What the policy decides by itself is provisional until
// an expert confirms it; work and paging do not wait for that. Assessments by
// the reporter, the policy, analysts and managers stand side by side and are
// never overwritten.
//
// Every change is one transaction: the case's row (with its version), the
// children, the entry of the record, the messages to reporters and the pages.
// State is rows plus record; nothing is recomputed from events.
package cases

import (
	"fmt"
	"time"

	"github.com/tocsin-project/tocsin/internal/classify"
)

// State is where a case is in its life (ISO/IEC 27035-1: detect and report,
// assess and decide, respond, learn lessons).
type State string

// The states, in order.
const (
	Reported   State = "reported"   // came in, nobody has it
	Assessing  State = "assessing"  // somebody has it
	Classified State = "classified" // decided by a person
	Handling   State = "handling"   // contain, eradicate, recover
	Resolved   State = "resolved"   // cause and solution known, service restored
	Closed     State = "closed"     // formally ended
	Reviewed   State = "reviewed"   // lessons drawn
)

// States lists all states in order.
var States = []State{Reported, Assessing, Classified, Handling, Resolved, Closed, Reviewed}

// Open reports whether the case still needs somebody.
func (s State) Open() bool { return s != Closed && s != Reviewed }

// Dispositions of a case.
const (
	TruePositive  = "true-positive"
	FalsePositive = "false-positive"
	Benign        = "benign"
	Authorised    = "authorised"
	Duplicate     = "duplicate"
)

// Case is the aggregate's root.
type Case struct {
	ID           string
	Number       int64
	Exercise     string // id of the exercise; "" when real
	Title        string
	State        State
	Decision     string // event, incident, weakness; "" while undetermined
	Type         string
	Lead         string
	Track        string // formal, light
	Disposition  string
	Impact       int
	Urgency      int
	Priority     int
	Level        string
	Provisional  bool
	Owner        string
	DecideBy     time.Time
	SnoozedUntil time.Time
	Detail       Detail
	Anchors      map[string]time.Time
	Correlation  string
	Created      time.Time
	Updated      time.Time
	Version      int64
}

// Detail is what a case knows beyond what lists filter by.
type Detail struct {
	Summary            string              `json:"summary,omitempty"`
	Rule               string              `json:"rule,omitempty"`
	Facts              classify.Facts      `json:"facts"`
	Criterion          classify.Criterion  `json:"criterion"`
	Reason             string              `json:"reason,omitempty"`
	Inputs             []classify.Input    `json:"inputs,omitempty"`
	PolicyVersion      string              `json:"policy_version,omitempty"`
	CloseWhenRestored  bool                `json:"close_when_restored,omitempty"`
	Intent             string              `json:"intent,omitempty"`
	Effects            classify.Axes       `json:"effects,omitzero"`
	ThirdParties       string              `json:"third_parties,omitempty"` // alone, third_parties
	ThirdPartiesReason string              `json:"third_parties_reason,omitempty"`
	Cause              string              `json:"cause,omitempty"`
	Solution           string              `json:"solution,omitempty"`
	RecoveryVerified   bool                `json:"recovery_verified,omitempty"`
	Statement          string              `json:"statement,omitempty"`
	CostHours          *float64            `json:"cost_hours,omitempty"`
	CostMoney          *float64            `json:"cost_money,omitempty"`
	Currency           string              `json:"currency,omitempty"`
	BusinessImpact     string              `json:"business_impact,omitempty"`
	Lessons            string              `json:"lessons,omitempty"`
	Improvements       string              `json:"improvements,omitempty"`
	DuplicateOf        string              `json:"duplicate_of,omitempty"`
	Reopened           int                 `json:"reopened,omitempty"`
	Participants       []string            `json:"participants,omitempty"` // of an exercise
	Proposed           map[string][]string `json:"proposed,omitempty"`
}

// Label is how people name the case.
func (c *Case) Label() string {
	if c.Exercise != "" {
		return fmt.Sprintf("EX-%d", c.Number)
	}
	return fmt.Sprintf("CASE-%d", c.Number)
}

// harmed reports a confirmed effect on confidentiality, integrity or availability.
func harmed(e classify.Axes) bool {
	return e.Confidentiality == "confirmed" || e.Integrity == "confirmed" || e.Availability == "confirmed"
}

// stillConfirmed is now with the effects that were confirmed before.
func stillConfirmed(before, now classify.Axes) classify.Axes {
	keep := func(before, now string) string {
		if before == "confirmed" {
			return before
		}
		return now
	}
	return classify.Axes{Confidentiality: keep(before.Confidentiality, now.Confidentiality), Integrity: keep(before.Integrity, now.Integrity), Availability: keep(before.Availability, now.Availability)}
}

// anchor notes when something happened first; a later repeat does not move it.
func (c *Case) anchor(name string, at time.Time) {
	if c.Anchors == nil {
		c.Anchors = map[string]time.Time{}
	}
	if _, ok := c.Anchors[name]; !ok && !at.IsZero() {
		c.Anchors[name] = at.UTC()
	}
}

// Assessment is one judgement of a case. It is kept and never changed.
type Assessment struct {
	ID            string        `json:"-"`
	View          string        `json:"-"` // reporter, policy, analyst, manager
	Actor         string        `json:"-"`
	At            time.Time     `json:"-"`
	Decision      string        `json:"decision,omitempty"`
	Type          string        `json:"type,omitempty"`
	Impact        int           `json:"impact,omitempty"`
	Urgency       int           `json:"urgency,omitempty"`
	Breadth       int           `json:"breadth,omitempty"` // 1 single, 2 department, 3 organisation
	Intent        string        `json:"intent,omitempty"`
	Confidence    int           `json:"confidence,omitempty"` // 1 guess, 2 likely, 3 sure
	Effects       classify.Axes `json:"effects,omitzero"`
	Reason        string        `json:"reason,omitempty"`
	Criterion     string        `json:"criterion,omitempty"`
	PolicyVersion string        `json:"policy_version,omitempty"`
}

// Action is something done (or planned) in the response, with its result.
type Action struct {
	ID      string
	Phase   string // investigate, contain, eradicate, recover, communicate
	What    string
	Target  string
	Result  string
	State   string // planned, done
	Actor   string
	At      time.Time
	Version int64
}

// Note is text that the team keeps; every revision is kept.
type Note struct {
	ID      string
	Author  string
	Body    string
	At      time.Time
	Edited  time.Time
	Version int64
}

// Entity is a user, host, address … that the case is about.
type Entity struct{ Kind, Value, Role string }

// Report is what a person told us.
type Report struct {
	ID              string
	CaseID          string
	Kind            string // event, weakness
	Channel         string // portal, desk, mail, api
	Anonymous       bool
	Reachable       bool
	InformedClosing time.Time
	Waiver          string
	Created         time.Time
	// Personal data; empty once erased.
	Name, Email, What, Place, Noticed string
	Updates                           []Update
}

// Update is one message between the team and a reporter.
type Update struct {
	FromReporter bool
	Body         string
	At           time.Time
}
