package sigma

import (
	"net/netip"
	"sort"
)

// fieldIndex finds, among the keys of one field, those that a value has. What
// it costs depends on the value's length and hardly on the number of keys.
// Targets are the caller's numbers.
type fieldIndex struct {
	exact          affixTable // the literal is the whole value
	prefix, suffix affixTable
	grams          *grams // nil when no key is contained
	numbers        map[float64][]int32
	atLeast        []threshold // ascending
	atMost         []threshold // descending
	nets           *netTable
	present        []int32
}

type threshold struct {
	number float64
	target int32
}

// affixTable finds literals that stand at one end of a value: a hash is rolled
// on from that end, and looked up at the lengths that literals have.
type affixTable struct {
	lengths []int32 // ascending
	mask    uint32
	slots   []affixSlot
	back    bool
}

type affixSlot struct {
	hash   uint32
	lit    string
	target int32
	used   bool
}

const rollFactor = 16777619

func (t *affixTable) hash(lit string) uint32 {
	h := uint32(2166136261)
	for i := range len(lit) {
		c := lit[i]
		if t.back {
			c = lit[len(lit)-1-i]
		}
		h = (h ^ uint32(lower[c])) * rollFactor
	}
	return h
}

func newAffixTable(lits []string, targets []int32, back bool) affixTable {
	t := affixTable{back: back}
	if len(lits) == 0 {
		return t
	}
	size := 2
	for size < 2*len(lits) {
		size *= 2
	}
	t.mask, t.slots = uint32(size-1), make([]affixSlot, size)
	seen := map[int32]bool{}
	for i, lit := range lits {
		if n := int32(len(lit)); !seen[n] {
			seen[n] = true
			t.lengths = append(t.lengths, n)
		}
		h := t.hash(lit)
		at := (h ^ h>>15) & t.mask
		for t.slots[at].used {
			at = (at + 1) & t.mask
		}
		t.slots[at] = affixSlot{h, lit, targets[i], true}
	}
	sort.Slice(t.lengths, func(i, j int) bool { return t.lengths[i] < t.lengths[j] })
	return t
}

// scan looks at the value's ends of every length that a literal has.
func (t *affixTable) scan(text string, f *finder) bool {
	if t.slots == nil {
		return false
	}
	h, done := uint32(2166136261), 0
	for _, length := range t.lengths {
		n := int(length)
		if n > len(text) {
			break
		}
		if t.back {
			for ; done < n; done++ {
				h = (h ^ uint32(lower[text[len(text)-1-done]])) * rollFactor
			}
			if t.look(h, text[len(text)-n:], f) {
				return true
			}
		} else {
			for ; done < n; done++ {
				h = (h ^ uint32(lower[text[done]])) * rollFactor
			}
			if t.look(h, text[:n], f) {
				return true
			}
		}
	}
	return false
}

// whole looks at the value in one piece.
func (t *affixTable) whole(text string, f *finder) bool {
	if t.slots == nil {
		return false
	}
	for _, n := range t.lengths {
		if int(n) == len(text) {
			return t.look(t.hash(text), text, f)
		}
	}
	return false
}

func (t *affixTable) look(h uint32, text string, f *finder) bool {
	for at := (h ^ h>>15) & t.mask; t.slots[at].used; at = (at + 1) & t.mask {
		if s := &t.slots[at]; s.hash == h && len(s.lit) == len(text) && equalFold(s.lit, text) && f.found(s.target) {
			return true
		}
	}
	return false
}

// netTable finds the networks that an address lies in.
type netTable struct {
	bits4, bits6 []int
	nets         map[netip.Prefix][]int32
}

func (t *netTable) scan(text string, f *finder) bool {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return false
	}
	addr = addr.Unmap().WithZone("")
	lengths := t.bits6
	if addr.Is4() {
		lengths = t.bits4
	}
	for _, bits := range lengths {
		p, err := addr.Prefix(bits)
		if err != nil {
			continue
		}
		for _, target := range t.nets[p] {
			if f.found(target) {
				return true
			}
		}
	}
	return false
}

// scan finds the keys in one member of a field's value.
func (x *fieldIndex) scan(m *member, f *finder) bool {
	switch {
	case x.exact.whole(m.text, f), x.suffix.scan(m.text, f), x.prefix.scan(m.text, f):
		return true
	case x.grams != nil && x.grams.scan(m.text, f):
		return true
	case x.nets != nil && x.nets.scan(m.text, f):
		return true
	case x.numbers != nil && (m.kind == Int || m.kind == Float) && f.all(x.numbers[m.number]):
		return true
	}
	if x.atLeast == nil && x.atMost == nil {
		return false
	}
	n, ok := m.number, m.kind != String
	if !ok {
		n, ok = StringValue(m.text).Number()
	}
	return ok && x.compare(n, f)
}

func (x *fieldIndex) compare(n float64, f *finder) bool {
	for _, t := range x.atLeast {
		if n < t.number {
			break
		}
		if f.found(t.target) {
			return true
		}
	}
	for _, t := range x.atMost {
		if n > t.number {
			break
		}
		if f.found(t.target) {
			return true
		}
	}
	return false
}

// indexBuilder collects the keys of one field.
type indexBuilder struct {
	lits    [opContains + 1][]string
	targets [opContains + 1][]int32
	x       fieldIndex
}

func (b *indexBuilder) add(k key, target int32) {
	switch k.op {
	case opExact, opPrefix, opSuffix, opContains:
		b.lits[k.op], b.targets[k.op] = append(b.lits[k.op], k.lit), append(b.targets[k.op], target)
	case opNumber:
		if b.x.numbers == nil {
			b.x.numbers = map[float64][]int32{}
		}
		b.x.numbers[k.number] = append(b.x.numbers[k.number], target)
	case opAtLeast:
		b.x.atLeast = append(b.x.atLeast, threshold{k.number, target})
	case opAtMost:
		b.x.atMost = append(b.x.atMost, threshold{k.number, target})
	case opNet:
		b.addNet(k.net, target)
	case opPresent:
		b.x.present = append(b.x.present, target)
	}
}

func (b *indexBuilder) addNet(net netip.Prefix, target int32) {
	if b.x.nets == nil {
		b.x.nets = &netTable{nets: map[netip.Prefix][]int32{}}
	}
	t := b.x.nets
	lengths := &t.bits6
	if net.Addr().Is4() {
		lengths = &t.bits4
	}
	known := false
	for _, n := range *lengths {
		known = known || n == net.Bits()
	}
	if !known {
		*lengths = append(*lengths, net.Bits())
	}
	t.nets[net] = append(t.nets[net], target)
}

func (b *indexBuilder) build(counts *gramCounts) *fieldIndex {
	x := b.x
	x.exact = newAffixTable(b.lits[opExact], b.targets[opExact], false)
	x.prefix = newAffixTable(b.lits[opPrefix], b.targets[opPrefix], false)
	x.suffix = newAffixTable(b.lits[opSuffix], b.targets[opSuffix], true)
	if len(b.lits[opContains]) > 0 {
		x.grams = newGrams(b.lits[opContains], b.targets[opContains], counts)
	}
	sort.Slice(x.atLeast, func(i, j int) bool { return x.atLeast[i].number < x.atLeast[j].number })
	sort.Slice(x.atMost, func(i, j int) bool { return x.atMost[i].number > x.atMost[j].number })
	return &x
}
