package sigma

// readRelated reads the list of related documents (Sigma 2.1, "Related rules").
func (m *Meta) readRelated(n *Node) *Error {
	if n.isNull() {
		return nil
	}
	if n.Kind != ListNode {
		return at(n, "related must be a list of id and type")
	}
	for _, r := range n.Items {
		id, kind := r.Get("id").Text(), r.Get("type").Text()
		if id == "" {
			return at(r, "a related document needs its id")
		}
		switch kind {
		case "derived", "obsolete", "merged", "renamed", "similar":
		default:
			return at(orNode(r.Get("type"), r), "a related document is derived, obsolete, merged, renamed or similar, not %q", kind)
		}
		m.Related = append(m.Related, Related{id, kind})
	}
	return nil
}
