package eventstore

import (
	"encoding/binary"
	"math"
	"net/netip"
	"runtime"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// chunk is one DuckDB data chunk that rows are written into in place. Absent
// values cost nothing: validity starts as "all absent" and set values flip
// their bit.
type chunk struct {
	data  mapping.DataChunk
	cols  []unsafe.Pointer
	masks []*[maxChunkRows / 64]uint64 // nil for columns that are never absent
	rows  int
}

// maxChunkRows is DuckDB's vector size, which Open checks.
const maxChunkRows = 2048

func newChunk(types []mapping.LogicalType) *chunk {
	return &chunk{data: mapping.CreateDataChunk(types), cols: make([]unsafe.Pointer, len(types)),
		masks: make([]*[maxChunkRows / 64]uint64, len(types))}
}

// reset empties the chunk. DuckDB may have given its vectors new memory, so
// every pointer is fetched again.
func (c *chunk) reset(columns []column) {
	mapping.DataChunkReset(c.data)
	c.rows = 0
	for i := range columns {
		v := mapping.DataChunkGetVector(c.data, mapping.IdxT(i))
		c.cols[i] = mapping.VectorGetData(v)
		if columns[i].nullable {
			mapping.VectorEnsureValidityWritable(v)
			c.masks[i] = (*[maxChunkRows / 64]uint64)(mapping.VectorGetValidity(v))
			*c.masks[i] = [maxChunkRows / 64]uint64{}
		}
	}
}

func (c *chunk) present(col int) {
	if m := c.masks[col]; m != nil {
		m[c.rows/64] |= 1 << (c.rows % 64)
	}
}

func at[T any](c *chunk, col int) *T {
	return (*T)(unsafe.Add(c.cols[col], uintptr(c.rows)*unsafe.Sizeof(*new(T))))
}

func (c *chunk) int64(col int, v int64) {
	*at[int64](c, col) = v
	c.present(col)
}

func (c *chunk) uint8(col int, v uint8) { *at[uint8](c, col) = v }

// uuid writes 16 bytes the way DuckDB keeps a UUID: a signed 128-bit integer
// whose top bit is flipped, so that it orders as the bytes do.
func (c *chunk) uuid(col int, b [16]byte) {
	p := at[[2]uint64](c, col)
	p[0] = binary.BigEndian.Uint64(b[8:])
	p[1] = binary.BigEndian.Uint64(b[:8]) ^ 1<<63
	c.present(col)
}

func (c *chunk) addr(col int, text string) {
	if a, err := netip.ParseAddr(text); err == nil {
		c.uuid(col, a.As16())
	}
}

// text writes a string, absent when empty. DuckDB needs valid UTF-8; what is
// not becomes U+FFFD here, and stays exact in the raw bytes.
func (c *chunk) text(a *arena, col int, s string) {
	if s == "" {
		return
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	c.bytes(a, col, unsafe.Slice(unsafe.StringData(s), len(s)))
}

// bytes writes DuckDB's string_t: up to 12 bytes inline, else length, a prefix
// of 4 bytes and a pointer into the arena.
func (c *chunk) bytes(a *arena, col int, b []byte) {
	b = b[:min(len(b), math.MaxInt32)]
	p := at[[16]byte](c, col)
	*p = [16]byte{}
	binary.NativeEndian.PutUint32(p[:4], uint32(len(b)))
	if len(b) <= 12 {
		copy(p[4:], b)
	} else {
		copy(p[4:8], b)
		binary.NativeEndian.PutUint64(p[8:], uint64(uintptr(unsafe.Pointer(unsafe.SliceData(a.keep(b))))))
	}
	c.present(col)
}

// arena holds the string bytes of unflushed rows. Chunks, which are C memory,
// point into it, so every slab stays pinned until the arena is closed.
type arena struct {
	slabs  [][]byte // all of slabSize, reused after reset
	big    [][]byte // single values over slabSize, dropped at reset
	used   int      // slabs in use; the last of them up to off
	off    int
	pin    runtime.Pinner
	bigPin runtime.Pinner
}

const slabSize = 1 << 20

func (a *arena) keep(b []byte) []byte {
	if len(b) > slabSize {
		c := append([]byte(nil), b...)
		a.bigPin.Pin(unsafe.SliceData(c))
		a.big = append(a.big, c)
		return c
	}
	if a.used == 0 || a.off+len(b) > slabSize {
		if a.used == len(a.slabs) {
			slab := make([]byte, slabSize)
			a.pin.Pin(unsafe.SliceData(slab))
			a.slabs = append(a.slabs, slab)
		}
		a.used++
		a.off = 0
	}
	c := a.slabs[a.used-1][a.off : a.off+len(b)]
	copy(c, b)
	a.off += len(b)
	return c
}

func (a *arena) reset() {
	a.bigPin.Unpin()
	a.big, a.used, a.off = nil, 0, 0
}

func (a *arena) close() {
	a.reset()
	a.pin.Unpin()
	a.slabs = nil
}
