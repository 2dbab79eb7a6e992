package search

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// tailRows is how many rows a tail hands on at once at most: more than anybody
// reads, little enough to draw.
const tailRows = 200

// Tail hands on the rows that match as they become searchable, in the order of
// the journal, until ctx ends or found fails. Of many at once the last are handed
// on, and dropped says how many were not. idle is called when nothing came for a
// while.
func Tail(ctx context.Context, st Store, t tenant.ID, x query.Expr, every time.Duration, found func(rows []eventstore.Row, dropped int64) error, idle func() error) error {
	seen, more := st.Flushed()
	quiet := time.NewTicker(every)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-quiet.C:
			if err := idle(); err != nil {
				return err
			}
			continue
		case <-more:
		}
		var through uint64
		through, more = st.Flushed()
		rows, dropped, err := st.Since(ctx, t, x, seen, through, tailRows)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		seen = through
		if len(rows) > 0 {
			if err := found(rows, dropped); err != nil {
				return err
			}
		}
	}
}
