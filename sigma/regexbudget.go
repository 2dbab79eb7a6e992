package sigma

import (
	"regexp"
	"regexp/syntax"
)

// Regular expressions are RE2, whose time grows with the instructions of the
// compiled program times the bytes of the text, and no worse. Both are bounded:
// an expression of more than maxInstructions is rejected (nested counted
// repetition multiplies; RE2 itself refuses more than a thousand), and of a text
// only so much is looked at that the product stays within maxSteps: 6,700 bytes
// for the largest expression, 300 kB and more for usual ones.
const (
	maxInstructions = 10_000
	maxSteps        = 64 << 20
)

// compileBounded compiles an expression and returns how many bytes of a text
// it may look at.
func compileBounded(source string, where *Node) (*regexp.Regexp, int, *Error) {
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, 0, at(where, "%s (expressions are RE2: no look-around, no back-references)", err)
	}
	parsed, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, 0, at(where, "%s", err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, 0, at(where, "%s", err)
	}
	n := len(program.Inst)
	if n > maxInstructions {
		return nil, 0, at(where, "the expression compiles to %d instructions; at most %d are allowed", n, maxInstructions)
	}
	return re, maxSteps / n, nil
}

// bounded cuts a text that is too long for the budget. A byte that is no
// character stands where it was cut, so that no expression takes that for the
// end.
func bounded(text string, most int) string {
	if most <= 0 || len(text) <= most {
		return text
	}
	return text[:most] + "\xff"
}
