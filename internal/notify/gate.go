package notify

import (
	"context"
	"errors"
	"sync"
	"time"
)

// quiesceFor bounds how long an acknowledgement waits for sends that are under
// way. Channels return soon after they are cancelled; one that does not must
// not keep a responder from acknowledging.
const quiesceFor = 5 * time.Second

// Why a send was interrupted; the message then goes back to the queue.
var (
	errQuiesced = errors.New("its run is being acknowledged")
	errStopping = errors.New("the worker is stopping")
	errEnded    = errors.New("its run has ended")
)

// gate stands between the worker and the providers: one run at a time can be
// closed, and a closed run has no send under way.
type gate struct {
	mu      sync.Mutex
	closed  map[string]*closing         // by run
	flights map[string]map[*flight]bool // by run; what is under way
}

type closing struct {
	holders int
	opened  chan struct{}
}

type flight struct {
	cancel context.CancelCauseFunc
	done   chan struct{}
}

func newGate() *gate {
	return &gate{closed: map[string]*closing{}, flights: map[string]map[*flight]bool{}}
}

// enter waits until the run is open and registers a send. The context ends
// when the run is closed. leave is called when the outcome is recorded.
func (g *gate) enter(ctx context.Context, run string) (sending context.Context, leave func(), err error) {
	for {
		g.mu.Lock()
		c := g.closed[run]
		if c == nil {
			break // holding the lock
		}
		g.mu.Unlock()
		select {
		case <-c.opened:
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		}
	}
	defer g.mu.Unlock()
	sending, cancel := context.WithCancelCause(ctx)
	f := &flight{cancel: cancel, done: make(chan struct{})}
	if g.flights[run] == nil {
		g.flights[run] = map[*flight]bool{}
	}
	g.flights[run][f] = true
	return sending, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.flights[run], f)
		if len(g.flights[run]) == 0 {
			delete(g.flights, run)
		}
		cancel(nil)
		close(f.done)
	}, nil
}

// close stops new sends of the run, cancels those under way and waits for
// them. It reports false when one did not return in time.
func (g *gate) close(run string) (open func(), quiet bool) {
	g.mu.Lock()
	c := g.closed[run]
	if c == nil {
		c = &closing{opened: make(chan struct{})}
		g.closed[run] = c
	}
	c.holders++
	g.mu.Unlock()

	var once sync.Once
	open = func() {
		once.Do(func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			if c.holders--; c.holders == 0 {
				delete(g.closed, run)
				close(c.opened)
			}
		})
	}
	limit := time.NewTimer(quiesceFor)
	defer limit.Stop()
	for _, f := range g.cancel(run, errQuiesced) {
		select {
		case <-f.done:
		case <-limit.C:
			return open, false
		}
	}
	return open, true
}

// cancel interrupts the sends of a run and returns them.
func (g *gate) cancel(run string, why error) []*flight {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []*flight
	for f := range g.flights[run] {
		f.cancel(why)
		out = append(out, f)
	}
	return out
}
