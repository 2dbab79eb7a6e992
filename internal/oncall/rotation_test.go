package oncall_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/oncall"
)

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The vectors are where an independent implementation and GoAlert agree:
// boundaries on the wall clock, a gap's are at the first instant after it, an
// overlap's at the first of the two.
func TestRotationVectors(t *testing.T) {
	f, err := os.Open("../../../shared/data/oncall-rotation-vectors.jsonl.gz")
	if err != nil {
		t.Skip("the rotation vectors are not on this machine: ", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for lines := bufio.NewScanner(z); lines.Scan(); n++ {
		var v struct {
			Zone, Type string
			N          int
			Start, At  time.Time
			ShiftStart time.Time `json:"shift_start"`
			ShiftEnd   time.Time `json:"shift_end"`
		}
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		r := oncall.Rotation{People: []string{"a", "b"}, Shift: v.Type, Length: v.N, Start: v.Start, Zone: v.Zone}
		got := r.At(v.At)
		if !got.Start.Equal(v.ShiftStart) || !got.End.Equal(v.ShiftEnd) {
			t.Errorf("%s\n got %s – %s", lines.Text(), got.Start, got.End)
		}
	}
	if n != 3943 {
		t.Errorf("read %d vectors, want 3943", n)
	}
}

func TestBoundaries(t *testing.T) {
	f := func(zone, shift string, length int, start, now, wantStart, wantEnd string) {
		t.Helper()
		r := oncall.Rotation{People: []string{"a", "b"}, Shift: shift, Length: length, Start: at(t, start), Zone: zone}
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		got := r.At(at(t, now))
		if !got.Start.Equal(at(t, wantStart)) || !got.End.Equal(at(t, wantEnd)) {
			t.Errorf("%s at %s: %s – %s, want %s – %s", zone, now, got.Start.Format(time.RFC3339), got.End.Format(time.RFC3339), wantStart, wantEnd)
		}
	}
	// Santiago's clocks jump from 24:00 to 01:00: that day's midnight is at 01:00.
	f("America/Santiago", oncall.Daily, 1, "2026-09-01T00:00:00-04:00", "2026-09-06T02:00:00-03:00", "2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00")
	f("America/Santiago", oncall.Daily, 1, "2026-09-01T00:00:00-04:00", "2026-09-05T23:59:00-04:00", "2026-09-05T00:00:00-04:00", "2026-09-06T01:00:00-03:00")
	// And back from 24:00 to 23:00: 23:30 comes twice and is handed over at the first.
	f("America/Santiago", oncall.Daily, 1, "2026-03-01T23:30:00-03:00", "2026-04-04T23:45:00-04:00", "2026-04-04T23:30:00-03:00", "2026-04-05T23:30:00-04:00")
	// Beirut jumps at midnight too.
	f("Asia/Beirut", oncall.Daily, 1, "2026-03-01T00:00:00+02:00", "2026-03-29T00:59:00+02:00", "2026-03-29T01:00:00+03:00", "2026-03-30T00:00:00+03:00")
	f("Asia/Beirut", oncall.Weekly, 1, "2026-03-22T00:30:00+02:00", "2026-03-29T03:00:00+03:00", "2026-03-29T01:00:00+03:00", "2026-04-05T00:30:00+03:00")
	// Samoa had no 30 December 2011.
	f("Pacific/Apia", oncall.Daily, 1, "2011-12-28T12:00:00-10:00", "2011-12-31T06:00:00+14:00", "2011-12-31T00:00:00+14:00", "2011-12-31T12:00:00+14:00")
	// Troll changes by two hours.
	f("Antarctica/Troll", oncall.Daily, 1, "2026-03-27T01:30:00Z", "2026-03-29T04:00:00+02:00", "2026-03-29T03:00:00+02:00", "2026-03-30T01:30:00+02:00")
	// The 31st: the last day where a month is shorter, the 31st again after.
	f("Europe/Berlin", oncall.Monthly, 1, "2026-01-31T09:00:00+01:00", "2026-02-20T00:00:00Z", "2026-01-31T09:00:00+01:00", "2026-02-28T09:00:00+01:00")
	f("Europe/Berlin", oncall.Monthly, 1, "2026-01-31T09:00:00+01:00", "2026-03-15T00:00:00Z", "2026-02-28T09:00:00+01:00", "2026-03-31T09:00:00+02:00")
	f("UTC", oncall.Monthly, 1, "2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z")
	f("UTC", oncall.Monthly, 3, "2025-11-30T00:00:00Z", "2026-03-01T00:00:00Z", "2026-02-28T00:00:00Z", "2026-05-30T00:00:00Z")
	// An hour that comes twice makes one long hourly shift; one that is skipped, none.
	f("Europe/Berlin", oncall.Hourly, 1, "2026-10-24T00:00:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T02:00:00+02:00", "2026-10-25T03:00:00+01:00")
	f("Europe/Berlin", oncall.Hourly, 1, "2026-03-28T00:00:00+01:00", "2026-03-29T01:59:00+01:00", "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00")
}

// Shifts follow each other without gap or overlap, wherever the clocks change.
func TestShiftsTile(t *testing.T) {
	for _, zone := range []string{"America/Santiago", "Asia/Beirut", "Antarctica/Troll", "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Berlin", "UTC"} {
		for _, shift := range []string{oncall.Hourly, oncall.Daily, oncall.Weekly, oncall.Monthly} {
			r := oncall.Rotation{People: []string{"a", "b", "c"}, Shift: shift, Length: 1, Start: at(t, "2025-01-31T00:30:00Z"), Zone: zone}
			end := r.Start
			for end.Before(r.Start.AddDate(1, 2, 0)) {
				turn := r.At(end)
				if !turn.Start.Equal(end) || !turn.End.After(turn.Start) {
					t.Fatalf("%s %s: at %s the shift is %s – %s", zone, shift, end, turn.Start, turn.End)
				}
				if before := r.At(turn.End.Add(-1)); before != turn {
					t.Fatalf("%s %s: %v and %v in one shift", zone, shift, turn, before)
				}
				end = turn.End
			}
		}
	}
}

func TestNobodyBeforeTheStart(t *testing.T) {
	r := oncall.Rotation{People: []string{"a", "b"}, Shift: oncall.Daily, Length: 1, Start: at(t, "2026-01-02T00:00:00Z"), Zone: "UTC"}
	if got := r.At(at(t, "2026-01-01T23:59:59Z")); got.Person != "" || !got.End.Equal(r.Start) {
		t.Errorf("before the start: %v", got)
	}
	if got := r.At(r.Start).Person; got != "a" {
		t.Errorf("first on call is %q", got)
	}
}

func TestRotationValidate(t *testing.T) {
	good := oncall.Rotation{People: []string{"a"}, Shift: oncall.Weekly, Length: 1, Start: at(t, "2026-01-02T00:00:00Z"), Zone: "UTC"}
	bad := func(change func(*oncall.Rotation)) {
		t.Helper()
		r := good
		change(&r)
		if r.Validate() == nil {
			t.Errorf("accepted: %+v", r)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	bad(func(r *oncall.Rotation) { r.Zone = "Europe/Atlantis" })
	bad(func(r *oncall.Rotation) { r.Zone = "" })
	bad(func(r *oncall.Rotation) { r.Zone = "../../etc/passwd" })
	bad(func(r *oncall.Rotation) { r.Length = 0 })
	bad(func(r *oncall.Rotation) { r.Shift = "yearly" })
	bad(func(r *oncall.Rotation) { r.Start = time.Time{} })
	bad(func(r *oncall.Rotation) { r.People = []string{""} })
	bad(func(r *oncall.Rotation) { r.People = make([]string, 101) })
}
