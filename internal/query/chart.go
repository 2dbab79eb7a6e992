package query

import (
	"fmt"
	"time"
)

// spans are the widths that a timechart chooses from: the first that gives at
// most chosenBuckets.
var spans = [...]time.Duration{
	time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute,
	15 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	7 * 24 * time.Hour, 28 * 24 * time.Hour, 364 * 24 * time.Hour,
}

const chosenBuckets = 120

// Buckets divides [from, to) (ns): n buckets of width ns from start, which is
// at or before from on a boundary of the zone's clock. Days are those of the
// zone's offset at from. The error is one sentence for people.
func (t Timechart) Buckets(from, to int64, zone *time.Location) (start, width int64, n int, err error) {
	if from >= to || to-from < 0 {
		return 0, 0, 0, fmt.Errorf("a timechart needs a time range that has a start and a later end")
	}
	if width = int64(t.Span); width == 0 {
		for _, s := range spans {
			if width = int64(s); (to-from)/width <= chosenBuckets {
				break
			}
		}
	}
	offset := int64(0)
	if zone != nil {
		_, seconds := time.Unix(0, from).In(zone).Zone()
		offset = int64(seconds) * int64(time.Second)
	}
	if width%int64(7*24*time.Hour) == 0 {
		offset += int64(3 * 24 * time.Hour) // weeks start on Monday; 1970 began on a Thursday
	}
	start = floorTo(from+offset, width) - offset
	count := (to-start-1)/width + 1
	if count > MaxBuckets {
		return 0, 0, 0, fmt.Errorf("this makes a timechart of %d buckets, and at most %d can be shown; use a longer span or a shorter time range", count, MaxBuckets)
	}
	return start, width, int(count), nil
}

func floorTo(n, by int64) int64 {
	m := n % by
	if m < 0 {
		m += by
	}
	return n - m
}
