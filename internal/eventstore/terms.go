package eventstore

import (
	"encoding/binary"
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
//   - grams: four bytes in a row within a word, unless all four are hexadecimal
//     digits, of which every block has nearly all.
//
// The same functions make the terms of events and of queries. Grams stop at the
// ends of words so that a word that was seen lately costs no more than its hash.

// classes tell of each byte its lower-case form (the low eight bits), and
// whether it is part of a word, or a hexadecimal digit.
var classes = func() (t [256]uint16) {
	for i := range t {
		c := byte(i)
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		t[i] = uint16(c)
		if '0' <= c && c <= '9' || 'a' <= c && c <= 'f' {
			t[i] |= hexByte
		}
		if query.WordByte(c) {
			t[i] |= wordByte
		}
	}
	return t
}()

const (
	wordByte = 1 << 8
	hexByte  = 1 << 9
)

// Multipliers of the hashes: odd, of high entropy.
const (
	wordSeed  = 0xcbf29ce484222325
	wordPrime = 0x100000001b3
	valueSeed = 0x9ae16a3b2f90404f
	mixer     = 0x9e3779b97f4a7c15
	gramMixer = 0x9e3779b1
)

// finish makes 32 bits of a hash's state: with some ten thousand terms a block
// one pair in a hundred thousand blocks has the same.
func finish(h uint64) uint32 {
	hi, lo := bits.Mul64(h, mixer)
	return uint32((hi ^ lo) >> 32)
}

// wordHash is the hash of one lower-case word.
func wordHash(word string) uint32 { return hashWith(wordSeed, word) }

// valueHash is the hash of a whole lower-case value: that of the word when it
// is one.
func valueHash(value string) uint32 {
	if isWord(value) {
		return wordHash(value)
	}
	return hashWith(valueSeed, value)
}

func isWord(s string) bool {
	for i := range len(s) {
		if classes[s[i]]&wordByte == 0 {
			return false
		}
	}
	return true
}

func hashWith(h uint64, s string) uint32 {
	for i := range len(s) {
		h = (h ^ uint64(classes[s[i]]&0xff)) * wordPrime
	}
	return finish(h)
}

// gramBits is how many bits the place of a gram has before a filter folds it.
const (
	gramBits  = 18
	gramWords = 1 << gramBits / 64
)

// termSet gathers the terms of a block's texts.
type termSet struct {
	words  wordSet
	grams  [gramWords]uint64
	digits []byte // scratch
	raw    string // raw text of the event whose values are added
	at     int    // in raw: behind the value before
}

// text adds a text's words, quads and grams.
func (t *termSet) text(s string) {
	if !ascii(s) {
		s = strings.ToLower(storedText(s))
	}
	var quad quads
	for i := 0; i < len(s); {
		c := classes[s[i]]
		if c&wordByte == 0 {
			i++
			continue
		}
		start, h := i, uint64(wordSeed)
		for {
			h = (h ^ uint64(c&0xff)) * wordPrime
			if i++; i == len(s) {
				break
			}
			if c = classes[s[i]]; c&wordByte == 0 {
				break
			}
		}
		if t.words.add(finish(h)) {
			t.wordGrams(s[start:i])
		}
		if quad.word(s, start, i) {
			t.words.add(hashWith(valueSeed, s[quad.first():i]))
		}
	}
}

func (t *termSet) wordGrams(word string) {
	eachGram(word, func(p uint32) { t.grams[p>>6&(gramWords-1)] |= 1 << (p & 63) })
}

// eachGram calls f with the place of each gram of a word.
func eachGram(word string, f func(place uint32)) {
	var gram, hex uint32 // bit i of hex says that the byte i before was a hexadecimal digit
	for i := range len(word) {
		c := classes[word[i]]
		gram = gram<<8 | uint32(c&0xff)
		if hex = hex<<1 | uint32(c>>9); hex&15 != 15 && i >= 3 {
			f(gram * gramMixer >> (32 - gramBits))
		}
	}
}

func ascii(s string) bool {
	for len(s) >= 8 {
		if binary.LittleEndian.Uint64(unsafe.Slice(unsafe.StringData(s), 8))&0x8080808080808080 != 0 {
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// value adds the value of a field or column: its text, unless that is in the
// raw text already, and the whole of it.
func (t *termSet) value(s string) {
	if s == "" {
		return
	}
	if !t.covered(s) {
		t.text(s)
	}
	if !ascii(s) {
		s = strings.ToLower(storedText(s))
	}
	if !isWord(s) { // a word has been added with the text
		t.words.add(hashWith(valueSeed, s))
	}
}

// covered reports whether the text stands in the raw text behind the value
// before, as whole words, so that its words and grams are there. Values mostly
// come in the order of the raw text; one that does not is only added again.
func (t *termSet) covered(s string) bool {
	i := strings.Index(t.raw[t.at:], s)
	if i < 0 {
		return false
	}
	i += t.at
	end := i + len(s)
	if i > 0 && classes[t.raw[i-1]]&wordByte != 0 || end < len(t.raw) && classes[t.raw[end]]&wordByte != 0 {
		return false
	}
	t.at = end
	return true
}

// addr adds an address in the form that columns keep it in.
func (t *termSet) addr(s string) { t.value(query.AddrText(s)) }

// valueOf adds a native value as queries see it: a list by its members and as
// its JSON.
func (t *termSet) valueOf(v event.Value) {
	switch v.Kind() {
	case event.Str:
		t.value(v.Str())
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

// word takes the next word of a text and reports whether it is the fourth.
func (q *quads) word(s string, start, end int) bool {
	joined := q.count > 0 && start == q.last+1 && s[q.last] == '.'
	q.last = end
	if end-start > 3 || s[start] > '9' || !query.Octet(s[start:end]) {
		q.count = 0
		return false
	}
	switch {
	case !joined:
		q.count = 0
	case q.count == 4:
		copy(q.starts[:], q.starts[1:])
		q.count = 3
	}
	q.starts[q.count] = start
	q.count++
	return q.count == 4
}

func (q *quads) first() int { return q.starts[0] }

// wordSet is a set of hashes with open addressing, small so that it stays near
// the processor. Zero stands for a free place; the hash 0 is added as 1.
type wordSet struct {
	table []uint32
	n     int
	// recent are hashes that were added lately, by their low bits: most words
	// come again at once.
	recent [1 << 11]uint32
}

// add reports whether the hash is new.
func (w *wordSet) add(h uint32) bool {
	if h == 0 {
		h = 1
	}
	if r := &w.recent[h&(1<<11-1)]; *r == h {
		return false
	} else {
		*r = h
	}
	if 4*w.n >= 3*len(w.table) {
		w.grow()
	}
	mask := uint32(len(w.table) - 1)
	for i := h * gramMixer >> 4 & mask; ; i = (i + 1) & mask {
		switch w.table[i] {
		case h:
			return false
		case 0:
			w.table[i] = h
			w.n++
			return true
		}
	}
}

func (w *wordSet) grow() {
	old := w.table
	w.table = make([]uint32, max(1<<12, 2*len(old)))
	mask := uint32(len(w.table) - 1)
	for _, h := range old {
		if h == 0 {
			continue
		}
		i := h * gramMixer >> 4 & mask
		for w.table[i] != 0 {
			i = (i + 1) & mask
		}
		w.table[i] = h
	}
}

func (w *wordSet) reset() {
	clear(w.table)
	clear(w.recent[:])
	w.n = 0
}
