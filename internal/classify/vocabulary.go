package classify

import (
	"maps"
	"slices"
	"strings"
)

// rsit is ENISA's Reference Security Incident Taxonomy, machine version 1003:
// classes, and in each the types by name and, after '=', by id where that differs.
var rsit = map[string]string{
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

// local types extend RSIT by what else happens to an organisation's IT.
var local = []string{
	"equipment-failure", "failed-backup", "damaged-or-stolen-device", "corrupted-application",
	"control-failure", "policy-breach", "service-outage",
}

// vocabulary maps each accepted spelling of a type to the canonical one. A
// class alone is a type, too.
type vocabulary map[string]string

func newVocabulary(own ...string) vocabulary {
	v := vocabulary{}
	for class, types := range rsit {
		v[class] = class
		for _, t := range strings.Fields(types) {
			name, id, _ := strings.Cut(t, "=")
			v[class+"/"+name] = class + "/" + name
			if id != "" {
				v[class+"/"+id] = class + "/" + name
			}
		}
	}
	for _, t := range slices.Concat(local, own) {
		v[t] = t
	}
	return v
}

// canonical accepts "class/type" and RSIT's own "class:type".
func (v vocabulary) canonical(t string) (string, bool) {
	c, ok := v[strings.Replace(t, ":", "/", 1)]
	return c, ok
}

// Types lists the types that the policy knows, sorted.
func (p *Policy) Types() []string {
	return slices.Compact(slices.Sorted(maps.Values(p.types)))
}

// class is the part before the slash, or the type itself.
func class(t string) string {
	c, _, _ := strings.Cut(t, "/")
	return c
}
