package sigma

import (
	"math"
	"strconv"
	"time"
)

// CorrelationType is the kind of a correlation (Sigma 2.1, "Correlation Types").
type CorrelationType string

// The types of Sigma 2.1, and pySigma's median.
const (
	EventCount      CorrelationType = "event_count"
	ValueCount      CorrelationType = "value_count"
	Temporal        CorrelationType = "temporal"
	TemporalOrdered CorrelationType = "temporal_ordered"
	ValueSum        CorrelationType = "value_sum"
	ValueAvg        CorrelationType = "value_avg"
	ValuePercentile CorrelationType = "value_percentile"
	ValueMedian     CorrelationType = "value_median"
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
	// (temporal, temporal_ordered), or is about the sum, the mean, a percentile
	// or the median of numbers.
	Condition []Test
	// Fields are whose distinct values value_count counts (several: distinct
	// combinations), or the one field whose numbers are taken.
	Fields     []string
	Percentile float64 // 0 to 100; 50 for the median
	// Expression is an extended temporal condition, as written (pySigma): and,
	// or, not over rules. It is judged when a match of a rule comes in that does
	// not only stand behind a not; what comes later takes no firing back. In
	// temporal_ordered the rules that are wanted come in the order of Rules.
	Expression string
	Generate   bool // the rules' own hits are reported too
	// Unusual is set for the types first_seen, rare and deviation. Fields then
	// are what is new, rare or summed, and for a Timespan after a firing more of
	// the same only goes on.
	Unusual *Unusual

	ways  []way   // of Expression
	fires ruleSet // rules that can make Expression hold
}

// Test compares a count.
type Test struct {
	Op     Op
	Number float64
}

// holds reports whether a number fits the condition.
func (c *Correlation) holds(n float64) bool {
	for _, t := range c.Condition {
		if !t.Op.holds(n, t.Number) {
			return false
		}
	}
	return true
}

// counts reports whether the condition is about a count of something.
func (c *Correlation) counts() bool {
	switch c.Type {
	case EventCount, ValueCount, Temporal, TemporalOrdered:
		return c.Expression == ""
	}
	return false
}

// growing reports whether more entries, in whatever order, can never make the
// condition false again.
func (c *Correlation) growing() bool {
	for _, t := range c.Condition {
		if t.Op != Gt && t.Op != Gte {
			return false
		}
	}
	for _, t := range c.ways {
		if len(t.absent) > 0 {
			return false
		}
	}
	return c.Type == EventCount || c.Type == ValueCount || c.Type == Temporal
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
	case EventCount, ValueCount, Temporal, TemporalOrdered, ValueSum, ValueAvg, ValuePercentile:
	case ValueMedian:
		c.Percentile = 50
	default:
		return nil, at(orNode(n.Get("type"), n), "unknown correlation type %q", c.Type)
	}
	if err := c.readInputs(n); err != nil {
		return nil, err
	}
	span := n.Get("timespan")
	if c.Timespan = ParseTimespan(span.Text()); c.Timespan <= 0 {
		return nil, at(orNode(span, n), "timespan must be a number and s, m, h, d or w, such as 5m, and at most %d days", maxTimespan/(24*time.Hour))
	}
	if err := c.readCondition(n); err != nil {
		return nil, err
	}
	if len(c.Rules) == 0 {
		return nil, at(orNode(n.Get("rules"), n), "the correlation names no rules")
	}
	return c, c.readAliases(n.Get("aliases"))
}

