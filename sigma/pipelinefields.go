package sigma

import (
	"strings"
	"unicode"
)

// readFieldStep reads transformations of field names and of items as a whole.
func readFieldStep(kind string, n *Node) (t transformation, ours bool, err *Error) {
	switch kind {
	case "field_name_mapping":
		m, err := n.mapping("mapping")
		t.name = func(f string) ([]string, bool) { to, ok := m[f]; return to, ok }
		return t, true, err
	case "field_name_prefix_mapping":
		m, err := n.mapping("mapping")
		if err != nil {
			return t, true, err
		}
		order := n.Get("mapping").Pairs
		t.name = func(f string) ([]string, bool) {
			for _, p := range order {
				if rest, ok := strings.CutPrefix(f, p.Key); ok {
					var out []string
					for _, to := range m[p.Key] {
						out = append(out, to+rest)
					}
					return out, true
				}
			}
			return nil, false
		}
		return t, true, nil
	case "field_name_prefix":
		prefix, err := n.need("prefix")
		t.name = func(f string) ([]string, bool) { return []string{prefix + f}, true }
		return t, true, err
	case "field_name_suffix":
		suffix, err := n.need("suffix")
		t.name = func(f string) ([]string, bool) { return []string{f + suffix}, true }
		return t, true, err
	case "field_name_transform":
		m := map[string][]string{}
		if n.Get("mapping") != nil {
			if m, err = n.mapping("mapping"); err != nil {
				return t, true, err
			}
		}
		name := n.Get("transform_func").Text()
		change := letterCase(name)
		if change == nil {
			return t, true, at(orNode(n.Get("transform_func"), n), "transform_func is lower, upper or snake_case, not %q", name)
		}
		t.name = func(f string) ([]string, bool) {
			if to, ok := m[f]; ok {
				return to, true
			}
			return []string{change(f)}, true
		}
		return t, true, nil
	case "drop_detection_item":
		t.item = func(*processing, *detectionItem) ([]detectionItem, bool, *Error) { return nil, true, nil }
		return t, true, nil
	case "detection_item_failure":
		message, err := n.need("message")
		t.item = func(_ *processing, d *detectionItem) ([]detectionItem, bool, *Error) {
			return nil, false, at(&Node{Line: d.pair.Line, Column: d.pair.Column}, "%s", message)
		}
		return t, true, err
	case "strict_field_mapping_failure":
		t.rule = strictMapping
		return t, true, nil
	}
	return t, false, nil
}

func letterCase(name string) func(string) string {
	switch name {
	case "lower", "lowercase":
		return strings.ToLower
	case "upper", "uppercase":
		return strings.ToUpper
	case "snake_case":
		return snakeCase
	}
	return nil
}

