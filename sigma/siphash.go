package sigma

import (
	"encoding/binary"
	"math/bits"
)

// hashKey keys the hash of counted values, so that nobody who writes log lines
// can make two values look the same. It is kept in snapshots.
type hashKey [16]byte

// hash is SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF").
func (k *hashKey) hash(p []byte) uint64 {
	k0, k1 := binary.LittleEndian.Uint64(k[:8]), binary.LittleEndian.Uint64(k[8:])
	s := sipState{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573}
	tail := uint64(len(p)) << 56
	for ; len(p) >= 8; p = p[8:] {
		s.block(binary.LittleEndian.Uint64(p))
	}
	for i, b := range p {
		tail |= uint64(b) << (8 * i)
	}
	s.block(tail)
	s.v2 ^= 0xff
	s.round()
	s.round()
	s.round()
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}

type sipState struct{ v0, v1, v2, v3 uint64 }

func (s *sipState) block(m uint64) {
	s.v3 ^= m
	s.round()
	s.v0 ^= m
}

func (s *sipState) round() {
	s.v0 += s.v1
	s.v2 += s.v3
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v1
	s.v0 += s.v3
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 = bits.RotateLeft64(s.v2, 32)
}
