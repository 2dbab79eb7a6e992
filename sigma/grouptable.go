package sigma

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// group is the state of one correlation for one set of group-by values. It
// holds no pointers; its key and its entries stand in the table's slabs.
type group struct {
	newest  int64  // time of its newest entry
	fired   int64  // time of the last firing
	hash    uint32 // of key and scope
	scope   uint32
	key     uint32 // run of key units
	entries uint32 // run of entries; while big, a place in the table's large groups
	older   uint32 // the neighbours in order of use
	newer   uint32
	keyLen  uint16
	n       uint8 // entries of a small group
	class   uint8 // of the run of entries
	flags   uint8
}

const (
	quiet   = 1 << iota // fired, and no entry since has found the condition false
	isLarge             // its entries are a large group's
	isLive              // in use
)

// none is no group.
const none = ^uint32(0)

// groupTable finds groups by key and knows their order of use.
type groupTable struct {
	seed           maphash.Seed
	slots          []uint64 // open addressing: hash<<32 | reference+1; 0 is empty
	count          int
	groups         slab[group]
	keys           slab[[keyUnit]byte]
	entries        slab[entry]
	large          []*large
	freeLarge      []uint32
	oldest, latest uint32 // by use
	scopes         []scope
	scopeOf        map[string]uint32
}

// scope is what windows never cross. It goes with its last group.
type scope struct {
	name   string
	newest int64 // time of the newest match
	groups int
}

const (
	keyUnit    = 16
	maxGroupBy = 64  // fields; with maxValue, a key fits into a run and its length into 16 bits
	smallGroup = 32  // entries; beyond, a group gets counters of its own
	maxValue   = 512 // bytes of a group's value that are kept
)

var (
	groupCaps = []int{1}
	entryCaps = []int{1, 2, 3, 4, 6, 8, 12, 16, 24, smallGroup}
	keyCaps   = []int{1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128, 512, 1024, segmentSize}
)

func newGroupTable() *groupTable {
	return &groupTable{
		seed: maphash.MakeSeed(), oldest: none, latest: none, scopeOf: map[string]uint32{},
		groups: newSlab[group](groupCaps), keys: newSlab[[keyUnit]byte](keyCaps), entries: newSlab[entry](entryCaps),
	}
}

func (t *groupTable) scope(name string) uint32 {
	if i, ok := t.scopeOf[name]; ok {
		return i
	}
	i := slices.IndexFunc(t.scopes, func(s scope) bool { return s.groups == 0 })
	if i < 0 {
		i = len(t.scopes)
		t.scopes = append(t.scopes, scope{})
	}
	delete(t.scopeOf, t.scopes[i].name)
	t.scopes[i] = scope{name: string([]byte(name)), newest: noChain}
	t.scopeOf[t.scopes[i].name] = uint32(i)
	return uint32(i)
}

// get finds or makes the group of the key, as the latest used.
func (t *groupTable) get(scope uint32, key []byte) (ref uint32, g *group) {
	hash := uint32(maphash.Bytes(t.seed, key)) ^ scope*0x9e3779b1
	if ref, g = t.find(hash, scope, key); g != nil {
		if ref != t.latest {
			t.unlink(g)
			t.link(ref, g)
		}
		return ref, g
	}
	ref = t.groups.take(0)
	g = t.groups.one(ref)
	units := (len(key) + keyUnit - 1) / keyUnit
	*g = group{hash: hash, scope: scope, keyLen: uint16(len(key)), key: t.keys.take(t.keys.class(units)), entries: t.entries.take(0), flags: isLive}
	for i, run := 0, t.keys.at(g.key, units); i < units; i++ {
		copy(run[i][:], key[i*keyUnit:])
	}
	t.scopes[scope].groups++
	t.link(ref, g)
	if t.count++; t.count*4 > len(t.slots)*3 {
		t.grow()
	}
	t.place(hash, ref)
	return ref, g
}

func (t *groupTable) find(hash, scope uint32, key []byte) (uint32, *group) {
	if len(t.slots) == 0 {
		return none, nil
	}
	mask := uint32(len(t.slots) - 1)
	for i := hash & mask; t.slots[i] != 0; i = (i + 1) & mask {
		if uint32(t.slots[i]>>32) != hash {
			continue
		}
		ref := uint32(t.slots[i]) - 1
		if g := t.groups.one(ref); g.scope == scope && t.hasKey(g, key) {
			return ref, g
		}
	}
	return none, nil
}

func (t *groupTable) hasKey(g *group, key []byte) bool {
	if int(g.keyLen) != len(key) {
		return false
	}
	for _, unit := range t.keys.at(g.key, (len(key)+keyUnit-1)/keyUnit) {
		n := min(keyUnit, len(key))
		if string(unit[:n]) != string(key[:n]) {
			return false
		}
		key = key[n:]
	}
	return true
}

