package eventstore

import (
	"crypto/sha256"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-project/tocsin/internal/event"
)

// merkle builds the RFC 6962 tree over rows as they come, in journal order
// (seq, idx), and keeps only the roots of its complete subtrees.
type merkle struct {
	subtrees []tlog.Hash // largest first; bit i of size says whether one of 2^i leaves is there
	size     uint64
}

// LeafHash is the leaf of one row: RFC 6962's hash of SHA-256(id || raw_sha256).
func LeafHash(id event.ID, rawSHA256 [32]byte) tlog.Hash {
	var b [len(id) + len(rawSHA256)]byte
	copy(b[:], id[:])
	copy(b[len(id):], rawSHA256[:])
	sum := sha256.Sum256(b[:])
	return tlog.RecordHash(sum[:])
}

func (m *merkle) add(leaf tlog.Hash) {
	for n := m.size; n&1 == 1; n >>= 1 {
		last := len(m.subtrees) - 1
		leaf = tlog.NodeHash(m.subtrees[last], leaf)
		m.subtrees = m.subtrees[:last]
	}
	m.subtrees = append(m.subtrees, leaf)
	m.size++
}

// root is the tree hash; that of no rows is SHA-256 of nothing (RFC 6962).
func (m *merkle) root() tlog.Hash {
	if m.size == 0 {
		return sha256.Sum256(nil)
	}
	last := len(m.subtrees) - 1
	h := m.subtrees[last]
	for i := last - 1; i >= 0; i-- {
		h = tlog.NodeHash(m.subtrees[i], h)
	}
	return h
}
