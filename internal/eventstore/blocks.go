package eventstore

import (
	"slices"
	"sync"

	"github.com/tocsin-project/tocsin/internal/event"
)

// blocks gathers the rows of one partition of a hot table into blocks, as they
// come. The append lock guards the writing; searches read what is done.
type blocks struct {
	set *termSet // of the open block

	mu   sync.Mutex
	done []block // appended to, never changed
	open block
}

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
	o.rows++
	o.minTime, o.maxTime, o.maxSeq = min(o.minTime, e.Time), max(o.maxTime, e.Time), e.Pos.Seq
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

// all lists the blocks so far, the open one, which knows nothing yet, last.
func (b *blocks) all() []block {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open.rows == 0 {
		return b.done[:len(b.done):len(b.done)]
	}
	return append(slices.Clip(b.done), b.open)
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
	t.text(raw)
	if n := len(raw) - len(e.Message); n < 0 || raw[n:] != e.Message || n > 0 && classes[raw[n-1]].word {
		t.text(storedText(e.Message))
	}
	t.value(e.Source)
	t.addr(e.Peer)
	for i := range e.Fields {
		t.valueOf(e.Fields[i].Value)
	}
	for i := range e.Columns {
		if id := e.Columns[i].ID; id < event.NumColumns && id.Info().Type == event.IPColumn {
			t.addr(e.Columns[i].Value.Text())
		} else {
			t.valueOf(e.Columns[i].Value)
		}
	}
}
