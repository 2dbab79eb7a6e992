package eventstore

import (
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
)

// Terms are what block filters know of a text, all of it lower-cased:
//
//   - words: runs of ASCII letters, digits and underscores;
//   - dotted quads, whole, since an address is four words that every block has;
//   - whole values of fields and columns that are more than one word;
//   - grams: four bytes in a row, unless all four are hexadecimal digits, of
//     which every block has nearly all.
//
// The same functions make the terms of events and of queries.

// class is what a byte is to the terms: its lower-case form, and whether it is
// part of a word or a hexadecimal digit.
type class struct {
	lower     byte
	word, hex bool
}

var classes = func() (t [256]class) {
	for i := range t {
		c := byte(i)
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		digit, letter := '0' <= c && c <= '9', 'a' <= c && c <= 'z'
		t[i] = class{c, digit || letter || c == '_', digit || 'a' <= c && c <= 'f'}
	}
	return t
}()

// Multipliers of the hashes: odd, of high entropy.
const (
	wordSeed  = 0xcbf29ce484222325
	wordPrime = 0x100000001b3
	valueSeed = 0x9ae16a3b2f90404f
	mixer     = 0x9e3779b97f4a7c15
	gramMixer = 0x9e3779b1
)

func finish(h uint64) uint64 {
	hi, lo := bits.Mul64(h, mixer)
	return hi ^ lo
}

// wordHash is the hash of one lower-case word.
func wordHash(word string) uint64 { return hashWith(wordSeed, word) }

// valueHash is the hash of a whole lower-case value: that of the word when it
// is one.
func valueHash(value string) uint64 {
	for i := range len(value) {
		if !classes[value[i]].word {
			return hashWith(valueSeed, value)
		}
	}
	return wordHash(value)
}

func hashWith(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(classes[s[i]].lower)) * wordPrime
	}
	return finish(h)
}

// gramBits is how many bits the place of a gram has before a filter folds it.
const gramBits = 18

func gramPlace(gram uint32) uint32 { return gram * gramMixer >> (32 - gramBits) }

// termSet gathers the terms of a block's texts.
type termSet struct {
	words  wordSet
	grams  [1 << gramBits / 64]uint64
	digits []byte // scratch
}

// text adds a text's words, quads and grams.
func (t *termSet) text(s string) {
	var (
		h      uint64 = wordSeed
		inWord bool
		gram   uint32
		hex    int // hexadecimal digits in a row, up to here
		quad   quads
	)
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			t.folded(s)
			return
		}
		c := classes[s[i]]
		gram = gram<<8 | uint32(c.lower)
		if hex++; !c.hex {
			hex = 0
		}
		if i >= 3 && hex < 4 {
			p := gramPlace(gram)
			t.grams[p>>6] |= 1 << (p & 63)
		}
		switch {
		case c.word:
			if !inWord {
				inWord, h = true, wordSeed
				quad.begin(i)
			}
			h = (h ^ uint64(c.lower)) * wordPrime
		case inWord:
			inWord = false
			t.words.add(finish(h))
			if quad.end(s, i) {
				t.words.add(hashWith(valueSeed, s[quad.first():i]))
			}
		}
	}
	if inWord {
		t.words.add(finish(h))
		if quad.end(s, len(s)) {
			t.words.add(hashWith(valueSeed, s[quad.first():]))
		}
	}
}

// folded adds a text that is not all ASCII: once lower-cased by Unicode's
// rules, bytes over 0x7f are no part of a word.
func (t *termSet) folded(s string) {
	s = strings.ToLower(s)
	inWord, start := false, 0
	var gram uint32
	hex := 0
	for i := range len(s) + 1 {
		var c class
		if i < len(s) {
			c = classes[s[i]]
			gram = gram<<8 | uint32(s[i])
			if hex++; !c.hex {
				hex = 0
			}
			if i >= 3 && hex < 4 {
				p := gramPlace(gram)
				t.grams[p>>6] |= 1 << (p & 63)
			}
		}
		if c.word && !inWord {
			inWord, start = true, i
		} else if !c.word && inWord {
			inWord = false
			t.words.add(wordHash(s[start:i]))
		}
	}
	eachQuad(s, func(q string) { t.words.add(hashWith(valueSeed, q)) })
}

