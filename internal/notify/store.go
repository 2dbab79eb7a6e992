package notify

import (
	"context"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// claimed is a message that this process leased for one try.
type claimed struct {
	Status
	Tenant tenant.ID
}

const columns = "id, kind, channel, recipient, recipient_kind, run, case_id, exercise, subject, body, link, priority, state, attempt, created, sent, ended, error, provider_id, picture"

func scanStatus(s db.Scanner, more ...any) (Status, error) {
	var v Status
	var created, sent, ended int64
	m := &v.Message
	err := s.Scan(append([]any{&v.ID, &m.Kind, &m.Channel, &m.Recipient, &m.RecipientKind, &m.Run, &m.CaseID, &m.Exercise,
		&m.Subject, &m.Body, &m.Link, &m.Priority, &v.State, &v.Attempt, &created, &sent, &ended, &v.Error, &v.Provider, &v.Picture}, more...)...)
	v.Created, v.Sent, v.Ended = db.Time(created), db.Time(sent), db.Time(ended)
	return v, err
}

func insert(ctx context.Context, tx *db.Tx, id string, m Message, picture string, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO message (tenant, id, kind, channel, recipient, recipient_kind, run, case_id, exercise, subject, body, link, priority, picture, state, due, created)
		VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)`,
		id, m.Kind, m.Channel, m.Recipient, m.RecipientKind, m.Run, m.CaseID, m.Exercise, m.Subject, m.Body, m.Link, m.Priority, picture, db.Micros(now), db.Micros(now))
	return err
}

// claim leases up to limit due messages of all tenants: pages first, then what
// was tried least, so that a dead endpoint's retries do not hold up the rest.
// A row in sending is due when its lease has run out.
func claim(ctx context.Context, system *db.Handle, now, lease time.Time, limit int, pagesOnly bool) ([]claimed, error) {
	which := "state IN ('queued', 'sending') AND due <= ?"
	if pagesOnly {
		which += " AND kind = 'page'"
	}
	var n int
	if err := system.QueryRow(ctx, "SELECT count(*) FROM message WHERE "+which, db.Micros(now)).Scan(&n); err != nil || n == 0 {
		return nil, err
	}
	skip := ""
	if system.Engine() == db.Postgres {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	var out []claimed
	err := system.Tx(ctx, func(tx *db.Tx) (err error) {
		out, err = db.Select(ctx, tx, func(r db.Scanner) (claimed, error) {
			var id int64
			st, err := scanStatus(r, &id)
			return claimed{Status: st, Tenant: tenant.ID(id)}, err
		}, `UPDATE message SET state = 'sending', attempt = attempt + 1, due = ? WHERE (tenant, id) IN
			(SELECT tenant, id FROM message WHERE `+which+`
			ORDER BY CASE kind WHEN 'page' THEN 0 ELSE 1 END, attempt, priority DESC, due LIMIT ?`+skip+`)
			RETURNING `+columns+`, tenant`, db.Micros(lease), db.Micros(now), limit)
		return err
	})
	return out, err
}

// expireLeases makes what a dead process left in sending due at once.
func expireLeases(ctx context.Context, system *db.Handle, now time.Time) (n int64, err error) {
	err = system.Tx(ctx, func(tx *db.Tx) (err error) {
		n, err = tx.Exec(ctx, "UPDATE message SET due = ? WHERE state = 'sending'", db.Micros(now))
		return err
	})
	return n, err
}

// stillOurs reports whether the lease that was taken with this attempt holds.
func stillOurs(ctx context.Context, q db.Querier, id string, attempt int) (bool, error) {
	var n int
	err := q.QueryRow(ctx, "SELECT count(*) FROM message WHERE tenant = :tenant AND id = ? AND state = 'sending' AND attempt = ?", id, attempt).Scan(&n)
	return n == 1, err
}

// markSent ends a message that the provider took. What was cancelled while the
// provider answered was sent all the same: the row says what happened.
func markSent(ctx context.Context, tx *db.Tx, id string, attempt int, now time.Time, provider string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE message SET state = 'sent', sent = ?, ended = ?, provider_id = ?, error = ''
		WHERE tenant = :tenant AND id = ? AND attempt = ? AND state IN ('sending', 'cancelled')`,
		db.Micros(now), db.Micros(now), provider, id, attempt)
	return n == 1, err
}

