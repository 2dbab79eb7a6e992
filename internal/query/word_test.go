package query

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/tocsin-project/tocsin/internal/event"
)

func TestFreeTextIsWholeWords(t *testing.T) {
	for _, c := range []struct{ query, finds, not string }{
		{"fail", "a FAIL. b|fail|x-fail", "failed, unfail, fail_x, 1fail"},
		{"fail*", "failed or fail", "unfailed"},
		{"*fail", "unfail", "failed unfailed"},
		{"*fail*", "unfailed", "fai l"},
		{"fa?l", "fall; fail", "falls ofail"},
		{"?ail", "mailbox? no: xail", "ailx"},
		{"f*l", "fill the hall", "filled"},
		{"f*l", "filled, then all", "fillet"},
		{`"root login"`, "Root Login", "root logins, xroot login"},
		{`" login"`, "a login", "login"},
		{"10.0.0.1", "from 10.0.0.1:22", "10.0.0.12 110.0.0.1"},
		{"-x", "", ""},
		{`\-x`, "a-x -x", "-xx"},
		{"über", "gegenÜBER über", "überall"},
		{"kelvin", "\u212Aelvin", "x\u212Aelvin kelvin\u212A"},
		{"istanbul", "İstanbul", "sİstanbul"},
		{"straße", "STRAßE", "strasse"},
	} {
		x, err := Parse(c.query, now)
		if err != nil {
			t.Fatal(err)
		}
		text, ok := x.(Text)
		if !ok {
			continue
		}
		for _, s := range strings.FieldsFunc(c.finds, func(r rune) bool { return r == '|' }) {
			if !text.Match(&event.Event{Message: s}) {
				t.Errorf("%s is not found in %q", c.query, s)
			}
		}
		if text.Match(&event.Event{Message: c.not}) {
			t.Errorf("%s is found in %q", c.query, c.not)
		}
	}
}

func TestWordPatternsMeanWhatMatchDoes(t *testing.T) {
	alphabet := []rune("abkiK_ .-é\u212AİÜü9")
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int, with []rune) []rune {
		out := make([]rune, n)
		for i := range out {
			out[i] = with[r.IntN(len(with))]
		}
		return out
	}
	for range 20_000 {
		g := Glob(random(1+r.IntN(4), append([]rune{Many, One}, alphabet...)))
		s := string(random(r.IntN(9), alphabet))
		contains, whole := g.WordPatterns()
		found := regexp.MustCompile(contains).MatchString(s)
		if found && whole != "" {
			found = regexp.MustCompile(whole).MatchString(s)
		}
		if got := wordsOf(g).in(s); got != found {
			t.Fatalf("%s in %q: %v, by %s and %s: %v", quoteGlob(g), s, got, contains, whole, found)
		}
	}
}

func TestEveryLetterIsFoundByItsLowerCase(t *testing.T) {
	for r := rune(1); r <= unicode.MaxRune; r++ {
		low := unicode.ToLower(r)
		if low == r || unicode.ToLower(low) != low {
			continue
		}
		contains, _ := Glob{Many, r, Many}.WordPatterns()
		if !strings.ContainsRune(contains, r) {
			t.Errorf("%c (%U) is not found by %s", r, r, contains)
		}
	}
}
