package knowledge

import (
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

func (s *shelf) similar(subject Subject) []Match {
	s.t.Helper()
	found, err := s.Similar(s.t.Context(), s.h, subject)
	if err != nil {
		s.t.Fatal(err)
	}
	for i, m := range found {
		if m.Score <= 0 || m.Score > 1 || i > 0 && m.Score > found[i-1].Score || m.Kind != "article" || len(m.Reasons) == 0 {
			s.t.Errorf("match %d of %d: %+v", i, len(found), m)
		}
	}
	return found
}

// lines shows matches as "title: reason; reason".
func lines(found []Match) string {
	var out []string
	for _, m := range found {
		out = append(out, m.Title+": "+strings.Join(m.Reasons, "; "))
	}
	return strings.Join(out, "\n")
}

func TestSimilar(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.add(Draft{CaseID: "c1", Rule: "r-login", RuleTitle: "Repeated failed logins", Text: Text{
			Title: "Password guessing from a hosting provider", Type: "intrusion-attempts/login-attempts", Solution: "Blocked the network"}})
		s.add(Draft{CaseID: "c2", Rule: "r-login", RuleTitle: "Repeated failed logins", Text: Text{
			Title: "Old password in a scheduled job", Type: "intrusion-attempts/login-attempts", Symptoms: "Failed logins of backup on db-1 every night", Solution: "Changed the job"}})
		s.add(Draft{CaseID: "c3", Rule: "r-disk", Text: Text{Title: "Disk of db-1 failing", Type: "equipment-failure", Solution: "Replaced the disk"}})
		s.add(Draft{CaseID: "c4", Text: Text{Title: "Printer out of paper", Type: "service-outage", Solution: "Paper"}})
		s.add(Draft{CaseID: "c5", Exercise: "ex-1", Rule: "r-login", Text: Text{Title: "Drill about logins", Type: "intrusion-attempts/login-attempts"}})
		s.add(Draft{CaseID: "now", Rule: "r-login", Text: Text{Title: "Article of the case itself", Type: "intrusion-attempts/login-attempts"}})
		s.as(2).add(Draft{CaseID: "c1", Rule: "r-login", Text: Text{Title: "Somebody else's", Type: "intrusion-attempts/login-attempts"}})
		s.entity("c2", "host", "db-1")
		s.entity("c3", "host", "db-1")
		s.entity("c2", "user", "backup")
		s.entity("c5", "host", "db-1")
		s.as(2).entity("c1", "host", "db-1")

		subject := Subject{
			CaseID: "now", Title: "Repeated failed logins on db-1", Summary: "Failed logins of backup", Type: "intrusion-attempts/login-attempts",
			Rule: "r-login", RuleTitle: "Repeated failed logins", Entities: []Entity{{"host", "db-1"}, {"user", "backup"}},
		}
		found := s.similar(subject)
		want := `Old password in a scheduled job: same rule: Repeated failed logins; words in common: repeated, failed, logins, backup; same user backup; same type: intrusion-attempts/login-attempts; same host db-1
Password guessing from a hosting provider: same rule: Repeated failed logins; words in common: repeated, failed, logins; same type: intrusion-attempts/login-attempts
Disk of db-1 failing: same host db-1`
		got := lines(found)
		if !strings.HasPrefix(got, strings.Split(want, "\n")[0]+"\n"+strings.Split(want, "\n")[1]) {
			t.Errorf("similar:\n%s\nexpected:\n%s", got, want)
		}
		for _, never := range []string{"Drill", "itself", "Somebody", "Printer"} {
			if strings.Contains(got, never) {
				t.Errorf("%s is offered:\n%s", never, got)
			}
		}
		if found[0].CaseID != "c2" || found[0].Solution != "Changed the job" {
			t.Errorf("first %+v", found[0])
		}

		// An exercise sees what is real and what is its own.
		subject.Exercise = "ex-1"
		if got := lines(s.similar(subject)); !strings.Contains(got, "Drill about logins") || !strings.Contains(got, "Old password") {
			t.Errorf("in the exercise:\n%s", got)
		}
		subject.Exercise = "ex-2"
		if got := lines(s.similar(subject)); strings.Contains(got, "Drill") {
			t.Errorf("in another exercise:\n%s", got)
		}

		// Words alone find it, too; nothing at all finds nothing.
		if got := s.similar(Subject{Title: "Disk is failing"}); len(got) != 1 || got[0].Reasons[0] != "words in common: disk, failing" {
			t.Errorf("by words: %+v", got)
		}
		for _, nothing := range []Subject{{}, {Title: "the of and"}, {Rule: "r-none", Type: "none", Entities: []Entity{{"host", "none"}}}, {Title: `"'*&|!():-`}} {
			if got := s.similar(nothing); len(got) > 0 {
				t.Errorf("%+v: %+v", nothing, got)
			}
		}
	})
}

