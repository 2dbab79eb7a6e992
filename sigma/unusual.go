package sigma

import (
	"slices"
	"time"
)

// The types of the unusual, an extension of this package: a document with a
// key "unusual" in place of "correlation". Readers of plain Sigma skip it, as it
// has neither a detection nor a correlation.
const (
	// FirstSeen fires when a group has a value that it did not have within the memory.
	FirstSeen CorrelationType = "first_seen"
	// Rare fires when a value is known of few others ("across") within the memory.
	Rare CorrelationType = "rare"
	// Deviation fires when a group does far more than it usually does in a
	// stretch of time, or something at an hour at which it practically never does.
	Deviation CorrelationType = "deviation"
)

// Unusual says what a group's habits are made of. All times are event times.
type Unusual struct {
	Memory time.Duration // how long a value counts as known; a group that is silent for longer is forgotten
	Learn  time.Duration // a group younger than that is quiet
	Across []string      // rare: what is counted for a value
	// Measure of a deviation: "rate" counts matches, "volume" sums the field,
	// "hour" looks at the hour of the day in Zone.
	Measure string
	Bucket  time.Duration // stretches that are compared, cut at multiples of it since 1970 UTC
	Minimum float64       // a deviation below this amount is none
	Zone    *time.Location
}

// Defaults and limits of the unusual.
const (
	defaultMemory = 30 * 24 * time.Hour
	defaultLearn  = 7 * 24 * time.Hour
	maxMemory     = 400 * 24 * time.Hour
	minBucket     = time.Minute
	maxBuckets    = 10_000 // that fit into the memory
	neverUsed     = 2      // percent of the days on which an hour that is "practically never" used is used
)

var unusualKeys = map[string]bool{
	"type": true, "rules": true, "group-by": true, "aliases": true, "generate": true, "field": true, "memory": true, "learn": true,
	"timespan": true, "across": true, "measure": true, "bucket": true, "minimum": true, "zone": true, "condition": true,
}

func readUnusual(n *Node, meta *Meta) (*Correlation, *Error) {
	if n.Kind != MapNode {
		return nil, at(n, "unusual must be a map")
	}
	for _, p := range n.Pairs {
		if !unusualKeys[p.Key] {
			return nil, at(&Node{Line: p.Line, Column: p.Column}, "unknown key %q in an unusual", p.Key)
		}
	}
	u := &Unusual{Zone: time.UTC}
	c := &Correlation{Meta: meta, Type: CorrelationType(n.Get("type").Text()), Unusual: u}
	if err := c.readInputs(n); err != nil {
		return nil, err
	}
	if len(c.Rules) == 0 {
		return nil, at(orNode(n.Get("rules"), n), "it names no rules")
	}
	var err *Error
	if c.Fields, err = n.Get("field").texts(); err != nil {
		return nil, err
	}
	for _, d := range []struct {
		key       string
		to        *time.Duration
		otherwise time.Duration
	}{
		{"memory", &u.Memory, defaultMemory}, {"learn", &u.Learn, defaultLearn},
		{"bucket", &u.Bucket, time.Hour}, {"timespan", &c.Timespan, time.Hour},
	} {
		if *d.to = d.otherwise; n.Get(d.key).isNull() {
			continue
		}
		if *d.to = timespan(n.Get(d.key).Text(), maxMemory); *d.to <= 0 {
			return nil, at(n.Get(d.key), "%s must be a number and s, m, h, d or w, such as 30d, and at most %d days", d.key, maxMemory/(24*time.Hour))
		}
	}
	if n.Get("learn").isNull() {
		u.Learn = min(u.Learn, u.Memory/4)
	}
	if u.Learn > u.Memory {
		return nil, at(n.Get("learn"), "learn is longer than memory")
	}
	switch c.Type {
	case FirstSeen:
		err = c.readFirstSeen(n)
	case Rare:
		err = c.readRare(n)
	case Deviation:
		err = c.readDeviation(n)
	default:
		return nil, at(orNode(n.Get("type"), n), "unknown type %q; there are first_seen, rare and deviation", c.Type)
	}
	if err != nil {
		return nil, err
	}
	return c, c.readAliases(n.Get("aliases"))
}

