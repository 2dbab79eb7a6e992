package enginetest

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/eventstore/conformance"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

func paging(t *testing.T, f *fixture) {
	want := map[event.ID]bool{}
	for seq := uint64(1); seq <= 4; seq++ { // equal times everywhere
		evs := simple(1, seq, 20, func(i int) int64 { return t0 + int64(i/7) + int64(seq%2)*2 })
		f.append(t, evs, seq)
		for i := range evs {
			want[evs[i].ID] = true
		}
	}
	for _, limit := range []int{1, 7, 1000} {
		ids := f.all(t, 1, eventstore.Request{Limit: limit})
		seen := map[event.ID]bool{}
		for _, id := range ids {
			if !want[id] || seen[id] {
				t.Fatalf("limit %d: %s twice or unknown", limit, id)
			}
			seen[id] = true
		}
		if len(ids) != 80 {
			t.Fatalf("limit %d: %d rows", limit, len(ids))
		}
	}
	whole, err := f.Search(t.Context(), 1, eventstore.Request{Limit: 1000})
	must(t, err)
	if !slices.IsSortedFunc(whole.Rows, func(a, b eventstore.Row) int {
		p, q := a.Position(), b.Position()
		return slices.Compare([]int64{b.Time, int64(q.Seq), int64(q.Index)}, []int64{a.Time, int64(p.Seq), int64(p.Index)})
	}) {
		t.Fatal("not newest first")
	}
	if n := len(f.all(t, 1, eventstore.Request{From: t0 + 1, To: t0 + 3, Limit: 9})); n != 40 {
		t.Fatalf("%d rows in the range, want 40", n)
	}
}

func stream(t *testing.T, f *fixture) {
	evs := simple(1, 1, 2000, func(i int) int64 { return t0 + int64(i)*10*minute })
	for i := range evs {
		if i%300 == 0 {
			evs[i] = made(1, 1, uint32(i), evs[i].Time, event.Event{Message: "rare one"})
		}
	}
	f.append(t, evs, 1)
	var streamed []event.ID
	page, err := f.Stream(t.Context(), 1, eventstore.Request{Query: parse(t, "rare"), Limit: 5}, func(rows []eventstore.Row) error {
		for i := range rows {
			streamed = append(streamed, rows[i].ID)
		}
		return nil
	}, func(p eventstore.Progress) error {
		if p.Blocks < 1 || p.Blocks > p.Of {
			t.Errorf("%+v", p)
		}
		return nil
	})
	must(t, err)
	var ids []event.ID
	for i := range page.Rows {
		ids = append(ids, page.Rows[i].ID)
	}
	if len(ids) != 5 || !slices.Equal(ids, streamed) || page.Next == "" {
		t.Fatalf("streamed %d rows, the page has %d", len(streamed), len(ids))
	}
}

func tenants(t *testing.T, f *fixture) {
	for seq, tn := range []tenant.ID{1, 2, 1, 2} {
		f.append(t, simple(tn, uint64(seq+1), 10, inOrder), uint64(seq+1))
	}
	all, err := f.Search(t.Context(), 1, eventstore.Request{Limit: 1000})
	must(t, err)
	for _, tn := range []tenant.ID{1, 2, 3} {
		want := map[tenant.ID]int{1: 20, 2: 20}[tn]
		if got := len(f.all(t, tn, eventstore.Request{})); got != want {
			t.Errorf("tenant %d: %d rows, want %d", tn, got, want)
		}
		h, err := f.Histogram(t.Context(), tn, nil, t0, t0+minute, 1)
		must(t, err)
		if h.Buckets[0].Total != int64(want) || f.About(tn, 0, 0) != int64(want) {
			t.Errorf("tenant %d: %d rows counted, about %d", tn, h.Buckets[0].Total, f.About(tn, 0, 0))
		}
		rows, _, err := f.Since(t.Context(), tn, nil, 0, 4, 100)
		must(t, err)
		if len(rows) != want {
			t.Errorf("tenant %d: %d rows of the journal", tn, len(rows))
		}
		if tn == 1 {
			continue
		}
		if got := len(f.all(t, tn, eventstore.Request{Query: parse(t, `"tenant 1"`)})); got != 0 {
			t.Errorf("tenant %d sees %d rows of another", tn, got)
		}
		if rows, err := f.Get(t.Context(), tn, []event.ID{all.Rows[0].ID}); err != nil || len(rows) != 0 {
			t.Errorf("tenant %d gets %d rows of another (%v)", tn, len(rows), err)
		}
	}
}

func since(t *testing.T, f *fixture) {
	at := func(i int) int64 { return t0 - int64(i)*minute } // later events can be of earlier times
	before, more := f.Flushed()
	for seq := uint64(1); seq <= 6; seq++ {
		must(t, f.Append(append(simple(1, seq, 10, at), simple(2, seq, 10, at)...), seq))
	}
	must(t, f.Flush())
	<-more
	through, _ := f.Flushed()
	if before >= through || through != 6 {
		t.Fatalf("flushed up to %d, before %d", through, before)
	}
	rows, dropped, err := f.Since(t.Context(), 1, parse(t, "seq"), 2, 6, 100)
	must(t, err)
	if len(rows) != 40 || dropped != 0 || rows[0].Position() != (event.Position{Seq: 3}) || rows[39].Position() != (event.Position{Seq: 6, Index: 9}) {
		t.Fatalf("%d rows, %d dropped", len(rows), dropped)
	}
	rows, dropped, err = f.Since(t.Context(), 1, nil, 2, 6, 15)
	must(t, err)
	if len(rows) != 15 || dropped != 25 || rows[14].Position().Seq != 6 {
		t.Fatalf("%d rows, %d dropped", len(rows), dropped)
	}
}

