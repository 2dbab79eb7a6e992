package cases

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tocsin-project/tocsin/internal/record"
)

// Describe tells an entry of the record in words, for the timeline: of its
// facts and of the words kept beside it ("" once they were erased). It shows
// what the entry holds and computes nothing.
func Describe(r record.Row, words string) string {
	d := map[string]any{}
	_ = json.Unmarshal(r.Data, &d)
	_ = json.Unmarshal([]byte(words), &d)
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
	case "case.evidence_taken":
		return with("Took a snapshot of "+s("events")+" events as evidence", s("title"))
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
	if t := describeMessage(r.Kind, s); t != "" {
		return t
	}
	return strings.ReplaceAll(strings.ReplaceAll(r.Kind, ".", " "), "_", " ")
}

// describeMessage tells what went out, and what came of it.
func describeMessage(kind string, s func(string) string) string {
	step := "step " + s("step")
	if s("round") != "" && s("round") != "1" {
		step += ", round " + s("round")
	}
	switch kind {
	case "escalation.started":
		return "Paging began"
	case "escalation.step":
		return "Paged whoever is on call (" + step + ")"
	case "page.nobody":
		return "Nobody could be paged (" + step + "): " + s("reason")
	case "escalation.unreachable":
		return "A whole round of paging reached nobody; the managers are told"
	case "escalation.acknowledged":
		return "The page was acknowledged"
	case "escalation.exhausted":
		return "All rounds of paging are over and nobody answered; the managers are told"
	case "escalation.ended":
		return "Paging ended: " + s("reason")
	case "page.queued":
		return "A page was queued by " + s("channel")
	case "page.undeliverable":
		return "A page could not be delivered: " + s("error")
	case "message.queued":
		return "A message was queued by " + s("channel")
	case "message.sent":
		return "Sent by " + s("channel")
	case "message.failed":
		return "Sending by " + s("channel") + " failed: " + s("error")
	case "message.delayed":
		return "Sending by " + s("channel") + " is tried again: " + s("error")
	case "message.cancelled":
		return "A message was not sent any more: it is no longer needed"
	}
	return ""
}

// Lens tells which lens of the timeline an entry belongs to.
func Lens(kind string) string {
	switch kind {
	case "case.reported", "case.reporter_told", "case.reporter_wrote":
		return "communication"
	}
	for _, prefix := range [...]string{"message.", "page.", "escalation."} {
		if strings.HasPrefix(kind, prefix) {
			return "communication"
		}
	}
	return "response"
}
