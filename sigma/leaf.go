package sigma

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A leaf is one predicate on one field, the same for all rules that use it.
type leaf struct {
	field int32
	op    keyOp  // opNone: only pred can tell
	lit   string // for text operations; lower case unless cased
	cased bool
	pred  predicate
	need  [][]string // texts without one of each list cannot fit (regular expressions)
	min   int        // nor can texts of fewer bytes
	keys  []key      // when the leaf holds, one of these stands in the value; none: cannot be indexed
	sure  bool       // and the other way round
}

// key is what an index looks for in a field's value.
type key struct {
	op     keyOp
	lit    string // lower case
	number float64
	net    netip.Prefix
}

type keyOp uint8

const (
	opNone keyOp = iota
	opExact
	opPrefix
	opSuffix
	opContains
	opNumber  // equal numbers
	opAtLeast // numbers at least as large as number
	opAtMost
	opNet
	opPresent
)

// newLeaf reads what a predicate asks for.
func newLeaf(field int32, p predicate) *leaf {
	l := &leaf{field: field, pred: p}
	switch p := p.(type) {
	case *textTest:
		l.readPattern(&p.pattern)
	case *equalNumber:
		l.keys = []key{{op: opNumber, number: p.number}, {op: opExact, lit: strings.ToLower(p.text)}}
	case *regexTest:
		l.need, l.min = requirements(p.re.String())
		l.keys = rarest(l.need)
	case *cidrTest:
		l.keys, l.sure = []key{{op: opNet, net: p.net.Masked()}}, true
	case *numberTest:
		if p.part != "" {
			break
		}
		switch p.op {
		case Gt, Gte:
			l.keys = []key{{op: opAtLeast, number: p.number}}
		case Lt, Lte:
			l.keys = []key{{op: opAtMost, number: p.number}}
		}
	case existsTest:
		if p.want {
			l.keys, l.sure = []key{{op: opPresent}}, true
		}
	case *refTest:
		l.keys = []key{{op: opPresent}}
	}
	return l
}

// readPattern recognises the plain forms; of others it takes the longest run
// of ASCII characters, which the value must hold in any case.
func (l *leaf) readPattern(p *pattern) {
	first, last := p.runs[0], p.runs[len(p.runs)-1]
	lit, plain := asciiRun(first)
	op := opExact
	switch n := len(p.runs); {
	case n == 2 && len(first) == 0 && len(last) == 0:
		l.keys = []key{{op: opPresent}}
		return
	case n == 2 && len(first) == 0:
		op = opSuffix
		lit, plain = asciiRun(last)
	case n == 2 && len(last) == 0:
		op = opPrefix
	case n == 3 && len(first) == 0 && len(last) == 0:
		op = opContains
		lit, plain = asciiRun(p.runs[1])
	case n > 1:
		plain = false
	}
	if plain {
		l.op, l.lit, l.cased, l.sure = op, lit, p.cased, !p.cased
		l.keys = []key{{op: op, lit: strings.ToLower(lit)}}
		if lit == "" && op != opExact {
			l.keys = []key{{op: opPresent}}
			l.sure = false
		}
		return
	}
	best := ""
	for _, run := range p.runs {
		for i := 0; i < len(run); {
			j := i
			for j < len(run) && run[j] >= 0 && run[j] < utf8.RuneSelf {
				j++
			}
			if j-i > len(best) {
				best = string(run[i:j])
			}
			i = j + 1
		}
	}
	if best != "" {
		l.keys = []key{{op: opContains, lit: strings.ToLower(best)}}
	}
}

// asciiRun returns a run as text, if it is made of ASCII characters alone.
// Those equal ASCII bytes only, so bytes can be compared instead of characters.
func asciiRun(run []rune) (string, bool) {
	b := make([]byte, len(run))
	for i, r := range run {
		if r < 0 || r >= utf8.RuneSelf {
			return "", false
		}
		b[i] = byte(r)
	}
	return string(b), true
}

