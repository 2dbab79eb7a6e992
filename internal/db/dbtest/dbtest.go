// Package dbtest gives tests a migrated store on each engine. PostgreSQL is a
// real server that the test binary starts once, from PATH or Debian's
// /usr/lib/postgresql, on a socket in a directory of its own.
package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
)

// Both runs test on SQLite and on PostgreSQL, each with an empty, migrated
// store that has tenants 1 and 2.
func Both(t *testing.T, test func(*testing.T, *db.DB)) {
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite opens a store in a directory of the test.
func SQLite(t *testing.T) *db.DB {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "tocsin.db"))
}

// Postgres opens a store in a database of its own. A machine without
// PostgreSQL fails the test and says what to install.
func Postgres(t *testing.T) *db.DB {
	t.Helper()
	return open(t, PostgresDSN(t))
}

// PostgresDSN makes an empty database and returns its DSN.
func PostgresDSN(t *testing.T) string {
	t.Helper()
	s, err := startServer()
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v (Debian: apt-get install postgresql)", err)
	}
	name := fmt.Sprintf("t%d_%d", os.Getpid(), s.n.Add(1))
	admin, err := sql.Open("pgx", s.dsn("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	return s.dsn(name)
}

func open(t *testing.T, dsn string) *db.DB {
	d, err := db.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Migrate(t.Context(), time.Now); err != nil {
		t.Fatal(err)
	}
	for id := range 2 {
		err := d.System("test").Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(context.Background(), "INSERT INTO tenant (tenant, name, created) VALUES (?, ?, 0)", id+1, fmt.Sprint("tenant ", id+1))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}

type server struct {
	dir   string
	n     atomic.Int64
	alive io.Closer // held open, else its finalizer ends the server
}

func (s *server) dsn(database string) string {
	return "postgres://postgres@/" + database + "?host=" + s.dir + "&sslmode=disable"
}

// startServer starts one server for the whole test binary. It ends when this
// process does: a shell beside it waits for our end of a pipe to close.
var startServer = sync.OnceValues(func() (*server, error) {
	bin, err := findPostgres()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "tocsin-pg")
	if err != nil {
		return nil, err
	}
	var who *syscall.Credential
	if os.Getuid() == 0 { // the server refuses to run as root
		who = &syscall.Credential{Uid: 65534, Gid: 65534}
		if err := os.Chown(dir, 65534, 65534); err != nil {
			return nil, err
		}
	}
	run := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(name, args...)
		c.Dir = dir
		c.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
		c.Env = []string{"PATH=" + bin + ":/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=" + dir}
		return c
	}
	data := filepath.Join(dir, "data")
	if out, err := run(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-N", "--locale=C.UTF-8", "-E", "UTF8").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	script := `"$0/postgres" -D "$1" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c jit=off -c max_connections=200 >"$2/log" 2>&1 &
pid=$!
cat >/dev/null
kill -INT $pid
wait $pid
rm -rf "$2"`
	c := run("/bin/sh", "-c", script, bin, data, dir)
	alive, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	s := &server{dir: dir, alive: alive}
	for range 200 {
		pool, err := sql.Open("pgx", s.dsn("postgres"))
		if err != nil {
			return nil, err
		}
		err = pool.Ping()
		pool.Close()
		if err == nil {
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	log, _ := os.ReadFile(filepath.Join(dir, "log"))
	return nil, fmt.Errorf("the server did not answer within 10 s: %s", log)
})

func findPostgres() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if p, err := exec.LookPath("postgres"); err == nil {
		found = append(found, p)
	}
	for i := len(found) - 1; i >= 0; i-- {
		real, err := filepath.EvalSymlinks(found[i])
		if err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(real), "initdb")); err == nil {
			return filepath.Dir(real), nil
		}
	}
	return "", fmt.Errorf("no PostgreSQL server found")
}
