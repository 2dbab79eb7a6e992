package classify

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Facts is all that a decision may rest on. The JSON names are the names that
// criteria use. The zero value of each field means "not known".
type Facts struct {
	// Now is when the facts were gathered.
	Now        time.Time  `json:"now,omitzero"`
	Source     Source     `json:"source,omitzero"`
	Rule       Rule       `json:"rule,omitzero"`
	Proposed   Proposed   `json:"proposed,omitzero"`
	Intent     string     `json:"intent,omitempty"` // malicious, suspected, accidental, none, unknown; "": what the source proposes
	Effects    Axes       `json:"effects,omitzero"` // claimed, likely, confirmed
	Exercise   string     `json:"exercise,omitempty"`
	Authorised Authorised `json:"authorised,omitzero"`
	Service    Service    `json:"service,omitzero"`
	// ConfirmedBy says who confirmed each effect: monitor, rule (marked as
	// proof) or expert. Without one of them an effect counts as likely, and as
	// claimed when it comes from a report. What was agreed beforehand, such as
	// an outage inside its maintenance window, is no negative effect.
	ConfirmedBy   Axes     `json:"confirmed_by,omitzero"`
	Breadth       string   `json:"breadth,omitempty"` // single, several, department, organisation, external
	UsersAffected int      `json:"users_affected,omitempty"`
	Data          Data     `json:"data,omitzero"`
	Money         int      `json:"money,omitempty"` // estimated loss, whole units of the organisation's currency
	Outage        Outage   `json:"outage,omitzero"`
	Asset         Asset    `json:"asset,omitzero"`
	Count         int      `json:"count,omitempty"` // events folded into the alert
	Reporter      Reporter `json:"reporter,omitzero"`
	Malware       string   `json:"malware,omitempty"`  // found, removed, executed
	Phishing      string   `json:"phishing,omitempty"` // reported, opened, credentials_entered
	Tags          []string `json:"tags,omitempty"`
}

// Source is where the case comes from.
type Source struct {
	Kind string `json:"kind,omitempty"` // rule, search, monitor, report, tool
}

// Rule is the detection rule that fired.
type Rule struct {
	ID    string   `json:"id,omitempty"`
	Title string   `json:"title,omitempty"`
	Level string   `json:"level,omitempty"` // informational, low, medium, high, critical
	Tags  []string `json:"tags,omitempty"`
	Proof bool     `json:"proof,omitempty"` // its hits prove the effects that it confirms
}

// Proposed is the source's own opinion.
type Proposed struct {
	Type    string `json:"type,omitempty"`
	Impact  int    `json:"impact,omitempty"`  // 1..3
	Urgency int    `json:"urgency,omitempty"` // 1..3
	Intent  string `json:"intent,omitempty"`
}

// Axes holds one word for each of the three properties that can be harmed.
type Axes struct {
	Confidentiality string `json:"confidentiality,omitempty"`
	Integrity       string `json:"integrity,omitempty"`
	Availability    string `json:"availability,omitempty"`
}

func (a Axes) any(words ...string) bool {
	return slices.Contains(words, a.Confidentiality) || slices.Contains(words, a.Integrity) || slices.Contains(words, a.Availability)
}

// Authorised is the agreed activity that the case matches: a penetration test,
// a phishing simulation, planned maintenance.
type Authorised struct {
	ID    string `json:"id,omitempty"`
	Title string `json:"title,omitempty"`
}

// Service is the most critical service concerned.
type Service struct {
	Name        string `json:"name,omitempty"`
	Criticality int    `json:"criticality,omitempty"` // 1 low, 2 medium, 3 high; 0: not rated
	Users       int    `json:"users,omitempty"`       // who depend on it
}

// Data is what data was read, changed, lost or exposed.
type Data struct {
	Classes   []string `json:"classes,omitempty"` // personal, payment, secret, or the organisation's own words
	Encrypted bool     `json:"encrypted,omitempty"`
}

// Outage is a lack of service, this one and its like in the last seven days.
type Outage struct {
	Minutes       int  `json:"minutes,omitempty"`        // so far
	Recurrences7d int  `json:"recurrences_7d,omitempty"` // times in seven days, this one included
	Minutes7d     int  `json:"minutes_7d,omitempty"`     // in seven days, this one included
	Ongoing       bool `json:"ongoing,omitempty"`
	Restored      bool `json:"restored,omitempty"`
}

