package sigma

import (
	"slices"
	"strings"
)

// processing is one pipeline at work on one document.
type processing struct {
	options  Options
	pipeline *Pipeline
	root     *Node
	file     *fileIndex
	state    map[string]Value
	step     *step
	touched  bool
	applied  map[string]bool            // ids of steps, for the whole rule
	onItem   map[*Node]map[string]bool  // the same for items, by their value
	onField  map[string]map[string]bool // the same for names of fields
	mapped   map[string]bool            // names that a mapping has given
	made     int                        // bytes of what steps have made
}

// maxMade bounds what a pipeline can blow one rule up to.
const maxMade = 4 << 20

// charge counts an item against maxMade.
func (r *processing) charge(d *detectionItem) *Error {
	for _, v := range d.values() {
		r.made += 64 + len(d.field) + len(v.Scalar.str)
	}
	if r.made > maxMade {
		return at(&Node{Line: d.pair.Line, Column: d.pair.Column}, "it makes more than %d bytes of one rule", maxMade)
	}
	return nil
}

// alternatives is the key of a pair whose value is a list, one of which must
// hold: what a field becomes that is mapped to several.
const alternativesKey = "\x00or"

// detectionItem is a field with modifiers and values, or keywords.
type detectionItem struct {
	field     string
	modifiers []string
	value     *Node
	pair      Pair // where it stands
}

func itemOf(p Pair) detectionItem {
	names := strings.Split(p.Key, "|")
	return detectionItem{field: names[0], modifiers: names[1:], value: p.Value, pair: p}
}

func (d *detectionItem) toPair() Pair {
	return Pair{Key: strings.Join(append([]string{d.field}, d.modifiers...), "|"), Line: d.pair.Line, Column: d.pair.Column, Value: d.value}
}

func (d *detectionItem) has(modifier string) bool { return slices.Contains(d.modifiers, modifier) }

// values are the item's values, one or many.
func (d *detectionItem) values() []*Node {
	if d.value.Kind == ListNode {
		return d.value.Items
	}
	return []*Node{d.value}
}

// detection is the node whose selections are changed: of a rule or a filter.
func (r *processing) detection() *Node {
	if f := r.root.Get("filter"); f != nil {
		return f
	}
	return r.root.Get("detection")
}

func (r *processing) correlation() *Node {
	if c := r.root.Get("correlation"); c != nil {
		return c
	}
	return r.root.Get("unusual")
}

func (r *processing) isRule() bool { return r.correlation() == nil }

func (r *processing) all(steps []*step) *Error {
	for _, s := range steps {
		r.step = s
		if !s.rule.holds(r, nil) {
			continue
		}
		if err := r.one(s); err != nil {
			return err
		}
		if s.id != "" {
			r.applied[s.id] = true
		}
	}
	return nil
}

func (r *processing) one(s *step) *Error {
	if s.transform.rule != nil {
		r.touched = true
		return s.transform.rule(r)
	}
	if s.transform.name != nil {
		if err := r.renameElsewhere(); err != nil {
			return err
		}
	}
	det := r.detection()
	if det == nil || det.Kind != MapNode {
		return nil
	}
	for i := range det.Pairs {
		p := &det.Pairs[i]
		if p.Key == "condition" || p.Key == "timeframe" || r.root.Get("filter") != nil && p.Key == "rules" {
			continue
		}
		if err := r.selection(p); err != nil {
			return err
		}
		if v := p.Value; v.Kind == MapNode && len(v.Pairs) == 0 || v.Kind == ListNode && len(v.Items) == 0 {
			return at(&Node{Line: p.Line, Column: p.Column}, "it drops every item of selection %q", p.Key)
		}
	}
	return nil
}

