package query

import (
	"strings"
	"time"
)

// parser reads one text. The pipes before where it is say what names stand for.
type parser struct {
	text  string
	pos   int
	depth int
	terms int
	now   time.Time
	loc   *time.Location

	columns []Field // of the table that earlier pipes made; nil before the first
	open    bool    // the table can have more columns than these
	fixed   bool    // earlier pipes chose rows, so that events are no longer at hand
	filter  bool    // inside of a where that sees rows, not events
}

// condition reads up to the end or the next pipe.
func (p *parser) condition() (Expr, error) {
	if p.space(); p.end() || p.peek() == '|' {
		return All{}, nil
	}
	x, err := p.or(nil)
	if err != nil {
		return nil, err
	}
	if p.space(); !p.end() && p.peek() != '|' {
		return nil, p.fail(p.pos, 1, `this ")" closes nothing; remove it or put a "(" before`)
	}
	return x, nil
}

// or, and and not are the levels of precedence. field is the one that a group
// field:( ) applies to the values within, nil outside of a group.
func (p *parser) or(field *Field) (Expr, error) {
	var of []Expr
	for {
		x, err := p.and(field)
		if err != nil {
			return nil, err
		}
		if o, ok := x.(Or); ok {
			of = append(of, o.Of...)
		} else {
			of = append(of, x)
		}
		if !p.keyword("or") {
			if len(of) == 1 {
				return of[0], nil
			}
			return Or{of}, nil
		}
	}
}

func (p *parser) and(field *Field) (Expr, error) {
	var of []Expr
	for {
		x, err := p.not(field)
		if err != nil {
			return nil, err
		}
		if a, ok := x.(And); ok {
			of = append(of, a.Of...)
		} else {
			of = append(of, x)
		}
		if p.keyword("and") {
			continue
		}
		if p.space(); p.end() || p.text[p.pos] == ')' || p.text[p.pos] == '|' || p.isKeyword("or") {
			if len(of) == 1 {
				return of[0], nil
			}
			return And{of}, nil
		}
	}
}

func (p *parser) not(field *Field) (Expr, error) {
	p.space()
	start := p.pos
	negated := p.keyword("not")
	if !negated && field == nil && p.peek() == '-' && p.pos+1 < len(p.text) && !isSpace(p.text[p.pos+1]) {
		p.pos++
		negated = true
	}
	if !negated {
		return p.primary(field)
	}
	if err := p.deeper(start); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	x, err := p.not(field)
	if err != nil {
		return nil, err
	}
	return Not{x}, nil
}

func (p *parser) primary(field *Field) (Expr, error) {
	p.space()
	start := p.pos
	switch c := p.peek(); {
	case p.end():
		return nil, p.fail(p.pos, 0, "something to search for is missing at the end")
	case c == ')':
		return nil, p.fail(p.pos, 1, `something to search for is missing before this ")"`)
	case c == '|':
		return nil, p.fail(p.pos, 1, `something to search for is missing before this "|"`)
	case p.isKeyword("and"), p.isKeyword("or"):
		return nil, p.fail(p.pos, 2, `a search term is missing before this; to search for the word itself, put it in quotes`)
	case c == '(':
		return p.group(field)
	case field != nil:
		return p.value(*field)
	case c == '"':
		text, err := p.phrase()
		if err != nil {
			return nil, err
		}
		if p.peek() == ':' || p.filter && p.isComparison() {
			return p.fieldTerm(start, text)
		}
		return p.free(start, Glob(text))
	}
	if x, ok, err := p.bareAddress(); ok {
		return x, err
	}
	g, err := p.bare(p.stops())
	if err != nil {
		return nil, err
	}
	if p.filter && p.peek() == '(' {
		if _, ok := function(string(g)); ok {
			name, err := p.result(start)
			if err != nil {
				return nil, err
			}
			return p.fieldTerm(start, name)
		}
	}
	if p.filter && len(g) > 0 && p.isComparison() {
		return p.fieldTerm(start, string(g))
	}
	if p.peek() == ':' {
		if len(g) == 0 {
			return nil, p.fail(start, 1, `a field name is missing before ":"; to search for text with a colon, put it in quotes`)
		}
		for _, r := range g {
			if r < 0 {
				return nil, p.fail(start, p.pos-start, "a field name cannot have wildcards; name the field, or search the text without a field")
			}
		}
		return p.fieldTerm(start, string(g))
	}
	return p.free(start, g)
}

