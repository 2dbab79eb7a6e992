package hunt

import (
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/sigma"
)

// Query writes a rule's condition in the search language. notes say where the
// query finds more than the rule. The rule's log source is not part of it.
func Query(r *sigma.Rule) (text string, notes []string, err error) {
	p := &queryPrinter{notes: map[string]bool{}}
	text = p.print(r.Expression(), false)
	if p.err != nil {
		return "", nil, p.err
	}
	if _, err := query.Parse(text, time.Now()); err != nil {
		return "", nil, fmt.Errorf("the query would be refused: %w", err)
	}
	for _, n := range []string{"case is not looked at"} {
		if p.notes[n] {
			notes = append(notes, n)
		}
	}
	return text, notes, nil
}

type queryPrinter struct {
	notes map[string]bool
	err   error
}

func (p *queryPrinter) print(e sigma.Expression, inside bool) string {
	switch e.Op {
	case sigma.Not:
		return "not " + p.print(e.Kids[0], true)
	case sigma.And, sigma.Or:
		with := " and "
		if e.Op == sigma.Or {
			with = " or "
		}
		parts := make([]string, len(e.Kids))
		for i, k := range e.Kids {
			parts[i] = p.print(k, true)
		}
		out := strings.Join(parts, with)
		if inside && len(parts) > 1 {
			out = "(" + out + ")"
		}
		return out
	}
	return p.test(e)
}

func (p *queryPrinter) test(e sigma.Expression) string {
	name := quoted(e.Field)
	if e.Cased && e.Test == sigma.TestText {
		p.notes["case is not looked at"] = true
	}
	switch e.Test {
	case sigma.TestText:
		if e.Field == "" {
			return "*" + pattern(inside(e.Value)) + "*"
		}
		return name + ":" + pattern(e.Value)
	case sigma.TestNumber:
		return name + ":" + quoted(e.Value)
	case sigma.TestRegex:
		return name + ":/" + strings.NewReplacer("/", `\/`, " ", `\x20`).Replace(e.Value) + "/"
	case sigma.TestCIDR:
		return name + ":" + e.Value
	case sigma.TestCompare:
		op, number, _ := strings.Cut(e.Value, " ")
		sign := map[string]string{"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}[op]
		return name + ":" + sign + number
	case sigma.TestExists:
		return name + ":*"
	case sigma.TestNull:
		return "not " + name + ":*"
	}
	p.fail("the search language has no test like %s %s", e.Test, e.Value)
	return ""
}

// inside takes the wildcards off a keyword, which may stand anywhere.
func inside(s string) string {
	s = strings.TrimLeft(s, "*")
	for strings.HasSuffix(s, "*") && !strings.HasSuffix(s, `\*`) {
		s = s[:len(s)-1]
	}
	return s
}

func (p *queryPrinter) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// pattern writes a Sigma pattern: wildcards stay, all else that means
// something in a query is escaped.
func pattern(s string) string {
	var b strings.Builder
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			b.WriteRune('\\')
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '*' || r == '?':
			b.WriteRune(r)
		default:
			b.WriteString(escape(r))
		}
	}
	if b.Len() == 0 {
		return `""`
	}
	return b.String()
}

func quoted(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(escape(r))
	}
	return b.String()
}

// escape takes away what a character means in a query. A dash means something
// only before a term, where names and patterns of rules never start one.
func escape(r rune) string {
	if r == '-' || !query.Special(r) {
		return string(r)
	}
	return `\` + string(r)
}
