package oncall

import (
	"errors"
	"slices"
	"time"
)

// Modes of an override.
const (
	Replace = "replace" // the person instead of the rotation's
	Add     = "add"     // the person beside whoever is on call
)

// Override changes who is on call in [Start, End). Where several replace at
// the same time the one made last wins; all that add do add.
type Override struct {
	ID         string    `json:"id"`
	Schedule   string    `json:"schedule"`
	Person     string    `json:"person"`
	Mode       string    `json:"mode"`
	Start, End time.Time `json:"-"`
	Created    time.Time `json:"-"`
}

// Validate says what is wrong with an override.
func (o Override) Validate() error {
	switch {
	case o.Person == "":
		return errors.New("an override needs a person")
	case o.Mode != Replace && o.Mode != Add:
		return errors.New(`an override's mode is "replace" or "add"`)
	case !o.Start.Before(o.End):
		return errors.New("an override ends after it starts")
	case o.End.Sub(o.Start) > 366*24*time.Hour:
		return errors.New("an override lasts at most a year; change the rotation instead")
	}
	return nil
}

// Shift is a stretch of time with the same people on call: [Start, End).
type Shift struct {
	People     []string // ids, in the order in which they are paged; empty: nobody
	Start, End time.Time
}

// On returns who is on call at t.
func On(r Rotation, overrides []Override, t time.Time) []string {
	c, err := newCalendar(r)
	if err != nil {
		return nil
	}
	return on(c, overrides, t)
}

func on(c calendar, overrides []Override, t time.Time) []string {
	base := c.at(t).Person
	var replaced time.Time
	var added []string
	for _, o := range overrides {
		if t.Before(o.Start) || !t.Before(o.End) {
			continue
		}
		if o.Mode == Add {
			added = append(added, o.Person)
		} else if !o.Created.Before(replaced) {
			base, replaced = o.Person, o.Created
		}
	}
	var out []string
	for _, p := range append([]string{base}, added...) {
		if p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// change is the first instant after t at which who is on call may change.
func change(c calendar, overrides []Override, t time.Time) time.Time {
	next := c.at(t).End
	for _, o := range overrides {
		for _, edge := range [2]time.Time{o.Start, o.End} {
			if edge.After(t) && edge.Before(next) {
				next = edge
			}
		}
	}
	return next.UTC()
}

// maxShifts bounds a list of shifts: two years of hourly ones.
const maxShifts = 20_000

// Shifts lists who is on call in [from, to), cut to it, without gaps: a
// stretch with nobody has no people. Neighbours with the same people are one.
// The list ends early after 20,000 shifts.
func Shifts(r Rotation, overrides []Override, from, to time.Time) []Shift {
	c, err := newCalendar(r)
	if err != nil {
		return nil
	}
	var out []Shift
	for t := from.UTC(); t.Before(to) && len(out) < maxShifts; {
		end := change(c, overrides, t)
		if end.After(to) {
			end = to.UTC()
		}
		people := on(c, overrides, t)
		if n := len(out); n > 0 && slices.Equal(out[n-1].People, people) {
			out[n-1].End = end
		} else {
			out = append(out, Shift{People: people, Start: t, End: end})
		}
		t = end
	}
	return out
}

// Duty is who is on call at a moment and how it goes on.
type Duty struct {
	People []string
	Since  time.Time // zero: for longer than a year
	Until  time.Time // zero: no change within a year
	Next   []string  // who follows at Until
}

// DutyAt tells who is on call at t, since when, until when, and who is next.
func DutyAt(r Rotation, overrides []Override, t time.Time) Duty {
	const look = 366 * 24 * time.Hour
	c, err := newCalendar(r)
	if err != nil {
		return Duty{}
	}
	d := Duty{People: on(c, overrides, t)}
	for at := change(c, overrides, t); at.Sub(t) < look; at = change(c, overrides, at) {
		if people := on(c, overrides, at); !slices.Equal(people, d.People) {
			d.Until, d.Next = at, people
			break
		}
	}
	for begun := began(c, overrides, t); t.Sub(begun) < look; begun = began(c, overrides, begun.Add(-1)) {
		if !slices.Equal(on(c, overrides, begun.Add(-1)), d.People) {
			d.Since = begun
			break
		}
	}
	return d
}

// began is the last instant at or before t at which who is on call may have changed.
func began(c calendar, overrides []Override, t time.Time) time.Time {
	last := c.at(t).Start
	for _, o := range overrides {
		for _, edge := range [2]time.Time{o.Start, o.End} {
			if !edge.After(t) && edge.After(last) {
				last = edge
			}
		}
	}
	return last.UTC()
}
