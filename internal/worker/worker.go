// Package worker works off what waits in rows of the relational store, one piece
// at a time, for packages that keep their queue there.
package worker

import (
	"context"
	"log/slog"
	"time"
)

// Loop is one worker. Wake may be called from any goroutine, also before Run.
type Loop struct {
	What string        // is worked off: "exports", for the log
	Idle time.Duration // looks again after that without being woken
	Log  *slog.Logger
	// Next does the piece that has waited longest, and reports whether there was
	// one. After an error the loop waits as if there was none.
	Next func(ctx context.Context) (worked bool, err error)
	// Tidy is called when the loop has been idle for Idle; nil for nothing.
	Tidy func(ctx context.Context) error

	wake chan struct{}
}

// New makes a loop that can be woken.
func New(l Loop) *Loop {
	l.wake = make(chan struct{}, 1)
	return &l
}

// Wake has the loop look at once.
func (l *Loop) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends.
func (l *Loop) Run(ctx context.Context) error {
	t := time.NewTicker(l.Idle)
	defer t.Stop()
	for {
		worked, err := l.Next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			l.Log.Error(l.What+" stopped, will go on", "error", err)
		}
		if worked && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-l.wake:
		case <-t.C:
			if l.Tidy == nil {
				continue
			}
			if err := l.Tidy(ctx); err != nil && ctx.Err() == nil {
				l.Log.Error("tidying "+l.What+" failed, will try again", "error", err)
			}
		}
	}
}

// Rest pauses a long piece of work for as long as its last step took, half a
// second at most, so that it takes half of a core and what else runs goes on.
func Rest(ctx context.Context, took time.Duration) {
	t := time.NewTimer(min(took, 500*time.Millisecond))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
