package sigma

import (
	"fmt"
	"math"

	"github.com/goccy/go-yaml/ast"
)

// NodeKind is the shape of a YAML node.
type NodeKind uint8

// The shapes of node.
const (
	ScalarNode NodeKind = iota
	ListNode
	MapNode
)

// Node is one YAML value with its place in the file. Custom keys of rules are
// handed out as nodes, so that whoever reads them can name the line of a mistake.
type Node struct {
	Kind         NodeKind
	Line, Column int
	Scalar       Value // of a ScalarNode
	Items        []*Node
	Pairs        []Pair // in file order
}

// Pair is one entry of a map.
type Pair struct {
	Key          string
	Line, Column int // of the key
	Value        *Node
}

// Get returns the value of a key, nil when absent or when n is no map.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Pairs {
		if n.Pairs[i].Key == key {
			return n.Pairs[i].Value
		}
	}
	return nil
}

// Text returns a scalar's text, "" for other nodes.
func (n *Node) Text() string {
	if n == nil || n.Kind != ScalarNode {
		return ""
	}
	return n.Scalar.Text()
}

// isNull reports whether the node is absent or YAML's null.
func (n *Node) isNull() bool {
	return n == nil || (n.Kind == ScalarNode && n.Scalar.kind == Null)
}

// texts reads a string or a list of strings.
func (n *Node) texts() ([]string, *Error) {
	if n.isNull() {
		return nil, nil
	}
	if n.Kind == ScalarNode {
		return []string{n.Text()}, nil
	}
	if n.Kind != ListNode {
		return nil, at(n, "must be a string or a list of strings")
	}
	out := make([]string, 0, len(n.Items))
	for _, it := range n.Items {
		if it.Kind != ScalarNode || it.isNull() {
			return nil, at(it, "must be a string")
		}
		out = append(out, it.Text())
	}
	return out, nil
}

// Limits of one document. Aliases count each time they are used, so a document
// that multiplies itself by anchors ends here.
const (
	maxDepth = 32
	maxNodes = 200_000
)

// builder turns the YAML library's tree into Nodes.
type builder struct {
	lineOffset int
	nodes      int
	anchors    map[string]ast.Node
}

func (b *builder) build(n ast.Node, depth int) (*Node, *Error) {
	out := &Node{}
	if n == nil {
		return out, nil
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		out.Line, out.Column = t.Position.Line+b.lineOffset, t.Position.Column
	}
	b.nodes++
	if depth > maxDepth {
		return nil, at(out, "nested more than %d deep", maxDepth)
	}
	if b.nodes > maxNodes {
		return nil, at(out, "more than %d values in one document", maxNodes)
	}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		out.Scalar = StringValue(n.Value)
	case *ast.LiteralNode:
		out.Scalar = StringValue(n.Value.Value)
	case *ast.IntegerNode:
		out.Scalar = integer(n.Value)
	case *ast.FloatNode:
		out.Scalar = FloatValue(n.Value)
	case *ast.InfinityNode:
		out.Scalar = FloatValue(n.Value)
	case *ast.NanNode:
		out.Scalar = StringValue(n.Token.Value)
	case *ast.BoolNode:
		out.Scalar = BoolValue(n.Value)
	case *ast.AnchorNode:
		b.anchors[n.Name.String()] = n.Value
		return b.build(n.Value, depth+1)
	case *ast.AliasNode:
		target, ok := b.anchors[n.Value.String()]
		if !ok {
			return nil, at(out, "alias *%s has no anchor before it", n.Value)
		}
		return b.build(target, depth+1)
	case *ast.TagNode:
		return b.build(n.Value, depth+1)
	case *ast.SequenceNode:
		out.Kind = ListNode
		for _, v := range n.Values {
			item, err := b.build(v, depth+1)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, item)
		}
	case *ast.MappingNode:
		out.Kind = MapNode
		if !n.IsFlowStyle && len(n.Values) > 0 { // the library's own place is the first colon
			p := n.Values[0].Key.GetToken().Position
			out.Line, out.Column = p.Line+b.lineOffset, p.Column
		}
		for _, v := range n.Values {
			if err := b.pair(out, v, depth); err != nil {
				return nil, err
			}
		}
	case *ast.MappingValueNode:
		out.Kind = MapNode
		if err := b.pair(out, n, depth); err != nil {
			return nil, err
		}
	default:
		return nil, at(out, "YAML %s is not supported in rules", n.Type())
	}
	return out, nil
}

func (b *builder) pair(m *Node, v *ast.MappingValueNode, depth int) *Error {
	key, err := b.build(v.Key, depth+1)
	if err != nil {
		return err
	}
	if key.Kind != ScalarNode {
		return at(key, "a key must be a plain value")
	}
	name := key.Text()
	if m.Get(name) != nil {
		return at(key, "key %q is given twice", name)
	}
	value, err := b.build(v.Value, depth+1)
	if err != nil {
		return err
	}
	m.Pairs = append(m.Pairs, Pair{Key: name, Line: key.Line, Column: key.Column, Value: value})
	return nil
}

func integer(v any) Value {
	switch n := v.(type) {
	case int64:
		return IntValue(n)
	case uint64:
		if n <= math.MaxInt64 {
			return IntValue(int64(n))
		}
		return FloatValue(float64(n))
	}
	return StringValue(fmt.Sprint(v))
}
