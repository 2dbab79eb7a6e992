package sigma

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Pipeline is a processing pipeline of pySigma: steps that change rules before
// they are read, such as from one log source's field names to another's. It is
// immutable. Order between several is by Priority, lowest first.
//
// Differences from pySigma, whose pipelines end in text queries: values are
// changed as the rule writes them, and those under encodings, windash, re, cidr
// or a comparison are passed over; a field with neq that is mapped to several
// wants none of them to be equal, instead of one; names in conditions of
// correlations are looked up in the same file; what drops every item of a
// selection is an error.
type Pipeline struct {
	Name     string
	Priority int
	Hash     string    // of the text, hexadecimal
	Warnings []Warning // parts that mean nothing here: postprocessing, finalizers
	vars     map[string][]string
	steps    []*step
}

// step is one processing item.
type step struct {
	id, kind  string
	line      int
	rule      conditionSet
	item      conditionSet
	field     conditionSet
	transform transformation
}

// transformation is what a step does; one of the funcs is set.
type transformation struct {
	rule func(*processing) *Error
	// name maps a field's name to others; false leaves it.
	name func(field string) ([]string, bool)
	// item changes one detection item; see changed.
	item func(*processing, *detectionItem) ([]detectionItem, bool, *Error)
	// value replaces one string value; false leaves it.
	value func(*processing, *Node) ([]*Node, bool, *Error)
}

const maxPipeline = 4 << 20

// ParsePipeline reads a pipeline; name is used in errors. A transformation
// that is unknown, or that would run commands or fetch URLs, is an Error.
func ParsePipeline(name string, data []byte) (*Pipeline, *Error) {
	p, err := parsePipeline(name, data)
	if err != nil {
		err.File = name
		return nil, err
	}
	return p, nil
}

func parsePipeline(name string, data []byte) (*Pipeline, *Error) {
	if len(data) > maxPipeline {
		return nil, at(&Node{Line: 1, Column: 1}, "the pipeline is over %d bytes", maxPipeline)
	}
	root, err := readYAML(chunk{text: data})
	if err != nil {
		return nil, err
	}
	if root.Kind != MapNode {
		return nil, at(root, "a pipeline must be a map of name, priority and transformations")
	}
	sum := sha256.Sum256(data)
	p := &Pipeline{Name: root.Get("name").Text(), Hash: hex.EncodeToString(sum[:]), vars: map[string][]string{}}
	if n := root.Get("priority"); n != nil {
		f, ok := n.number()
		if !ok {
			return nil, at(n, "priority takes a number")
		}
		p.Priority = int(f)
	}
	if v := root.Get("vars"); v != nil {
		for _, pair := range v.Pairs {
			if p.vars[pair.Key], err = pair.Value.texts(); err != nil {
				return nil, err
			}
		}
	}
	for _, key := range []string{"postprocessing", "finalizers"} {
		if n := root.Get(key); n != nil {
			p.Warnings = append(p.Warnings, Warning{File: name, Line: n.Line, Rule: p.Name, Check: "pipeline", Reason: key + " shape query texts and are passed over"})
		}
	}
	p.steps, err = readSteps(root.Get("transformations"))
	return p, err
}

func readSteps(n *Node) (steps []*step, err *Error) {
	if n.isNull() {
		return nil, nil
	}
	if n.Kind != ListNode {
		return nil, at(n, "transformations must be a list")
	}
	for _, s := range n.Items {
		if s.Kind != MapNode {
			return nil, at(s, "a transformation must be a map")
		}
		st := &step{id: s.Get("id").Text(), kind: s.Get("type").Text(), line: s.Line}
		if st.rule, err = readConditions(s, "rule", ruleCondition); err != nil {
			return nil, err
		}
		if st.item, err = readConditions(s, "detection_item", itemCondition); err != nil {
			return nil, err
		}
		if st.field, err = readConditions(s, "field_name", fieldCondition); err != nil {
			return nil, err
		}
		if st.transform, err = readTransformation(st.kind, s); err != nil {
			return nil, err
		}
		steps = append(steps, st)
	}
	return steps, nil
}

func readTransformation(kind string, n *Node) (t transformation, err *Error) {
	switch {
	case kind == "":
		return t, at(n, "a transformation has no type")
	case strings.HasPrefix(kind, "command_"), strings.HasPrefix(kind, "http_"):
		return t, at(n.Get("type"), "%s is refused: a pipeline must not run commands or fetch URLs; use value_placeholders or file_placeholders", kind)
	case kind == "query_expression_placeholders":
		return t, at(n.Get("type"), "%s is refused: it makes text of another system's query; use value_placeholders or file_placeholders", kind)
	case kind == "extract_fields":
		return t, at(n.Get("type"), "%s is refused: fields are extracted when events are normalised", kind)
	}
	for _, read := range []func(string, *Node) (transformation, bool, *Error){readFieldStep, readValueStep, readPlaceholderStep, readRuleStep} {
		if t, known, err := read(kind, n); known || err != nil {
			return t, err
		}
	}
	return t, at(n.Get("type"), "unknown transformation %q", kind)
}

// need reads a string that a transformation cannot do without.
func (n *Node) need(key string) (string, *Error) {
	v := n.Get(key)
	if v.isNull() || v.Kind != ScalarNode {
		return "", at(orNode(v, n), "%s needs %s", n.Get("type").Text(), key)
	}
	return v.Text(), nil
}

// flag reads true or false; false when absent.
func (n *Node) flag(key string) bool { return n.Get(key) != nil && n.Get(key).Scalar.Bool() }

// mapping reads a map of names to one or many others.
func (n *Node) mapping(key string) (map[string][]string, *Error) {
	m := n.Get(key)
	if m == nil || m.Kind != MapNode {
		return nil, at(orNode(m, n), "%s needs a map in %s", n.Get("type").Text(), key)
	}
	out := map[string][]string{}
	for _, p := range m.Pairs {
		list, err := p.Value.texts()
		if err != nil {
			return nil, err
		}
		out[p.Key] = list
	}
	return out, nil
}

// inOrder returns the pipelines by priority.
func inOrder(ps []*Pipeline) []*Pipeline {
	out := slices.Clone(ps)
	slices.SortStableFunc(out, func(a, b *Pipeline) int { return a.Priority - b.Priority })
	return out
}

// process changes a document's tree by the options' pipelines.
func (o Options) process(root *Node, doc *Document, file *fileIndex) *Error {
	for _, p := range inOrder(o.Pipelines) {
		run := &processing{
			options: o, pipeline: p, root: root, file: file, state: map[string]Value{},
			applied: map[string]bool{}, onItem: map[*Node]map[string]bool{}, onField: map[string]map[string]bool{},
		}
		if err := run.all(p.steps); err != nil {
			err.Reason = fmt.Sprintf("pipeline %s: %s", p.Name, err.Reason)
			return err
		}
		if run.touched {
			sum := sha256.Sum256([]byte(doc.Hash + p.Hash))
			doc.Hash = hex.EncodeToString(sum[:])
		}
	}
	return nil
}
