package oncall

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // a machine without a zone database pages by the right clock too
)

// Shift lengths of a rotation.
const (
	Hourly  = "hourly"
	Daily   = "daily"
	Weekly  = "weekly"
	Monthly = "monthly"
)

// Rotation is who takes turns, and when. Shift k (from 0) begins k×Length
// units after Start, counted on the wall clock of Zone, and belongs to
// People[k mod len]. Before Start nobody is on call.
//
// A boundary that falls into the hour that daylight saving skips is at the
// first instant after it; one in the hour that comes twice is at the first of
// the two. A monthly boundary on a day that the month lacks is on the month's
// last day, and the next month has its own day again.
type Rotation struct {
	People []string  `json:"people"` // ids; one may appear more than once
	Shift  string    `json:"shift"`  // Hourly, Daily, Weekly or Monthly
	Length int       `json:"length"` // units of Shift, 1 to 366
	Start  time.Time `json:"start"`
	Zone   string    `json:"zone"` // IANA name
}

const maxPeople = 100

// Validate says what is wrong with a rotation.
func (r Rotation) Validate() error {
	switch {
	case len(r.People) > maxPeople:
		return fmt.Errorf("a rotation has at most %d people", maxPeople)
	case r.Length < 1 || r.Length > 366:
		return errors.New("a shift's length is 1 to 366 units")
	case r.Start.Year() < 1990 || r.Start.Year() > 2200:
		return errors.New("the rotation's start lies between 1990 and 2200")
	}
	switch r.Shift {
	case Hourly, Daily, Weekly, Monthly:
	default:
		return fmt.Errorf("a shift is hourly, daily, weekly or monthly, not %q", r.Shift)
	}
	for _, p := range r.People {
		if p == "" || len(p) > 64 {
			return errors.New("a person in the rotation has no valid id")
		}
	}
	_, err := zone(r.Zone)
	return err
}

func zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errors.New("a time zone is needed, such as Europe/Berlin or UTC")
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone that this system knows; give an IANA name such as Europe/Berlin", name)
	}
	return loc, nil
}

// Turn is one shift of a rotation: [Start, End).
type Turn struct {
	Person     string // "" before the rotation starts and when it has no people
	Start, End time.Time
}

// At returns the shift that holds t. The rotation must be valid.
func (r Rotation) At(t time.Time) Turn {
	c, err := newCalendar(r)
	if err != nil {
		return Turn{}
	}
	return c.at(t)
}

// calendar counts boundaries: civil time is kept as seconds of a clock without
// zone, so that arithmetic on it is plain.
type calendar struct {
	r     Rotation
	loc   *time.Location
	start time.Time // the wall clock at Start, written as UTC
}

func newCalendar(r Rotation) (calendar, error) {
	loc, err := zone(r.Zone)
	return calendar{r: r, loc: loc, start: civil(r.Start, loc)}, err
}

// civil is the wall clock of loc at t, written as if it were UTC.
func civil(t time.Time, loc *time.Location) time.Time {
	l := t.In(loc)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), l.Nanosecond(), time.UTC)
}

func (c calendar) at(t time.Time) Turn {
	k := c.estimate(t)
	for c.boundary(k).After(t) {
		k--
	}
	for !c.boundary(k + 1).After(t) {
		k++
	}
	turn := Turn{Start: c.boundary(k), End: c.boundary(k + 1)}
	if n := len(c.r.People); n > 0 && k >= 0 {
		turn.Person = c.r.People[k%n]
	}
	return turn
}

// estimate is the number of a shift near t.
func (c calendar) estimate(t time.Time) int {
	now := civil(t, c.loc)
	if c.r.Shift == Monthly {
		months := (now.Year()-c.start.Year())*12 + int(now.Month()) - int(c.start.Month())
		return months / c.r.Length
	}
	return int(now.Sub(c.start) / (time.Duration(c.r.Length) * c.unit()))
}

func (c calendar) unit() time.Duration {
	switch c.r.Shift {
	case Hourly:
		return time.Hour
	case Daily:
		return 24 * time.Hour
	default:
		return 7 * 24 * time.Hour
	}
}

// boundary is the instant at which shift k begins. It never decreases with k.
func (c calendar) boundary(k int) time.Time {
	if k == 0 {
		return c.r.Start.UTC() // the second of two equal wall clocks stays the second
	}
	if c.r.Shift != Monthly {
		return instant(c.start.Add(time.Duration(k)*time.Duration(c.r.Length)*c.unit()), c.loc)
	}
	s := c.start
	first := time.Date(s.Year(), s.Month()+time.Month(k*c.r.Length), 1, s.Hour(), s.Minute(), s.Second(), s.Nanosecond(), time.UTC)
	last := time.Date(first.Year(), first.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return instant(first.AddDate(0, 0, min(s.Day(), last)-1), c.loc)
}

// instant is when the wall clock of loc shows the civil time: the first of
// two, and for one that is skipped the first instant after the gap. It walks
// the zone's periods around it, because time.Date leaves open which side of a
// change it takes.
func instant(civil time.Time, loc *time.Location) time.Time {
	const reach = 36 * time.Hour // more than any offset, and than Samoa's skipped day
	for t := civil.Add(-reach); ; {
		l := t.In(loc)
		_, end := l.ZoneBounds()
		_, offset := l.Zone()
		shown := civil.Add(-time.Duration(offset) * time.Second)
		if end.IsZero() || shown.Before(end) {
			// Either shown lies in this period, or the clock jumped over it
			// when this period began.
			if shown.Before(t) {
				return t.UTC()
			}
			return shown.UTC()
		}
		t = end
	}
}
