package rulestats_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/rulestats"
)

func TestHitsAddUpByTheHourAndTenantsAreApart(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)
		r := &rulestats.Recorder{DB: d, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
		flush := func() {
			t.Helper()
			if err := r.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		r.Hit(1, "a", now.UnixNano(), 3)
		r.Hit(1, "a", now.Add(-time.Hour).UnixNano(), 1)
		r.Hit(2, "a", now.UnixNano(), 100)
		r.Hit(1, "b", now.Add(time.Hour).UnixNano(), 1) // a clock that runs ahead
		flush()
		r.Hit(1, "a", now.UnixNano(), 4)
		flush()
		flush() // nothing is counted twice
		q := d.For(1, "test")
		hours, err := rulestats.Hours(t.Context(), q, "a", now.Add(-24*time.Hour))
		if err != nil || len(hours) != 2 || hours[0].Hits != 1 || hours[1].Hits != 7 || !hours[1].Start.Equal(now.Truncate(time.Hour)) {
			t.Errorf("%+v, %v", hours, err)
		}
		figures, err := rulestats.Figures(t.Context(), q, now)
		if err != nil || figures["a"].Hits != 7 || figures["a"].Total != 8 || !figures["a"].Last.Equal(now) || !figures["b"].Last.Equal(now) {
			t.Errorf("%+v, %v", figures, err)
		}
	})
}

func TestAFailedWriteIsMadeAgain(t *testing.T) {
	d := dbtest.SQLite(t)
	r := &rulestats.Recorder{DB: d, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	r.Hit(1, "a", time.Now().UnixNano(), 5)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Flush(gone); err == nil {
		t.Fatal("a write with an ended context succeeded")
	}
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	figures, err := rulestats.Figures(t.Context(), d.For(1, "test"), time.Now())
	if err != nil || figures["a"].Total != 5 {
		t.Errorf("%+v, %v", figures, err)
	}
}

func TestSourcesAreRemembered(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)
		seen := []rulestats.Seen{{Tenant: 1, Logsource: event.Logsource{Product: "linux", Service: "sshd"}, Fields: []string{"user"}, First: at, Last: at}}
		r := &rulestats.Recorder{DB: d, Now: func() time.Time { return at }, Log: slog.New(slog.DiscardHandler), Seen: func() []rulestats.Seen { return seen }}
		for range 2 {
			if err := r.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			seen[0].Fields = append(seen[0].Fields, "port") // a new field does not wait
		}
		got, err := rulestats.LoadSeen(t.Context(), d)
		if err != nil || len(got) != 1 || len(got[0].Fields) != 2 || got[0].Logsource != seen[0].Logsource || !got[0].Last.Equal(at) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
