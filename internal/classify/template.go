package classify

import "strings"

// template is a sentence with {expression} parts.
type template []part

type part struct {
	text  string
	value *expression
}

// compileTemplate compiles the expressions within braces. The error counts its
// column from the start of the template.
func (s stage) compileTemplate(text string) (template, *Error) {
	var t template
	at := 0
	for {
		before, rest, found := strings.Cut(text[at:], "{")
		if before != "" {
			t = append(t, part{text: before})
		}
		if !found {
			return t, nil
		}
		at += len(before) + 1
		inner, _, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, &Error{Line: 1, Column: at, Reason: "a brace is opened and not closed"}
		}
		x, err := s.compile(inner)
		if err != nil {
			err.Line, err.Column = 1, at+max(err.Column, 1)
			return nil, err
		}
		t = append(t, part{value: &x})
		at += len(inner) + 1
	}
}

// render fills the sentence; what is not known reads "unknown".
func (t template) render(vars map[string]any) string {
	var b strings.Builder
	for _, p := range t {
		if p.value == nil {
			b.WriteString(p.text)
			continue
		}
		s := ""
		if v, _, err := p.value.program.Eval(vars); err == nil {
			s = show(v)
		}
		if s == "" {
			s = "unknown"
		}
		b.WriteString(s)
	}
	return b.String()
}
