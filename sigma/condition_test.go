package sigma

import (
	"strings"
	"testing"
)

// Each row: a condition over a, b, c, _d, and the sets of selections (by
// letter) for which it holds.
func TestConditions(t *testing.T) {
	for _, c := range []struct{ condition, yes, no string }{
		{"a", "a ab", "- b"},
		{"a or b and c", "a bc", "b c"},
		{"(a or b) and c", "ac bc", "a b c"},
		{"not a and b", "b", "ab - a"},
		{"not (a and b)", "- a b", "ab"},
		{"not not a", "a", "b"},
		{"a AND NOT b", "a", "ab b"},
		{"1 of them", "a b c", "- d"},
		{"any of them", "b", "d"},
		{"all of them", "abc abcd", "ab d"},
		{"1 of sel_*", "b c", "a"},
		{"all of sel_*", "bc", "b c"},
		{"all of *_c", "c", "b"},
		{"1 of sel_b", "b", "c"},
		{"not 1 of sel_*", "a -", "b"},
		{"a and not 1 of sel_*", "a", "ab"},
		{"1 of _*", "d", "a"},
		{"_d", "d", "a"},
		{"[a, sel_b]", "a b", "c"},
	} {
		condition := strings.NewReplacer(" b", " sel_b", "(b", "(sel_b", " c", " sel_c", "b)", "sel_b)").Replace(" " + c.condition)
		condition = strings.ReplaceAll(strings.ReplaceAll(condition, "sel_sel_", "sel_"), "sel_b) and c", "sel_b) and sel_c")
		r := mustRule(t, "title: t\nlogsource: {product: x}\ndetection:\n  a: {f|contains: a}\n  sel_b: {f|contains: b}\n  sel_c: {f|contains: c}\n  _d: {f|contains: d}\n  condition: "+condition+"\n")
		for want, list := range map[bool]string{true: c.yes, false: c.no} {
			for _, set := range strings.Fields(list) {
				if got := r.Match(MapEvent{"f": StringValue(set)}); got != want {
					t.Errorf("%s on %q: %v, want %v", condition, set, got, want)
				}
			}
		}
	}
}

// A bad document costs no other, and each is named with its place.
func TestManyDocuments(t *testing.T) {
	good := "title: %\nlogsource: {product: x}\ndetection: {a: {f: 1}, condition: a}\n"
	file := strings.Replace(good, "%", "one", 1) + "---\ntitle: [broken\n--- # note\n" +
		strings.Replace(good, "%", "two", 1) + "...\n---\n---\ntitle: three\ntocsin: {x: {y: 1}}\nlogsource: {product: x}\n"
	docs, errs := Parse("many.yml", []byte(file))
	if len(docs) != 2 || docs[0].Title != "one" || docs[1].Title != "two" || docs[1].Line != 7 {
		t.Errorf("documents: %+v", docs)
	}
	if len(errs) != 2 || errs[0].Line < 5 || errs[0].Line > 6 || errs[1].Rule != "three" || errs[1].Line != 13 {
		t.Errorf("errors: %v", errs)
	}
	docs, errs = Parse("c.yml", []byte("title: c\nlogsource: {product: x}\ntocsin:\n  type: a/b\ndetection: {a: {f: 1}, condition: a}\n"))
	if len(errs) > 0 || docs[0].Custom["tocsin"].Get("type").Text() != "a/b" || docs[0].Custom["tocsin"].Get("type").Line != 4 {
		t.Errorf("custom keys: %v %v", docs, errs)
	}
}
