package sigma

import (
	"fmt"
	"strings"
	"testing"
)

// ruleWith makes a rule of one selection and its condition.
func ruleWith(selection, condition string) string {
	return "title: t\nid: 5f6a1c1e-0000-4000-8000-000000000001\nlogsource: {product: test}\ndetection:\n  sel:\n    " +
		strings.ReplaceAll(selection, "\n", "\n    ") + "\n  condition: " + condition + "\n"
}

func mustRule(t testing.TB, text string) *Rule {
	t.Helper()
	docs, errs := Options{Placeholders: map[string][]string{"admins": {"root", "adm*"}, "tld": {"com", "org"}, "nets": {"10.0.0.0/8", "fe80::/10"}, "max": {"5", "7"}}}.Parse("test.yml", []byte(text))
	if len(errs) > 0 || len(docs) != 1 {
		t.Fatalf("%v\n%s", errs, text)
	}
	return docs[0].Rule
}

func val(v any) Value {
	switch v := v.(type) {
	case string:
		return StringValue(v)
	case int:
		return IntValue(int64(v))
	case float64:
		return FloatValue(v)
	case bool:
		return BoolValue(v)
	case []any:
		var list []Value
		for _, m := range v {
			list = append(list, val(m))
		}
		return ListValue(list)
	}
	return Value{}
}

// absent stands for an event without the field.
type absent struct{}

