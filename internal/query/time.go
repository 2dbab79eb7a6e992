package query

import (
	"strconv"
	"strings"
	"time"
)

// Instants that int64 nanoseconds hold, with room to spare.
var (
	firstTime = time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTime  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// parseTime reads a time value and returns the first and last instant that it
// covers.
func parseTime(text string, now time.Time) (lo, hi time.Time, ok bool) {
	if t, ok := relative(text, now); ok {
		return t, t, inRange(t)
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, time.UTC); err == nil {
		return t, t.AddDate(0, 0, 1).Add(-1), inRange(t)
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t, err = time.ParseInLocation("2006-01-02T15:04:05", text, time.UTC)
	}
	if err != nil {
		t, err = time.ParseInLocation("2006-01-02T15:04", text, time.UTC)
	}
	if err != nil {
		return t, t, false
	}
	if strings.Contains(text, ".") {
		return t, t, inRange(t)
	}
	return t, t.Add(time.Second - 1), inRange(t)
}

func inRange(t time.Time) bool { return t.After(firstTime) && t.Before(lastTime) }

// relative reads now, now-15m and now+1d.
func relative(text string, now time.Time) (time.Time, bool) {
	if len(text) < 3 || !strings.EqualFold(text[:3], "now") {
		return now, false
	}
	if text = text[3:]; text == "" {
		return now, true
	}
	unit, ok := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour,
		'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[text[len(text)-1]]
	n, err := strconv.ParseInt(text[:len(text)-1], 10, 32)
	if !ok || err != nil || text[0] != '-' && text[0] != '+' {
		return now, false
	}
	const century = 36500 * 24 * time.Hour
	if n > int64(century/unit) || n < -int64(century/unit) {
		return now, false
	}
	return now.Add(time.Duration(n) * unit), true
}
