package sigma

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// requirements reads off an expression what a text must have to match: one
// literal out of each list (lower-case ASCII, to be looked for without regard
// to case), and a length in bytes. Checking that first spares running the
// expression on nearly every text.
func requirements(expr string) (need [][]string, length int) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, 0
	}
	re = re.Simplify()
	return required(re), minLength(re)
}

// Limits of what is taken from one expression.
const (
	maxNeed         = 8
	maxAlternatives = 64
)

func required(re *syntax.Regexp) [][]string {
	switch re.Op {
	case syntax.OpLiteral:
		return literals(re)
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var all [][]string
		for _, sub := range re.Sub {
			all = append(all, required(sub)...)
		}
		return all[:min(len(all), maxNeed)]
	case syntax.OpAlternate:
		var either []string
		for _, sub := range re.Sub {
			best := longest(required(sub))
			if best == nil || len(either)+len(best) > maxAlternatives {
				return nil
			}
			either = append(either, best...)
		}
		return [][]string{either}
	}
	return nil
}

// literals cuts a literal into runs of ASCII characters. Without regard to
// case k and s also match the Kelvin sign and the long s, so runs end there.
func literals(re *syntax.Regexp) [][]string {
	var out [][]string
	var run strings.Builder
	end := func() {
		if run.Len() > 0 {
			out = append(out, []string{run.String()})
			run.Reset()
		}
	}
	for _, r := range re.Rune {
		if r >= utf8.RuneSelf || re.Flags&syntax.FoldCase != 0 && strings.ContainsRune("kKsS", r) {
			end()
			continue
		}
		run.WriteByte(lower[r])
	}
	end()
	return out
}

// longest picks the list whose shortest literal is longest.
func longest(lists [][]string) []string {
	var best []string
	most := 0
	for _, list := range lists {
		if n := shortest(list); n > most || n == most && len(list) < len(best) {
			best, most = list, n
		}
	}
	return best
}

func shortest(list []string) int {
	n := 1 << 30
	for _, s := range list {
		n = min(n, len(s))
	}
	return n
}

// rarest makes index keys of the list that is the least likely to be found.
func rarest(need [][]string) []key {
	var out []key
	for _, lit := range longest(need) {
		out = append(out, key{op: opContains, lit: lit})
	}
	return out
}

// minLength is the number of bytes of the shortest text that can match.
func minLength(re *syntax.Regexp) int {
	const most = 1 << 20
	n := 0
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune) // a character of one byte at least
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		n = 1
	case syntax.OpCapture, syntax.OpPlus:
		n = minLength(re.Sub[0])
	case syntax.OpRepeat:
		n = re.Min * minLength(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			n += minLength(sub)
		}
	case syntax.OpAlternate:
		n = most
		for _, sub := range re.Sub {
			n = min(n, minLength(sub))
		}
	}
	return min(n, most)
}

// anyRun recognises an expression that asks just for a number of characters in
// a row, such as .{1000,}; lines is true where a line end breaks the row.
func anyRun(expr string) (n int, lines, ok bool) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil || re.Op != syntax.OpRepeat || re.Min == 0 {
		return 0, false, false
	}
	switch re.Sub[0].Op {
	case syntax.OpAnyCharNotNL:
		return re.Min, true, true
	case syntax.OpAnyChar:
		return re.Min, false, true
	}
	return 0, false, false
}

func longRun(text string, n int, lines bool) bool {
	row := 0
	for _, r := range text {
		if row++; lines && r == '\n' {
			row = 0
		}
		if row >= n {
			return true
		}
	}
	return false
}
