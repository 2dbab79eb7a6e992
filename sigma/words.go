package sigma

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Words says in one line why the correlation fired: Why, or what was counted.
func (f Firing) Words() string {
	if f.Why != "" {
		return f.Why
	}
	var b strings.Builder
	value := strconv.FormatFloat(f.Value, 'g', 6, 64)
	switch c := f.Correlation; c.Type {
	case EventCount:
		fmt.Fprintf(&b, "%s events in %s", value, span(c.Timespan))
	case ValueCount:
		fmt.Fprintf(&b, "%s values of %s in %s", value, strings.Join(c.Fields, ", "), span(c.Timespan))
	case Temporal, TemporalOrdered:
		fmt.Fprintf(&b, "%d hits of its %d rules in %s", f.Events, len(c.Rules), span(c.Timespan))
	default:
		fmt.Fprintf(&b, "%s of %s is %s in %s", strings.TrimPrefix(string(c.Type), "value_"), strings.Join(c.Fields, ", "), value, span(c.Timespan))
	}
	for i, g := range f.Group {
		joint := ", "
		if i == 0 {
			joint = " for "
		}
		b.WriteString(joint)
		b.WriteString(g.Field + " " + g.Value.Text())
	}
	return b.String()
}

// span writes a duration as Sigma does: 5m, 1h, 2d.
func span(d time.Duration) string {
	switch day := 24 * time.Hour; {
	case d >= day && d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	case d >= time.Hour && d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d >= time.Minute && d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	}
	return strconv.Itoa(int(d/time.Second)) + "s"
}
