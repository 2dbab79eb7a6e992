package eventstore

import (
	"reflect"
	"testing"

	"github.com/tocsin-project/tocsin/internal/loadgen"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

func TestHistogramIsTheSameFromSummariesAndRows(t *testing.T) {
	es := corpus(t)
	s := open(t, Options{})
	must(t, s.Append(es[:5], 5))
	must(t, s.Seal(t.Context()))
	must(t, s.Append(es[5:], 8))
	must(t, s.Flush())
	from, to := t0-3*minute, t0+5*minute
	quick, err := s.Histogram(t.Context(), 1, query.All{}, from, to, 4)
	must(t, err)
	scanned, err := s.Histogram(t.Context(), 1, parse(t, "severity:*"), from, to, 4)
	must(t, err)
	if !reflect.DeepEqual(quick, scanned) {
		t.Fatalf("summaries %+v\nrows %+v", quick, scanned)
	}
	var totals []int64
	for _, b := range quick.Buckets {
		totals = append(totals, b.Total)
	}
	if !reflect.DeepEqual(totals, []int64{2, 2, 2, 2}) || quick.Buckets[0].Failure != 1 || quick.Buckets[0].Success != 1 || quick.Width != 2*minute {
		t.Fatalf("%+v", quick)
	}
	odd, err := s.Histogram(t.Context(), 1, nil, from+1, to, 3)
	must(t, err)
	if n := odd.Buckets[0].Total + odd.Buckets[1].Total + odd.Buckets[2].Total; n != 7 {
		t.Fatalf("%d rows after the first", n)
	}
	for _, bad := range [][3]int64{{to, from, 1}, {from, to, 0}, {from, to, MaxBuckets + 1}} {
		if _, err := s.Histogram(t.Context(), 1, nil, bad[0], bad[1], int(bad[2])); !problem.Is(err, problem.Invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestTopValues(t *testing.T) {
	es := corpus(t)
	s := open(t, Options{})
	must(t, s.Append(es[:3], 3))
	must(t, s.Seal(t.Context()))
	must(t, s.Append(es[3:], 8))
	must(t, s.Flush())
	for name, want := range map[string]Top{
		"source":      {Values: []TopValue{{"syslog", 2}}},
		"user":        {Values: []TopValue{{"123", 1}, {"Root", 1}}, Other: 1},
		"a.b":         {Values: []TopValue{{"7", 1}, {"7.5", 1}}},
		"severity":    {Values: []TopValue{{"unknown", 2}, {"critical", 1}}, Other: 5},
		"http.status": {Values: []TopValue{{"404", 1}, {"500", 1}}},
		"absent":      {Values: []TopValue{}},
	} {
		got, err := s.TopValues(t.Context(), 1, nil, 0, 0, name, 2)
		must(t, err)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if _, err := s.TopValues(t.Context(), 1, nil, 0, 0, "", 2); !problem.Is(err, problem.Invalid) {
		t.Error(err)
	}
}

// What comes from tallies is what counting rows gives, also at the ends of a
// range that cut minutes.
func TestHistogramsBySourceAreTheSameFromTalliesAndRows(t *testing.T) {
	evs := mixed(t, 30_000, loadgen.Needles{})
	sealed, hot := open(t, Options{}), open(t, Options{})
	for i := 0; i < len(evs); i += 1000 {
		e := evs[i : i+1000]
		must(t, sealed.Append(e, e[0].Pos.Seq))
		must(t, hot.Append(e, e[0].Pos.Seq))
	}
	must(t, sealed.Seal(t.Context()))
	must(t, hot.Flush())
	for _, text := range []string{"", "source:web", "source_type:linux.*", "not source:syslog", "source:(web or zeek) -source_type:zeek.json", "source:nosuch", "source:syslog and failed", "syslog"} {
		x := parse(t, text)
		for _, span := range [][2]int64{{t0, t0 + minute}, {t0 - minute, t0 + 2*minute}, {t0 + 3_500_000_000, t0 + 27_123_456_789}, {t0, t0 + 10}} {
			a, err := sealed.StreamHistogram(t.Context(), 1, x, span[0], span[1], minute, nil)
			must(t, err)
			b, err := hot.StreamHistogram(t.Context(), 1, x, span[0], span[1], minute, nil)
			must(t, err)
			if !reflect.DeepEqual(a, b) {
				t.Errorf("%q in %v:\n%+v\n%+v", text, span, a, b)
			}
		}
	}
}
