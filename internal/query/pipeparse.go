package query

import (
	"strconv"
	"strings"
	"time"
)

// pipes reads "| pipe | pipe …" up to the end of the text.
func (p *parser) pipes(q *Query) ([]Pipe, error) {
	var out []Pipe
	for {
		if p.space(); p.end() {
			return out, nil
		}
		start := p.pos
		if p.peek() != '|' {
			return nil, p.fail(start, 1, `a "|" is missing before this, or it does not belong here`)
		}
		if len(out) == MaxPipes {
			return nil, p.fail(start, 1, "a query has at most 20 pipes")
		}
		p.pos++
		x, err := p.pipe(q)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
}

const pipeNames = "count, top, timechart, stats, dedup, sort, fields, head and where"

func (p *parser) pipe(q *Query) (Pipe, error) {
	p.space()
	start := p.pos
	for !p.end() && lowerByte(p.text[p.pos]) >= 'a' && lowerByte(p.text[p.pos]) <= 'z' {
		p.pos++
	}
	switch name := strings.ToLower(p.text[start:p.pos]); name {
	case "count":
		return p.count()
	case "top":
		return p.top()
	case "timechart":
		return p.timechart(start, q)
	case "stats":
		return p.stats()
	case "dedup":
		by, err := p.names("fields to compare")
		p.fixed = true
		return Dedup{by}, err
	case "sort":
		return p.sort()
	case "fields":
		of, err := p.fieldList("columns to keep", MaxFields)
		p.table(of...)
		return Fields{of}, err
	case "head":
		n, err := p.number("head", MaxTableRows)
		p.fixed = true
		return Head{n}, err
	case "where":
		if p.space(); p.end() || p.peek() == '|' {
			return nil, p.fail(start, p.pos-start, "a condition is missing after where")
		}
		p.filter = p.fixed || p.columns != nil
		x, err := p.condition()
		p.filter = false
		return Filter{x}, err
	}
	return nil, p.fail(start, p.pos-start, "a pipe is one of "+pipeNames)
}

// table says which columns the pipes from here on see.
func (p *parser) table(columns ...Field) {
	p.columns, p.open = append([]Field{}, columns...), false
}

func (p *parser) count() (Pipe, error) {
	by, err := p.by()
	p.table(append(by[:len(by):len(by)], Agg{Func: FuncCount, As: "count"}.Column())...)
	return Count{by}, err
}

func (p *parser) top() (Pipe, error) {
	t := Top{N: 10}
	p.space()
	start := p.pos
	if c := p.peek(); c >= '0' && c <= '9' {
		var err error
		if t.N, err = p.number("top", MaxTop); err != nil {
			return nil, err
		}
	}
	f, err := p.name("a field to count the values of")
	if err != nil {
		return nil, err
	}
	if f.String() == "count" || f.String() == "percent" {
		return nil, p.fail(start, p.pos-start, "top makes columns of the names count and percent itself; give this column another name before")
	}
	t.Field = f
	p.table(f, Agg{As: "count"}.Column(), Agg{As: "percent"}.Column())
	return t, nil
}

func (p *parser) timechart(start int, q *Query) (Pipe, error) {
	t := Timechart{Agg: Agg{Func: FuncCount, As: "count"}}
	at := Field{Kind: TimeKind, Name: "time", Envelope: true}
	if p.columns != nil {
		f, ok := p.column("time")
		if !ok {
			return nil, p.fail(start, p.pos-start, "a timechart needs the column time, which the table does not have here")
		}
		at = f
	}
	p.space()
	place := p.pos
	if rest := p.text[p.pos:]; len(rest) >= 5 && strings.EqualFold(rest[:5], "span=") {
		p.pos += 5
		var err error
		if t.Span, err = p.span(); err != nil {
			return nil, err
		}
	}
	if q.From != nil && q.To != nil {
		if _, _, _, err := t.Buckets(q.From.UnixNano(), q.To.UnixNano(), p.loc); err != nil {
			return nil, p.fail(place, p.pos-place, err.Error())
		}
	}
	p.space()
	if !p.end() && p.peek() != '|' && !p.isKeyword("by") {
		a, err := p.agg()
		if err != nil {
			return nil, err
		}
		a.As = a.name()
		t.Agg = a
	}
	if p.keyword("by") {
		f, err := p.name("a field to split by")
		if err != nil {
			return nil, err
		}
		t.By = &f
	}
	if t.By == nil {
		p.table(at, t.Agg.Column())
	} else {
		p.table(at)
		p.open = true // the values of the field become columns
	}
	return t, nil
}

func (p *parser) stats() (Pipe, error) {
	var s Stats
	names := map[string]bool{}
	for {
		p.space()
		start := p.pos
		a, err := p.agg()
		if err != nil {
			return nil, err
		}
		if a.As = a.name(); p.keyword("as") {
			p.space()
			start = p.pos
			if a.As, err = p.word("a name for the column"); err != nil {
				return nil, err
			}
		}
		if names[a.As] {
			return nil, p.fail(start, p.pos-start, "there is a column of this name already; give it another with as")
		}
		names[a.As] = true
		if len(s.Aggs) == MaxAggs {
			return nil, p.fail(start, p.pos-start, "stats gives at most 16 results")
		}
		s.Aggs = append(s.Aggs, a)
		if p.space(); p.peek() != ',' {
			break
		}
		p.pos++
	}
	p.space()
	start := p.pos
	var err error
	if s.By, err = p.by(); err != nil {
		return nil, err
	}
	columns := append([]Field{}, s.By...)
	for _, f := range s.By {
		if names[f.String()] {
			return nil, p.fail(start, p.pos-start, "a result and a column to group by have the same name; give the result another with as")
		}
	}
	for _, a := range s.Aggs {
		columns = append(columns, a.Column())
	}
	p.table(columns...)
	return s, nil
}

// agg reads count or a function with its field.
func (p *parser) agg() (Agg, error) {
	p.space()
	start := p.pos
	for !p.end() && (lowerByte(p.text[p.pos]) >= 'a' && lowerByte(p.text[p.pos]) <= 'z' || p.text[p.pos] >= '0' && p.text[p.pos] <= '9') {
		p.pos++
	}
	f, ok := function(p.text[start:p.pos])
	if !ok {
		return Agg{}, p.fail(start, p.pos-start, "a function is count, or one of sum, avg, min, max, dc, first, last, median, p95 and p99 with a field, such as sum(bytes.out)")
	}
	a := Agg{Func: f}
	if p.peek() != '(' {
		if f != FuncCount {
			return Agg{}, p.fail(start, p.pos-start, string(f)+" needs a field, such as "+string(f)+"(bytes.out)")
		}
		return a, nil
	}
	open := p.pos
	p.pos++
	p.space()
	if f != FuncCount {
		var err error
		if a.Field, err = p.name("a field"); err != nil {
			return Agg{}, err
		}
	} else if p.peek() != ')' {
		return Agg{}, p.fail(p.pos, 1, "count takes no field; it counts rows. To count the distinct values of a field write dc(field)")
	}
	if p.space(); p.peek() != ')' {
		return Agg{}, p.fail(open, 1, `this "(" is never closed; add a ")"`)
	}
	p.pos++
	return a, nil
}

func function(name string) (Func, bool) {
	f := Func(strings.ToLower(name))
	if f == "p50" {
		return FuncMedian, true
	}
	for _, known := range funcs() {
		if f == known {
			return f, true
		}
	}
	return "", false
}

func (p *parser) sort() (Pipe, error) {
	var s Sort
	for {
		p.space()
		start := p.pos
		k := SortKey{}
		if p.peek() == '-' {
			k.Desc = true
			p.pos++
		}
		var err error
		if k.Field, err = p.name("a column to sort by"); err != nil {
			return nil, err
		}
		if len(s.By) == MaxBy {
			return nil, p.fail(start, p.pos-start, "rows are sorted by at most 8 columns")
		}
		s.By = append(s.By, k)
		if p.space(); p.peek() != ',' {
			return s, nil
		}
		p.pos++
	}
}

func (p *parser) number(pipe string, most int) (int, error) {
	p.space()
	start := p.pos
	for !p.end() && p.text[p.pos] >= '0' && p.text[p.pos] <= '9' {
		p.pos++
	}
	n, err := strconv.Atoi(p.text[start:p.pos])
	if err != nil || n < 1 || n > most {
		return 0, p.fail(start, p.pos-start, pipe+" takes a number from 1 to "+strconv.Itoa(most))
	}
	return n, nil
}

// span reads a length such as 5m, at least a second and at most 366 days.
func (p *parser) span() (time.Duration, error) {
	start := p.pos
	for !p.end() && !isSpace(p.text[p.pos]) && p.text[p.pos] != '|' {
		p.pos++
	}
	text := p.text[start:p.pos]
	for _, u := range spanUnits {
		digits, ok := strings.CutSuffix(text, u.letter)
		if n, err := strconv.ParseInt(digits, 10, 32); ok && err == nil && n > 0 && n <= int64(366*24*time.Hour/u.length) {
			return time.Duration(n) * u.length, nil
		}
	}
	return 0, p.fail(start, p.pos-start, "a span is written 30s, 5m, 1h, 1d or 1w, up to 366 days")
}
