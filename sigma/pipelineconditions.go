package sigma

import (
	"regexp"
	"slices"
)

// condition is one test of a step; d is nil for conditions about the rule.
type condition func(r *processing, d *detectionItem) bool

// conditionSet joins a step's conditions of one kind.
type conditionSet struct {
	conditions []condition
	any        bool
	negated    bool
	expression expr // over places, instead of any
	places     []*selection
}

func (s *conditionSet) holds(r *processing, d *detectionItem) bool {
	if len(s.conditions) == 0 {
		return true
	}
	result := !s.any
	if s.expression != nil {
		result = s.evaluate(s.expression, r, d)
	} else {
		for _, c := range s.conditions {
			if c(r, d) == s.any {
				result = s.any
				break
			}
		}
	}
	return result != s.negated
}

func (s *conditionSet) evaluate(e expr, r *processing, d *detectionItem) bool {
	switch e := e.(type) {
	case and:
		return !slices.ContainsFunc(e, func(e expr) bool { return !s.evaluate(e, r, d) })
	case or:
		return slices.ContainsFunc(e, func(e expr) bool { return s.evaluate(e, r, d) })
	case not:
		return !s.evaluate(e.expr, r, d)
	case *selection:
		return s.conditions[slices.Index(s.places, e)](r, d)
	}
	return false
}

// readConditions reads KIND_conditions (a list, or a map of names) with
// KIND_cond_op, KIND_cond_not and KIND_cond_expr.
func readConditions(n *Node, kind string, read func(string, *Node) (condition, *Error)) (s conditionSet, err *Error) {
	list := n.Get(kind + "_conditions")
	if list.isNull() {
		return s, nil
	}
	nodes := list.Items
	for _, p := range list.Pairs {
		nodes = append(nodes, p.Value)
		s.places = append(s.places, &selection{name: p.Key})
	}
	for _, c := range nodes {
		kind, err := c.need("type")
		if err != nil {
			return s, err
		}
		test, err := read(kind, c)
		if err != nil {
			return s, err
		}
		if test == nil {
			return s, at(c.Get("type"), "unknown condition %q", kind)
		}
		s.conditions = append(s.conditions, test)
	}
	s.any = n.Get(kind+"_cond_op").Text() == "or"
	s.negated = n.flag(kind + "_cond_not")
	if e := n.Get(kind + "_cond_expr"); e != nil {
		var perr error
		if s.expression, perr = parseCondition(e.Text(), s.places); perr != nil {
			return s, at(e, "%s_cond_expr: %s", kind, perr)
		}
	}
	return s, nil
}

func ruleCondition(kind string, n *Node) (condition, *Error) {
	switch kind {
	case "logsource":
		want := Logsource{Category: n.Get("category").Text(), Product: n.Get("product").Text(), Service: n.Get("service").Text()}
		return func(r *processing, _ *detectionItem) bool {
			return slices.ContainsFunc(r.file.logsources(r.root, 8), want.Contains)
		}, nil
	case "contains_field":
		field, err := n.need("field")
		return func(r *processing, _ *detectionItem) bool {
			return r.anyItem(func(d *detectionItem) bool { return d.field == field })
		}, err
	case "contains_detection_item":
		field, value := n.Get("field").Text(), n.Get("value").Text()
		return func(r *processing, _ *detectionItem) bool {
			return r.anyItem(func(d *detectionItem) bool {
				return d.field == field && slices.ContainsFunc(d.values(), func(v *Node) bool { return folded(d, v) == value })
			})
		}, nil
	case "processing_item_applied":
		id, err := n.need("processing_item_id")
		return func(r *processing, _ *detectionItem) bool { return r.applied[id] }, err
	case "processing_state":
		return stateCondition(n)
	case "is_sigma_rule":
		return func(r *processing, _ *detectionItem) bool { return r.isRule() }, nil
	case "is_sigma_correlation_rule":
		return func(r *processing, _ *detectionItem) bool { return !r.isRule() }, nil
	case "tag":
		tag, err := n.need("tag")
		return func(r *processing, _ *detectionItem) bool {
			tags, _ := r.root.Get("tags").texts()
			return slices.Contains(tags, tag)
		}, err
	case "rule_attribute":
		return attributeCondition(n)
	}
	return nil, nil
}

// attributeCondition compares a key of the rule. Levels and statuses are
// compared by rank.
func attributeCondition(n *Node) (condition, *Error) {
	key, err := n.need("attribute")
	if err != nil {
		return nil, err
	}
	op := n.Get("op").Text()
	ranks := map[string][]string{
		"level":  {string(Informational), string(Low), string(Medium), string(High), string(Critical)},
		"status": {"unsupported", "deprecated", "experimental", "test", "stable"},
	}
	want := n.Get("value")
	return func(r *processing, _ *detectionItem) bool {
		have := r.root.Get(key)
		if have == nil {
			return false
		}
		if have.Kind == ListNode {
			list, _ := have.texts()
			in := slices.Contains(list, want.Text())
			return op == "in" && in || op == "not_in" && !in || op == "ne"
		}
		a, b := have.Scalar, want.Scalar
		if rank := ranks[key]; rank != nil {
			a, b = IntValue(int64(slices.Index(rank, a.Text()))), IntValue(int64(slices.Index(rank, b.Text())))
		}
		return compare(op, a, b)
	}, nil
}

