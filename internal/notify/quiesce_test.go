package notify_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/notify"
)

// run starts the worker and stops it with the test.
func (b *bench) run() {
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- b.s.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
}

// acknowledge does what the escalation does.
func (b *bench) acknowledge(run string, fail bool) {
	b.Helper()
	release := b.s.Quiesce(run)
	defer release()
	err := b.db.For(1, "a").Tx(b.Context(), func(tx *db.Tx) error {
		if err := b.s.CancelRun(b.Context(), tx, run); err != nil {
			return err
		}
		if fail {
			return errors.New("undone")
		}
		return nil
	})
	if (err != nil) != fail {
		b.Fatal(err)
	}
}

// Whatever the moment: once the acknowledgement has committed, no page of the
// run is on its way and none follows.
func TestNothingLeavesAfterAcknowledgement(t *testing.T) {
	each(t, func(b *bench) {
		var acked, under, late atomic.Int64
		entered := make(chan struct{}, 64)
		b.answer = func(ctx context.Context, _ notify.Delivery) (string, error) {
			under.Add(1)
			defer under.Add(-1)
			late.Add(acked.Load())
			entered <- struct{}{}
			<-ctx.Done() // slow: it never gets to answer
			return "", ctx.Err()
		}
		b.run()
		for range 25 {
			b.queue(notify.Message{Run: "r1"})
		}
		<-entered // some are at the provider, some claimed, some queued
		b.acknowledge("r1", false)
		if n := under.Load(); n != 0 {
			b.Errorf("%d sends were under way after the acknowledgement", n)
		}
		acked.Store(1)
		// A later page of another run shows that the worker went on.
		through := make(chan struct{})
		b.mu.Lock()
		b.answer = func(_ context.Context, d notify.Delivery) (string, error) {
			if d.Subject != "other" {
				late.Add(1)
			}
			close(through)
			return "", nil
		}
		b.mu.Unlock()
		b.queue(notify.Message{Run: "r2", Subject: "other"})
		<-through
		if n := late.Load(); n != 0 {
			b.Errorf("%d pages left after the acknowledgement", n)
		}
		all, err := b.s.List(b.Context(), b.db.For(1, "a"), notify.Filter{Run: "r1", State: notify.StateCancelled, Limit: 100})
		if err != nil || len(all) != 25 {
			b.Errorf("%d messages cancelled, %v", len(all), err)
		}
	})
}

// An acknowledgement that did not commit leaves the pages to be sent.
func TestAFailedAcknowledgementSendsOn(t *testing.T) {
	each(t, func(b *bench) {
		entered, sent := make(chan struct{}, 1), make(chan string, 1)
		b.answer = func(ctx context.Context, d notify.Delivery) (string, error) {
			if d.Attempt == 1 {
				entered <- struct{}{}
				<-ctx.Done()
				return "", ctx.Err()
			}
			sent <- d.ID
			return "", nil
		}
		b.run()
		id := b.queue(notify.Message{Run: "r1"})
		<-entered
		b.acknowledge("r1", true)
		if got := <-sent; got != id {
			b.Errorf("sent %s", got)
		}
	})
}

// What the provider took although it was told to stop was sent: the row says so.
func TestTakenDespiteInterruptionIsSent(t *testing.T) {
	each(t, func(b *bench) {
		entered := make(chan struct{}, 1)
		b.answer = func(ctx context.Context, _ notify.Delivery) (string, error) {
			entered <- struct{}{}
			<-ctx.Done()
			return "", nil
		}
		b.run()
		id := b.queue(notify.Message{Run: "r1"})
		<-entered
		b.acknowledge("r1", false)
		b.state(id, notify.StateSent)
	})
}

// Ending a run without the gate interrupts its sends after the commit.
func TestEndingARunInterruptsItsSends(t *testing.T) {
	each(t, func(b *bench) {
		entered, left := make(chan struct{}, 1), make(chan struct{}, 1)
		b.answer = func(ctx context.Context, _ notify.Delivery) (string, error) {
			entered <- struct{}{}
			<-ctx.Done()
			left <- struct{}{}
			return "", ctx.Err()
		}
		b.run()
		id := b.queue(notify.Message{Run: "r1"})
		<-entered
		b.tx(func(ctx context.Context, tx *db.Tx) error { return b.s.CancelRun(ctx, tx, "r1") })
		<-left
		b.state(id, notify.StateCancelled)
	})
}

// The worker is woken by the commit, and after a restart takes up at once what
// the last process had begun (on SQLite, where nobody else can be sending).
func TestTheWorkerIsWokenAndTakesUp(t *testing.T) {
	b := newBench(t, dbtest.SQLite(t))
	sent := make(chan string, 8)
	b.answer = func(_ context.Context, d notify.Delivery) (string, error) { sent <- d.ID; return "", nil }
	left := b.queue(notify.Message{})
	b.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE message SET state = 'sending', attempt = 1, due = ? WHERE tenant = :tenant AND id = ?", db.Micros(b.now.Add(time.Hour)), left)
		return err
	})
	b.s = b.service()
	b.run()
	if id := <-sent; id != left {
		t.Errorf("sent %s", id)
	}
	id := b.queue(notify.Message{})
	if got := <-sent; got != id {
		t.Errorf("sent %s", got)
	}
}
