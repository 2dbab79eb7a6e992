package sigma

import (
	"slices"
	"strings"
)

// readPlaceholderStep reads the transformations that resolve %name% in values
// with the modifier expand.
func readPlaceholderStep(kind string, n *Node) (t transformation, ours bool, err *Error) {
	var values func(r *processing, name string) ([]string, *Error)
	switch kind {
	case "wildcard_placeholders":
		values = func(*processing, string) ([]string, *Error) { return []string{"*"}, nil }
	case "value_placeholders":
		values = func(r *processing, name string) ([]string, *Error) {
			list := r.pipeline.vars[name]
			if len(list) == 0 {
				return nil, at(n, "the pipeline has no variable %q", name)
			}
			return list, nil
		}
	case "file_placeholders":
		file := n.Get("path").Text()
		values = func(r *processing, name string) ([]string, *Error) {
			if r.options.List == nil {
				return nil, at(n, "no lists are given for file_placeholders")
			}
			which := file
			if which == "" {
				which = name
			}
			list, lerr := r.options.List(strings.ReplaceAll(which, "{name}", name))
			if lerr != nil {
				return nil, at(n, "list %q: %s", which, lerr)
			}
			if len(list) == 0 {
				return nil, at(n, "list %q is empty", which)
			}
			return list, nil
		}
	default:
		return t, false, nil
	}
	include, err := n.Get("include").texts()
	if err != nil {
		return t, true, err
	}
	exclude, err := n.Get("exclude").texts()
	if err != nil {
		return t, true, err
	}
	if include != nil && exclude != nil {
		return t, true, at(n, "include and exclude exclude each other")
	}
	handled := func(name string) bool {
		return (include == nil || slices.Contains(include, name)) && !slices.Contains(exclude, name)
	}
	t.item = func(r *processing, d *detectionItem) ([]detectionItem, bool, *Error) {
		return r.placeholders(d, handled, values)
	}
	return t, true, nil
}

func (r *processing) placeholders(d *detectionItem, handled func(string) bool, values func(*processing, string) ([]string, *Error)) ([]detectionItem, bool, *Error) {
	if !d.has("expand") {
		return []detectionItem{*d}, false, nil
	}
	changed, left := false, false
	value := &Node{Kind: ListNode, Line: d.value.Line, Column: d.value.Column}
	for _, v := range d.values() {
		options := Options{Placeholders: map[string][]string{}}
		for _, m := range placeholder.FindAllStringIndex(v.Text(), -1) {
			name := strings.Trim(v.Text()[m[0]:m[1]], "%")
			escaped := m[0] > 0 && v.Text()[m[0]-1] == '\\'
			if escaped || !handled(name) {
				left = true
				options.Placeholders[name] = []string{"%" + name + "%"}
				continue
			}
			list, err := values(r, name)
			if err != nil {
				return nil, false, err
			}
			changed = true
			options.Placeholders[name] = list
		}
		texts, err := options.expandText(v)
		if err != nil {
			return nil, false, err
		}
		for _, s := range texts {
			value.Items = append(value.Items, text(v, s))
		}
	}
	if !changed {
		return []detectionItem{*d}, false, nil
	}
	out := *d
	out.value = value
	if !left {
		out.modifiers = slices.DeleteFunc(slices.Clone(d.modifiers), func(m string) bool { return m == "expand" })
	}
	return []detectionItem{out}, true, nil
}