// readInputs reads what correlations and the unusual have in common.
func (c *Correlation) readInputs(n *Node) (err *Error) {
	if c.Rules, err = n.Get("rules").texts(); err != nil {
		return err
	}
	if len(c.Rules) > maxCorrelated {
		return at(n.Get("rules"), "the correlation names more than %d rules", maxCorrelated)
	}
	if c.GroupBy, err = n.Get("group-by").texts(); err != nil {
		return err
	}
	if len(c.GroupBy) > maxGroupBy {
		return at(n.Get("group-by"), "more than %d fields to group by", maxGroupBy)
	}
	if g := n.Get("generate"); g != nil {
		if g.Kind != ScalarNode || g.Scalar.Kind() != Bool {
			return at(g, "generate takes true or false")
		}
		c.Generate = g.Scalar.Bool()
	}
	return nil
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
	if cond.isNull() && temporal {
		c.Condition = []Test{{Gte, float64(len(c.Rules))}}
		return nil
	}
	if cond != nil && cond.Kind == ScalarNode && temporal {
		return c.readExpression(cond)
	}
	if cond == nil || cond.Kind != MapNode {
		return at(orNode(cond, n), "a %s needs a condition such as gte: 5", c.Type)
	}
	for _, p := range cond.Pairs {
		if err := c.readCriterion(p); err != nil {
			return err
		}
	}
	return c.checkCondition(cond)
}

func (c *Correlation) readCriterion(p Pair) (err *Error) {
	where := &Node{Line: p.Line, Column: p.Column}
	switch op := Op(p.Key); op {
	case Eq, Neq, Lt, Lte, Gt, Gte:
		f, ok := p.Value.number()
		if !ok {
			return at(p.Value, "%s takes a number", p.Key)
		}
		c.Condition = append(c.Condition, Test{op, f})
	case "field":
		if !c.takesField() {
			return at(where, "a %s takes no field", c.Type)
		}
		c.Fields, err = p.Value.texts()
		return err
	case "percentile":
		f, ok := p.Value.number()
		switch {
		case c.Type != ValuePercentile:
			return at(where, "only value_percentile takes a percentile")
		case !ok || f < 0 || f > 100:
			return at(p.Value, "percentile takes a number from 0 to 100")
		}
		c.Percentile = f
	default:
		return at(where, "unknown key %q in the condition", p.Key)
	}
	return nil
}

func (c *Correlation) takesField() bool { return c.Type[:min(len(c.Type), 6)] == "value_" }

func (c *Correlation) checkCondition(cond *Node) *Error {
	switch {
	case len(c.Condition) == 0 || len(c.Condition) > 2:
		return at(cond, "the condition takes one comparison, or two for a range")
	case c.takesField() && len(c.Fields) == 0:
		return at(cond, "%s needs the field whose values it is about", c.Type)
	case c.Type != ValueCount && len(c.Fields) > 1:
		return at(cond.Get("field"), "%s takes one field", c.Type)
	case c.Type == ValuePercentile && cond.Get("percentile") == nil:
		return at(cond, "value_percentile needs percentile, such as 95")
	case c.Type == TemporalOrdered && !(len(c.Condition) == 1 && c.Condition[0] == Test{Gte, float64(len(c.Rules))}):
		return at(cond, "temporal_ordered wants all its rules in order and takes no other number")
	case c.counts() && c.holds(0):
		return at(cond, "the condition holds without any event")
	}
	return nil
}

// number returns a YAML number.
func (n *Node) number() (float64, bool) {
	if n == nil || n.Kind != ScalarNode || n.Scalar.kind != Int && n.Scalar.kind != Float {
		return 0, false
	}
	f, ok := n.Scalar.Number()
	return f, ok && !math.IsInf(f, 0)
}

// Limits of one correlation.
const (
	maxTimespan   = 90 * 24 * time.Hour
	maxCorrelated = 256
)

// ParseTimespan reads a number and one of s, m, h, d, w; 0 when it is neither or
// out of range.
func ParseTimespan(s string) time.Duration { return timespan(s, maxTimespan) }

func timespan(s string, most time.Duration) time.Duration {
	if len(s) < 2 {
		return 0
	}
	unit := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[s[len(s)-1]]
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
	if unit == 0 || err != nil || time.Duration(n) > most/unit {
		return 0
	}
	return time.Duration(n) * unit
}
