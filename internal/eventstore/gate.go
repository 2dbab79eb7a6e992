package eventstore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Gate lets some searches run at once, each for a limited time; more wait.
type Gate struct {
	limit   time.Duration
	begun   prometheus.Counter
	seconds prometheus.Observer

	slots     chan struct{} // one token a running search
	closing   chan struct{} // closed when no more may start
	closeOnce sync.Once
}

// NewGate makes a gate for n searches of at most limit each, counted by begun
// and seconds.
func NewGate(n int, limit time.Duration, begun prometheus.Counter, seconds prometheus.Observer) *Gate {
	return &Gate{limit: limit, begun: begun, seconds: seconds, slots: make(chan struct{}, n), closing: make(chan struct{})}
}

// Enter waits for a slot and gives the tenant's search its time. The caller must
// call leave.
func (g *Gate) Enter(ctx context.Context, t tenant.ID) (limited context.Context, leave func(), err error) {
	if !t.Valid() {
		return nil, nil, problem.New(problem.Internal, "a search without a tenant")
	}
	closed := problem.New(problem.Unavailable, "the event store is closed")
	select {
	case <-g.closing:
		return nil, nil, closed
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	select {
	case <-g.closing: // both were ready
		<-g.slots
		return nil, nil, closed
	default:
	}
	g.begun.Inc()
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, g.limit)
	return ctx, func() {
		cancel()
		<-g.slots
		g.seconds.Observe(time.Since(start).Seconds())
	}, nil
}

// Shut lets nobody in any more.
func (g *Gate) Shut() { g.closeOnce.Do(func() { close(g.closing) }) }

// Wait waits for those inside, once, and keeps their slots.
func (g *Gate) Wait(ctx context.Context) error {
	for range cap(g.slots) {
		select {
		case g.slots <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("close the event store: searches still run: %w", ctx.Err())
		}
	}
	return nil
}
