package cases

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

func hashTracking(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// newSalt makes a random salt for a report's personal data.
func newSalt() string {
	var b [24]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

const reportColumns = `r.id, r.case_id, r.kind, r.channel, r.anonymous, r.reachable, r.informed_closing, r.waiver, r.created,
	coalesce(p.name, ''), coalesce(p.email, ''), coalesce(p.what, ''), coalesce(p.place, ''), coalesce(p.noticed, '')
	FROM report r LEFT JOIN report_personal p ON p.tenant = r.tenant AND p.report = r.id WHERE r.tenant = :tenant`

func scanReport(s db.Scanner) (Report, error) {
	var r Report
	var anonymous, reachable int
	var informed, created int64
	err := s.Scan(&r.ID, &r.CaseID, &r.Kind, &r.Channel, &anonymous, &reachable, &informed, &r.Waiver, &created, &r.Name, &r.Email, &r.What, &r.Place, &r.Noticed)
	r.Anonymous, r.Reachable, r.InformedClosing, r.Created = anonymous == 1, reachable == 1, db.Time(informed), db.Time(created)
	return r, err
}

// ReportsOf lists the reports of a case with their messages.
func ReportsOf(ctx context.Context, q db.Querier, caseID string) ([]Report, error) {
	rs, err := db.Select(ctx, q, scanReport, "SELECT "+reportColumns+" AND r.case_id = ? ORDER BY r.created LIMIT 500", caseID)
	for i := range rs {
		if rs[i].Updates, err = updatesOf(ctx, q, rs[i].ID); err != nil {
			return nil, err
		}
	}
	return rs, err
}

// GetReport returns a report with its messages.
func GetReport(ctx context.Context, q db.Querier, id string) (Report, error) {
	r, err := db.One(ctx, q, "report", scanReport, "SELECT "+reportColumns+" AND r.id = ?", id)
	if err != nil {
		return r, err
	}
	r.Updates, err = updatesOf(ctx, q, id)
	return r, err
}

// FindTracked tells which report a tracking link is for; the secret alone says
// whose it is, so this looks through all tenants.
func FindTracked(ctx context.Context, system db.Querier, secret string) (tenant.ID, string, error) {
	type found struct {
		t  int64
		id string
	}
	f, err := db.One(ctx, system, "report", func(s db.Scanner) (found, error) {
		var f found
		return f, s.Scan(&f.t, &f.id)
	}, "SELECT tenant, id FROM report WHERE tracking = ?", hashTracking(secret))
	return tenant.ID(f.t), f.id, err
}

func updatesOf(ctx context.Context, q db.Querier, report string) ([]Update, error) {
	return db.Select(ctx, q, func(s db.Scanner) (Update, error) {
		var u Update
		var from int
		var at int64
		err := s.Scan(&from, &u.Body, &at)
		u.FromReporter, u.At = from == 1, db.Time(at)
		return u, err
	}, "SELECT from_reporter, body, at FROM report_update WHERE tenant = :tenant AND report = ? ORDER BY at, id LIMIT 500", report)
}

func insertReport(ctx context.Context, tx *db.Tx, r Report, tracking string) error {
	if _, err := tx.Exec(ctx, "INSERT INTO report (tenant, id, case_id, kind, channel, tracking, anonymous, reachable, created) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?)",
		r.ID, r.CaseID, r.Kind, r.Channel, hashTracking(tracking), db.Bool(r.Anonymous), db.Bool(r.Reachable), db.Micros(r.Created)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO report_personal (tenant, report, salt, name, email, what, place, noticed) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?)", r.ID, newSalt(), r.Name, r.Email, r.What, r.Place, r.Noticed)
	return err
}

func insertUpdate(ctx context.Context, tx *db.Tx, report string, fromReporter bool, body string, now time.Time) error {
	_, err := tx.Exec(ctx, "INSERT INTO report_update (tenant, id, report, from_reporter, body, at) VALUES (:tenant, ?, ?, ?, ?, ?)", db.NewID(now), report, db.Bool(fromReporter), body, db.Micros(now))
	return err
}

func setInformed(ctx context.Context, tx *db.Tx, report, waiver string, informed time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE report SET informed_closing = ?, waiver = ? WHERE tenant = :tenant AND id = ?", db.Micros(informed), waiver, report)
	return err
}

func moveReports(ctx context.Context, tx *db.Tx, from, to string) error {
	_, err := tx.Exec(ctx, "UPDATE report SET case_id = ? WHERE tenant = :tenant AND case_id = ?", to, from)
	return err
}
