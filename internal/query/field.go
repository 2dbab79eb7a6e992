package query

import (
	"errors"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
)

const nativePrefix = "fields."

// resolve finds what a name stands for; anything unknown is a native field.
func resolve(name string) Field {
	if native, ok := strings.CutPrefix(name, nativePrefix); ok && native != "" {
		return Field{Kind: Native, Name: native}
	}
	if isRaw(name) {
		return Field{Kind: LongText, Name: "raw", Envelope: true}
	}
	ref, ok := event.Resolve(name)
	if !ok {
		return Field{Kind: Native, Name: name}
	}
	if ref.Envelope == "" {
		info := ref.Column.Info()
		kind := map[event.ColumnType]FieldKind{event.TextColumn: TextKind, event.IntColumn: IntKind, event.IPColumn: AddrKind}[info.Type]
		return Field{Kind: kind, Name: info.Name, Column: ref.Column}
	}
	f := Field{Kind: TextKind, Name: ref.Envelope, Envelope: true}
	switch ref.Envelope {
	case "time", "received":
		f.Kind = TimeKind
	case "severity":
		f.Kind = RankKind
	case "peer":
		f.Kind = AddrKind
	case "message":
		f.Kind = LongText
	case "id":
		f.Kind = IDKind
	}
	return f
}

// isRaw reports whether a name is that of the raw text, which is no part of
// event.Resolve: rules do not read it.
func isRaw(name string) bool {
	return strings.EqualFold(name, "raw") || strings.EqualFold(name, "raw_data") || strings.EqualFold(name, "event.original")
}

// ParseField resolves one field name, for facets.
func ParseField(name string) (Field, bool) {
	if name == "" || len(name) > maxName || strings.ContainsRune(name, 0) {
		return Field{}, false
	}
	return resolve(name), true
}

// value reads what follows "field:".
func (p *parser) value(f Field) (Expr, error) {
	start := p.pos
	test, err := p.readTest(f)
	if err != nil {
		return nil, err
	}
	if f.Kind == TimeKind {
		switch t := test.(type) {
		case Range, Exists:
		case Equal:
			test, err = p.timeEqual(start, t.Value.Text)
		default:
			err = p.fail(start, p.pos-start, `a time takes a comparison or a range, such as time:>now-15m or time:[2026-01-01 TO now]`)
		}
		if err != nil {
			return nil, err
		}
	}
	if eq, ok := test.(Equal); ok && f.Name == "class" && f.Envelope {
		if n, err := strconv.ParseUint(eq.Value.Text, 10, 32); err == nil {
			test = Equal{newValue(event.Class(n).String())}
		}
	}
	return p.leaf(start, Term{f, test})
}

func (p *parser) readTest(f Field) (Test, error) {
	start := p.pos
	switch c := p.peek(); c {
	case '"':
		text, err := p.phrase()
		return Equal{newValue(text)}, err
	case '[', '{':
		return p.readRange(f)
	case '>', '<':
		return p.comparison(f)
	case '/':
		if t, ok, err := p.readRegexp(); ok {
			return t, err
		}
	}
	g, err := p.bare("")
	if err != nil {
		return nil, err
	}
	if len(g) == 0 {
		return nil, p.fail(start, 0, `a value is missing after ":"; write field:* to ask whether the field is there`)
	}
	if onlyMany(g) {
		return Exists{}, nil
	}
	if _, ok := g.Literal(); !ok {
		return Like{g}, nil
	}
	text := string(g)
	if f.Kind == AddrKind && strings.Contains(text, "/") {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, p.fail(start, p.pos-start, "this is not an address prefix; write it like 10.0.0.0/8 or 2001:db8::/32")
		}
		if a := prefix.Addr(); a.Is4In6() && prefix.Bits() >= 96 {
			prefix = netip.PrefixFrom(a.Unmap(), prefix.Bits()-96)
		}
		return CIDR{prefix.Masked()}, nil
	}
	return Equal{newValue(text)}, nil
}

// readRegexp reads /re/. A path such as /api/v1 is not one: the closing slash
// must end the value, and no space may come before it.
func (p *parser) readRegexp() (Test, bool, error) {
	start := p.pos
	for i := start + 1; i < len(p.text) && !isSpace(p.text[i]); i++ {
		if p.text[i] == '\\' {
			i++
			continue
		}
		if p.text[i] != '/' {
			continue
		}
		if next := i + 1; next < len(p.text) && !isSpace(p.text[next]) && p.text[next] != ')' && p.text[next] != '|' {
			return nil, false, nil
		}
		source := p.text[start+1 : i]
		p.pos = i + 1
		if len(source) > MaxRegexp || source == "" {
			return nil, true, p.fail(start, p.pos-start, "a regular expression has 1 to 512 bytes")
		}
		re, err := compile(strings.ReplaceAll(source, `\/`, `/`))
		if err != nil {
			return nil, true, p.fail(start, p.pos-start, "this regular expression is not valid RE2 ("+err.Error()+"); to search for a path that ends in a slash, put it in quotes")
		}
		return Regexp{source, re}, true, nil
	}
	return nil, false, nil
}

