package record_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
)

func TestAProofIsCheckedWithoutAStore(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		keys, l := sealed(t, d, 300)
		h := d.For(1, "auditor")
		all, err := record.ProveAll(t.Context(), h, []int64{1, 17, 300})
		if err != nil || len(all) != 3 {
			t.Fatal(err)
		}
		for _, p := range all {
			row, c, err := p.Verify(keys.Verifier)
			if err != nil || row.Seq != p.Row.Seq || row.Kind != p.Row.Kind || string(row.Data) != string(p.Row.Data) || !row.At.Equal(p.Row.At) || c.Size != 300 {
				t.Errorf("%+v %v: %v", row, c, err)
			}
		}
		add(t, d, l, 1, 1)
		if _, err := record.ProveAll(t.Context(), h, []int64{17, 301}); !problem.Is(err, problem.Unavailable) {
			t.Errorf("an entry that is not sealed: %v", err)
		}
		if _, err := record.ProveAll(t.Context(), d.For(2, "auditor"), []int64{17}); err == nil {
			t.Error("another tenant's entry is proved")
		}
		other, _ := sealed(t, dbtest.SQLite(t), 300)
		for name, alter := range map[string]func(*record.Proof){
			"another entry":       func(p *record.Proof) { p.Leaf = all[0].Leaf },
			"an altered entry":    func(p *record.Proof) { p.Leaf = strings.Replace(p.Leaf, "ann", "bob", 1) },
			"white space in it":   func(p *record.Proof) { p.Leaf = strings.Replace(p.Leaf, ",", ", ", 1) },
			"another place":       func(p *record.Proof) { p.Index++ },
			"a place before all":  func(p *record.Proof) { p.Index = -1 },
			"a place behind all":  func(p *record.Proof) { p.Index = 300 },
			"a shorter path":      func(p *record.Proof) { p.Hashes = p.Hashes[1:] },
			"no hash in the path": func(p *record.Proof) { p.Hashes = append([]string{"x"}, p.Hashes...) },
			"no checkpoint":       func(p *record.Proof) { p.Checkpoint = "" },
			"not a leaf":          func(p *record.Proof) { p.Leaf = "[]" },
		} {
			p := all[1]
			p.Hashes = append([]string(nil), p.Hashes...)
			alter(&p)
			if _, _, err := p.Verify(keys.Verifier); err == nil {
				t.Errorf("%s is taken", name)
			}
		}
		if _, _, err := all[1].Verify(other.Verifier); err == nil {
			t.Error("another installation's key is taken")
		}
	})
}

func TestAKeptCheckpointIsTheBeginningOfALaterOne(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		keys, l := sealed(t, d, 300)
		h := d.For(1, "auditor")
		newest := func() record.Checkpoint {
			t.Helper()
			_, _, signed, err := record.Latest(t.Context(), h)
			if err != nil {
				t.Fatal(err)
			}
			c, err := record.OpenCheckpoint(signed, keys.Verifier, 1)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		kept := newest()
		add(t, d, l, 1, 41)
		if _, err := record.NewSealer(l, keys.Signer, slog.New(slog.DiscardHandler)).Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		later := newest()
		c, err := record.ProveConsistency(t.Context(), h, kept.Size, later.Size)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Verify(kept, later); err != nil || kept.Size != 300 || later.Size != 341 {
			t.Errorf("%d, %d: %v", kept.Size, later.Size, err)
		}
		rewritten := kept
		rewritten.Root[0] ^= 1
		other := c
		other.Hashes = append([]string{"x"}, c.Hashes...)
		for name, err := range map[string]error{"a rewritten record": c.Verify(rewritten, later), "other sizes": c.Verify(later, kept), "no hashes": other.Verify(kept, later)} {
			if err == nil {
				t.Errorf("%s is taken", name)
			}
		}
		for _, x := range [][2]int64{{0, 10}, {11, 10}, {1, 342}, {-1, -1}} {
			if _, err := record.ProveConsistency(t.Context(), h, x[0], x[1]); !problem.Is(err, problem.Invalid) {
				t.Errorf("from %d to %d: %v", x[0], x[1], err)
			}
		}
	})
}

func FuzzAProof(f *testing.F) {
	keys, err := record.LoadKeys(f.TempDir(), "tocsin.test")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`["tocsin-record-v1",1,2,3,"a","b","c","d","",{},""]`, "x\n1\nAAAA\n", int64(0))
	f.Fuzz(func(t *testing.T, leaf, checkpoint string, index int64) {
		p := record.Proof{Leaf: leaf, Checkpoint: checkpoint, Index: index}
		if _, _, err := p.Verify(keys.Verifier); err == nil {
			t.Fatal("what nobody signed was taken")
		}
	})
}
