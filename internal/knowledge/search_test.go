package knowledge

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
)

func TestSearch(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.add(Draft{RuleTitle: "Disk failing", Text: Text{Title: "Failing disk in db-1", Symptoms: "smartd reports unreadable sectors", Cause: "Age", Solution: "Replaced the disk, rebuilt the array"}})
		s.add(Draft{Text: Text{Title: "Backup stopped", Symptoms: "restic cannot reach 10.0.0.5", Cause: "Full disk", Solution: "Freed space"}})
		s.add(Draft{Text: Text{Title: "Log4Shell", Symptoms: "CVE-2021-44228 tried", Solution: "Update; don't wait"}})
		s.add(Draft{Text: Text{Title: "Größe überschritten", Solution: "Kontingent erhöht"}})
		s.add(Draft{Exercise: "ex-1", Text: Text{Title: "Drill: failing disk"}})
		s.as(2).add(title("Failing disk of somebody else"))

		disk, backup, log, size := "Failing disk in db-1", "Backup stopped", "Log4Shell", "Größe überschritten"
		for _, c := range []struct {
			words string
			found []string
		}{
			{"disk", []string{disk, backup}}, // the title weighs more
			{"DISKS", []string{disk, backup}},
			{"stop", []string{backup}},
			{"replacing", []string{disk}},
			{"failed disk", []string{disk}},
			{"disk array ", []string{disk}},
			{"array missing", nil},
			{"unreada", []string{disk}},
			{"unreada sectors", nil}, // only the last word may go on
			{"unreada ", nil},
			{"db-1", []string{disk}},
			{"1-db", nil},
			{"di", nil}, // too short to go on
			{"dis", []string{disk, backup}},
			{"10.0.0.5", []string{backup}},
			{"10.0.0", []string{backup}},
			{"5.0.0.10", nil},
			{"cve-2021-44228", []string{log}},
			{"CVE-2021", []string{log}},
			{"größe", []string{size}},
			{"the disk in the array", []string{disk}},
			{"don't", []string{log}},
			{"", nil}, {"   ", nil}, {"--- ***", nil},
			// Nothing that is typed is syntax.
			{`"disk`, []string{disk, backup}}, {`disk"`, []string{disk, backup}}, {"disk'", []string{disk, backup}}, {"disk*", []string{disk, backup}},
			{"title:disk", nil}, {"-disk", []string{disk, backup}}, {"(disk", []string{disk, backup}}, {"disk OR backup", []string{backup}}, {"disk AND", []string{disk, backup}},
			{"NEAR(disk array)", nil}, {"disk & array", []string{disk}}, {"disk | nothing", nil}, {"!disk", []string{disk, backup}}, {"disk:*", []string{disk, backup}},
			{`'; DROP TABLE article; --`, nil}, {`\disk\`, []string{disk, backup}}, {"disk \x00 array", []string{disk}}, {"\xff\xfe", nil},
			{strings.Repeat("disk ", 1000), []string{disk, backup}}, {strings.Repeat("x", 1<<20), nil},
		} {
			if got := s.search(c.words); !slices.Equal(got, c.found) && len(got)+len(c.found) > 0 {
				t.Errorf("%.60q finds %q, expected %q", c.words, got, c.found)
			}
		}
		if found, err := s.Search(t.Context(), s.h, "disk", "ex-1", 0); err != nil || !slices.Equal(titles(found), []string{"Drill: failing disk"}) {
			t.Errorf("in the exercise: %q, %v", titles(found), err)
		}
		if got := s.as(2).search("disk"); !slices.Equal(got, []string{"Failing disk of somebody else"}) {
			t.Errorf("tenant 2 finds %q", got)
		}
		if found, err := s.Search(t.Context(), s.h, "disk", "", 1); err != nil || len(found) != 1 {
			t.Errorf("limit 1: %q, %v", titles(found), err)
		}
	})
}

// What is typed never becomes anything but quoted words.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{"disk", `"a" OR b*`, "'a' & b:*", "a\x00b", "ß·ß", "ʼ ˈx", "१२ ½ ²"} {
		f.Add(s)
	}
	shape := map[db.Engine]*regexp.Regexp{
		db.SQLite:   regexp.MustCompile(`^\("[\pL\pM\p{Nd}]+( [\pL\pM\p{Nd}]+)*"( \*)?( OR "[\pL\pM\p{Nd}]+")?\)$`),
		db.Postgres: regexp.MustCompile(`^\('[\pL\pM\p{Nd}]+'( <-> '[\pL\pM\p{Nd}]+')*(:\*)?( \| '[\pL\pM\p{Nd}]+')?\)$`),
	}
	f.Fuzz(func(t *testing.T, typed string) {
		terms := parseSearch(typed)
		if len(terms) > maxTerms {
			t.Errorf("%d terms", len(terms))
		}
		for _, term := range terms {
			for e, want := range shape {
				if got := textTerm(e, term); !want.MatchString(got) {
					t.Errorf("%s: %q becomes %q", e, typed, got)
				}
			}
		}
	})
}
