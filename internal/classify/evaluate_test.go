package classify

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func oneOf(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

func randomFacts(r *rand.Rand) Facts {
	effect := func() string { return oneOf(r, "", "claimed", "likely", "confirmed") }
	by := func() string { return oneOf(r, "", "monitor", "rule", "expert", "reporter") }
	return Facts{
		Source:        Source{oneOf(r, "", "rule", "search", "monitor", "report", "tool")},
		Rule:          Rule{Title: "A rule", Level: oneOf(r, "low", "high"), Proof: r.IntN(2) == 0},
		Proposed:      Proposed{Type: oneOf(r, "", "service-outage", "failed-backup", "intrusions/burglary", "nonsense"), Impact: r.IntN(5) - 1, Urgency: r.IntN(5) - 1, Intent: oneOf(r, append(intents, "")...)},
		Intent:        oneOf(r, append(intents, "", "evil")...),
		Effects:       Axes{effect(), effect(), effect()},
		ConfirmedBy:   Axes{by(), by(), by()},
		Authorised:    Authorised{ID: oneOf(r, "", "pentest-7")},
		Service:       Service{Name: oneOf(r, "", "mail"), Criticality: r.IntN(6) - 1},
		Breadth:       oneOf(r, append(breadths, "", "galaxy")...),
		UsersAffected: r.IntN(1000) - 1,
		Data:          Data{Classes: []string{oneOf(r, "personal", "payment", "own")}, Encrypted: r.IntN(2) == 0},
		Outage:        Outage{Minutes: r.IntN(100) - 1, Recurrences7d: r.IntN(12), Minutes7d: r.IntN(500), Ongoing: r.IntN(2) == 0},
		Reporter:      Reporter{Anonymous: r.IntN(2) == 0, Weakness: r.IntN(2) == 0},
		Malware:       oneOf(r, "", "found", "removed", "executed"),
		Phishing:      oneOf(r, "", "reported", "opened"),
	}
}

// randomPolicy has criteria that try hard to say something else than incident.
func randomPolicy(t *testing.T, r *rand.Rand) *Policy {
	var lines strings.Builder
	for i := range r.IntN(6) {
		when := oneOf(r, "true", "harmed", "authorised.id != ''", "reporter.anonymous", "1 / outage.minutes > 0", "data.classes[0] == 'personal'")
		fmt.Fprintf(&lines, "  - {id: random-%d, title: Random, when: %q, then: %s, reason: Random}\n", i, when, oneOf(r, "event", "weakness", "watch", "incident"))
	}
	s := string(DefaultYAML())
	if r.IntN(2) == 0 {
		s = strings.Replace(s, "\ndecision:\n", "\ndecision:\n"+lines.String(), 1)
	} else {
		before, after, _ := strings.Cut(s, "\ndecision:\n")
		_, rest, _ := strings.Cut(after, "\nlead:\n")
		s = before + "\ndecision:\n" + lines.String() + "  - {id: listed-only, title: L, when: listed, then: incident, reason: L}\nlead:\n" + rest
	}
	s = strings.Replace(s, "page: (", oneOf(r, "page: true || (", "page: 1 / count > 0 || (", "page: ("), 1)
	p, err := Load([]byte(s))
	if err != nil {
		t.Fatalf("%v\n%s", err, lines.String())
	}
	return p
}

// What holds under every policy.
func TestInvariants(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		p := randomPolicy(t, r)
		for range 50 {
			f := randomFacts(r)
			got := p.Evaluate(f)
			confirmed := false
			for _, e := range [][2]string{{f.Effects.Confidentiality, f.ConfirmedBy.Confidentiality}, {f.Effects.Integrity, f.ConfirmedBy.Integrity}, {f.Effects.Availability, f.ConfirmedBy.Availability}} {
				confirmed = confirmed || e[0] == "confirmed" && (e[1] == "monitor" || e[1] == "expert" || e[1] == "rule" && f.Rule.Proof)
			}
			switch {
			case confirmed && (got.Decision != Incident || got.Criterion.ID != Harmed || got.Disposition != ""):
				t.Fatalf("confirmed harm is not an incident: %+v\n%+v", f, got)
			case !confirmed && got.Criterion.ID == Harmed:
				t.Fatalf("harm that nobody confirmed: %+v\n%+v", f, got)
			case got.Track == Light && got.Page:
				t.Fatalf("the light track pages: %+v", got)
			case got.CloseWhenRestored && got.Track != Light:
				t.Fatalf("the formal track closes by itself: %+v", got)
			case got.Decision == Undetermined && got.DecideByMinutes < 1:
				t.Fatalf("undetermined without a time: %+v", got)
			case got.Priority != p.Matrix.Priority(got.Impact, got.Urgency) || got.Level != p.Bands.Level(got.Priority) || got.Level == "":
				t.Fatalf("priority is not looked up: %+v", got)
			case !got.Provisional || got.PolicyHash != p.Hash || got.Reason == "" || got.Lead == "" || got.Type == "":
				t.Fatalf("incomplete: %+v", got)
			}
		}
	}
}