// refuse names the first key that means nothing for the type.
func (c *Correlation) refuse(n *Node, keys ...string) *Error {
	for _, p := range n.Pairs {
		if slices.Contains(keys, p.Key) {
			return at(&Node{Line: p.Line, Column: p.Column}, "%s takes no %s", c.Type, p.Key)
		}
	}
	return nil
}

func (c *Correlation) readFirstSeen(n *Node) *Error {
	if len(c.Fields) == 0 {
		return at(n, "first_seen needs the field whose values are new")
	}
	return c.refuse(n, "across", "measure", "bucket", "minimum", "zone", "condition")
}

func (c *Correlation) readRare(n *Node) (err *Error) {
	if c.Unusual.Across, err = n.Get("across").texts(); err != nil {
		return err
	}
	if len(c.Fields) == 0 || len(c.Unusual.Across) == 0 {
		return at(n, "rare needs the field whose values are rare, and across")
	}
	if len(c.GroupBy)+len(c.Fields) > maxGroupBy {
		return at(n, "more than %d fields to group by", maxGroupBy)
	}
	if err := c.readTest(n, Lt, Lte, Eq); err != nil {
		return err
	}
	if len(c.Condition) == 0 {
		return at(n, "rare needs a condition such as lte: 2")
	}
	if !c.holds(1) {
		return at(n.Get("condition"), "the condition can never hold for a new value")
	}
	return c.refuse(n, "measure", "bucket", "minimum", "zone")
}

func (c *Correlation) readDeviation(n *Node) *Error {
	u := c.Unusual
	if z := n.Get("zone"); !z.isNull() {
		zone, err := time.LoadLocation(z.Text())
		if err != nil || z.Text() == "Local" {
			return at(z, "%q is no known time zone, such as Europe/Berlin", z.Text())
		}
		u.Zone = zone
	}
	u.Measure = n.Get("measure").Text()
	switch u.Measure {
	case "rate", "hour":
		if err := c.refuse(n, "field", "across"); err != nil {
			return err
		}
	case "volume":
		if len(c.Fields) != 1 {
			return at(n, "volume needs one field that it sums")
		}
	default:
		return at(orNode(n.Get("measure"), n), "measure must be rate, volume or hour")
	}
	if u.Measure == "hour" {
		c.Condition = []Test{{Lte, neverUsed}}
		if n.Get("condition") != nil {
			if err := c.readTest(n, Lt, Lte); err != nil {
				return err
			}
		}
		return c.refuse(n, "bucket", "minimum")
	}
	if err := c.readTest(n, Gt, Gte); err != nil {
		return err
	}
	if len(c.Condition) == 0 || c.holds(0) {
		return at(n, "deviation needs a condition such as gte: 3, in deviations above the usual")
	}
	if n.Get("timespan").isNull() {
		c.Timespan = u.Bucket
	}
	if m := n.Get("minimum"); !m.isNull() {
		var ok bool
		if u.Minimum, ok = m.number(); !ok {
			return at(m, "minimum takes a number")
		}
	}
	if u.Bucket < minBucket || u.Memory/u.Bucket < minLearnt || u.Memory/u.Bucket > maxBuckets {
		return at(orNode(n.Get("bucket"), n), "a bucket has at least a minute, and the memory %d to %d buckets", minLearnt, maxBuckets)
	}
	return nil
}

// readTest reads a condition of one comparison among those allowed.
func (c *Correlation) readTest(n *Node, allowed ...Op) *Error {
	cond := n.Get("condition")
	if cond == nil {
		return nil
	}
	if cond.Kind != MapNode || len(cond.Pairs) != 1 || !slices.Contains(allowed, Op(cond.Pairs[0].Key)) {
		return at(cond, "the condition takes one of %v", allowed)
	}
	number, ok := cond.Pairs[0].Value.number()
	if !ok {
		return at(cond.Pairs[0].Value, "%s takes a number", cond.Pairs[0].Key)
	}
	c.Condition = []Test{{Op(cond.Pairs[0].Key), number}}
	return nil
}
