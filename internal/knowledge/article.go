package knowledge

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsin-project/tocsin/internal/problem"
)

// Text is what people write in an article.
type Text struct {
	Title    string `json:"title"`
	Type     string `json:"type"` // type of case, as classified; "" when it fits several
	Symptoms string `json:"symptoms"`
	Cause    string `json:"cause"`
	Solution string `json:"solution"`
}

// Draft is a new article.
type Draft struct {
	Text
	CaseID    string `json:"case_id"`    // the case it comes from; "" when none
	Rule      string `json:"rule"`       // id of the rule that found it; "" when none
	RuleTitle string `json:"rule_title"` // of that rule
	Exercise  string `json:"exercise"`   // id of the exercise of the case; "" when real
}

// Article is a solution that is kept.
type Article struct {
	ID string `json:"id"`
	Draft
	Author  string    `json:"author"` // of the present version
	Version int64     `json:"version"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
	Used    int64     `json:"used"` // cases that it helped to solve

	textRow int64
}

// Revision is one version of an article's text.
type Revision struct {
	Version int64     `json:"version"`
	Author  string    `json:"author"`
	At      time.Time `json:"at"`
	Text    Text      `json:"text"`
}

// Limits of an article, in bytes.
const (
	maxLine = 300
	maxBody = 20_000
)

// tidy trims the text and returns a problem that names each field at fault.
func (t *Text) tidy() error {
	var fields []problem.Field
	for _, f := range []struct {
		name     string
		s        *string
		limit    int
		required bool
	}{
		{"title", &t.Title, maxLine, true},
		{"type", &t.Type, maxLine, false},
		{"symptoms", &t.Symptoms, maxBody, false},
		{"cause", &t.Cause, maxBody, false},
		{"solution", &t.Solution, maxBody, true},
	} {
		*f.s = strings.TrimSpace(*f.s)
		switch {
		case *f.s == "" && f.required:
			fields = append(fields, problem.Field{Name: f.name, Detail: "This is needed."})
		case len(*f.s) > f.limit:
			fields = append(fields, problem.Field{Name: f.name, Detail: fmt.Sprintf("At most %d bytes; this has %d.", f.limit, len(*f.s))})
		case !utf8.ValidString(*f.s) || strings.ContainsRune(*f.s, 0):
			fields = append(fields, problem.Field{Name: f.name, Detail: "This is not plain text (UTF-8)."})
		}
	}
	if fields == nil {
		return nil
	}
	p := problem.New(problem.Invalid, "The article cannot be kept like this.")
	p.Fields = fields
	return p
}
