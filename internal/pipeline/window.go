package pipeline

import (
	"sync"
	"time"
)

// window remembers when batches arrived, so that it can say how far back a
// restart has to read for correlation windows to be warm. Times are kept a
// second apart: the answer is a little early, never late.
type window struct {
	mu    sync.Mutex
	base  uint64 // where reading began: until a batch came, all behind it may be needed
	marks []mark
}

type mark struct {
	seq      uint64
	received int64
}

func (w *window) add(seq uint64, received int64, longest time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.marks); n == 0 || received-w.marks[n-1].received > int64(time.Second) {
		w.marks = append(w.marks, mark{seq, received})
	}
	old := 0
	for old < len(w.marks)-1 && received-w.marks[old+1].received > int64(longest) {
		old++
	}
	w.marks = w.marks[old:]
}

func (w *window) begin(base uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.base = base
}

// floor is the last batch that no window needs any more.
func (w *window) floor(detected uint64) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.marks) == 0 {
		return min(detected, w.base)
	}
	return min(detected, w.marks[0].seq-1)
}
