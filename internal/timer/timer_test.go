package timer_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/timer"
)

type bench struct {
	*testing.T
	db  *db.DB
	s   *timer.Service
	now time.Time
	ran []string
}

func each(t *testing.T, test func(*bench)) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		b := &bench{T: t, db: d, now: time.Date(2026, 3, 29, 0, 59, 0, 0, time.UTC)}
		b.s = timer.New(d, func() time.Time { return b.now }, slog.New(slog.DiscardHandler))
		b.s.Handle("k", func(_ context.Context, tx *db.Tx, t timer.Timer) error {
			tx.OnCommit(func() { b.ran = append(b.ran, t.Tenant.String()+"/"+t.Key) })
			return nil
		})
		test(b)
	})
}

func (b *bench) tx(fn func(ctx context.Context, tx *db.Tx) error) {
	b.Helper()
	if err := b.db.For(1, "a").Tx(b.Context(), func(tx *db.Tx) error { return fn(b.Context(), tx) }); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) set(key string, in time.Duration) {
	b.Helper()
	b.tx(func(ctx context.Context, tx *db.Tx) error { return b.s.Set(ctx, tx, "k", key, b.now.Add(in), "") })
}

func (b *bench) after(d time.Duration, want ...string) {
	b.Helper()
	b.now = b.now.Add(d)
	b.ran = nil
	if _, err := b.s.Due(b.Context()); err != nil {
		b.Fatal(err)
	}
	if len(b.ran) != len(want) {
		b.Fatalf("ran %v, want %v", b.ran, want)
	}
	for i := range want {
		if b.ran[i] != want[i] {
			b.Fatalf("ran %v, want %v", b.ran, want)
		}
	}
}

func TestTimersRunOnceWhenDue(t *testing.T) {
	each(t, func(b *bench) {
		b.set("one", time.Minute)
		b.after(59 * time.Second)
		b.after(time.Second, "1/one")
		b.after(time.Hour)
	})
}

func TestMoveAndCancel(t *testing.T) {
	each(t, func(b *bench) {
		b.set("moved", time.Minute)
		b.set("moved", 3*time.Minute)
		b.set("cancelled", time.Minute)
		b.tx(func(ctx context.Context, tx *db.Tx) error { return b.s.Cancel(ctx, tx, "k", "cancelled") })
		b.after(2 * time.Minute)
		b.after(time.Minute, "1/moved")
	})
}

func TestATimerMayBeSetAgainByItsHandler(t *testing.T) {
	each(t, func(b *bench) {
		n := 0
		b.s.Handle("k", func(ctx context.Context, tx *db.Tx, t timer.Timer) error {
			n++
			return b.s.Set(ctx, tx, t.Kind, t.Key, b.now.Add(time.Minute), "")
		})
		b.set("tick", time.Minute)
		for range 3 {
			b.after(time.Minute)
		}
		if n != 3 {
			b.Errorf("ran %d times", n)
		}
	})
}

func TestAFailedHandlerChangesNothingAndIsTriedAgain(t *testing.T) {
	each(t, func(b *bench) {
		tries := 0
		b.s.Handle("k", func(ctx context.Context, tx *db.Tx, tm timer.Timer) error {
			tries++
			if err := b.s.Set(ctx, tx, "other", "x", b.now.Add(time.Hour), ""); err != nil {
				return err
			}
			if tries < 3 {
				return errors.New("not yet")
			}
			return nil
		})
		b.set("one", 0)
		b.after(0)
		var n int
		if err := b.db.For(1, "a").QueryRow(b.Context(), "SELECT count(*) FROM timer WHERE tenant = :tenant AND kind = 'other'").Scan(&n); err != nil || n != 0 {
			b.Errorf("the failed try left %d rows, %v", n, err)
		}
		b.after(10 * time.Second)
		b.after(10 * time.Second)
		if tries != 3 {
			b.Errorf("tried %d times", tries)
		}
	})
}

// A process that leased a timer and died: the lease runs out and another runs it.
func TestALeaseRunsOut(t *testing.T) {
	each(t, func(b *bench) {
		b.set("one", 0)
		ctx, die := context.WithCancel(b.Context())
		b.s.Handle("k", func(context.Context, *db.Tx, timer.Timer) error { die(); return context.Canceled })
		_, _ = b.s.Due(ctx)
		b.s.Handle("k", func(_ context.Context, tx *db.Tx, t timer.Timer) error {
			tx.OnCommit(func() { b.ran = append(b.ran, "1/"+t.Key) })
			return nil
		})
		b.after(5 * time.Second)
		// The dead process's connection holds the row until PostgreSQL has seen
		// its end; meanwhile others pass the row over, and look again.
		b.now = b.now.Add(26 * time.Second)
		b.ran = nil
		for end := time.Now().Add(10 * time.Second); len(b.ran) == 0 && time.Now().Before(end); {
			if _, err := b.s.Due(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		if len(b.ran) != 1 || b.ran[0] != "1/one" {
			b.Errorf("ran %v, want 1/one", b.ran)
		}
	})
}
