package sigma

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever is cut off of a rule, reading it ends in documents and errors.
func TestRulesCutShort(t *testing.T) {
	root := corpora + "sigma-rules"
	if _, err := os.Stat(root); err != nil {
		t.Skipf("needs the SigmaHQ rules in %s: %v", root, err)
	}
	rng := rand.New(rand.NewPCG(11, 12))
	tried := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yml" || rng.IntN(20) > 0 {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for range 5 {
			tried++
			cut := rng.IntN(len(data))
			for _, text := range [][]byte{data[:cut], data[cut:]} {
				docs, errs := Parse(path, text)
				for _, e := range errs {
					if e.Reason == "" || e.Line == 0 {
						t.Errorf("%s cut at %d: %+v", path, cut, e)
					}
				}
				Lint(docs)
				for _, d := range docs {
					if d.Rule != nil {
						d.Rule.Match(MapEvent{"Image": StringValue("x")})
					}
				}
			}
		}
		return nil
	})
	if err != nil || tried == 0 {
		t.Fatal(tried, err)
	}
}

// Each costs one document, with a reason, and little time.
func TestHostileDocuments(t *testing.T) {
	lol := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		lol += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), i)
	}
	for _, c := range []struct{ name, text, reason string }{
		{"a billion laughs", lol, "more than"},
		{"deep brackets", strings.Repeat("[", 50_000), "nested too deep"},
		{"deep maps", strings.Repeat("{a: ", 50_000), "nested too deep"},
		{"deep indents", func() string {
			var b strings.Builder
			for i := range 300 {
				b.WriteString(strings.Repeat(" ", i) + "a:\n")
			}
			return b.String()
		}(), "nested"},
		{"an endless document", "title: " + strings.Repeat("x", 2<<20), "bytes"},
		{"a regex that explodes", ruleWith("f|re: '(((a{1,30}){1,30}){1,30}){1,30}'", "sel"), "RE2"},
		{"a regex that is large", ruleWith("f|re: '(\\w{1,500}x){1,1}(\\pL{1,900}y)(\\pL{1,900}z)(\\pL{1,900}q)(\\pL{1,900}w)(\\pL{1,900}e)'", "sel"), "instructions"},
		{"a condition naming nothing", ruleWith("f: a", "1 of nothing*"), "no selection is named like"},
		{"a long condition", ruleWith("f: a", strings.Repeat("not ", 5000)+"sel"), "over"},
		{"a deep condition", ruleWith("f: a", strings.Repeat("(", 4000)+"sel"), "not closed"},
		{"placeholders that multiply", ruleWith("f|expand: '"+strings.Repeat("%tld%", 40)+"'", "sel"), "placeholders give more than"},
		{"an alias without anchor", "title: *x", "alias"},
	} {
		_, errs := Options{Placeholders: map[string][]string{"tld": {"com", "org"}}}.Parse("bad.yml", []byte(c.text))
		if len(errs) != 1 || !strings.Contains(errs[0].Reason, c.reason) {
			t.Errorf("%s: %.300v", c.name, errs)
		}
	}
}

func TestCyclicCorrelations(t *testing.T) {
	text := ""
	for _, c := range [][2]string{{"a", "b"}, {"b", "c"}, {"c", "a"}, {"over", "a"}} {
		text += fmt.Sprintf("title: %s\nid: %s\ncorrelation: {type: event_count, rules: [%s], timespan: 1m, condition: {gte: 2}}\n---\n", c[0], c[0], c[1])
	}
	docs, errs := Parse("cycle.yml", []byte(text))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	c, errs := NewCorrelator(docs, Limits{})
	if len(errs) != 4 || len(c.watches) != 0 || !strings.Contains(errs[0].Reason, "depends on itself") {
		t.Errorf("%v", errs)
	}
	for _, e := range errs {
		if e.Rule == "" || e.File != "cycle.yml" {
			t.Errorf("an error without its document: %+v", e)
		}
	}
}

func TestLargeEvents(t *testing.T) {
	ev := MapEvent{}
	for i := range 10_000 {
		ev[fmt.Sprint("field", i)] = StringValue(strings.Repeat("x", 20))
	}
	ev["f"] = ListValue(make([]Value, 10_000))
	ev["long"] = StringValue(strings.Repeat("a", 1<<20) + "b")
	for _, c := range []struct {
		selection string
		want      bool
	}{
		{"field9999|contains: x", true}, {"f: x", false}, {"- nowhere", false}, {"f: null", false},
		{"long|endswith: ab", true}, {"long|re: '^a'", true}, {"long|contains: 'a*a*c'", false},
	} {
		if got := mustRule(t, ruleWith(c.selection, "sel")).Match(ev); got != c.want {
			t.Errorf("%s: %v", c.selection, got)
		}
	}
}

// Of a long text an expression sees the beginning, and takes where it was cut
// for no end.
func TestRegexBudget(t *testing.T) {
	large := `(\pL{1,400}){1,2}` // thousands of instructions
	for _, c := range []struct {
		re   string
		size int
		want bool
	}{
		{`^a`, 4 << 20, true}, {`ab$`, 1 << 10, true}, {large + `b$`, 1 << 10, true},
		{large + `b$`, 1 << 20, false}, {large + `$`, 1 << 20, false}, {`^` + large, 1 << 20, true},
	} {
		text := StringValue(strings.Repeat("a", c.size) + "b")
		if got := mustRule(t, ruleWith("f|re: '"+c.re+"'", "sel")).Match(MapEvent{"f": text}); got != c.want {
			t.Errorf("%s on %d bytes: %v", c.re, c.size, got)
		}
	}
	_, most, err := compileBounded(large, nil)
	if err != nil || most < maxSteps/maxInstructions || most > 1<<20 {
		t.Errorf("it looks at %d bytes, %v", most, err)
	}
}