// stops end a bare word: in a where over rows also the signs of a comparison.
func (p *parser) stops() string {
	if p.filter {
		return ":<>=!"
	}
	return ":"
}

// isComparison reports whether a comparison such as "> 10" follows.
func (p *parser) isComparison() bool {
	pos := p.pos
	defer func() { p.pos = pos }()
	p.space()
	c := p.peek()
	return c == '<' || c == '>' || c == '=' || c == '!' && strings.HasPrefix(p.text[p.pos:], "!=")
}

// free is a word without a field, which rows of a table cannot be searched for.
func (p *parser) free(start int, g Glob) (Expr, error) {
	if p.filter && !onlyMany(g) {
		return nil, p.fail(start, p.pos-start, "after other pipes, where compares columns: write column:value or column > 10; words are searched for before the first |")
	}
	return p.leaf(start, Text{g})
}

func (p *parser) group(field *Field) (Expr, error) {
	start := p.pos
	if err := p.deeper(start); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	p.pos++
	x, err := p.or(field)
	if err != nil {
		return nil, err
	}
	if p.space(); p.peek() != ')' {
		return nil, p.fail(start, 1, `this "(" is never closed; add a ")"`)
	}
	p.pos++
	return x, nil
}

func (p *parser) fieldTerm(start int, name string) (Expr, error) {
	if len(name) == 0 || len(name) > maxName {
		return nil, p.fail(start, p.pos-start, "a field name has 1 to 256 bytes")
	}
	field, err := p.fieldNamed(start, name)
	if err != nil {
		return nil, err
	}
	if p.filter && p.peek() != ':' {
		return p.compare(field)
	}
	p.pos++ // the colon
	if p.peek() == '(' {
		return p.group(&field)
	}
	return p.value(field)
}

// compare reads "> 10", "= x" or "!= x" after a column's name.
func (p *parser) compare(f Field) (Expr, error) {
	p.space()
	start := p.pos
	if !p.isComparison() {
		return nil, p.fail(start, 0, "a comparison is missing after this column, such as count > 10")
	}
	negated := p.peek() == '!'
	if negated {
		p.pos++
	}
	if p.peek() == '=' {
		p.pos++
		p.space()
		x, err := p.value(f)
		if negated && err == nil {
			x = Not{x}
		}
		return x, err
	}
	test, err := p.comparison(f)
	if err != nil {
		return nil, err
	}
	return p.leaf(start, Term{f, test})
}

// leaf counts terms, so that every tree stays within MaxTerms.
func (p *parser) leaf(start int, x Expr) (Expr, error) {
	if p.terms++; p.terms > MaxTerms {
		return nil, p.fail(start, p.pos-start, "the query has more than 500 terms; shorten it")
	}
	if t, ok := x.(Text); ok && onlyMany(t.Pattern) { // also the empty phrase
		return All{}, nil
	}
	return x, nil
}

func onlyMany(g Glob) bool {
	for _, r := range g {
		if r != Many {
			return false
		}
	}
	return true
}

func (p *parser) deeper(start int) error {
	if p.depth++; p.depth > MaxDepth {
		return p.fail(start, 1, "parentheses and negations are nested more than 64 deep; simplify the query")
	}
	return nil
}

func (p *parser) fail(offset, length int, message string) error {
	return &SyntaxError{Offset: offset, Length: min(length, len(p.text)-offset), Message: message}
}
