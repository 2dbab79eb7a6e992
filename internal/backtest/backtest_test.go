package backtest_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tocsin-project/tocsin/internal/backtest"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

var from = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// stored are events as a scan gives them, in chunks.
type stored struct {
	events []event.Event
	chunk  func(i int) // called before each
	from   time.Time   // of the last scan
}

func (s *stored) About(tenant.ID, int64, int64) int64 { return int64(len(s.events)) }

func (s *stored) Scan(_ context.Context, _ tenant.ID, from, to int64, _ query.Expr, fn func([]event.Event) error) error {
	s.from = time.Unix(0, from)
	for i := 0; i < len(s.events); i += 100 {
		if s.chunk != nil {
			s.chunk(i / 100)
		}
		if err := fn(s.events[i:min(i+100, len(s.events))]); err != nil {
			return err
		}
	}
	return nil
}

type inUse struct {
	files fstest.MapFS
	packs map[string]fstest.MapFS
}

func (u inUse) InUse(context.Context, tenant.ID) (detect.Options, error) {
	return detect.Options{Starter: u.files}, nil
}

func (u inUse) Pack(_ context.Context, _ tenant.ID, name, version string) (detect.Layer, error) {
	f, ok := u.packs[name+"/"+version]
	if !ok {
		return detect.Layer{}, problem.New(problem.NotFound, "No such version of this pack.")
	}
	return detect.Layer{Origin: detect.FromPack, Pack: name, PackVersion: version, Files: f}, nil
}

const rule = `title: root by %s
id: r1
logsource: {product: linux}
detection: {a: {user: %s}, condition: a}
level: high
`

const burst = `title: burst
id: c1
correlation: {type: event_count, rules: [r1], group-by: [user], timespan: 1m, condition: {gte: 5}}
level: high
`

// day makes one event a minute over a day; every third is by root.
func day() (out []event.Event) {
	for i := range 1440 {
		user := "ann"
		if i%3 == 0 {
			user = "root"
		}
		e := event.Event{Tenant: 1, Time: from.Add(time.Duration(i) * time.Minute).UnixNano(), Logsource: []event.Logsource{{Product: "linux"}}, Fields: []event.Field{{Key: "user", Value: event.StringValue(user)}}}
		e.ID = event.NewID(1, e.Time, fmt.Append(nil, i))
		out = append(out, e)
	}
	return out
}

type bench struct {
	*testing.T
	*backtest.Service
	db     *db.DB
	events *stored
}

func both(t *testing.T, u inUse, test func(*bench)) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		now := func() time.Time { return from.Add(48 * time.Hour) }
		b := &bench{T: t, db: d, events: &stored{events: day()}}
		b.Service = backtest.New(backtest.Service{DB: d, Record: record.New(d, now), Events: b.events, Rules: u, Now: now, Log: slog.New(slog.DiscardHandler), Rest: func(context.Context, time.Duration) {}})
		test(b)
	})
}

func (b *bench) start(s backtest.Spec) (j backtest.Job, err error) {
	s.From, s.To = from, from.Add(24*time.Hour)
	err = b.db.For(1, "ann").Tx(b.Context(), func(tx *db.Tx) error { j, err = b.Start(b.Context(), tx, s); return err })
	return j, err
}

func (b *bench) result(s backtest.Spec) backtest.Job {
	b.Helper()
	j, err := b.start(s)
	if err != nil {
		b.Fatal(err)
	}
	if worked, err := b.Next(b.Context()); err != nil || !worked {
		b.Fatal(worked, err)
	}
	j, err = backtest.Get(b.Context(), b.db.For(1, "ann"), j.ID)
	if err != nil {
		b.Fatal(err)
	}
	return j
}

