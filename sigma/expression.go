package sigma

import (
	"fmt"
	"strings"
)

// Expression is a rule's condition taken apart, for those that write it in
// another language. It is a tree of and, or and not over tests.
type Expression struct {
	Op   ExpressionOp
	Kids []Expression // of And, Or, Not
	// Of a Test:
	Field string // "" for the whole event
	Test  TestOp
	Value string // wildcards as in Sigma: * and ?, escaped by a backslash
	Cased bool
}

// ExpressionOp is the kind of an Expression.
type ExpressionOp uint8

// The kinds.
const (
	And ExpressionOp = iota
	Or
	Not
	IsTest
)

// TestOp is what a test does.
type TestOp string

// The tests.
const (
	TestText    TestOp = "text"    // the whole value fits a pattern with wildcards
	TestRegex   TestOp = "regex"   // the expression is found in the value
	TestCIDR    TestOp = "cidr"    // the value is an address in the network
	TestNumber  TestOp = "number"  // the value is the number
	TestCompare TestOp = "compare" // Value is an operator and a number: "gte 5"
	TestPart    TestOp = "part"    // of a timestamp: "hour eq 3"
	TestExists  TestOp = "exists"
	TestNull    TestOp = "null"  // missing or null
	TestField   TestOp = "field" // equal to another field; Value is its name, with * where more may stand
)

// Expression takes the condition apart; several conditions are joined by or.
func (r *Rule) Expression() Expression {
	kids := make([]Expression, len(r.conditions))
	for i, c := range r.conditions {
		kids[i] = takeApart(c)
	}
	return joined(Or, kids)
}

func joined(op ExpressionOp, kids []Expression) Expression {
	if len(kids) == 1 {
		return kids[0]
	}
	var flat []Expression
	for _, k := range kids {
		if k.Op == op && op != Not {
			flat = append(flat, k.Kids...)
		} else {
			flat = append(flat, k)
		}
	}
	return Expression{Op: op, Kids: flat}
}

func takeApart(e expr) Expression {
	each := func(list []expr) []Expression {
		out := make([]Expression, len(list))
		for i, m := range list {
			out[i] = takeApart(m)
		}
		return out
	}
	switch e := e.(type) {
	case and:
		return joined(And, each(e))
	case or:
		return joined(Or, each(e))
	case not:
		return Expression{Op: Not, Kids: []Expression{takeApart(e.expr)}}
	case *selection:
		return takeApart(e.expr)
	}
	return e.(*item).expression()
}

func (it *item) expression() Expression {
	op := Or
	if it.all {
		op = And
	}
	var values []Expression
	for _, choices := range it.values {
		var either []Expression
		for _, p := range choices {
			for _, p := range spelled(p) {
				either = append(either, testOf(it.field, p))
			}
		}
		values = append(values, joined(Or, either))
	}
	out := joined(op, values)
	if it.neq {
		out = Expression{Op: Not, Kids: []Expression{out}}
	}
	return out
}

func testOf(field string, p predicate) Expression {
	t := Expression{Op: IsTest, Field: field}
	switch p := p.(type) {
	case *textTest:
		t.Test, t.Value, t.Cased = TestText, p.pattern.text(), p.pattern.cased
	case *regexTest:
		t.Test, t.Value, t.Cased = TestRegex, p.re.String(), true
	case *equalNumber:
		t.Test, t.Value = TestNumber, p.text
	case *numberTest:
		t.Test, t.Value = TestCompare, p.String()
		if p.part != "" {
			t.Test, t.Value = TestPart, p.part+" "+p.String()
		}
	case *cidrTest:
		t.Test, t.Value = TestCIDR, p.net.String()
	case nullTest:
		t.Test = TestNull
	case existsTest:
		t.Test = TestExists
		if !p.want {
			return Expression{Op: Not, Kids: []Expression{t}}
		}
	case *refTest:
		t.Test, t.Value, t.Cased = TestField, p.field, p.cased
		if p.openStart {
			t.Value = "*" + t.Value
		}
		if p.openEnd {
			t.Value += "*"
		}
	default:
		t.Test, t.Value = TestText, fmt.Sprint(p)
	}
	return t
}

// text writes a pattern in Sigma's notation; bytes that are no text are dropped.
func (p *pattern) text() string {
	var b strings.Builder
	for i, run := range p.runs {
		if i > 0 {
			b.WriteByte('*')
		}
		for _, r := range run {
			switch {
			case r == anyRune:
				b.WriteByte('?')
			case r == anyDash:
				b.WriteByte('-')
			case r == '*' || r == '?' || r == '\\':
				b.WriteByte('\\')
				b.WriteRune(r)
			case r >= 0 && r <= 0x10ffff:
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}
