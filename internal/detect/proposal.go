package detect

import (
	"fmt"
	"strings"

	"github.com/tocsin-project/tocsin/sigma"
)

// Proposal is a rule's own opinion of its hits, from the rule's tocsin key. It
// is input for the classification policy, which decides.
type Proposal struct {
	Type    string // class/type of RSIT in kebab case, or a local type
	Impact  int    // 1..3; 0 when the rule has no opinion
	Urgency int    // 1..3; 0 when the rule has no opinion
	Intent  string // malicious, suspected, accidental, none, unknown; "" when not given
	Effect  Effect
	Proof   bool     // the hit itself proves the confirmed effects
	Dedup   []string // fields whose values tell one alert from another
	Summary string   // template with {field} names
	State   string   // open, clear; "" when the rule is about no lasting state
	Clears  string   // for state clear: the rule whose alerts it ends
}

// Effect says how sure the rule is of harm: claimed, likely, confirmed; "" for none.
type Effect struct {
	Confidentiality, Integrity, Availability string
}

// localTypes extend RSIT.
var localTypes = []string{
	"equipment-failure", "failed-backup", "damaged-or-stolen-device", "corrupted-application",
	"control-failure", "policy-breach", "service-outage",
}

// rsitTypes are ENISA's Reference Security Incident Taxonomy, machine version
// 1003: classes, and in each the types by name and, after '=', by id where
// that differs.
var rsitTypes = map[string]string{
	"abusive-content":       "spam harmful-speech violence",
	"malicious-code":        "infected-system c2-server malware-distribution malware-configuration",
	"information-gathering": "scanning=scanner sniffing social-engineering",
	"intrusion-attempts":    "exploitation-of-known-vulnerabilities=ids-alert login-attempts=brute-force new-attack-signature=exploit",
	"intrusions":            "privileged-account-compromise unprivileged-account-compromise application-compromise system-compromise burglary",
	"availability":          "denial-of-service=dos distributed-denial-of-service=ddos misconfiguration sabotage outage",
	"information-content-security": "unauthorised-access-to-information=unauthorised-information-access " +
		"unauthorised-modification-of-information=unauthorised-information-modification data-loss leak-of-confidential-information=data-leak",
	"fraud": "unauthorised-use-of-resources copyright masquerade phishing",
	"vulnerable": "weak-cryptography=weak-crypto ddos-amplifier potentially-unwanted-accessible-services=potentially-unwanted-accessible " +
		"information-disclosure vulnerable-system",
	"other": "uncategorised=other undetermined",
	"test":  "test",
}

// incidentType gives the canonical form of a type, by name; "" when there is none.
func incidentType(s string) string {
	for _, l := range localTypes {
		if s == l {
			return s
		}
	}
	class, name, ok := strings.Cut(s, "/")
	if !ok {
		if _, known := rsitTypes[class]; known {
			return class
		}
		return ""
	}
	for _, t := range strings.Fields(rsitTypes[class]) {
		byName, id, _ := strings.Cut(t, "=")
		if name == byName || name == id {
			return class + "/" + byName
		}
	}
	return ""
}

// CheckProposal says what is wrong with a document's tocsin key.
func CheckProposal(d *sigma.Document) *sigma.Error {
	_, err := readProposal(d.Custom["tocsin"])
	return err
}

// readProposal reads the tocsin key. Unknown keys and values are mistakes.
func readProposal(n *sigma.Node) (p Proposal, err *sigma.Error) {
	if n == nil {
		return p, nil
	}
	fail := func(n *sigma.Node, format string, args ...any) (Proposal, *sigma.Error) {
		return p, &sigma.Error{Line: n.Line, Column: n.Column, Reason: "tocsin: " + fmt.Sprintf(format, args...)}
	}
	if n.Kind != sigma.MapNode {
		return fail(n, "must be a map")
	}
	for _, pair := range n.Pairs {
		v, text := pair.Value, pair.Value.Text()
		switch pair.Key {
		case "type":
			if p.Type = incidentType(text); p.Type == "" {
				return fail(v, "unknown type %q", text)
			}
		case "impact", "urgency":
			f, _ := v.Scalar.Number()
			if v.Scalar.Kind() != sigma.Int || f < 1 || f > 3 {
				return fail(v, "%s is 1, 2 or 3, not %q", pair.Key, text)
			}
			if pair.Key == "impact" {
				p.Impact = int(f)
			} else {
				p.Urgency = int(f)
			}
		case "intent":
			if !oneOf(text, "malicious", "suspected", "accidental", "none", "unknown") {
				return fail(v, "unknown intent %q", text)
			}
			p.Intent = text
		case "effect":
			if err := p.Effect.read(v); err != nil {
				return p, err
			}
		case "proof":
			if v.Scalar.Kind() != sigma.Bool {
				return fail(v, "proof is true or false")
			}
			p.Proof = v.Scalar.Bool()
		case "dedup":
			if v.Kind != sigma.ListNode || len(v.Items) == 0 {
				return fail(v, "dedup is a list of fields")
			}
			for _, f := range v.Items {
				if f.Text() == "" {
					return fail(f, "dedup is a list of fields")
				}
				p.Dedup = append(p.Dedup, f.Text())
			}
		case "summary":
			if p.Summary = text; strings.Count(text, "{") != strings.Count(text, "}") {
				return fail(v, "the summary's braces do not match")
			}
		case "state":
			if p.State = text; !oneOf(text, "open", "clear") {
				return fail(v, "state is open or clear")
			}
		case "clears":
			p.Clears = text
		default:
			return p, &sigma.Error{Line: pair.Line, Column: pair.Column, Reason: fmt.Sprintf("tocsin: unknown key %q", pair.Key)}
		}
	}
	if (p.State == "clear") != (p.Clears != "") {
		return fail(n, "state: clear and clears: <rule id> belong together")
	}
	e := p.Effect
	if !p.Proof && (e.Confidentiality == "confirmed" || e.Integrity == "confirmed" || e.Availability == "confirmed") {
		return fail(n.Get("effect"), "an effect is confirmed only by a rule with proof: true")
	}
	return p, nil
}

func (e *Effect) read(n *sigma.Node) *sigma.Error {
	if n.Kind != sigma.MapNode {
		return &sigma.Error{Line: n.Line, Column: n.Column, Reason: "tocsin: effect is a map"}
	}
	for _, pair := range n.Pairs {
		to := map[string]*string{
			"confidentiality": &e.Confidentiality, "integrity": &e.Integrity, "availability": &e.Availability,
		}[pair.Key]
		text := pair.Value.Text()
		if to == nil || !oneOf(text, "claimed", "likely", "confirmed") {
			return &sigma.Error{Line: pair.Line, Column: pair.Column, Reason: fmt.Sprintf(
				"tocsin: effect takes confidentiality, integrity, availability: claimed, likely or confirmed; not %s: %q", pair.Key, text)}
		}
		*to = text
	}
	return nil
}

func oneOf(s string, list ...string) bool {
	for _, l := range list {
		if s == l {
			return true
		}
	}
	return false
}
