package query

import (
	"regexp/syntax"
	"strings"
)

// Need is what the text of an event must hold for a query to match, so that
// stores can pass over blocks of events without it. It is a necessary
// condition, never a sufficient one: every Words, Parts and All is needed, and
// one of Any when there are some. The zero Need asks for nothing.
//
// Text here is lower-cased as strings.ToLower does. Words are whole words of
// ASCII letters, digits and underscores; Parts are contained somewhere in the
// message, the raw text, a native field's value or a normalised column; Values
// are the whole of a native field's or a column's value. Quads are addresses:
// four whole words of one to three digits that dots join.
type Need struct {
	Words, Parts, Values, Quads []string
	All, Any                    []Need
}

// Nothing reports whether the need asks for nothing.
func (n Need) Nothing() bool {
	return len(n.Words)+len(n.Parts)+len(n.Values)+len(n.Quads)+len(n.All)+len(n.Any) == 0
}

// Needs derives the need of a query.
func Needs(x Expr) Need {
	switch x := x.(type) {
	case And:
		var n Need
		for _, of := range x.Of {
			if m := Needs(of); !m.Nothing() {
				n.All = append(n.All, m)
			}
		}
		return n
	case Or:
		return anyOf(x.Of, Needs)
	case Text:
		return ofPattern(x.Pattern)
	case Term:
		return ofTerm(x)
	}
	return Need{}
}

// anyOf needs one of several, and nothing as soon as one of them needs nothing.
func anyOf[T any](of []T, needs func(T) Need) Need {
	var n Need
	for _, x := range of {
		m := needs(x)
		if m.Nothing() {
			return Need{}
		}
		n.Any = append(n.Any, m)
	}
	return n
}

func ofTerm(t Term) Need {
	switch t.Field.Kind {
	case LongText:
		switch v := t.Test.(type) {
		case Equal:
			return ofText(v.Value.Lower(), true, true)
		case Like:
			return ofPattern(v.Pattern)
		}
	case Native, TextKind, AddrKind:
		if t.Field.Envelope && t.Field.Name != "source" && t.Field.Name != "peer" {
			return Need{} // few values, in every block: not worth a filter
		}
		switch v := t.Test.(type) {
		case Equal:
			text := v.Value.Lower()
			if t.Field.Kind == AddrKind {
				text = strings.ToLower(AddrText(v.Value.Text))
			}
			if text != "" {
				return Need{Values: []string{text}}
			}
		case Like:
			return ofPattern(v.Pattern)
		}
	}
	if v, ok := t.Test.(Regexp); ok && (t.Field.Kind == LongText || t.Field.Kind == Native || t.Field.Kind == TextKind && !t.Field.Envelope) {
		if tree, err := syntax.Parse(v.Pattern(), syntax.Perl); err == nil {
			return ofRegexp(tree)
		}
	}
	return Need{}
}

// ofPattern needs each run of plain text between wildcards. A run's words are
// whole at an end of the pattern, where the language asks for a boundary, and
// may be cut next to a wildcard.
func ofPattern(g Glob) Need {
	var n Need
	start := 0
	for i := range len(g) + 1 {
		if i < len(g) && g[i] >= 0 {
			continue
		}
		if i > start {
			text, _ := g[start:i].Literal()
			m := ofText(strings.ToLower(text), start == 0, i == len(g))
			n.Words, n.Parts, n.Quads = append(n.Words, m.Words...), append(n.Parts, m.Parts...), append(n.Quads, m.Quads...)
		}
		start = i + 1
	}
	return n
}

// ofText needs the text itself and the whole words in it; head and tail say
// whether those at its ends are whole.
func ofText(lower string, head, tail bool) Need {
	n := Need{Parts: []string{lower}}
	octets := 0 // whole words of digits in a row that dots join
	for start := 0; start < len(lower); {
		for start < len(lower) && !WordByte(lower[start]) {
			start++
		}
		end := start
		for end < len(lower) && WordByte(lower[end]) {
			end++
		}
		if end == start {
			break
		}
		word := lower[start:end]
		whole := (start > 0 || head) && (end < len(lower) || tail)
		if whole {
			n.Words = append(n.Words, word)
		}
		switch {
		case !whole || !Octet(word):
			octets = 0
		case octets > 0 && lower[start-1] == '.' && start > 1 && WordByte(lower[start-2]):
			octets++
		default:
			octets = 1
		}
		if octets >= 4 {
			n.Quads = append(n.Quads, strings.Join(n.Words[len(n.Words)-4:], "."))
		}
		start = end
	}
	return n
}

// Octet reports whether a word can be a part of a dotted quad.
func Octet(word string) bool {
	for _, c := range []byte(word) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(word) >= 1 && len(word) <= 3
}

// Only reports whether every term of a query is of a field that is allowed. Free
// text is of all fields.
func Only(x Expr, allowed func(Field) bool) bool {
	all := func(of []Expr) bool {
		for _, x := range of {
			if !Only(x, allowed) {
				return false
			}
		}
		return true
	}
	switch x := x.(type) {
	case All:
		return true
	case And:
		return all(x.Of)
	case Or:
		return all(x.Of)
	case Not:
		return Only(x.Of, allowed)
	case Term:
		return allowed(x.Field)
	}
	return false
}

// WordByte reports whether a byte belongs to a word.
func WordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// ofRegexp needs the literals that every match holds. Letters with more than
// one lower-case form in folding (K, S) end a literal, as the lower-cased text
// need not have the same one.
func ofRegexp(re *syntax.Regexp) Need {
	switch re.Op {
	case syntax.OpLiteral:
		return ofLiteral(re.Rune, re.Flags&syntax.FoldCase != 0)
	case syntax.OpCapture, syntax.OpPlus:
		return ofRegexp(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return ofRegexp(re.Sub[0])
		}
	case syntax.OpConcat:
		var n Need
		for _, sub := range re.Sub {
			if m := ofRegexp(sub); !m.Nothing() {
				n.All = append(n.All, m)
			}
		}
		return n
	case syntax.OpAlternate:
		return anyOf(re.Sub, ofRegexp)
	}
	return Need{}
}

func ofLiteral(runes []rune, fold bool) Need {
	var n Need
	var run []rune
	end := func() {
		if len(run) > 0 {
			n.Parts = append(n.Parts, strings.ToLower(string(run)))
		}
		run = run[:0]
	}
	for _, r := range runes {
		if fold && (r >= 0x80 || strings.ContainsRune("kKsS", r)) {
			end()
			continue
		}
		run = append(run, r)
	}
	end()
	return n
}
