package eventstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// memCatalog is the attached in-memory database that holds the hot tables.
const memCatalog = "mem"

// engine is one DuckDB instance with two handles: database/sql for statements,
// and the raw one that data chunks need. DuckDB only shares an instance that
// has a path, so there is a file; it stays empty, and its lock keeps a second
// process out.
type engine struct {
	db   *sql.DB
	raw  mapping.Database
	conn mapping.Connection
}

func openEngine(ctx context.Context, o Options) (*engine, error) {
	settings := map[string]string{
		"memory_limit":                 strconv.FormatInt(max(o.Memory>>20, 64), 10) + "MiB",
		"threads":                      strconv.Itoa(o.Threads),
		"autoinstall_known_extensions": "false", // nothing is ever fetched
		"autoload_known_extensions":    "false",
		"allow_community_extensions":   "false",
		"temp_directory":               filepath.Join(o.Dir, "spill"),
		"preserve_insertion_order":     "true", // a segment's rows stay sorted
	}
	path := filepath.Join(o.Dir, "hot.duckdb")
	dsn := url.Values{}
	for k, v := range settings {
		dsn.Set(k, v)
	}
	connector, err := duckdb.NewConnector(path+"?"+dsn.Encode(), func(driver.ExecerContext) error { return nil })
	if err != nil {
		return nil, fmt.Errorf("open DuckDB in %s: %w", o.Dir, err)
	}
	e := &engine{db: sql.OpenDB(connector)}
	e.db.SetMaxOpenConns(o.Searches + 4)
	e.db.SetMaxIdleConns(o.Searches + 4)
	dirs := []string{filepath.Join(o.Dir, segmentsDir), filepath.Join(o.Dir, cacheDir), filepath.Join(o.Dir, exportsDir)}
	if o.Tier != nil && o.Tier.Dir() != "" {
		dirs = append(dirs, o.Tier.Dir())
	}
	if err := e.setUp(ctx, path, settings, dirs); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *engine) setUp(ctx context.Context, path string, settings map[string]string, segmentDirs []string) error {
	var dirs []string
	for _, d := range segmentDirs {
		dirs = append(dirs, literal(d+string(os.PathSeparator)))
	}
	if mapping.VectorSize() != maxChunkRows {
		return errors.New("DuckDB was built with another vector size than this program expects")
	}
	if err := e.openRaw(path, settings); err != nil {
		return err
	}
	for _, s := range []string{
		"ATTACH ':memory:' AS " + memCatalog,
		// Files: the segments, wherever they are kept, exports, and the spill
		// directory, nothing else, for good.
		"SET allowed_directories = [" + strings.Join(dirs, ", ") + "]",
		// A page of rows is found by its sort key first, its wide columns read after.
		fmt.Sprintf("SET GLOBAL late_materialization_max_rows = %d", MaxLimit+1),
		// Hot tables live an hour at most: compressing them at each flush costs
		// twice the insert itself (19 against 7 CPU-s per million rows).
		"SET GLOBAL checkpoint_threshold = '1TB'",
		"SET GLOBAL parquet_metadata_cache = true",
		"SET enable_external_access = false",
		"SET lock_configuration = true",
	} {
		if _, err := e.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("set DuckDB up (%s): %w", s, err)
		}
	}
	return nil
}

func (e *engine) openRaw(path string, settings map[string]string) error {
	var cfg mapping.Config
	if mapping.CreateConfig(&cfg) == mapping.StateError {
		return errors.New("DuckDB gives no configuration")
	}
	defer mapping.DestroyConfig(&cfg)
	mapping.SetConfig(cfg, "duckdb_api", "go") // as the driver does: both handles must agree
	for k, v := range settings {
		if mapping.SetConfig(cfg, k, v) == mapping.StateError {
			return fmt.Errorf("DuckDB refuses the setting %s=%s", k, v)
		}
	}
	var msg string
	if mapping.GetOrCreateFromCache(duckdb.GetInstanceCache(), path, &e.raw, cfg, &msg) == mapping.StateError {
		return errors.New("open DuckDB a second time: " + msg)
	}
	if mapping.Connect(e.raw, &e.conn) == mapping.StateError {
		return errors.New("connect to DuckDB")
	}
	return nil
}

func (e *engine) close() error {
	mapping.Disconnect(&e.conn)
	mapping.Close(&e.raw)
	return e.db.Close()
}

// literal quotes text for the statements that take no parameter: settings and
// COPY. Only this package's own file names go through it.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
