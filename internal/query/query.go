package query

import (
	"math"
	"time"
	"unicode/utf8"

	"strings"
)

// Query is a condition and what is done with the rows that meet it.
type Query struct {
	Where Expr
	Pipes []Pipe
	// From and To are the range of event time that the text asks for, To
	// excluded; nil where it names no end.
	From, To *time.Time
	// Zone is the zone of times without one, and of days in a timechart.
	Zone *time.Location
}

// String prints the query so that ParseQuery reads the same from it.
func (q Query) String() string {
	if len(q.Pipes) == 0 {
		return q.Where.String()
	}
	var b strings.Builder
	b.WriteString(operandOrAll(q.Where))
	for _, p := range q.Pipes {
		b.WriteString(" | " + p.String())
	}
	return b.String()
}

// Parse reads a condition. now is what "now" in time values stands for; times
// without a zone are UTC. The error is always a *SyntaxError.
func Parse(text string, now time.Time) (Expr, error) {
	p, err := newParser(text, now, time.UTC)
	if err != nil {
		return nil, err
	}
	x, err := p.condition()
	if err == nil && p.peek() == '|' {
		err = p.fail(p.pos, 1, `only a condition can stand here, no "|" with count, top and so on; to search for the character itself, put it in quotes`)
	}
	if err != nil {
		return nil, err
	}
	return x, nil
}

// ParseQuery reads a condition and the pipes after it. loc is the zone of
// times without one; nil is UTC. The error is always a *SyntaxError.
func ParseQuery(text string, now time.Time, loc *time.Location) (Query, error) {
	if loc == nil {
		loc = time.UTC
	}
	p, err := newParser(text, now, loc)
	if err != nil {
		return Query{}, err
	}
	q := Query{Zone: loc}
	if q.Where, err = p.condition(); err != nil {
		return Query{}, err
	}
	lo, hi := Bounds(q.Where)
	if lo > math.MinInt64 {
		t := time.Unix(0, lo).UTC()
		q.From = &t
	}
	if hi < math.MaxInt64 {
		t := time.Unix(0, hi+1).UTC()
		q.To = &t
	}
	if q.Pipes, err = p.pipes(&q); err != nil {
		return Query{}, err
	}
	return q, nil
}

func newParser(text string, now time.Time, loc *time.Location) (*parser, error) {
	if len(text) > MaxText {
		return nil, &SyntaxError{Offset: MaxText, Length: len(text) - MaxText,
			Message: "the query is longer than 8 KB; shorten it, or save parts of it as views"}
	}
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) || r == 0 {
			return nil, &SyntaxError{Offset: i, Length: 1, Message: "this byte is not text (UTF-8); remove it"}
		}
	}
	return &parser{text: text, now: now, loc: loc}, nil
}

// Bounds gives the range of event time (ns, both ends included) outside of
// which no event can match: math.MinInt64 and math.MaxInt64 where there is no
// end. A range that can hold nothing has lo > hi.
func Bounds(x Expr) (lo, hi int64) {
	lo, hi = math.MinInt64, math.MaxInt64
	switch x := x.(type) {
	case And:
		for _, m := range x.Of {
			l, h := Bounds(m)
			lo, hi = max(lo, l), min(hi, h)
		}
	case Or:
		lo, hi = math.MaxInt64, math.MinInt64
		for _, m := range x.Of {
			if l, h := Bounds(m); l <= h {
				lo, hi = min(lo, l), max(hi, h)
			}
		}
	case Term:
		if r, ok := x.Test.(Range); ok && x.Field.Kind == TimeKind && x.Field.Name == "time" && !x.Field.Computed {
			return r.Times()
		}
	}
	return lo, hi
}
