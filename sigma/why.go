package sigma

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// firstSeenWhy says, for example: first time in 60 days that user alice is
// seen with host db7 (3 other hosts known).
func firstSeenWhy(watched time.Duration, c *Correlation, group, values []string, others int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "first time in %s that ", inWords(watched))
	if len(group) > 0 {
		b.WriteString(naming(c.GroupBy, group) + " is seen with " + naming(c.Fields, values))
	} else {
		b.WriteString(naming(c.Fields, values) + " is seen")
	}
	if others == 0 {
		return b.String() + " (no other known)"
	}
	fmt.Fprintf(&b, " (%d other %s known)", others, plural(others, c.Fields))
	return b.String()
}

// deviationWhy says, for example: 412 in the hour from 02:00, usually about 12
// (σ 5).
func deviationWhy(u *Unusual, total float64, bucket int64, usual usual) string {
	from := time.Unix(0, bucket*int64(u.Bucket)).In(u.Zone)
	return fmt.Sprintf("%s in the %s from %s, usually about %s (σ %s)", figure(total), strings.TrimPrefix(inWords(u.Bucket), "1 "),
		from.Format("15:04")+zoneName(u), figure(usual.center), figure(usual.spread))
}

func hourWhy(u *Unusual, bucket int64, usual usual) string {
	return fmt.Sprintf("active in the hour from %02d:00%s, as on %d of %d days before", bucket-24*floorDiv(bucket, 24), zoneName(u), usual.used, usual.days)
}

// zoneName is left out where it is UTC.
func zoneName(u *Unusual) string {
	if u.Zone == time.UTC || u.Zone.String() == "UTC" {
		return ""
	}
	return " " + u.Zone.String()
}

// naming joins fields and their values: user alice, host db7.
func naming(fields, values []string) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = noun(f) + " " + values[i]
	}
	return strings.Join(parts, ", ")
}

// noun is what a field is called in a sentence: user.name is a user.
func noun(field string) string {
	for _, suffix := range []string{".name", ".id", ".ip", ".address"} {
		if rest, ok := strings.CutSuffix(field, suffix); ok && rest != "" {
			return rest
		}
	}
	return field
}

func plural(n int, fields []string) string {
	if len(fields) > 1 {
		if n == 1 {
			return "combination"
		}
		return "combinations"
	}
	if n == 1 {
		return noun(fields[0])
	}
	return noun(fields[0]) + "s"
}

func several(n int, fields []string) string { return strconv.Itoa(n) + " " + plural(n, fields) }

// inWords renders a length of time in its largest whole unit.
func inWords(d time.Duration) string {
	for _, u := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / u.size; n > 0 && (d%u.size == 0 || n >= 2) {
			if n == 1 {
				return "1 " + u.name
			}
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return "a moment"
}

// figure renders a number with at most one decimal.
func figure(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}
