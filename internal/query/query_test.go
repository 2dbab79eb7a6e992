package query

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
)

var prague, _ = time.LoadLocation("Europe/Prague")

func TestPipesPrintAsTheyMean(t *testing.T) {
	for text, want := range map[string]string{
		"failed | count":                                      "failed | count",
		"|count":                                              "* | count",
		"a or b | COUNT BY user, source.ip":                   "a or b | count by user.name, src.ip",
		"* | top user":                                        "* | top 10 user.name",
		"* | top 3 fields.user":                               "* | top 3 fields.user",
		`* | top "Event Data"`:                                `* | top 10 "Event Data"`,
		"x | timechart":                                       "x | timechart count",
		"x | timechart by src_ip":                             "x | timechart count by src.ip",
		"x | timechart span=90m sum(bytes.out) by p":          "x | timechart span=90m sum(bytes.out) by p",
		"x | timechart span=120m count":                       "x | timechart span=2h count",
		"x | stats count()":                                   "x | stats count",
		"x|stats count as n,p50(a.b), dc(user) by q":          "x | stats count as n, median(a.b), dc(user.name) by q",
		"x | stats sum(bytes_out) as sum":                     "x | stats sum(bytes.out) as sum",
		"x | dedup user , host":                               "x | dedup user.name, host.name",
		"x | sort -time, user":                                "x | sort -time, user.name",
		"x | fields time,msg":                                 "x | fields time, message",
		"x | head 5":                                          "x | head 5",
		"x | where y or user:root":                            "x | where y or user.name:root",
		"x | where *":                                         "x | where *",
		"x | count by user | where count > 10":                "x | count by user.name | where count:>10",
		"x | count by user | where user != root":              "x | count by user.name | where not user.name:root",
		"x | count by src.ip | where src.ip:10.0/99":          "",
		"x | count by ip | where count>=3 ip:x":               "x | count by ip | where count:>=3 and ip:x",
		"x | count by ip | where ip = (a or b)":               "",
		"x | count by ip | where ip:(a or b)":                 "x | count by ip | where ip:a or ip:b",
		"x | stats avg(n) | where avg(n)>2":                   `x | stats avg(n) | where "avg(n)":>2`,
		"x | stats avg(n) by g | sort -avg(n) | head":         "",
		"x | stats avg(n) by g | sort -avg(n), g":             `x | stats avg(n) by g | sort -"avg(n)", g`,
		"x | stats max(time) by g | where max(time) > now-1d": `x | stats max(time) by g | where "max(time)":>"2026-02-28T12:00:00Z"`,
		"x | stats count as user by a | where user > 1":       "x | stats count as user by a | where user:>1",
		"x | count by src.ip | where src.ip:10.0.0.0/8":       "x | count by src.ip | where src.ip:10.0.0.0/8",
		"x | count by user, host | stats dc(host) as hosts by user | where hosts > 1": "x | count by user.name, host.name | stats dc(host.name) as hosts by user.name | where hosts:>1",
		"x | timechart by user | sort -root | head 3":                                 "x | timechart count by user.name | sort -root | head 3",
		"x | dedup user | where user:root":                                            "x | dedup user.name | where user.name:root",
		`a\|b "c|d" m:/x|y/ | count`:                                                  `"a|b" and "c|d" and m:/x|y/ | count`,
	} {
		q, err := ParseQuery(text, now, nil)
		if err != nil {
			if want != "" {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if got := q.String(); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestErrorsOfPipesPointAtTheFault(t *testing.T) {
	for text, want := range map[string]struct {
		offset int
		says   string
	}{
		"x | frob":                         {4, "a pipe is one of count"},
		"x |":                              {3, "a pipe is one of"},
		"x | count by":                     {12, "missing here"},
		"x | count user":                   {10, `a "|" is missing`},
		"x | count by a,b,c,d,e,f,g,h,i":   {29, "more than 8"},
		"x | count by a, a":                {16, "twice"},
		"x | top 0 user":                   {8, "1 to 1000"},
		"x | top":                          {7, "missing"},
		"x | top us*":                      {8, "wildcards"},
		"x | timechart span=5":             {19, "written 30s"},
		"x | timechart span=9999w":         {19, "366 days"},
		"x | timechart sum":                {14, "sum needs a field"},
		"x | stats frob(x)":                {10, "a function is count"},
		"x | stats count(user)":            {16, "dc(field)"},
		"x | stats sum(a":                  {13, "never closed"},
		"x | stats count, count":           {17, "already"},
		"x | stats count as a by a":        {21, "same name"},
		"x | head 0":                       {9, "1 to 10000"},
		"x | head many":                    {9, "1 to 10000"},
		"x | where":                        {4, "condition is missing"},
		"x | count | where failed":         {18, "compares columns"},
		"x | dedup user | where failed":    {23, "compares columns"},
		"x | count by user | where host:a": {26, "it has user.name, count"},
		"x | count by user | sort host":    {25, "it has user.name, count"},
		"x | count | timechart":            {12, "needs the column time"},
		"(x | count)":                      {0, "never closed"},
		"time:[2026-01-01 TO 2026-12-31] | timechart span=1s": {44, "31449601 buckets"},
		strings.Repeat("|head 1", 21):                         {140, "20 pipes"},
		strings.Repeat("x", 100_000):                          {MaxText, "8 KB"},
		`p:/(\pL{100}){10}/`:                                  {2, "too large"},
		"time:>2026-01-01@Europe/Nowhere":                     {6, "not a time"},
		"time:>now/x":                                         {6, "not a time"},
		"time:>now-999999999w":                                {6, "not a time"},
	} {
		_, err := ParseQuery(text, now, nil)
		var se *SyntaxError
		if !errors.As(err, &se) {
			t.Errorf("%.60s: error is %v", text, err)
			continue
		}
		if se.Offset != want.offset || !strings.Contains(se.Message, want.says) || se.Offset+se.Length > len(text) {
			t.Errorf("%.60s: %d+%d %s", text, se.Offset, se.Length, se.Message)
		}
	}
	if _, err := Parse("a | count", now); err == nil || !strings.Contains(err.Error(), "only a condition") {
		t.Errorf("pipes where only a condition can stand: %v", err)
	}
}

func TestTimesHaveZonesAndRoundings(t *testing.T) {
	for text, want := range map[string]string{
		"2026-01-31":                     "2026-01-30T23:00:00Z", // in Prague
		"2026-07-01T10:00":               "2026-07-01T08:00:00Z",
		"2026-07-01T10:00Z":              "2026-07-01T10:00:00Z",
		"2026-01-01T10:00+02:00":         "2026-01-01T08:00:00Z",
		"2026-01-01T10:00@Europe/London": "2026-01-01T10:00:00Z",
		"2026-01-01@Asia/Tokyo":          "2025-12-31T15:00:00Z",
		"now/h":                          "2026-03-01T12:00:00Z",
		"now/d":                          "2026-02-28T23:00:00Z",
		"now-1d/d":                       "2026-02-27T23:00:00Z",
		"now/w":                          "2026-02-22T23:00:00Z", // Monday the 23rd
		"now-1w/w@Z":                     "",
		"now-1w/w@UTC":                   "2026-02-16T00:00:00Z",
		"now/M":                          "2026-02-28T23:00:00Z",
		"now/y":                          "2025-12-31T23:00:00Z",
		"now-1M":                         "2026-02-01T12:00:00Z",
		"now-90s/m":                      "2026-03-01T11:58:00Z",
		"now/d@Local":                    "",
	} {
		q, err := ParseQuery(`time:>="`+text+`"`, now, prague)
		if err != nil {
			if want != "" {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if got := q.From.Format(time.RFC3339Nano); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestBoundsAreWhatAConditionImplies(t *testing.T) {
	at := func(hours int) int64 { return now.Add(time.Duration(hours) * time.Hour).UnixNano() }
	const first, last = math.MinInt64, math.MaxInt64
	for text, want := range map[string][2]int64{
		"":                            {first, last},
		"x":                           {first, last},
		"time:>=now-1h":               {at(-1), last},
		"time:<now":                   {first, at(0) - 1},
		"x time:[now-3h TO now]":      {at(-3), at(0)},
		"time:>=now-3h time:<=now-1h": {at(-3), at(-1)},
		"time:>=now-3h or x":          {first, last},
		"time:[now-3h TO now-2h] or time:[now-1h TO now]": {at(-3), at(0)},
		"not time:>=now-3h":                  {first, last},
		"received:>=now-3h":                  {first, last},
		"(time:>=now time:<now) or time:now": {at(0), at(0)},
	} {
		x, err := Parse(text, now)
		if err != nil {
			t.Fatal(err)
		}
		if lo, hi := Bounds(x); lo != want[0] || hi != want[1] {
			t.Errorf("%s: %d to %d, want %v", text, lo, hi, want)
		}
	}
}

func TestBucketsOfATimechart(t *testing.T) {
	day := int64(24 * time.Hour)
	from := time.Date(2026, 3, 4, 10, 7, 0, 0, time.UTC).UnixNano()
	for _, c := range []struct {
		span  time.Duration
		to    int64
		zone  *time.Location
		start string
		width time.Duration
		n     int
	}{
		{0, from + int64(time.Hour), nil, "2026-03-04T10:07:00Z", time.Minute / 2, 120},
		{0, from + day, nil, "2026-03-04T10:00:00Z", 15 * time.Minute, 97},
		{24 * time.Hour, from + day, prague, "2026-03-03T23:00:00Z", 24 * time.Hour, 2},
		{7 * 24 * time.Hour, from + day, nil, "2026-03-02T00:00:00Z", 7 * 24 * time.Hour, 1},
	} {
		start, width, n, err := Timechart{Span: c.span}.Buckets(from, c.to, c.zone)
		if got := time.Unix(0, start).UTC().Format(time.RFC3339); err != nil || got != c.start || width != int64(c.width) || n != c.n {
			t.Errorf("%v: %s, %s, %d, %v", c, got, time.Duration(width), n, err)
		}
	}
	for _, bad := range [][2]int64{{0, 0}, {5, 4}, {math.MinInt64, math.MaxInt64}, {0, 2001 * int64(time.Second)}} {
		if _, _, _, err := (Timechart{Span: time.Second}).Buckets(bad[0], bad[1], nil); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestRowsAreComparedByTheirColumns(t *testing.T) {
	row := map[string]event.Value{"user.name": event.StringValue("Root"), "count": event.IntValue(12), "avg(n)": event.FloatValue(2.5),
		"src.ip": event.StringValue("10.1.2.3"), "severity": event.StringValue("high"), "max(time)": event.IntValue(now.UnixNano()), "none": {}}
	for where, want := range map[string]bool{
		"count > 11": true, "count>12": false, "count = 12": true, "count:12.0": true, "count != 12": false,
		"user:root": true, "user:r*": true, "not user:x": true, "avg(n) >= 2.5": true, "src.ip:10.0.0.0/8": true, "src.ip:11.0.0.0/8": false,
		"severity >= medium": true, "severity:low": false, "max(time) > now-1h": true, "max(time) > now": false,
		"none:*": false, "count:*": true, "count > 11 user:x": false, "count > 99 or user:root": true,
	} {
		q, err := ParseQuery("x | stats count, avg(n), max(time), max(none) as none by user, src.ip, severity | where "+where, now, nil)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		if got := MatchRow(q.Pipes[1].(Filter).Where, func(f Field) event.Value { return row[f.String()] }); got != want {
			t.Errorf("%s: %v", where, got)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"a | count by b", "x|top 3 y|where percent>5", "|timechart span=1h dc(a) by b|sort -time", "x | stats avg(a) as b, p95(\"c d\") by e | fields b,e | head 3",
		"x | dedup user | where user:(a or b)", "time:[now-1d/d TO now/w@Europe/Prague] | count", `| stats max(time) | where max(time) > now-1d`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQuery(text, now, prague)
		if err != nil {
			return
		}
		printed := q.String()
		if len(printed) > MaxText {
			return
		}
		again, err := ParseQuery(printed, now, prague)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", text, printed, err)
		}
		if !reflect.DeepEqual(q, again) {
			t.Fatalf("%q prints as %q, which reads as %q", text, printed, again)
		}
	})
}
