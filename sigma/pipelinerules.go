package sigma

import (
	"fmt"
	"slices"
	"strings"
)

// readRuleStep reads transformations of a rule as a whole.
func readRuleStep(kind string, n *Node) (t transformation, ours bool, err *Error) {
	switch kind {
	case "add_condition":
		t, err = readAddCondition(n)
		return t, true, err
	case "change_logsource":
		t.rule = func(r *processing) *Error {
			to := &Node{Kind: MapNode, Line: n.Line, Column: n.Column}
			for _, key := range []string{"category", "product", "service"} {
				if v := n.Get(key); !v.isNull() {
					to.set(key, v)
				}
			}
			if r.isRule() {
				r.root.set("logsource", to)
			}
			return nil
		}
		return t, true, nil
	case "add_field", "remove_field", "set_field":
		key := "field"
		if kind == "set_field" {
			key = "fields"
		}
		names, err := n.Get(key).texts()
		if err != nil || len(names) == 0 {
			return t, true, at(n, "%s needs %s", kind, key)
		}
		t.rule = func(r *processing) *Error { return changeFields(r.root, kind, names) }
		return t, true, nil
	case "set_state":
		key, err := n.need("key")
		if err != nil || n.Get("val") == nil {
			return t, true, at(n, "set_state needs key and val")
		}
		t.rule = func(r *processing) *Error { r.state[key] = n.Get("val").Scalar; return nil }
		return t, true, nil
	case "set_custom_attribute":
		key, err := n.need("attribute")
		if err == nil && known[key] {
			err = at(n.Get("attribute"), "%s is a key of Sigma and no custom attribute", key)
		}
		t.rule = func(r *processing) *Error { r.root.set(key, n.Get("value")); return nil }
		if err == nil && n.Get("value") == nil {
			err = at(n, "set_custom_attribute needs value")
		}
		return t, true, err
	case "rule_failure":
		message, err := n.need("message")
		t.rule = func(r *processing) *Error { return at(r.root, "%s", message) }
		return t, true, err
	case "nest":
		steps, err := readSteps(n.Get("items"))
		if err == nil && len(steps) == 0 {
			err = at(n, "nest needs items")
		}
		t.rule = func(r *processing) *Error {
			outer := r.step
			defer func() { r.step = outer }()
			return r.all(steps)
		}
		return t, true, err
	}
	return t, false, nil
}

func changeFields(root *Node, kind string, names []string) *Error {
	have, err := root.Get("fields").texts()
	if err != nil {
		return err
	}
	switch kind {
	case "add_field":
		have = append(have, names...)
	case "remove_field":
		have = slices.DeleteFunc(have, func(f string) bool { return slices.Contains(names, f) })
	default:
		have = names
	}
	out := &Node{Kind: ListNode, Line: root.Line, Column: root.Column}
	for _, f := range have {
		out.Items = append(out.Items, &Node{Line: root.Line, Column: root.Column, Scalar: StringValue(f)})
	}
	root.set("fields", out)
	return nil
}

// readAddCondition reads add_condition: a selection that every condition of
// the rule is joined with, by and or, if negated, by and not.
func readAddCondition(n *Node) (t transformation, err *Error) {
	conditions := n.Get("conditions")
	if conditions == nil || conditions.Kind != MapNode || len(conditions.Pairs) == 0 {
		return t, at(orNode(conditions, n), "add_condition needs a map of conditions")
	}
	name := n.Get("name").Text()
	t.rule = func(r *processing) *Error {
		det := r.detection()
		if !r.isRule() || det == nil || det.Kind != MapNode || r.root.Get("filter") != nil {
			return nil
		}
		unique := name
		for i := 1; unique == "" || det.Get(unique) != nil; i++ {
			unique = fmt.Sprintf("_cond_%s%d", name, i)
		}
		old, err := det.Get("condition").texts()
		if err != nil {
			return err
		}
		where := orNode(det.Get("condition"), det)
		joined := &Node{Kind: ListNode, Line: where.Line, Column: where.Column}
		prefix := unique
		if n.flag("negated") {
			prefix = "not " + unique
		}
		for _, c := range old {
			text := fmt.Sprintf("%s and (%s)", prefix, c)
			joined.Items = append(joined.Items, &Node{Line: where.Line, Column: where.Column, Scalar: StringValue(text)})
		}
		added := &Node{Kind: MapNode, Line: conditions.Line, Column: conditions.Column}
		for _, p := range conditions.Pairs {
			p.Value = fill(p.Value, r.root.Get("logsource"), n.flag("template"))
			added.Pairs = append(added.Pairs, p)
		}
		det.set("condition", joined)
		det.Pairs = append(det.Pairs, Pair{Key: unique, Line: det.Line, Column: det.Column, Value: added})
		return nil
	}
	return t, nil
}

// fill copies a value, with $category, $product and $service put in.
func fill(n, logsource *Node, template bool) *Node {
	out := copyNode(n)
	if template && n.Kind == ScalarNode && n.Scalar.kind == String {
		text := n.Text()
		for _, key := range []string{"category", "product", "service"} {
			v := logsource.Get(key).Text()
			text = strings.ReplaceAll(strings.ReplaceAll(text, "${"+key+"}", v), "$"+key, v)
		}
		out.Scalar = StringValue(text)
	}
	for i, item := range out.Items {
		out.Items[i] = fill(item, logsource, template)
	}
	return out
}
