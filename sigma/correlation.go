package sigma

import (
	"strconv"
	"time"
)

// CorrelationType is the kind of a correlation (Sigma 2.1, "Correlation Types").
type CorrelationType string

// The supported types.
const (
	EventCount      CorrelationType = "event_count"
	ValueCount      CorrelationType = "value_count"
	Temporal        CorrelationType = "temporal"
	TemporalOrdered CorrelationType = "temporal_ordered"
)

// Correlation is a rule over the hits of other rules. It is immutable.
type Correlation struct {
	*Meta
	Type     CorrelationType
	Rules    []string // ids or names, as written
	GroupBy  []string
	Timespan time.Duration
	// Aliases maps a group-by or value field to the field of each rule that
	// stands for it.
	Aliases map[string]map[string]string
	// Condition holds when every test does: one, or two for a range. It counts
	// hits (event_count), distinct values (value_count) or distinct rules
	// (temporal, temporal_ordered).
	Condition []Test
	Fields    []string // whose distinct values value_count counts
	Generate  bool     // the rules' own hits are reported too
}

// Test compares a count.
type Test struct {
	Op     Op
	Number float64
}

// holds reports whether a count fits the condition.
func (c *Correlation) holds(n int) bool {
	for _, t := range c.Condition {
		if !t.Op.holds(float64(n), t.Number) {
			return false
		}
	}
	return true
}

// growing reports whether more can never make the condition false again.
func (c *Correlation) growing() bool {
	for _, t := range c.Condition {
		if t.Op != Gt && t.Op != Gte {
			return false
		}
	}
	return true
}

var correlationKeys = map[string]bool{
	"type": true, "rules": true, "group-by": true, "timespan": true, "aliases": true, "condition": true, "generate": true,
}

func readCorrelation(n *Node, meta *Meta) (*Correlation, *Error) {
	c := &Correlation{Meta: meta, Type: CorrelationType(n.Get("type").Text())}
	if n.Kind != MapNode {
		return nil, at(n, "correlation must be a map")
	}
	for _, p := range n.Pairs {
		if !correlationKeys[p.Key] {
			return nil, at(&Node{Line: p.Line, Column: p.Column}, "unknown key %q in a correlation", p.Key)
		}
	}
	switch c.Type {
	case EventCount, ValueCount, Temporal, TemporalOrdered:
	case "value_sum", "value_avg", "value_percentile", "value_median":
		return nil, at(n.Get("type"), "correlation type %s is not supported", c.Type)
	default:
		return nil, at(orNode(n.Get("type"), n), "unknown correlation type %q", c.Type)
	}
	var err *Error
	if c.Rules, err = n.Get("rules").texts(); err != nil {
		return nil, err
	}
	if len(c.Rules) == 0 {
		return nil, at(orNode(n.Get("rules"), n), "the correlation names no rules")
	}
	if len(c.Rules) > maxCorrelated {
		return nil, at(n.Get("rules"), "the correlation names more than %d rules", maxCorrelated)
	}
	if c.GroupBy, err = n.Get("group-by").texts(); err != nil {
		return nil, err
	}
	span := n.Get("timespan")
	if c.Timespan = ParseTimespan(span.Text()); c.Timespan <= 0 {
		return nil, at(orNode(span, n), "timespan must be a number and s, m, h or d, such as 5m, and at most %d days", maxTimespan/(24*time.Hour))
	}
	if g := n.Get("generate"); g != nil {
		if g.Kind != ScalarNode || g.Scalar.Kind() != Bool {
			return nil, at(g, "generate takes true or false")
		}
		c.Generate = g.Scalar.Bool()
	}
	if err := c.readAliases(n.Get("aliases")); err != nil {
		return nil, err
	}
	return c, c.readCondition(n)
}

func (c *Correlation) readAliases(n *Node) *Error {
	if n.isNull() {
		return nil
	}
	if n.Kind != MapNode {
		return at(n, "aliases must map an alias to a field for each rule")
	}
	c.Aliases = map[string]map[string]string{}
	for _, alias := range n.Pairs {
		if alias.Value.Kind != MapNode {
			return at(alias.Value, "alias %q must map rules to fields", alias.Key)
		}
		fields := map[string]string{}
		for _, p := range alias.Value.Pairs {
			if fields[p.Key] = p.Value.Text(); fields[p.Key] == "" {
				return at(p.Value, "alias %q needs the name of a field", alias.Key)
			}
			named := false
			for _, r := range c.Rules {
				named = named || r == p.Key
			}
			if !named {
				return at(&Node{Line: p.Line, Column: p.Column}, "alias %q is for %q, which the correlation does not name", alias.Key, p.Key)
			}
		}
		c.Aliases[alias.Key] = fields
	}
	return nil
}

func (c *Correlation) readCondition(n *Node) *Error {
	cond := n.Get("condition")
	temporal := c.Type == Temporal || c.Type == TemporalOrdered
	if cond == nil && temporal {
		c.Condition = []Test{{Gte, float64(len(c.Rules))}}
		return nil
	}
	if cond != nil && cond.Kind == ScalarNode && temporal {
		return at(cond, "extended temporal conditions are not supported")
	}
	if cond == nil || cond.Kind != MapNode {
		return at(orNode(cond, n), "a %s needs a condition such as gte: 5", c.Type)
	}
	for _, p := range cond.Pairs {
		where := &Node{Line: p.Line, Column: p.Column}
		switch op := Op(p.Key); op {
		case Eq, Neq, Lt, Lte, Gt, Gte:
			number := p.Value.Scalar
			if p.Value.Kind != ScalarNode || number.Kind() != Int && number.Kind() != Float {
				return at(p.Value, "%s takes a number", p.Key)
			}
			f, _ := number.Number()
			c.Condition = append(c.Condition, Test{op, f})
		case "field":
			if c.Type != ValueCount {
				return at(where, "only value_count takes a field")
			}
			var err *Error
			if c.Fields, err = p.Value.texts(); err != nil {
				return err
			}
		default:
			return at(where, "unknown key %q in the condition", p.Key)
		}
	}
	switch {
	case len(c.Condition) == 0 || len(c.Condition) > 2:
		return at(cond, "the condition takes one comparison, or two for a range")
	case c.Type == ValueCount && len(c.Fields) == 0:
		return at(cond, "value_count needs the field whose values it counts")
	case c.Type == TemporalOrdered && !(len(c.Condition) == 1 && c.Condition[0] == Test{Gte, float64(len(c.Rules))}):
		return at(cond, "temporal_ordered wants all its rules in order and takes no other condition")
	case c.holds(0):
		return at(cond, "the condition holds without any event")
	}
	return nil
}

// Limits of one correlation.
const (
	maxTimespan   = 90 * 24 * time.Hour
	maxCorrelated = 256
)

// ParseTimespan reads a number and one of s, m, h, d; 0 when it is neither or
// out of range.
func ParseTimespan(s string) time.Duration {
	if len(s) < 2 {
		return 0
	}
	unit := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[s[len(s)-1]]
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
	if unit == 0 || err != nil || time.Duration(n) > maxTimespan/unit {
		return 0
	}
	return time.Duration(n) * unit
}
