package sigma

import (
	"math"
	"slices"
	"time"
)

// minLearnt is how many active buckets, or days, a group needs before it is
// judged, however old it is.
const minLearnt = 5

// usual is what a group usually does, learnt when a new bucket begins from the
// active buckets before it: the median, and the median distance from it (MAD)
// as the deviation of a normal distribution. What an attacker did in a few
// buckets moves neither.
type usual struct {
	bucket         int64 // the newest, for which it was learnt
	center, spread float64
	learnt         int // active buckets
	days, used     int // hour: active days, and those on which this hour was used
}

// deviation adds a match to its bucket and compares. A late match counts for
// its own bucket, and is judged by what is usual now.
func (v *visit) deviation(stats *Stats) (Firing, bool) {
	u := v.correlation.Unusual
	amount := 1.0
	if u.Measure == "volume" {
		value, ok := v.match.Event.Field(v.fields[v.rule][0])
		number, numeric := value.Number()
		if !ok || !numeric || math.IsInf(number, 0) || number < 0 {
			stats.Ungrouped++
			return Firing{}, false
		}
		amount = number
	}
	g := v.find(v.group, stats)
	if g == nil {
		return Firing{}, false
	}
	bucket := v.bucket()
	if u.Measure == "hour" {
		return v.hour(g, bucket, stats)
	}
	if len(g.known) == 0 || bucket > g.usual.bucket {
		v.learn(g, bucket)
	}
	total := v.count(g, bucket, amount, stats)
	deviations := (total - g.usual.center) / g.usual.spread
	if g.usual.learnt < minLearnt || !v.learnt(g) || total < u.Minimum || !v.correlation.holds(deviations) {
		return Firing{}, false
	}
	names := v.correlation.GroupBy
	return v.fire(g, names, splitKey(v.group, len(names)), Firing{
		Count: int(min(total, math.MaxInt32)), Value: deviations,
		Why: deviationWhy(u, total, bucket, g.usual),
	})
}

// bucket is the stretch of time that the match falls into: of the day's hours
// in the zone, or of the time since 1970.
func (v *visit) bucket() int64 {
	u, sec := v.correlation.Unusual, v.match.Time
	size := int64(u.Bucket)
	if u.Measure == "hour" {
		_, offset := time.Unix(0, v.match.Time).In(u.Zone).Zone()
		sec, size = sec+int64(offset)*int64(time.Second), int64(time.Hour)
	}
	return floorDiv(sec, size)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// count adds an amount to a bucket and returns what is in it.
func (v *visit) count(g *habit, bucket int64, amount float64, stats *Stats) float64 {
	if i, ok := g.place(bucket); ok {
		total := math.Float64frombits(uint64(g.known[i].much)) + amount
		g.known[i].much = int64(math.Float64bits(total))
		return total
	}
	v.remember(g, trait{bucket, int64(math.Float64bits(amount))}, func([]trait) int { return 0 }, stats)
	return amount
}

// forgetBuckets drops those before the memory.
func (v *visit) forgetBuckets(g *habit, bucket, size int64) {
	first, _ := g.place(bucket - int64(v.correlation.Unusual.Memory)/size)
	g.known = slices.Delete(g.known, 0, first)
	v.known -= first
}

// learn finds what is usual before a bucket. The deviation is never taken for
// less than chance alone gives: the square root of a count, a tenth of a sum.
func (v *visit) learn(g *habit, bucket int64) {
	u := v.correlation.Unusual
	v.forgetBuckets(g, bucket, int64(u.Bucket))
	g.usual = usual{bucket: bucket, learnt: len(g.known)}
	if len(g.known) == 0 {
		return
	}
	amounts := make([]float64, len(g.known))
	for i, k := range g.known {
		amounts[i] = math.Float64frombits(uint64(k.much))
	}
	slices.Sort(amounts)
	center := percentile(amounts, 50)
	for i := range amounts {
		amounts[i] = math.Abs(amounts[i] - center)
	}
	slices.Sort(amounts)
	least := math.Sqrt(max(center, 1))
	if u.Measure == "volume" {
		least = max(center/10, 1)
	}
	g.usual.center, g.usual.spread = center, max(1.4826*percentile(amounts, 50), least)
}

// hour fires when the group is active in an hour of the day that it used on
// few of the days before. What is usual is counted at the first match of an
// hour; a late one in an hour that is known by now is passed over.
func (v *visit) hour(g *habit, bucket int64, stats *Stats) (Firing, bool) {
	found := g.usual
	if _, active := g.place(bucket); !active {
		newest := max(bucket, g.usual.bucket)
		v.forgetBuckets(g, newest, int64(time.Hour))
		found = usual{bucket: bucket}
		found.days, found.used = v.days(g, bucket)
		if bucket == newest {
			g.usual = found
		}
		v.count(g, bucket, 1, stats)
	} else if bucket != found.bucket {
		return Firing{}, false
	}
	if found.days < minLearnt || !v.learnt(g) {
		return Firing{}, false
	}
	share := 100 * float64(found.used) / float64(found.days)
	if !v.correlation.holds(share) {
		return Firing{}, false
	}
	names := v.correlation.GroupBy
	return v.fire(g, names, splitKey(v.group, len(names)), Firing{
		Count: found.used, Value: share, Why: hourWhy(v.correlation.Unusual, bucket, found),
	})
}

// days counts the days before the bucket's on which the group was active, and
// active in the same hour.
func (v *visit) days(g *habit, bucket int64) (days, used int) {
	today, hour := floorDiv(bucket, 24), bucket-24*floorDiv(bucket, 24)
	last := int64(math.MinInt64)
	for _, k := range g.known {
		day := floorDiv(k.what, 24)
		if day == today {
			continue
		}
		if day != last {
			days, last = days+1, day
		}
		if k.what-24*day == hour {
			used++
		}
	}
	return days, used
}
