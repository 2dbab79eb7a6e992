package eventstore

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore/conformance"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

func pipes(t testing.TB, text string) query.Query {
	t.Helper()
	q, err := query.ParseQuery(text, conformance.Now, nil)
	must(t, err)
	return q
}

func run() *pipeRun {
	return &pipeRun{lo: t0, hi: t0 + int64(time.Hour) - 1, notes: map[string]bool{}}
}

func (g *groups) count(n int64, bucket int64, keys ...any) *group {
	x := g.at(keys, bucket)
	x.n += n
	g.total += n
	return x
}

func TestTooManyGroupsLoseTheSmallestAndSaySo(t *testing.T) {
	r := run()
	g, err := r.groups(pipes(t, "* | count by user").Pipes[0])
	must(t, err)
	g.most = 3
	for i := range 10 {
		g.count(int64(i), 0, fmt.Sprintf("u%d", i))
	}
	g.trim()
	rel := g.relation()
	if want := "[[u9 9] [u8 8] [u7 7]]"; fmt.Sprint(rel.rows) != want || len(r.notes) != 1 {
		t.Errorf("%v %v", rel.rows, r.notes)
	}
}

func TestTopAlwaysAddsUp(t *testing.T) {
	g, err := run().groups(pipes(t, "* | top 2 user").Pipes[0])
	must(t, err)
	g.most = 3
	for i := range 10 {
		g.count(10, 0, fmt.Sprintf("u%d", i))
		g.trim()
	}
	rel := g.relation()
	if want := "[[u0 10 10] [u1 10 10] [other 80 80]]"; fmt.Sprint(rel.rows) != want || !rel.other {
		t.Errorf("%v", rel.rows)
	}
}

func TestTimechartPutsTheRestTogetherExactly(t *testing.T) {
	g, err := run().groups(pipes(t, "* | timechart span=30m avg(n) by user").Pipes[0])
	must(t, err)
	g.most = 12
	for i := range 15 {
		x := g.count(int64(100-i), int64(i%2), fmt.Sprintf("u%02d", i))
		x.states[0].merge([]any{big.NewInt(int64(i)), int64(1)})
		if i == 13 {
			g.trim() // folds two of the series that are not shown
		}
	}
	rel := g.relation()
	if len(rel.columns) != 12 || rel.columns[1].String() != "u00" || rel.columns[11].String() != "other" || !rel.other {
		t.Fatalf("%v", rel.columns)
	}
	// Beyond the ten shown: 10, 12, 14 in the first half hour, 11, 13 in the second.
	if rel.rows[0][11] != int64(12) || rel.rows[1][11] != int64(12) || rel.rows[0][1] != int64(0) || rel.rows[1][1] != nil {
		t.Errorf("%v", rel.rows)
	}
}

func TestDistinctCountsAreExactThenEstimates(t *testing.T) {
	for _, n := range []int{0, 1, 1000, 4095, 20_000, 200_000} {
		r := run()
		g, err := r.groups(pipes(t, "* | stats dc(user)").Pipes[0])
		must(t, err)
		s := g.of[identity(nil, 0)].states[0].(*distinctState)
		for i := range n {
			s.add(cellOf{value: fmt.Sprint(i)})
			s.add(cellOf{value: fmt.Sprint(i / 2)})
		}
		got := s.value().(int64)
		if n < 4096 && got != int64(n) || math.Abs(float64(got)-float64(n)) > 0.06*float64(n) || (n < 4096) != (len(r.notes) == 0) {
			t.Errorf("%d distinct values: %d, %v", n, got, r.notes)
		}
	}
}

