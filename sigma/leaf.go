package sigma

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A leaf is one predicate on one field, the same for all rules that use it.
type leaf struct {
	field int32
	op    keyOp    // opNone: only pred can tell
	lit   string   // for text operations; lower case unless cased
	runs  []string // of opRuns: texts that follow one another, the outer ones at the value's ends
	cased bool
	pred  predicate
	need  [][]string // texts without one of each list cannot fit (regular expressions)
	min   int        // nor can texts of fewer bytes; of opLong: how many characters in a row
	lines bool       // of opLong: a line end breaks the row
	most  int        // of opLong: how many bytes of a text it looks at
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
	opRuns // of leaves only, like the next
	opLong // so many characters, whatever they are
)

// newLeaf reads what a predicate asks for.
func newLeaf(field int32, p predicate) *leaf {
	l := &leaf{field: field, pred: p}
	switch p := p.(type) {
	case *textTest:
		l.readPattern(&p.pattern)
	case *equalNumber:
		l.keys = []key{{op: opNumber, number: p.number}, {op: opExact, lit: lowerASCII(p.text)}}
	case *regexTest:
		l.need, l.min = requirements(p.re.String())
		l.keys = rarest(l.need)
		if n, lines, ok := anyRun(p.re.String()); ok {
			l.op, l.min, l.lines, l.most, l.keys = opLong, n, lines, p.most, []key{{op: opPresent}}
		}
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

// readPattern recognises the plain forms: runs of bytes, alone, at an end of
// the value, or in order. Of others it takes the bytes that a value must hold.
func (l *leaf) readPattern(p *pattern) {
	runs, plain, letters := make([]string, len(p.runs)), true, false
	for i, run := range p.runs {
		text, ok := byteRun(run, p.cased)
		runs[i], plain, letters = text, plain && ok, letters || hasLetter(text)
	}
	cased := p.cased && letters
	first, last := runs[0], runs[len(runs)-1]
	n := len(runs)
	switch {
	case !plain:
		l.readPieces(p)
	case n == 1:
		l.plain(opExact, first, cased)
	case n == 2 && first == "" && last == "" || n == 3 && first+runs[1]+last == "":
		l.keys = []key{{op: opPresent}}
	case n == 2 && first == "":
		l.plain(opSuffix, last, cased)
	case n == 2 && last == "":
		l.plain(opPrefix, first, cased)
	case n == 3 && first+last == "":
		l.plain(opContains, runs[1], cased)
	default:
		l.op, l.cased, l.runs = opRuns, cased, runs
		longest := ""
		for _, r := range runs {
			if len(r) > len(longest) {
				longest = r
			}
		}
		l.keys = []key{{op: opContains, lit: lowerASCII(longest)}}
		if longest == "" {
			l.keys[0].op = opPresent
		}
	}
}

func (l *leaf) plain(op keyOp, lit string, cased bool) {
	l.op, l.lit, l.cased, l.sure = op, lit, cased, !cased
	l.keys = []key{{op: op, lit: lowerASCII(lit)}}
}

// readPieces takes the byte runs of a pattern with other characters between.
func (l *leaf) readPieces(p *pattern) {
	for _, run := range p.runs {
		for i := 0; i < len(run); {
			j := i
			for j < len(run) && isPlain(run[j], p.cased) {
				j++
			}
			if text, _ := byteRun(run[i:j], p.cased); text != "" {
				l.need = append(l.need, []string{lowerASCII(text)})
			}
			i = j + 1
		}
	}
	l.keys = rarest(l.need)
}

// isPlain reports whether a character of a pattern equals just its own bytes,
// besides the case of ASCII letters: then bytes can be compared instead of
// characters, since no character's bytes start inside another's.
func isPlain(r rune, cased bool) bool {
	return r >= 0 && r < utf8.RuneSelf || r >= utf8.RuneSelf && r <= unicode.MaxRune && r != utf8.RuneError &&
		(cased || unicode.SimpleFold(r) == r && unicode.ToLower(r) == r)
}

func byteRun(run []rune, cased bool) (string, bool) {
	for _, r := range run {
		if !isPlain(r, cased) {
			return "", false
		}
	}
	return string(run), true
}

// hasLetter reports whether a text has ASCII letters, whose case can matter.
func hasLetter(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := lower[s[i]]; 'a' <= c && c <= 'z' {
			return true
		}
	}
	return false
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = lower[c]
	}
	return string(b)
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
	switch l.op {
	case opRuns:
		return l.follow(text)
	case opLong:
		return len(text) >= l.min && longRun(bounded(text, l.most), l.min, l.lines)
	}
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

// follow reports whether the runs stand in the text one after the other.
// Taking the leftmost place for each leaves the most for the rest.
func (l *leaf) follow(text string) bool {
	first, last := l.runs[0], l.runs[len(l.runs)-1]
	if len(text) < len(first)+len(last) || !l.equal(text[:len(first)], first) || !l.equal(text[len(text)-len(last):], last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, run := range l.runs[1 : len(l.runs)-1] {
		at := -1
		if l.cased {
			at = strings.Index(text, run)
		} else {
			at = indexFold(text, run)
		}
		if at < 0 {
			return false
		}
		text = text[at+len(run):]
	}
	return true
}

func (l *leaf) equal(a, b string) bool { return a == b || !l.cased && equalFold(a, b) }

func containsFold(text, lit string) bool { return indexFold(text, lit) >= 0 }

// indexFold finds lower-case text without regard to the case of ASCII letters.
func indexFold(text, lit string) int {
	n := len(lit)
	if n == 0 {
		return 0
	}
	if n < 4 {
		for i := 0; i+n <= len(text); i++ {
			if lower[text[i]] == lit[0] && equalFold(text[i:i+n], lit) {
				return i
			}
		}
		return -1
	}
	// Four bytes at once from the end, which is rarer; the rest only where they fit.
	off := n - 4
	want := gram4(lit, off)
	for i := off; i+4 <= len(text); i++ {
		if gram4(text, i) == want && equalFold(text[i-off:i-off+n], lit) {
			return i - off
		}
	}
	return -1
}

// identity tells leaves apart: equal texts mean the same test.
func (l *leaf) identity() string {
	b := strconv.AppendInt(nil, int64(l.field), 10)
	b = append(b, ' ', '0'+byte(l.op))
	if l.op != opNone && l.op != opLong {
		if l.cased {
			b = append(b, 'c')
		}
		for _, run := range l.runs {
			b = append(strconv.AppendQuote(b, run), ' ')
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
