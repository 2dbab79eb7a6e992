package query

import (
	"strconv"
	"strings"
)

func (p *parser) by() ([]Field, error) {
	if !p.keyword("by") {
		return nil, nil
	}
	return p.names("fields to group by")
}

func (p *parser) names(what string) ([]Field, error) { return p.fieldList(what, MaxBy) }

// fieldList reads names with commas between them, none twice.
func (p *parser) fieldList(what string, most int) ([]Field, error) {
	var out []Field
	seen := map[string]bool{}
	for {
		p.space()
		start := p.pos
		f, err := p.name(what)
		if err != nil {
			return nil, err
		}
		if seen[f.String()] {
			return nil, p.fail(start, p.pos-start, "this column is named twice")
		}
		seen[f.String()] = true
		if len(out) == most {
			return nil, p.fail(start, p.pos-start, "there are more than "+strconv.Itoa(most)+" columns here; leave some out")
		}
		out = append(out, f)
		if p.space(); p.peek() != ',' {
			return out, nil
		}
		p.pos++
	}
}

// name reads a field's name; in a table also that of a result, such as
// sum(bytes.out).
func (p *parser) name(what string) (Field, error) {
	p.space()
	start := p.pos
	name, err := p.word(what)
	if err != nil {
		return Field{}, err
	}
	if _, ok := function(name); ok && p.columns != nil && p.peek() == '(' && p.text[start] != '"' {
		if name, err = p.result(start); err != nil {
			return Field{}, err
		}
	}
	return p.fieldNamed(start, name)
}

// result reads again, from start, the name of a result as it was written in
// stats, whose field may be gone from the table.
func (p *parser) result(start int) (string, error) {
	columns, open := p.columns, p.open
	p.columns, p.open, p.pos = nil, false, start
	a, err := p.agg()
	p.columns, p.open = columns, open
	return a.name(), err
}

// word reads a name as it is written, bare or in quotes.
func (p *parser) word(what string) (string, error) {
	p.space()
	start := p.pos
	if p.peek() == '"' {
		name, err := p.phrase()
		if err == nil && (name == "" || len(name) > maxName) {
			err = p.fail(start, p.pos-start, "a name has 1 to 256 bytes")
		}
		return name, err
	}
	g, err := p.bare(",=")
	if err != nil {
		return "", err
	}
	if len(g) == 0 {
		return "", p.fail(start, 0, what+" is missing here")
	}
	for _, r := range g {
		if r < 0 {
			return "", p.fail(start, p.pos-start, "a name cannot have wildcards")
		}
	}
	if name := string(g); len(name) <= maxName {
		return name, nil
	}
	return "", p.fail(start, p.pos-start, "a name has 1 to 256 bytes")
}

// fieldNamed finds what a name stands for: a field of events, or a column of
// the table once there is one.
func (p *parser) fieldNamed(start int, name string) (Field, error) {
	if p.columns == nil {
		return resolve(name), nil
	}
	if f, ok := p.column(name); ok {
		return f, nil
	}
	if p.open {
		return Field{Kind: Native, Name: name, Computed: true}, nil
	}
	names := make([]string, len(p.columns))
	for i, c := range p.columns {
		names[i] = c.String()
	}
	return Field{}, p.fail(start, p.pos-start, "the table has no such column here; it has "+strings.Join(names, ", "))
}

func (p *parser) column(name string) (Field, bool) {
	for _, same := range []func(Field) bool{
		func(f Field) bool { return f.String() == name },
		func(f Field) bool { return f.String() == resolve(name).String() },
		func(f Field) bool { return strings.EqualFold(f.String(), name) },
	} {
		for _, f := range p.columns {
			if same(f) {
				return f, true
			}
		}
	}
	return Field{}, false
}
