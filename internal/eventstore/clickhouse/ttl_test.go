package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

func TestRowsGoByTheirClassAndHeldTimesStay(t *testing.T) {
	d := &databases{engine: startEngine(t)}
	b := d.base(t)
	b.Class = func(_ tenant.ID, source, _ string) string { return source }
	s := b.open(t)
	defer s.Close(context.Background())
	day := func(n int) int64 { return time.Now().Add(-time.Duration(n) * 24 * time.Hour).UnixNano() }
	var evs []event.Event
	add := func(tn tenant.ID, class string, age int) {
		e := event.Event{Tenant: tn, Time: day(age), Source: class, Pos: event.Position{Seq: 1, Index: uint32(len(evs))}, Message: fmt.Sprintf("%d %s %d", tn, class, age)}
		e.ID = event.PositionID(tn, e.Time, e.Pos)
		evs = append(evs, e)
	}
	for _, tn := range []tenant.ID{1, 2} {
		for _, class := range []string{"default", "short", "removed", "always"} {
			for _, age := range []int{1, 20, 50, 100} {
				add(tn, class, age)
			}
		}
	}
	must(t, s.Append(evs, 1))
	must(t, s.Flush())
	left := func(tn tenant.ID) (out []string) {
		t.Helper()
		must(t, s.define(t.Context(), "OPTIMIZE TABLE "+b.Layout.rows()+" FINAL"))
		p, err := s.Search(t.Context(), tn, eventstore.Request{})
		must(t, err)
		for i := range p.Rows {
			out = append(out, strings.TrimPrefix(p.Rows[i].Message, tn.String()+" "))
		}
		slices.Sort(out)
		return out
	}
	days := map[string]int64{"default": 90, "short": 10, "always": 0}
	held := Policy{Tenant: 1, Days: days, Held: []Span{{day(60), day(40)}, {day(45), day(15)}}}
	must(t, s.Retain(t.Context(), []Policy{held}))
	want := []string{"always 1", "always 100", "always 20", "always 50", "default 1", "default 20", "default 50", "removed 1", "removed 20", "removed 50", "short 1", "short 20", "short 50"}
	if got := left(1); !slices.Equal(got, want) {
		t.Errorf("left %q\nwant %q", got, want)
	}
	if got := left(2); len(got) != 16 {
		t.Errorf("of a tenant without a policy %d rows are left, want 16", len(got))
	}
	must(t, s.Retain(t.Context(), []Policy{{Tenant: 1, Days: days}})) // the hold is released
	want = slices.DeleteFunc(want, func(s string) bool { return s == "short 20" || s == "short 50" })
	if got := left(1); !slices.Equal(got, want) {
		t.Errorf("left %q\nwant %q", got, want)
	}
	must(t, s.Retain(t.Context(), nil))
	must(t, s.Retain(t.Context(), nil))
	if got := left(1); !slices.Equal(got, want) {
		t.Errorf("without policies %q are left", got)
	}
	for _, bad := range []Policy{{Days: days}, {Tenant: 1, Days: map[string]int64{"x' OR 1": 1}}} {
		if err := s.Retain(t.Context(), []Policy{bad}); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
