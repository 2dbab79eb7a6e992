package record_test

import (
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
