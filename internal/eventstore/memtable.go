package eventstore

import (
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// memTable is a table in memory: the hot one that rows go to, or one being
// sealed. Its summary covers buffered rows too, so it is complete once the
// writer has flushed.
type memTable struct {
	name    string
	through uint64 // last journal sequence in it
	rows    int64
	bytes   int64 // estimate
	since   time.Time
	parts   map[partition]*summary // each becomes one segment
	partsMu sync.RWMutex           // for adding to parts, and reading without the append lock

	unsure []Segment // written; whether their commit took place is not known yet

	pins    int  // searches that read it; under Store.viewMu
	retired bool // sealed: dropped when pins is 0
}

// partition is what a segment has one of.
type partition struct {
	tenant tenant.ID
	class  string
}

// summary is what a segment's catalogue row says, gathered while appending.
type summary struct {
	rows             int64
	minTime, maxTime int64
	minSeq, maxSeq   uint64
	tree             merkle
	blocks           blocks
}

const minute = int64(time.Minute)

// part finds or makes the partition that an event goes to.
func (m *memTable) part(e *event.Event, class string) *summary {
	p := partition{e.Tenant, class}
	s := m.parts[p]
	if s == nil && !ValidClass(class) {
		p.class = DefaultClass
		s = m.parts[p]
	}
	if s == nil {
		s = &summary{blocks: blocks{first: int64(len(m.parts)) * maxTableBlocks}, minTime: e.Time, maxTime: e.Time, minSeq: e.Pos.Seq}
		m.partsMu.Lock()
		m.parts[p] = s
		m.partsMu.Unlock()
	}
	return s
}

func (m *memTable) count(s *summary, e *event.Event, size int64) {
	m.rows++
	m.bytes += size
	s.rows++
	s.minTime, s.maxTime = min(s.minTime, e.Time), max(s.maxTime, e.Time)
	s.minSeq, s.maxSeq = min(s.minSeq, e.Pos.Seq), max(s.maxSeq, e.Pos.Seq)
	s.blocks.count(e)
}

// spansOf lists the tenant's blocks that may hold a match within [lo, hi].
func (m *memTable) spansOf(t tenant.ID, p *probe, lo, hi int64) (out []span) {
	m.partsMu.RLock()
	defer m.partsMu.RUnlock()
	for part, s := range m.parts {
		if part.tenant != t {
			continue
		}
		of, first := s.blocks.all()
		for i := range of {
			if b := &of[i]; p.mayWithin(&reader{}, b, lo, hi) {
				n := first + int64(i)
				out = append(out, span{n, n, b.minTime, b.maxTime})
			}
		}
	}
	return out
}

// floorDiv is division that rounds down, also for times before 1970.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
