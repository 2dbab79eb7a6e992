package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// bench is an outbox with a clock of its own and a provider that does as told.
type bench struct {
	*testing.T
	db       *db.DB
	s        *notify.Service
	registry *prometheus.Registry
	lost     []string // runs whose pages were undeliverable

	mu     sync.Mutex
	now    time.Time
	sent   []notify.Delivery
	answer func(context.Context, notify.Delivery) (string, error)
}

func each(t *testing.T, test func(*bench)) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) { test(newBench(t, d)) })
}

func newBench(t *testing.T, d *db.DB) *bench {
	b := &bench{T: t, db: d, now: time.Date(2026, 3, 29, 0, 59, 0, 0, time.UTC), registry: prometheus.NewRegistry()}
	b.s = b.service()
	return b
}

// service makes a service over the same store: what a restart does.
func (b *bench) service() *notify.Service {
	registry := prometheus.NewRegistry()
	s, err := notify.New(notify.Options{
		DB: b.db, Record: record.New(b.db, b.clock), Now: b.clock, Log: slog.New(slog.DiscardHandler), Metrics: registry,
		Addresses: b, Channels: map[string]notify.Channel{"email": b},
		Undeliverable: func(_ context.Context, tx *db.Tx, run string) error {
			tx.OnCommit(func() { b.lost = append(b.lost, run) })
			return nil
		},
		Jitter: func() float64 { return 1 },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.registry = registry
	return s
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) Address(_ context.Context, t tenant.ID, kind, recipient string) (string, string, error) {
	if recipient == "erased" {
		return "", "", problem.New(problem.NotFound, "No such contact point.")
	}
	return "email", fmt.Sprintf("%s.%s.%s@example.org", recipient, kind, t), nil
}

func (b *bench) Send(ctx context.Context, d notify.Delivery) (string, error) {
	b.mu.Lock()
	answer := b.answer
	b.mu.Unlock()
	if answer != nil {
		if id, err := answer(ctx, d); err != nil {
			return id, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent = append(b.sent, d)
	return "provider-" + d.ID, nil
}

func (b *bench) tx(fn func(ctx context.Context, tx *db.Tx) error) {
	b.Helper()
	if err := b.db.For(1, "a").Tx(b.Context(), func(tx *db.Tx) error { return fn(b.Context(), tx) }); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) queue(m notify.Message) (id string) {
	b.Helper()
	if m.Kind == "" {
		m.Kind = notify.KindPage
	}
	if m.Recipient == "" {
		m.Recipient, m.RecipientKind = "cp1", "contact_point"
	}
	m.Channel = "email"
	b.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		id, err = b.s.Queue(ctx, tx, m)
		return err
	})
	return id
}

// after moves the clock and expects so many deliveries.
func (b *bench) after(d time.Duration, want int) []notify.Delivery {
	b.Helper()
	b.mu.Lock()
	b.now = b.now.Add(d)
	b.sent = nil
	b.mu.Unlock()
	if _, err := b.s.Due(b.Context()); err != nil {
		b.Fatal(err)
	}
	if len(b.sent) != want {
		b.Fatalf("%d deliveries, want %d", len(b.sent), want)
	}
	return b.sent
}

func (b *bench) state(id, want string) notify.Status {
	b.Helper()
	all, err := b.s.List(b.Context(), b.db.For(1, "a"), notify.Filter{Limit: 1000})
	if err != nil {
		b.Fatal(err)
	}
	i := slices.IndexFunc(all, func(s notify.Status) bool { return s.ID == id })
	if i < 0 {
		b.Fatalf("message %s is not in the list", id)
	}
	if all[i].State != want {
		b.Fatalf("state is %s (%s), want %s", all[i].State, all[i].Error, want)
	}
	return all[i]
}

func (b *bench) recorded(want ...string) []record.Row {
	b.Helper()
	rows, err := record.List(b.Context(), b.db.For(1, "a"), record.Filter{Limit: 1000})
	if err != nil {
		b.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.Kind)
	}
	if !slices.Equal(got, want) {
		b.Fatalf("recorded %v, want %v", got, want)
	}
	return rows
}

func TestAMessageIsSentOnce(t *testing.T) {
	each(t, func(b *bench) {
		id := b.queue(notify.Message{CaseID: "c1", Subject: "Door\r\nBcc: x", Body: "open", Link: "https://t.example/ack/x", Priority: 9})
		d := b.after(20*time.Millisecond, 1)[0]
		if d.ID != id || d.Address != "cp1.contact_point.1@example.org" || d.Subject != "Door  Bcc: x" || d.Priority != 5 || d.Attempt != 1 {
			t := fmt.Sprintf("%+v", d)
			b.Error(t)
		}
		st := b.state(id, notify.StateSent)
		if st.Provider != "provider-"+id || st.Sent.IsZero() || !st.Ended.Equal(st.Sent) {
			b.Errorf("%+v", st)
		}
		b.after(48*time.Hour, 0)
		rows := b.recorded("page.queued", "message.sent")
		for _, r := range rows {
			if r.Subject != "case" || r.SubjectID != "c1" || strings.Contains(string(r.Data), "example.org") {
				b.Errorf("entry %s: %s %s %s", r.Kind, r.Subject, r.SubjectID, r.Data)
			}
		}
		families, err := b.registry.Gather()
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range families {
			if h := f.GetMetric()[0].GetHistogram(); f.GetName() == "tocsin_notify_queued_to_sent_seconds" && (h.GetSampleCount() != 1 || h.GetSampleSum() != 0.02) {
				b.Errorf("latency: %v", h)
			}
		}
	})
}

func TestAnUndoneTransactionSendsNothing(t *testing.T) {
	each(t, func(b *bench) {
		_ = b.db.For(1, "a").Tx(b.Context(), func(tx *db.Tx) error {
			if _, err := b.s.Queue(b.Context(), tx, notify.Message{Kind: "page", Recipient: "x", RecipientKind: "contact_point"}); err != nil {
				b.Error(err)
			}
			return errors.New("undone")
		})
		b.after(time.Hour, 0)
	})
}

func TestExercisesAreMarked(t *testing.T) {
	each(t, func(b *bench) {
		b.queue(notify.Message{Subject: "Ransomware", Exercise: "x1"})
		b.queue(notify.Message{Subject: "[EXERCISE] Ransomware", Exercise: "x1"})
		for _, d := range b.after(0, 2) {
			if d.Subject != "[EXERCISE] Ransomware" || d.Exercise != "x1" {
				b.Errorf("%+v", d)
			}
		}
	})
}

func TestTooLongIsCutNotLost(t *testing.T) {
	each(t, func(b *bench) {
		b.queue(notify.Message{Subject: strings.Repeat("ä", 5000), Body: strings.Repeat("ö", 100_000)})
		d := b.after(0, 1)[0]
		if n := len([]rune(d.Subject)); n != 300 || len(d.Body) > 64*1024 || !strings.HasSuffix(d.Body, "ö…") {
			b.Errorf("subject %d, body %d", n, len(d.Body))
		}
	})
}

// A page is tried after 1, 2, 4 … 60 s, for an hour; then it is undeliverable,
// and the escalation is told.
func TestAPageIsTriedForAnHour(t *testing.T) {
	each(t, func(b *bench) {
		tries := 0
		b.answer = func(_ context.Context, d notify.Delivery) (string, error) {
			tries++
			return "", fmt.Errorf("451 4.3.0 <%s> try https://mail.example/x later", d.Address)
		}
		id := b.queue(notify.Message{Run: "r1"})
		b.after(0, 0)
		for _, wait := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
			b.after(time.Duration(wait)*time.Second-1, 0)
			before := tries
			b.after(1, 0)
			if tries != before+1 {
				b.Fatalf("after a pause of %d s: %d tries", wait, tries)
			}
		}
		if st := b.state(id, notify.StateQueued); st.Error != "451 4.3.0 <[address]> try [address] later" {
			b.Errorf("kept the error %q", st.Error)
		}
		for range 60 {
			b.after(time.Minute, 0)
		}
		b.state(id, notify.StateFailed)
		b.recorded("page.queued", "message.delayed", "message.failed", "page.undeliverable")
		if !slices.Equal(b.lost, []string{"r1"}) {
			b.Errorf("the escalation was told of %v", b.lost)
		}
		if tries < 60 || tries > 70 {
			b.Errorf("%d tries", tries)
		}
	})
}

