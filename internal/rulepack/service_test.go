package rulepack_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/rulepack"
)

type bench struct {
	*testing.T
	*rulepack.Service
	db     *db.DB
	now    time.Time
	timers map[string]time.Time
}

func (b *bench) Set(_ context.Context, _ *db.Tx, kind, key string, due time.Time, _ string) error {
	b.timers[kind+" "+key] = due
	return nil
}

func (b *bench) Cancel(_ context.Context, _ *db.Tx, kind, key string) error {
	delete(b.timers, kind+" "+key)
	return nil
}

func both(t *testing.T, test func(*bench)) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		b := &bench{T: t, db: d, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), timers: map[string]time.Time{}}
		check := func(text string) (rulepack.Checked, error) {
			id, title, ok := strings.Cut(text, ":")
			if !ok {
				return rulepack.Checked{}, problem.New(problem.Invalid, "no rule")
			}
			return rulepack.Checked{ID: id, Title: title, Hash: "hash of " + text}, nil
		}
		now := func() time.Time { return b.now }
		b.Service = &rulepack.Service{Library: rulepack.Library{Dir: t.TempDir()}, Record: record.New(d, now), Timers: b, Now: now, CheckRule: check, CheckFilter: check}
		test(b)
	})
}

// tx runs a change and wants it to end as a kind of problem, "" for none.
func (b *bench) tx(what string, want problem.Kind, fn func(context.Context, *db.Tx) error) {
	b.Helper()
	err := b.db.For(1, "ann").Tx(b.Context(), func(tx *db.Tx) error { return fn(b.Context(), tx) })
	if problem.KindOf(err) != want {
		b.Errorf("%s: %v, want %q", what, err, want)
	}
}

func (b *bench) recorded() (kinds []string) {
	b.Helper()
	rows, err := record.List(b.Context(), b.db.For(1, "ann"), record.Filter{Limit: 1000})
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range rows {
		kinds = append(kinds, r.Kind)
	}
	return kinds
}

func (b *bench) install(version string) {
	b.Helper()
	files := rulepack.Files{"a.yml": fmt.Appendf(nil, "title: t\nid: r%s\nlogsource: {product: x}\ndetection: {a: {b: c}, condition: a}\n", version)}
	m, err := b.Store(b.Context(), b.db.For(1, "ann"), files, rulepack.Manifest{Name: "core", Version: version})
	if err != nil {
		b.Fatal(err)
	}
	b.tx("install", "", func(ctx context.Context, tx *db.Tx) error { _, err := b.Install(ctx, tx, m); return err })
}

func TestVersionsOfAPack(t *testing.T) {
	both(t, func(b *bench) {
		b.install("1")
		b.install("1") // the same again
		b.install("2")
		activate := func(v string) func(context.Context, *db.Tx) error {
			return func(ctx context.Context, tx *db.Tx) error {
				_, err := b.Activate(ctx, tx, "core", v, "why")
				return err
			}
		}
		rollback := func(ctx context.Context, tx *db.Tx) error { _, err := b.Rollback(ctx, tx, "core", "why"); return err }
		remove := func(v string) func(context.Context, *db.Tx) error {
			return func(ctx context.Context, tx *db.Tx) error { return b.Remove(ctx, tx, "core", v) }
		}
		b.tx("back to nothing", problem.Conflict, rollback)
		b.tx("an absent version", problem.NotFound, activate("3"))
		b.tx("the first", "", activate("1"))
		b.tx("again", problem.Conflict, activate("1"))
		b.tx("the second", "", activate("2"))
		b.tx("remove what is in use", problem.Conflict, remove("2"))
		b.tx("back", "", rollback)
		p, err := rulepack.GetPack(b.Context(), b.db.For(1, "ann"), "core")
		if err != nil || p.Active != "1" || p.Previous != "2" {
			b.Errorf("%+v, %v", p, err)
		}
		b.tx("remove the other", "", remove("2"))
		b.tx("back to what was removed", problem.Conflict, rollback)
		b.tx("out of use", "", func(ctx context.Context, tx *db.Tx) error { _, err := b.Deactivate(ctx, tx, "core", "why"); return err })
		b.tx("remove the last", "", remove("1"))
		b.tx("the pack is gone", problem.NotFound, activate("1"))
		want := "[rule_pack.installed rule_pack.installed rule_pack.activated rule_pack.activated rule_pack.rolled_back rule_pack.removed rule_pack.deactivated rule_pack.removed]"
		if got := fmt.Sprint(b.recorded()); got != want {
			b.Errorf("the record holds %s, want %s", got, want)
		}
		if ps, err := rulepack.Packs(b.Context(), b.db.For(2, "eve")); err != nil || len(ps) != 0 {
			b.Errorf("another organisation sees %v, %v", ps, err)
		}
	})
}