// Asset is the thing that is mainly concerned.
type Asset struct {
	Kind string `json:"kind,omitempty"` // laptop, phone, server, honeypot, door…
}

// Reporter is the person who reported.
type Reporter struct {
	Anonymous bool `json:"anonymous,omitempty"`
	Weakness  bool `json:"weakness,omitempty"` // says that it is a weakness, not an occurrence
}

// Limits of facts; what is beyond them is cut, never refused.
const (
	maxList   = 100
	maxText   = 1024 // bytes
	maxNumber = 1_000_000_000
)

var (
	intents   = []string{"malicious", "suspected", "accidental", "none", "unknown"}
	breadths  = []string{"single", "several", "department", "organisation", "external"}
	certainty = []string{"claimed", "likely", "confirmed"}
)

// normal returns facts that keep to their limits and vocabulary, and a note on
// each thing that had to be changed. Unknown words become "not known".
func (f Facts) normal(types vocabulary) (Facts, []string) {
	var notes []string
	word := func(name string, s *string, allowed ...string) {
		if *s != "" && !slices.Contains(allowed, *s) {
			notes = append(notes, fmt.Sprintf("%s %q is not known and was not used", name, clip(*s, 40)))
			*s = ""
		}
	}
	word("source.kind", &f.Source.Kind, "rule", "search", "monitor", "report", "tool")
	word("intent", &f.Intent, intents...)
	word("proposed.intent", &f.Proposed.Intent, intents...)
	word("breadth", &f.Breadth, breadths...)
	word("malware", &f.Malware, "found", "removed", "executed")
	word("phishing", &f.Phishing, "reported", "opened", "credentials_entered")
	word("effects.confidentiality", &f.Effects.Confidentiality, certainty...)
	word("effects.integrity", &f.Effects.Integrity, certainty...)
	word("effects.availability", &f.Effects.Availability, certainty...)
	if f.Proposed.Type != "" {
		t, ok := types.canonical(f.Proposed.Type)
		if !ok {
			notes = append(notes, fmt.Sprintf("proposed.type %q is not known and was not used", clip(f.Proposed.Type, 40)))
		}
		f.Proposed.Type = t
	}
	if f.Intent == "" {
		f.Intent = f.Proposed.Intent
	}
	if f.Intent == "" {
		f.Intent = "unknown"
	}
	for _, e := range []struct {
		name   string
		effect *string
		by     string
	}{
		{"confidentiality", &f.Effects.Confidentiality, f.ConfirmedBy.Confidentiality},
		{"integrity", &f.Effects.Integrity, f.ConfirmedBy.Integrity},
		{"availability", &f.Effects.Availability, f.ConfirmedBy.Availability},
	} {
		if *e.effect == "confirmed" && !f.mayConfirm(e.by) {
			*e.effect = "likely"
			if f.Source.Kind == "report" {
				*e.effect = "claimed"
			}
			notes = append(notes, fmt.Sprintf("the effect on %s is not confirmed by a monitor, a rule marked as proof or an expert, and counts as %s", e.name, *e.effect))
		}
	}
	for _, s := range []*string{&f.Exercise, &f.Authorised.ID, &f.Authorised.Title, &f.Service.Name, &f.Asset.Kind, &f.Rule.ID, &f.Rule.Title, &f.Rule.Level} {
		*s = clip(*s, maxText)
	}
	f.Rule.Tags, f.Data.Classes, f.Tags = clipList(f.Rule.Tags), clipList(f.Data.Classes), clipList(f.Tags)
	for _, n := range []*int{&f.Service.Users, &f.UsersAffected, &f.Money, &f.Outage.Minutes, &f.Outage.Recurrences7d, &f.Outage.Minutes7d, &f.Count} {
		*n = min(max(*n, 0), maxNumber)
	}
	for _, n := range []*int{&f.Service.Criticality, &f.Proposed.Impact, &f.Proposed.Urgency} {
		*n = min(max(*n, 0), 3)
	}
	return f, notes
}

// mayConfirm tells whether by can confirm an effect.
func (f *Facts) mayConfirm(by string) bool {
	return by == "monitor" || by == "expert" || by == "rule" && f.Rule.Proof
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

func clipList(in []string) []string {
	out := make([]string, 0, min(len(in), maxList))
	for _, s := range in[:min(len(in), maxList)] {
		out = append(out, clip(s, maxText))
	}
	return out
}
