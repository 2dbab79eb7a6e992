package dashboards

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/internal/query"
)

// Every shipped panel parses, and what it names exists: a column, a field of the
// envelope, or one that a shipped mapping supplies.
func TestShippedDashboardsNameFieldsThatExist(t *testing.T) {
	var mappings strings.Builder
	must(t, fs.WalkDir(normalize.Shipped(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(normalize.Shipped(), path)
		mappings.Write(text)
		return err
	}))
	supplies := func(name string) bool {
		return regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).MatchString(mappings.String())
	}
	classes := map[string]bool{}
	for c := range event.Class(300_000) {
		if _, ok := event.ParseClass(c.String()); ok {
			classes[c.String()] = true
		}
	}
	shipped, err := loadShipped(noon)
	must(t, err)
	var ids []string
	for _, d := range shipped {
		ids = append(ids, d.ID)
		for _, p := range d.Panels {
			if p.Title == "" || p.Kind != Text && !strings.Contains(p.Query, "|") {
				t.Errorf("%s/%s has no title or no pipe", d.ID, p.ID)
			}
			q, err := p.question(noon, time.UTC)
			must(t, err)
			for _, f := range fieldsOf(q) {
				if f.Kind == query.Native && !f.Computed && !supplies(f.Name) {
					t.Errorf("%s/%s names %s, which nothing supplies", d.ID, p.ID, f.Name)
				}
			}
			eachTerm(q.Where, func(x query.Term) {
				if v, ok := x.Test.(query.Equal); ok && x.Field.Name == "class" && !classes[v.Value.Text] {
					t.Errorf("%s/%s names the class %s, which does not exist", d.ID, p.ID, v.Value.Text)
				}
			})
		}
		for i, a := range d.Panels {
			for _, b := range d.Panels[:i] {
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					t.Errorf("%s: %s covers %s", d.ID, a.ID, b.ID)
				}
			}
		}
	}
	if !slices.Equal(ids, []string{"overview", "logins", "windows", "network", "web"}) {
		t.Errorf("%v", ids)
	}
}

func eachTerm(x query.Expr, f func(query.Term)) {
	switch x := x.(type) {
	case query.And:
		for _, m := range x.Of {
			eachTerm(m, f)
		}
	case query.Or:
		for _, m := range x.Of {
			eachTerm(m, f)
		}
	case query.Not:
		eachTerm(x.Of, f)
	case query.Term:
		f(x)
	}
}

func fieldsOf(q query.Query) (out []query.Field) {
	term := func(x query.Term) { out = append(out, x.Field) }
	eachTerm(q.Where, term)
	for _, p := range q.Pipes {
		switch p := p.(type) {
		case query.Count:
			out = append(out, p.By...)
		case query.Top:
			out = append(out, p.Field)
		case query.Timechart:
			if p.Agg.Func != query.FuncCount {
				out = append(out, p.Agg.Field)
			}
			if p.By != nil {
				out = append(out, *p.By)
			}
		case query.Stats:
			out = append(out, p.By...)
			for _, a := range p.Aggs {
				if a.Func != query.FuncCount {
					out = append(out, a.Field)
				}
			}
		case query.Sort:
			for _, k := range p.By {
				out = append(out, k.Field)
			}
		case query.Fields:
			out = append(out, p.Of...)
		case query.Filter:
			eachTerm(p.Where, term)
		}
	}
	return out
}
