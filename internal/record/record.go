// Package record is the append-only log of all decisions and actions: at once
// audit entry, case timeline and the feed by which parts of the system react
// to each other.
//
// Three orders are kept apart. Commit: an entry is appended in the same
// transaction as the change that it tells of. Feed: followers are woken when
// that transaction is durable and read with a saved cursor; a row that commits
// late on PostgreSQL is not skipped, because a follower reads only rows of
// transactions older than every running one. Seal: one follower hashes entries
// into a Merkle tree (one tree a tenant) and signs a C2SP checkpoint, some
// 200 ms later. Work hangs on commit and feed, never on the seal, so the
// newest fraction of a second is not yet provable.
//
// Personal data does not enter the tree: an entry's leaf holds the salted hash
// of it, so that erasing salt and data leaves every proof valid.
package record

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Entry is what somebody decided or did.
type Entry struct {
	Kind      string // what happened, "case.closed"
	Subject   string // what it happened to, "case"
	SubjectID string
	Exercise  string // id of the exercise it belongs to, "" when real
	Data      any    // facts without personal data, encoded as JSON
	Personal  any    // personal data, kept apart and erasable; nil when none
}

// Row is an entry in the record.
type Row struct {
	Seq       int64           `json:"seq"`
	Tenant    tenant.ID       `json:"-"`
	At        time.Time       `json:"at"`
	Actor     string          `json:"actor"`
	Kind      string          `json:"kind"`
	Subject   string          `json:"subject"`
	SubjectID string          `json:"subject_id"`
	Exercise  string          `json:"exercise,omitempty"`
	Data      json.RawMessage `json:"data"`
	// PersonalHash is the hex SHA-256 of salt and personal data, "" when the
	// entry has none.
	PersonalHash string `json:"personal_hash,omitempty"`

	xid int64
}

// Log appends to the record and feeds its followers.
type Log struct {
	db  *db.DB
	now func() time.Time

	mu   sync.Mutex
	wait chan struct{} // closed and replaced on each commit
}

// New makes the log over a store.
func New(d *db.DB, now func() time.Time) *Log {
	return &Log{db: d, now: now, wait: make(chan struct{})}
}

// Append adds an entry in the transaction of the change that it tells of, in
// the name of the transaction's actor.
func (l *Log) Append(ctx context.Context, tx *db.Tx, e Entry) (int64, error) {
	data, err := json.Marshal(e.Data)
	if err != nil {
		return 0, fmt.Errorf("record %s: %w", e.Kind, err)
	}
	if e.Data == nil {
		data = []byte("{}")
	}
	var personal []byte
	var salt, hash string
	if e.Personal != nil {
		if personal, err = json.Marshal(e.Personal); err != nil {
			return 0, fmt.Errorf("record %s: %w", e.Kind, err)
		}
		var b [16]byte
		rand.Read(b[:])
		salt = base64.RawStdEncoding.EncodeToString(b[:])
		hash = personalHash(salt, string(personal))
	}
	var seq int64
	err = tx.QueryRow(ctx, `INSERT INTO record (tenant, at, actor, kind, subject, subject_id, exercise, data, personal_hash)
		VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
		db.Micros(l.now()), tx.Scope().Actor, e.Kind, e.Subject, e.SubjectID, e.Exercise, string(data), hash).Scan(&seq)
	if err != nil {
		return 0, fmt.Errorf("record %s: %w", e.Kind, err)
	}
	if hash != "" {
		if _, err := tx.Exec(ctx, "INSERT INTO record_personal (tenant, seq, salt, data) VALUES (:tenant, ?, ?, ?)", seq, salt, string(personal)); err != nil {
			return 0, fmt.Errorf("record %s: %w", e.Kind, err)
		}
	}
	tx.OnCommit(l.wake)
	return seq, nil
}

func (l *Log) wake() {
	l.mu.Lock()
	close(l.wait)
	l.wait = make(chan struct{})
	l.mu.Unlock()
}

// Changed returns a channel that is closed at the next commit.
func (l *Log) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wait
}

func personalHash(salt, data string) string {
	sum := sha256.Sum256([]byte(salt + "\x00" + data))
	return hex.EncodeToString(sum[:])
}

// leaf is the exact text that is hashed into the tree for a row. Its form is a
// promise to everyone who keeps a checkpoint: it never changes.
func (r *Row) leaf() []byte {
	b, err := json.Marshal([]any{"tocsin-record-v1", int64(r.Tenant), r.Seq, db.Micros(r.At), r.Actor, r.Kind, r.Subject, r.SubjectID, r.Exercise, string(r.Data), r.PersonalHash})
	if err != nil {
		panic(fmt.Sprintf("record leaf: %v", err)) // strings and integers only
	}
	return b
}
