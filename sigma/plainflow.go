package sigma

import "strings"

// flow reads a flow collection or, within one, a scalar. inMap is set within a
// flow map, where every colon ends a key.
func (r *plainReader) flow(depth int, inMap bool) *Node {
	switch rest := r.text[r.at:r.end]; {
	case rest == "" || r.odd:
		r.giveUp()
		return nil
	case rest[0] == '[':
		n := r.node(ListNode, depth)
		r.flowItems(']', func() { n.Items = append(n.Items, r.flow(depth+1, inMap)) })
		return n
	case rest[0] == '{':
		n := r.node(MapNode, depth)
		r.flowItems('}', func() { r.flowPair(n, depth) })
		return n
	default:
		n := r.node(ScalarNode, depth)
		text, isQuoted := r.flowText(inMap)
		if isQuoted {
			n.Scalar = StringValue(text)
		} else if !r.odd {
			n.Scalar = plainValue(text)
		}
		return n
	}
}

// flowItems calls item for each item of the collection that starts here.
func (r *plainReader) flowItems(closing byte, item func()) {
	r.at++
	r.spaces()
	if r.at < r.end && r.text[r.at] == closing {
		r.at++
		return
	}
	for !r.odd {
		item()
		r.spaces()
		switch {
		case r.at < r.end && r.text[r.at] == closing:
			r.at++
			return
		case r.at < r.end && r.text[r.at] == ',':
			r.at++
			r.spaces()
		default:
			r.giveUp()
		}
	}
}

func (r *plainReader) flowPair(m *Node, depth int) {
	p := Pair{Line: r.line, Column: r.column(r.at)}
	r.count(depth + 1)
	var isQuoted bool
	p.Key, isQuoted = r.flowText(true)
	if r.odd || !plainKey(m, p.Key) || !isQuoted && plainValue(p.Key).kind != String {
		r.giveUp()
		return
	}
	r.spaces()
	if rest := r.text[r.at:r.end]; len(rest) < 2 || rest[:2] != ": " {
		r.giveUp()
		return
	}
	r.at += 2
	r.spaces()
	p.Value = r.flow(depth+1, true)
	m.Pairs = append(m.Pairs, p)
}

// flowText reads a scalar within a flow collection.
func (r *plainReader) flowText(inMap bool) (text string, isQuoted bool) {
	rest := r.text[r.at:r.end]
	if rest != "" && (rest[0] == '\'' || rest[0] == '"') {
		text, size := quoted(rest)
		if size == 0 {
			r.giveUp()
		}
		r.at += size
		return text, true
	}
	if rest == "" || !startsPlain(rest) {
		r.giveUp()
		return "", false
	}
	size := 0
	for size < len(rest) && strings.IndexByte(",[]{}:#", rest[size]) < 0 {
		size++
	}
	r.at += size
	text = strings.TrimRight(rest[:size], " ")
	if strings.Contains(text, "<<") {
		r.giveUp()
	}
	return text, false
}