func (t *groupTable) place(hash, ref uint32) {
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i] != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = uint64(hash)<<32 | uint64(ref+1)
}

func (t *groupTable) grow() {
	old := t.slots
	t.slots = make([]uint64, max(8, 2*len(old)))
	for _, s := range old {
		if s != 0 {
			t.place(uint32(s>>32), uint32(s)-1)
		}
	}
}

// remove forgets a group and all it holds.
func (t *groupTable) remove(ref uint32) {
	g := t.groups.one(ref)
	mask := uint32(len(t.slots) - 1)
	i := g.hash & mask
	for uint32(t.slots[i]) != ref+1 {
		i = (i + 1) & mask
	}
	// Close the gap: what stands behind it and may stand in it moves up.
	for j := (i + 1) & mask; t.slots[j] != 0; j = (j + 1) & mask {
		if home := uint32(t.slots[j]>>32) & mask; (j-home)&mask >= (j-i)&mask {
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i] = 0
	t.unlink(g)
	t.scopes[g.scope].groups--
	t.keys.give(g.key, t.keys.class((int(g.keyLen)+keyUnit-1)/keyUnit))
	t.release(g)
	g.flags = 0
	t.groups.give(ref, 0)
	t.count--
}

// release gives back the entries' memory.
func (t *groupTable) release(g *group) {
	if g.flags&isLarge != 0 {
		t.large[g.entries] = nil
		t.freeLarge = append(t.freeLarge, g.entries)
		return
	}
	t.entries.give(g.entries, int(g.class))
}

func (t *groupTable) link(ref uint32, g *group) {
	g.older, g.newer = t.latest, none
	if t.latest != none {
		t.groups.one(t.latest).newer = ref
	} else {
		t.oldest = ref
	}
	t.latest = ref
}

func (t *groupTable) unlink(g *group) {
	if g.newer != none {
		t.groups.one(g.newer).older = g.older
	} else {
		t.latest = g.older
	}
	if g.older != none {
		t.groups.one(g.older).newer = g.newer
	} else {
		t.oldest = g.newer
	}
}

// tidy gives memory back: that of the runs which groups have outgrown, once
// they are an eighth of the rest, and that of a flood when it is over.
func (t *groupTable) tidy() {
	const worth = 1024
	if t.groups.idle > max(worth, 4*t.groups.taken) {
		t.rebuild()
	}
	if t.entries.idle <= max(worth, t.entries.taken/8) {
		return
	}
	packed := newSlab[entry](entryCaps)
	for _, segment := range t.groups.segments {
		for i := range segment {
			g := &segment[i]
			if g.flags&isLive == 0 || g.flags&isLarge != 0 {
				continue
			}
			es := t.entries.at(g.entries, int(g.n))
			g.class = uint8(packed.class(len(es)))
			g.entries = packed.take(int(g.class))
			copy(packed.at(g.entries, len(es)), es)
		}
	}
	t.entries = packed
}

// rebuild makes the table anew, in the same order of use.
func (t *groupTable) rebuild() {
	n := newGroupTable()
	n.scopes, n.scopeOf = t.scopes, t.scopeOf
	for ref := t.oldest; ref != none; {
		g := t.groups.one(ref)
		n.scopes[g.scope].groups--
		_, moved := n.get(g.scope, t.keyBytes(g))
		moved.newest, moved.fired, moved.flags = g.newest, g.fired, g.flags&^isLarge
		if g.flags&isLarge != 0 {
			n.enlarge(moved, t.large[g.entries])
		} else {
			n.entries.give(moved.entries, int(moved.class))
			moved.n, moved.class = g.n, uint8(n.entries.class(int(g.n)))
			moved.entries = n.entries.take(int(moved.class))
			copy(n.entries.at(moved.entries, int(g.n)), t.entries.at(g.entries, int(g.n)))
		}
		ref = g.newer
	}
	*t = *n
}

// keyBytes returns a copy of a group's key.
func (t *groupTable) keyBytes(g *group) []byte {
	out := make([]byte, 0, int(g.keyLen)+keyUnit)
	for _, unit := range t.keys.at(g.key, (int(g.keyLen)+keyUnit-1)/keyUnit) {
		out = append(out, unit[:]...)
	}
	return out[:g.keyLen]
}

// splitKey reads the values back out of a key; nil when it is not of n values.
func splitKey(key []byte, n int) []string {
	out := make([]string, 0, n)
	for len(key) > 0 {
		size, used := binary.Uvarint(key)
		if used <= 0 || size > uint64(len(key)-used) {
			return nil
		}
		out = append(out, string(key[used:used+int(size)]))
		key = key[used+int(size):]
	}
	if len(out) != n {
		return nil
	}
	return out
}
