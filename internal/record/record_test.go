package record_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/record"
)

func clock() func() time.Time {
	t := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	return func() time.Time { t = t.Add(time.Millisecond); return t }
}

func add(t *testing.T, d *db.DB, l *record.Log, tenant, n int) {
	t.Helper()
	err := d.For(1, "ann").Tx(t.Context(), func(tx *db.Tx) error {
		for i := range n {
			e := record.Entry{Kind: "case.noted", Subject: "case", SubjectID: fmt.Sprint("c", i), Data: map[string]any{"i": i}}
			if i%3 == 0 {
				e.Personal = map[string]string{"name": "Bob"}
			}
			if _, err := l.Append(t.Context(), tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func sealed(t *testing.T, d *db.DB, n int) (*record.Keys, *record.Log) {
	t.Helper()
	keys, err := record.LoadKeys(t.TempDir(), "tocsin.test")
	if err != nil {
		t.Fatal(err)
	}
	l := record.New(d, clock())
	add(t, d, l, 1, n)
	if got, err := record.NewSealer(l, keys.Signer, slog.New(slog.DiscardHandler)).Seal(t.Context()); err != nil || got != n {
		t.Fatalf("sealed %d of %d: %v", got, n, err)
	}
	return keys, l
}

func verify(t *testing.T, d *db.DB, k *record.Keys, kept string) record.Result {
	t.Helper()
	res, err := record.Verify(t.Context(), d.For(1, "auditor"), k.Verifier, kept)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestSealedRecordVerifies(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		keys, l := sealed(t, d, 700)
		if res := verify(t, d, keys, ""); len(res.Findings) != 0 || res.Entries != 700 || res.Unsealed != 0 {
			t.Errorf("fresh record: %+v", res)
		}
		add(t, d, l, 1, 2)
		if res := verify(t, d, keys, ""); len(res.Findings) != 0 || res.Unsealed != 2 {
			t.Errorf("with two unsealed: %+v", res)
		}
		p, err := record.Prove(t.Context(), d.For(1, "auditor"), 17)
		if err != nil {
			t.Fatal(err)
		}
		c, err := record.OpenCheckpoint(p.Checkpoint, keys.Verifier, 1)
		if err != nil {
			t.Fatal(err)
		}
		var path tlog.RecordProof
		for _, h := range p.Hashes {
			hash, _ := tlog.ParseHash(h)
			path = append(path, hash)
		}
		if err := tlog.CheckRecord(path, c.Size, c.Root, p.Index, tlog.RecordHash([]byte(p.Leaf))); err != nil {
			t.Errorf("proof of entry 17: %v", err)
		}
	})
}

func TestTamperingIsFoundAndNamed(t *testing.T) {
	tamper := func(name, statement, want string) {
		t.Run(name, func(t *testing.T) {
			d := dbtest.SQLite(t)
			keys, _ := sealed(t, d, 40)
			raw(t, d, "DROP TRIGGER record_no_update", "DROP TRIGGER record_no_delete", statement)
			res := verify(t, d, keys, "")
			for _, f := range res.Findings {
				if strings.Contains(f.String(), want) {
					return
				}
			}
			t.Errorf("want %q in %v", want, res.Findings)
		})
	}
	tamper("data altered", "UPDATE record SET data = '{}' WHERE seq = 7", "entry 7: altered")
	tamper("actor altered", "UPDATE record SET actor = 'eve' WHERE seq = 40", "entry 40: altered")
	tamper("time altered", "UPDATE record SET at = at + 1 WHERE seq = 1", "entry 1: altered")
	tamper("row removed", "DELETE FROM record WHERE seq = 12", "entry 12: missing")
	tamper("two rows swapped", "UPDATE record SET data = (SELECT data FROM record r WHERE r.seq = 46 - record.seq) WHERE seq IN (22, 24)", "entry 22: altered")
	tamper("leaf and row removed", "DELETE FROM record WHERE seq = 40; DELETE FROM record_leaf WHERE seq = 40", "the end was cut off")
	tamper("leaf removed in the middle", "DELETE FROM record_leaf WHERE idx = 5", "leaves 5 to 5 of the tree are missing")
	tamper("row and leaf rewritten", "UPDATE record_leaf SET hash = zeroblob(32) WHERE idx = 3; UPDATE record SET data='{\"x\":1}' WHERE seq = 4", "entry 4: altered")
	tamper("personal data altered", "UPDATE record_personal SET data = '{}' WHERE seq = 1", "entry 1: personal data altered")
	tamper("checkpoint forged", "UPDATE checkpoint SET note = replace(note, '40', '41')", "not genuine")
}

func TestErasedPersonalDataLeavesTheRecordValid(t *testing.T) {
	d := dbtest.SQLite(t)
	keys, _ := sealed(t, d, 9)
	raw(t, d, "DELETE FROM record_personal WHERE seq = 1")
	if res := verify(t, d, keys, ""); len(res.Findings) != 0 || res.Erased != 1 {
		t.Errorf("%+v", res)
	}
}

func TestCutAndSignedAnewIsCaughtByAKeptCheckpoint(t *testing.T) {
	d := dbtest.SQLite(t)
	keys, l := sealed(t, d, 20)
	_, _, kept, err := record.Latest(t.Context(), d.For(1, "auditor"))
	if err != nil {
		t.Fatal(err)
	}
	raw(t, d, "DROP TRIGGER record_no_delete", "DELETE FROM record", "DELETE FROM record_leaf", "DELETE FROM record_hash", "DELETE FROM checkpoint", "DELETE FROM feed_cursor")
	add(t, d, l, 1, 20)
	if _, err := record.NewSealer(l, keys.Signer, slog.New(slog.DiscardHandler)).Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if res := verify(t, d, keys, ""); len(res.Findings) != 0 {
		t.Errorf("a consistent forgery cannot be seen from inside: %v", res.Findings)
	}
	if res := verify(t, d, keys, kept); len(res.Findings) == 0 {
		t.Error("the kept checkpoint did not catch the forgery")
	}
}

func raw(t *testing.T, d *db.DB, statements ...string) {
	t.Helper()
	err := d.System("mallory").Tx(t.Context(), func(tx *db.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(context.Background(), s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheDatabaseRefusesToChangeTheRecord(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		sealed(t, d, 3)
		for _, s := range []string{"UPDATE record SET data = '{}' WHERE seq = 1", "DELETE FROM record WHERE seq = 1"} {
			err := d.System("mallory").Tx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), s)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", s, err)
			}
		}
	})
}

func TestFollowersSeeEveryRowOnceInOrder(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		l := record.New(d, clock())
		add(t, d, l, 1, 5)
		ctx, stop := context.WithCancel(t.Context())
		seen := make(chan int64, 100)
		failed := false
		done := make(chan error)
		go func() {
			done <- l.Follow(ctx, "f", slog.New(slog.DiscardHandler), func(_ context.Context, tx *db.Tx, r record.Row) error {
				if r.Seq == 3 && !failed {
					failed = true
					return errors.New("not yet")
				}
				tx.OnCommit(func() { seen <- r.Seq })
				return nil
			})
		}()
		want := func(n int64) {
			t.Helper()
			select {
			case got := <-seen:
				if got != n {
					t.Fatalf("saw %d, want %d", got, n)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("entry %d did not come", n)
			}
		}
		for n := range int64(5) {
			want(n + 1)
		}
		add(t, d, l, 1, 1)
		want(6)
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		ctx, stop = context.WithCancel(t.Context())
		add(t, d, l, 1, 1)
		go func() {
			done <- l.Follow(ctx, "f", slog.New(slog.DiscardHandler), func(_ context.Context, tx *db.Tx, r record.Row) error {
				tx.OnCommit(func() { seen <- r.Seq })
				return nil
			})
		}()
		want(7)
		stop()
		<-done
	})
}

func TestKeysAreMadeOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	a, err := record.LoadKeys(dir, "tocsin.test")
	if err != nil {
		t.Fatal(err)
	}
	b, err := record.LoadKeys(dir, "another name is not used")
	if err != nil || a.Public != b.Public {
		t.Errorf("second load: %v, %q and %q", err, a.Public, b.Public)
	}
}
