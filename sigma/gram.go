package sigma

// gram4 reads four bytes with letters in lower case. Some other bytes fold as
// well ('[' and '{'); the fold is the same on both sides, and what it lets
// through is compared in full.
func gram4(s string, i int) uint32 {
	_ = s[i+3]
	return (uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16 | uint32(s[i+3])<<24) | 0x20202020
}

// gram3 is gram4 over three bytes.
func gram3(s string, i int) uint32 {
	_ = s[i+2]
	return (uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16) | 0x202020
}

// gram2 is gram4 over two bytes.
func gram2(s string, i int) uint32 {
	_ = s[i+1]
	return (uint32(s[i]) | uint32(s[i+1])<<8) | 0x2020
}

// grams finds which of many literals stand in a text. Each literal is known by
// one of its grams, the one that texts are least likely to hold; a bit set
// passes over nearly all places of a text at about a nanosecond each, without
// lowering its case and without a table that grows with the literals.
type grams struct {
	four, three, two gramTable
	one              *[256][]int32 // literals of one byte, by lower-case byte
}

// gramTable holds the literals known by grams of one length.
type gramTable struct {
	bits  []uint64 // power of two bits, set where a gram hashes to
	shift uint8
	mask  uint32
	slots []gramSlot // open addressing
	lits  []gramLit  // grouped by gram
}

type gramSlot struct {
	gram     uint32
	from, to int32 // in lits; from == to is free
}

// gramLit is a literal and where in it the gram stands.
type gramLit struct {
	lit    string
	off    int32
	target int32
}

const gramFactor = 0x9E3779B1

// newGramTable builds the table for literals whose grams are given.
func newGramTable(keys []uint32, lits []gramLit) gramTable {
	if len(keys) == 0 {
		return gramTable{}
	}
	byGram := map[uint32][]gramLit{}
	var order []uint32
	for i, g := range keys {
		if byGram[g] == nil {
			order = append(order, g)
		}
		byGram[g] = append(byGram[g], lits[i])
	}
	bits, slots := 6, 2
	for 1<<bits < 32*len(order) {
		bits++
	}
	for slots < 2*len(order) {
		slots *= 2
	}
	t := gramTable{
		bits: make([]uint64, 1<<(bits-6)), shift: uint8(32 - bits), mask: uint32(slots - 1),
		slots: make([]gramSlot, slots), lits: make([]gramLit, 0, len(lits)),
	}
	for _, g := range order {
		h := g * gramFactor
		bit := h >> t.shift
		t.bits[bit>>6] |= 1 << (bit & 63)
		from := int32(len(t.lits))
		t.lits = append(t.lits, byGram[g]...)
		at := h >> 7 & t.mask
		for t.slots[at].to != t.slots[at].from {
			at = (at + 1) & t.mask
		}
		t.slots[at] = gramSlot{g, from, int32(len(t.lits))}
	}
	return t
}

// at returns the literals known by a gram.
func (t *gramTable) at(gram, hash uint32) []gramLit {
	for at := hash >> 7 & t.mask; ; at = (at + 1) & t.mask {
		s := &t.slots[at]
		if s.from == s.to {
			return nil
		}
		if s.gram == gram {
			return t.lits[s.from:s.to]
		}
	}
}

// scan calls found with the target of each literal in the text, until found
// returns true. A literal that stands there twice may be found twice.
func (g *grams) scan(text string, f *finder) bool {
	if t := &g.four; t.bits != nil {
		for i := 0; i+4 <= len(text); i++ {
			gram := gram4(text, i)
			h := gram * gramFactor
			bit := h >> (t.shift & 31)
			if t.bits[bit>>6]>>(bit&63)&1 != 0 && f.compare(text, i, t.at(gram, h)) {
				return true
			}
		}
	}
	if t := &g.three; t.bits != nil {
		for i := 0; i+3 <= len(text); i++ {
			gram := gram3(text, i)
			h := gram * gramFactor
			bit := h >> (t.shift & 31)
			if t.bits[bit>>6]>>(bit&63)&1 != 0 && f.compare(text, i, t.at(gram, h)) {
				return true
			}
		}
	}
	if t := &g.two; t.bits != nil {
		for i := 0; i+2 <= len(text); i++ {
			gram := gram2(text, i)
			h := gram * gramFactor
			bit := h >> (t.shift & 31)
			if t.bits[bit>>6]>>(bit&63)&1 != 0 && f.compare(text, i, t.at(gram, h)) {
				return true
			}
		}
	}
	if g.one != nil {
		for i := 0; i < len(text); i++ {
			for _, target := range g.one[lower[text[i]]] {
				if f.found(target) {
					return true
				}
			}
		}
	}
	return false
}

// newGrams builds the finder of literals; counts tells how common a gram is.
func newGrams(lits []string, targets []int32, counts *gramCounts) *grams {
	g := &grams{}
	var keys4, keys3, keys2 []uint32
	var lits4, lits3, lits2 []gramLit
	for i, lit := range lits {
		switch target := targets[i]; len(lit) {
		case 0:
		case 1:
			if g.one == nil {
				g.one = new([256][]int32)
			}
			g.one[lit[0]] = append(g.one[lit[0]], target)
		case 2:
			keys2, lits2 = append(keys2, gram2(lit, 0)), append(lits2, gramLit{lit, 0, target})
		case 3:
			keys3, lits3 = append(keys3, gram3(lit, 0)), append(lits3, gramLit{lit, 0, target})
		default:
			off := counts.rarest(lit)
			keys4, lits4 = append(keys4, gram4(lit, off)), append(lits4, gramLit{lit, int32(off), target})
		}
	}
	g.four, g.three, g.two = newGramTable(keys4, lits4), newGramTable(keys3, lits3), newGramTable(keys2, lits2)
	return g
}

// gramCounts says how often grams stand in ordinary values.
type gramCounts struct {
	four  [1 << 16]uint16 // by hash
	texts int
}

func newGramCounts(texts []string) *gramCounts {
	c := &gramCounts{texts: len(texts)}
	for _, t := range texts {
		for i := 0; i+4 <= len(t); i++ {
			n := &c.four[gram4(t, i)*gramFactor>>16]
			*n = min(*n+1, 65535-1)
		}
	}
	return c
}

// rarest is the offset of the literal's least common gram.
func (c *gramCounts) rarest(lit string) int {
	best, least := 0, uint32(1<<31)
	for i := 0; i+4 <= len(lit); i++ {
		n := uint32(c.four[gram4(lit, i)*gramFactor>>16])
		// Spaces and path separators run together in ordinary texts.
		if n < least {
			best, least = i, n
		}
	}
	return best
}
