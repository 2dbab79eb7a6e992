// Package bundle is the file format of an evidence snapshot: one ZIP that holds
// events with their exact bytes and everything that proves them, so that anyone
// can check it offline, by program or by hand.
//
// The chain: an event's raw bytes and id → its leaf → the Merkle root of the
// sealed segment → the entry of the record that tells of the sealing → the
// record's checkpoint, signed by the installation. What is no part of a leaf
// (the columns, the query, who took it) is under the signed manifest. The bytes
// of a file follow from its content alone: packing the same twice gives the same.
package bundle

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/record"
)

// Format names this version of the format.
const Format = "tocsin-evidence-1"

// MaxEvents is the most events that one snapshot holds; maxFile bounds each of
// its files, unpacked.
const (
	MaxEvents = 10_000
	maxFile   = 256 << 20
)

// Names of the files within.
const (
	manifestFile  = "manifest.json"
	signatureFile = "manifest.note"
	eventsFile    = "events.ndjson"
	proofsFile    = "proofs.json"
	readmeFile    = "README.txt"
)

// Manifest says what the snapshot is. It is signed as a whole.
type Manifest struct {
	Format     string `json:"format"`
	ID         string `json:"id"`
	CaseID     string `json:"case_id"`
	Case       string `json:"case"` // its number, as people write it
	Title      string `json:"title"`
	Note       string `json:"note"`
	Query      string `json:"query"` // "" when events were chosen one by one
	From       string `json:"from"`  // RFC 3339; "" for no bound
	To         string `json:"to"`
	TakenBy    Person `json:"taken_by"`
	TakenAt    string `json:"taken_at"`
	Events     int    `json:"events"`
	Incomplete string `json:"incomplete"` // what could not be read when it was taken, "" for nothing
	// Pending is set while an entry of the record is not yet under a signed
	// checkpoint: the chain then ends at the segment's root.
	Pending   bool   `json:"not_yet_under_a_checkpoint"`
	PublicKey string `json:"public_key"`
	// Files are the SHA-256 of the other files, hexadecimal.
	Files map[string]string `json:"files"`
}

// Person is who took it.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Event is one line of events.ndjson. Raw has the exact bytes when they are
// text; else it is nil and RawBase64 has them.
type Event struct {
	ID          event.ID        `json:"id"`
	Seq         uint64          `json:"journal_seq"`
	Index       uint32          `json:"journal_index"`
	Time        time.Time       `json:"time"`
	Received    time.Time       `json:"received"`
	TimeQuality string          `json:"time_quality"`
	Source      string          `json:"source"`
	SourceType  string          `json:"source_type"`
	Transport   string          `json:"transport"`
	Peer        string          `json:"peer"`
	Parser      string          `json:"parser"`
	Status      string          `json:"status"`
	Class       string          `json:"class"`
	Severity    string          `json:"severity"`
	Outcome     string          `json:"outcome"`
	Exercise    string          `json:"exercise"`
	Message     string          `json:"message"`
	Raw         *string         `json:"raw,omitempty"`
	RawBase64   []byte          `json:"raw_base64,omitempty"`
	RawSHA256   string          `json:"raw_sha256"`
	Columns     map[string]any  `json:"columns"`
	Fields      json.RawMessage `json:"fields"`
}

// FromRow is a stored event as it stands in a snapshot.
func FromRow(r *eventstore.Row) Event {
	pos := r.Position()
	e := Event{ID: r.ID, Seq: pos.Seq, Index: pos.Index, Time: time.Unix(0, r.Time).UTC(), Received: time.Unix(0, r.Received).UTC(), TimeQuality: r.TimeQuality,
		Source: r.Source, SourceType: r.SourceType, Transport: r.Transport, Peer: r.Peer, Parser: r.Parser, Status: r.Status, Class: r.Class, Severity: r.Severity,
		Outcome: r.Outcome, Exercise: r.Exercise, Message: r.Message, RawSHA256: r.RawSHA256, Columns: r.Columns, Fields: r.Fields}
	if r.RawBase64 != nil {
		e.RawBase64 = r.RawBase64
	} else {
		e.Raw = &r.Raw
	}
	if len(e.Fields) == 0 {
		e.Fields = json.RawMessage("{}")
	}
	return e
}

// raw are the exact bytes.
func (e *Event) raw() []byte {
	if e.Raw != nil {
		return []byte(*e.Raw)
	}
	return e.RawBase64
}

// Proofs is proofs.json.
type Proofs struct {
	Segments []Segment `json:"segments"`
	Events   []Proof   `json:"events"` // in the order of events.ndjson
}

// Segment is a sealed segment that events of the snapshot are in.
type Segment struct {
	ID         string       `json:"id"`
	MerkleRoot string       `json:"merkle_root"` // hexadecimal
	Rows       int64        `json:"rows"`        // leaves of its tree
	Record     *RecordProof `json:"record"`      // nil while it is not under a checkpoint
}

// RecordProof shows that the entry which tells of the sealing is in the record.
type RecordProof struct {
	Entry      string   `json:"entry"` // the exact text that was hashed
	Index      int64    `json:"index"` // of its leaf in the record's tree
	Path       []string `json:"path"`  // RFC 6962 audit path, base64
	Checkpoint string   `json:"checkpoint"`
}

// FromRecord is a proof of the record as it stands in a snapshot.
func FromRecord(p record.Proof) *RecordProof {
	return &RecordProof{Entry: p.Leaf, Index: p.Index, Path: append([]string{}, p.Hashes...), Checkpoint: p.Checkpoint}
}

// Proof is one event's place in its segment's tree.
type Proof struct {
	ID      event.ID `json:"id"`
	Segment string   `json:"segment"`
	Index   int64    `json:"index"`
	Path    []string `json:"path"` // RFC 6962 audit path, base64
}

// FromEvent is a proof of the event store as it stands in a snapshot.
func FromEvent(p *eventstore.EventProof) Proof {
	out := Proof{ID: p.ID, Segment: p.Segment, Index: p.Index, Path: []string{}}
	for _, h := range p.Path {
		out.Path = append(out.Path, h.String())
	}
	return out
}

// Lines encodes events as events.ndjson.
func Lines(events []Event) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for i := range events {
		if err := enc.Encode(&events[i]); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
