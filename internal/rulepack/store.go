package rulepack

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// Pack is a pack with the version that is in use.
type Pack struct {
	Name             string
	Active, Previous string // "" for none
	Created, Updated time.Time
}

// Version is one installed version.
type Version struct {
	Manifest  Manifest
	Actor     string
	Installed time.Time
}

// Off is a rule that somebody switched off.
type Off struct {
	Rule, Reason, Owner string
	Since               time.Time
}

// Filter is a Sigma filter with its end.
type Filter struct {
	ID, Title, Body, Owner, Author, Reason, RetiredReason string
	Created, Expires, Retired                             time.Time
}

// Packs lists the packs by name.
func Packs(ctx context.Context, q db.Querier) ([]Pack, error) {
	return db.Select(ctx, q, scanPack, "SELECT name, active, previous, created, updated FROM rule_pack WHERE tenant = :tenant ORDER BY name")
}

// GetPack returns a pack.
func GetPack(ctx context.Context, q db.Querier, name string) (Pack, error) {
	return db.One(ctx, q, "rule pack", scanPack, "SELECT name, active, previous, created, updated FROM rule_pack WHERE tenant = :tenant AND name = ?", name)
}

func scanPack(s db.Scanner) (p Pack, err error) {
	var created, updated int64
	err = s.Scan(&p.Name, &p.Active, &p.Previous, &created, &updated)
	p.Created, p.Updated = db.Time(created), db.Time(updated)
	return p, err
}

func savePack(ctx context.Context, tx *db.Tx, p Pack) error {
	_, err := tx.Exec(ctx, "UPDATE rule_pack SET active = ?, previous = ?, updated = ? WHERE tenant = :tenant AND name = ?", p.Active, p.Previous, db.Micros(p.Updated), p.Name)
	return err
}

// Versions lists the installed versions of all packs, newest first.
func Versions(ctx context.Context, q db.Querier) ([]Version, error) {
	return db.Select(ctx, q, scanVersion, "SELECT manifest, actor, installed FROM rule_pack_version WHERE tenant = :tenant ORDER BY name, installed DESC, version DESC")
}

func versionsOf(ctx context.Context, q db.Querier, name string) ([]Version, error) {
	return db.Select(ctx, q, scanVersion, "SELECT manifest, actor, installed FROM rule_pack_version WHERE tenant = :tenant AND name = ?", name)
}

// GetVersion returns an installed version.
func GetVersion(ctx context.Context, q db.Querier, name, version string) (Version, error) {
	return db.One(ctx, q, "version of this pack", scanVersion, "SELECT manifest, actor, installed FROM rule_pack_version WHERE tenant = :tenant AND name = ? AND version = ?", name, version)
}

func scanVersion(s db.Scanner) (v Version, err error) {
	var text string
	var installed int64
	if err = s.Scan(&text, &v.Actor, &installed); err != nil {
		return v, err
	}
	v.Installed = db.Time(installed)
	return v, db.FromJSON(text, &v.Manifest)
}

func insertVersion(ctx context.Context, tx *db.Tx, v Version) error {
	at := db.Micros(v.Installed)
	if _, err := tx.Exec(ctx, `INSERT INTO rule_pack (tenant, name, active, previous, created, updated) VALUES (:tenant, ?, '', '', ?, ?) ON CONFLICT DO NOTHING`, v.Manifest.Name, at, at); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO rule_pack_version (tenant, name, version, hash, manifest, actor, installed) VALUES (:tenant, ?, ?, ?, ?, ?, ?)",
		v.Manifest.Name, v.Manifest.Version, v.Manifest.Hash, db.JSON(v.Manifest), v.Actor, at)
	return err
}

func deleteVersion(ctx context.Context, tx *db.Tx, name, version string) error {
	if _, err := tx.Exec(ctx, "DELETE FROM rule_pack_version WHERE tenant = :tenant AND name = ? AND version = ?", name, version); err != nil {
		return err
	}
	left, err := versionsOf(ctx, tx, name)
	if err != nil || len(left) > 0 {
		return err
	}
	_, err = tx.Exec(ctx, "DELETE FROM rule_pack WHERE tenant = :tenant AND name = ?", name)
	return err
}

// Disabled lists the rules that are switched off.
func Disabled(ctx context.Context, q db.Querier) ([]Off, error) {
	return db.Select(ctx, q, func(s db.Scanner) (o Off, err error) {
		var since int64
		err = s.Scan(&o.Rule, &o.Reason, &o.Owner, &since)
		o.Since = db.Time(since)
		return o, err
	}, "SELECT rule, reason, owner, since FROM rule_off WHERE tenant = :tenant ORDER BY rule")
}

func insertOff(ctx context.Context, tx *db.Tx, o Off) error {
	_, err := tx.Exec(ctx, "INSERT INTO rule_off (tenant, rule, reason, owner, since) VALUES (:tenant, ?, ?, ?, ?)", o.Rule, o.Reason, o.Owner, db.Micros(o.Since))
	return err
}

func deleteOff(ctx context.Context, tx *db.Tx, rule string) (int64, error) {
	return tx.Exec(ctx, "DELETE FROM rule_off WHERE tenant = :tenant AND rule = ?", rule)
}

const filterColumns = "id, title, body, owner, author, reason, created, expires, retired, retired_reason FROM rule_filter WHERE tenant = :tenant"

func scanFilter(s db.Scanner) (f Filter, err error) {
	var created, expires, retired int64
	err = s.Scan(&f.ID, &f.Title, &f.Body, &f.Owner, &f.Author, &f.Reason, &created, &expires, &retired, &f.RetiredReason)
	f.Created, f.Expires, f.Retired = db.Time(created), db.Time(expires), db.Time(retired)
	return f, err
}

// Filters lists all filters, newest first, those that ended too.
func Filters(ctx context.Context, q db.Querier, limit int) ([]Filter, error) {
	return db.Select(ctx, q, scanFilter, "SELECT "+filterColumns+" ORDER BY created DESC, id DESC LIMIT ?", limit)
}

// ActiveFilters lists the filters that apply, oldest first.
func ActiveFilters(ctx context.Context, q db.Querier, now time.Time) ([]Filter, error) {
	return db.Select(ctx, q, scanFilter, "SELECT "+filterColumns+" AND retired = 0 AND expires > ? ORDER BY created, id", db.Micros(now))
}

// GetFilter returns a filter.
func GetFilter(ctx context.Context, q db.Querier, id string) (Filter, error) {
	return db.One(ctx, q, "filter", scanFilter, "SELECT "+filterColumns+" AND id = ?", id)
}

func insertFilter(ctx context.Context, tx *db.Tx, f Filter) error {
	_, err := tx.Exec(ctx, "INSERT INTO rule_filter (tenant, id, title, body, owner, author, reason, created, expires) VALUES (:tenant, ?, ?, ?, ?, ?, ?, ?, ?)",
		f.ID, f.Title, f.Body, f.Owner, f.Author, f.Reason, db.Micros(f.Created), db.Micros(f.Expires))
	return err
}

func retireFilter(ctx context.Context, tx *db.Tx, f Filter) error {
	n, err := tx.Exec(ctx, "UPDATE rule_filter SET retired = ?, retired_reason = ? WHERE tenant = :tenant AND id = ? AND retired = 0", db.Micros(f.Retired), f.RetiredReason, f.ID)
	if err == nil && n == 0 {
		return problem.New(problem.Conflict, "The filter is retired.")
	}
	return err
}
