package sigma

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// selections covers every kind of test that a rule can make; each is one rule.
var selections = []string{
	"f: abc", "f: ABC", "f|cased: Abc", "f: ''", "f: null", "f: 7", "f: 1.5", "f: true", "f: '*'", "f: 'a*c'", "f: 'a?c'", "f: '*b*c*'", "f: 'a*b*c'",
	"f: ['abc', 'abd', 'abe', '7']", "f|contains: ['bc', 'xyz', 'Q', 'é', 'abcd']", "f|contains: b", "f|contains: bc", "f|contains: ''", "f|startswith: ab", "f|endswith: BC",
	"f|startswith: ['ab', 'x', '/tmp/', 'C:\\']", "f|endswith: ['bc', '.exe', '7', 'É']", "f|contains|all: [a, b, c]", "f|contains|cased: ['Ab', 'bC', 'x']",
	"f|re: 'b.*c'", "f|re|i: '^ABC$'", "f|re: '(foo|bar)baz'", "f|re: '.{5,}'", "f|re|s: '.{5,}'", "f|re: 'a+'", "f|re|i: 'kelvin'", "f|re: '[0-9]{2,}$'",
	"f|windash|contains: ' -enc '", "f|windash: '-a -b'", "f|windash|endswith|cased: '-X'", "f|contains: 'м'", "f|contains: ['ДА', 'straße', 'ß']", "f: 'ÉTÉ'",
	"f|base64offset|contains: secret", "f|wide|base64offset|contains: [iex, cmd]", "f|utf16|contains: ab",
	"f|cidr: [10.0.0.0/8, '2001:db8::/32']", "f|cidr: 192.168.1.0/24", "f|gt: 5", "f|gte: 7", "f|lt: 7", "f|lte: 6.5", "f|hour: 13", "f|month: 5",
	"f|exists: true", "f|exists: false", "f|fieldref: g", "f|fieldref|startswith: g", "f|fieldref|contains|cased: g", "f|neq: abc", "f|neq: [abc, abd]", "f|contains|neq: b", "f|fieldref|neq: g",
	"g: abc", "g|contains: b", "[abc, 'b*c']", "['é']", "'|all': [ab, bc]", "[a, b, c, d, abcd, xyz]", "{f: abc, g: abc}", "[{f: abc}, {g|endswith: c}]",
}

var conditions = []string{"sel", "not sel", "sel or other", "sel and not other", "not (sel and other)"}

// values are what field f takes; g takes the next one.
func values() []Value {
	var out []Value
	for _, s := range []string{
		"", "abc", "ABC", "Abc", "abd", "aXc", "ab", "bc", "a-b-c", "xxabcxx", "abcabc", "b\nc", "foobaz", "FOOBAZ", "barbaz", "abcdef", "ab\ncdef", "\u212Aelvin", "kelvin", "KELVIN",
		"powershell -enc x", "powershell /ENC x", "powershell \u2013enc x", "-a -b", "/a \u2015b", "q-X", "q-x", "М", "м", "да", "Да", "STRAßE", "STRASSE", "été", "ÉTÉ", "É", "/tmp/x", `C:\x.EXE`,
		"c2VjcmV0", "xxzZWNyZXQ", "aQBlAHgA", "a\x00b\x00", "\xff\xfea\x00b\x00", "\xff\xc3", "10.1.2.3", "192.168.1.77", "2001:db8::1", "::ffff:10.1.2.3", "7", "6.5", "007", "12", "2026-05-04T13:14:15Z",
	} {
		out = append(out, StringValue(s))
	}
	return append(out, IntValue(7), IntValue(6), FloatValue(1.5), FloatValue(7), BoolValue(true), Value{}, ListValue(nil), ListValue([]Value{StringValue("abc"), IntValue(7)}),
		ListValue([]Value{{}, StringValue("xyz"), ListValue([]Value{StringValue("bc")})}), IntValue(1777900455))
}

// The compiled matcher agrees with Rule.Match for every kind of test, under
// every kind of condition, on every kind of value.
func TestMatcherAgreesWithRules(t *testing.T) {
	var rules []*Rule
	for _, sel := range selections {
		for _, cond := range conditions {
			text := fmt.Sprintf("title: %s\nlogsource: {product: x}\ndetection:\n  sel: %s\n  other: {g|startswith: a}\n  condition: %s\n", "t", braced(sel), cond)
			docs, errs := Parse("t.yml", []byte(text))
			if len(errs) > 0 {
				t.Fatalf("%s: %v", sel, errs[0])
			}
			docs[0].Rule.Title = sel + " / " + cond
			rules = append(rules, docs[0].Rule)
		}
	}
	all := values()
	for _, o := range []MatcherOptions{{}, {FoldNames: true}, {Sample: []MapEvent{{"f": StringValue("abc")}, {"f": StringValue("xyz"), "g": StringValue("abc")}}}} {
		m := NewMatcher(rules, o)
		for i, v := range all {
			for _, ev := range []MapEvent{{"f": v}, {"f": v, "g": all[(i+1)%len(all)]}, {"g": v}, {"f": v, "g": v}} {
				agree(t, m, ev)
			}
		}
		agree(t, m, MapEvent{})
	}
}

func braced(sel string) string {
	if sel[0] == '[' || sel[0] == '{' {
		return sel
	}
	return "{" + sel + "}"
}

