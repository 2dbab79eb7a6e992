package detect

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/tenant"
	"github.com/tocsin-project/tocsin/sigma"
)

// Hit is what one rule found in one call of Process, all matches with the same
// fingerprint folded into one. Its strings are its own: it outlives the batch.
type Hit struct {
	Tenant      tenant.ID
	Exercise    string // id of the exercise; "" when real
	RuleID      string
	Title       string
	Version     string // SHA-256 of the rule as it applied: document, filters, pipelines
	Pack        string // "" for a rule of no pack
	PackVersion string
	Severity    event.Severity
	Tags        []string // "attack.t1110", ...
	Proposal    Proposal
	Correlation bool
	// Ongoing marks repeats of a correlation that fired before and still holds;
	// Count, First, Last and EventIDs are then about the new events only.
	Ongoing     bool
	Fingerprint string // hexadecimal SHA-256 over tenant, exercise, rule and dedup values
	Clears      string // for state clear: fingerprint of the alert that this ends
	Dedup       []NameValue
	Count       int   // events
	First, Last int64 // event times, ns since 1970 UTC
	EventIDs    []event.ID
	Fields      []NameValue // that made the rule match, of the first event
	Entities    []Entity
	Summary     string // one line
	Why         string // of a correlation or the unusual: what was counted, in words
}

// NameValue is a field as text.
type NameValue struct{ Name, Value string }

// Entity is a thing that an event names, to pivot on.
type Entity struct{ Kind, Value string }

// Limits of one hit.
const (
	maxEventIDs = 100
	maxEntities = 50
	maxFields   = 50
	maxText     = 512 // bytes of a field's value
	maxSummary  = 300 // runes
)

// fingerprint hashes what tells one alert from another, each part with its length.
func fingerprint(t tenant.ID, exercise, ruleID string, dedup []NameValue) string {
	h := sha256.New()
	write := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	write(t.String())
	write(exercise)
	write(ruleID)
	for _, d := range dedup {
		write(d.Value)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// newHit makes the hit of a rule's first match in a call.
func newHit(r *rule, ev *event.Event, fields sigma.Event, dedup []NameValue, print string) *Hit {
	h := &Hit{
		Tenant: ev.Tenant, Exercise: strings.Clone(ev.Exercise), RuleID: r.doc.ID, Title: r.doc.Title, Version: r.version, Pack: r.layer.Pack, PackVersion: r.layer.PackVersion,
		Severity: r.severity, Tags: r.doc.Tags, Proposal: r.proposal, Correlation: r.doc.Correlation != nil,
		Fingerprint: print, Dedup: dedup, First: ev.Time, Last: ev.Time,
	}
	if r.proposal.Clears != "" {
		h.Clears = fingerprint(ev.Tenant, ev.Exercise, r.proposal.Clears, dedup)
	}
	h.Summary = render(r, fields)
	return h
}

// add folds one more event into the hit.
func (h *Hit) add(ev *event.Event) {
	h.Count++
	h.First, h.Last = min(h.First, ev.Time), max(h.Last, ev.Time)
	h.addID(ev.ID)
	h.addEntities(ev)
}

func (h *Hit) addID(id event.ID) {
	if len(h.EventIDs) >= maxEventIDs {
		return
	}
	for _, have := range h.EventIDs {
		if have == id {
			return
		}
	}
	h.EventIDs = append(h.EventIDs, id)
}

func (h *Hit) addEntities(ev *event.Event) {
next:
	for _, c := range ev.Columns {
		kind := c.ID.Info().Entity
		if kind == "" || len(h.Entities) >= maxEntities {
			continue
		}
		value := c.Value.Text()
		if value == "" {
			continue
		}
		for _, have := range h.Entities {
			if have.Kind == kind && have.Value == value {
				continue next
			}
		}
		h.Entities = append(h.Entities, Entity{kind, clip(value)})
	}
}

// clip copies a value, cut to maxText bytes.
func clip(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return strings.Clone(s)
}

// render fills the rule's template: {name} becomes the event's value. Without
// a template it is the rule's title and the host.
func render(r *rule, ev sigma.Event) string {
	template := r.proposal.Summary
	if template == "" {
		template = r.doc.Title
		if host := text(ev, "host.name"); host != "" {
			template += " on " + strings.NewReplacer("{", "", "}", "").Replace(host)
		}
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(template, "{")
		b.WriteString(before)
		if !ok {
			break
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			b.WriteString("{" + rest)
			break
		}
		value := text(ev, name)
		if value == "" {
			value = "unknown"
		}
		b.WriteString(clip(value))
		template = after
	}
	return oneLine(b.String())
}

// oneLine makes text safe to show on one line: no control or formatting
// characters (a log line can hold terminal escapes), and a bounded length.
func oneLine(s string) string {
	n := 0
	return strings.Map(func(r rune) rune {
		if n++; n > maxSummary {
			return -1
		}
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

func text(ev sigma.Event, name string) string {
	v, _ := ev.Field(name)
	return v.Text()
}
