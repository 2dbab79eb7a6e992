package eventstore

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"math"

	"github.com/tocsin-project/tocsin/internal/problem"
)

// position orders rows: newest first by (time, seq, idx).
type position struct {
	time     int64
	seq, idx uint64
}

// compare is negative when p comes before q in a page, so is newer.
func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(q.time, p.time), cmp.Compare(q.seq, p.seq), cmp.Compare(q.idx, p.idx))
}

// newest is the position before every row, after every row of a later time.
func newestAt(time int64) position { return position{time, math.MaxInt64, math.MaxInt64} }

const cursorVersion = 1

// cursor is opaque to callers. It holds no secret and no tenant: a forged one
// only moves the place to go on from within the caller's own rows.
func (p position) cursor() string {
	b := []byte{cursorVersion}
	b = binary.BigEndian.AppendUint64(b, uint64(p.time))
	b = binary.BigEndian.AppendUint64(b, p.seq)
	b = binary.BigEndian.AppendUint64(b, p.idx)
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string) (position, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 25 || b[0] != cursorVersion {
		return position{}, problem.New(problem.Invalid, "This is not a cursor of a page of events. Search again from the start.")
	}
	p := position{int64(binary.BigEndian.Uint64(b[1:])), binary.BigEndian.Uint64(b[9:]), binary.BigEndian.Uint64(b[17:])}
	p.seq, p.idx = min(p.seq, math.MaxInt64), min(p.idx, math.MaxInt64)
	return p, nil
}