func TestOwnRulesKeepTheirVersions(t *testing.T) {
	both(t, func(b *bench) {
		var r rulepack.OwnRule
		own := func(what string, want problem.Kind, fn func(context.Context, *db.Tx) (rulepack.OwnRule, error)) {
			b.Helper()
			b.tx(what, want, func(ctx context.Context, tx *db.Tx) error {
				got, err := fn(ctx, tx)
				if err == nil {
					r = got
				}
				return err
			})
		}
		create := func(text string) func(context.Context, *db.Tx) (rulepack.OwnRule, error) {
			return func(ctx context.Context, tx *db.Tx) (rulepack.OwnRule, error) {
				return b.CreateRule(ctx, tx, text, "note")
			}
		}
		update := func(v int64, text string) func(context.Context, *db.Tx) (rulepack.OwnRule, error) {
			return func(ctx context.Context, tx *db.Tx) (rulepack.OwnRule, error) {
				return b.UpdateRule(ctx, tx, "r1", v, text, "note")
			}
		}
		own("what is no rule", problem.Invalid, create("nonsense"))
		own("make", "", create("r1:first"))
		own("again", problem.Conflict, create("r1:other"))
		own("stale", problem.Stale, update(r.Version-1, "r1:second"))
		own("another id", problem.Invalid, update(r.Version, "r2:second"))
		own("change", "", update(r.Version, "r1:second"))
		own("roll back", "", func(ctx context.Context, tx *db.Tx) (rulepack.OwnRule, error) {
			return b.RollbackRule(ctx, tx, "r1", r.Version, 1, "why")
		})
		if r.Active != 1 || r.Title != "first" {
			b.Errorf("%+v", r)
		}
		own("an absent version", problem.NotFound, func(ctx context.Context, tx *db.Tx) (rulepack.OwnRule, error) {
			return b.RollbackRule(ctx, tx, "r1", r.Version, 9, "why")
		})
		b.tx("delete", "", func(ctx context.Context, tx *db.Tx) error { return b.DeleteRule(ctx, tx, "r1", r.Version) })
		if rs, err := rulepack.OwnRules(b.Context(), b.db.For(1, "ann")); err != nil || len(rs) != 0 {
			b.Errorf("%v, %v", rs, err)
		}
		own("bring back", "", create("r1:third"))
		if r.Active != 3 || !r.Deleted.IsZero() {
			b.Errorf("%+v", r)
		}
		rs, err := rulepack.OwnRules(b.Context(), b.db.For(1, "ann"))
		vs, verr := rulepack.OwnVersions(b.Context(), b.db.For(1, "ann"), "r1")
		if err != nil || verr != nil || len(rs) != 1 || rs[0].Body != "r1:third" || len(vs) != 3 || vs[2].Body != "r1:first" {
			b.Errorf("%v %v %v %v", rs, vs, err, verr)
		}
		if got := fmt.Sprint(b.recorded()); got != "[rule.created rule.changed rule.rolled_back rule.deleted rule.created]" {
			b.Error(got)
		}
	})
}

func TestAFilterEndsByItself(t *testing.T) {
	both(t, func(b *bench) {
		var f rulepack.Filter
		add := func(expires time.Time) func(context.Context, *db.Tx) error {
			return func(ctx context.Context, tx *db.Tx) (err error) {
				f, err = b.AddFilter(ctx, tx, "f:ours", "bob", "our scanner", expires)
				return err
			}
		}
		b.tx("in the past", problem.Invalid, add(b.now))
		b.tx("for ever", problem.Invalid, add(b.now.AddDate(10, 0, 0)))
		b.tx("for an hour", "", add(b.now.Add(time.Hour)))
		active := func() int {
			fs, err := rulepack.ActiveFilters(b.Context(), b.db.For(1, "ann"), b.now)
			if err != nil {
				b.Fatal(err)
			}
			return len(fs)
		}
		if active() != 1 || !b.timers[rulepack.TimerFilter+" "+f.ID].Equal(b.now.Add(time.Hour)) {
			b.Errorf("%d apply, timers %v", active(), b.timers)
		}
		b.now = b.now.Add(time.Hour)
		if active() != 0 || f.State(b.now) != "expired" {
			b.Errorf("%d apply after the end, %s", active(), f.State(b.now))
		}
		b.tx("the timer", "", func(ctx context.Context, tx *db.Tx) error { return b.FilterDue(ctx, tx, f.ID) })
		b.tx("retire what has ended", problem.Conflict, func(ctx context.Context, tx *db.Tx) error { _, err := b.RetireFilter(ctx, tx, f.ID, "why"); return err })
		b.tx("another", "", add(b.now.Add(time.Hour)))
		b.tx("retire", "", func(ctx context.Context, tx *db.Tx) error { _, err := b.RetireFilter(ctx, tx, f.ID, "why"); return err })
		if active() != 0 || len(b.timers) != 1 {
			b.Errorf("%d apply, timers %v", active(), b.timers)
		}
		if got := fmt.Sprint(b.recorded()); got != "[rule_filter.added rule_filter.expired rule_filter.added rule_filter.retired]" {
			b.Error(got)
		}
	})
}

func TestSwitchingARuleOffAndOn(t *testing.T) {
	both(t, func(b *bench) {
		off := func(ctx context.Context, tx *db.Tx) error { return b.Disable(ctx, tx, "r1", "too loud") }
		on := func(ctx context.Context, tx *db.Tx) error { return b.Enable(ctx, tx, "r1", "mended") }
		b.tx("on", problem.Conflict, on)
		b.tx("off", "", off)
		b.tx("off again", problem.Conflict, off)
		if list, err := rulepack.Disabled(b.Context(), b.db.For(1, "x")); err != nil || len(list) != 1 || list[0].Owner != "ann" || list[0].Reason != "too loud" {
			b.Errorf("%v, %v", list, err)
		}
		b.tx("on", "", on)
	})
}
