// Package journal is the durable, ordered log of what machines say: raw
// records in packed batches, kept until they are sealed in the event store and
// seen by detection.
//
// One engine serves both sizes: NATS JetStream, inside this process with no
// listener (Open), or a cluster (Connect). A batch is on disk, synced, before
// Append returns. The stream refuses new batches when it is full; it never
// evicts. Every batch carries its own SHA-256, checked on reading.
package journal

import (
	"context"
	"errors"

	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Record is one raw record as it arrived, framing removed.
type Record struct {
	Tenant    tenant.ID
	Received  int64 // ns since 1970 UTC
	Source    string
	Transport string
	Peer      string
	Exercise  string // id of the exercise that made it, "" when real
	// Identity is the sender's own identity of this message where the
	// protocol has one; records that carry the same one are one event.
	Identity  string
	Truncated bool // Raw is the head of something longer than the limit
	Raw       []byte
}

// Batch is what one journal message holds. Records alias the message.
type Batch struct {
	Seq     uint64
	Records []Record
}

// Stats describes the journal.
type Stats struct {
	FirstSeq, LastSeq uint64
	Bytes, MaxBytes   uint64
}

// Journal is the log. Both engines pass the same conformance suite.
type Journal interface {
	// Append makes records durable as one batch. A batch whose id was
	// appended within the last hour is not appended again; its first
	// sequence is returned. An empty id is never compared.
	Append(ctx context.Context, records []Record, id string) (seq uint64, err error)
	// Read returns a reader that starts with the first batch at or after from.
	Read(ctx context.Context, from uint64) (Reader, error)
	// Purge removes batches up to and including through.
	Purge(ctx context.Context, through uint64) error
	Stats(ctx context.Context) (Stats, error)
	Close() error
}

// Reader hands out batches in order.
type Reader interface {
	// Next waits for the next batch. ErrDamaged comes with the sequence of a
	// batch whose hash is wrong; the reader then goes on behind it.
	Next(ctx context.Context) (Batch, error)
	Close()
}

var (
	// ErrFull is returned by Append while the journal holds its limit of bytes
	// or the disk is full: nothing was taken.
	ErrFull = errors.New("the journal is full")
	// ErrDamaged is returned by Next for a batch that is not what was written.
	ErrDamaged = errors.New("a journal batch is damaged")
)