// selection walks a selection's value. A list of plain values is one item of
// keywords.
func (r *processing) selection(p *Pair) *Error {
	switch n := p.Value; {
	case n.Kind == MapNode:
		var out []Pair
		for _, item := range n.Pairs {
			pairs, err := r.pair(item)
			if err != nil {
				return err
			}
			out = append(out, pairs...)
		}
		n.Pairs = out
	case n.Kind == ListNode && !slices.ContainsFunc(n.Items, func(i *Node) bool { return i.Kind != ScalarNode }), n.Kind == ScalarNode:
		pairs, err := r.pair(Pair{Line: n.Line, Column: n.Column, Value: n})
		if err != nil {
			return err
		}
		switch {
		case len(pairs) == 0:
			p.Value = &Node{Kind: ListNode, Line: n.Line, Column: n.Column}
		case len(pairs) == 1 && pairs[0].Key == "":
			p.Value = pairs[0].Value
		default:
			p.Value = &Node{Kind: MapNode, Line: n.Line, Column: n.Column, Pairs: pairs}
		}
	case n.Kind == ListNode:
		var kept []*Node
		for _, item := range n.Items {
			q := Pair{Key: p.Key, Line: item.Line, Column: item.Column, Value: item}
			if err := r.selection(&q); err != nil {
				return err
			}
			if v := q.Value; v.Kind != MapNode && v.Kind != ListNode || len(v.Pairs)+len(v.Items) > 0 {
				kept = append(kept, v)
			}
		}
		n.Items = kept
	}
	return nil
}

// pair changes one item; it may become none, or several that must all hold.
func (r *processing) pair(p Pair) ([]Pair, *Error) {
	if p.Key == alternativesKey {
		q := p
		if err := r.selection(&q); err != nil || q.Value.Kind == ListNode && len(q.Value.Items) == 0 {
			return nil, err
		}
		return []Pair{q}, nil
	}
	d := itemOf(p)
	s := r.step
	if !s.item.holds(r, &d) || !s.field.holds(r, &d) && !(s.transform.name != nil && d.has("fieldref")) {
		return []Pair{p}, nil
	}
	before := r.onItem[d.value]
	items, changed, err := r.apply(&d)
	if err != nil || !changed {
		return []Pair{p}, err
	}
	r.touched = true
	var out []Pair
	for i := range items {
		if err := r.charge(&items[i]); err != nil {
			return nil, err
		}
		marks := map[string]bool{s.id: s.id != ""}
		for id, on := range before {
			marks[id] = marks[id] || on
		}
		r.onItem[items[i].value] = marks
		out = append(out, items[i].toPair())
	}
	if len(out) < 2 || d.has("neq") {
		return out, nil
	}
	either := &Node{Kind: ListNode, Line: p.Line, Column: p.Column}
	for _, q := range out {
		either.Items = append(either.Items, &Node{Kind: MapNode, Line: p.Line, Column: p.Column, Pairs: []Pair{q}})
	}
	return []Pair{{Key: alternativesKey, Line: p.Line, Column: p.Column, Value: either}}, nil
}

// apply returns the items that take the place of one, any of which suffices.
func (r *processing) apply(d *detectionItem) ([]detectionItem, bool, *Error) {
	switch t := r.step.transform; {
	case t.item != nil:
		return t.item(r, d)
	case t.name != nil:
		return r.rename(d)
	}
	return r.eachValue(d)
}

// copyNode copies a value, so that items can share none.
func copyNode(n *Node) *Node {
	out := *n
	out.Items = slices.Clone(n.Items)
	return &out
}

// fileIndex knows the log sources and the rules of a file's documents, for
// conditions about the rules below a correlation.
type fileIndex struct{ byName map[string]*Node }

func indexFile(roots []*Node) *fileIndex {
	f := &fileIndex{byName: map[string]*Node{}}
	for _, root := range roots {
		for _, key := range []string{"id", "name"} {
			if name := root.Get(key).Text(); name != "" {
				f.byName[name] = root
			}
		}
	}
	return f
}

// logsources are those of the rules below a correlation, or the rule's own.
func (f *fileIndex) logsources(root *Node, depth int) (out []Logsource) {
	below := root.Get("correlation")
	if below == nil {
		below = root.Get("unusual")
	}
	if below == nil {
		if l, err := readLogsource(root); err == nil {
			out = append(out, l)
		}
		return out
	}
	refs, _ := below.Get("rules").texts()
	for _, ref := range refs {
		if r := f.byName[ref]; r != nil && depth > 0 {
			out = append(out, f.logsources(r, depth-1)...)
		}
	}
	return out
}
