package sigma

import (
	"strings"
	"unicode/utf8"
)

// Rule is a detection rule, ready to match. It is immutable.
type Rule struct {
	*Meta
	Logsource  Logsource
	selections []*selection
	conditions []expr // any one suffices
}

// Logsource says which logs a rule is about. Empty parts mean any.
type Logsource struct {
	Category, Product, Service, Definition string
}

// selection is a named part of the detection.
type selection struct {
	name string
	expr expr
}

// Match reports whether the event fits the rule. The log source is the
// caller's matter.
func (r *Rule) Match(ev Event) bool {
	for _, c := range r.conditions {
		if c.match(ev) {
			return true
		}
	}
	return false
}

// known are the keys that the specification defines for rules and correlations.
var known = map[string]bool{
	"title": true, "id": true, "name": true, "related": true, "taxonomy": true, "status": true,
	"description": true, "license": true, "author": true, "references": true, "date": true,
	"modified": true, "logsource": true, "detection": true, "fields": true, "falsepositives": true,
	"level": true, "tags": true, "scope": true, "correlation": true, "unusual": true, "filter": true,
}

var statuses = map[string]bool{
	"": true, "stable": true, "test": true, "experimental": true, "deprecated": true, "unsupported": true,
}

func (m *Meta) read(root *Node) *Error {
	for _, f := range []struct {
		key string
		to  *string
	}{
		{"id", &m.ID}, {"title", &m.Title}, {"name", &m.Name}, {"status", &m.Status},
		{"description", &m.Description}, {"author", &m.Author}, {"license", &m.License},
		{"date", &m.Date}, {"modified", &m.Modified}, {"level", (*string)(&m.Level)},
		{"taxonomy", &m.Taxonomy},
	} {
		n := root.Get(f.key)
		if n != nil && n.Kind != ScalarNode {
			return at(n, "%s must be a plain value", f.key)
		}
		*f.to = strings.TrimSpace(n.Text())
	}
	for _, f := range []struct {
		key string
		to  *[]string
	}{{"references", &m.References}, {"tags", &m.Tags}, {"falsepositives", &m.FalsePos}, {"fields", &m.FieldHints}, {"scope", &m.Scope}} {
		list, err := root.Get(f.key).texts()
		if err != nil {
			err.Reason = f.key + " " + err.Reason
			return err
		}
		*f.to = list
	}
	if err := m.readRelated(root.Get("related")); err != nil {
		return err
	}
	for _, p := range root.Pairs {
		if !known[p.Key] {
			if m.Custom == nil {
				m.Custom = map[string]*Node{}
			}
			m.Custom[p.Key] = p.Value
		}
	}
	switch {
	case m.Title == "":
		return at(root, "the rule has no title")
	case utf8.RuneCountInString(m.Title) > maxTitle:
		return at(root.Get("title"), "the title is over %d characters", maxTitle)
	case !statuses[m.Status]:
		return at(root.Get("status"), "unknown status %q", m.Status)
	}
	switch m.Level {
	case LevelNone, Informational, Low, Medium, High, Critical:
	default:
		return at(root.Get("level"), "unknown level %q", m.Level)
	}
	for _, tag := range m.Tags {
		if space, name, ok := strings.Cut(tag, "."); !ok || space == "" || name == "" {
			return at(root.Get("tags"), "tag %q has no namespace, such as attack.", tag)
		}
	}
	return nil
}

func (o Options) readRule(root *Node, meta *Meta) (*Rule, *Error) {
	r := &Rule{Meta: meta}
	var lerr *Error
	if r.Logsource, lerr = readLogsource(root); lerr != nil {
		return nil, lerr
	}
	det := root.Get("detection")
	if det == nil || det.Kind != MapNode {
		return nil, at(orNode(det, root), "the rule needs a detection with selections and a condition")
	}
	for _, p := range det.Pairs {
		if p.Key == "condition" || p.Key == "timeframe" {
			continue
		}
		e, err := o.readDetection(p, p.Value)
		if err != nil {
			return nil, err
		}
		r.selections = append(r.selections, &selection{p.Key, e})
	}
	cond := det.Get("condition")
	if cond.isNull() {
		return nil, at(det, "the detection has no condition")
	}
	texts, err := cond.texts()
	if err != nil {
		err.Reason = "condition " + err.Reason
		return nil, err
	}
	if len(texts) == 0 {
		return nil, at(cond, "the condition is empty")
	}
	for _, text := range texts {
		e, err := parseCondition(text, r.selections)
		if err != nil {
			return nil, at(cond, "condition: %s", err)
		}
		r.conditions = append(r.conditions, e)
	}
	return r, nil
}

// readDetection reads a selection's value: a map (all must hold), a list of
// maps or keywords (one must hold), or one keyword.
func (o Options) readDetection(key Pair, n *Node) (expr, *Error) {
	switch n.Kind {
	case MapNode:
		if len(n.Pairs) == 0 {
			return nil, at(n, "selection %q is empty", key.Key)
		}
		var all and
		for _, p := range n.Pairs {
			if p.Key == alternativesKey {
				e, err := o.readDetection(p, p.Value)
				if err != nil {
					return nil, err
				}
				all = append(all, e)
				continue
			}
			it, err := o.readItem(p)
			if err != nil {
				return nil, err
			}
			all = append(all, it)
		}
		return all, nil
	case ListNode:
		if len(n.Items) == 0 {
			return nil, at(&Node{Line: key.Line, Column: key.Column}, "selection %q is empty", key.Key)
		}
		var either or
		for _, v := range n.Items {
			e, err := o.readDetection(key, v)
			if err != nil {
				return nil, err
			}
			either = append(either, e)
		}
		return either, nil
	}
	return o.readItem(Pair{Key: "", Line: n.Line, Column: n.Column, Value: n})
}

func orNode(n, fallback *Node) *Node {
	if n != nil {
		return n
	}
	return fallback
}
