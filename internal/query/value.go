package query

import (
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
)

// Value is a literal of a query, with the readings of it that tests need.
type Value struct {
	Text string // as written; RFC 3339 for time fields

	lower string
	num   float64
	isNum bool
	ns    int64 // time fields
}

func newValue(text string) Value {
	v := Value{Text: text, lower: strings.ToLower(text)}
	v.num, v.isNum = Number(text)
	return v
}

// Lower is the text in lower case.
func (v Value) Lower() string { return v.lower }

// Number is the value as a number, when it reads as one.
func (v Value) Number() (float64, bool) { return v.num, v.isNum }

// NumberPattern is what counts as a number inside text: decimal, nothing else.
const NumberPattern = `^[+-]?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?$`

var numberRE = regexp.MustCompile(NumberPattern)

// Number reads text as a number if NumberPattern matches it and it is finite.
func Number(s string) (float64, bool) {
	if s == "" || s[0] > '9' || !numberRE.MatchString(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// Numbers gives the range's ends as numbers; ok is false when the range is
// compared by text. A missing end is an infinity.
func (r Range) Numbers() (lo, hi float64, ok bool) {
	lo, hi = math.Inf(-1), math.Inf(1)
	if r.Lo != nil {
		if !r.Lo.isNum {
			return 0, 0, false
		}
		lo = r.Lo.num
	}
	if r.Hi != nil {
		if !r.Hi.isNum {
			return 0, 0, false
		}
		hi = r.Hi.num
	}
	return lo, hi, true
}

// Ints gives a test on an integer field as an inclusive range; ok is false
// when no integer can pass.
func Ints(t Test) (lo, hi int64, ok bool) {
	var l, h float64
	switch t := t.(type) {
	case Equal:
		if !t.Value.isNum || t.Value.num != math.Trunc(t.Value.num) {
			return 0, 0, false
		}
		l, h = t.Value.num, t.Value.num
		if n, err := strconv.ParseInt(t.Value.Text, 10, 64); err == nil {
			return n, n, true // exact beyond 2^53
		}
	case Range:
		if l, h, ok = t.Numbers(); !ok {
			return 0, 0, false
		}
		if f := math.Ceil(l); t.LoOpen && f == l {
			l++
		} else {
			l = f
		}
		if f := math.Floor(h); t.HiOpen && f == h {
			h--
		} else {
			h = f
		}
	default:
		return 0, 0, false
	}
	if l > h || l >= math.MaxInt64 || h < math.MinInt64 {
		return 0, 0, false
	}
	lo, hi = math.MinInt64, math.MaxInt64
	if l > math.MinInt64 {
		lo = int64(l)
	}
	if h < math.MaxInt64 {
		hi = int64(h)
	}
	return lo, hi, true
}

// Times gives a range on a time field as inclusive nanoseconds.
func (r Range) Times() (lo, hi int64) {
	lo, hi = math.MinInt64, math.MaxInt64
	if r.Lo != nil {
		if lo = r.Lo.ns; r.LoOpen {
			lo++
		}
	}
	if r.Hi != nil {
		if hi = r.Hi.ns; r.HiOpen {
			hi--
		}
	}
	return lo, hi
}

// Addrs gives a test on addresses as an inclusive range of 16-byte addresses
// (IPv4 mapped into IPv6); ok is false when the test is not one on addresses.
func Addrs(t Test) (lo, hi [16]byte, ok bool) {
	for i := range hi {
		hi[i] = 0xff
	}
	switch t := t.(type) {
	case CIDR:
		lo = t.Prefix.Addr().As16()
		hi = lo
		bits := t.Prefix.Bits()
		if t.Prefix.Addr().Is4() {
			bits += 96
		}
		for i := bits; i < 128; i++ {
			hi[i/8] |= 0x80 >> (i % 8)
		}
	case Range:
		if t.Lo != nil {
			a, err := netip.ParseAddr(t.Lo.Text)
			if err != nil {
				return lo, hi, false
			}
			lo = a.As16()
		}
		if t.Hi != nil {
			a, err := netip.ParseAddr(t.Hi.Text)
			if err != nil {
				return lo, hi, false
			}
			hi = a.As16()
		}
	default:
		return lo, hi, false
	}
	return lo, hi, true
}

// AddrText is the canonical form of an address in text, and the text itself
// when it is none. Stored addresses and query values both pass through it.
func AddrText(s string) string {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return s
	}
	return a.Unmap().String()
}

// Ranks lists the severities that a test on severity accepts. Severities above
// Fatal ("other") equal only themselves and lie in no range.
func Ranks(t Test) []event.Severity {
	var out []event.Severity
	for _, s := range []event.Severity{0, 1, 2, 3, 4, 5, 6, OtherSeverity} {
		if matchRank(t, s) {
			out = append(out, s)
		}
	}
	return out
}

// OtherSeverity stands for every severity above Fatal (OCSF's 99).
const OtherSeverity event.Severity = 99

func matchRank(t Test, s event.Severity) bool {
	r, ok := t.(Range)
	if !ok {
		if eq, isEq := t.(Equal); isEq && eq.Value.isNum {
			return float64(s) == eq.Value.num
		}
		return matchText(t, s.String())
	}
	if s > event.Fatal {
		return false
	}
	if r.Lo != nil {
		if lo, ok := rankOf(*r.Lo); !ok || float64(s) < lo || r.LoOpen && float64(s) == lo {
			return false
		}
	}
	if r.Hi != nil {
		if hi, ok := rankOf(*r.Hi); !ok || float64(s) > hi || r.HiOpen && float64(s) == hi {
			return false
		}
	}
	return true
}

func rankOf(v Value) (float64, bool) {
	if v.isNum {
		return v.num, true
	}
	s := event.ParseSeverity(v.lower)
	return float64(s), s != event.SeverityUnknown || v.lower == "unknown"
}
