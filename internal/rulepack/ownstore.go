package rulepack

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
)

// OwnRule is a rule that was made here.
type OwnRule struct {
	ID, Title        string
	Active           int64     // number of the version in use
	Deleted          time.Time // zero while it is in use
	Version          int64     // of this row, for If-Match
	Created, Updated time.Time
	Body             string // of the active version, where it was asked for
}

// OwnVersion is one text of an own rule.
type OwnVersion struct {
	Number                  int64
	Body, Hash, Note, Actor string
	At                      time.Time
}

const ownColumns = "r.rule, r.title, r.active, r.deleted, r.version, r.created, r.updated, coalesce(v.body, '') FROM own_rule r LEFT JOIN own_rule_version v ON v.tenant = r.tenant AND v.rule = r.rule AND v.number = r.active WHERE r.tenant = :tenant"

func scanOwn(s db.Scanner) (r OwnRule, err error) {
	var deleted, created, updated int64
	err = s.Scan(&r.ID, &r.Title, &r.Active, &deleted, &r.Version, &created, &updated, &r.Body)
	r.Deleted, r.Created, r.Updated = db.Time(deleted), db.Time(created), db.Time(updated)
	return r, err
}

// OwnRules lists the own rules in use with their texts, oldest first.
func OwnRules(ctx context.Context, q db.Querier) ([]OwnRule, error) {
	return db.Select(ctx, q, scanOwn, "SELECT "+ownColumns+" AND r.deleted = 0 ORDER BY r.created, r.rule")
}

// GetOwnRule returns an own rule, also one that was deleted.
func GetOwnRule(ctx context.Context, q db.Querier, id string) (OwnRule, error) {
	return db.One(ctx, q, "rule that was made here", scanOwn, "SELECT "+ownColumns+" AND r.rule = ?", id)
}

// OwnVersions lists the texts of an own rule, newest first.
func OwnVersions(ctx context.Context, q db.Querier, id string) ([]OwnVersion, error) {
	return db.Select(ctx, q, scanOwnVersion, "SELECT number, body, hash, note, actor, at FROM own_rule_version WHERE tenant = :tenant AND rule = ? ORDER BY number DESC", id)
}

// GetOwnVersion returns one text of an own rule.
func GetOwnVersion(ctx context.Context, q db.Querier, id string, number int64) (OwnVersion, error) {
	return db.One(ctx, q, "version of this rule", scanOwnVersion, "SELECT number, body, hash, note, actor, at FROM own_rule_version WHERE tenant = :tenant AND rule = ? AND number = ?", id, number)
}

func scanOwnVersion(s db.Scanner) (v OwnVersion, err error) {
	var at int64
	err = s.Scan(&v.Number, &v.Body, &v.Hash, &v.Note, &v.Actor, &at)
	v.At = db.Time(at)
	return v, err
}

func newestOwn(ctx context.Context, q db.Querier, id string) (n int64, err error) {
	err = q.QueryRow(ctx, "SELECT coalesce(max(number), 0) FROM own_rule_version WHERE tenant = :tenant AND rule = ?", id).Scan(&n)
	return n, err
}

func insertOwn(ctx context.Context, tx *db.Tx, r OwnRule) error {
	_, err := tx.Exec(ctx, "INSERT INTO own_rule (tenant, rule, title, active, version, created, updated) VALUES (:tenant, ?, '', 0, ?, ?, ?)", r.ID, r.Version, db.Micros(r.Created), db.Micros(r.Created))
	return err
}

func insertOwnVersion(ctx context.Context, tx *db.Tx, id string, v OwnVersion) error {
	_, err := tx.Exec(ctx, "INSERT INTO own_rule_version (tenant, rule, number, body, hash, note, actor, at) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?)", id, v.Number, v.Body, v.Hash, v.Note, v.Actor, db.Micros(v.At))
	return err
}

// saveOwn writes the row and moves its version.
func saveOwn(ctx context.Context, tx *db.Tx, r *OwnRule) error {
	n, err := tx.Exec(ctx, "UPDATE own_rule SET title = ?, active = ?, deleted = ?, updated = ?, version = version + 1 WHERE tenant = :tenant AND rule = ? AND version = ?",
		r.Title, r.Active, db.Micros(r.Deleted), db.Micros(r.Updated), r.ID, r.Version)
	if err := db.Changed(n, err, "rule"); err != nil {
		return err
	}
	r.Version++
	return nil
}