// holds tests the leaf's field. The result is that of the predicate.
func (l *leaf) holds(r *Record, f *recordField) bool {
	switch {
	case f == nil:
		return l.pred.holds(Value{}, false, r)
	case l.op != opNone:
		for i := f.from; i < f.to; i++ {
			if l.fits(r.members[i].text) {
				return true
			}
		}
		return false
	case l.need != nil || l.min > 0:
		for i := f.from; i < f.to; i++ {
			if l.may(r.members[i].text) {
				return l.pred.holds(f.value, true, r)
			}
		}
		return false
	}
	return l.pred.holds(f.value, true, r)
}

// holdsText is holds for one text of the whole event.
func (l *leaf) holdsText(r *Record, text string) bool {
	if l.op != opNone {
		return l.fits(text)
	}
	return l.may(text) && l.pred.holds(StringValue(text), true, r)
}

// may reports whether a text has what the predicate cannot do without.
func (l *leaf) may(text string) bool {
	if len(text) < l.min {
		return false
	}
next:
	for _, any := range l.need {
		for _, lit := range any {
			if containsFold(text, lit) {
				continue next
			}
		}
		return false
	}
	return true
}

func (l *leaf) fits(text string) bool {
	n := len(l.lit)
	if len(text) < n {
		return false
	}
	switch l.op {
	case opExact:
		return len(text) == n && l.same(text)
	case opPrefix:
		return l.same(text[:n])
	case opSuffix:
		return l.same(text[len(text)-n:])
	}
	if l.cased {
		return strings.Contains(text, l.lit)
	}
	return containsFold(text, l.lit)
}

func (l *leaf) same(text string) bool {
	if l.cased {
		return text == l.lit
	}
	return equalFold(text, l.lit)
}

// containsFold looks for lower-case ASCII text without regard to case.
func containsFold(text, lit string) bool {
	n := len(lit)
	if n == 0 {
		return true
	}
	if n < 4 {
		for i := 0; i+n <= len(text); i++ {
			if lower[text[i]] == lit[0] && equalFold(text[i:i+n], lit) {
				return true
			}
		}
		return false
	}
	// Four bytes at once from the rarer end; the rest only where they fit.
	off := n - 4
	want := gram4(lit, off)
	for i := off; i+4 <= len(text)-(n-off-4); i++ {
		if gram4(text, i) == want && equalFold(text[i-off:i-off+n], lit) {
			return true
		}
	}
	return false
}

// identity tells leaves apart: equal texts mean the same test.
func (l *leaf) identity() string {
	b := strconv.AppendInt(nil, int64(l.field), 10)
	b = append(b, ' ', '0'+byte(l.op))
	if l.op != opNone {
		if l.cased {
			b = append(b, 'c')
		}
		return string(append(append(b, ' '), l.lit...))
	}
	switch p := l.pred.(type) {
	case *textTest:
		b = append(b, "text "...)
		if p.pattern.cased {
			b = append(b, "cased "...)
		}
		for _, run := range p.pattern.runs {
			b = append(b, '(')
			for _, r := range run {
				b = append(strconv.AppendInt(b, int64(r), 36), ' ')
			}
		}
	case *regexTest:
		b = append(append(b, "regex "...), p.re.String()...)
	case *refTest:
		b = append(b, "ref "...)
		b = strconv.AppendBool(b, p.openStart)
		b = strconv.AppendBool(b, p.openEnd)
		b = strconv.AppendBool(b, p.cased)
		b = append(b, p.field...)
	case *numberTest:
		b = append(append(append(b, "number "...), p.part...), p.String()...)
	case *equalNumber:
		b = strconv.AppendFloat(append(b, "equal "...), p.number, 'g', -1, 64)
		b = append(append(b, ' '), p.text...)
	default:
		b = append(append(b, "other "...), p.String()...)
	}
	return string(b)
}
