// Package query is the one search language: text is parsed into a small typed
// tree, which is evaluated here against one event (policies, saved views, live
// tail) and printed as SQL by internal/eventstore. Both give the same answer
// for the same event; the shared golden cases hold them to it.
//
// The language, version 2:
//
//	word  "a phrase"          whole words in the message, the raw text or a native field's value
//	*part*  pre*  *post       the same without a word boundary at the side of the wildcard
//	field:value               equal, letter case aside; whole words for message and raw
//	field:va*e  field:va?e    wildcards: any characters, one character
//	field:*                   present
//	field:>=400  field:<x     comparison: by number, time, address or severity, else by text
//	field:[a TO b]  {a TO b}  range with or without its ends; * leaves an end open
//	src.ip:10.0.0.0/8         CIDR, on addresses (src.ip, dst.ip, peer), IPv4 and IPv6
//	field:/re/                RE2, unanchored, case-sensitive; write a space as \s or \x20
//	field:(a or b)            the field applies to each value within
//	not x, -x, x and y, x y, x or y, ( )   not binds tightest, then and, then or
//	\*                        a backslash takes the special meaning of punctuation away
//
// A name stands for the envelope field or normalised column that event.Resolve
// gives it, otherwise for the native field of exactly that name;
// fields.NAME always means the native field. A list in a native field matches
// when one of its members does. Times are RFC 3339, a date, or relative to the
// moment of parsing ("now-15m", "now-1d/d" for the start of yesterday); a zone
// can follow them ("2026-01-31@Europe/Prague").
//
// ParseQuery reads pipes after the condition, each of which makes a table out
// of the rows or the table before it:
//
//	| count [by f, …]                      | dedup f, …
//	| top [N] f                            | sort [-]f, …
//	| timechart [span=5m] [AGG] [by f]     | fields f, …
//	| stats AGG [as name], … [by f, …]     | head N
//	| where CONDITION                      also column > 10, column != x
//
// AGG is count or a function of a field: sum(f), avg, min, max, dc, first,
// last, median (p50), p95, p99. Once there is a table, names are its columns.
//
// Limits: MaxText bytes, MaxDepth levels, MaxTerms terms, MaxRegexp bytes a
// regular expression, MaxPipes pipes and what stands with that. Parse never
// panics; what it refuses is a *SyntaxError that points at the place and says
// what to do. Everything runs in time linear in the text that is searched.
package query

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
)

// Limits on what Parse accepts.
const (
	MaxText   = 8 << 10 // bytes of query text
	MaxDepth  = 64      // nested parentheses and negations
	MaxTerms  = 500     // leaves of the tree
	MaxRegexp = 512     // bytes of one regular expression
	maxName   = 256     // bytes of one field name
)

// Expr is a query: All, And, Or, Not, Text or Term.
type Expr interface {
	// Match reports whether the event satisfies the query.
	Match(*event.Event) bool
	// String prints the query so that Parse reads the same tree from it.
	String() string
}

// All matches every event: the empty query.
type All struct{}

// And matches when every member does. It has at least two, none itself an And.
type And struct{ Of []Expr }

// Or matches when a member does. It has at least two, none itself an Or.
type Or struct{ Of []Expr }

// Not matches when its member does not.
type Not struct{ Of Expr }

// Text matches when the message, the raw text or a native field's value has
// the pattern as whole words: contained, and where an end of the pattern is a
// word character (0-9A-Za-z_), with none beyond it. A wildcard at an end lifts
// the boundary there.
type Text struct{ Pattern Glob }

// Term puts one test to one field.
type Term struct {
	Field Field
	Test  Test
}

// Test is Equal, Like, Range, CIDR, Exists or Regexp.
type Test interface{ test() }

// Equal is equality without regard to letter case; as numbers and addresses
// for fields of those kinds.
type Equal struct{ Value Value }

// Like is a wildcard pattern over the whole value (as in Text for long text).
type Like struct{ Pattern Glob }

// Range lies between two ends, of which at most one is nil (unbounded).
type Range struct {
	Lo, Hi         *Value
	LoOpen, HiOpen bool // the end itself is excluded
}

// CIDR is membership in an address prefix, which is masked.
type CIDR struct{ Prefix netip.Prefix }

// Exists is presence.
type Exists struct{}

// Regexp is an unanchored RE2 match. Source is as written.
type Regexp struct {
	Source string
	re     *regexp.Regexp
}

// Pattern is the expression in the syntax that Go and RE2 share.
func (r Regexp) Pattern() string { return r.re.String() }

func (Equal) test()  {}
func (Like) test()   {}
func (Range) test()  {}
func (CIDR) test()   {}
func (Exists) test() {}
func (Regexp) test() {}

// FieldKind says how a field's values compare.
type FieldKind uint8

// The kinds of field.
const (
	Native   FieldKind = iota // Name is the exact native name; JSON types
	TextKind                  // column or envelope text
	LongText                  // message and raw: values are whole words within, as in Text
	IntKind                   // integer column
	AddrKind                  // address column, or peer
	TimeKind                  // time and received, nanoseconds
	RankKind                  // severity, ordered by name
	IDKind                    // event id, 32 hexadecimal digits
)

// Field is a resolved name.
type Field struct {
	Kind     FieldKind
	Name     string         // the column's or envelope field's own name, or the native name
	Envelope bool           // an envelope field; Column is meaningless
	Column   event.ColumnID // when neither Native, Envelope nor Computed
	Computed bool           // a column that a pipe computed; only in pipes after it
}

// String is the name that reads as the field, without quotes: what its column
// in a table is called.
func (f Field) String() string {
	if f.Kind == Native && !f.Computed {
		_, known := event.Resolve(f.Name)
		if known || strings.HasPrefix(f.Name, nativePrefix) || isRaw(f.Name) {
			return nativePrefix + f.Name
		}
	}
	return f.Name
}

func (f Field) quoted() string { return quote(f.String()) }

// SyntaxError says where a query is wrong and how to mend it.
type SyntaxError struct {
	Offset  int // byte offset of the fault in the text
	Length  int // bytes at fault, at least 0
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("query, character %d: %s", e.Offset+1, e.Message)
}
