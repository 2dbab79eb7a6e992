package app

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/eventstore/clickhouse"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// told is an engine that notes what it is told.
type told struct {
	policies []clickhouse.Policy
	err      error
}

func (r *told) Retain(_ context.Context, p []clickhouse.Policy) error {
	r.policies = p
	return r.err
}

// The engine is told classes, and the whole time of each hold that is in force.
func TestTheEngineFollowsPolicyAndHolds(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		err := d.For(tenant.Default, "test").Tx(t.Context(), func(tx *db.Tx) error {
			for _, sql := range []string{
				"INSERT INTO retention_class (tenant, name, days, max_bytes, floor_days, updated) VALUES (:tenant, 'default', 90, 0, 0, 0)",
				"INSERT INTO retention_class (tenant, name, days, max_bytes, floor_days, updated) VALUES (:tenant, 'short', 7, 1000, 0, 0)",
				"INSERT INTO hold (tenant, id, kind, query, case_id, starts, ends, reason, actor, at) VALUES (:tenant, 'a', 'query', 'x', '', 100, 199, '', '', 1)",
				"INSERT INTO hold (tenant, id, kind, query, case_id, starts, ends, reason, actor, at) VALUES (:tenant, 'b', 'query', 'x', '', 300, 0, '', '', 2)",
				"INSERT INTO hold (tenant, id, kind, query, case_id, starts, ends, reason, actor, at, released) VALUES (:tenant, 'c', 'query', 'x', '', 1, 2, '', '', 3, 4)",
			} {
				if _, err := tx.Exec(t.Context(), sql); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		engine := &told{}
		s := &served{store: engine, db: d, log: slog.New(slog.DiscardHandler)}
		s.follow(t.Context())
		want := []clickhouse.Policy{{Tenant: tenant.Default, Days: map[string]int64{"default": 90, "short": 7}, Held: []clickhouse.Span{{From: 100, To: 200}, {From: 300}}}, {Tenant: 2, Days: map[string]int64{"default": 0}}}
		if !reflect.DeepEqual(engine.policies, want) {
			t.Errorf("told %+v, want %+v", engine.policies, want)
		}
		if a := s.alarms(); len(a) != 1 || !strings.Contains(a[0], "class short") {
			t.Errorf("%q", a)
		}
		engine.err = errors.New("it does not answer")
		s.follow(t.Context())
		if a := s.alarms(); len(a) != 2 || !strings.Contains(a[0], "does not answer") {
			t.Errorf("%q", a)
		}
	})
}