// value adds the value of a field or column: its text, and the whole of it.
func (t *termSet) value(s string) {
	if s == "" {
		return
	}
	t.text(s)
	lower := s
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			lower = strings.ToLower(s)
			break
		}
	}
	t.words.add(valueHash(lower))
}

// addr adds an address in the form that columns keep it in.
func (t *termSet) addr(s string) { t.value(query.AddrText(s)) }

// valueOf adds a native value as queries see it: a list by its members and as
// its JSON.
func (t *termSet) valueOf(v event.Value) {
	switch v.Kind() {
	case event.Str:
		t.value(storedText(v.Str()))
	case event.Int:
		t.digits = strconv.AppendInt(t.digits[:0], v.Int(), 10)
		t.value(unsafe.String(unsafe.SliceData(t.digits), len(t.digits)))
	case event.List:
		for _, m := range v.List() {
			t.valueOf(m)
		}
		t.value(v.Text())
	default:
		t.value(v.Text())
	}
}

func (t *termSet) reset() {
	t.words.reset()
	clear(t.grams[:])
}

// quads finds four words of one to three digits that dots join.
type quads struct {
	starts [4]int
	count  int
	last   int // where the word before ended
}

func (q *quads) begin(i int) {
	if q.count == 0 || i != q.last+1 {
		q.count = 0
	}
	if q.count == 4 {
		copy(q.starts[:], q.starts[1:])
		q.count = 3
	}
	q.starts[q.count] = i
	q.count++
}

// end closes the word that began last and reports whether it is the fourth.
func (q *quads) end(s string, i int) bool {
	start := q.starts[q.count-1]
	q.last = i
	if !query.Octet(s[start:min(i, start+4)]) {
		q.count = 0
		return false
	}
	if q.count > 1 && s[start-1] != '.' {
		q.starts[0], q.count = start, 1
	}
	return q.count == 4
}

func (q *quads) first() int { return q.starts[0] }

// eachQuad calls f with each dotted quad in a text.
func eachQuad(s string, f func(string)) {
	var q quads
	in := false
	for i := range len(s) + 1 {
		word := i < len(s) && classes[s[i]].word
		switch {
		case word && !in:
			q.begin(i)
		case !word && in && q.end(s, i):
			f(s[q.first():i])
		}
		in = word
	}
}

// wordSet is a set of hashes with open addressing. Zero stands for a free
// place; the hash 0 is added as 1.
type wordSet struct {
	table []uint64
	n     int
	// recent are hashes that were added lately, by their low bits: most words
	// come again at once.
	recent [1 << 12]uint64
}

func (w *wordSet) add(h uint64) {
	if h == 0 {
		h = 1
	}
	if r := &w.recent[h&(1<<12-1)]; *r == h {
		return
	} else {
		*r = h
	}
	if 2*w.n >= len(w.table) {
		w.grow()
	}
	mask := uint64(len(w.table) - 1)
	for i := h >> 12 & mask; ; i = (i + 1) & mask {
		switch w.table[i] {
		case h:
			return
		case 0:
			w.table[i] = h
			w.n++
			return
		}
	}
}

func (w *wordSet) grow() {
	old := w.table
	w.table, w.n = make([]uint64, max(1<<12, 2*len(old))), 0
	mask := uint64(len(w.table) - 1)
	for _, h := range old {
		if h == 0 {
			continue
		}
		i := h >> 12 & mask
		for w.table[i] != 0 {
			i = (i + 1) & mask
		}
		w.table[i] = h
		w.n++
	}
}

func (w *wordSet) reset() {
	clear(w.table)
	clear(w.recent[:])
	w.n = 0
}