// Each row: a selection on field f, the values of f that match, those that do not.
func TestModifiers(t *testing.T) {
	type vs = []any
	for _, c := range []struct {
		selection string
		yes, no   vs
	}{
		// plain values
		{`f: Abc`, vs{"abc", "ABC", "Abc", vs{"x", "ABC"}}, vs{"abcd", "xabc", "", nil, absent{}, vs{"x"}}},
		{`f: "é"`, vs{"É", "é"}, vs{"e"}},
		{`f: k`, vs{"K"}, vs{"\u212a"}},
		{`f: 4625`, vs{4625, "4625", 4625.0}, vs{"04625", 462, "46250", true}},
		{`f: 1.5`, vs{1.5, "1.5"}, vs{1, "1.50"}},
		{`f: true`, vs{true, "true", "TRUE"}, vs{false, 1, absent{}}},
		{`f: ["a", 2, b]`, vs{"A", 2, "2", "b"}, vs{"c", 3}},
		{`f: null`, vs{nil, absent{}}, vs{"", "null", 0}},
		{`f: ""`, vs{""}, vs{nil, absent{}, " "}},
		{`f: "*"`, vs{"", "x", 3}, vs{nil, absent{}}},
		{`f: "4?"`, vs{42, "4x"}, vs{4, 425}},
		// wildcards and escapes
		{`f: 'a*c'`, vs{"ac", "abc", "a*c", "a\nc"}, vs{"abcd", "xac"}},
		{`f: 'a?c'`, vs{"abc", "a?c", "aéc"}, vs{"ac", "abbc"}},
		{`f: 'a\*c'`, vs{"a*c"}, vs{"abc", `a\*c`}},
		{`f: 'a\?c'`, vs{"a?c"}, vs{"abc"}},
		{`f: 'a\\*c'`, vs{`a\c`, `a\xc`}, vs{"a*c", "axc"}},
		{`f: 'a\\\*c'`, vs{`a\*c`}, vs{`a\xc`, "a*c"}},
		{`f: 'a\\c'`, vs{`a\c`}, vs{`a\\c`}},
		{`f: 'a\c'`, vs{`a\c`}, vs{`a\\c`}},
		{`f: 'a\\\\c'`, vs{`a\\c`}, vs{`a\c`}},
		{`f: 'C:\Windows\'`, vs{`c:\windows\`}, vs{`c:\windows`}},
		// position
		{`f|contains: bc`, vs{"abcd", "BC"}, vs{"b c", absent{}}},
		{`f|contains: 62`, vs{4625, "x62"}, vs{461}},
		{`f|contains: 'b*d'`, vs{"abcde"}, vs{"db"}},
		{`f|contains: '\'`, vs{`a\b`}, vs{"ab"}},
		{`f|startswith: [a, b]`, vs{"ax", "Bx"}, vs{"xa"}},
		{`f|endswith: '\cmd.exe'`, vs{`C:\CMD.EXE`}, vs{"cmd.exe", `\cmd.exe2`}},
		{`f|contains|all: [a, b]`, vs{"ab", "BA"}, vs{"a", "b"}},
		{`f|all|contains: [a, b]`, vs{"ab"}, vs{"a"}},
		// comparison of text
		{`f|cased: Abc`, vs{"Abc"}, vs{"abc"}},
		{`f|contains|cased: Abc`, vs{"xAbcx"}, vs{"xabcx"}},
		{`f|neq: a`, vs{"b", nil, absent{}}, vs{"a", "A"}},
		{`f|neq: [a, b]`, vs{"c"}, vs{"a", "b"}},
		{`f|contains|neq: a`, vs{"b"}, vs{"xax"}},
		{`f|neq: null`, vs{"", "x"}, vs{nil, absent{}}},
		{`f|exists: true`, vs{"", nil, "x"}, vs{absent{}}},
		{`f|exists: false`, vs{absent{}}, vs{"", nil}},
		{`f|exists|neq: true`, vs{absent{}}, vs{"", nil, "x"}},
		{`f|neq|all: [a, b]`, vs{"a", "b", "c"}, nil},
		{`f|cased|endswith|neq: A`, vs{"a"}, vs{"xA"}},
		{`f|neq: 5`, vs{4, "x", absent{}}, vs{5, "5", 5.0}},
		{`f|contains: [a, 1]`, vs{"xa", 21}, vs{"b"}},
		{`f: [true, x]`, vs{true, "x", "TRUE"}, vs{"y"}},
		// regular expressions
		{`f|re: 'a.c'`, vs{"xabcx"}, vs{"ABC", "a\nc"}},
		{`f|re|i: 'a.c'`, vs{"ABC"}, vs{"ac"}},
		{`f|re|ignorecase: '^a$'`, vs{"A"}, vs{"b\nA"}},
		{`f|re|m: '^a$'`, vs{"b\na"}, vs{"ba"}},
		{`f|re|multiline|i: '^a$'`, vs{"b\nA"}, vs{"ba"}},
		{`f|re|s: 'a.c'`, vs{"a\nc"}, vs{"A\nc"}},
		{`f|re|dotall|i: 'a.c'`, vs{"A\nC"}, vs{"ac"}},
		{`f|re: ['^a', 'z$']`, vs{"ab", "yz"}, vs{"ya"}},
		{`f|re|all: ['^a', 'z$']`, vs{"abz"}, vs{"ab"}},
		// windash
		{`f|windash|contains: ' -s '`, vs{"x -s y", "x /S y", "x –s y", "x —s y", "x ―s y"}, vs{"x s y", "x +s y"}},
		{`f|contains|windash: 'a-b -c'`, vs{"a-b /c"}, vs{"a/b -c"}},
		{`f|windash: '-a /b'`, vs{"/a -b"}, vs{"a b"}},
		// encodings
		{`f|base64: foobar`, vs{"Zm9vYmFy"}, vs{"foobar"}},
		{`f|base64offset|contains: foobar`, vs{"Zm9vYmFy", "eGZvb2Jhcg==", "eHhmb29iYXI=", "eGZvb2Jhcnh4"}, vs{"Zm9v"}},
		{`f|wide|base64offset|contains: ping`, vs{"cABpAG4AZwA=", "eHAAaQBuAGcA"}, vs{"cGluZw=="}},
		{`f|utf16le|contains: ab`, vs{"a\x00b\x00"}, vs{"ab", "\x00a\x00b"}},
		{`f|utf16be: ab`, vs{"\x00a\x00b"}, vs{"a\x00b\x00"}},
		{`f|utf16: ab`, vs{"\xff\xfea\x00b\x00"}, vs{"a\x00b\x00"}},
		{`f|wide: é`, vs{"\xe9\x00"}, vs{"é"}},
		{`f|windash|base64: ' -a'`, vs{"IC1h", "IC9h"}, vs{"IGE="}},
		{`f|base64|contains: foobar`, vs{"xxZm9vYmFyxx"}, vs{"foobar"}},
		{`f|utf16|base64: ab`, vs{"//5hAGIA"}, vs{"YQBiAA=="}},
		{`f|utf16be|base64offset|contains: ping`, vs{"AHAAaQBuAGc="}, vs{"cABpAG4AZwA="}},
		{`f|base64: [a, b]`, vs{"YQ==", "Yg=="}, vs{"a"}},
		{`f|wide|contains|all: [a, b]`, vs{"a\x00b\x00"}, vs{"a\x00"}},
		{`f|windash|startswith: '-a'`, vs{"/abc", "\u2013a"}, vs{"a-a"}},
		{`f|windash|endswith: ' -a'`, vs{"x /a"}, vs{"x a"}},
		{`f|windash|contains|all: [' -a', ' /b']`, vs{"x /a -b"}, vs{"x -a"}},
		// numbers
		{`f|lt: [3, -5]`, vs{2, -6}, vs{3}},
		{`f|lte: 1.5`, vs{1.5, "1.5", 1}, vs{1.6}},
		{`f|lt: 5`, vs{4, "4", 4.9, -1}, vs{5, 6, "x", nil, absent{}}},
		{`f|lte: 5`, vs{5, 4}, vs{5.1}},
		{`f|gt: 5`, vs{6, "5.5"}, vs{5, ""}},
		{`f|gte: 5.5`, vs{5.5, 6, vs{1, 6}}, vs{5}},
		{`f|gt|neq: 5`, vs{5, absent{}}, vs{6}},
		// parts of a timestamp
		{`f|minute: 7`, vs{"2025-03-04T05:07:00Z", "2025-03-04 05:07:59.123"}, vs{"2025-03-04T07:05:00Z", 7}},
		{`f|hour: [22, 23]`, vs{"2025-03-04T23:07:00+02:00"}, vs{"2025-03-04T21:07:00Z", "night"}},
		{`f|hour|gte: 22`, vs{"2025-03-04T23:07:00Z"}, vs{"2025-03-04T21:59:59Z"}},
		{`f|day: 4`, vs{"2025-03-04", 1741064820, 1741064820000, 1741064820000000, 1741064820000000000}, vs{"2025-04-03"}},
		{`f|week: 10`, vs{"2025-03-04T00:00:00Z"}, vs{"2025-03-10T00:00:00Z"}},
		{`f|month: 3`, vs{"2025-03-04T00:00:00Z"}, vs{"2025-04-03T00:00:00Z"}},
		{`f|year: 2025`, vs{"2025-12-31T23:59:59Z", 1741064820}, vs{"2026-01-01T00:00:00Z"}},
		{`f|day|lt: 5`, vs{"2025-03-04"}, vs{"2025-03-05"}},
		{`f|minute|neq: 7`, vs{"2025-03-04T05:08:00Z", "x", absent{}}, vs{"2025-03-04T05:07:00Z"}},
		{`f|year: [2024, 2025]`, vs{"2024-01-01", "Tue, 04 Mar 2025 05:07:00 +0000"}, vs{"2026-01-01"}},
		// networks
		{`f|cidr|neq: 10.0.0.0/8`, vs{"11.0.0.1", "x", absent{}}, vs{"10.0.0.1"}},
		{`f|cidr: '2001:db8::/32'`, vs{"2001:DB8::1"}, vs{"2001:db9::1"}},
		{`f|cidr: 10.0.0.0/8`, vs{"10.1.2.3", "::ffff:10.1.2.3"}, vs{"11.1.2.3", "x", "", "::1"}},
		{`f|cidr: ['192.168.0.0/16', 'fe80::/10']`, vs{"192.168.1.1", "fe80::1", "fe80::1%eth0"}, vs{"192.169.0.1", "::1"}},
		{`f|cidr: '10.0.0.1'`, vs{"10.0.0.1"}, vs{"10.0.0.2"}},
		// placeholders
		{`f|expand: '%admins%'`, vs{"root", "administrator"}, vs{"%admins%", "x"}},
		{`f|expand|endswith: '@x.%tld%'`, vs{"a@x.com", "a@x.ORG"}, vs{"a@x.net"}},
		{`f|cidr|expand: '%nets%'`, vs{"10.1.1.1", "fe80::1"}, vs{"11.1.1.1"}},
		{`f|re|expand: '^%tld%[0-9]$'`, vs{"com1", "org2"}, vs{"%tld%1", "net1"}},
		{`f|gt|expand: '%max%'`, vs{6, 8}, vs{5}},
		{`f|expand|neq: '%tld%'`, vs{"net"}, vs{"com", "ORG"}},
		{`f|expand|all|contains: ['%tld%', x]`, vs{"com.x", "xorg"}, vs{"com", "x"}},
		{`f|expand: '\%admins%'`, vs{"%admins%"}, vs{"root"}},
		// other fields of the event: g is "Beta"
		{`f|fieldref: g`, vs{"beta", "BETA"}, vs{"betas", nil, absent{}}},
		{`f|fieldref|neq: g`, vs{"alpha"}, vs{"beta"}},
		{`f|fieldref|contains: g`, vs{"xbetax"}, vs{"bet"}},
		{`f|fieldref|startswith: g`, vs{"betax"}, vs{"xbeta"}},
		{`f|endswith|fieldref: g`, vs{"xbeta"}, vs{"betax"}},
		{`f|fieldref|cased: g`, vs{"Beta"}, vs{"beta"}},
		{`f|fieldref: star`, vs{"a*"}, vs{"ab"}},
		{`f|fieldref: [g, star]`, vs{"beta", "a*"}, vs{"x"}},
		{`f|fieldref|endswith|neq: g`, vs{"betax"}, vs{"xbeta"}},
		{`f|fieldref: none`, nil, vs{"x", "", nil, absent{}}},
		// maps and lists of maps
		{"f|startswith: a\nf|endswith: z", vs{"az"}, vs{"a", "z"}},
		{"- f: a\n- f: b\n  g: beta", vs{"a", "b"}, vs{"c"}},
		{"- f: b\n  g: x", nil, vs{"b"}},
	} {
		r := mustRule(t, ruleWith(c.selection, "sel"))
		for want, list := range map[bool]vs{true: c.yes, false: c.no} {
			for _, v := range list {
				ev := MapEvent{"g": StringValue("Beta"), "star": StringValue("a*")}
				if _, gone := v.(absent); !gone {
					ev["f"] = val(v)
				}
				if got := r.Match(ev); got != want {
					t.Errorf("%s on %#v: %v, want %v", c.selection, v, got, want)
				}
				if e := r.Explain(ev); e.Matched != want {
					t.Errorf("%s on %#v: explained as %v", c.selection, v, e.Matched)
				}
			}
		}
	}
}

func TestKeywords(t *testing.T) {
	for _, c := range []struct {
		selection string
		yes, no   []string
	}{
		{"- foo\n- b*r", []string{"x FOO y", "x bxxr"}, []string{"fo o"}},
		{"'|all':\n  - foo\n  - bar", []string{"bar foo"}, []string{"foo"}},
		{"- 4625", []string{"id=4625;"}, []string{"462"}},
		{"'|re': 'a\\d'", []string{"xa1"}, []string{"A1"}},
		{"- foo\n- f: a", []string{"foo"}, []string{"b"}},
	} {
		r := mustRule(t, ruleWith(c.selection, "sel"))
		for want, list := range map[bool][]string{true: c.yes, false: c.no} {
			for _, text := range list {
				if r.Match(MapEvent{"raw": StringValue(text)}) != want {
					t.Errorf("%s on %q: want %v", c.selection, text, want)
				}
			}
		}
	}
	r := mustRule(t, ruleWith("'|all':\n  - foo\n  - bar", "sel"))
	if !r.Match(MapEvent{"a": StringValue("foo"), "b": StringValue("bar")}) {
		t.Error("keywords with all may stand in different texts")
	}
}

// Mistakes are named where they stand.
func TestRejected(t *testing.T) {
	for _, c := range []struct{ selection, condition, where, reason string }{
		{`f|contians: x`, "sel", "6:5", `unknown modifier "contians"`},
		{`f|i: x`, "sel", "6:5", `only follows re`},
		{`f|re: '(?=x)'`, "sel", "6:11", "RE2"},
		{`f|cidr: 10.0.0.0/33`, "sel", "6:13", "CIDR"},
		{`f|exists: maybe`, "sel", "6:15", "true or false"},
		{`f|gt: x`, "sel", "6:11", "takes a number"},
		{`f|gt|lt: 1`, "sel", "6:5", "only one of"},
		{`f|re|contains: x`, "sel", "6:5", "cannot be combined"},
		{`f|base64: 'a*'`, "sel", "6:15", "cannot encode wildcards"},
		{`f|expand: '%nobody%'`, "sel", "6:15", "placeholder %nobody%"},
		{`f: [a, null]`, "sel", "6:12", "null is not allowed"},
		{`f: []`, "sel", "6:5", "no values"},
		{`f: {a: b}`, "sel", "6:8", "plain value or a list"},
		{`f: a`, "sel and", "7:14", "expected"},
		{`f: a`, "other", "7:14", `no selection "other"`},
		{`f: a`, "sel | count() > 5", "7:14", "write a correlation"},
		{`f: a`, "(sel", "7:14", "not closed"},
		{`f: a`, "sel sel", "7:14", "unexpected"},
		{`f: a`, "1 of filter*", "7:14", "no selection is named like"},
		{`f: a`, "2 of them", "7:14", "only 1, any and all"},
	} {
		_, errs := Parse("r.yml", []byte(ruleWith(c.selection, c.condition)))
		if len(errs) != 1 {
			t.Errorf("%s / %s: %v", c.selection, c.condition, errs)
			continue
		}
		e := errs[0]
		if got := fmt.Sprintf("%d:%d", e.Line, e.Column); got != c.where || !strings.Contains(e.Reason, c.reason) || e.Rule == "" {
			t.Errorf("%s / %s: %v (%s)", c.selection, c.condition, e, e.Rule)
		}
	}
}
