package hunt

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/sigma"
)

// words says in one line why a correlation fired.
func words(f sigma.Firing) string {
	if f.Why != "" {
		return f.Why
	}
	var b strings.Builder
	value := strconv.FormatFloat(f.Value, 'g', 6, 64)
	switch c := f.Correlation; c.Type {
	case sigma.EventCount:
		fmt.Fprintf(&b, "%s events in %s", value, span(c.Timespan))
	case sigma.ValueCount:
		fmt.Fprintf(&b, "%s values of %s in %s", value, strings.Join(c.Fields, ", "), span(c.Timespan))
	case sigma.Temporal, sigma.TemporalOrdered:
		fmt.Fprintf(&b, "%d hits of its %d rules in %s", f.Events, len(c.Rules), span(c.Timespan))
	default:
		fmt.Fprintf(&b, "%s of %s is %s in %s", strings.TrimPrefix(string(c.Type), "value_"), strings.Join(c.Fields, ", "), value, span(c.Timespan))
	}
	for i, g := range f.Group {
		b.WriteString(map[bool]string{true: " for ", false: ", "}[i == 0])
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
