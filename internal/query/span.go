package query

import "time"

// Time reads a time as the language does: RFC 3339, a date, or relative to now
// ("now-15m", "now/d"); times without a zone are in loc, nil for UTC.
func Time(text string, now time.Time, loc *time.Location) (time.Time, bool) {
	if loc == nil {
		loc = time.UTC
	}
	t, _, ok := parseTime(text, now, loc)
	return t, ok
}
