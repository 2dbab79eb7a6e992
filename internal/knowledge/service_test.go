package knowledge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// shelf is a service on a store, with a clock that moves a second at a time.
type shelf struct {
	*Service
	t *testing.T
	h *db.Handle
}

func newShelf(t *testing.T, d *db.DB) *shelf {
	clock := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	now := func() time.Time { clock = clock.Add(time.Second); return clock }
	return &shelf{New(record.New(d, now), now), t, d.For(tenant.Default, "ann")}
}

// as is the same service for another tenant.
func (s *shelf) as(id tenant.ID) *shelf { return &shelf{s.Service, s.t, s.h.DB().For(id, "zoe")} }

func (s *shelf) tx(fn func(context.Context, *db.Tx) error) error {
	return s.h.Tx(s.t.Context(), func(tx *db.Tx) error { return fn(s.t.Context(), tx) })
}

func (s *shelf) add(d Draft) (a Article) {
	s.t.Helper()
	if d.Solution == "" {
		d.Solution = "Solved."
	}
	err := s.tx(func(ctx context.Context, tx *db.Tx) (err error) { a, err = s.Create(ctx, tx, d); return err })
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *shelf) entity(caseID, kind, value string) {
	s.t.Helper()
	err := s.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO case_entity (tenant, case_id, kind, value, role, added) VALUES (:tenant, ?, ?, ?, '', 0)", caseID, kind, value)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) search(words string) []string {
	s.t.Helper()
	found, err := s.Search(s.t.Context(), s.h, words, "", 0)
	if err != nil {
		s.t.Errorf("search %q: %v", words, err)
	}
	return titles(found)
}

func (s *shelf) records() []string {
	s.t.Helper()
	rows, err := record.List(s.t.Context(), s.h, record.Filter{KindPrefix: "article.", Limit: 100})
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s %s %s", r.Kind, r.Actor, r.SubjectID))
	}
	return out
}

func titles(found []Article) []string {
	out := []string{}
	for _, a := range found {
		out = append(out, a.Title)
	}
	return out
}

func title(s string) Draft { return Draft{Text: Text{Title: s}} }

func TestArticleLife(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		draft := Draft{CaseID: "case-1", Rule: "rule-1", RuleTitle: "Disk failing", Text: Text{
			Title: " Disk failing on db-1 ", Type: "equipment-failure", Symptoms: "Unreadable sectors", Cause: "Age", Solution: "Replace the disk"}}
		a := s.add(draft)
		if a.Title != "Disk failing on db-1" || a.Version != 1 || a.Author != "ann" {
			t.Errorf("created %+v", a)
		}
		if got, err := s.Get(t.Context(), s.h, a.ID); err != nil || got != a {
			t.Errorf("read %+v, %v; expected %+v", got, err, a)
		}

		text := a.Text
		text.Solution = "Replace the disk, then rebuild the array"
		update := func(version int64) (u Article, err error) {
			err = s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
				u, err = s.Update(ctx, tx, a.ID, version, text)
				return err
			})
			return u, err
		}
		b, err := update(1)
		if err != nil || b.Version != 2 || !b.Updated.After(a.Updated) || b.Created != a.Created || b.CaseID != "case-1" {
			t.Errorf("updated %+v, %v", b, err)
		}
		if _, err := update(1); !problem.Is(err, problem.Stale) {
			t.Errorf("a second change of version 1: %v", err)
		}
		if got := s.search("rebuild array"); len(got) != 1 {
			t.Errorf("the new text is found by %v", got)
		}

		if err := s.tx(func(ctx context.Context, tx *db.Tx) error { return s.Used(ctx, tx, a.ID, "case-2") }); err != nil {
			t.Error(err)
		}
		if got, _ := s.Get(t.Context(), s.h, a.ID); got.Used != 1 || got.Version != 2 {
			t.Errorf("after use: %+v", got)
		}
		want := []string{"article.created ann " + a.ID, "article.updated ann " + a.ID, "article.used ann " + a.ID}
		if got := s.records(); !slices.Equal(got, want) {
			t.Errorf("record %q, expected %q", got, want)
		}

		h, err := s.History(t.Context(), s.h, a.ID)
		if err != nil || len(h) != 2 || h[0].Version != 2 || h[0].Text != text || h[1].Text != a.Text {
			t.Errorf("history %+v, %v", h, err)
		}
	})
}

func TestArticleThatIsNotThere(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		ok := Text{Title: "x", Solution: "y"}
		_, get := s.Get(t.Context(), s.h, "none")
		_, history := s.History(t.Context(), s.h, "none")
		for name, err := range map[string]error{
			"get": get, "history": history,
			"update": s.tx(func(ctx context.Context, tx *db.Tx) error { _, err := s.Update(ctx, tx, "none", 1, ok); return err }),
			"used":   s.tx(func(ctx context.Context, tx *db.Tx) error { return s.Used(ctx, tx, "none", "") }),
		} {
			if !problem.Is(err, problem.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestArticleThatCannotBeKept(t *testing.T) {
	s := newShelf(t, dbtest.SQLite(t))
	for _, c := range []struct {
		text   Text
		fields []string
	}{
		{Text{}, []string{"title", "solution"}},
		{Text{Title: "  ", Solution: "x"}, []string{"title"}},
		{Text{Title: strings.Repeat("x", maxLine+1), Solution: "x"}, []string{"title"}},
		{Text{Title: "x", Solution: strings.Repeat("x", maxBody+1)}, []string{"solution"}},
		{Text{Title: "x\x00", Cause: "\xff", Solution: "x"}, []string{"title", "cause"}},
	} {
		err := s.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := s.Create(ctx, tx, Draft{Text: c.text})
			return err
		})
		p, ok := err.(*problem.Error)
		if !ok || p.Kind != problem.Invalid {
			t.Errorf("%.40q: %v", c.text, err)
			continue
		}
		var names []string
		for _, f := range p.Fields {
			names = append(names, f.Name)
		}
		if !slices.Equal(names, c.fields) {
			t.Errorf("%.40q: fields %q, expected %q", c.text, names, c.fields)
		}
	}
	if got := s.records(); len(got) > 0 {
		t.Errorf("record %q", got)
	}
}

func TestListInPages(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		for i := range 7 {
			dr := title(fmt.Sprint("article ", i))
			dr.Type, dr.CaseID = []string{"fraud/phishing", "failed-backup"}[i%2], fmt.Sprint("case ", i)
			s.add(dr)
		}
		s.add(Draft{Text: Text{Title: "drill"}, Exercise: "ex-1"})
		s.as(2).add(title("somebody else's"))

		var all []string
		for at, pages := (*Place)(nil), 0; ; pages++ {
			page, next, err := s.List(t.Context(), s.h, Filter{After: at, Limit: 3})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, titles(page)...)
			if at = next; at == nil {
				if pages != 2 {
					t.Errorf("%d full pages", pages)
				}
				break
			}
		}
		if got := strings.Join(all, ","); got != "article 6,article 5,article 4,article 3,article 2,article 1,article 0" {
			t.Errorf("list %q", got)
		}
		for _, c := range []struct {
			f Filter
			n int
		}{{Filter{Type: "failed-backup"}, 3}, {Filter{CaseID: "case 2"}, 1}, {Filter{Exercise: "ex-1"}, 1}, {Filter{Exercise: "ex-2"}, 0}} {
			if found, _, err := s.List(t.Context(), s.h, c.f); err != nil || len(found) != c.n {
				t.Errorf("%+v: %q, %v", c.f, titles(found), err)
			}
		}
	})
}
