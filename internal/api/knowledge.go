package api

import (
	"context"
	"strconv"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/knowledge"
	"github.com/tocsin-project/tocsin/internal/problem"
)

type articleView struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Type     string    `json:"type"`
	Symptoms string    `json:"symptoms"`
	Cause    string    `json:"cause"`
	Solution string    `json:"solution"`
	Case     *CaseRef  `json:"case"`
	Author   PersonRef `json:"author"`
	Created  string    `json:"created"`
	Updated  string    `json:"updated"`
	Version  int64     `json:"version"`
	Used     int64     `json:"used"`
}

func (s *Server) viewArticle(ctx context.Context, q db.Querier, a knowledge.Article, n names) (articleView, error) {
	v := articleView{a.ID, a.Title, a.Type, a.Symptoms, a.Cause, a.Solution, nil, n.ref(a.Author), shown(a.Created), shown(a.Updated), a.Version, a.Used}
	if a.CaseID != "" {
		c, err := cases.Get(ctx, q, a.CaseID)
		if err != nil && !problem.Is(err, problem.NotFound) {
			return v, err
		}
		if err == nil {
			v.Case = &CaseRef{c.ID, c.Label()}
		}
	}
	return v, nil
}

func (s *Server) knowledge(r *Router) {
	type search struct {
		Paging
		Q    string `query:"q" maxLength:"400"`
		Type string `query:"type" maxLength:"100"`
	}
	handle(r, "GET", "/api/v1/articles", auth.KnowledgeRead, "Solutions: newest first, or by words", func(ctx context.Context, in *search) (*body[list[articleView]], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		at, err := openCursor(in.Cursor, 2)
		if err != nil {
			return nil, err
		}
		var found []knowledge.Article
		var next *knowledge.Place
		if in.Q != "" {
			found, err = s.Knowledge.Search(ctx, h, in.Q, "", min(in.Limit, 200))
		} else {
			f := knowledge.Filter{Type: in.Type, Limit: min(in.Limit, 200)}
			if in.Cursor != "" {
				f.After = &knowledge.Place{Updated: db.Time(atoi(at[0])), ID: at[1]}
			}
			found, next, err = s.Knowledge.List(ctx, h, f)
		}
		if err != nil {
			return nil, err
		}
		page := list[articleView]{Items: []articleView{}}
		for _, a := range found {
			v, err := s.viewArticle(ctx, h, a, n)
			if err != nil {
				return nil, err
			}
			page.Items = append(page.Items, v)
		}
		if next != nil {
			page.Next = cursor(strconv.FormatInt(db.Micros(next.Updated), 10), next.ID)
		}
		return answer(page, nil)
	})
	handle(r, "GET", "/api/v1/articles/{id}", auth.KnowledgeRead, "One article", func(ctx context.Context, in *ByID) (*body[articleView], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		a, err := s.Knowledge.Get(ctx, h, in.ID)
		if err != nil {
			return nil, err
		}
		return answer(s.viewArticle(ctx, h, a, n))
	})
	type update struct {
		ByID
		IfMatchVersion
		Body struct {
			Title    string `json:"title" maxLength:"300"`
			Type     string `json:"type,omitempty" maxLength:"100"`
			Symptoms string `json:"symptoms,omitempty" maxLength:"20000"`
			Cause    string `json:"cause,omitempty" maxLength:"20000"`
			Solution string `json:"solution" maxLength:"20000"`
		}
	}
	handle(r, "PUT", "/api/v1/articles/{id}", auth.KnowledgeWrite, "Change an article", func(ctx context.Context, in *update) (*body[articleView], error) {
		_, h := s.scope(ctx)
		v, err := in.version()
		if err != nil {
			return nil, err
		}
		var out articleView
		err = h.Tx(ctx, func(tx *db.Tx) error {
			b := in.Body
			a, err := s.Knowledge.Update(ctx, tx, in.ID, v, knowledge.Text{Title: b.Title, Type: b.Type, Symptoms: b.Symptoms, Cause: b.Cause, Solution: b.Solution})
			if err != nil {
				return err
			}
			n, err := s.names(ctx, tx)
			if err != nil {
				return err
			}
			out, err = s.viewArticle(ctx, tx, a, n)
			return err
		})
		return answer(out, err)
	})
}

// similar adds solved cases that resemble this one, with the reasons.
func (s *Server) similar(ctx context.Context, h db.Querier, c *cases.Case, d *caseDetail) error {
	sub := knowledge.Subject{CaseID: c.ID, Title: c.Title, Summary: c.Detail.Summary, Type: c.Type, Rule: c.Detail.Rule, RuleTitle: c.Detail.Facts.Rule.Title, Exercise: c.Exercise}
	for _, e := range d.Entities {
		sub.Entities = append(sub.Entities, knowledge.Entity{Kind: e.Kind, Value: e.Value})
	}
	found, err := s.Knowledge.Similar(ctx, h, sub)
	if err != nil {
		return err
	}
	for _, m := range found {
		v := similarView{m.Kind, m.ID, "", m.Title, m.Solution, m.Score, m.Reasons}
		if m.CaseID != "" {
			if other, err := cases.Get(ctx, h, m.CaseID); err == nil {
				v.Number = other.Label()
			}
		}
		d.Similar = append(d.Similar, v)
	}
	return nil
}
