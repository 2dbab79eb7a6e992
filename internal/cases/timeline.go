package cases

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tocsin-project/tocsin/internal/record"
)

// Describe tells an entry of the record in words, for the timeline. It shows
// what the entry holds and computes nothing.
func Describe(r record.Row) string {
	var d map[string]any
	_ = json.Unmarshal(r.Data, &d)
	s := func(k string) string {
		v, ok := d[k]
		if !ok || v == nil {
			return ""
		}
		return fmt.Sprint(v)
	}
	with := func(text, more string) string {
		if more == "" {
			return text
		}
		return text + ": " + more
	}
	decision := map[string]string{"event": "event only", "incident": "incident", "weakness": "weakness", "": "undetermined, under watch"}[s("decision")]
	priority := ""
	if s("level") != "" {
		priority = fmt.Sprintf(", priority %s (impact %s × urgency %s = %s)", s("level"), s("impact"), s("urgency"), s("priority"))
	}
	switch r.Kind {
	case "case.opened":
		return with("Case opened as "+decision+priority+" by the policy, provisional", s("reason"))
	case "case.alert_joined":
		return with("Alert joined ("+s("reason")+")", s("title"))
	case "case.reassessed":
		return "Assessed again by the policy: " + decision + priority
	case "case.reported":
		return "A person reported this through the " + s("channel")
	case "case.acknowledged":
		if s("by") == "page" {
			return "Acknowledged the page and took the case"
		}
		return "Took the case"
	case "case.assigned":
		return "Assigned the case"
	case "case.assessed":
		return with("Added an assessment as "+s("view"), s("reason"))
	case "case.classified":
		return with("Classified as "+decision+priority, s("reason"))
	case "case.handling":
		how := map[string]string{"alone": "alone", "third_parties": "with third parties"}[s("third_parties")]
		return with("Started handling, "+how, s("reason"))
	case "case.resolved":
		return with("Resolved", s("solution"))
	case "case.closed":
		if s("by_itself") == "true" {
			return s("statement")
		}
		return with("Closed ("+strings.ReplaceAll(s("disposition"), "-", " ")+")", first(s("statement"), s("reason")))
	case "case.reopened":
		return with("Reopened", s("reason"))
	case "case.reviewed":
		return with("Reviewed", s("lessons"))
	case "case.noted":
		return s("body")
	case "case.note_edited":
		return "Edited a note: " + s("body")
	case "case.action":
		return with("Action to "+s("phase")+" ("+s("action_state")+")", strings.TrimSpace(s("what")+" "+s("target")))
	case "case.action_result":
		return with("Result of an action", s("result"))
	case "case.snoozed":
		return with("Snoozed until "+s("until"), s("reason"))
	case "case.woke":
		return "Back from snoozing"
	case "case.condition_over":
		return with("The condition is over", s("title"))
	case "case.decide_overdue":
		return "The time to decide whether this is an incident has passed"
	case "case.reporter_told":
		return "Wrote to the reporter"
	case "case.reporter_wrote":
		return "The reporter wrote"
	case "case.duplicate_joined":
		return with(s("from")+" was marked as a duplicate of this", s("reason"))
	}
	return strings.ReplaceAll(strings.ReplaceAll(r.Kind, ".", " "), "_", " ")
}

// Lens tells which lens of the timeline an entry belongs to.
func Lens(kind string) string {
	switch kind {
	case "case.reported", "case.reporter_told", "case.reporter_wrote", "message.sent", "message.failed", "page.queued", "escalation.step", "escalation.acknowledged", "escalation.exhausted":
		return "communication"
	}
	return "response"
}
