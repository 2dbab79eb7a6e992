package eventstore

import (
	"slices"
	"sync"
	"unsafe"

	"github.com/tocsin-project/tocsin/internal/event"
)

// blocks gathers the rows of one partition of a hot table into blocks, as they
// come. The append lock guards the writing; searches read what is done.
type blocks struct {
	first int64    // number of the first block in its table
	set   *termSet // of the open block

	mu   sync.Mutex
	done []block // appended to, never changed
	open block
	counts
}

// maxTableBlocks is how many block numbers a partition of a table has.
const maxTableBlocks = 1 << 20

// number is that of the next row's block.
func (b *blocks) number() int64 { return b.first + int64(len(b.done)) }

// terms is where the next row's terms go.
func (b *blocks) terms() *termSet {
	if b.set == nil {
		b.set = &termSet{}
	}
	return b.set
}

// count takes the row whose terms were added last.
func (b *blocks) count(e *event.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := &b.open
	if o.rows == 0 {
		o.minTime, o.maxTime, o.minSeq = e.Time, e.Time, e.Pos.Seq
	}
	b.add(e)
	o.rows++
	o.sumSeq, o.sumIdx = o.sumSeq+int64(e.Pos.Seq), o.sumIdx+int64(e.Pos.Index)
	o.minTime, o.maxTime = min(o.minTime, e.Time), max(o.maxTime, e.Time)
	o.minSeq, o.maxSeq = min(o.minSeq, e.Pos.Seq), max(o.maxSeq, e.Pos.Seq)
	if o.rows == blockRows {
		b.close()
	}
}

func (b *blocks) close() {
	o := b.open
	o.words, o.grams = inMemory(newBloom(&b.set.words)), inMemory(fold(&b.set.grams))
	b.done = append(b.done, o)
	b.open = block{}
	b.set.reset()
}

// all lists the blocks so far, the open one, which knows nothing yet, last, and
// the number of the first.
func (b *blocks) all() ([]block, int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open.rows == 0 {
		return slices.Clip(b.done), b.first
	}
	return append(slices.Clip(b.done), b.open), b.first
}

// finish closes the open block of a table that gets no more rows.
func (b *blocks) finish() []block {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open.rows > 0 {
		b.close()
	}
	b.set = nil
	return b.done
}

// event adds the terms of an event whose raw text is raw: of everything that
// the query language searches.
func (t *termSet) event(e *event.Event, raw string) {
	t.raw, t.at = raw, 0
	t.text(raw)
	if n := len(raw) - len(e.Message); n < 0 || raw[n:] != e.Message || n > 0 && classes[raw[n-1]]&wordByte != 0 {
		t.text(storedText(e.Message))
	}
	for i := range e.Fields {
		t.valueOf(e.Fields[i].Value)
	}
	t.at = 0
	for i := range e.Columns {
		v := e.Columns[i].Value
		if id := e.Columns[i].ID; id < event.NumColumns && id.Type() == event.IPColumn {
			t.addr(v.Text())
		} else if !isField(e, v) {
			t.valueOf(v)
		}
	}
	t.raw, t.at = "", 0
	t.value(e.Source)
	t.addr(e.Peer)
}

// isField reports whether a column's value is the very string of a field.
func isField(e *event.Event, v event.Value) bool {
	s := v.Str()
	if s == "" {
		return false
	}
	for i := range e.Fields {
		if f := e.Fields[i].Value.Str(); len(f) == len(s) && unsafe.StringData(f) == unsafe.StringData(s) {
			return true
		}
	}
	return false
}
