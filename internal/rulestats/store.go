package rulestats

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

func addHits(ctx context.Context, tx *db.Tx, k hour, c count) error {
	_, err := tx.Exec(ctx, `INSERT INTO rule_hit (tenant, rule, hour, hits) VALUES (:tenant, ?, ?, ?)
		ON CONFLICT (tenant, rule, hour) DO UPDATE SET hits = rule_hit.hits + excluded.hits`, k.rule, k.hour, c.n)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO rule_hit_last (tenant, rule, total, last) VALUES (:tenant, ?, ?, ?)
		ON CONFLICT (tenant, rule) DO UPDATE SET total = rule_hit_last.total + excluded.total, last = CASE WHEN excluded.last > rule_hit_last.last THEN excluded.last ELSE rule_hit_last.last END`, k.rule, c.n, c.last/1000)
	return err
}

func deleteBefore(ctx context.Context, tx *db.Tx, hour int64) error {
	_, err := tx.Exec(ctx, "DELETE FROM rule_hit WHERE hour < ?", hour)
	return err
}

// Figure is what one rule did.
type Figure struct {
	Hits  int64 // since the time that was asked for
	Total int64 // ever
	Last  time.Time
}

// Figures tells what every rule did that ever hit; Hits are those since a time.
func Figures(ctx context.Context, q db.Querier, since time.Time) (map[string]Figure, error) {
	type row struct {
		rule string
		Figure
	}
	rows, err := db.Select(ctx, q, func(s db.Scanner) (r row, err error) {
		var last int64
		err = s.Scan(&r.rule, &r.Total, &last, &r.Hits)
		r.Last = db.Time(last)
		return r, err
	}, `SELECT l.rule, l.total, l.last, coalesce(h.hits, 0) FROM rule_hit_last l
		LEFT JOIN (SELECT rule, sum(hits) AS hits FROM rule_hit WHERE tenant = :tenant AND hour >= ? GROUP BY rule) h ON h.rule = l.rule
		WHERE l.tenant = :tenant`, hourOf(since))
	out := make(map[string]Figure, len(rows))
	for _, r := range rows {
		out[r.rule] = r.Figure
	}
	return out, err
}

// Hour is one hour of a rule.
type Hour struct {
	Start time.Time
	Hits  int64
}

// Hours lists the hours since a time in which a rule hit, oldest first.
func Hours(ctx context.Context, q db.Querier, rule string, since time.Time) ([]Hour, error) {
	return db.Select(ctx, q, func(s db.Scanner) (h Hour, err error) {
		var at int64
		err = s.Scan(&at, &h.Hits)
		h.Start = time.Unix(at*3600, 0).UTC()
		return h, err
	}, "SELECT hour, hits FROM rule_hit WHERE tenant = :tenant AND rule = ? AND hour >= ? ORDER BY hour", rule, hourOf(since))
}

func saveSeen(ctx context.Context, tx *db.Tx, s Seen) error {
	_, err := tx.Exec(ctx, `INSERT INTO seen_logsource (tenant, category, product, service, fields, first, last) VALUES (:tenant, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, category, product, service) DO UPDATE SET fields = excluded.fields, last = excluded.last`,
		s.Logsource.Category, s.Logsource.Product, s.Logsource.Service, db.JSON(s.Fields), db.Micros(s.First), db.Micros(s.Last))
	return err
}

// LoadSeen reads the sources of all tenants, for a start.
func LoadSeen(ctx context.Context, d *db.DB) ([]Seen, error) {
	return db.Select(ctx, d.System("rules"), func(s db.Scanner) (v Seen, err error) {
		var t, first, last int64
		var fields string
		if err = s.Scan(&t, &v.Logsource.Category, &v.Logsource.Product, &v.Logsource.Service, &fields, &first, &last); err != nil {
			return v, err
		}
		v.Tenant, v.First, v.Last = tenant.ID(t), db.Time(first), db.Time(last)
		return v, db.FromJSON(fields, &v.Fields)
	}, "SELECT tenant, category, product, service, fields, first, last FROM seen_logsource")
}
