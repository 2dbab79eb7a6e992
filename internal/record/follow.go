package record

import (
	"context"
	"log/slog"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
)

// feedBatch bounds how many rows one follower's transaction handles.
const feedBatch = 200

// pollEvery is how often a follower looks without being woken: for rows that
// another process committed, and for those that a running transaction hid.
const pollEvery = time.Second

// Follow calls handle for each row of all tenants, in feed order, from where
// the follower of that name stopped, until ctx ends. The handler's changes and
// the cursor commit together, so each row takes effect in the database once.
// The transaction is bound to the row's tenant and acts as the follower.
//
// A handler that fails is asked again with growing pauses up to 15 s; rows
// behind the failing one wait, because order is a promise.
func (l *Log) Follow(ctx context.Context, follower string, log *slog.Logger, handle func(context.Context, *db.Tx, Row) error) error {
	h := l.db.System(follower)
	at, err := loadCursor(ctx, h, follower)
	if err != nil {
		return err
	}
	pause := 50 * time.Millisecond
	for ctx.Err() == nil {
		changed := l.Changed()
		rows, err := next(ctx, h, at, feedBatch)
		if err == nil && len(rows) > 0 {
			err = l.handle(ctx, h, follower, rows, handle)
			if err != nil && len(rows) > 1 { // pass the good ones in front of the bad one
				rows = rows[:1]
				err = l.handle(ctx, h, follower, rows, handle)
			}
		}
		switch {
		case err != nil && ctx.Err() == nil:
			log.Error("follower failed, will try again", "follower", follower, "pause", pause, "error", err)
			sleep(ctx, pause)
			pause = min(2*pause, 15*time.Second)
			continue
		case len(rows) == 0:
			wait(ctx, changed, pollEvery)
		default:
			last := rows[len(rows)-1]
			at = cursor{last.xid, last.Seq}
		}
		pause = 50 * time.Millisecond
	}
	return nil
}

func (l *Log) handle(ctx context.Context, h *db.Handle, follower string, rows []Row, handle func(context.Context, *db.Tx, Row) error) error {
	return h.Tx(ctx, func(tx *db.Tx) error {
		for _, r := range rows {
			if err := handle(ctx, tx.As(r.Tenant, follower), r); err != nil {
				return err
			}
		}
		last := rows[len(rows)-1]
		return saveCursor(ctx, tx, follower, cursor{last.xid, last.Seq})
	})
}

func wait(ctx context.Context, c <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-c:
	case <-t.C:
	}
}

func sleep(ctx context.Context, d time.Duration) { wait(ctx, nil, d) }