// snakeCase writes CommandLine as command_line.
func snakeCase(s string) string {
	var b strings.Builder
	letters := []rune(s)
	for i, r := range letters {
		if unicode.IsUpper(r) && i > 0 && letters[i-1] != '_' &&
			(!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// rename maps an item's field, and the fields that it refers to.
func (r *processing) rename(d *detectionItem) ([]detectionItem, bool, *Error) {
	changed := false
	if d.has("fieldref") {
		value := copyNode(d.value)
		value.Kind, value.Items = ListNode, nil
		for _, v := range d.values() {
			for _, name := range r.newNames(v.Text()) {
				changed = changed || name != v.Text()
				value.Items = append(value.Items, &Node{Line: v.Line, Column: v.Column, Scalar: StringValue(name)})
			}
		}
		if changed {
			d.value = value
		}
	}
	names, mapped := []string{d.field}, false
	if d.field != "" && r.step.field.holds(r, d) {
		names, mapped = r.step.transform.name(d.field)
	}
	if !mapped {
		return []detectionItem{*d}, changed, nil
	}
	r.note(d.field, names)
	var out []detectionItem
	for _, name := range names {
		item := *d
		item.field, item.value = name, copyNode(d.value)
		out = append(out, item)
	}
	return out, true, nil
}

// note remembers what a field has become.
func (r *processing) note(from string, to []string) {
	if r.mapped == nil {
		r.mapped = map[string]bool{}
	}
	r.touched = true
	for _, name := range to {
		r.mapped[name] = true
		marks := map[string]bool{r.step.id: r.step.id != ""}
		for id, on := range r.onField[from] {
			marks[id] = marks[id] || on
		}
		r.onField[name] = marks
	}
}

// newNames maps a name that stands outside of items' keys.
func (r *processing) newNames(name string) []string {
	d := &detectionItem{field: name, value: &Node{}}
	if name == "" || !r.step.field.holds(r, d) {
		return []string{name}
	}
	to, ok := r.step.transform.name(name)
	if !ok {
		return []string{name}
	}
	r.note(name, to)
	return to
}

// renameElsewhere maps the names in the rule's fields and in a correlation:
// group-by, aliases, the fields it counts.
func (r *processing) renameElsewhere() *Error {
	r.renameList(r.root, "fields")
	c := r.correlation()
	if c == nil {
		return nil
	}
	aliases := map[string]bool{}
	if a := c.Get("aliases"); a != nil {
		for _, alias := range a.Pairs {
			aliases[alias.Key] = true
			for _, p := range alias.Value.Pairs {
				if err := r.renameOne(p.Value); err != nil {
					return err
				}
			}
		}
	}
	for _, place := range []struct {
		in  *Node
		key string
	}{{c, "group-by"}, {c, "field"}, {c, "across"}, {c.Get("condition"), "field"}} {
		n := place.in.Get(place.key)
		if n == nil {
			continue
		}
		if place.key == "group-by" {
			r.renameGroups(c, aliases)
			continue
		}
		nodes := n.Items
		if n.Kind == ScalarNode {
			nodes = []*Node{n}
		}
		for _, f := range nodes {
			if !aliases[f.Text()] {
				if err := r.renameOne(f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *processing) renameOne(n *Node) *Error {
	names := r.newNames(n.Text())
	if len(names) != 1 {
		return at(n, "field %s becomes %d fields, and a correlation can take one", n.Text(), len(names))
	}
	n.Scalar = StringValue(names[0])
	return nil
}

func (r *processing) renameGroups(c *Node, aliases map[string]bool) {
	list, err := c.Get("group-by").texts()
	if err != nil {
		return
	}
	n := c.Get("group-by")
	out := &Node{Kind: ListNode, Line: n.Line, Column: n.Column}
	for _, f := range list {
		names := []string{f}
		if !aliases[f] {
			names = r.newNames(f)
		}
		for _, name := range names {
			out.Items = append(out.Items, &Node{Line: n.Line, Column: n.Column, Scalar: StringValue(name)})
		}
	}
	c.set("group-by", out)
}

func (r *processing) renameList(in *Node, key string) {
	list, err := in.Get(key).texts()
	if err != nil || len(list) == 0 {
		return
	}
	out := &Node{Kind: ListNode, Line: in.Get(key).Line, Column: in.Get(key).Column}
	for _, f := range list {
		for _, name := range r.newNames(f) {
			out.Items = append(out.Items, &Node{Line: out.Line, Column: out.Column, Scalar: StringValue(name)})
		}
	}
	in.set(key, out)
}

// set gives a map's key a value.
func (n *Node) set(key string, value *Node) {
	for i := range n.Pairs {
		if n.Pairs[i].Key == key {
			n.Pairs[i].Value = value
			return
		}
	}
	n.Pairs = append(n.Pairs, Pair{Key: key, Line: value.Line, Column: value.Column, Value: value})
}

// strictMapping fails when a field of the rule was not given by a mapping.
func strictMapping(r *processing) *Error {
	var missing []string
	r.anyItem(func(d *detectionItem) bool {
		if d.field != "" && !r.mapped[d.field] {
			missing = append(missing, d.field)
		}
		return false
	})
	if len(missing) > 0 {
		return at(r.detection(), "no mapping for the fields %s", strings.Join(missing, ", "))
	}
	return nil
}
