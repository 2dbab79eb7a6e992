package retention

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/eventstore"
)

func TestEverySegmentIsVerifiedOnceAWeekAtAGentleRate(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	var ids []string
	for i := range 4 {
		ids = append(ids, w.segment("default", noon.Add(-days(40-i)), noon.Add(-days(40-i)), 1))
	}
	young := w.segment("default", noon.Add(-days(2)), noon.Add(-days(2)), 1) // sealed this week
	bucket := w.segment("default", noon.Add(-days(60)), noon.Add(-days(60)), 1)
	w.store.segments[5].Tier = "s3"
	for range 4 {
		w.CheckSome(t.Context(), time.Minute)
		for i := range w.store.segments { // as the event store notes it
			if slices.Contains(w.store.checked, w.store.segments[i].ID) {
				w.store.segments[i].CheckedAt = w.now
			}
		}
	}
	if w.noAlarm(); !slices.Equal(w.store.checked, ids) {
		t.Fatalf("verified %v, want one at a time, the oldest first: %v", w.store.checked, ids)
	}
	w.CheckSome(t.Context(), time.Minute)
	if len(w.store.checked) != 4 || slices.Contains(w.store.checked, young) || slices.Contains(w.store.checked, bucket) {
		t.Fatalf("verified %v", w.store.checked)
	}
	w.now = noon.Add(days(8))
	w.CheckSome(t.Context(), 7*24*time.Hour)
	if got := w.store.checked[4:]; len(got) != 5 {
		t.Errorf("in the next week %v", got)
	}
}

func TestTheResultOfAVerificationIsKeptAndRecorded(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	id := w.segment("default", noon.Add(-days(40)), noon.Add(-days(40)), 1)
	fault := func() (string, time.Time) {
		segments, _, err := w.Catalogue.Segments(t.Context())
		must(t, err)
		return segments[0].Fault, segments[0].CheckedAt
	}
	w.CheckSome(t.Context(), time.Minute)
	if text, at := fault(); text != "" || !at.Equal(noon) || len(w.entries("segment.checked")) != 0 {
		t.Fatalf("%q at %v; a check that finds nothing new is no entry", text, at)
	}
	w.store.faults = map[string][]eventstore.Fault{id: {{Segment: id, What: "sha256", Detail: "another one"}}}
	w.CheckSome(t.Context(), time.Minute)
	w.CheckSome(t.Context(), time.Minute)
	if text, _ := fault(); !strings.Contains(text, "another one") || len(w.entries("segment.checked")) != 1 {
		t.Fatalf("%q, %d entries", text, len(w.entries("segment.checked")))
	}
	w.store.faults = nil
	if _, err := w.Check(t.Context(), "ann", w.store.segments[0]); err != nil {
		t.Fatal(err)
	}
	if text, _ := fault(); text != "" || len(w.entries("segment.checked")) != 2 {
		t.Fatalf("%q", text)
	}
	w.store.fail = errors.New("it cannot be read at all")
	w.CheckSome(t.Context(), time.Minute)
	if len(w.Alarms()) != 1 {
		t.Errorf("alarms: %v", w.Alarms())
	}
}