func get(t *testing.T, f *fixture) {
	es := set(t, "corpus").Events
	f.append(t, es, uint64(len(es)))
	var ids []event.ID
	for i := range es {
		ids = append(ids, es[i].ID)
		x := parse(t, "id:"+strings.ToUpper(es[i].ID.String()))
		if got := f.all(t, tenant.Default, eventstore.Request{Query: x}); len(got) != 1 || got[0] != es[i].ID {
			t.Fatalf("event %d: %v", i, got)
		}
	}
	ids = append(ids, event.ID{1, 2, 3}) // is not there
	rows, err := f.Get(t.Context(), tenant.Default, ids)
	must(t, err)
	if len(rows) != len(es) || !slices.IsSortedFunc(rows, func(a, b eventstore.Row) int { return int(b.Time - a.Time) }) {
		t.Fatalf("%d rows", len(rows))
	}
}

func set(t *testing.T, name string) conformance.Set {
	t.Helper()
	sets, err := conformance.Sets()
	must(t, err)
	return sets[name]
}

func histogram(t *testing.T, f *fixture) {
	es := set(t, "corpus").Events
	f.append(t, es, uint64(len(es)))
	from, to := t0-3*minute, t0+5*minute
	quick, err := f.Histogram(t.Context(), 1, query.All{}, from, to, 4)
	must(t, err)
	scanned, err := f.Histogram(t.Context(), 1, parse(t, "severity:*"), from, to, 4)
	must(t, err)
	if !reflect.DeepEqual(quick, scanned) {
		t.Fatalf("of all %+v\nby a condition %+v", quick, scanned)
	}
	var totals []int64
	for _, b := range quick.Buckets {
		totals = append(totals, b.Total)
	}
	if !reflect.DeepEqual(totals, []int64{2, 2, 2, 2}) || quick.Buckets[0].Failure != 1 || quick.Buckets[0].Success != 1 || quick.Width != 2*minute {
		t.Fatalf("%+v", quick)
	}
	odd, err := f.Histogram(t.Context(), 1, nil, from+1, to, 3)
	must(t, err)
	if n := odd.Buckets[0].Total + odd.Buckets[1].Total + odd.Buckets[2].Total; n != 7 {
		t.Fatalf("%d rows after the first", n)
	}
	reports := 0
	whole, err := f.StreamHistogram(t.Context(), 1, nil, from+1, to, 3*minute, func(eventstore.Histogram) error { reports++; return nil })
	must(t, err)
	var n int64
	for _, b := range whole.Buckets {
		if b.Start%(3*minute) != 0 {
			t.Errorf("a bucket starts at %d", b.Start)
		}
		n += b.Total
	}
	if n != 7 || reports == 0 {
		t.Fatalf("%d rows after %d reports", n, reports)
	}
}

func top(t *testing.T, f *fixture) {
	es := set(t, "corpus").Events
	f.append(t, es, uint64(len(es)))
	for name, want := range map[string]eventstore.Top{
		"source":      {Values: []eventstore.TopValue{{Value: "syslog", Count: 2}}},
		"user":        {Values: []eventstore.TopValue{{Value: "123", Count: 1}, {Value: "Root", Count: 1}}, Other: 1},
		"a.b":         {Values: []eventstore.TopValue{{Value: "7", Count: 1}, {Value: "7.5", Count: 1}}},
		"severity":    {Values: []eventstore.TopValue{{Value: "unknown", Count: 2}, {Value: "critical", Count: 1}}, Other: 5},
		"http.status": {Values: []eventstore.TopValue{{Value: "404", Count: 1}, {Value: "500", Count: 1}}},
		"absent":      {Values: []eventstore.TopValue{}},
	} {
		got, err := f.TopValues(t.Context(), 1, nil, 0, 0, name, 2)
		must(t, err)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func conditions(t *testing.T, f *fixture) {
	c := set(t, "corpus")
	f.append(t, c.Events, uint64(len(c.Events)))
	for _, c := range c.Conditions {
		p, err := f.Search(t.Context(), tenant.Default, eventstore.Request{Query: parse(t, c.Q)})
		if err != nil {
			t.Errorf("%s: %v", c.Q, err)
			continue
		}
		var got []byte
		for i := range p.Rows {
			got = append(got, byte('0'+p.Rows[i].Position().Seq-1))
		}
		slices.Sort(got)
		if string(got) != c.Finds {
			t.Errorf("%s finds %s, want %s", c.Q, got, c.Finds)
		}
	}
}

func tables(t *testing.T, f *fixture) {
	c := set(t, "traffic")
	f.append(t, c.Events, uint64(len(c.Events)))
	for _, c := range c.Tables {
		q, err := query.ParseQuery(c.Q, conformance.Now, nil)
		must(t, err)
		got, err := f.Aggregate(t.Context(), tenant.Default, q, t0+c.From*1e9, t0+c.To*1e9, nil)
		if err != nil {
			t.Errorf("%s: %v", c.Q, err)
			continue
		}
		out := conformance.Table{Chart: got.Chart, Rows: got.Rows}
		for _, col := range got.Columns {
			out.Columns = append(out.Columns, col.Name+" "+col.Type)
		}
		if diff := c.Differs(out); diff != "" || got.Incomplete || got.Partial {
			t.Errorf("%s\n%s", c.Q, diff)
		}
	}
}