func TestEvaluateIsPure(t *testing.T) {
	p, r := Default(), rand.New(rand.NewPCG(3, 4))
	for range 50 {
		f := randomFacts(r)
		before := fmt.Sprintf("%+v", f)
		first := p.Evaluate(f)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if again := p.Evaluate(f); !reflect.DeepEqual(first, again) {
					t.Errorf("two evaluations differ:\n%+v\n%+v", first, again)
				}
			})
		}
		wg.Wait()
		if after := fmt.Sprintf("%+v", f); after != before {
			t.Fatalf("the facts were changed:\n%s\n%s", before, after)
		}
	}
}

// A criterion that cannot be computed never lets a later one close the case.
func TestCriterionThatFails(t *testing.T) {
	p, err := Load(edited(t, `when: authorised.id != ""`, `when: 10 / count > 1000`))
	if err != nil {
		t.Fatal(err)
	}
	scan := Facts{Proposed: Proposed{Type: "information-gathering/scanning", Intent: "suspected"}}
	got := p.Evaluate(scan)
	if got.Decision != Undetermined || got.DecideByMinutes != 24*60 || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "division by zero") {
		t.Errorf("got %+v", got)
	}
	scan.Count = 5
	if got = p.Evaluate(scan); got.Decision != EventOnly {
		t.Errorf("got %+v", got)
	}
	if got = p.Evaluate(Facts{Proposed: Proposed{Type: "malicious-code/c2-server"}}); got.Decision != Incident {
		t.Errorf("an incident needs no detour: %+v", got)
	}
}

func TestFactsBeyondLimitsAreNoted(t *testing.T) {
	got := Default().Evaluate(Facts{
		Source: Source{Kind: "oracle"}, Intent: "evil", Breadth: "galaxy", Money: -5,
		Service: Service{Criticality: 99, Name: strings.Repeat("ü", 5000)}, Proposed: Proposed{Type: "x/y", Impact: 9},
		Tags: make([]string, 100_000), Data: Data{Classes: []string{strings.Repeat("x", 1<<20)}},
	})
	if len(got.Notes) != 4 {
		t.Errorf("notes %q", got.Notes)
	}
	if got.Impact != 3 || got.Decision != Undetermined {
		t.Errorf("got %+v", got)
	}
}

// Types may be written with RSIT's ids; results hold the names.
func TestTypeSpellings(t *testing.T) {
	for given, want := range map[string]string{
		"intrusion-attempts:brute-force":  "intrusion-attempts/login-attempts",
		"intrusion-attempts/brute-force":  "intrusion-attempts/login-attempts",
		"information-gathering/scanning":  "information-gathering/scanning",
		"other/other":                     "other/uncategorised",
		"failed-backup":                   "failed-backup",
		"malicious-code":                  "malicious-code",
		"intrusion-attempts/unheard-of":   "other/undetermined",
		"availability/distributed-denial": "other/undetermined",
	} {
		if got := Default().Evaluate(Facts{Proposed: Proposed{Type: given}}).Type; got != want {
			t.Errorf("%s: %s, expected %s", given, got, want)
		}
	}
	p, err := Load(edited(t, "types: []", "types: [parking-damage]"))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Evaluate(Facts{Proposed: Proposed{Type: "parking-damage"}}).Type; got != "parking-damage" {
		t.Errorf("a type of one's own: %s", got)
	}
}

func TestNowIsAFact(t *testing.T) {
	p, err := Load(edited(t, `when: '"off-hours" in tags'`, `when: now.getHours("Europe/Berlin") < 6`))
	if err != nil {
		t.Fatal(err)
	}
	at := func(hour int) string {
		return p.Evaluate(Facts{Now: time.Date(2026, 1, 7, hour, 0, 0, 0, time.UTC)}).Criterion.ID
	}
	if at(4) != "odd-hours" || at(5) != Undecided {
		t.Errorf("at 4: %s, at 5: %s", at(4), at(5))
	}
}

func BenchmarkEvaluate(b *testing.B) {
	p, examples := Default(), ShippedExamples()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Evaluate(examples[i%len(examples)].Facts)
	}
}
