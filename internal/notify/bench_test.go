package notify_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// instant is a provider that takes everything at once and notes when.
type instant struct{ took chan time.Time }

func (i instant) Send(context.Context, notify.Delivery) (string, error) {
	i.took <- time.Now()
	return "", nil
}

func (i instant) Address(context.Context, tenant.ID, string, string) (string, string, error) {
	return "email", "a@x.org", nil
}

// BenchmarkPage measures from before the queueing transaction to the
// provider's call: one page at a time, and 1,000 recipients of one transaction.
// SQLite, each commit synced to disk.
func BenchmarkPage(b *testing.B) {
	d, err := db.Open(b.Context(), filepath.Join(b.TempDir(), "tocsin.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Migrate(b.Context(), time.Now); err != nil {
		b.Fatal(err)
	}
	p := instant{make(chan time.Time, 1000)}
	s, err := notify.New(notify.Options{DB: d, Record: record.New(d, time.Now), Now: time.Now, Log: slog.New(slog.DiscardHandler), Addresses: p, Channels: map[string]notify.Channel{"email": p}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	defer func() { stop(); <-done }()

	page := func(b *testing.B, recipients int) (took []time.Duration) {
		at := time.Now()
		err := d.For(1, "a").Tx(b.Context(), func(tx *db.Tx) error {
			for range recipients {
				if _, err := s.Queue(b.Context(), tx, notify.Message{Kind: notify.KindPage, Channel: "email", Recipient: "cp", RecipientKind: "contact_point", Run: "r"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		for range recipients {
			took = append(took, (<-p.took).Sub(at))
		}
		return took
	}
	report := func(b *testing.B, all []time.Duration) {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	}
	b.Run("one", func(b *testing.B) {
		var all []time.Duration
		for b.Loop() {
			all = append(all, page(b, 1)...)
		}
		report(b, all)
	})
	b.Run("thousand", func(b *testing.B) {
		var last []time.Duration
		for b.Loop() {
			last = append(last, slices.Max(page(b, 1000)))
		}
		report(b, last)
	})
}