func stateCondition(n *Node) (condition, *Error) {
	key, err := n.need("key")
	want, op := n.Get("val"), n.Get("op").Text()
	return func(r *processing, _ *detectionItem) bool {
		have, ok := r.state[key]
		return ok && want != nil && compare(op, have, want.Scalar)
	}, err
}

// compare is for numbers by size, for other values by text (dates in ISO 8601
// sort that way).
func compare(op string, a, b Value) bool {
	switch op {
	case "ne":
		return a.Text() != b.Text()
	case "", "eq":
		return a.Text() == b.Text()
	}
	x, xok := a.Number()
	y, yok := b.Number()
	if !xok || !yok {
		x, y = 0, 0
		if s, t := a.Text(), b.Text(); s < t {
			y = 1
		} else if s > t {
			x = 1
		}
	}
	return Op(op).holds(x, y)
}

func itemCondition(kind string, n *Node) (condition, *Error) {
	every := n.Get("cond").Text() == "all"
	values := func(test func(d *detectionItem, v *Node) bool) condition {
		return func(_ *processing, d *detectionItem) bool {
			for _, v := range d.values() {
				if test(d, v) != every {
					return !every
				}
			}
			return every
		}
	}
	switch kind {
	case "match_string":
		pattern, err := n.need("pattern")
		if err != nil {
			return nil, err
		}
		re, rerr := regexp.Compile("^(?:" + pattern + ")")
		if rerr != nil {
			return nil, at(n.Get("pattern"), "%s", rerr)
		}
		negate := n.flag("negate")
		return values(func(d *detectionItem, v *Node) bool {
			return (v.Scalar.kind == String && re.MatchString(folded(d, v))) != negate
		}), nil
	case "match_value":
		want := n.Get("value")
		return values(func(d *detectionItem, v *Node) bool {
			return want != nil && v.Scalar.kind == want.Scalar.kind && folded(d, v) == want.Text()
		}), nil
	case "contains_wildcard":
		return values(func(d *detectionItem, v *Node) bool {
			return v.Scalar.kind == String && slices.ContainsFunc(parseString(folded(d, v)), func(p part) bool { return p.wild != 0 })
		}), nil
	case "is_null":
		return values(func(_ *detectionItem, v *Node) bool { return v.isNull() }), nil
	case "processing_item_applied":
		id, err := n.need("processing_item_id")
		return func(r *processing, d *detectionItem) bool { return r.onItem[d.value][id] }, err
	case "processing_state":
		return stateCondition(n)
	}
	return nil, nil
}

func fieldCondition(kind string, n *Node) (condition, *Error) {
	switch kind {
	case "include_fields", "exclude_fields":
		match, err := fieldMatcher(n)
		return func(_ *processing, d *detectionItem) bool { return match(d.field) == (kind == "include_fields") }, err
	case "processing_item_applied":
		id, err := n.need("processing_item_id")
		return func(r *processing, d *detectionItem) bool { return r.onField[d.field][id] || r.onItem[d.value][id] }, err
	case "processing_state":
		return stateCondition(n)
	}
	return nil, nil
}

func fieldMatcher(n *Node) (func(string) bool, *Error) {
	fields, err := n.Get("fields").texts()
	if err != nil || len(fields) == 0 {
		return nil, at(n, "the condition needs fields")
	}
	switch mode := n.Get("mode").Text(); mode {
	case "", "plain":
		return func(f string) bool { return f != "" && slices.Contains(fields, f) }, nil
	case "re":
		var patterns []*regexp.Regexp
		for _, f := range fields {
			re, rerr := regexp.Compile("^(?:" + f + ")")
			if rerr != nil {
				return nil, at(n.Get("fields"), "%s", rerr)
			}
			patterns = append(patterns, re)
		}
		return func(f string) bool {
			return f != "" && slices.ContainsFunc(patterns, func(re *regexp.Regexp) bool { return re.MatchString(f) })
		}, nil
	}
	return nil, at(n.Get("mode"), "mode is plain or re")
}

// anyItem reports whether one of the rule's items passes the test.
func (r *processing) anyItem(test func(*detectionItem) bool) bool {
	found := false
	var walk func(key string, n *Node)
	walk = func(key string, n *Node) {
		switch n.Kind {
		case MapNode:
			for _, p := range n.Pairs {
				if p.Key == alternativesKey {
					walk("", p.Value)
					continue
				}
				d := itemOf(p)
				found = found || test(&d)
			}
		case ListNode:
			for _, i := range n.Items {
				walk(key, i)
			}
		}
	}
	if det := r.detection(); det != nil {
		for _, p := range det.Pairs {
			if p.Key != "condition" {
				walk(p.Key, p.Value)
			}
		}
	}
	return found
}
