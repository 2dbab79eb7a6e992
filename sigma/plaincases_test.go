package sigma

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// plainTexts are what the reader must read itself: where a shortcut would get a
// text, a type or a place wrong.
var plainTexts = []string{
	"a: b", "a: b\n", "a: b  \n", "a: b  ", "a:   b # c\n", "a : b\n", "# c\n\na: b\n  # c\n# d\n\n",
	"a:\nb:", "a:\nb: # c\n", "a:\n  b:\n  c:   \nd: 1\n", "a:\n", "a: b\n   ", "a: # c\n  b: c\n",
	"a:\n- b\n- c\nd:\n  - e\n  -  f\ng:\n- h: i\n  j: k\n- l:\n- m:\n  - n\n",
	"a:\n- - - b\n    - c\n  - d\n- e\n", "a:\n- b: c\n  d:\n    e: f\n    g:\nh:\n",
	"a: null\nb: ~\nc: True\nd: FALSE\ne: yes\nf: .inf\ng: -.INF\nh: .NaN\ni: nUll\n",
	"a: 1\nb: 010\nc: 0x1F\nd: 0o17\ne: 0b11\nf: 1_000\ng: +-5\nh: 1.50\ni: 1e3\nj: 1.5e3\nk: -0\nl: 08\nm: 9223372036854775808\nn: 99999999999999999999\no: 1.\np: .5\n",
	"a: 2026-11-24\nb: 2026-11-24 10:00\nc: 10:30\nd: 1.2.3\ne: 4a5e3\nf: -é\n",
	"a: 'it''s'\nb: ''\nc: 'x' # y\nd: \"q\\n\\\\ \\\"\\/\\e\"\n'e f': 'null'\n\"g\" : h\n",
	"a: x'y\"z [b] {c} d, e\nb: C:\\x\\*.exe\nc: a#b\nd: a:b::c\ne: -x\nf: --y - z\ng: (a)|b>c&d*e!f%g@h`i\n",
	"ü: ä ö\nb: [ä, ö, 'ü', c]\n", "a:\n  ä:\n    - \"ö\" # b\nü:",
	"a: [b, 'c', \"d\", 1, null, -x, [e , f]]\nb: {c: d, e : 1, 'f': [g, {h: i}]} # j\nk: []\nl: {}\nm: [ n o , p ]\n",
	"a: b\n  c\n  d   \n e\nf: g\n", "a: b   \n\n\n  c\n", "a: b\n  'c' {d} [e], *f &g\n", "a: b\n  c # d\ne: f\n", "a: b\n \nc: d\n", "a: 1\n  2\n",
	"a:\n  b c\nd:\n  'e'\nf:\n  [g]\nh:\n  i\n  j\nk:\n  |\n   l\n",
	"a: |\n  b\n    c\n\n  d  \n\n\ne: |-\n  f \n\n\ng: |+\n  h\n\n# i\nj: |\n\n\n  k # l\n    \n  m: n\n # o\np: q\n",
	"a: >\n  b\n  c\n\n  d\n    e\n  f\n\n\n  g\nh: >-\n  i\n  j  \n\n\nk: >+\n  l\n\n\nm:\n- >-\n  n\n   o\n   p\n- |\n q\n",
	"a: >\n\n  b\n     \n  c\n  \n    d\n   \n  e\n", "a:\n- |\n  - b\n  c: d\n- e: |\n   f\n  g: h\n",
}

func TestReaderReads(t *testing.T) {
	for _, text := range plainTexts {
		if !readersAgree(t, text, chunk{[]byte(text), 7}) {
			t.Errorf("not read: %q", text)
		}
	}
}

