package knowledge

import (
	"slices"
	"strings"
	"unicode"
)

// Limits of what is searched for.
const (
	maxTerms = 16
	maxWord  = 64 // bytes
	minWord  = 3  // of a word that tells something about a case
)

// term is one word of a search as the person typed it: "db-1" is the words db
// and 1, next to each other.
type term struct {
	words  []string
	prefix bool // the last word may go on
}

// parseSearch splits what a person typed. Nothing in it is syntax.
func parseSearch(s string) []term {
	var all, telling []term
	for _, field := range strings.Fields(s) {
		words := split(field)
		if len(words) == 0 || len(all) == maxTerms {
			continue
		}
		t := term{words: words}
		all = append(all, t)
		if len(words) > 1 || !isStopWord(words[0]) {
			telling = append(telling, t)
		}
	}
	// The word that is still being typed may be the start of a longer one. Very
	// short starts would match nearly everything, at a price.
	if r := []rune(s); len(all) > 0 && !unicode.IsSpace(r[len(r)-1]) && len(strings.Join(all[len(all)-1].words, "")) >= minWord {
		last := &all[len(all)-1]
		if n := len(telling); n > 0 && slices.Equal(telling[n-1].words, last.words) {
			telling[n-1].prefix = true
		}
		last.prefix = true
	}
	if len(telling) == 0 {
		return all
	}
	return telling
}

// split gives the runs of letters, their marks and digits, in small letters.
func split(s string) []string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) })
	for i, w := range words {
		if len(w) > maxWord {
			words[i] = strings.ToValidUTF8(w[:maxWord], "")
		}
	}
	return words
}

// telling are the distinct stems that say what a text is about, in its order,
// each with the word as written.
func telling(texts ...string) (stems []string, written map[string]string) {
	written = map[string]string{}
	for _, text := range texts {
		for _, w := range split(text) {
			if len(w) < minWord || isStopWord(w) {
				continue
			}
			if s := stem(w); written[s] == "" {
				written[s] = w
				stems = append(stems, s)
			}
		}
	}
	return stems, written
}

// indexed is what the index holds of a text: its words, then the stems that
// differ from them. So both "unreadab" and "sector" find "unreadable sectors".
func indexed(text string) string {
	words := split(text)
	for _, w := range words[:len(words):len(words)] {
		if s := stem(w); s != w {
			words = append(words, s)
		}
	}
	return strings.Join(words, " ")
}

// stem cuts the usual English endings, so that failed, failing and fails meet.
// It is the only stemmer in use: both engines index what it gives.
func stem(w string) string {
	for _, e := range []struct{ end, instead string }{{"ings", ""}, {"ing", ""}, {"ies", "y"}, {"ied", "y"}, {"ed", ""}, {"es", ""}, {"s", ""}} {
		cut, ok := strings.CutSuffix(w, e.end)
		if !ok || len(cut) < 3 || !strings.ContainsAny(cut, "aeiouy") || e.end == "s" && strings.HasSuffix(cut, "s") {
			continue
		}
		if n := len(cut); e.end != "es" && e.end != "s" && cut[n-1] == cut[n-2] && !strings.ContainsAny(cut[n-1:], "lsz") {
			cut = cut[:n-1] // stopped, running
		}
		return strings.TrimSuffix(cut+e.instead, "e")
	}
	if len(w) > 4 {
		return strings.TrimSuffix(w, "e")
	}
	return w
}

func isStopWord(w string) bool {
	_, found := slices.BinarySearch(stopWords, w)
	return found
}

// stopWords say nothing about a case. They are sorted.
var stopWords = strings.Fields(`a about after again all also am an and any are as at be because been before being between both but by can cannot
	could did do does during each few for from further had has have having he her here him his how i if in into is it its itself just me more
	most my no nor not now of off on once only or other our out over own same she should so some such than that the their them then there these
	they this those through to too under until up very was we were what when where which while who whom why will with would you your`)
