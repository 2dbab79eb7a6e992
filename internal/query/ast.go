// Package query is the one search language: text is parsed into a small typed
// tree, which is evaluated here against one event (policies, saved views, live
// tail) and printed as SQL by internal/eventstore. Both give the same answer
// for the same event; the shared golden cases hold them to it.
//
// The language, version 1:
//
//	word  "a phrase"          contained in the message, the raw text or a native field's value
//	field:value               equal, letter case aside; contained for message and raw
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
// moment of parsing ("now-15m").
//
// Limits: MaxText bytes, MaxDepth levels, MaxTerms terms, MaxRegexp bytes a
// regular expression. Parse never panics; what it refuses is a *SyntaxError
// that points at the place and says what to do.
package query

import (
	"fmt"
	"regexp"

	"net/netip"

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

// Text matches when the pattern is contained in the message, the raw text or
// a native field's value.
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

// Like is a wildcard pattern over the whole value (contained for long text).
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
	LongText                  // message and raw: values are contained, not equal
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
	Column   event.ColumnID // when neither Native nor Envelope
}

// SyntaxError says where a query is wrong and how to mend it.
type SyntaxError struct {
	Offset  int // byte offset of the fault in the text
	Length  int // bytes at fault, at least 0
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("query, character %d: %s", e.Offset+1, e.Message)
}
