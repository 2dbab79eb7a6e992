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

// engine is two DuckDB instances. The first holds the tables in memory, with two
// handles: database/sql for statements, and the raw one that data chunks need.
// DuckDB only shares an instance that has a path, so there is a file; it stays
// empty, and its lock keeps a second process out. Each of its statements runs on
// one thread, its caller's: so a segment is written in the order of its table
// without being gathered in memory first, no search takes a thread away from
// appending, and pages, which read a few blocks a statement, wait for nobody. The
// second instance reads whole segments, on all threads.
type engine struct {
	db    *sql.DB
	raw   mapping.Database
	conn  mapping.Connection
	files *sql.DB
}

func openEngine(ctx context.Context, o Options) (*engine, error) {
	if mapping.VectorSize() != maxChunkRows {
		return nil, errors.New("DuckDB was built with another vector size than this program expects")
	}
	e := &engine{}
	if err := e.open(ctx, o); err != nil {
		e.close()
		return nil, fmt.Errorf("open DuckDB in %s: %w", o.Dir, err)
	}
	return e, nil
}

func (e *engine) open(ctx context.Context, o Options) error {
	settings := func(threads int, memory int64) map[string]string {
		return map[string]string{
			"memory_limit":                 strconv.FormatInt(max(memory>>20, 64), 10) + "MiB",
			"threads":                      strconv.Itoa(threads),
			"autoinstall_known_extensions": "false", // nothing is ever fetched
			"autoload_known_extensions":    "false",
			"allow_community_extensions":   "false",
			"temp_directory":               filepath.Join(o.Dir, "spill"),
			// Keeping order would gather a table once more before it is written;
			// one thread keeps it all the same, and writeFilters looks.
			"preserve_insertion_order": "false",
		}
	}
	hot, path := settings(1, o.Memory), filepath.Join(o.Dir, "hot.duckdb")
	var err error
	if e.db, err = openDB(path, hot, o.Searches+4); err != nil {
		return err
	}
	if err := e.openRaw(path, hot); err != nil {
		return err
	}
	if e.files, err = openDB("", settings(o.Threads, o.Memory/2), o.Searches*o.Threads+2); err != nil {
		return err
	}
	if _, err := e.db.ExecContext(ctx, "ATTACH ':memory:' AS "+memCatalog); err != nil {
		return err
	}
	return errors.Join(setUp(ctx, e.db, o.dirs()), setUp(ctx, e.files, o.dirs()))
}

func openDB(path string, settings map[string]string, connections int) (*sql.DB, error) {
	dsn := url.Values{}
	for k, v := range settings {
		dsn.Set(k, v)
	}
	connector, err := duckdb.NewConnector(path+"?"+dsn.Encode(), func(driver.ExecerContext) error { return nil })
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// dirs are the directories whose files DuckDB may read and write.
func (o Options) dirs() []string {
	dirs := []string{filepath.Join(o.Dir, segmentsDir), filepath.Join(o.Dir, cacheDir), filepath.Join(o.Dir, exportsDir)}
	if o.Tier != nil && o.Tier.Dir() != "" {
		dirs = append(dirs, o.Tier.Dir())
	}
	return dirs
}

func setUp(ctx context.Context, db *sql.DB, dirs []string) error {
	quoted := make([]string, len(dirs))
	for i, d := range dirs {
		quoted[i] = literal(d + string(os.PathSeparator))
	}
	for _, s := range []string{
		// Files: the segments, wherever they are kept, and the spill directory,
		// nothing else, for good.
		"SET allowed_directories = [" + strings.Join(quoted, ", ") + "]",
		// A page of rows is found by its sort key first, its wide columns read after.
		fmt.Sprintf("SET GLOBAL late_materialization_max_rows = %d", MaxLimit+1),
		// Hot tables live an hour at most: compressing them at each flush costs
		// twice the insert itself (19 against 7 CPU-s per million rows).
		"SET GLOBAL checkpoint_threshold = '1TB'",
		// A sealed table's memory goes back to the system at once.
		"SET GLOBAL allocator_flush_threshold = '32MiB'",
		"SET GLOBAL allocator_bulk_deallocation_flush_threshold = '32MiB'",
		"SET GLOBAL parquet_metadata_cache = true",
		"SET enable_external_access = false",
		"SET lock_configuration = true",
	} {
		if _, err := db.ExecContext(ctx, s); err != nil {
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
	if e.conn.Ptr != nil {
		mapping.Disconnect(&e.conn)
		mapping.Close(&e.raw)
	}
	var err error
	for _, db := range []*sql.DB{e.db, e.files} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return err
}

// of is the instance for a statement: that of the files when it reads nothing
// else, and has more to do than one thread does at once. Who waits for other
// threads does so by asking again and again, which takes as much of a core.
func (e *engine) of(st *statement) *sql.DB {
	if st.short {
		return e.db
	}
	for i := range st.srcs {
		if st.srcs[i].segment == nil {
			return e.db
		}
	}
	return e.files
}

// literal quotes text for the statements that take no parameter: settings and
// COPY. Only this package's own file names go through it.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
