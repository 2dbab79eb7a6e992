package sigma

import "strings"

// Reads lists the fields of events that the correlation reads: what it groups
// by and counts, under the names that they have in each of its rules.
func (c *Correlation) Reads() []string {
	names := append(append([]string(nil), c.GroupBy...), c.Fields...)
	if c.Unusual != nil {
		names = append(names, c.Unusual.Across...)
	}
	for _, fields := range c.Aliases {
		for _, f := range fields {
			names = append(names, f)
		}
	}
	return names
}

// Clone returns a copy that shares no memory with a record.
func (f FieldValue) Clone() FieldValue {
	return FieldValue{Field: strings.Clone(f.Field), Value: f.Value.clone()}
}
