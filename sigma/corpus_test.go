package sigma

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const corpora = "../../shared/data/corpora/"

// corpusTexts reads every rule file of the SigmaHQ corpus.
func corpusTexts(t testing.TB) (paths []string, texts [][]byte) {
	t.Helper()
	root := corpora + "sigma-rules"
	if _, err := os.Stat(root); err != nil {
		t.Skipf("needs the SigmaHQ rules in %s: %v", root, err)
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yml" {
			return err
		}
		data, err := os.ReadFile(path)
		paths, texts = append(paths, path), append(texts, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths, texts
}

// corpusRules loads every rule of the SigmaHQ corpus.
func corpusRules(t testing.TB) (rules map[string]*Rule, rejected []*Error) {
	t.Helper()
	paths, texts := corpusTexts(t)
	rules = map[string]*Rule{}
	for i, text := range texts {
		docs, errs := Parse(paths[i], text)
		rejected = append(rejected, errs...)
		for _, d := range docs {
			rules[d.ID] = d.Rule
		}
	}
	return rules, rejected
}

// Of the public rules, only those that need an organisation's own placeholder
// values are rejected.
func TestCorpusLoads(t *testing.T) {
	rules, rejected := corpusRules(t)
	for _, e := range rejected {
		if !strings.Contains(e.Reason, "placeholder %") || e.Line == 0 || e.Rule == "" {
			t.Errorf("%v", e)
		}
	}
	t.Logf("%d rules loaded, %d need placeholders", len(rules), len(rejected))
	if len(rules)+len(rejected) != 3780 {
		t.Errorf("%d rules and %d rejected, want 3780 together", len(rules), len(rejected))
	}
}

// Every recorded attack is found by the rule that was written for it.
func TestRegression(t *testing.T) {
	const want = 132
	root := corpora + "sigma-regression"
	if _, err := os.Stat(root); err != nil {
		t.Skipf("needs the SigmaHQ regression data in %s: %v", root, err)
	}
	rules, _ := corpusRules(t)
	hits, cases := 0, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		cases++
		id := strings.TrimSuffix(filepath.Base(path), ".json")
		rule := rules[id]
		if rule == nil {
			t.Errorf("%s: no rule %s", path, id)
			return nil
		}
		for _, ev := range windowsEvents(t, path) {
			if rule.Match(ev) {
				hits++
				return nil
			}
		}
		t.Errorf("%s (%s) is missed:", rule.Title, path)
		for _, ev := range windowsEvents(t, path) {
			for _, p := range rule.Explain(ev).Predicates {
				t.Logf("  held=%v negated=%v %s = %q", p.Held, p.Negated, p.Test, p.Value.Text())
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d cases hit", hits, cases)
	if hits != want {
		t.Errorf("%d cases hit, want %d", hits, want)
	}
}

// windowsEvents reads the events of one case, named as Sigma's rules expect:
// EventData fields without spaces, System fields with attributes joined by '_'.
func windowsEvents(t testing.TB, path string) []MapEvent {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	var out []MapEvent
	for dec.More() {
		var doc any
		if err := dec.Decode(&doc); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		list, ok := doc.([]any)
		if !ok {
			list = []any{doc}
		}
		for _, e := range list {
			event, _ := e.(map[string]any)["Event"].(map[string]any)
			ev := MapEvent{}
			for _, part := range []string{"System", "EventData", "UserData"} {
				if m, ok := event[part].(map[string]any); ok {
					flatten(ev, "", m)
				}
			}
			out = append(out, ev)
		}
	}
	return out
}

func flatten(ev MapEvent, prefix string, m map[string]any) {
	for k, v := range m {
		name := strings.ReplaceAll(prefix+k, " ", "")
		switch v := v.(type) {
		case map[string]any:
			if text, ok := v["#text"]; ok {
				ev[name] = jsonValue(text)
			}
			if attrs, ok := v["#attributes"].(map[string]any); ok {
				flatten(ev, name+"_", attrs)
			}
			if prefix == "" && v["#text"] == nil {
				flatten(ev, "", v)
			}
		default:
			if name != "#attributes" {
				ev[name] = jsonValue(v)
			}
		}
	}
}

func jsonValue(v any) Value {
	switch v := v.(type) {
	case string:
		return StringValue(v)
	case float64:
		if v == float64(int64(v)) {
			return IntValue(int64(v))
		}
		return FloatValue(v)
	case bool:
		return BoolValue(v)
	case []any:
		list := make([]Value, len(v))
		for i, m := range v {
			list[i] = jsonValue(m)
		}
		return ListValue(list)
	}
	return Value{}
}
