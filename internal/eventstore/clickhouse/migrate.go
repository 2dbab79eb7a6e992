package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tocsin-project/tocsin/internal/problem"
)

// migration is a step of the schema; its statements change nothing when they
// run a second time. Steps that are released are never changed.
type migration struct {
	version    uint32
	name       string
	statements func(Layout) []string
}

var migrations = [...]migration{
	{1, "events and state", func(l Layout) []string {
		out := []string{l.createEvents(l.rows()), l.createState()}
		if l.Cluster != "" {
			out = append(out, l.createDistributed())
		}
		return out
	}},
}

// migrate makes the database and brings its tables to this program's schema. A
// database of a newer program is refused.
func (s *Store) migrate(ctx context.Context) error {
	l := s.o.Layout
	for _, sql := range []string{"CREATE DATABASE IF NOT EXISTS " + l.Database + l.onCluster(), l.createMigrations()} {
		if err := s.define(ctx, sql); err != nil {
			return err
		}
	}
	answer, err := s.client.do(ctx, call{Statement: Statement{SQL: "SELECT max(version) FROM " + l.migrations()}, format: "RowBinary"})
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	r := reader{b: answer}
	have := r.uint32()
	if newest := migrations[len(migrations)-1].version; have > newest {
		return problem.New(problem.Conflict, "The ClickHouse database %s has schema %d, and this program knows %d: a newer program has used it. Start that one.", l.Database, have, newest)
	}
	for _, m := range migrations {
		if m.version <= have {
			continue
		}
		for _, sql := range m.statements(l) {
			if err := s.define(ctx, sql); err != nil {
				return fmt.Errorf("migration %d (%s): %w", m.version, m.name, err)
			}
		}
		row, err := json.Marshal(map[string]any{"version": m.version, "name": m.name})
		if err != nil {
			return err
		}
		if _, err := s.client.do(ctx, call{Statement: Statement{SQL: "INSERT INTO " + l.migrations() + " (version, name) FORMAT JSONEachRow"}, body: row, settings: s.insertSettings(fmt.Sprintf("tocsin-migration-%d", m.version))}); err != nil {
			return fmt.Errorf("note migration %d: %w", m.version, err)
		}
		s.o.Log.Info("the schema in ClickHouse was changed", "version", m.version, "name", m.name)
	}
	return s.addColumns(ctx)
}

// addColumns adds the normalised columns that events have got since the table
// was made; old rows have nothing in them.
func (s *Store) addColumns(ctx context.Context) error {
	l := s.o.Layout
	st := newStatement()
	_, table, _ := strings.Cut(l.rows(), ".")
	sql := "SELECT name FROM system.columns WHERE database = " + st.text(l.Database) + " AND table = " + st.text(table)
	answer, err := s.client.do(ctx, call{Statement: Statement{sql, st.params}, format: "RowBinary"})
	if err != nil {
		return fmt.Errorf("read the columns: %w", err)
	}
	var have []string
	if err := each(answer, func(r *reader) error { have = append(have, r.text()); return nil }); err != nil {
		return err
	}
	var add []string
	for _, c := range columns() {
		if !slices.Contains(have, c.name) {
			add = append(add, "ADD COLUMN IF NOT EXISTS "+c.name+" "+c.typ)
		}
	}
	if len(add) == 0 {
		return nil
	}
	tables := []string{l.rows()}
	if l.Cluster != "" {
		tables = append(tables, l.events())
	}
	for _, name := range tables {
		if err := s.define(ctx, "ALTER TABLE "+name+l.onCluster()+" "+strings.Join(add, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// define runs a statement that defines something.
func (s *Store) define(ctx context.Context, sql string) error {
	x := call{Statement: Statement{SQL: sql}}
	if s.o.Layout.Cluster != "" {
		x.settings = map[string]string{"distributed_ddl_task_timeout": "50"} // s, less than a try has
	}
	if _, err := s.client.do(ctx, x); err != nil {
		return fmt.Errorf("%.60s…: %w", sql, err)
	}
	return nil
}
