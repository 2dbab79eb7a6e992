package eventstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/tocsin-project/tocsin/internal/event"
)

// Fault is one way in which a segment is not what the catalogue says.
type Fault struct {
	Segment string `json:"segment"`
	What    string `json:"what"` // "file", "sha256", "bytes", "rows", "merkle root", "raw text" or "time range"
	Detail  string `json:"detail"`
}

// Summary says faults in one line, "" when there are none.
func Summary(faults []Fault) string {
	var all []string
	for _, f := range faults {
		all = append(all, f.What+": "+f.Detail)
	}
	return strings.Join(all, "; ")
}

// VerifySegments recomputes the file hash, the Merkle root and every raw hash
// of all segments, and names what differs. Faults are not an error; err says
// that the check itself could not go on.
func (s *Store) VerifySegments(ctx context.Context) ([]Fault, error) {
	s.viewMu.Lock()
	segments := s.segments
	s.viewMu.Unlock()
	var faults []Fault
	for i := range segments {
		found, err := s.VerifySegment(ctx, segments[i])
		if err != nil {
			return faults, err
		}
		faults = append(faults, found...)
	}
	return faults, nil
}

// VerifySegment checks one segment of the catalogue.
func (s *Store) VerifySegment(ctx context.Context, g Segment) (faults []Fault, err error) {
	fault := func(what, format string, args ...any) {
		faults = append(faults, Fault{g.ID, what, fmt.Sprintf(format, args...)})
	}
	done, err := s.fetch(ctx, &g)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		fault("file", "the file cannot be fetched: %v", err)
		return faults, nil
	}
	defer done()
	sum, size, err := hashFile(s.path(&g))
	if err != nil {
		fault("file", "the file cannot be read: %v", err)
		return faults, nil
	}
	if size != g.Bytes {
		fault("bytes", "the file has %d bytes, not %d", size, g.Bytes)
	}
	if sum != g.SHA256 {
		fault("sha256", "the file's SHA-256 is %x, not %x", sum, g.SHA256)
	}
	c := segmentCheck{}
	if err := c.read(ctx, s, &g); err != nil {
		if ctx.Err() != nil {
			return faults, ctx.Err()
		}
		fault("file", "the rows cannot be read: %v", err)
		return faults, nil
	}
	if c.rows != g.Rows {
		fault("rows", "the file has %d rows, not %d", c.rows, g.Rows)
	}
	if root := c.tree.root(); root != g.MerkleRoot {
		fault("merkle root", "the rows' Merkle root is %x, not %x", root[:], g.MerkleRoot)
	}
	if c.foreign > 0 {
		fault("rows", "%d rows belong to another tenant", c.foreign)
	}
	if c.rawDiffers > 0 {
		fault("raw text", "%d rows' raw bytes do not have the hash that the row says, the first is event %s", c.rawDiffers, c.firstDiffers)
	}
	if c.rows > 0 && (c.minTime != g.MinTime || c.maxTime != g.MaxTime) {
		fault("time range", "the rows' times are %d to %d, not %d to %d", c.minTime, c.maxTime, g.MinTime, g.MaxTime)
	}
	return faults, nil
}

// segmentCheck gathers what a segment's rows say, in journal order.
type segmentCheck struct {
	rows, foreign, rawDiffers int64
	firstDiffers              event.ID
	minTime, maxTime          int64
	tree                      merkle
}

func (c *segmentCheck) read(ctx context.Context, s *Store, g *Segment) error {
	st := &statement{} // without src: its errors are the check's findings
	// sha256 is DuckDB's, over the exact bytes, so that none cross into Go.
	st.WriteString("SELECT id, raw_sha256, time, tenant <> " + st.arg(int64(g.Tenant)) +
		", unhex(sha256(coalesce(raw_exact, encode(coalesce(raw, ''))))) <> raw_sha256 FROM " + s.fileSource(g) + " ORDER BY seq, idx")
	var id duckdb.UUID
	var hash []byte
	var time int64
	var foreign, differs bool
	return s.run(ctx, st, func(rs *sql.Rows) error {
		if err := rs.Scan(&id, &hash, &time, &foreign, &differs); err != nil {
			return err
		}
		if c.rows == 0 {
			c.minTime, c.maxTime = time, time
		}
		c.minTime, c.maxTime = min(c.minTime, time), max(c.maxTime, time)
		c.rows++
		if foreign {
			c.foreign++
		}
		if differs {
			if c.rawDiffers == 0 {
				c.firstDiffers = event.ID(id)
			}
			c.rawDiffers++
		}
		var sum [32]byte
		copy(sum[:], hash)
		c.tree.add(LeafHash(event.ID(id), sum))
		return nil
	})
}

// Check verifies one segment of the list and keeps the result: from then on
// searches leave a faulty one out, and read again one that is as it was.
func (s *Store) Check(ctx context.Context, id string) ([]Fault, error) {
	g, err := s.segment(id)
	if err != nil {
		return nil, err
	}
	faults, err := s.VerifySegment(ctx, g)
	if err == nil {
		s.relist(func(all []Segment) []Segment {
			for i := range all {
				if all[i].ID == id {
					all[i].CheckedAt, all[i].Fault = s.o.Now(), Summary(faults)
				}
			}
			return all
		}, func() {})
	}
	switch {
	case err != nil:
		return nil, err
	case len(faults) == 0:
		s.health.clear(id)
	case s.remote(&g) && faults[0].What == "file":
		s.mark(&g, SegmentMissing, faults[0].Detail)
	default:
		state, _ := s.look(&g)
		if state == SegmentOK {
			state = SegmentDamaged
		}
		s.mark(&g, state, faults[0].Detail)
	}
	return faults, nil
}

// Segments lists the sealed segments, newest first.
func (s *Store) Segments() []Segment {
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	return slices.Clone(s.segments)
}
