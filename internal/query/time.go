package query

import (
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a zone in a query means the same on a machine without a zone database
)

// Instants that int64 nanoseconds hold, with room to spare.
var (
	firstTime = time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTime  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// parseTime reads a time value and returns the first and last instant that it
// covers. loc is its zone unless it names one.
func parseTime(text string, now time.Time, loc *time.Location) (lo, hi time.Time, ok bool) {
	if body, zone, found := strings.Cut(text, "@"); found {
		named, err := loadZone(zone)
		if err != nil {
			return now, now, false
		}
		text, loc = body, named
	}
	if t, ok := relative(text, now, loc); ok {
		return t, t, inRange(t)
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, loc); err == nil {
		return t, t.AddDate(0, 0, 1).Add(-1), inRange(t)
	}
	for _, layout := range [...]struct {
		layout string
		covers time.Duration
	}{
		{time.RFC3339Nano, time.Second}, {"2006-01-02T15:04:05", time.Second},
		{"2006-01-02T15:04Z07:00", time.Minute}, {"2006-01-02T15:04", time.Minute},
	} {
		t, err := time.ParseInLocation(layout.layout, text, loc)
		if err != nil {
			continue
		}
		if strings.Contains(text, ".") {
			return t, t, inRange(t)
		}
		return t, t.Add(layout.covers - 1), inRange(t)
	}
	return now, now, false
}

func inRange(t time.Time) bool { return t.After(firstTime) && t.Before(lastTime) }

// loadZone finds a zone of the zone database. The names "" and "Local" mean
// this machine's to Go, and nothing in a query.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" || len(name) > 64 {
		return nil, strconv.ErrSyntax
	}
	return time.LoadLocation(name)
}

// relative reads now, an offset to it and a unit to round down to: now-15m,
// now+1d, now-1d/d, now/w (Monday). Days and longer are those of the zone.
func relative(text string, now time.Time, loc *time.Location) (time.Time, bool) {
	if len(text) < 3 || !strings.EqualFold(text[:3], "now") {
		return now, false
	}
	offset, unit, round := strings.Cut(text[3:], "/")
	t := now
	if offset != "" {
		n, err := strconv.Atoi(offset[:len(offset)-1])
		if err != nil || offset[0] != '-' && offset[0] != '+' || n < -1e9 || n > 1e9 {
			return now, false
		}
		var ok bool
		if t, ok = shift(now.In(loc), n, offset[len(offset)-1]); !ok {
			return now, false
		}
	}
	if round {
		return floor(t.In(loc), unit)
	}
	return t, true
}

func shift(t time.Time, n int, unit byte) (time.Time, bool) {
	const most = 200 // years; more would leave what a time can be
	switch unit {
	case 's':
		return t.Add(time.Duration(n) * time.Second), true
	case 'm':
		return t.Add(time.Duration(n) * time.Minute), abs(n) < most*366*24*60
	case 'h':
		return t.Add(time.Duration(n) * time.Hour), abs(n) < most*366*24
	case 'd':
		return t.AddDate(0, 0, n), abs(n) < most*366
	case 'w':
		return t.AddDate(0, 0, 7*n), abs(n) < most*53
	case 'M':
		return t.AddDate(0, n, 0), abs(n) < most*12
	case 'y':
		return t.AddDate(n, 0, 0), abs(n) < most
	}
	return t, false
}

func abs(n int) int { return max(n, -n) }

func floor(t time.Time, unit string) (time.Time, bool) {
	y, m, d := t.Date()
	switch unit {
	case "s":
		return t.Truncate(time.Second), true
	case "m":
		return t.Truncate(time.Minute), true
	case "h":
		_, offset := t.Zone() // zones of half an hour
		shift := time.Duration(offset) * time.Second
		return t.Add(shift).Truncate(time.Hour).Add(-shift), true
	case "d":
	case "w":
		d -= (int(t.Weekday()) + 6) % 7
	case "M":
		d = 1
	case "y":
		m, d = time.January, 1
	default:
		return t, false
	}
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location()), true
}