// An entity that many share says less than one that two share.
func TestCommonEntitiesSayLess(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		for i := range 30 {
			id := fmt.Sprint("c", i)
			s.add(Draft{CaseID: id, Text: Text{Title: fmt.Sprint("Case ", i)}})
			s.entity(id, "ip", "10.0.0.1")
		}
		s.entity("c0", "hash", "abc")
		found := s.similar(Subject{Entities: []Entity{{"ip", "10.0.0.1"}, {"hash", "abc"}}})
		if len(found) != 1 || found[0].CaseID != "c0" {
			t.Errorf("found:\n%s", lines(found))
		}
	})
}

// However much there is, work and answer stay bounded, and what the words find
// is not crowded out by what only shares a type.
func TestSimilarIsBounded(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.add(Draft{Text: Text{Title: "Quarantined attachment resurfaced"}})
		for i := range 60 {
			s.add(Draft{CaseID: fmt.Sprint("c", i), Rule: "r", Text: Text{Title: fmt.Sprint("Something ", i), Type: "t"}})
		}
		var many []Entity
		for i := range 500 {
			many = append(many, Entity{"host", fmt.Sprint("h", i)})
		}
		found := s.similar(Subject{Title: "Attachment resurfaced " + strings.Repeat("word ", 5000), Rule: "r", Type: "t", Entities: many})
		if len(found) != maxMatches {
			t.Errorf("%d matches", len(found))
		}
		found = s.similar(Subject{Title: "Attachment resurfaced, quarantined", Type: "t"})
		if len(found) == 0 || found[0].Title != "Quarantined attachment resurfaced" {
			t.Errorf("found:\n%s", lines(found))
		}
	})
}

func TestStopWordsAreSorted(t *testing.T) {
	if !slices.IsSorted(stopWords) {
		t.Error("a search among stop words would miss some")
	}
}

func TestStemsMeet(t *testing.T) {
	for _, group := range [][]string{{"fail", "failed", "failing", "fails"}, {"login", "logins"}, {"service", "services"}, {"cause", "caused", "causes", "causing"}, {"battery", "batteries"},
		{"stop", "stopped", "stopping", "stops"}, {"process", "processes"}, {"string", "strings"}, {"install", "installed"}} {
		var stems []string
		for _, w := range group {
			stems = append(stems, stem(w))
		}
		if len(slices.Compact(stems)) != 1 {
			t.Errorf("%q become %q", group, stems)
		}
	}
}

func BenchmarkSimilar(b *testing.B) {
	s := benchShelf(b)
	subject := Subject{
		Title: "Repeated failed logins on db-7", Summary: "Failed logins of backup from 10.0.0.7, word77 word123", Type: "t3", Rule: "r7",
		Entities: []Entity{{"host", "h7"}, {"user", "u7"}, {"ip", "10.0.0.7"}},
	}
	for b.Loop() {
		if found, err := s.Similar(b.Context(), s.h, subject); err != nil || len(found) == 0 {
			b.Fatal(found, err)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	s := benchShelf(b)
	for b.Loop() {
		if found, err := s.Search(b.Context(), s.h, "failed word77 word19", "", 20); err != nil || len(found) == 0 {
			b.Fatal(found, err)
		}
	}
}

// benchShelf holds 10,000 articles of 100 words each.
func benchShelf(b *testing.B) *shelf {
	d, err := db.Open(b.Context(), filepath.Join(b.TempDir(), "b.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	if _, err := d.Migrate(b.Context(), time.Now); err != nil {
		b.Fatal(err)
	}
	s := &shelf{New(record.New(d, time.Now), time.Now), nil, d.For(tenant.Default, "ann")}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 20 {
		err := s.h.Tx(b.Context(), func(tx *db.Tx) error {
			for j := range 500 {
				n := i*500 + j
				var words strings.Builder
				for range 100 {
					fmt.Fprintf(&words, "word%d ", 1+int(math.Pow(5000, r.Float64()))) // few are common, most are rare
				}
				id := fmt.Sprint("c", n)
				dr := Draft{CaseID: id, Rule: fmt.Sprint("r", n%50), Text: Text{Title: []string{"Failed logins ", "Disk full ", "Odd traffic ", "Backup late "}[n%4] + id, Type: fmt.Sprint("t", n%10), Symptoms: words.String(), Solution: "x"}}
				if _, err := s.Create(b.Context(), tx, dr); err != nil {
					return err
				}
				if _, err := tx.Exec(b.Context(), "INSERT INTO case_entity (tenant, case_id, kind, value, role, added) VALUES (:tenant, ?, 'host', ?, '', 0)", id, fmt.Sprint("h", n%20)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return s
}
