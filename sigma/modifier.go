package sigma

import (
	"regexp"
	"strings"
)

// modifiers is a field's modifier chain, read. Transformations keep the order
// in which they are written; the rest is a matter of which are present.
type modifiers struct {
	all, neq, cased, exists, fieldref, regex, cidr, expand bool
	regexFlags                                             string
	compare                                                Op
	timePart                                               string
	transforms                                             []string // windash, encodings, contains, startswith, endswith
}

// transformAliases maps each transforming modifier to the name it goes by here.
var transformAliases = map[string]string{
	"contains": "contains", "startswith": "startswith", "endswith": "endswith", "windash": "windash",
	"base64": "base64", "base64offset": "base64offset",
	"wide": "utf16le", "utf16le": "utf16le", "utf16be": "utf16be", "utf16": "utf16",
}

var regexFlags = map[string]string{
	"i": "i", "ignorecase": "i", "m": "m", "multiline": "m", "s": "s", "dotall": "s",
}

// readModifiers reads the names after a field's first '|'.
func readModifiers(names []string, where *Node) (modifiers, *Error) {
	var m modifiers
	for _, name := range names {
		if t, ok := transformAliases[name]; ok {
			m.transforms = append(m.transforms, t)
			continue
		}
		if f, ok := regexFlags[name]; ok {
			if !m.regex {
				return m, at(where, "modifier %q only follows re", name)
			}
			m.regexFlags += f
			continue
		}
		switch name {
		case "all":
			m.all = true
		case "neq":
			m.neq = true
		case "cased":
			m.cased = true
		case "exists":
			m.exists = true
		case "fieldref":
			m.fieldref = true
		case "re":
			m.regex = true
		case "cidr":
			m.cidr = true
		case "expand":
			m.expand = true
		case "lt", "lte", "gt", "gte":
			if m.compare != "" {
				return m, at(where, "only one of lt, lte, gt, gte can be given")
			}
			m.compare = Op(name)
		case "minute", "hour", "day", "week", "month", "year":
			if m.timePart != "" {
				return m, at(where, "only one part of a timestamp can be given")
			}
			m.timePart = name
		default:
			return m, at(where, "unknown modifier %q", name)
		}
	}
	return m, m.check(where)
}

// check refuses combinations that mean nothing.
func (m *modifiers) check(where *Node) *Error {
	var kinds []string
	for _, k := range []struct {
		set  bool
		name string
	}{
		{m.regex, "re"}, {m.cidr, "cidr"}, {m.exists, "exists"}, {m.fieldref, "fieldref"},
		{m.compare != "" || m.timePart != "", "a comparison or part of time"},
	} {
		if k.set {
			kinds = append(kinds, k.name)
		}
	}
	if len(kinds) > 1 {
		return at(where, "%s cannot be combined", strings.Join(kinds, " and "))
	}
	for _, t := range m.transforms {
		position := t == "contains" || t == "startswith" || t == "endswith"
		if len(kinds) == 1 && !(m.fieldref && position) {
			return at(where, "%s cannot be combined with %s", kinds[0], t)
		}
	}
	if m.cased && len(kinds) == 1 && !m.fieldref {
		return at(where, "cased cannot be combined with %s", kinds[0])
	}
	return nil
}

// compileRegex compiles an expression with its flags. Sigma's expressions are
// unanchored and care about case unless flagged otherwise.
func (m *modifiers) compileRegex(value *Node) (predicate, *Error) {
	source := value.Text()
	if m.regexFlags != "" {
		source = "(?" + m.regexFlags + ")" + source
	}
	re, most, err := compileBounded(source, value)
	if err != nil {
		return nil, err
	}
	return &regexTest{re, most}, nil
}

var placeholder = regexp.MustCompile(`%\w+%`)

// maxVariants bounds what placeholders can multiply one value into.
const maxVariants = 100_000

// expandText replaces each %name% by the caller's list; \% is a plain percent sign.
func (o Options) expandText(value *Node) ([]string, *Error) {
	texts := []string{""}
	add := func(choices []string) *Error {
		if len(texts)*len(choices) > maxVariants {
			return at(value, "placeholders give more than %d values", maxVariants)
		}
		var next []string
		for _, t := range texts {
			for _, c := range choices {
				next = append(next, t+c)
			}
		}
		texts = next
		return nil
	}
	rest := value.Text()
	for {
		loc := placeholder.FindStringIndex(rest)
		if loc == nil {
			break
		}
		if loc[0] > 0 && rest[loc[0]-1] == '\\' {
			if err := add([]string{rest[:loc[0]-1] + "%"}); err != nil {
				return nil, err
			}
			rest = rest[loc[0]+1:]
			continue
		}
		name := rest[loc[0]+1 : loc[1]-1]
		list, ok := o.Placeholders[name]
		if !ok || len(list) == 0 {
			return nil, at(value, "placeholder %%%s%% has no values", name)
		}
		choices := make([]string, len(list))
		for i, v := range list {
			choices[i] = rest[:loc[0]] + v
		}
		if err := add(choices); err != nil {
			return nil, err
		}
		rest = rest[loc[1]:]
	}
	return texts, add([]string{strings.ReplaceAll(rest, `\%`, "%")})
}