func markFailed(ctx context.Context, tx *db.Tx, id string, attempt int, now time.Time, why string) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE message SET state = 'failed', ended = ?, error = ? WHERE tenant = :tenant AND id = ? AND attempt = ? AND state = 'sending'",
		db.Micros(now), why, id, attempt)
	return n == 1, err
}

func markWaiting(ctx context.Context, tx *db.Tx, id string, attempt int, due time.Time, why string) (bool, error) {
	n, err := tx.Exec(ctx, "UPDATE message SET state = 'queued', due = ?, error = ? WHERE tenant = :tenant AND id = ? AND attempt = ? AND state = 'sending'",
		db.Micros(due), why, id, attempt)
	return n == 1, err
}

func cancelRun(ctx context.Context, tx *db.Tx, run string, now time.Time) ([]Status, error) {
	return db.Select(ctx, tx, func(s db.Scanner) (Status, error) { return scanStatus(s) },
		"UPDATE message SET state = 'cancelled', ended = ? WHERE tenant = :tenant AND run = ? AND state IN ('queued', 'sending') RETURNING "+columns,
		db.Micros(now), run)
}

func countLive(ctx context.Context, q db.Querier, run string, since time.Time) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT count(*) FROM message WHERE tenant = :tenant AND run = ? AND kind = 'page' AND created >= ? AND state IN ('queued', 'sending', 'sent')",
		run, db.Micros(since)).Scan(&n)
	return n, err
}

// oldestPage returns when the oldest page without an end was queued.
func oldestPage(ctx context.Context, system db.Querier) (time.Time, error) {
	var us int64
	err := system.QueryRow(ctx, "SELECT coalesce(min(created), 0) FROM message WHERE state IN ('queued', 'sending') AND kind = 'page'").Scan(&us)
	return db.Time(us), err
}

func list(ctx context.Context, q db.Querier, f Filter) ([]Status, error) {
	var b strings.Builder
	b.WriteString("SELECT " + columns + " FROM message WHERE tenant = :tenant")
	var args []any
	for _, c := range []struct{ column, value string }{{"case_id", f.CaseID}, {"run", f.Run}, {"state", f.State}} {
		if c.value != "" {
			b.WriteString(" AND " + c.column + " = ?")
			args = append(args, c.value)
		}
	}
	b.WriteString(" ORDER BY created DESC, id DESC LIMIT ?")
	args = append(args, min(max(f.Limit, 1), 1000))
	return db.Select(ctx, q, func(s db.Scanner) (Status, error) { return scanStatus(s) }, b.String(), args...)
}

func insertPicture(ctx context.Context, tx *db.Tx, id string, p Picture, now time.Time) error {
	_, err := tx.Exec(ctx, "INSERT INTO message_picture (tenant, id, name, type, data, created) VALUES (:tenant, ?, ?, ?, ?, ?)", id, p.Name, p.Type, encodePicture(p), db.Micros(now))
	return err
}

func getPicture(ctx context.Context, q db.Querier, id string) (Picture, error) {
	return db.One(ctx, q, "picture", func(s db.Scanner) (p Picture, err error) {
		var text string
		if err = s.Scan(&p.Name, &p.Type, &text); err != nil {
			return p, err
		}
		return decodePicture(p, text)
	}, "SELECT name, type, data FROM message_picture WHERE tenant = :tenant AND id = ?", id)
}

func forgetPictures(ctx context.Context, tx *db.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, "DELETE FROM message_picture WHERE tenant = :tenant AND created < ?", db.Micros(before))
	return err
}
