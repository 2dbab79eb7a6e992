package dashboards

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
)

func TestTheClockOfAZone(t *testing.T) {
	prague, err := time.LoadLocation("Europe/Prague")
	must(t, err)
	at := func(s string) time.Time {
		x, err := time.Parse(time.RFC3339, s)
		must(t, err)
		return x
	}
	for _, c := range []struct {
		name, now, every string
		hh, mm           int
		want             string
	}{
		{"later today", "2026-06-01T05:00:00Z", Daily, 8, 0, "2026-06-01T08:00:00+02:00"},
		{"tomorrow", "2026-06-01T06:00:00Z", Daily, 8, 0, "2026-06-02T08:00:00+02:00"},
		{"by the zone's date", "2026-06-01T22:30:00Z", Daily, 0, 15, "2026-06-03T00:15:00+02:00"},
		{"next Monday", "2026-06-01T12:00:00Z", Weekly, 8, 0, "2026-06-08T08:00:00+02:00"},
		{"the first of the next month", "2026-06-01T12:00:00Z", Monthly, 8, 0, "2026-07-01T08:00:00+02:00"},
		{"over the end of a year", "2026-12-15T12:00:00Z", Monthly, 8, 0, "2027-01-01T08:00:00+01:00"},
		{"the same clock after the change", "2026-10-24T12:00:00Z", Daily, 8, 0, "2026-10-25T08:00:00+01:00"},
		{"before the change", "2026-03-28T12:00:00Z", Daily, 8, 0, "2026-03-29T08:00:00+02:00"},
		{"an hour that is skipped", "2026-03-28T12:00:00Z", Daily, 2, 30, "2026-03-29T03:30:00+02:00"},
		{"an hour that comes twice, the first", "2026-10-24T12:00:00Z", Daily, 2, 30, "2026-10-25T02:30:00+02:00"},
		{"not the second", "2026-10-25T00:30:00Z", Daily, 2, 30, "2026-10-26T02:30:00+01:00"},
	} {
		got := nextAt(at(c.now), c.every, c.hh, c.mm, prague)
		if !got.Equal(at(c.want)) {
			t.Errorf("%s: %s, want %s", c.name, got.In(prague).Format(time.RFC3339), c.want)
		}
	}
}

func (w *world) Ready() error {
	if w.noMail {
		return problem.New(problem.Conflict, "No mail server is configured.")
	}
	return nil
}

func (w *world) Queue(_ context.Context, _ *db.Tx, m Mailing) error {
	w.mails = append(w.mails, m)
	return nil
}

// pass lets time go by and sends all mailings that are due then.
func (w *world) pass(d time.Duration) (sent int) {
	w.t.Helper()
	w.now = w.now.Add(d)
	_, err := w.timers.Due(w.t.Context())
	must(w.t, err)
	for {
		more, err := w.Next(w.t.Context())
		must(w.t, err)
		if !more {
			return sent
		}
		sent++
	}
}

func (w *world) mailed(change func(*MailForm)) Dashboard {
	w.t.Helper()
	f := &MailForm{To: []string{"ann@example.org", "bob@example.org"}, Every: Daily, At: "08:00", Zone: "Europe/Prague"}
	if change != nil {
		change(f)
	}
	d, err := w.create(board(panel(nil)), f)
	must(w.t, err)
	return d
}

func TestADashboardIsMailedAtItsTime(t *testing.T) {
	both(t, func(w *world) {
		d := w.mailed(nil)
		if n := w.pass(17*time.Hour + 59*time.Minute); n != 0 {
			t.Errorf("%d mailings at %s", n, w.now)
		}
		if n := w.pass(time.Minute); n != 1 || len(w.mails) != 1 { // 06:00 UTC
			t.Fatalf("%d mailings at %s", n, w.now)
		}
		m := w.mails[0]
		if !slices.Equal(m.People, []string{"ann", "bob"}) || m.Subject != "Mine" || m.File != "Mine.png" || !strings.HasSuffix(m.Link, d.ID) || !strings.HasPrefix(string(m.PNG), "\x89PNG") ||
			!strings.Contains(m.Body, "2026-06-01 08:00 to 2026-06-02 08:00 Europe/Prague (+02:00)") {
			t.Errorf("%q %+v", m.Body, m.People)
		}
		if d = w.get(d.ID); !d.NextMail.Equal(time.Date(2026, 6, 3, 6, 0, 0, 0, time.UTC)) || d.MailError != "" {
			t.Errorf("%+v", d)
		}
		// Days without the server are one mailing.
		if n := w.pass(5 * 24 * time.Hour); n != 1 {
			t.Errorf("%d mailings after five days", n)
		}
	})
}

