package db_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
)

const insertTimer = "INSERT INTO timer (tenant, kind, key, due, wanted, payload) VALUES (:tenant, ?, ?, 0, 0, '')"

func timers(t *testing.T, h *db.Handle) (n int) {
	t.Helper()
	if err := h.QueryRow(t.Context(), "SELECT count(*) FROM timer WHERE tenant = :tenant").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTransactions(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		h, other := d.For(1, "a"), d.For(2, "b")
		err := h.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), insertTimer, "k", "one")
			return err
		})
		if err != nil || timers(t, h) != 1 {
			t.Fatalf("commit: %v, %d rows", err, timers(t, h))
		}
		if timers(t, other) != 0 {
			t.Error("another tenant sees the row")
		}
		boom := errors.New("boom")
		hooked := false
		err = h.Tx(t.Context(), func(tx *db.Tx) error {
			tx.OnCommit(func() { hooked = true })
			if _, err := tx.Exec(t.Context(), insertTimer, "k", "two"); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || timers(t, h) != 1 || hooked {
			t.Errorf("undone transaction: err %v, %d rows, hook ran %v", err, timers(t, h), hooked)
		}
		err = h.Tx(t.Context(), func(*db.Tx) error { panic("no") })
		if err == nil || !strings.Contains(err.Error(), "panic in transaction") {
			t.Errorf("panic: %v", err)
		}
	})
}

func TestConcurrentWritersAllCommitOnce(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		h := d.For(1, "a")
		var wg sync.WaitGroup
		var mu sync.Mutex
		hooks := 0
		for i := range 200 {
			wg.Go(func() {
				err := h.Tx(context.Background(), func(tx *db.Tx) error {
					if _, err := tx.Exec(context.Background(), insertTimer, "k", db.NewID(time.Now())); err != nil {
						return err
					}
					if i%10 == 0 {
						return errors.New("this one fails, its neighbours do not")
					}
					tx.OnCommit(func() { mu.Lock(); hooks++; mu.Unlock() })
					return nil
				})
				if (err != nil) != (i%10 == 0) {
					t.Errorf("writer %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := timers(t, h); n != 180 || hooks != 180 {
			t.Errorf("%d rows, %d hooks, want 180 of each", n, hooks)
		}
	})
}

func TestStatementsMustBindTheTenant(t *testing.T) {
	d := dbtest.SQLite(t)
	h := d.For(1, "a")
	refused := func(query string, args ...any) {
		t.Helper()
		if _, err := h.Query(t.Context(), query, args...); err == nil || !strings.Contains(err.Error(), "binds the tenant") {
			t.Errorf("not refused (%v): %s", err, query)
		}
	}
	refused("SELECT id FROM person")
	refused("SELECT p.id FROM person p JOIN person_personal q ON q.person = p.id WHERE p.tenant = :tenant")
	refused("DELETE FROM person WHERE id = ?", "x")
	refused("UPDATE person SET active = 0 WHERE id = ?", "x")
	refused("SELECT id FROM person WHERE id = ':tenant'")
	allowed := func(query string, args ...any) {
		t.Helper()
		rows, err := h.Query(t.Context(), query, args...)
		if err != nil {
			t.Errorf("refused: %v", err)
			return
		}
		rows.Close()
	}
	allowed("SELECT p.id FROM person p JOIN person_personal q ON q.tenant = p.tenant AND q.person = p.id WHERE p.tenant = :tenant")
	allowed("WITH a AS (SELECT id FROM person WHERE tenant = :tenant) SELECT id FROM a")
	allowed("SELECT value FROM installation WHERE key = ?", "k")
	if _, err := h.Query(t.Context(), "SELECT id FROM person WHERE tenant = :tenant AND id = ?"); err == nil {
		t.Error("a missing argument was not noticed")
	}
}

func TestMigrateTwiceAndDryRun(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		p, err := d.Pending(t.Context())
		if err != nil || len(p) != 0 {
			t.Errorf("after migration still pending: %v %v", p, err)
		}
		if done, err := d.Migrate(t.Context(), time.Now); err != nil || len(done) != 0 {
			t.Errorf("second migration did %d steps, %v", len(done), err)
		}
	})
}

func TestOneServerADatabase(t *testing.T) {
	dsn := dbtest.PostgresDSN(t)
	open := func() *db.DB {
		d, err := db.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	one, two := open(), open()
	release, err := one.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.Lock(t.Context()); err == nil || !strings.Contains(err.Error(), "another Tocsin") {
		t.Errorf("a second server got the database: %v", err)
	}
	release()
	if release, err = two.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	release()
}
