package classify

import (
	"errors"
	"strings"
	"testing"
)

// edited is the default policy with one text replaced.
func edited(t testing.TB, old, new string) []byte {
	t.Helper()
	s := string(DefaultYAML())
	if strings.Count(s, old) == 0 {
		t.Fatalf("the default policy does not hold %q", old)
	}
	return []byte(strings.Replace(s, old, new, 1))
}

// place is where the text stands in the document, from 1.
func place(b []byte, text string) (line, column int) {
	before, _, _ := strings.Cut(string(b), text)
	return 1 + strings.Count(before, "\n"), len(before) - strings.LastIndex(before, "\n")
}

func TestLoadDefault(t *testing.T) {
	p, err := Load(DefaultYAML())
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Odd) > 0 {
		t.Errorf("the default policy is odd: %v", p.Odd)
	}
	if p.Matrix != DefaultMatrix() {
		t.Errorf("matrix %v", p.Matrix)
	}
}

func TestLoadNamesThePlaceOfAMistake(t *testing.T) {
	for _, c := range []struct{ name, old, new, at, reason string }{
		{"unknown key", "types: []", "typos: []", "typos", "unknown field"},
		{"repeated key", "types: []", "types: []\ntypes: []", "", "already defined"},
		{"no YAML", "types: []", "types: [", "", ""},
		{"map for a text", "name: Default classification policy", "name: {a: b}", "{a: b}", "a text is expected"},
		{"CEL syntax", `when: authorised.id != ""`, `when: authorised.id !=`, "", "Syntax error"},
		{"unknown fact", `when: authorised.id != ""`, `when: autorised.id != ""`, "autorised", "undeclared reference"},
		{"unknown field of a fact", `when: authorised.id != ""`, `when: authorised.ident != ""`, ".ident", "undefined field"},
		{"unknown field in quotes", `when: "!data.encrypted && effects.conf`, `when: "!data.encripted && effects.conf`, ".encripted", "undefined field"},
		{"wrong type", `when: authorised.id != ""`, `when: authorised.id == 3`, "== 3", "no matching overload"},
		{"not a truth value", `when: authorised.id != ""`, `when: authorised.id`, "authorised.id", "must be true or false"},
		{"an axis that is not answered yet", `when: authorised.id != ""`, `when: track == "light"`, `track == "light"`, "undeclared reference"},
		{"a macro that is not bounded", `when: authorised.id != ""`, `when: tags.map(x, x + x).size() > 3`, "", "undeclared reference"},
		{"too costly", `when: authorised.id != ""`, `when: tags.exists(a, tags.exists(b, tags.exists(c, a + b == c)))`, "tags.exists(a", "may cost"},
		{"unknown fact in a reason", "activity {authorised.id}", "activity {authorised.od}", "", "undefined field"},
		{"open brace in a reason", "activity {authorised.id} ({authorised.title}) and", "activity {authorised.id and", "", "not closed"},
		{"unknown decision", "then: weakness", "then: weak", "weak\n    reason", "a decision is event, incident, weakness or watch"},
		{"unknown type", "then: fraud/phishing", "then: fraud/fishing", "fraud/fishing", "unknown type"},
		{"unknown track", "then: formal", "then: informal", "informal", "a track is formal or light"},
		{"unknown lead", "then: operations", "then: Ops Team!", "Ops Team!", "a lead is a team's name"},
		{"unknown disposition", "disposition: authorised", "disposition: fine", "fine", "a disposition is one of"},
		{"a time without unit", "decide_by: 4h", "decide_by: 4", "4\n    reason", "a time such as"},
		{"decide_by of what is decided", "disposition: authorised", "decide_by: 4h", "4h\n    reason: \"It matches", "belongs to a decision of watch"},
		{"id twice", "id: weakness", "id: authorised", "", "occurs twice"},
		{"id of a built-in criterion", "id: weakness", "id: harmed", "harmed\n", "built-in"},
		{"steps that fall", "steps: [{from: 25, value: 2}, {from: 500, value: 3}]", "steps: [{from: 500, value: 2}, {from: 25, value: 3}]", "", "steps rise"},
		{"words for a number", "steps: [{from: 25, value: 2}, {from: 500, value: 3}]", "words: {many: 2}", "", "reads a number"},
		{"always-incident type unknown", "- malicious-code/c2-server", "- malicious-code/c3", "malicious-code/c3", "unknown type"},
		{"always-incident without effect", "when: listed", "when: harmed", "", "has no effect"},
		{"cell in no band", "serious: [4]", "serious: []", "", "priority 4 of the matrix is in no band"},
		{"cell in two bands", "serious: [4]", "serious: [4, 5]", "", "listed 2 times"},
		{"bands crossed", "serious: [4]\n  mild: [1, 2]", "serious: [1]\n  mild: [4, 2]", "", "lower than a priority of a lower band"},
		{"matrix not monotone", "low:    {high: 4, medium: 2, low: 1}", "low:    {high: 1, medium: 2, low: 1}", "", "more impact (high) gives a lower priority"},
		{"threshold without a weight", "department: 5, organisation: 20, external: 20", "organisation: 20, external: 20", "", "lacks a weight for department"},
		{"week below outage", "week_points: 1200", "week_points: 12", "", "week_points at least as high"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := edited(t, c.old, c.new)
			_, err := Load(b)
			var all Errors
			if !errors.As(err, &all) || len(all) == 0 {
				t.Fatalf("error %v, expected Errors", err)
			}
			if !strings.Contains(all.Error(), c.reason) {
				t.Errorf("error %q, expected %q", all, c.reason)
			}
			if c.at == "" {
				return
			}
			line, column := place(b, c.at)
			if all[0].Line != line || all[0].Column != column {
				t.Errorf("place %d:%d, expected %d:%d: %v", all[0].Line, all[0].Column, line, column, all[0])
			}
		})
	}
}

