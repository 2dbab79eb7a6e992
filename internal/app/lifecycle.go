package app

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// lifecycle is the stack of what to undo, by name.
type lifecycle struct {
	mu    sync.Mutex
	stack []cleanup
}

type cleanup struct {
	name string
	run  func()
}

// add pushes a clean-up; they run in reverse order.
func (l *lifecycle) add(name string, run func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stack = append(l.stack, cleanup{name, run})
}

// run starts a part that works until its context ends, and pushes its end.
func (l *lifecycle) run(name string, log *slog.Logger, work func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := work(ctx); err != nil && ctx.Err() == nil {
			log.Error("a part of the server ended", "part", name, "error", err)
		}
	}()
	l.add(name, func() { cancel(); <-done })
}

// stop undoes everything; one clean-up that hangs does not keep the others
// waiting longer than limit.
func (l *lifecycle) stop(log *slog.Logger, limit time.Duration) {
	l.mu.Lock()
	stack := l.stack
	l.stack = nil
	l.mu.Unlock()
	for i := len(stack) - 1; i >= 0; i-- {
		c := stack[i]
		done := make(chan struct{})
		go func() { defer close(done); c.run() }()
		select {
		case <-done:
		case <-time.After(limit):
			log.Error("stopping took too long, going on without", "part", c.name)
		}
	}
}