func TestAPermanentErrorEndsAtOnce(t *testing.T) {
	each(t, func(b *bench) {
		b.answer = func(context.Context, notify.Delivery) (string, error) {
			return "", notify.Permanent(errors.New("550 no such user"))
		}
		page := b.queue(notify.Message{Run: "r1"})
		mail := b.queue(notify.Message{Kind: notify.KindReporter})
		gone := b.queue(notify.Message{Kind: notify.KindInfo, Recipient: "erased", RecipientKind: "report"})
		b.after(0, 0)
		b.state(page, notify.StateFailed)
		b.state(mail, notify.StateFailed)
		if st := b.state(gone, notify.StateFailed); !strings.Contains(st.Error, "no address any more") {
			b.Error(st.Error)
		}
		if !slices.Equal(b.lost, []string{"r1"}) {
			b.Errorf("the escalation was told of %v", b.lost)
		}
	})
}

func TestTheProvidersWaitIsHonoured(t *testing.T) {
	each(t, func(b *bench) {
		b.answer = func(context.Context, notify.Delivery) (string, error) {
			return "", &notify.Failure{After: 10 * time.Minute, Err: errors.New("429")}
		}
		id := b.queue(notify.Message{})
		b.after(0, 0)
		b.answer = nil
		b.after(10*time.Minute-1, 0)
		b.after(1, 1)
		b.state(id, notify.StateSent)
	})
}