// libraryTexts are what the reader must leave to the library.
var libraryTexts = []string{
	"", "\n", "# a\n", "a", "- a\n", "[a]\n", "{a: b}\n", " a: b\n", "a: b\nc\n", "a: b\n- c\n", "a: b\n  c: d\n", "a: b: c\n", "a: b:\n", "a: - b\n",
	"a:\tb\n", "a: b\r\n", "a: b\x00\n", "a: &b c\nd: *b\n", "a: !!str b\n", "? a\n: b\n", "<<: {a: b}\n", "a: b <<: c\n", "%YAML 1.2\n", "a: %b\n", "a: @b\n", "a: `b`\n",
	"a: b\na: c\n", "'a': b\na: c\n", "null: a\n'null': b\n", "1: a\n01: b\n", "'': a\n", "'''a''': {'''b''': c}\na'.'b: d\n", "1: a\n", "true: a\n", "~: a\n",
	"a: 'b\n  c'\n", "a: \"b\n  c\"\n", "a: 'b\n", "a: 'b' c\n", "a: 'b'#c\n", "a: \"\\x41\"\n", "a: \"\\q\"\n", "a: 'b': c\n",
	"a: |\nb: c\n", "a: |\n", "a: |2\n   b\n", "a: | # c\n  b\n", "a: |\n    \n  b\n", "a: |\n  b",
	"a: b\n  - c\n", "a: b\n   \n  c\n", "a: b # c\n  d\n", "a: b\n  # c\n  d\n", "a: b\n  c: d\n", "a: b\n  c:\n",
	"a:\n-\n- b\n", "a:\n- \nb: c\n", "a:\n- # b\n  c\n", "a:\n    b: c\n  d: e\n", "a:\n  - b\n c: d\n", "a:\n- b: c\n   d: e\n", "a:\nb\n",
	"a: [b\n", "a: [b,\n c]\n", "a: [b]c\n", "a: [b,]\n", "a: [,b]\n", "a: [b: c]\n", "a: {b}\n", "a: {b: }\n", "a: {b:c}\n", "a: {b: c, b: d}\n",
	"a: [b]]\n", "a: [b}\n", "a: [b #c]\n", "a: [- b]\n", "a: ]\n", "a: {b: [c:d]}\n",
	"---\na: b\n", "a: b\n...\n", "a: b\n---c: d\n", "a: b\n...c: d\n",
	"a:\n" + strings.Repeat("- ", 40) + "b\n", "a: '" + strings.Repeat("[", maxNesting+1) + "'\n", "a: '" + strings.Repeat("- ", maxNesting+1) + "'\n",
}

func TestReaderGivesUp(t *testing.T) {
	for _, text := range libraryTexts {
		if n := readPlain(text, 0); n != nil {
			t.Errorf("read: %q", text)
		}
	}
}

// yamlPieces are what a change to a document may put in.
var yamlPieces = []string{
	"\n", "\n", "\n  ", "\n  ", "\n    ", "\n ", " ", "   ", "a: ", "b: ", "c:", "d", "- ", "-", "\n- ", "\n  - ", "e f", "#", " # g", ": ", ":", "'h'", "\"i\\n\"", "'", "\"",
	"[", "]", "{", "}", ", ", ",", "|", ">", "|-\n", ">-\n  ", ">+\n  ", "|\n  ", "1", "0", ".", "null", "~", "é", "'j': ", "<", "%", "*", "&", "!", "?", "\\",
}

// Documents that differ a little from ones the reader reads are read alike too.
func TestReaderOnMutants(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	texts := append(plainTexts[:len(plainTexts):len(plainTexts)], ruleWith("f|contains: [x, y]", "sel"))
	const tries = 20_000
	read := 0
	for i := range tries {
		text := texts[i%len(texts)]
		for range 1 + rng.IntN(3) {
			from := rng.IntN(len(text) + 1)
			to := min(len(text), from+rng.IntN(4))
			text = text[:from] + yamlPieces[rng.IntN(len(yamlPieces))] + text[to:]
		}
		if utf8.ValidString(text) && readersAgree(t, "", chunk{[]byte(text), 0}) {
			read++
		}
	}
	t.Logf("%d of %d read", read, tries)
	if read < tries/5 {
		t.Error("too few to tell")
	}
}

// FuzzReaderAgrees tries texts, and documents put together from pieces.
func FuzzReaderAgrees(f *testing.F) {
	for i, text := range append(plainTexts[:len(plainTexts):len(plainTexts)], libraryTexts...) {
		f.Add(text, []byte{byte(i), byte(i * 7), 2, byte(i * 3), 4, byte(i * 5), 1})
	}
	f.Add(ruleWith("f|contains: x", "sel"), []byte{})
	f.Fuzz(func(t *testing.T, text string, made []byte) {
		var b strings.Builder
		for _, i := range made {
			b.WriteString(yamlPieces[int(i)%len(yamlPieces)])
		}
		for _, text := range []string{text, b.String(), "k: " + b.String()} {
			if utf8.ValidString(text) && len(text) < 2000 {
				readersAgree(t, "", chunk{[]byte(text), 3})
			}
		}
	})
}
