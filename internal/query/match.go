package query

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/tocsin-project/tocsin/internal/event"
)

// Match implements Expr.
func (All) Match(*event.Event) bool { return true }

// Match implements Expr.
func (a And) Match(e *event.Event) bool {
	for _, x := range a.Of {
		if !x.Match(e) {
			return false
		}
	}
	return true
}

// Match implements Expr.
func (o Or) Match(e *event.Event) bool {
	for _, x := range o.Of {
		if x.Match(e) {
			return true
		}
	}
	return false
}

// Match implements Expr.
func (n Not) Match(e *event.Event) bool { return !n.Of.Match(e) }

// Match implements Expr.
func (t Text) Match(e *event.Event) bool {
	w := wordsOf(t.Pattern)
	if w.in(e.Message) || w.in(rawText(e)) {
		return true
	}
	for i := range e.Fields {
		if w.in(valueText(e.Fields[i].Value)) {
			return true
		}
	}
	return false
}

// Match implements Expr.
func (t Term) Match(e *event.Event) bool {
	switch f := t.Field; f.Kind {
	case Native:
		for i := range e.Fields {
			if e.Fields[i].Key == f.Name {
				return matchNative(t.Test, e.Fields[i].Value)
			}
		}
		return false
	case IntKind:
		v, ok := e.Col(f.Column)
		return ok && v.Kind() == event.Int && matchInt(t.Test, v)
	case TimeKind:
		r, ok := t.Test.(Range)
		if !ok {
			return true // Exists: every event has a time
		}
		ns := e.Time
		if f.Name == "received" {
			ns = e.Received
		}
		lo, hi := r.Times()
		return lo <= ns && ns <= hi
	case RankKind:
		s := e.Severity
		if s > event.Fatal {
			s = OtherSeverity
		}
		return matchRank(t.Test, s)
	case AddrKind:
		return matchAddr(t.Test, t.text(e))
	case LongText:
		return matchLong(t.Test, t.text(e))
	}
	return matchText(t.Test, t.text(e))
}

// text is the value of a field that is kept as text, "" when absent.
func (t Term) text(e *event.Event) string {
	if !t.Field.Envelope {
		return e.ColText(t.Field.Column)
	}
	switch t.Field.Name {
	case "id":
		return e.ID.String()
	case "source":
		return e.Source
	case "source_type":
		return e.SourceType
	case "transport":
		return e.Transport
	case "peer":
		return e.Peer
	case "outcome":
		return e.Outcome.String()
	case "class":
		return e.Class.String()
	case "message":
		return e.Message
	case "raw":
		return rawText(e)
	}
	return e.Exercise
}

// matchText puts a test to the text of a field that cannot be empty: "" is
// absent and passes none.
func matchText(t Test, s string) bool { return s != "" && testText(t, s) }

// matchLong is matchText for message and raw, where values are words within.
func matchLong(t Test, s string) bool {
	switch t := t.(type) {
	case Equal:
		return s != "" && wordsOf(Glob(t.Value.Text)).in(s)
	case Like:
		return s != "" && wordsOf(t.Pattern).in(s)
	}
	return matchText(t, s)
}

func testText(t Test, s string) bool {
	switch t := t.(type) {
	case Equal:
		return equalLower(s, t.Value.lower)
	case Like:
		return t.Pattern.like(s)
	case Regexp:
		return t.re.MatchString(s)
	case Exists:
		return true
	case Range:
		if lo, hi, ok := t.Numbers(); ok {
			n, isNum := Number(s)
			return isNum && (n > lo || n == lo && !t.LoOpen) && (n < hi || n == hi && !t.HiOpen)
		}
		s = strings.ToLower(s)
		return (t.Lo == nil || s > t.Lo.lower || s == t.Lo.lower && !t.LoOpen) &&
			(t.Hi == nil || s < t.Hi.lower || s == t.Hi.lower && !t.HiOpen)
	}
	return false
}

func matchInt(t Test, v event.Value) bool {
	switch t.(type) {
	case Equal, Range:
		lo, hi, ok := Ints(t)
		return ok && lo <= v.Int() && v.Int() <= hi
	}
	return matchText(t, v.Text())
}

func matchAddr(t Test, s string) bool {
	if eq, ok := t.(Equal); ok {
		return AddrText(s) != "" && equalLower(AddrText(s), strings.ToLower(AddrText(eq.Value.Text)))
	}
	lo, hi, ok := Addrs(t)
	if !ok {
		return matchText(t, AddrText(s))
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return false
	}
	b, r := a.As16(), t
	if rg, ok := r.(Range); ok && (rg.LoOpen && rg.Lo != nil && b == lo || rg.HiOpen && rg.Hi != nil && b == hi) {
		return false
	}
	return bytes.Compare(lo[:], b[:]) <= 0 && bytes.Compare(b[:], hi[:]) <= 0
}

func matchNative(t Test, v event.Value) bool {
	_, exists := t.(Exists)
	switch {
	case v.Kind() == event.Null:
		return false
	case exists:
		return true
	case v.Kind() != event.List:
		return testText(t, v.Text())
	}
	for _, m := range v.List() {
		if m.Kind() != event.Null && testText(t, valueText(m)) {
			return true
		}
	}
	return false
}

// valueText is the value as the store's JSON functions render it: lists
// without the HTML escapes of encoding/json.
func valueText(v event.Value) string {
	if v.Kind() != event.List {
		return v.Text()
	}
	text := v.Text()
	if !strings.Contains(text, `\u`) {
		return text
	}
	var members any
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if json.Unmarshal([]byte(text), &members) != nil || enc.Encode(members) != nil {
		return text
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// RawText renders raw bytes for people and for search: UTF-8 stays as it is,
// each byte that is not part of any, and NUL, becomes \xNN. exact says that
// the text is the bytes. Exact text aliases b.
func RawText(b []byte) (text string, exact bool) {
	if utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 {
		return unsafe.String(unsafe.SliceData(b), len(b)), true
	}
	const hex = "0123456789abcdef"
	var out strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 || r == 0 {
			out.WriteString(`\x`)
			out.WriteByte(hex[b[0]>>4])
			out.WriteByte(hex[b[0]&15])
		} else {
			out.Write(b[:n])
		}
		b = b[n:]
	}
	return out.String(), false
}

func rawText(e *event.Event) string {
	s, _ := RawText(e.Raw)
	return s
}