func TestQuantilesAreExactForSmallIntegersThenClose(t *testing.T) {
	for _, c := range []struct {
		value func(i int) float64
		want  float64
	}{
		{func(i int) float64 { return float64(i) }, 949.05}, {func(i int) float64 { return float64(i) * 1e6 }, 949.05e6},
		{func(i int) float64 { return float64(i) / 7 }, 949.05 / 7}, {func(i int) float64 { return -float64(i) }, -49.95},
	} {
		r := run()
		g, err := r.groups(pipes(t, "* | stats p95(n)").Pipes[0])
		must(t, err)
		s := g.of[identity(nil, 0)].states[0].(*quantileState)
		for i := range 1000 {
			s.count(c.value(i), 1)
		}
		got := s.value().(float64)
		exact := c.value(1) == math.Trunc(c.value(1)) && math.Abs(c.value(999)) < 2048
		if math.Abs(got-c.want) > 0.0006*math.Abs(c.want) || exact && math.Abs(got-c.want) > 1e-9 || exact != (len(r.notes) == 0) {
			t.Errorf("%v, want %v; %v", got, c.want, r.notes)
		}
	}
}

func TestSketchesLosePrecisionNotTheBound(t *testing.T) {
	r := run()
	g, err := r.groups(pipes(t, "* | stats dc(user), median(n) by host").Pipes[0])
	must(t, err)
	g.held = 1 << 20
	for h := range 20 {
		x := g.count(1, 0, fmt.Sprint(h))
		for i := range 5000 {
			x.states[0].add(cellOf{value: fmt.Sprint(i)})
			x.states[1].(*quantileState).count(1+float64(i)/5000, 1)
		}
	}
	g.coarsen()
	size := 0
	for _, x := range g.of {
		size += x.states[0].size() + x.states[1].size()
	}
	rel := g.relation()
	if size > g.held || len(r.notes) < 3 {
		t.Errorf("%d bytes, %v", size, r.notes)
	}
	for _, row := range rel.rows {
		if dc, mid := row[1].(int64), asFloat(row[2]); dc < 3500 || dc > 6500 || mid < 1.45 || mid > 1.55 {
			t.Errorf("%v", row)
		}
	}
}

// traffic is many sources with some thousand rows.
func traffic(t testing.TB, s *Store) {
	for seq := range uint64(6) {
		es := make([]event.Event, 1000)
		for i := range es {
			es[i] = makeEvent(1, seq+1, uint32(i), t0+int64(seq)*minute+int64(i)*int64(time.Millisecond), event.Event{
				Message: "m", Columns: []event.Column{col(event.UserName, fmt.Sprintf("user%d", i%37)), col(event.BytesOut, i), col(event.SrcPort, int(seq)*1000+i)}})
		}
		must(t, s.Append(es, seq+1))
		if seq < 5 {
			must(t, s.Seal(t.Context()))
		}
	}
	must(t, s.Append([]event.Event{makeEvent(2, 7, 0, t0, event.Event{Message: "m", Columns: []event.Column{col(event.UserName, "other tenant")}})}, 7))
	must(t, s.Flush())
}

func TestPartsOfManySourcesMerge(t *testing.T) {
	s := open(t, Options{})
	traffic(t, s)
	for text, want := range map[string]string{
		"* | stats count, sum(bytes.out), avg(bytes.out), min(bytes.out), max(bytes.out), dc(user), median(bytes.out)": "[[6000 2997000 499.5 0 999 37 499.5]]",
		"* | stats first(src.port), last(src.port), dc(bytes.out)":                                                     "[[0 5999 1000]]",
		"user:user3 | count":        "[[162]]",
		"* | top 1 user":            "[[user0 168 2.8] [other 5832 97.2]]",
		"* | count by user | count": "[[37]]",
		"* | sort -bytes.out, -src.port | fields src.port | head 2": "[[5999] [4999]]",
		"* | dedup user | count":                                    "[[37]]",
		"* | head 2500 | stats min(src.port)":                       "[[3500]]",
		"* | head 1001 | fields src.port | sort src.port | head 1":  "[[4999]]",
		"user:other* | count":                                       "[[0]]",
	} {
		got, err := s.Aggregate(t.Context(), 1, pipes(t, text), 0, 0, nil)
		must(t, err)
		if fmt.Sprint(got.Rows) != want {
			t.Errorf("%s: %v, want %s", text, got.Rows, want)
		}
	}
	got, err := s.Aggregate(t.Context(), 1, pipes(t, "*"), 0, 0, nil)
	must(t, err)
	if len(got.Rows) != 6000 || got.Columns[0].Name != "time" {
		t.Errorf("%d rows, %v", len(got.Rows), got.Columns)
	}
}