func TestAMailingThatCannotLeaveSaysWhy(t *testing.T) {
	both(t, func(w *world) {
		d := w.mailed(nil)
		w.noMail = true
		w.pass(24 * time.Hour)
		if d = w.get(d.ID); len(w.mails) != 0 || d.MailError != "No mail server is configured." {
			t.Errorf("%+v", d)
		}
		w.noMail = false
		delete(w.people, "bob")
		w.pass(24 * time.Hour)
		if d = w.get(d.ID); len(w.mails) != 1 || !slices.Equal(w.mails[0].People, []string{"ann"}) || d.MailError != "" {
			t.Errorf("%+v, %v", d, w.mails)
		}
		delete(w.people, "ann")
		w.pass(24 * time.Hour)
		if d = w.get(d.ID); len(w.mails) != 1 || !strings.Contains(d.MailError, "None of those") {
			t.Errorf("%+v", d)
		}
	})
}

func TestAPanelWithoutAnswerIsSaidInThePicture(t *testing.T) {
	both(t, func(w *world) {
		w.mailed(nil)
		w.answer = func(query.Query) (eventstore.Table, error) {
			return eventstore.Table{}, problem.New(problem.Unavailable, "the event store is closed")
		}
		if w.pass(24 * time.Hour); len(w.mails) != 1 {
			t.Error("the mailing did not leave")
		}
	})
}

func TestSendNow(t *testing.T) {
	both(t, func(w *world) {
		d := w.mailed(nil)
		plain, err := w.create(board(), nil)
		must(t, err)
		for _, c := range []struct {
			who  Who
			id   string
			want problem.Kind
		}{{Who{Person: "ann"}, d.ID, ""}, {Who{Person: "meg", Manages: true}, d.ID, ""}, {Who{Person: "bob"}, d.ID, problem.NotFound}, {Who{Person: "ann"}, plain.ID, problem.Conflict}, {Who{Person: "ann"}, "overview", problem.Denied}} {
			if _, err := w.SendNow(t.Context(), w.DB.For(1, c.who.Person), c.who, c.id); problem.KindOf(err) != c.want {
				t.Errorf("%v %s: %v", c.who, c.id, err)
			}
		}
		if len(w.mails) != 2 || !w.get(d.ID).NextMail.Equal(d.NextMail) {
			t.Errorf("%d mailings", len(w.mails))
		}
		rows, err := record.List(t.Context(), w.DB.For(1, "test"), record.Filter{KindPrefix: "dashboard.mailed", Limit: 10})
		if err != nil || len(rows) != 2 || rows[0].Actor != "ann" {
			t.Errorf("%v %v", rows, err)
		}
	})
}

func TestADashboardThatIsMailedNoMoreSendsNothing(t *testing.T) {
	both(t, func(w *world) {
		d := w.mailed(nil)
		must(t, w.do("ann", func(ctx context.Context, tx *db.Tx) error {
			_, err := w.Update(ctx, tx, Who{Person: "ann"}, d.ID, 1, d.Body, nil)
			return err
		}))
		e := w.mailed(nil)
		must(t, w.do("ann", func(ctx context.Context, tx *db.Tx) error { return w.Delete(ctx, tx, Who{Person: "ann"}, e.ID, 1) }))
		if n := w.pass(48 * time.Hour); n != 0 {
			t.Errorf("%d mailings", n)
		}
	})
}
