package query

import (
	"strconv"
	"strings"
	"time"
)

// Limits on pipes. A table never has more than MaxTableRows rows.
const (
	MaxPipes     = 20
	MaxBy        = 8      // columns to group by, to dedup and to sort by
	MaxFields    = 64     // columns of fields
	MaxAggs      = 16     // results of one stats
	MaxTop       = 1000   // values of top
	MaxTableRows = 10_000 // rows of a table
	MaxBuckets   = 2000   // buckets of a timechart
)

// Pipe is one step after the condition: Count, Top, Timechart, Stats, Dedup,
// Sort, Fields, Head or Filter.
type Pipe interface {
	// String prints the pipe without the "|" before it.
	String() string
	pipe()
}

// Count counts rows by the values of fields, or all of them.
type Count struct{ By []Field }

// Top gives the N most frequent values of a field, with count and percent.
type Top struct {
	N     int
	Field Field
}

// Timechart gives a result for each stretch of time, split by the values of a
// field when By is not nil. Span is 0 when the engine chooses.
type Timechart struct {
	Span time.Duration
	Agg  Agg
	By   *Field
}

// Stats gives results by the values of fields, or over all rows.
type Stats struct {
	Aggs []Agg
	By   []Field
}

// Dedup keeps the first row, which is the newest unless sorted otherwise, of
// each combination of values.
type Dedup struct{ By []Field }

// Sort orders rows.
type Sort struct{ By []SortKey }

// SortKey is one field to sort by.
type SortKey struct {
	Field Field
	Desc  bool
}

// Fields chooses and orders columns.
type Fields struct{ Of []Field }

// Head keeps the first N rows.
type Head struct{ N int }

// Filter keeps the rows that meet a condition ("where").
type Filter struct{ Where Expr }

// Func is a function over rows.
type Func string

// The functions. First and Last are by time; First is the oldest value.
const (
	FuncCount  Func = "count"
	FuncSum    Func = "sum"
	FuncAvg    Func = "avg"
	FuncMin    Func = "min"
	FuncMax    Func = "max"
	FuncDC     Func = "dc" // distinct values
	FuncFirst  Func = "first"
	FuncLast   Func = "last"
	FuncMedian Func = "median"
	FuncP95    Func = "p95"
	FuncP99    Func = "p99"
)

func funcs() []Func {
	return []Func{FuncCount, FuncSum, FuncAvg, FuncMin, FuncMax, FuncDC, FuncFirst, FuncLast, FuncMedian, FuncP95, FuncP99}
}

// Agg is a function of a field (of none for count) and its column's name.
type Agg struct {
	Func  Func
	Field Field
	As    string
}

func (Count) pipe()     {}
func (Top) pipe()       {}
func (Timechart) pipe() {}
func (Stats) pipe()     {}
func (Dedup) pipe()     {}
func (Sort) pipe()      {}
func (Fields) pipe()    {}
func (Head) pipe()      {}
func (Filter) pipe()    {}

// Aggregates reports whether the pipe makes new rows out of those it gets.
func Aggregates(p Pipe) bool {
	switch p.(type) {
	case Count, Top, Timechart, Stats:
		return true
	}
	return false
}

func (c Count) String() string { return "count" + printBy(c.By) }

func (t Top) String() string { return "top " + strconv.Itoa(t.N) + " " + t.Field.quoted() }

func (t Timechart) String() string {
	out := "timechart"
	if t.Span > 0 {
		out += " span=" + printSpan(t.Span)
	}
	out += " " + t.Agg.print()
	if t.By != nil {
		out += " by " + t.By.quoted()
	}
	return out
}

func (s Stats) String() string {
	parts := make([]string, len(s.Aggs))
	for i, a := range s.Aggs {
		if parts[i] = a.print(); a.As != a.name() {
			parts[i] += " as " + quote(a.As)
		}
	}
	return "stats " + strings.Join(parts, ", ") + printBy(s.By)
}

func (d Dedup) String() string { return "dedup " + printFields(d.By) }

func (s Sort) String() string {
	parts := make([]string, len(s.By))
	for i, k := range s.By {
		if parts[i] = k.Field.quoted(); k.Desc {
			parts[i] = "-" + parts[i]
		}
	}
	return "sort " + strings.Join(parts, ", ")
}

func (f Fields) String() string { return "fields " + printFields(f.Of) }

func (h Head) String() string { return "head " + strconv.Itoa(h.N) }

func (f Filter) String() string { return "where " + operandOrAll(f.Where) }

func operandOrAll(x Expr) string {
	if _, all := x.(All); all {
		return "*"
	}
	return x.String()
}

func printBy(by []Field) string {
	if len(by) == 0 {
		return ""
	}
	return " by " + printFields(by)
}

func printFields(of []Field) string {
	parts := make([]string, len(of))
	for i, f := range of {
		parts[i] = f.quoted()
	}
	return strings.Join(parts, ", ")
}

// name is the column's name without "as".
func (a Agg) name() string {
	if a.Func == FuncCount {
		return string(FuncCount)
	}
	return string(a.Func) + "(" + a.Field.String() + ")"
}

func (a Agg) print() string {
	if a.Func == FuncCount {
		return string(FuncCount)
	}
	return string(a.Func) + "(" + a.Field.quoted() + ")"
}

// Column is the field that stands for the result in later pipes: a number, or
// what the field itself is where one of its values is the result.
func (a Agg) Column() Field {
	f := Field{Kind: Native}
	switch a.Func {
	case FuncMin, FuncMax, FuncFirst, FuncLast:
		f.Kind = a.Field.Kind
	}
	f.Name, f.Computed = a.As, true
	return f
}

// spanUnits are the units of a span, largest first.
var spanUnits = [...]struct {
	letter string
	length time.Duration
}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

func printSpan(d time.Duration) string {
	for _, u := range spanUnits {
		if d%u.length == 0 {
			return strconv.FormatInt(int64(d/u.length), 10) + u.letter
		}
	}
	return d.String()
}
