package query

import "strings"

// The printed form spells the tree out; it can be longer than MaxText where
// the text wrote field:(a or b).

func (All) String() string { return "" }

func (a And) String() string { return join(a.Of, " and ") }

func (o Or) String() string { return join(o.Of, " or ") }

func (n Not) String() string { return "not " + operand(n.Of) }

func (t Text) String() string { return quoteGlob(t.Pattern) }

func join(of []Expr, with string) string {
	var b strings.Builder
	for i, x := range of {
		if i > 0 {
			b.WriteString(with)
		}
		b.WriteString(operand(x))
	}
	return b.String()
}

// operand prints a member: what binds more loosely gets parentheses.
func operand(x Expr) string {
	switch x.(type) {
	case And, Or:
		return "(" + x.String() + ")"
	case All:
		return "*"
	}
	return x.String()
}

func (t Term) String() string {
	return t.Field.quoted() + ":" + printTest(t.Test)
}

func printTest(t Test) string {
	switch t := t.(type) {
	case Equal:
		return quote(t.Value.Text)
	case Like:
		return quoteGlob(t.Pattern)
	case CIDR:
		return t.Prefix.String()
	case Regexp:
		return "/" + t.Source + "/"
	case Range:
		return t.print()
	}
	return "*"
}

func (r Range) print() string {
	switch {
	case r.Hi == nil && r.LoOpen:
		return ">" + quote(r.Lo.Text)
	case r.Hi == nil:
		return ">=" + quote(r.Lo.Text)
	case r.Lo == nil && r.HiOpen:
		return "<" + quote(r.Hi.Text)
	case r.Lo == nil:
		return "<=" + quote(r.Hi.Text)
	}
	left, right := "[", "]"
	if r.LoOpen {
		left = "{"
	}
	if r.HiOpen {
		right = "}"
	}
	return left + quote(r.Lo.Text) + " TO " + quote(r.Hi.Text) + right
}

// quote prints text bare where that reads back as itself, else in quotes.
func quote(s string) string {
	plain := s != ""
	for i := range len(s) {
		c := s[i]
		plain = plain && ('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '@')
	}
	switch strings.ToLower(s) {
	case "and", "or", "not", "to":
		plain = false
	}
	if plain {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// quoteGlob prints a pattern with every special character escaped.
func quoteGlob(g Glob) string {
	wild := false
	for _, r := range g {
		wild = wild || r < 0
	}
	if !wild {
		return quote(string(g))
	}
	var b strings.Builder
	for _, r := range g {
		switch {
		case r == Many:
			b.WriteByte('*')
		case r == One:
			b.WriteByte('?')
		case r < 0x80 && strings.ContainsRune(special, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
