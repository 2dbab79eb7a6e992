package oncall_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/oncall"
)

// day is 2026-01-dd hh:00 UTC.
func day(d, h int) time.Time { return time.Date(2026, 1, d, h, 0, 0, 0, time.UTC) }

var daily = oncall.Rotation{People: []string{"ann", "bob"}, Shift: oncall.Daily, Length: 1, Start: day(1, 9), Zone: "UTC"}

func TestShiftsWithOverrides(t *testing.T) {
	f := func(r oncall.Rotation, overrides []oncall.Override, from, to time.Time, want ...string) {
		t.Helper()
		var got []string
		for _, s := range oncall.Shifts(r, overrides, from, to) {
			got = append(got, fmt.Sprintf("%s–%s %s", s.Start.Format("02T15"), s.End.Format("02T15"), strings.Join(s.People, "+")))
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
	}
	made := func(order int, mode, person string, from, to time.Time) oncall.Override {
		return oncall.Override{Person: person, Mode: mode, Start: from, End: to, Created: day(1, 0).Add(time.Duration(order))}
	}
	f(daily, nil, day(1, 0), day(3, 12), "01T00–01T09 ", "01T09–02T09 ann", "02T09–03T09 bob", "03T09–03T12 ann")
	f(daily, []oncall.Override{made(1, oncall.Replace, "cat", day(2, 6), day(2, 12))}, day(1, 9), day(3, 9),
		"01T09–02T06 ann", "02T06–02T12 cat", "02T12–03T09 bob")
	f(daily, []oncall.Override{made(1, oncall.Add, "cat", day(2, 6), day(2, 12))}, day(1, 9), day(3, 9),
		"01T09–02T06 ann", "02T06–02T09 ann+cat", "02T09–02T12 bob+cat", "02T12–03T09 bob")
	// The override made last wins, whichever stands first in the list.
	f(daily, []oncall.Override{made(2, oncall.Replace, "dan", day(2, 8), day(2, 10)), made(1, oncall.Replace, "cat", day(2, 6), day(2, 12))}, day(2, 0), day(2, 14),
		"02T00–02T06 ann", "02T06–02T08 cat", "02T08–02T10 dan", "02T10–02T12 cat", "02T12–02T14 bob")
	// Nobody else is on call: an override fills an empty rotation.
	empty := daily
	empty.People = nil
	f(empty, []oncall.Override{made(1, oncall.Replace, "cat", day(2, 6), day(2, 12))}, day(2, 0), day(3, 0),
		"02T00–02T06 ", "02T06–02T12 cat", "02T12–03T00 ")
	one := daily
	one.People = []string{"ann"}
	f(one, nil, day(2, 0), day(20, 0), "02T00–20T00 ann")
	f(daily, nil, day(2, 0), day(2, 0))
}

func TestDutyAt(t *testing.T) {
	d := oncall.DutyAt(daily, nil, day(2, 12))
	if !slices.Equal(d.People, []string{"bob"}) || !d.Since.Equal(day(2, 9)) || !d.Until.Equal(day(3, 9)) || !slices.Equal(d.Next, []string{"ann"}) {
		t.Errorf("%+v", d)
	}
	one := daily
	one.People = []string{"ann"}
	if d := oncall.DutyAt(one, nil, day(20, 12)); !d.Since.Equal(day(1, 9)) || !d.Until.IsZero() || d.Next != nil {
		t.Errorf("one person: %+v", d)
	}
	if d := oncall.DutyAt(daily, nil, day(1, 3)); d.People != nil || !d.Until.Equal(day(1, 9)) || !slices.Equal(d.Next, []string{"ann"}) {
		t.Errorf("before the start: %+v", d)
	}
}
