package eventstore

import (
	"io"
	"math/bits"

	"github.com/tocsin-project/tocsin/internal/query"
)

// blockRows is how many rows of one partition, in the order in which they came,
// share a filter. A segment's row groups have as many, so that a block that may
// match is one row group to read.
const blockRows = 8192

// block is a run of rows and what may be in them. words is a Bloom filter,
// grams a bitmap of a power of two bits; an empty one knows nothing.
type block struct {
	rows             int32
	minTime, maxTime int64 // ns, inclusive
	minSeq, maxSeq   uint64
	words, grams     bitset
	sumSeq, sumIdx   int64 // of its rows' positions, until its segment is written
}

// bitset is a run of bits, in memory or at a place in a filter file.
type bitset struct {
	mem   []byte
	at    int64
	bytes int
}

func inMemory(b []byte) bitset { return bitset{mem: b, bytes: len(b)} }

// reader reads bits of one filter file; the zero reader those in memory. A bit
// that cannot be read is set: that hides nothing.
type reader struct {
	file io.ReaderAt
	buf  [1]byte
	err  error
}

func (r *reader) bit(b *bitset, i uint64) bool {
	if b.mem != nil {
		return b.mem[i>>3]&(1<<(i&7)) != 0
	}
	if _, err := r.file.ReadAt(r.buf[:], b.at+int64(i>>3)); err != nil {
		r.err = err
		return true
	}
	return r.buf[0]&(1<<(i&7)) != 0
}

// bloomHashes and bloomBits (a key) give one false positive in about 220.
const (
	bloomHashes = 7
	bloomBits   = 11
)

// bloomStart gives the first place of a hash, as a fraction of 2^64, and the way
// from each place to the next.
func bloomStart(h uint32) (x, step uint64) {
	x = (uint64(h) + 1) * mixer
	return x, (x>>29^x<<17)*mixer | 1
}

func newBloom(w *wordSet) []byte {
	if w.n == 0 {
		return nil
	}
	b := make([]byte, (w.n*bloomBits+7)/8)
	for _, h := range w.table {
		if h == 0 {
			continue
		}
		x, step := bloomStart(h)
		for range bloomHashes {
			p, _ := bits.Mul64(x, uint64(len(b))*8)
			b[p>>3] |= 1 << (p & 7)
			x += step
		}
	}
	return b
}

func bloomHas(r *reader, b *bitset, h uint32) bool {
	if h == 0 {
		h = 1
	}
	x, step := bloomStart(h)
	for range bloomHashes {
		p, _ := bits.Mul64(x, uint64(b.bytes)*8)
		if !r.bit(b, p) {
			return false
		}
		x += step
	}
	return true
}

// fold makes the gram bitmap as small as it can be with two in five bits set;
// one that is fuller even at its largest would help nobody.
func fold(grams *[gramWords]uint64) []byte {
	words := append([]uint64(nil), grams[:]...)
	for len(words) > 64 {
		half := make([]uint64, len(words)/2)
		set := 0
		for i := range half { // the place's low bits are dropped: neighbours merge
			half[i] = merge(words[2*i]) | merge(words[2*i+1])<<32
			set += bits.OnesCount64(half[i])
		}
		if set*5 > len(half)*64*2 {
			break
		}
		words = half
	}
	set := 0
	out := make([]byte, 0, len(words)*8)
	for _, w := range words {
		set += bits.OnesCount64(w)
		out = append(out, byte(w), byte(w>>8), byte(w>>16), byte(w>>24), byte(w>>32), byte(w>>40), byte(w>>48), byte(w>>56))
	}
	if set*5 > len(words)*64*4 {
		return nil
	}
	return out
}

// merge ors each two neighbouring bits into one of 32.
func merge(w uint64) uint64 {
	w = (w | w>>1) & 0x5555555555555555
	w = (w | w>>1) & 0x3333333333333333
	w = (w | w>>2) & 0x0f0f0f0f0f0f0f0f
	w = (w | w>>4) & 0x00ff00ff00ff00ff
	w = (w | w>>8) & 0x0000ffff0000ffff
	return (w | w>>16) & 0x00000000ffffffff
}

// probe is a query's need as hashes.
type probe struct {
	words []uint32
	grams []uint32 // places in the unfolded bitmap
	all   []probe
	any   []probe
}

// newProbe compiles a need; nil when filters cannot help.
func newProbe(x query.Expr) *probe {
	if x == nil {
		return nil
	}
	n := query.Needs(x)
	if n.Nothing() {
		return nil
	}
	p := compile(n)
	return &p
}

func compile(n query.Need) (p probe) {
	for _, w := range n.Words {
		p.words = append(p.words, wordHash(w))
	}
	for _, v := range n.Values {
		p.words = append(p.words, valueHash(v))
		p.part(v)
	}
	for _, s := range n.Parts {
		p.part(s)
	}
	for _, q := range n.Quads {
		p.words = append(p.words, hashWith(valueSeed, q))
	}
	for _, m := range n.All {
		p.all = append(p.all, compile(m))
	}
	for _, m := range n.Any {
		p.any = append(p.any, compile(m))
	}
	return p
}

// part adds the grams of the words, whole and cut, of a lower-cased text.
func (p *probe) part(s string) {
	for i := 0; i < len(s); {
		start := i
		for i < len(s) && classes[s[i]]&wordByte != 0 {
			i++
		}
		eachGram(s[start:i], func(place uint32) { p.grams = append(p.grams, place) })
		if i == start {
			i++
		}
	}
}

// mayWithin reports whether the block can hold a match within [lo, hi].
func (p *probe) mayWithin(r *reader, b *block, lo, hi int64) bool {
	return b.minTime <= hi && b.maxTime >= lo && p.may(r, b)
}

// may reports whether the block can hold a match; r reads its bits.
func (p *probe) may(r *reader, b *block) bool {
	if p == nil {
		return true
	}
	if b.words.bytes > 0 {
		for _, h := range p.words {
			if !bloomHas(r, &b.words, h) {
				return false
			}
		}
	}
	if b.grams.bytes > 0 {
		shift := gramBits - (bits.Len(uint(b.grams.bytes*8)) - 1)
		for _, g := range p.grams {
			if !r.bit(&b.grams, uint64(g>>shift)) {
				return false
			}
		}
	}
	for i := range p.all {
		if !p.all[i].may(r, b) {
			return false
		}
	}
	for i := range p.any {
		if p.any[i].may(r, b) {
			return true
		}
	}
	return len(p.any) == 0
}