func TestAPanicInAChannelIsATry(t *testing.T) {
	each(t, func(b *bench) {
		b.answer = func(context.Context, notify.Delivery) (string, error) { panic("broken") }
		id := b.queue(notify.Message{})
		b.after(0, 0)
		b.state(id, notify.StateQueued)
	})
}

// A process died between claiming and recording: the row is sent again with
// the same id once the lease has run out, and once only.
func TestAfterACrashTheSameIDIsSentAgain(t *testing.T) {
	each(t, func(b *bench) {
		id := b.queue(notify.Message{Run: "r1"})
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE message SET state = 'sending', attempt = 1, due = ? WHERE tenant = :tenant AND id = ?", db.Micros(b.now.Add(45*time.Second)), id)
			return err
		})
		b.s = b.service()
		b.after(44*time.Second, 0)
		if d := b.after(2*time.Second, 1)[0]; d.ID != id || d.Attempt != 2 {
			b.Errorf("%+v", d)
		}
		b.state(id, notify.StateSent)
		b.after(time.Hour, 0)
	})
}

// The lease ran out while the provider was still answering, and another
// process sent it: the late outcome does not overwrite.
func TestALateOutcomeIsFenced(t *testing.T) {
	each(t, func(b *bench) {
		var id string
		b.answer = func(context.Context, notify.Delivery) (string, error) {
			b.tx(func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE message SET state = 'sent', attempt = 2, provider_id = 'other' WHERE tenant = :tenant AND id = ?", id)
				return err
			})
			return "", errors.New("timeout")
		}
		id = b.queue(notify.Message{})
		b.after(0, 0)
		if st := b.state(id, notify.StateSent); st.Provider != "other" {
			b.Errorf("%+v", st)
		}
	})
}

func TestPagesGoFirst(t *testing.T) {
	each(t, func(b *bench) {
		for range 40 {
			b.queue(notify.Message{Kind: notify.KindInfo})
		}
		b.queue(notify.Message{Kind: notify.KindPage})
		sent := b.after(0, 12)
		if !slices.ContainsFunc(sent, func(d notify.Delivery) bool { return d.Kind == notify.KindPage }) {
			b.Error("the page was not in the first batch")
		}
	})
}

func TestCancelRun(t *testing.T) {
	each(t, func(b *bench) {
		page := b.queue(notify.Message{Run: "r1", CaseID: "c1"})
		other := b.queue(notify.Message{Run: "r2"})
		b.tx(func(ctx context.Context, tx *db.Tx) error { return b.s.CancelRun(ctx, tx, "r1") })
		b.after(time.Minute, 1)
		b.state(page, notify.StateCancelled)
		b.state(other, notify.StateSent)
		b.recorded("page.queued", "page.queued", "message.cancelled", "message.sent")
	})
}

func TestTenantsDoNotMeet(t *testing.T) {
	each(t, func(b *bench) {
		id := b.queue(notify.Message{Run: "r1"})
		err := b.db.For(2, "a").Tx(b.Context(), func(tx *db.Tx) error { return b.s.CancelRun(b.Context(), tx, "r1") })
		if err != nil {
			b.Fatal(err)
		}
		b.after(0, 1)
		b.state(id, notify.StateSent)
		all, err := b.s.List(b.Context(), b.db.For(2, "a"), notify.Filter{Limit: 10})
		if err != nil || len(all) != 0 {
			b.Errorf("tenant 2 sees %v, %v", all, err)
		}
	})
}

func TestQueueRefuses(t *testing.T) {
	b := newBench(t, dbtest.SQLite(t))
	f := func(m notify.Message) {
		t.Helper()
		err := b.db.For(1, "a").Tx(t.Context(), func(tx *db.Tx) error {
			_, err := b.s.Queue(t.Context(), tx, m)
			return err
		})
		if !problem.Is(err, problem.Invalid) {
			t.Errorf("%+v: %v", m, err)
		}
	}
	f(notify.Message{Kind: "spam", Recipient: "x", RecipientKind: "report"})
	f(notify.Message{Kind: "page", RecipientKind: "report"})
	f(notify.Message{Kind: "page", Recipient: "x"})
}