// maxProgram bounds what repetitions such as \pL{1000} grow to: about 500 kB in
// RE2, whose own bound of 8 MB would otherwise fail the statement.
const maxProgram = 20_000

// compile normalises the syntax first, so that every engine that gets the
// pattern reads the same.
func compile(source string) (*regexp.Regexp, error) {
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	size := len(prog.Inst)
	for i := range prog.Inst {
		size += len(prog.Inst[i].Rune)
	}
	if size > maxProgram {
		return nil, errors.New("its repetitions and classes make it too large; use smaller ones")
	}
	return regexp.Compile(tree.String())
}

func (p *parser) comparison(f Field) (Test, error) {
	op := p.text[p.pos : p.pos+1]
	p.pos++
	if p.peek() == '=' {
		op += "="
		p.pos++
	}
	if p.filter {
		p.space()
	}
	v, err := p.bound(f, "")
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, p.fail(p.pos-1, 1, "a comparison needs a value, not *")
	}
	if op[0] == '>' {
		return Range{Lo: v, LoOpen: op == ">"}, nil
	}
	return Range{Hi: v, HiOpen: op == "<"}, nil
}

func (p *parser) readRange(f Field) (Test, error) {
	start := p.pos
	r := Range{LoOpen: p.text[p.pos] == '{'}
	p.pos++
	var err error
	p.space()
	if r.Lo, err = p.bound(f, "]}"); err != nil {
		return nil, err
	}
	if !p.keyword("to") {
		return nil, p.fail(start, p.pos-start, `a range is written [400 TO 499]; "TO" is missing`)
	}
	p.space()
	if r.Hi, err = p.bound(f, "]}"); err != nil {
		return nil, err
	}
	p.space()
	switch p.peek() {
	case ']':
	case '}':
		r.HiOpen = true
	default:
		return nil, p.fail(start, 1, `this range is never closed; add a "]" (end included) or "}" (end excluded)`)
	}
	p.pos++
	if r.Lo == nil && r.Hi == nil {
		return Exists{}, nil
	}
	r.LoOpen = r.LoOpen && r.Lo != nil // an absent end is neither open nor closed
	r.HiOpen = r.HiOpen && r.Hi != nil
	return r, nil
}

// bound reads one end of a range, nil for *.
func (p *parser) bound(f Field, stop string) (*Value, error) {
	start := p.pos
	var text string
	if p.peek() == '"' {
		var err error
		if text, err = p.phrase(); err != nil {
			return nil, err
		}
	} else {
		g, err := p.bare(stop)
		if err != nil {
			return nil, err
		}
		if len(g) > 0 && onlyMany(g) {
			return nil, nil
		}
		if len(g) == 0 {
			return nil, p.fail(start, 0, "a value is missing here; write * for an open end")
		}
		if _, ok := g.Literal(); !ok {
			return nil, p.fail(start, p.pos-start, `a comparison cannot have wildcards; escape them with \ if they are meant`)
		}
		text = string(g)
	}
	v := newValue(text)
	switch f.Kind {
	case TimeKind:
		lo, _, ok := parseTime(text, p.now, p.loc)
		if !ok {
			return nil, p.badTime(start)
		}
		v = timeValue(lo)
	case IntKind:
		if !v.isNum {
			return nil, p.fail(start, p.pos-start, f.Name+" is a number; compare it with one")
		}
	case RankKind:
		if _, ok := rankOf(v); !ok {
			return nil, p.fail(start, p.pos-start, "a severity is unknown, informational, low, medium, high, critical or fatal")
		}
	case AddrKind:
		if _, err := netip.ParseAddr(text); err != nil {
			return nil, p.fail(start, p.pos-start, f.Name+" is an address; compare it with one, or use a prefix such as 10.0.0.0/8")
		}
	}
	return &v, nil
}

func (p *parser) badTime(start int) error {
	return p.fail(start, p.pos-start, `this is not a time; write 2026-01-31T10:00:00Z, 2026-01-31, 2026-01-31T10:00@Europe/Prague, or now-15m (s, m, h, d, w, M, y; now/d is the start of today)`)
}

// timeEqual makes time:VALUE the whole day of a date, the second of a time
// without a fraction, or the exact instant.
func (p *parser) timeEqual(start int, text string) (Test, error) {
	lo, hi, ok := parseTime(text, p.now, p.loc)
	if !ok {
		return nil, p.badTime(start)
	}
	a, b := timeValue(lo), timeValue(hi)
	return Range{Lo: &a, Hi: &b}, nil
}

func timeValue(t time.Time) Value {
	v := newValue(t.UTC().Format(time.RFC3339Nano))
	v.ns = t.UnixNano()
	return v
}
