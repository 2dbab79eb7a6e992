package notify

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
)

// outcome is what came of one try.
type outcome struct {
	provider    string
	err         error // nil: sent
	interrupted bool  // by us, so it says nothing about the message
}

// settle writes the outcome down. A store that fails for a moment must not
// turn a page that was sent into one that is sent twice, so it insists.
func (s *Service) settle(ctx context.Context, m claimed, o outcome) {
	var err error
	for wait := 100 * time.Millisecond; wait < 10*time.Second; wait *= 3 {
		err = s.DB.For(m.Tenant, "system").Tx(ctx, func(tx *db.Tx) error { return s.write(ctx, tx, m, o) })
		if err == nil || errors.Is(err, db.ErrClosed) {
			break
		}
		time.Sleep(wait)
	}
	if err != nil {
		s.Log.Error("recording an outcome failed; the message will be sent again", "message", m.ID, "error", err)
	}
}

func (s *Service) write(ctx context.Context, tx *db.Tx, m claimed, o outcome) error {
	now := s.Now()
	if o.err == nil {
		done, err := markSent(ctx, tx, m.ID, m.Attempt, now, cut(o.provider, 200))
		if err != nil || !done {
			return err
		}
		tx.OnCommit(func() {
			s.metrics.latency.WithLabelValues(m.Message.Channel, m.Message.Kind).Observe(now.Sub(m.Created).Seconds())
		})
		return s.append(ctx, tx, m.ID, m.Message, "message.sent", map[string]any{"attempt": m.Attempt, "provider_id": cut(o.provider, 200)})
	}
	if o.interrupted {
		_, err := markWaiting(ctx, tx, m.ID, m.Attempt, now, "interrupted: "+o.err.Error())
		return err
	}
	why := cut(o.err.Error(), 500)
	var f *Failure
	permanent, asked := false, time.Duration(0)
	if errors.As(o.err, &f) {
		permanent, asked = f.Permanent, f.After
	}
	r := retryOf(m.Message.Kind)
	next := now.Add(r.pause(m.Attempt, asked, s.Jitter()))
	switch {
	case permanent:
		return s.fail(ctx, tx, m, now, "permanent", why)
	case next.After(m.Created.Add(r.deadline)):
		return s.fail(ctx, tx, m, now, "expired", why)
	}
	done, err := markWaiting(ctx, tx, m.ID, m.Attempt, next, why)
	if err != nil || !done {
		return err
	}
	s.counted(tx, m, "temporary")
	if m.Attempt > 1 { // the row keeps the count and the last error; one entry tells of the delay
		return nil
	}
	return s.append(ctx, tx, m.ID, m.Message, "message.delayed", map[string]any{"error": why})
}

// fail ends a message that cannot be delivered. A page's escalation goes on in
// the same transaction.
func (s *Service) fail(ctx context.Context, tx *db.Tx, m claimed, now time.Time, reason, why string) error {
	done, err := markFailed(ctx, tx, m.ID, m.Attempt, now, why)
	if err != nil || !done {
		return err
	}
	s.counted(tx, m, reason)
	data := map[string]any{"attempt": m.Attempt, "reason": reason, "error": why}
	if err := s.append(ctx, tx, m.ID, m.Message, "message.failed", data); err != nil {
		return err
	}
	if m.Message.Kind != KindPage {
		return nil
	}
	if err := s.append(ctx, tx, m.ID, m.Message, "page.undeliverable", data); err != nil {
		return err
	}
	if s.Undeliverable == nil || m.Message.Run == "" {
		return nil
	}
	return s.Undeliverable(ctx, tx, m.Message.Run)
}

func (s *Service) counted(tx *db.Tx, m claimed, reason string) {
	tx.OnCommit(func() { s.metrics.failures.WithLabelValues(m.Message.Channel, reason).Inc() })
}

// Providers quote addresses in their answers.
var (
	mailAddress = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)
	webAddress  = regexp.MustCompile(`https?://[^\s"'<>]+`)
)

func withoutAddresses(text, address string) string {
	if address != "" {
		text = strings.ReplaceAll(text, address, "[address]")
	}
	text = webAddress.ReplaceAllString(text, "[address]")
	return mailAddress.ReplaceAllString(text, "[address]")
}

// redact cuts addresses out of an error, keeping the channel's verdict.
func redact(err error, address string) error {
	out := &Failure{Err: errors.New(withoutAddresses(err.Error(), address))}
	var f *Failure
	if errors.As(err, &f) {
		out.Permanent, out.After = f.Permanent, f.After
	}
	return out
}

func cut(s string, n int) string {
	s = oneLine(s)
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
