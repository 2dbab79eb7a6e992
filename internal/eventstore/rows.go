package eventstore

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/tocsin-project/tocsin/internal/event"
)

// What other engines need to make rows and pages that are the same as Store's.

// CursorBehind continues a page behind every row that is newer than time (ns).
func CursorBehind(time int64) string { return newestAt(time).cursor() }

// ParseCursor reads what Row.Cursor and CursorBehind made: the time (ns) and
// place of the row behind which the page goes on. The error is for people.
func ParseCursor(s string) (time int64, at event.Position, err error) {
	p, err := parseCursor(s)
	return p.time, event.Position{Seq: p.seq, Index: uint32(min(p.idx, math.MaxUint32))}, err
}

// At says where the journal holds a row that another engine read.
func (r *Row) At(p event.Position) { r.pos = position{r.Time, p.Seq, uint64(p.Index)} }

// StatusName is a parse status as rows show it.
func StatusName(status uint8) string { return statusNames[min(int(status), len(statusNames)-1)] }

// StoredSeverity is a severity as it is stored: one that has no name is another
// one in every engine.
func StoredSeverity(s event.Severity) event.Severity { return storedSeverity(s) }

// StoredText is text as it is stored: valid UTF-8 without NUL.
func StoredText(s string) string { return storedText(s) }

// AppendLogsources appends the stored form of log sources; ParseLogsources reads
// it, "" for none.
func AppendLogsources(b []byte, ls []event.Logsource) []byte { return appendLogsources(b, ls) }

// ParseLogsources is the reverse of AppendLogsources.
func ParseLogsources(text string) (out []event.Logsource, err error) {
	if text == "" {
		return nil, nil
	}
	var triples [][3]string
	if err := json.Unmarshal([]byte(text), &triples); err != nil {
		return nil, fmt.Errorf("log sources of a stored event: %w", err)
	}
	for _, l := range triples {
		out = append(out, event.Logsource{Category: l[0], Product: l[1], Service: l[2]})
	}
	return out, nil
}

// IDTimes is the range of times (ns, inclusive) that events with these ids have.
func IDTimes(ids []event.ID) (lo, hi int64) { return idTimes(ids) }
