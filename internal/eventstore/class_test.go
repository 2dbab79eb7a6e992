package eventstore

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

func TestSealWritesOneFileForEachTenantAndClass(t *testing.T) {
	class := func(tn tenant.ID, source, sourceType string) string {
		switch {
		case source == "badge" && tn == 1:
			return "long"
		case sourceType == "debug":
			return "../short" // no name of a class
		}
		return DefaultClass
	}
	dir := t.TempDir()
	s := open(t, Options{Dir: dir, Class: class, FlushRows: 3})
	var ids []event.ID
	for i, e := range []event.Event{{Source: "badge"}, {Source: "fw"}, {Source: "badge", SourceType: "debug"}, {SourceType: "debug"}, {Source: "fw"}} {
		for tn := tenant.ID(1); tn <= 2; tn++ {
			seq := 2*uint64(i) + uint64(tn)
			x := makeEvent(tn, seq, 0, t0+int64(i)*minute, e)
			must(t, s.Append([]event.Event{x}, seq))
			if tn == 1 {
				ids = append(ids, x.ID)
			}
		}
	}
	must(t, s.Seal(t.Context()))
	got := map[string]int64{}
	for _, g := range s.Segments() {
		got[fmt.Sprint(g.Tenant, " ", g.Class)] += g.Rows
		if want := filepath.Join("segments", g.Tenant.String(), g.Class, g.ID+".parquet"); g.Path != filepath.ToSlash(want) {
			t.Errorf("path %s, want %s", g.Path, want)
		}
	}
	if len(got) != 3 || got["1 long"] != 2 || got["1 default"] != 3 || got["2 default"] != 5 {
		t.Fatalf("rows by tenant and class: %v", got)
	}
	slices.Reverse(ids)
	if rows := all(t, s, 1, Request{Limit: 2}); !slices.Equal(rows, ids) {
		t.Fatalf("%d rows over all classes, want %d in order", len(rows), len(ids))
	}
	faults, err := s.VerifySegments(t.Context())
	must(t, err)
	if len(faults) != 0 {
		t.Fatalf("%+v", faults)
	}
}

func TestClassNames(t *testing.T) {
	for name, want := range map[string]bool{"default": true, "pci-1y": true, "a": true, strings.Repeat("x", 32): true,
		"": false, strings.Repeat("x", 33): false, "Long": false, "a/b": false, "..": false, "a b": false, "ä": false} {
		if ValidClass(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

func TestAppendAllocatesNothingForTheClass(t *testing.T) {
	table := &memTable{parts: map[partition]*summary{}}
	e := makeEvent(1, 1, 0, t0, event.Event{Source: "fw"})
	table.part(&e, "long")
	if n := testing.AllocsPerRun(100, func() { table.part(&e, "long") }); n != 0 {
		t.Fatalf("%v allocations an event", n)
	}
}
