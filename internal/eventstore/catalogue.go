package eventstore

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Catalogue keeps the list of sealed segments and the journal position up to
// which everything is in them. It is the only truth about what is sealed: a
// file that it does not list does not exist.
type Catalogue interface {
	// Segments lists every segment and the sealed sequence, 0 when none.
	Segments(ctx context.Context) (segments []Segment, sealedSeq uint64, err error)
	// Commit adds segments and moves the sealed sequence forward, in one
	// transaction. No segments is right when a range of the journal had none.
	Commit(ctx context.Context, segments []Segment, sealedSeq uint64) error
	// Dropped reports whether a segment that is not listed was dropped: then its
	// file may be removed for good.
	Dropped(ctx context.Context, id string) (bool, error)
}

// Segment is one immutable Parquet file of one tenant.
type Segment struct {
	ID         string // 32 hexadecimal digits
	Tenant     tenant.ID
	Path       string // relative to the data directory, with slashes
	Class      string // retention class
	Format     int    // of the file: 1 has raw, message and fields in columns, format one body
	Columns    int    // normalised columns that the file was written with
	Rows       int64
	MinTime    int64 // event time, ns, inclusive
	MaxTime    int64
	MinSeq     uint64 // journal sequence, inclusive
	MaxSeq     uint64
	Bytes      int64
	SHA256     [32]byte // of the file
	MerkleRoot [32]byte // RFC 6962 over LeafHash of its rows by (seq, idx)
	Minutes    []Minute // ascending
	SealedAt   time.Time

	// Tier is the kind of tier that its file was moved to, "" when it is in the
	// data directory. Location is where in the tier a copy is, or may be.
	Tier, Location string
	CheckedAt      time.Time // last verification; zero before the first
	Fault          string    // what that found, "" when nothing

	filter *filterFile // nil when there is none that can be used
}

// format is what segments are written in.
const format = 2

// Minute counts a segment's rows within one minute.
type Minute struct {
	Start    int64    `json:"t"` // minutes since 1970
	Total    int64    `json:"n"`
	Failure  int64    `json:"f,omitempty"`
	Success  int64    `json:"s,omitempty"`
	Severity [8]int64 `json:"v"` // by severity 0..6, then other
}

// DefaultClass is the retention class of events that no rule keeps longer.
const DefaultClass = "default"

// ValidClass reports whether a retention class may have this name: 1 to 32
// lower-case letters, digits and dashes. It is a directory's name, too.
func ValidClass(name string) bool {
	for _, c := range []byte(name) {
		if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return name != "" && len(name) <= 32
}
