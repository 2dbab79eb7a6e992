package sigma

// expandEach compiles a value whose placeholders stand in something else than
// a plain string, such as a network or a regular expression: once for each text
// that they give. The lists' values are taken as that kind is written.
func (o Options) expandEach(v *Node, m modifiers, keyword bool) ([]predicate, *Error) {
	texts, err := o.expandText(v)
	if err != nil {
		return nil, err
	}
	m.expand = false
	var out []predicate
	for _, s := range texts {
		choices, err := o.predicates(&Node{Line: v.Line, Column: v.Column, Scalar: StringValue(s)}, m, keyword)
		if err != nil {
			return nil, err
		}
		out = append(out, choices...)
	}
	return out, nil
}