// agree compares a Matcher with its rules, on the event itself and on its record.
func agree(t *testing.T, m *Matcher, ev MapEvent) {
	t.Helper()
	r, s := m.NewRecord(), m.NewScratch()
	for k, v := range ev {
		r.Set(k, v)
		r.Keyword(v.Text())
	}
	c := m.Class([]Logsource{{Product: "X"}})
	for range 2 { // the second time over scratch that has been used
		got := c.Match(r, s, nil)
		var want []int
		for n, rule := range m.Rules() {
			if rule.Match(ev) {
				want = append(want, n)
			}
			if rule.Match(ev) != rule.Match(r) {
				t.Errorf("%s: the record and the event differ on %v", rule.Title, ev)
			}
		}
		if !slices.Equal(got, want) {
			for n, rule := range m.Rules() {
				if slices.Contains(got, n) != slices.Contains(want, n) {
					t.Errorf("%s on %v: compiled %v", rule.Title, ev, slices.Contains(got, n))
				}
			}
		}
	}
}

// Every character that folds to another is among those that cases lists.
func TestCasesAreAllThatFold(t *testing.T) {
	for c := rune(0x80); c <= unicode.MaxRune; c++ {
		if f := fold(c); f != c && !slices.Contains(cases(f), c) {
			t.Errorf("%U folds to %U, which does not list it", c, f)
		}
	}
}

// Nothing is allocated for an event that matches nothing.
func TestMatchingDoesNotAllocate(t *testing.T) {
	var rules []*Rule
	for i := range 300 {
		rules = append(rules, mustRule(t, ruleWith(fmt.Sprintf("f|contains: ['needle%d', 'pin%d']\nn|gt: %d\ng|re: 'x%dy+'", i, i, 100+i, i), "sel")))
	}
	m := NewMatcher(rules, MatcherOptions{})
	r, s, c := m.NewRecord(), m.NewScratch(), m.Class([]Logsource{{Product: "test"}})
	hits := make([]int, 0, 8)
	text := strings.Repeat("an ordinary line with a needle ", 20)
	n := testing.AllocsPerRun(100, func() {
		r.Reset()
		r.Set("f", StringValue(text))
		r.Set("n", IntValue(5))
		r.Set("g", StringValue("xyz"))
		hits = c.Match(r, s, hits[:0])
	})
	if n != 0 || len(hits) > 0 {
		t.Errorf("%v allocations, %d hits", n, len(hits))
	}
}

// Rules of the same log source come together in one class, in the order given.
func TestClasses(t *testing.T) {
	var rules []*Rule
	for _, ls := range []string{"{product: windows}", "{product: windows, service: sysmon}", "{category: process_creation}", "{product: linux}"} {
		docs, errs := Parse("t.yml", []byte("title: t\nlogsource: "+ls+"\ndetection:\n  sel: {f: x}\n  condition: sel\n"))
		if len(errs) > 0 {
			t.Fatal(errs[0])
		}
		rules = append(rules, docs[0].Rule)
	}
	m := NewMatcher(rules, MatcherOptions{})
	for _, c := range []struct {
		sources []Logsource
		want    []int
	}{
		{[]Logsource{{Product: "Windows", Service: "Sysmon"}, {Category: "process_creation", Product: "windows"}}, []int{0, 1, 2}},
		{[]Logsource{{Product: "windows", Service: "security"}}, []int{0}},
		{[]Logsource{{Product: "linux"}}, []int{3}},
		{nil, nil},
	} {
		class := m.Class(c.sources)
		r := m.NewRecord()
		r.Set("f", StringValue("X"))
		if got := class.Match(r, m.NewScratch(), nil); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.sources, got, c.want)
		}
		if m.Class(c.sources) != class {
			t.Errorf("%v: the class is made anew", c.sources)
		}
	}
}

// FuzzMatcher looks for a rule and an event on which the two differ.
func FuzzMatcher(f *testing.F) {
	for _, sel := range selections {
		f.Add(sel, "abc", "ABC", "sel")
	}
	f.Add("f|contains: ['-a', ' - ', 'é']", "x –a É", "", "not sel or other")
	f.Fuzz(func(t *testing.T, sel, a, b, cond string) {
		if strings.ContainsAny(sel, "\n&*") && len(sel) > 200 {
			return
		}
		text := fmt.Sprintf("title: t\nlogsource: {product: x}\ndetection:\n  sel: {%s}\n  other: {g|startswith: a}\n  condition: %s\n", sel, cond)
		docs, errs := Parse("t.yml", []byte(text))
		if len(errs) > 0 || len(docs) != 1 || docs[0].Rule == nil {
			return
		}
		m := NewMatcher([]*Rule{docs[0].Rule}, MatcherOptions{})
		for _, ev := range []MapEvent{{"f": StringValue(a)}, {"f": StringValue(a), "g": StringValue(b)}, {"f": StringValue(a + b), "g": StringValue(a)}, {"f": ListValue([]Value{StringValue(b), {}})}, {}} {
			agree(t, m, ev)
		}
	})
}

// A class whose rules look at the whole event says so, also where only a
// filter does.
func TestClassesSayWhetherTheyNeedKeywords(t *testing.T) {
	rule := "title: r\nid: r\nlogsource: {product: x}\ndetection:\n  sel: {f: a}\n  condition: sel\n"
	filter := "---\ntitle: f\nid: f\nlogsource: {product: x}\nfilter:\n  rules: [r]\n  known: ['scanner']\n  condition: not known\n"
	for text, want := range map[string]bool{rule: false, rule + filter: true} {
		docs, errs := Parse("k.yml", []byte(text))
		if len(errs) > 0 {
			t.Fatal(errs[0])
		}
		docs, _ = ApplyFilters(docs, FilterAsWritten)
		m := NewMatcher([]*Rule{docs[0].Rule}, MatcherOptions{})
		if got := m.Class([]Logsource{{Product: "x"}}).Keywords(); got != want {
			t.Errorf("keywords %v, want %v, for\n%s", got, want, text)
		}
	}
}
