package sigma

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// foldable are the modifiers whose values are strings that can be changed.
// contains, startswith and endswith are written out as wildcards for that.
var foldable = []string{"contains", "startswith", "endswith", "all", "cased", "neq", "expand"}

func isString(d *detectionItem) bool {
	return !slices.ContainsFunc(d.modifiers, func(m string) bool { return !slices.Contains(foldable, m) })
}

// folded is a value's text with the wildcards of its modifiers.
func folded(d *detectionItem, v *Node) string {
	if v.Scalar.kind != String {
		return v.Text()
	}
	parts := parseString(v.Text())
	for _, m := range d.modifiers {
		switch m {
		case "contains":
			parts = surround(parts, true, true)
		case "startswith":
			parts = surround(parts, false, true)
		case "endswith":
			parts = surround(parts, true, false)
		}
	}
	return sigmaText(parts)
}

// sigmaText writes parts in Sigma's notation. A backslash is doubled only where
// it would escape something.
func sigmaText(parts []part) string {
	var b strings.Builder
	for i, p := range parts {
		switch p.wild {
		case anyText:
			if i > 0 && parts[i-1].wild == anyText {
				continue
			}
			b.WriteByte('*')
		case anyRune:
			b.WriteByte('?')
		default:
			for j := range len(p.lit) {
				c := p.lit[j]
				switch {
				case c == '*' || c == '?':
					b.WriteByte('\\')
				case c == '\\' && (j+1 < len(p.lit) && strings.IndexByte(`*?\`, p.lit[j+1]) >= 0 || j+1 == len(p.lit) && i+1 < len(parts)):
					b.WriteByte('\\')
				}
				b.WriteByte(c)
			}
		}
	}
	return b.String()
}

// eachValue runs a transformation of values over an item.
func (r *processing) eachValue(d *detectionItem) ([]detectionItem, bool, *Error) {
	if !isString(d) {
		return []detectionItem{*d}, false, nil
	}
	changed := false
	value := &Node{Kind: ListNode, Line: d.value.Line, Column: d.value.Column}
	for _, v := range d.values() {
		if v.Kind != ScalarNode {
			return []detectionItem{*d}, false, nil
		}
		text := *v
		if v.Scalar.kind == String {
			text.Scalar = StringValue(folded(d, v))
		}
		made, ok, err := r.step.transform.value(r, &text)
		if err != nil {
			return nil, false, err
		}
		if !ok {
			made = []*Node{&text}
		}
		changed = changed || ok
		value.Items = append(value.Items, made...)
	}
	if !changed {
		return []detectionItem{*d}, false, nil
	}
	if len(value.Items) == 1 {
		value = value.Items[0]
	}
	out := *d
	out.value = value
	out.modifiers = slices.DeleteFunc(slices.Clone(d.modifiers), func(m string) bool { return m == "contains" || m == "startswith" || m == "endswith" })
	if len(value.Items) == 0 && value.Kind == ListNode {
		return nil, true, nil
	}
	return []detectionItem{out}, true, nil
}

func text(like *Node, s string) *Node {
	return &Node{Line: like.Line, Column: like.Column, Scalar: StringValue(s)}
}

// readValueStep reads transformations of values.
func readValueStep(kind string, n *Node) (t transformation, ours bool, err *Error) {
	switch kind {
	case "replace_string":
		t, err = readReplace(n)
		return t, true, err
	case "map_string":
		m, err := n.mapping("mapping")
		t.value = func(_ *processing, v *Node) (out []*Node, ok bool, err *Error) {
			to, ok := m[v.Text()]
			for _, s := range to {
				out = append(out, text(v, s))
			}
			return out, ok && v.Scalar.kind == String, nil
		}
		return t, true, err
	case "set_value":
		v, err := forced(n.Get("value"), n.Get("force_type").Text(), n)
		t.value = func(_ *processing, old *Node) ([]*Node, bool, *Error) {
			return []*Node{{Line: old.Line, Column: old.Column, Scalar: v}}, true, nil
		}
		return t, true, err
	case "convert_type":
		target := n.Get("target_type").Text()
		if target != "str" && target != "num" {
			return t, true, at(n, "target_type is str or num")
		}
		t.value = func(_ *processing, v *Node) ([]*Node, bool, *Error) {
			if v.isNull() {
				return nil, false, nil
			}
			to, err := forced(v, target, v)
			return []*Node{{Line: v.Line, Column: v.Column, Scalar: to}}, true, err
		}
		return t, true, nil
	case "case":
		change := letterCase(n.Get("method").Text())
		if change == nil {
			return t, true, at(n, "method is lower, upper or snake_case")
		}
		t.value = func(_ *processing, v *Node) ([]*Node, bool, *Error) {
			return []*Node{text(v, change(v.Text()))}, v.Scalar.kind == String, nil
		}
		return t, true, nil
	case "regex":
		t, err = readRegexStep(n)
		return t, true, err
	case "hashes_fields":
		t, err = readHashes(n)
		return t, true, err
	}
	return t, false, nil
}

// forced gives a value a type.
func forced(v *Node, target string, where *Node) (Value, *Error) {
	if v == nil || v.Kind != ScalarNode {
		return Value{}, at(where, "a plain value is needed")
	}
	switch target {
	case "":
		return v.Scalar, nil
	case "str":
		return StringValue(v.Text()), nil
	case "num":
		if n, err := strconv.ParseInt(v.Text(), 10, 64); err == nil {
			return IntValue(n), nil
		}
		if f, ok := v.Scalar.Number(); ok {
			return FloatValue(f), nil
		}
	}
	return Value{}, at(where, "%q cannot become %s", v.Text(), target)
}

var pythonGroup = regexp.MustCompile(`\\(\d+|g<\w+>)`)

// readReplace reads replace_string. Groups are written as Python does: \1 or
// \g<name>.
func readReplace(n *Node) (t transformation, err *Error) {
	source, err := n.need("regex")
	if err != nil {
		return t, err
	}
	re, _, err := compileBounded(source, n.Get("regex"))
	if err != nil {
		return t, err
	}
	replacement := strings.ReplaceAll(n.Get("replacement").Text(), "$", "$$")
	replacement = pythonGroup.ReplaceAllStringFunc(replacement, func(g string) string {
		return "${" + strings.Trim(g, `\g<>`) + "}"
	})
	special, interpret := n.flag("skip_special"), n.flag("interpret_special")
	t.value = func(_ *processing, v *Node) ([]*Node, bool, *Error) {
		if v.Scalar.kind != String && v.Scalar.kind != Int && v.Scalar.kind != Float {
			return nil, false, nil
		}
		old := v.Text()
		if (len(old)+1)*(len(replacement)+1) > maxMade {
			return nil, false, at(v, "the replacement makes more than %d bytes of one value", maxMade)
		}
		made := ""
		if special {
			var parts []part
			for _, p := range parseString(old) {
				if p.wild == 0 {
					p.lit = re.ReplaceAllString(p.lit, replacement)
					if interpret {
						parts = append(parts, parseString(p.lit)...)
						continue
					}
				}
				parts = append(parts, p)
			}
			made = sigmaText(parts)
		} else {
			made = re.ReplaceAllString(old, replacement)
		}
		return []*Node{text(v, made)}, made != old, nil
	}
	return t, nil
}

// readRegexStep reads regex: strings become regular expressions that mean the
// same, but for their case where the method says so.
func readRegexStep(n *Node) (t transformation, err *Error) {
	method := n.Get("method").Text()
	if !slices.Contains([]string{"", "plain", "ignore_case_flag", "ignore_case_brackets"}, method) {
		return t, at(n.Get("method"), "method is plain, ignore_case_flag or ignore_case_brackets")
	}
	t.item = func(r *processing, d *detectionItem) ([]detectionItem, bool, *Error) {
		for _, v := range d.values() {
			if v.Kind != ScalarNode || v.Scalar.kind != String || v.Text() == "" {
				return []detectionItem{*d}, false, nil
			}
		}
		if !isString(d) || d.has("expand") {
			return []detectionItem{*d}, false, nil
		}
		out := *d
		out.modifiers = []string{"re", "s"}
		if method == "ignore_case_flag" {
			out.modifiers = append(out.modifiers, "i")
		}
		for _, m := range []string{"all", "neq"} {
			if d.has(m) {
				out.modifiers = append(out.modifiers, m)
			}
		}
		out.value = &Node{Kind: ListNode, Line: d.value.Line, Column: d.value.Column}
		for _, v := range d.values() {
			out.value.Items = append(out.value.Items, text(v, asRegex(parseString(folded(d, v)), method == "" || method == "ignore_case_brackets")))
		}
		return []detectionItem{out}, true, nil
	}
	return t, nil
}

func asRegex(parts []part, brackets bool) string {
	var b strings.Builder
	b.WriteByte('^')
	for _, p := range parts {
		switch p.wild {
		case anyText:
			b.WriteString(".*")
		case anyRune:
			b.WriteByte('.')
		default:
			for _, r := range p.lit {
				if brackets && unicode.IsLetter(r) && unicode.ToLower(r) != unicode.ToUpper(r) {
					b.WriteString("[" + string(unicode.ToLower(r)) + string(unicode.ToUpper(r)) + "]")
				} else {
					b.WriteString(regexp.QuoteMeta(string(r)))
				}
			}
		}
	}
	b.WriteByte('$')
	return b.String()
}

// readHashes reads hashes_fields: Hashes: SHA1=… becomes SHA1: ….
func readHashes(n *Node) (t transformation, err *Error) {
	algorithms, err := n.Get("valid_hash_algos").texts()
	if err != nil || len(algorithms) == 0 {
		return t, at(n, "hashes_fields needs valid_hash_algos")
	}
	prefix, bare := n.Get("field_prefix").Text(), n.flag("drop_algo_prefix")
	byLength := map[int]string{32: "MD5", 40: "SHA1", 64: "SHA256", 128: "SHA512"}
	t.item = func(_ *processing, d *detectionItem) ([]detectionItem, bool, *Error) {
		found := map[string]*detectionItem{}
		var order []string
		for _, v := range d.values() {
			if v.Kind != ScalarNode || v.Scalar.kind != String {
				return []detectionItem{*d}, false, nil
			}
			value := strings.Trim(v.Text(), "*")
			algorithm, hash, ok := strings.Cut(strings.ReplaceAll(value, "|", "="), "=")
			if algorithm = strings.ToUpper(algorithm); !ok {
				algorithm, hash = byLength[len(value)], value
			}
			if !slices.Contains(algorithms, algorithm) {
				continue
			}
			field := prefix + algorithm
			if bare {
				field = prefix
			}
			if found[field] == nil {
				found[field] = &detectionItem{field: field, pair: d.pair, value: &Node{Kind: ListNode, Line: d.value.Line, Column: d.value.Column}}
				order = append(order, field)
			}
			found[field].value.Items = append(found[field].value.Items, text(v, hash))
		}
		if len(order) == 0 {
			return nil, false, at(d.value, "no hash of the kinds %s is found in %s", strings.Join(algorithms, ", "), d.field)
		}
		var out []detectionItem
		for _, field := range order {
			out = append(out, *found[field])
		}
		return out, true, nil
	}
	return t, nil
}
