package classify

import "math"

// impactThreshold separates what is handled formally from what is only
// recorded, grouped and mended: duration × breadth × criticality, for one
// outage and for a week of small ones.
type impactThreshold struct {
	breadth     map[string]int // weight of each breadth; "": not known
	criticality [4]int         // weight of each criticality
	outage      int            // weighted minutes of one outage
	week        int            // weighted minutes in seven days
	recurrences int            // times in seven days; 0: does not count
}

// threshold is what a stage sees of it.
type threshold struct {
	Points     int    `json:"points"`      // weighted minutes of this outage
	WeekPoints int    `json:"week_points"` // weighted minutes in seven days
	Crossed    bool   `json:"crossed"`
	Why        string `json:"why"`
	toGo       int    // minutes until an outage that goes on crosses it; 0: not to be expected
}

func (t *impactThreshold) measure(f *Facts) threshold {
	weight := t.breadth[f.Breadth] * t.criticality[f.Service.Criticality]
	m := threshold{
		Points:     f.Outage.Minutes * weight,
		WeekPoints: max(f.Outage.Minutes7d, f.Outage.Minutes) * weight,
	}
	switch {
	case m.Points >= t.outage:
		m.Crossed, m.Why = true, "this outage alone"
	case m.WeekPoints >= t.week:
		m.Crossed, m.Why = true, "the outages of seven days together"
	case t.recurrences > 0 && f.Outage.Recurrences7d >= t.recurrences:
		m.Crossed, m.Why = true, "the number of outages in seven days"
	case f.Outage.Ongoing && weight > 0:
		left := min(t.outage-m.Points, t.week-m.WeekPoints)
		m.toGo = int(math.Ceil(float64(left) / float64(weight)))
	}
	return m
}