func TestLoadReportsWhatIsNeverReached(t *testing.T) {
	p, err := Load(edited(t, `when: authorised.id != ""`, `when: "true"`))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Odd) == 0 || !strings.Contains(p.Odd[0].Reason, "never reached") {
		t.Errorf("odd: %v", p.Odd)
	}
	p, err = Load(edited(t, "mild: [1, 2]", "mild: [1, 2, 3]"))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Odd) != 1 || !strings.Contains(p.Odd[0].Reason, "priority 3 of mild occurs in no cell") {
		t.Errorf("odd: %v", p.Odd)
	}
	flat := strings.NewReplacer("high: 6, medium: 5, low: 4", "high: 4, medium: 4, low: 4", "high: 5, medium: 4, low: 2", "high: 4, medium: 4, low: 2").Replace(string(DefaultYAML()))
	p, err = Load([]byte(flat))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Odd) != 3 || !strings.Contains(p.Odd[2].Reason, "no cell of the matrix is critical") {
		t.Errorf("odd: %v", p.Odd)
	}
}

func TestLoadReportsAllMistakes(t *testing.T) {
	b := strings.NewReplacer("then: weakness", "then: weak", "then: formal", "then: informal").Replace(string(DefaultYAML()))
	_, err := Load([]byte(b))
	var all Errors
	if !errors.As(err, &all) || len(all) < 5 {
		t.Errorf("errors: %v", err)
	}
}

// What would cost much time is refused before it is read.
func TestLoadIsBounded(t *testing.T) {
	for name, c := range map[string]struct{ document, reason string }{
		"large document":  {strings.Repeat("#\n", maxDocument), "the limit is"},
		"long line":       {strings.Repeat("- ", 100_000), "a line has at most"},
		"brackets":        {strings.Repeat("[\n", 10_000), "brackets are open"},
		"cycle":           {"types: &a [*a]", "a text is expected"},
		"long expression": {string(edited(t, `when: authorised.id != ""`, "when: >-\n"+strings.Repeat("      !harmed &&\n", 200)+"      true")), "at most 2000 bytes"},
		"deep expression": {string(edited(t, `when: authorised.id != ""`, "when: "+strings.Repeat("(", 900)+"true"+strings.Repeat(")", 900))), "recursion"},
		"many criteria":   {string(edited(t, "\nlead:\n", "\nlead:\n"+strings.Repeat("  - {id: a, title: A, when: harmed, then: security, reason: A}\n", 200))), "more than 200 criteria"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Load([]byte(c.document)); err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("error %v, expected %q", err, c.reason)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(DefaultYAML()))
	f.Add([]byte("name: x\nversion: 1\ndecision: [{id: a, when: 'tags.exists(t, t == \"\")', then: watch, reason: '{1/0}'}]"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("name: |\n x\n? [\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Load(b)
		if err != nil {
			var all Errors
			if !errors.As(err, &all) || len(all) == 0 {
				t.Fatalf("error %v is not of type Errors", err)
			}
			return
		}
		r := p.Evaluate(Facts{Effects: Axes{Integrity: "confirmed"}, ConfirmedBy: Axes{Integrity: "monitor"}})
		if r.Decision != Incident || r.Criterion.ID != Harmed {
			t.Fatalf("confirmed harm is %+v", r)
		}
	})
}
