package dashboards

import (
	"time"
	_ "time/tzdata" // a machine without a zone database mails by the right clock too
)

// nextAt is the first time after now at which the clock of a zone shows hh:mm,
// each day, each Monday or each first of a month.
func nextAt(now time.Time, every string, hh, mm int, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	for i := 0; ; i++ {
		day := time.Date(y, m, d+i, 12, 0, 0, 0, time.UTC) // a date, far from any change of clocks
		if every == Weekly && day.Weekday() != time.Monday || every == Monthly && day.Day() != 1 {
			continue
		}
		if at := onClock(day, hh, mm, zone); at.After(now) {
			return at
		}
	}
}

// onClock is when a zone's clock shows hh:mm on a date: the first time when it
// does twice. When the clock is put forward over it, it is as much later.
func onClock(day time.Time, hh, mm int, zone *time.Location) time.Time {
	civil := time.Date(day.Year(), day.Month(), day.Day(), hh, mm, 0, 0, time.UTC)
	offset := func(t time.Time) time.Duration {
		_, s := t.In(zone).Zone()
		return time.Duration(s) * time.Second
	}
	before := civil.Add(-offset(civil.Add(-24 * time.Hour)))
	after := civil.Add(-offset(civil.Add(24 * time.Hour)))
	shows := func(t time.Time) bool { l := t.In(zone); return l.Hour() == hh && l.Minute() == mm }
	if shows(after) && (!shows(before) || after.Before(before)) {
		return after
	}
	return before
}
