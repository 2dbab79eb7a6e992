package dashboards

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const columns = "tenant, id, owner, name, body, shared, mail, next_mail, due, mail_error, created, updated, version FROM dashboard"

func scan(r db.Scanner) (d Dashboard, err error) {
	var t, next, due, created, updated int64
	var shared int
	var body, mail string
	err = r.Scan(&t, &d.ID, &d.Owner, &d.Name, &body, &shared, &mail, &next, &due, &d.MailError, &created, &updated, &d.Version)
	if err != nil {
		return d, err
	}
	d.tenant, d.Shared = tenant.ID(t), shared == 1
	d.NextMail, d.due, d.Created, d.Updated = db.Time(next), db.Time(due), db.Time(created), db.Time(updated)
	if err := db.FromJSON(body, &d.Body); err != nil || mail == "" {
		return d, err
	}
	d.Mail = &Mail{}
	return d, db.FromJSON(mail, d.Mail)
}

func (d Dashboard) storedMail() string {
	if d.Mail == nil {
		return ""
	}
	return db.JSON(d.Mail)
}

func get(ctx context.Context, q db.Querier, id string) (Dashboard, error) {
	return db.One(ctx, q, "dashboard", scan, "SELECT "+columns+" WHERE tenant = :tenant AND id = ?", id)
}

func list(ctx context.Context, q db.Querier) ([]Dashboard, error) {
	return db.Select(ctx, q, scan, "SELECT "+columns+" WHERE tenant = :tenant ORDER BY lower(name), id LIMIT ?", maxDashboards)
}

func count(ctx context.Context, q db.Querier) (n int, err error) {
	err = q.QueryRow(ctx, "SELECT count(*) FROM dashboard WHERE tenant = :tenant").Scan(&n)
	return n, err
}

func insert(ctx context.Context, tx *db.Tx, d Dashboard) error {
	_, err := tx.Exec(ctx, "INSERT INTO dashboard (tenant, id, owner, name, body, shared, mail, next_mail, created, updated) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		d.ID, d.Owner, d.Name, db.JSON(d.Body), db.Bool(d.Shared), d.storedMail(), db.Micros(d.NextMail), db.Micros(d.Created), db.Micros(d.Updated))
	return err
}

func update(ctx context.Context, tx *db.Tx, d Dashboard, version int64) error {
	n, err := tx.Exec(ctx, `UPDATE dashboard SET name = ?, body = ?, shared = ?, mail = ?, next_mail = ?, due = CASE WHEN ? = '' THEN 0 ELSE due END, mail_error = ?, updated = ?, version = version + 1
		WHERE tenant = :tenant AND id = ? AND version = ?`,
		d.Name, db.JSON(d.Body), db.Bool(d.Shared), d.storedMail(), db.Micros(d.NextMail), d.storedMail(), d.MailError, db.Micros(d.Updated), d.ID, version)
	return db.Changed(n, err, "dashboard")
}

func remove(ctx context.Context, tx *db.Tx, id string, version int64) error {
	n, err := tx.Exec(ctx, "DELETE FROM dashboard WHERE tenant = :tenant AND id = ? AND version = ?", id, version)
	return db.Changed(n, err, "dashboard")
}

// setDue notes a mailing that is to be sent; one that waits already is enough.
func setDue(ctx context.Context, tx *db.Tx, id string, due, next time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE dashboard SET due = CASE WHEN due > 0 THEN due ELSE ? END, next_mail = ? WHERE tenant = :tenant AND id = ?", db.Micros(due), db.Micros(next), id)
	return err
}

// oldestDue is the mailing of any tenant that has waited longest.
func oldestDue(ctx context.Context, q db.Querier) (Dashboard, error) {
	return db.One(ctx, q, "mailing", scan, "SELECT "+columns+" WHERE due > 0 ORDER BY due, id LIMIT 1")
}

// endDue ends the mailing that was due at that time, with what went wrong.
func endDue(ctx context.Context, tx *db.Tx, d Dashboard) error {
	_, err := tx.Exec(ctx, "UPDATE dashboard SET due = CASE WHEN due = ? THEN 0 ELSE due END, mail_error = ? WHERE tenant = :tenant AND id = ?", db.Micros(d.due), d.MailError, d.ID)
	return err
}
