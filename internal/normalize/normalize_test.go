package normalize

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/journal"
)

func shippedSet(t testing.TB) *Set {
	t.Helper()
	s, errs := Load(Shipped())
	for _, err := range errs {
		t.Error(err)
	}
	return s
}

// show renders what a sample may ask for.
func show(e *event.Event, name string) string {
	switch name {
	case "time":
		return formatTime(e.Time)
	case "time_quality":
		return e.TimeQuality.String()
	case "status":
		return e.Status.String()
	case "source_type":
		return e.SourceType
	case "class":
		return e.Class.String()
	case "outcome":
		return e.Outcome.String()
	case "severity":
		return e.Severity.String()
	case "message":
		return e.Message
	case "logsources":
		var out []string
		for _, l := range e.Logsource {
			out = append(out, strings.Trim(l.Category+"/"+l.Product+"/"+l.Service, "/"))
		}
		return strings.Join(out, " ")
	}
	if id, ok := event.ColumnByName(name); ok {
		return e.ColText(id)
	}
	v, _ := e.Get(name)
	return v.Text()
}

func TestEverySampleOfEveryMapping(t *testing.T) {
	set := shippedSet(t)
	w := New(set).Worker()
	for _, m := range set.Mappings() {
		if len(m.file.Samples) < 2 {
			t.Errorf("%s has %d samples, want at least 2", m.Type, len(m.file.Samples))
		}
		for i, s := range m.file.Samples {
			received, err := time.Parse(time.RFC3339, s.Received)
			if err != nil {
				t.Fatalf("%s sample %d: %v", m.Type, i+1, err)
			}
			transport := "http"
			if strings.HasPrefix(s.Raw, "<") {
				transport = "syslog-udp"
			}
			e := w.Line("x", transport, []byte(s.Raw), received.UnixNano())
			if e.SourceType != m.Type {
				t.Errorf("%s sample %d was read as %q", m.Type, i+1, e.SourceType)
			}
			for name, want := range s.Want {
				if got := show(&e, name); got != want {
					t.Errorf("%s sample %d: %s is %q, want %q", m.Type, i+1, name, got, want)
				}
			}
		}
	}
}

func TestUnknownAndHostileLinesStayWhole(t *testing.T) {
	w := New(shippedSet(t)).Worker()
	f := func(transport, raw string, want event.ParseStatus) {
		t.Helper()
		e := w.Line("x", transport, []byte(raw), time.Now().UnixNano())
		if string(e.Raw) != raw || e.Status != want || e.Time == 0 {
			t.Errorf("%.60q: status %s, want %s", raw, e.Status, want)
		}
	}
	f("http", "just words", event.ParseNone)
	f("http", "\xff\xfe\x00", event.ParseNone)
	f("http", "{broken", event.ParseNone)
	f("http", `{"a":`+strings.Repeat("[", 10000)+strings.Repeat("]", 10000)+"}", event.ParseNone)
	f("http", "{"+strings.Repeat(`"a":{`, 200)+strings.Repeat("}", 200)+"}", event.ParseFull)
	f("syslog-udp", "<999>x", event.ParseNone)
	f("syslog-tcp", "<13>", event.ParseNone)
	f("syslog-tcp", "<165>1 not-a-time h a - - - x", event.ParseNone)
	f("syslog-tcp", "<165>1 2026-11-22T07:00:00Z h a p m [x y=\"]\" never closed", event.ParsePartial)
}

func TestAClockFarAheadIsNotBelieved(t *testing.T) {
	w := New(shippedSet(t)).Worker()
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC).UnixNano()
	e := w.Line("x", "http", []byte(`{"time":"2031-01-01T00:00:00Z"}`), now)
	if v, _ := e.Get("source_time"); e.Time != now || e.TimeQuality != event.TimeSkewed || v.Text() != "2031-01-01T00:00:00Z" {
		t.Errorf("time %s (%s), source's %s", formatTime(e.Time), e.TimeQuality, v.Text())
	}
}

func TestIdentity(t *testing.T) {
	w := New(shippedSet(t)).Worker()
	batch := func(seq uint64, ident string) []event.Event {
		r := journal.Record{Tenant: 1, Received: 5e18, Source: "s", Transport: "http", Identity: ident, Raw: []byte("same")}
		return w.Batch(journal.Batch{Seq: seq, Records: []journal.Record{r, r}}, nil)
	}
	a, b := batch(1, ""), batch(1, "")
	if a[0].ID != b[0].ID {
		t.Error("a replay gives another id")
	}
	if a[0].ID == a[1].ID || a[0].ID == batch(2, "")[0].ID {
		t.Error("two equal lines are one event")
	}
	if batch(1, "k")[0].ID != batch(9, "k")[0].ID {
		t.Error("the sender's identity sent again gives another id")
	}
}

func TestMistakesAreNamed(t *testing.T) {
	good := "type: ours\ndetect: {app: [x]}\n"
	set, errs := Load(Shipped(), fstest.MapFS{
		"good.yml":  {Data: []byte(good)},
		"typo.yml":  {Data: []byte("type: t\ntemplatez: []\n")},
		"class.yml": {Data: []byte("type: t\nset: {class: nonsense}\n")},
		"open.yml":  {Data: []byte("type: t\ntemplates: [{m: 'a {b'}]\n")},
		"notes.txt": {Data: []byte("ignored")},
	})
	if len(errs) != 3 || set.byApp["x"] == nil || set.byApp["sshd"] == nil {
		t.Fatalf("%v", errs)
	}
	for i, want := range []string{`class "nonsense" is not known`, "{ is not closed", "[2:1]"} {
		if !strings.Contains(errs[i].Error(), want) {
			t.Errorf("error %d: %v, want %q", i, errs[i], want)
		}
	}
}

func FuzzLine(f *testing.F) {
	set, _ := Load(Shipped())
	for _, m := range set.Mappings() {
		for _, s := range m.file.Samples {
			f.Add(s.Raw, true)
		}
	}
	w := New(set).Worker()
	f.Fuzz(func(t *testing.T, raw string, syslog bool) {
		transport := "http"
		if syslog {
			transport = "syslog-udp"
		}
		e := w.Line("x", transport, []byte(raw), 1795332000e9)
		if string(e.Raw) != raw {
			t.Error("raw bytes changed")
		}
		e.FieldsJSON(nil)
	})
}

func BenchmarkSSHD(b *testing.B) {
	w := New(shippedSet(b)).Worker()
	raw := []byte("<38>Nov 22 06:55:48 bastion-1 sshd[2420]: Failed password for invalid user web from 203.0.113.9 port 38926 ssh2")
	batch := journal.Batch{Seq: 1}
	for range 1000 {
		batch.Records = append(batch.Records, journal.Record{Tenant: 1, Received: 1795332000e9, Source: "syslog", Transport: "syslog-tcp", Raw: raw})
	}
	var out []event.Event
	b.ReportAllocs()
	for b.Loop() {
		out = w.Batch(batch, out[:0])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/event")
}
