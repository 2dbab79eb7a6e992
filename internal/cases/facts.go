package cases

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
)

// facts gathers what the policy may look at for an alert.
func (s *Service) facts(ctx context.Context, q db.Querier, a AlertFacts, now time.Time) (classify.Facts, error) {
	f := classify.Facts{
		Now: now, Source: classify.Source{Kind: a.Kind}, Exercise: a.Exercise, Count: a.Count, Intent: a.Intent, Effects: a.Effects, Tags: a.Tags,
		Rule:     classify.Rule{ID: a.Rule, Title: a.Title, Level: a.Level, Tags: a.Tags, Proof: a.Proof},
		Proposed: classify.Proposed{Type: a.Type, Impact: a.Impact, Urgency: a.Urgency, Intent: a.Intent},
		Service:  classify.Service{Name: a.Service},
	}
	confirm := func(effect string) (string, string) {
		switch {
		case effect == "confirmed" && a.Proof:
			return effect, "rule"
		case effect == "confirmed" && a.Kind == "monitor":
			return effect, "monitor"
		case effect == "confirmed": // neither a monitor nor a rule marked as proof
			return "likely", ""
		}
		return effect, ""
	}
	f.Effects.Confidentiality, f.ConfirmedBy.Confidentiality = confirm(a.Effects.Confidentiality)
	f.Effects.Integrity, f.ConfirmedBy.Integrity = confirm(a.Effects.Integrity)
	f.Effects.Availability, f.ConfirmedBy.Availability = confirm(a.Effects.Availability)
	times, total, err := s.Alerts.Recent(ctx, q, a.Fingerprint, now.Add(-7*24*time.Hour))
	f.Outage.Recurrences7d = times
	if err != nil || !a.Lasting {
		return f, err
	}
	end := a.Cleared
	if end.IsZero() {
		end = now
	}
	f.Outage = classify.Outage{Minutes: max(0, int(end.Sub(a.First).Minutes())), Ongoing: a.Cleared.IsZero(), Restored: !a.Cleared.IsZero(), Recurrences7d: times, Minutes7d: total}
	return f, nil
}

// stronger joins the facts of a case with those of one more alert: what is
// worse or surer counts.
func stronger(a, b classify.Facts) classify.Facts {
	out := b
	out.Count = a.Count + b.Count
	out.Proposed.Impact = max(a.Proposed.Impact, b.Proposed.Impact)
	out.Proposed.Urgency = max(a.Proposed.Urgency, b.Proposed.Urgency)
	if rank(a.Rule.Level) >= rank(b.Rule.Level) {
		out.Proposed.Type = a.Proposed.Type
	}
	out.Effects = surer(a.Effects, b.Effects)
	out.ConfirmedBy = classify.Axes{Confidentiality: first(a.ConfirmedBy.Confidentiality, b.ConfirmedBy.Confidentiality), Integrity: first(a.ConfirmedBy.Integrity, b.ConfirmedBy.Integrity), Availability: first(a.ConfirmedBy.Availability, b.ConfirmedBy.Availability)}
	out.Rule.Proof = a.Rule.Proof || b.Rule.Proof
	if intentRank(a.Intent) > intentRank(b.Intent) {
		out.Intent, out.Proposed.Intent = a.Intent, a.Intent
	}
	for _, t := range a.Tags {
		if !slices.Contains(out.Tags, t) {
			out.Tags = append(out.Tags, t)
		}
	}
	out.Breadth, out.UsersAffected, out.Data, out.Money, out.Asset, out.Authorised = a.Breadth, a.UsersAffected, a.Data, a.Money, a.Asset, a.Authorised
	out.Reporter = a.Reporter
	if !b.Outage.Ongoing && !b.Outage.Restored { // the other alert is about no lasting state
		out.Outage = a.Outage
	}
	if b.Service.Name == "" {
		out.Service = a.Service
	}
	return out
}

func surer(a, b classify.Axes) classify.Axes {
	order := []string{"", "claimed", "likely", "confirmed"}
	pick := func(x, y string) string {
		if slices.Index(order, x) >= slices.Index(order, y) {
			return x
		}
		return y
	}
	return classify.Axes{Confidentiality: pick(a.Confidentiality, b.Confidentiality), Integrity: pick(a.Integrity, b.Integrity), Availability: pick(a.Availability, b.Availability)}
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func rank(level string) int {
	return slices.Index([]string{"", "informational", "low", "medium", "high", "critical"}, level)
}

func intentRank(intent string) int {
	return slices.Index([]string{"", "unknown", "none", "accidental", "suspected", "malicious"}, intent)
}

func minutes(n int) string {
	if n == 1 {
		return "one minute"
	}
	return fmt.Sprintf("%d minutes", n)
}