func TestADraftIsSetBesideTheRuleInUse(t *testing.T) {
	u := inUse{files: fstest.MapFS{"r.yml": {Data: fmt.Appendf(nil, rule, "root", "root")}, "other.yml": {Data: []byte("title: x\nid: r2\nlogsource: {product: linux}\ndetection: {a: {user: ann}, condition: a}\n")}}}
	both(t, u, func(b *bench) {
		j := b.result(backtest.Spec{Kind: backtest.Rule, RuleYAML: fmt.Sprintf(rule, "anybody", "'*'")})
		if j.State != backtest.Done || j.Read != 1440 || j.About != 1440 || j.Result == nil || len(j.Result.Rules) != 1 {
			b.Fatalf("%+v %+v", j, j.Result)
		}
		r := j.Result.Rules[0]
		if r.Hits != 1440 || r.Active != 480 || r.New != 960 || r.Gone != 0 || !r.InUse || len(r.Samples) != 50 || r.Alerts != 1 || r.AlertsADay != 1 || r.Title != "root by anybody" {
			b.Errorf("%+v", r)
		}
		var over int64
		for _, x := range r.OverTime {
			over += x.Hits
		}
		if over != r.Hits || len(r.OverTime) < 90 || r.Evaluations != 1440 {
			b.Errorf("over time %d in %d, %d evaluations", over, len(r.OverTime), r.Evaluations)
		}
		j = b.result(backtest.Spec{Kind: backtest.Rule, RuleYAML: fmt.Sprintf(rule, "nobody", "nobody")})
		if r := j.Result.Rules[0]; r.Hits != 0 || r.Gone != 480 || len(r.Samples) != 50 || r.Samples[0].Change != "gone" {
			b.Errorf("%+v", r)
		}
		j = b.result(backtest.Spec{Kind: backtest.Set, RuleYAML: fmt.Sprintf(rule, "anybody", "'*'")})
		if len(j.Result.Rules) != 2 || j.Result.Hits != 1440+960 || j.Result.Loaded != 2 {
			b.Errorf("%+v", j.Result)
		}
	})
}

// A correlation sees events in the order in which they happened.
func TestACorrelationIsTried(t *testing.T) {
	both(t, inUse{files: fstest.MapFS{"r.yml": {Data: fmt.Appendf(nil, rule, "root", "root")}}}, func(b *bench) {
		for i := range b.events.events { // five within a minute, once a quarter of an hour
			b.events.events[i].Time = from.Add(time.Duration(i/15)*15*time.Minute + time.Duration(i%15)*time.Second).UnixNano()
		}
		j := b.result(backtest.Spec{Kind: backtest.Rule, RuleYAML: burst})
		if r := j.Result.Rules; len(r) != 1 || r[0].Hits != 96 || !r[0].Correlation || r[0].InUse {
			b.Errorf("%d rules: %.200v", len(r), r)
		}
	})
}

const unusual = `title: new host
id: u1
unusual: {type: first_seen, rules: [r1], group-by: [user], field: host, memory: 30d, learn: 7d}
level: low
`

// A rule of the unusual learns from what lies before the range, which counts
// for nothing else.
func TestHabitsAreLearntBeforeTheRange(t *testing.T) {
	both(t, inUse{files: fstest.MapFS{"r.yml": {Data: fmt.Appendf(nil, rule, "root", "root")}}}, func(b *bench) {
		b.events.events = nil
		on := func(days int, host string) {
			e := event.Event{Tenant: 1, Time: from.AddDate(0, 0, days).Add(time.Hour).UnixNano(), Logsource: []event.Logsource{{Product: "linux"}},
				Fields: []event.Field{{Key: "user", Value: event.StringValue("root")}, {Key: "host", Value: event.StringValue(host)}}}
			e.ID = event.NewID(1, e.Time, []byte(host))
			b.events.events = append(b.events.events, e)
		}
		for d := -20; d < 0; d++ {
			on(d, "db1")
		}
		on(-1, "db2") // new then, and before the range
		on(0, "db1")
		on(0, "db3")
		j := b.result(backtest.Spec{Kind: backtest.Rule, RuleYAML: unusual})
		if r := j.Result.Rules; len(r) != 1 || r[0].Hits != 1 || len(r[0].Samples) != 1 {
			b.Errorf("%.300v", r)
		}
		if want := from.AddDate(0, 0, -30); !b.events.from.Equal(want) {
			b.Errorf("read from %v, want %v", b.events.from, want)
		}
	})
}

