package sigma

import (
	"slices"
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	head := "title: t\nid: 5f6a1c1e-0000-4000-8000-000000000001\ndate: 2025-01-01\nauthor: me\nlogsource: {product: x}\n"
	rule := func(selection, condition string) string {
		return head + "detection:\n  sel: " + selection + "\n  condition: " + condition + "\n"
	}
	for _, c := range []struct{ text, want string }{
		{rule("{f: a}", "sel"), ""},
		{"title: t\nlogsource: {product: x}\ndetection: {s: {f: a}, condition: s}", "missing-id missing-date missing-author"},
		{strings.Replace(rule("{f: a}", "sel"), "5f6a1c1e-", "", 1), "id-format"},
		{rule("{f: a}", "sel") + "status: deprecated\n", "status"},
		{rule("{f: a}\n  other: {g: b}", "sel"), "unused-selection"},
		{rule("{f: a}\n  other: {g: b}", "1 of *"), ""},
		{rule("{f: '*'}", "sel"), "any-value"},
		{rule("{f|contains: ''}", "sel"), "any-value"},
		{rule("{f: '\\*'}", "sel"), ""},
		{rule("{f|re: abc}", "sel"), "plain-regex"},
		{rule("{f|re|i: abc}", "sel"), "plain-regex"},
		{rule("{f|re: 'a.c'}", "sel"), ""},
		{rule("{f|contains|all: a}", "sel"), "single-all"},
		{rule("{f|contains|all: [a, b]}", "sel"), ""},
		{rule("{f: a}", "sel") + "related: [{id: nobody, type: similar}]\n", "unknown-related"},
		{rule("{f: a}", "sel") + "---\n" + rule("{f: a}", "sel"), "duplicate-id"},
		{head + "filter: {rules: any, s: {f: a}, condition: s}", "filter-reading"},
		{head + "filter: {rules: [x], s: {f: a}, u: {f: b}, condition: not s}", "filter-target unused-selection"},
	} {
		docs, errs := Parse("l.yml", []byte(c.text))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		var got []string
		for _, w := range Lint(docs) {
			got = append(got, w.Check)
			if w.File != "l.yml" || w.Line == 0 || w.Rule == "" || w.Reason == "" {
				t.Errorf("a warning without its place: %+v", w)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s\n%v, want %s", c.text, got, c.want)
		}
	}
}

// The public rules are clean but for what is known of them.
func TestLintCorpus(t *testing.T) {
	rules, _ := corpusRules(t)
	var docs []*Document
	for _, r := range rules {
		docs = append(docs, &Document{Meta: *r.Meta, Rule: r})
	}
	counts := map[string]int{}
	for _, w := range Lint(docs) {
		counts[w.Check]++
	}
	t.Log(counts)
	if len(docs) > 3000 && (counts["duplicate-id"] > 0 || counts["id-format"] > 0 || counts["unused-selection"] > 20) {
		t.Errorf("%v", counts)
	}
}

func TestRelated(t *testing.T) {
	docs, errs := Parse("r.yml", []byte("taxonomy: own\nscope: [server]\nrelated:\n  - {id: a, type: derived}\n  - {id: b, type: obsolete}\n"+ruleWith("f: a", "sel")))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if m := docs[0].Meta; !slices.Equal(m.Related, []Related{{"a", "derived"}, {"b", "obsolete"}}) || m.Taxonomy != "own" || !slices.Equal(m.Scope, []string{"server"}) {
		t.Errorf("%+v", m)
	}
	for text, reason := range map[string]string{
		"related: x": "must be a list", "related: [{type: derived}]": "needs its id", "related: [{id: a, type: cousin}]": `not "cousin"`,
		"related: [a]": "needs its id", "taxonomy: [a]": "plain value", "scope: {a: b}": "string or a list",
	} {
		_, errs := Parse("r.yml", []byte(text+"\n"+ruleWith("f: a", "sel")))
		if len(errs) != 1 || !strings.Contains(errs[0].Reason, reason) {
			t.Errorf("%s: %v", text, errs)
		}
	}
}
