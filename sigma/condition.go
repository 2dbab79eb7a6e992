package sigma

import (
	"fmt"
	"strings"
)

// expr is a node of a rule's condition, down to the detection items.
type expr interface{ match(Event) bool }

type (
	and []expr
	or  []expr
	not struct{ expr }
)

func (a and) match(ev Event) bool {
	for _, e := range a {
		if !e.match(ev) {
			return false
		}
	}
	return true
}

func (o or) match(ev Event) bool {
	for _, e := range o {
		if e.match(ev) {
			return true
		}
	}
	return false
}

func (n not) match(ev Event) bool { return !n.expr.match(ev) }

func (s *selection) match(ev Event) bool { return s.expr.match(ev) }

// maxCondition bounds a condition's length, and with it the parser's recursion.
const maxCondition = 4096

// parseCondition reads a condition. Binding, weakest first: or, and, not,
// "x of pattern", parentheses (Sigma 2.1, "Condition").
func parseCondition(text string, selections []*selection) (expr, error) {
	if len(text) > maxCondition {
		return nil, fmt.Errorf("over %d characters", maxCondition)
	}
	words, err := lexCondition(text)
	if err != nil {
		return nil, err
	}
	p := &conditionParser{words: words, selections: selections}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if w := p.peek(); w != "" {
		return nil, fmt.Errorf("unexpected %q", w)
	}
	return e, nil
}

func lexCondition(text string) ([]string, error) {
	var words []string
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '(' || c == ')':
			words = append(words, text[i:i+1])
			i++
		case c == '|':
			return nil, fmt.Errorf("aggregations after '|' are no longer Sigma; write a correlation")
		case isIdentifier(c):
			start := i
			for i < len(text) && isIdentifier(text[i]) {
				i++
			}
			words = append(words, text[start:i])
		default:
			return nil, fmt.Errorf("unexpected character %q", text[i:i+1])
		}
	}
	return words, nil
}

func isIdentifier(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '_' || c == '-' || c == '*' || c == '.' || c >= 0x80
}

type conditionParser struct {
	words      []string
	selections []*selection
}

func (p *conditionParser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

func (p *conditionParser) take() string {
	w := p.peek()
	if w != "" {
		p.words = p.words[1:]
	}
	return w
}

// word reports whether the next word is the operator, and takes it.
func (p *conditionParser) word(op string) bool {
	if strings.EqualFold(p.peek(), op) {
		p.take()
		return true
	}
	return false
}

func (p *conditionParser) or() (expr, error) {
	first, err := p.and()
	if err != nil {
		return nil, err
	}
	list := or{first}
	for p.word("or") {
		e, err := p.and()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	if len(list) == 1 {
		return first, nil
	}
	return list, nil
}

func (p *conditionParser) and() (expr, error) {
	first, err := p.not()
	if err != nil {
		return nil, err
	}
	list := and{first}
	for p.word("and") {
		e, err := p.not()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	if len(list) == 1 {
		return first, nil
	}
	return list, nil
}

func (p *conditionParser) not() (expr, error) {
	if p.word("not") {
		e, err := p.not()
		if err != nil {
			return nil, err
		}
		return not{e}, nil
	}
	return p.primary()
}

func (p *conditionParser) primary() (expr, error) {
	w := p.take()
	switch lower := strings.ToLower(w); {
	case w == "":
		return nil, fmt.Errorf("ends where a selection is expected")
	case w == "(":
		e, err := p.or()
		if err != nil {
			return nil, err
		}
		if p.take() != ")" {
			return nil, fmt.Errorf("a parenthesis is not closed")
		}
		return e, nil
	case strings.EqualFold(p.peek(), "of"):
		if lower != "1" && lower != "any" && lower != "all" {
			return nil, fmt.Errorf("%q of: only 1, any and all are allowed", w)
		}
		p.take()
		return p.quantified(lower == "all", p.take())
	case w == ")" || lower == "and" || lower == "or" || lower == "of":
		return nil, fmt.Errorf("unexpected %q", w)
	}
	for _, s := range p.selections {
		if s.name == w {
			return s, nil
		}
	}
	return nil, fmt.Errorf("there is no selection %q", w)
}

// quantified reads "1 of them", "all of name*". Selections whose name starts
// with _ are left out unless the pattern does too.
func (p *conditionParser) quantified(all bool, name string) (expr, error) {
	if name == "" || name == "(" || name == ")" {
		return nil, fmt.Errorf("'of' needs them or a name")
	}
	if strings.EqualFold(name, "them") {
		name = "*"
	}
	pattern := compilePattern(parseString(name), true)
	var found []expr
	for _, s := range p.selections {
		if pattern.match(s.name) && (s.name[:min(1, len(s.name))] != "_" || name[0] == '_') {
			found = append(found, s)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no selection is named like %q", name)
	}
	if all {
		return and(found), nil
	}
	return or(found), nil
}
