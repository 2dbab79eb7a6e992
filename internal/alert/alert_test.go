package alert_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/record"
)

type bench struct {
	*testing.T
	*alert.Service
	db  *db.DB
	now time.Time
}

func both(t *testing.T, test func(*bench)) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		b := &bench{T: t, db: d, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
		b.Service = alert.New(record.New(d, func() time.Time { return b.now }), func() time.Time { return b.now })
		test(b)
	})
}

func (b *bench) raise(fs ...alert.Finding) {
	b.Helper()
	for i := range fs {
		if fs[i].First == 0 {
			fs[i].First, fs[i].Last = b.now.UnixNano(), b.now.UnixNano()
		}
	}
	if err := b.db.For(1, "detection").Tx(b.Context(), func(tx *db.Tx) error { return b.Raise(b.Context(), tx, fs) }); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) all() []alert.Alert {
	b.Helper()
	as, err := alert.List(b.Context(), b.db.For(1, "test"), "", 0, "", 100)
	if err != nil {
		b.Fatal(err)
	}
	return as
}

func (b *bench) recorded(kind string) int {
	b.Helper()
	rows, err := record.List(b.Context(), b.db.For(1, "test"), record.Filter{KindPrefix: kind, Limit: 1000})
	if err != nil {
		b.Fatal(err)
	}
	return len(rows)
}

var odd = alert.Finding{Fingerprint: "f1", Kind: "rule", Rule: "odd", Title: "Odd thing", Severity: event.High, Summary: "odd on pc7", Count: 1}

func TestRepeatsFoldAndOnlyTheFirstIsRecorded(t *testing.T) {
	both(t, func(b *bench) {
		b.raise(odd)
		start := b.now
		b.now = b.now.Add(time.Hour)
		more := odd
		more.Count, more.Title = 41, "Another title"
		b.raise(more)
		as := b.all()
		if len(as) != 1 || as[0].Count != 42 || !as[0].First.Equal(start) || !as[0].Last.Equal(b.now) || as[0].Title != "Odd thing" {
			b.Errorf("%+v", as)
		}
		if n := b.recorded("alert.raised"); n != 1 {
			b.Errorf("%d entries for one alert", n)
		}
		other := odd
		other.Fingerprint = "f2"
		b.raise(other)
		if n := len(b.all()); n != 2 {
			b.Errorf("%d alerts, want 2", n)
		}
	})
}

func TestADayAfterItsLastEventAnAlertIsOver(t *testing.T) {
	both(t, func(b *bench) {
		b.raise(odd)
		b.now = b.now.Add(23 * time.Hour)
		b.raise(odd)
		b.now = b.now.Add(23 * time.Hour)
		b.raise(odd)
		if n := len(b.all()); n != 1 {
			b.Errorf("%d alerts while repeats came", n)
		}
		b.now = b.now.Add(24 * time.Hour)
		b.raise(odd)
		if n := len(b.all()); n != 2 {
			b.Errorf("%d alerts, want a new one after a day of silence", n)
		}
	})
}

func TestAClearedOrSettledAlertTakesNoRepeats(t *testing.T) {
	both(t, func(b *bench) {
		b.raise(odd)
		b.now = b.now.Add(10 * time.Minute)
		b.raise(alert.Finding{Fingerprint: "c1", Clears: "f1", Rule: "back", Title: "Back again"})
		as := b.all()
		if len(as) != 1 || !as[0].Cleared.Equal(b.now) || b.recorded("alert.cleared") != 1 {
			b.Fatalf("%+v", as)
		}
		b.raise(alert.Finding{Fingerprint: "c1", Clears: "f1", Rule: "back", Title: "Back again"}) // nothing is open
		if n := b.recorded("alert.cleared"); n != 1 {
			b.Errorf("cleared %d times", n)
		}
		b.now = b.now.Add(time.Minute)
		b.raise(odd)
		if n := len(b.all()); n != 2 {
			b.Fatalf("%d alerts, want a new one after the first was cleared", n)
		}
		if times, minutes, err := alert.Recent(b.Context(), b.db.For(1, "test"), "f1", b.now.Add(-time.Hour)); err != nil || times != 2 || minutes != 10 {
			b.Errorf("%d times, %d minutes, %v", times, minutes, err)
		}
		id := b.all()[0].ID
		if err := b.db.For(1, "ann").Tx(b.Context(), func(tx *db.Tx) error { return b.Settle(b.Context(), tx, []string{id}) }); err != nil {
			b.Fatal(err)
		}
		going := odd
		going.Ongoing = true
		b.raise(going) // what still goes on was judged with its case
		if n := len(b.all()); n != 2 {
			b.Errorf("%d alerts: what only goes on raised one", n)
		}
		b.raise(odd)
		if n := len(b.all()); n != 3 {
			b.Errorf("%d alerts, want a new one after the second was settled", n)
		}
	})
}

func TestAnAlertNamesABoundedNumberOfEvents(t *testing.T) {
	both(t, func(b *bench) {
		for i := range 13 {
			f := odd
			for j := range 100 {
				var id event.ID
				copy(id[:], fmt.Sprintf("%04d-%04d", i, j))
				f.Events = append(f.Events, id)
			}
			b.raise(f)
		}
		ids, err := alert.Events(b.Context(), b.db.For(1, "test"), b.all()[0].ID, 5000)
		if err != nil || len(ids) != 1000 || b.all()[0].Count != 13 {
			b.Errorf("%d events, %v", len(ids), err)
		}
	})
}

func TestTextThatNoDatabaseTakesIsStillAnAlert(t *testing.T) {
	both(t, func(b *bench) {
		f := odd
		f.Summary = "a\x00b\xffc"
		f.Facts.Entities = []alert.Entity{{Kind: "user", Value: "ro\x00ot\xff"}}
		b.raise(f)
		if as := b.all(); len(as) != 1 || !strings.HasPrefix(as[0].Summary, "a\uFFFDb") {
			b.Errorf("%+v", as)
		}
	})
}