func TestAPackVersionIsSetBesideTheOneInUse(t *testing.T) {
	old, new := fmt.Appendf(nil, rule, "root", "root"), fmt.Appendf(nil, rule, "ann", "ann")
	u := inUse{files: fstest.MapFS{"s.yml": {Data: []byte("title: x\nid: r2\nlogsource: {product: linux}\ndetection: {a: {user: ann}, condition: a}\n")}},
		packs: map[string]fstest.MapFS{"core/": {"r.yml": {Data: old}}, "core/2": {"r.yml": {Data: new}}}}
	both(t, u, func(b *bench) {
		j := b.result(backtest.Spec{Kind: backtest.Pack, Pack: "core", Version: "2"})
		if r := j.Result.Rules; len(r) != 1 || r[0].Hits != 960 || r[0].New != 960 || r[0].Gone != 480 {
			b.Errorf("%+v", r)
		}
		if _, err := b.start(backtest.Spec{Kind: backtest.Pack, Pack: "core", Version: "3"}); !problem.Is(err, problem.NotFound) {
			b.Error(err)
		}
	})
}

func TestCancelKeepsWhatWasFound(t *testing.T) {
	both(t, inUse{files: fstest.MapFS{}}, func(b *bench) {
		j, err := b.start(backtest.Spec{Kind: backtest.Rule, RuleYAML: fmt.Sprintf(rule, "root", "root")})
		if err != nil {
			b.Fatal(err)
		}
		cancel := func() error {
			return b.db.For(1, "ann").Tx(b.Context(), func(tx *db.Tx) error { _, err := b.Cancel(b.Context(), tx, j.ID); return err })
		}
		b.events.chunk = func(i int) {
			if i == 3 {
				if err := cancel(); err != nil {
					b.Error(err)
				}
			}
		}
		if _, err := b.Next(b.Context()); err != nil {
			b.Fatal(err)
		}
		j, err = backtest.Get(b.Context(), b.db.For(1, "ann"), j.ID)
		if err != nil || j.State != backtest.Cancelled || j.Read != 400 || j.Result == nil || j.Result.Rules[0].Hits != 134 {
			b.Errorf("%+v %+v %v", j, j.Result, err)
		}
		if err := cancel(); !problem.Is(err, problem.Conflict) {
			b.Error(err)
		}
	})
}

func TestWhatIsWrongIsSaidAtOnce(t *testing.T) {
	both(t, inUse{files: fstest.MapFS{}}, func(b *bench) {
		for _, s := range []backtest.Spec{
			{Kind: backtest.Rule, RuleYAML: "title: ["}, {Kind: backtest.Rule}, {Kind: "other"}, {Kind: backtest.Rule, RuleYAML: fmt.Sprintf(rule, "a", "b"), Query: "("},
		} {
			if _, err := b.start(s); err == nil {
				b.Errorf("%+v was taken", s)
			}
		}
		for range 20 {
			if _, err := b.start(backtest.Spec{Kind: backtest.Rule, RuleYAML: fmt.Sprintf(rule, "a", "b")}); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := b.start(backtest.Spec{Kind: backtest.Rule, RuleYAML: fmt.Sprintf(rule, "a", "b")}); !problem.Is(err, problem.TooMany) {
			b.Error(err)
		}
		js, err := backtest.List(b.Context(), b.db.For(2, "eve"), 50)
		if err != nil || len(js) != 0 {
			b.Errorf("another tenant sees %d back-tests, %v", len(js), err)
		}
	})
}
