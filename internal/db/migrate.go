package db

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"sort"
	"strconv"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migration is one step of the schema. Steps are numbered without gaps, and
// one that has been released is never edited: its hash is checked.
type Migration struct {
	Version int
	Name    string
	Hash    string // SHA-256 of the file, hex
	SQL     string // for this engine
	Applied time.Time
}

// Migrations lists the steps for an engine, in order.
func Migrations(e Engine) ([]Migration, error) {
	names, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	var out []Migration
	for _, n := range names {
		text, err := migrationFiles.ReadFile(path.Join("migrations", n.Name()))
		if err != nil {
			return nil, err
		}
		number, name, _ := strings.Cut(strings.TrimSuffix(n.Name(), ".sql"), "_")
		v, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("migration %s: name must start with its number", n.Name())
		}
		sum := sha256.Sum256(text)
		out = append(out, Migration{Version: v, Name: name, Hash: hex.EncodeToString(sum[:]), SQL: dialect(e, string(text))})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Version < out[j].Version })
	for i, m := range out {
		if m.Version != i+1 {
			return nil, fmt.Errorf("migration %d is missing", i+1)
		}
	}
	return out, nil
}

// dialect fills what differs between the engines: {PK}, {BLOB}, {XID}, and
// blocks between "-- only sqlite" or "-- only postgres" and "-- all".
func dialect(e Engine, text string) string {
	words := map[Engine]*strings.Replacer{
		SQLite:   strings.NewReplacer("{PK}", "INTEGER PRIMARY KEY AUTOINCREMENT", "{BLOB}", "BLOB", "{XID}", "0"),
		Postgres: strings.NewReplacer("{PK}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "{BLOB}", "BYTEA", "{XID}", "(pg_current_xact_id()::text::bigint)"),
	}
	var b strings.Builder
	keep := true
	for line := range strings.Lines(text) {
		switch t := strings.TrimSpace(line); {
		case strings.HasPrefix(t, "-- only "):
			keep = t == "-- only "+string(e)
		case t == "-- all":
			keep = true
		case keep && !strings.HasPrefix(t, "--"):
			b.WriteString(line)
		}
	}
	return words[e].Replace(b.String())
}

// Pending lists the steps that Migrate would apply: the dry run.
func (d *DB) Pending(ctx context.Context) ([]Migration, error) {
	all, err := Migrations(d.engine)
	if err != nil {
		return nil, err
	}
	done, err := d.applied(ctx)
	if err != nil {
		return nil, err
	}
	var out []Migration
	for _, m := range all {
		hash, ok := done[m.Version]
		switch {
		case !ok:
			out = append(out, m)
		case hash != m.Hash:
			return nil, fmt.Errorf("migration %d %s was applied from another text (%.12s…, this program has %.12s…): refuse to go on", m.Version, m.Name, hash, m.Hash)
		}
	}
	for v := range done {
		if v > len(all) {
			return nil, fmt.Errorf("the database is at version %d, this program knows %d: use the newer program", v, len(all))
		}
	}
	return out, nil
}

func (d *DB) applied(ctx context.Context) (map[int]string, error) {
	probe := "SELECT count(*) FROM sqlite_master WHERE name = 'schema_migration'"
	if d.engine == Postgres {
		probe = "SELECT count(*) FROM pg_tables WHERE tablename = 'schema_migration' AND schemaname = current_schema()"
	}
	var n int
	if err := d.read.QueryRowContext(ctx, probe).Scan(&n); err != nil || n == 0 {
		return nil, err
	}
	rows, err := d.read.QueryContext(ctx, "SELECT version, hash FROM schema_migration")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int]string{}
	for rows.Next() {
		var v int
		var h string
		if err := rows.Scan(&v, &h); err != nil {
			return nil, err
		}
		out[v] = h
	}
	return out, rows.Err()
}

// Migrate brings the schema up to this program, each step in one transaction.
func (d *DB) Migrate(ctx context.Context, now func() time.Time) ([]Migration, error) {
	if d.writer != nil { // the writer holds the only connection: borrow it
		d.writer.stop()
		defer func() { d.writer, _ = startWriter(context.Background(), d) }()
	}
	pending, err := d.Pending(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range pending {
		tx, err := d.write.BeginTx(ctx, nil)
		if err != nil {
			return nil, fmt.Errorf("migration %d: %w", m.Version, err)
		}
		text := m.SQL
		if m.Version == 1 {
			text = "CREATE TABLE schema_migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied BIGINT NOT NULL);\n" + text
		}
		if _, err := tx.ExecContext(ctx, text); err != nil {
			tx.Rollback()
			return nil, fmt.Errorf("migration %d %s: %w", m.Version, m.Name, err)
		}
		insert := fmt.Sprintf("INSERT INTO schema_migration (version, name, hash, applied) VALUES (%d, '%s', '%s', %d)", m.Version, m.Name, m.Hash, now().UnixMicro())
		if _, err := tx.ExecContext(ctx, insert); err != nil {
			tx.Rollback()
			return nil, fmt.Errorf("migration %d: %w", m.Version, err)
		}
		if err := tx.Commit(); err != nil {
			return nil, fmt.Errorf("migration %d: %w", m.Version, err)
		}
		d.log.Info("migrated", "version", m.Version, "name", m.Name)
	}
	return pending, nil
}
