package sigma

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"time"
)

// predicate is one test of a field.
type predicate interface {
	// holds tests the field's value; present is false when the event has none.
	holds(v Value, present bool, ev Event) bool
	String() string
}

// textTest holds when the value's text fits a pattern.
type textTest struct {
	pattern pattern
	source  string
}

func (t *textTest) holds(v Value, present bool, _ Event) bool {
	return present && v.anyMember(func(m Value) bool { return m.kind != Null && t.pattern.match(m.Text()) })
}
func (t *textTest) String() string { return strconv.Quote(t.source) }

// regexTest holds when the expression is found anywhere in the value.
type regexTest struct {
	re   *regexp.Regexp
	most int // bytes of a text that it looks at
}

func (t *regexTest) holds(v Value, present bool, _ Event) bool {
	return present && v.anyMember(func(m Value) bool { return m.kind != Null && t.re.MatchString(bounded(m.Text(), t.most)) })
}
func (t *regexTest) String() string { return "/" + t.re.String() + "/" }

// equalNumber holds for the same number, or for its decimal text.
type equalNumber struct {
	number float64
	text   string
}

func (t *equalNumber) holds(v Value, present bool, _ Event) bool {
	return present && v.anyMember(func(m Value) bool {
		if m.kind == Int || m.kind == Float {
			n, _ := m.Number()
			return n == t.number
		}
		return m.kind == String && m.str == t.text
	})
}
func (t *equalNumber) String() string { return t.text }

// numberTest compares the value as a number, or a part of it as a timestamp.
type numberTest struct {
	op     Op
	number float64
	part   string // "", or minute … year
}

func (t *numberTest) holds(v Value, present bool, _ Event) bool {
	return present && v.anyMember(func(m Value) bool {
		n, ok := m.Number()
		if t.part != "" {
			n, ok = timePart(m, t.part)
		}
		return ok && t.op.holds(n, t.number)
	})
}
func (t *numberTest) String() string {
	return fmt.Sprintf("%s %s", t.op, strconv.FormatFloat(t.number, 'g', -1, 64))
}

// cidrTest holds when the value is an address inside the network.
type cidrTest struct{ net netip.Prefix }

func (t *cidrTest) holds(v Value, present bool, _ Event) bool {
	return present && v.anyMember(func(m Value) bool {
		a, err := netip.ParseAddr(m.Text())
		return err == nil && t.net.Contains(a.Unmap().WithZone(""))
	})
}
func (t *cidrTest) String() string { return t.net.String() }

// nullTest holds when the field is missing or null.
type nullTest struct{}

func (nullTest) holds(v Value, present bool, _ Event) bool { return !present || v.kind == Null }
func (nullTest) String() string                            { return "null" }

// existsTest holds by presence alone; null and empty values count as present.
type existsTest struct{ want bool }

func (t existsTest) holds(_ Value, present bool, _ Event) bool { return present == t.want }
func (t existsTest) String() string                            { return "exists " + strconv.FormatBool(t.want) }

// refTest compares the value with that of another field of the same event.
// A missing field on either side never compares.
type refTest struct {
	field              string
	openStart, openEnd bool // what the value may have before and after the other's
	cased              bool
}

func (t *refTest) holds(v Value, present bool, ev Event) bool {
	other, ok := ev.Field(t.field)
	if !present || !ok {
		return false
	}
	return other.anyMember(func(o Value) bool {
		if o.kind == Null {
			return false
		}
		text := o.Text()
		if isASCII(text) { // equals ASCII bytes only, so nothing needs compiling
			return v.anyMember(func(m Value) bool { return m.kind != Null && t.fits(m.Text(), text) })
		}
		parts := surround([]part{{lit: text}}, t.openStart, t.openEnd)
		p := compilePattern(parts, t.cased)
		return v.anyMember(func(m Value) bool { return m.kind != Null && p.match(m.Text()) })
	})
}

func (t *refTest) fits(text, other string) bool {
	same := equalFold
	if t.cased {
		same = func(a, b string) bool { return a == b }
	}
	n := len(other)
	switch {
	case len(text) < n:
		return false
	case !t.openStart && !t.openEnd:
		return same(text, other)
	case !t.openStart:
		return same(text[:n], other)
	case !t.openEnd:
		return same(text[len(text)-n:], other)
	}
	for i := 0; i+n <= len(text); i++ {
		if same(text[i:i+n], other) {
			return true
		}
	}
	return false
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func (t *refTest) String() string { return "field " + t.field }

// surround adds wildcards around a value.
func surround(parts []part, start, end bool) []part {
	out := make([]part, 0, len(parts)+2)
	if start {
		out = append(out, part{wild: anyText})
	}
	out = append(out, parts...)
	if end {
		out = append(out, part{wild: anyText})
	}
	return out
}

// timeLayouts are the forms of timestamp that the time modifiers read; a form
// without a zone is UTC.
var timeLayouts = [...]string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999", "2006-01-02", time.RFC1123Z, time.RFC1123,
}

// timePart reads a part of a timestamp in the timestamp's own zone. Numbers
// are seconds, milliseconds, microseconds or nanoseconds since 1970 UTC, by size.
func timePart(v Value, part string) (float64, bool) {
	t, ok := timestamp(v)
	if !ok {
		return 0, false
	}
	switch part {
	case "minute":
		return float64(t.Minute()), true
	case "hour":
		return float64(t.Hour()), true
	case "day":
		return float64(t.Day()), true
	case "week":
		_, w := t.ISOWeek()
		return float64(w), true
	case "month":
		return float64(t.Month()), true
	}
	return float64(t.Year()), true
}

func timestamp(v Value) (time.Time, bool) {
	switch v.kind {
	case Int:
		n := int64(v.num)
		switch a := max(n, -n); {
		case a < 1e11:
			return time.Unix(n, 0).UTC(), true
		case a < 1e14:
			return time.UnixMilli(n).UTC(), true
		case a < 1e17:
			return time.UnixMicro(n).UTC(), true
		}
		return time.Unix(0, n).UTC(), true
	case Float:
		f, _ := v.Number()
		if f > -1e11 && f < 1e11 {
			return time.Unix(0, int64(f*1e9)).UTC(), f > -9e9 && f < 9e9
		}
	case String:
		for _, layout := range timeLayouts {
			if t, err := time.Parse(layout, v.str); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// Op is a comparison.
type Op string

// The comparisons of conditions and modifiers.
const (
	Eq  Op = "eq"
	Neq Op = "neq"
	Lt  Op = "lt"
	Lte Op = "lte"
	Gt  Op = "gt"
	Gte Op = "gte"
)

func (op Op) holds(a, b float64) bool {
	switch op {
	case Eq:
		return a == b
	case Neq:
		return a != b
	case Lt:
		return a < b
	case Lte:
		return a <= b
	case Gt:
		return a > b
	case Gte:
		return a >= b
	}
	return false
}
