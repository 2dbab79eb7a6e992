package sigma

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const filterBase = `title: Logon
id: logon
name: logon-name
logsource: {category: authentication, product: windows}
detection: {selection: {event: logon}, condition: selection}
---
title: Other
id: other
logsource: {product: linux}
detection: {a: {event: logon}, b: {event: x}, condition: [a, b]}
---
title: Many
id: many
correlation: {type: event_count, rules: [logon], timespan: 1m, condition: {gte: 2}}
---
title: Administrators
id: admins
tocsin: {owner: soc, expires: 2026-01-01}
`

func filtered(t testing.TB, text string, reading FilterReading) ([]*Document, []Warning) {
	t.Helper()
	docs, errs := Parse("f.yml", []byte(filterBase+text))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return ApplyFilters(docs, reading)
}

func TestFilters(t *testing.T) {
	logon := func(user string) MapEvent { return MapEvent{"event": StringValue("logon"), "user": StringValue(user)} }
	for _, c := range []struct {
		name, filter string
		reading      FilterReading
		logon, other [2]bool // hits for adm_bob and for eve
		warnings     string
	}{
		{"not, as written", "logsource: {product: windows}\nfilter: {rules: [logon], selection: {user|startswith: adm_}, condition: not selection}",
			FilterAsWritten, [2]bool{false, true}, [2]bool{true, true}, ""},
		{"by name", "logsource: {product: windows}\nfilter: {rules: logon-name, selection: {user|startswith: adm_}, condition: not selection}",
			FilterAsWritten, [2]bool{false, true}, [2]bool{true, true}, ""},
		{"the trap: without not only the selected remain", "logsource: {product: windows}\nfilter: {rules: [logon], selection: {user|startswith: adm_}, condition: selection}",
			FilterAsWritten, [2]bool{true, false}, [2]bool{true, true}, "filter-reading"},
		{"what is selected is suppressed", "logsource: {product: windows}\nfilter: {rules: [logon], selection: {user|startswith: adm_}, condition: selection}",
			FilterSuppress, [2]bool{false, true}, [2]bool{true, true}, ""},
		{"any rule of the log source", "logsource: {category: authentication}\nfilter: {rules: any, s: {user|startswith: adm_}, condition: not 1 of s*}",
			FilterAsWritten, [2]bool{false, true}, [2]bool{true, true}, ""},
		{"every one of several conditions", "logsource: {product: linux}\nfilter: {rules: [], s: {user|startswith: adm_}, condition: not s}",
			FilterAsWritten, [2]bool{true, true}, [2]bool{false, true}, ""},
		{"not outside the log source", "logsource: {product: windows, service: security}\nfilter: {rules: [logon], s: {user: eve}, condition: not s}",
			FilterAsWritten, [2]bool{true, true}, [2]bool{true, true}, "filter-target"},
		{"never correlations", "logsource: {product: windows}\nfilter: {rules: [many, nobody], s: {user: eve}, condition: not s}",
			FilterAsWritten, [2]bool{true, true}, [2]bool{true, true}, "filter-target filter-target"},
	} {
		docs, warnings := filtered(t, c.filter, c.reading)
		if len(docs) != 3 {
			t.Fatalf("%s: %d documents", c.name, len(docs))
		}
		for i, user := range []string{"adm_bob", "eve"} {
			if a, b := docs[0].Rule.Match(logon(user)), docs[1].Rule.Match(logon(user)); a != c.logon[i] || b != c.other[i] {
				t.Errorf("%s: %s hits %v and %v, want %v and %v", c.name, user, a, b, c.logon[i], c.other[i])
			}
		}
		var checks []string
		for _, w := range warnings {
			checks = append(checks, w.Check)
		}
		if got := strings.Join(checks, " "); got != c.warnings {
			t.Errorf("%s: warnings %v", c.name, warnings)
		}
	}
}

// A narrowed rule is another version of it, and the correlations over it
// start anew; the rule that was parsed stays as it was.
func TestFiltersChangeTheVersion(t *testing.T) {
	text := "logsource: {product: windows}\nfilter: {rules: [logon], selection: {user: eve}, condition: not selection}"
	plain, _ := Parse("f.yml", []byte(filterBase+text))
	docs, _ := ApplyFilters(plain, FilterAsWritten)
	other, _ := ApplyFilters(plain, FilterSuppress)
	d := docs[0]
	if d.Hash == d.SourceHash || d.SourceHash != plain[0].Hash || d.Hash == other[0].Hash || d.Rule.Hash != d.Hash || !slices.Equal(d.Filters, []string{"admins"}) {
		t.Errorf("hash %s of %s, filters %v", d.Hash, d.SourceHash, d.Filters)
	}
	if plain[0].Filters != nil || len(plain[0].Rule.conditions) != 1 || docs[1] != plain[1] {
		t.Error("the parsed documents changed")
	}
	before, _ := NewCorrelator(plain, Limits{})
	after, _ := NewCorrelator(docs, Limits{})
	if before.watches[0].signature == after.watches[0].signature {
		t.Error("the correlation's signature is the same")
	}
	var tests []string
	for _, p := range d.Rule.Explain(MapEvent{"event": StringValue("logon"), "user": StringValue("eve")}).Predicates {
		tests = append(tests, fmt.Sprint(p.Selection, " ", p.Test, " ", p.Held, p.Negated))
	}
	want := []string{`selection event: "logon" true false`, `Administrators/selection user: "eve" true true`}
	if !slices.Equal(tests, want) {
		t.Errorf("explained as %q", tests)
	}
	if !slices.Equal(d.Rule.Fields(), []string{"event", "user"}) {
		t.Errorf("fields %v", d.Rule.Fields())
	}
	if plain[3].Custom["tocsin"].Get("owner").Text() != "soc" {
		t.Error("the custom key is lost")
	}
}

func TestFiltersRejected(t *testing.T) {
	for _, c := range []struct{ filter, reason string }{
		{"filter: {rules: any, s: {f: a}, condition: not s}", "needs a logsource"},
		{"logsource: {product: x}\nfilter: [a]", "must be a map"},
		{"logsource: {product: x}\nfilter: {s: {f: a}, condition: not s}", "needs rules"},
		{"logsource: {product: x}\nfilter: {rules: any, s: {f: a}}", "needs a condition"},
		{"logsource: {product: x}\nfilter: {rules: any, s: {f: a}, condition: [s]}", "one string"},
		{"logsource: {product: x}\nfilter: {rules: any, s: {f: a}, condition: not other}", `no selection "other"`},
	} {
		_, errs := Parse("f.yml", []byte("title: f\n"+c.filter))
		if len(errs) != 1 || !strings.Contains(errs[0].Reason, c.reason) {
			t.Errorf("%s: %v", c.filter, errs)
		}
	}
}