func TestATableSoFarIsReported(t *testing.T) {
	s := open(t, Options{})
	traffic(t, s)
	var seen []string
	got, err := s.aggregateEvery(t.Context(), 1, pipes(t, "* | count"), 0, 0, func(p Table) {
		if !p.Partial {
			t.Error("a report on the way is not marked as partial")
		}
		seen = append(seen, fmt.Sprint(p.Rows))
	}, 0)
	must(t, err)
	if want := "[[1000]] [[2000]] [[3000]] [[4000]] [[5000]] [[6000]]"; strings.Join(seen, " ") != want || got.Partial || got.Incomplete {
		t.Errorf("%v", seen)
	}
}

func TestATableWithoutTimeIsHonest(t *testing.T) {
	s := open(t, Options{SearchTime: time.Nanosecond})
	traffic(t, s)
	got, err := s.Aggregate(t.Context(), 1, pipes(t, "* | count by user"), 0, 0, nil)
	must(t, err)
	if !got.Incomplete || got.Reason == "" || len(got.Rows) != 0 {
		t.Errorf("%+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Aggregate(ctx, 1, pipes(t, "* | count"), 0, 0, nil); err == nil {
		t.Error("a cancelled query gives a table")
	}
}

func TestChartsThatCannotBeMade(t *testing.T) {
	s := open(t, Options{})
	for _, c := range []struct {
		q        string
		from, to int64
		says     string
	}{
		{"* | timechart", 0, 0, "start and an end"},
		{"* | timechart span=1s", t0, t0 + int64(24*time.Hour), "86400 buckets"},
		{"* | timechart by user | sort nobody", t0, t0 + minute, `no column "nobody"`},
		{"* | timechart", t0, t0 - 1, "start and a later end"},
	} {
		_, err := s.Aggregate(t.Context(), 1, pipes(t, c.q), c.from, c.to, nil)
		if !problem.Is(err, problem.Invalid) || !strings.Contains(problem.Detail(err), c.says) {
			t.Errorf("%s: %v", c.q, err)
		}
	}
}

func TestLongValuesAreCut(t *testing.T) {
	s := open(t, Options{})
	must(t, s.Append([]event.Event{makeEvent(1, 1, 0, t0, event.Event{Message: strings.Repeat("ü", 5000)})}, 1))
	must(t, s.Flush())
	for _, q := range []string{"* | count by message", "* | fields message", "* | stats last(message)"} {
		got, err := s.Aggregate(t.Context(), 1, pipes(t, q), 0, 0, nil)
		must(t, err)
		if got.Rows[0][0] != strings.Repeat("ü", maxCell) {
			t.Errorf("%s: %d bytes", q, len(text(got.Rows[0][0])))
		}
	}
}

// One statement may run with hostile names: they only ever are values.
func TestNamesCannotBecomeSQL(t *testing.T) {
	s := open(t, Options{})
	es := set(t, "corpus").Events
	must(t, s.Append(es, 8))
	must(t, s.Flush())
	for _, name := range []string{`x' OR 1=1 --`, `") FROM x; --`, `$1`, `~/`, "b0", "time\\", `a"b`} {
		f := query.Field{Kind: query.Native, Name: name}
		q := query.Query{Where: query.All{}, Pipes: []query.Pipe{query.Stats{By: []query.Field{f}, Aggs: []query.Agg{{Func: query.FuncLast, Field: f, As: name}, {Func: query.FuncDC, Field: f, As: "x"}, {Func: query.FuncP95, Field: f, As: "y"}}}}}
		got, err := s.Aggregate(t.Context(), 1, q, 0, 0, nil)
		must(t, err)
		if len(got.Rows) != 1 || !slices.Equal(got.Rows[0], []any{nil, nil, int64(0), nil}) {
			t.Errorf("%s: %v", name, got.Rows)
		}
	}
}
