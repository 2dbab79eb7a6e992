package eventstore

import (
	"math"
	"strings"
	"testing"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

func col(id event.ColumnID, v any) event.Column {
	switch v := v.(type) {
	case int:
		return event.Column{ID: id, Value: event.IntValue(int64(v))}
	case string:
		return event.Column{ID: id, Value: event.StringValue(v)}
	}
	panic("a column's value is int or string")
}

func field(key string, v event.Value) event.Field { return event.Field{Key: key, Value: v} }

func str(s string) event.Value { return event.StringValue(s) }

// corpus covers each kind of value, and what is awkward about it.
func corpus() []event.Event {
	es := []event.Event{
		{Message: "Failed password for Root from 10.1.2.3", Source: "syslog", SourceType: "linux.sshd", Transport: "syslog-udp", Peer: "10.9.9.9",
			Class: event.Authentication, Severity: event.Medium, Outcome: event.Failure, Status: event.ParseFull,
			Logsource: []event.Logsource{{Product: "linux", Service: "sshd"}, {Category: "a\"b"}},
			Columns:   []event.Column{col(event.UserName, "Root"), col(event.SrcIP, "10.1.2.3"), col(event.SrcPort, 51234), col(event.HostName, "web-1")},
			Fields:    []event.Field{field("a.b", event.IntValue(7)), field("User", str("Root"))}},
		{Message: "Accepted publickey for alice", Source: "syslog", Severity: event.Informational, Outcome: event.Success, Peer: "::ffff:10.9.9.9",
			Columns: []event.Column{col(event.UserName, "alice"), col(event.SrcIP, "2001:DB8::1"), col(event.SrcPort, 22)},
			Fields:  []event.Field{field("a.b", event.FloatValue(7.5)), field("ok", event.BoolValue(true)), field("none", event.Value{})}},
		{Message: "GET /index.html", Columns: []event.Column{col(event.HTTPStatus, 404), col(event.URLPath, "/index.html"), col(event.SrcIP, "192.168.0.1"), col(event.BytesOut, math.MaxInt64)},
			Fields: []event.Field{field("tags", event.ListValue([]event.Value{str("Blue"), event.IntValue(12), event.Value{}, str("x<y")})), field("empty", str("")), field("nolist", event.ListValue(nil))}},
		{Message: `Path C:\Windows\System32\cmd.exe "quoted" 100%_done!`, Columns: []event.Column{col(event.ProcessPath, `C:\Windows\System32\cmd.exe`), col(event.HTTPStatus, 500)},
			Fields: []event.Field{field("Image", str(`C:\Windows\System32\cmd.exe`)), field("weird/key~x", str("y")), field("bracket", str("[not a list]")), field("num", str("0400"))}},
		{Message: "Über CAFÉ straße", Raw: []byte("\xff\x00binary \xfe bytes Über"), Severity: event.Critical, Exercise: "ex-1",
			Fields: []event.Field{field("Größe", str("ÄÖÜ")), field("multi", str("line one\nline two"))}},
		{Message: "", Raw: []byte("only raw here"), Severity: 99, Class: 987654, Status: event.ParseNone,
			Columns: []event.Column{col(event.SrcIP, "not-an-ip"), col(event.UserName, "123")}},
		{Message: "like %wild_card! test*star?", Severity: event.Fatal, Columns: []event.Column{col(event.Action, "a_b%c!d")}, Fields: []event.Field{field("hidden", str("needle-in-field"))}},
		{Message: "nothing at all", Severity: event.High, Columns: []event.Column{col(event.DstIP, "255.255.255.255"), col(event.SrcPort, -5)}},
	}
	for i := range es {
		es[i] = makeEvent(tenant.Default, uint64(i+1), 3, t0+int64(i)*minute-3*minute, es[i])
	}
	return es
}

// golden are queries with the corpus events (by number) that they find.
var golden = map[string]string{
	"":                                 "01234567",
	"password":                         "0",
	"PASSWORD for":                     "0",
	`"password for root"`:              "0",
	"assw":                             "",
	"*assw*":                           "0",
	"passw*":                           "0",
	"*ssword":                          "0",
	"*passw":                           "",
	"ssword*":                          "",
	"message:assw":                     "",
	"message:*assw*":                   "0",
	"message:\"for root\"":             "0",
	"message:\"for roo\"":              "",
	"raw:*ass?ord":                     "0",
	"system":                           "",
	"system32":                         "3",
	"xyz or system32":                  "3",
	"ber":                              "4", // ü is no word character
	"stra*":                            "4",
	"stra":                             "4",
	"stra?e":                           "4",
	"ße":                               "4",
	"tra*":                             "",
	"caf":                              "4",
	"fail*10.1":                        "0",
	"fail*10.1.2.":                     "0",
	"fail*10.1.2":                      "0",
	"fail*10.1.":                       "0",
	"wild":                             "",
	"needle-in":                        "6",
	"needl":                            "",
	"fail*root":                        "0",
	"über":                             "4",
	"café":                             "4",
	"x<y":                              "2",
	`windows\system32`:                 "3",
	`"\"quoted\""`:                     "3",
	"needle-in-field":                  "6",
	"nee?le":                           "6",
	"100%_done!":                       "3",
	"%wild_*":                          "6",
	"%wild_":                           "",
	`test\*star\?`:                     "6",
	"only raw":                         "5",
	"binary":                           "", // \x00 before it ends in a word character
	"*binary":                          "4",
	`"\\xff\\x00binary"`:               "4",
	"10.9.9.9":                         "",
	"true":                             "1",
	"not password":                     "1234567",
	"-password -path":                  "124567",
	"alice or root":                    "01",
	"user:root":                        "0",
	"user:(ROOT or alice)":             "01",
	"user:*":                           "015",
	"not user:*":                       "23467",
	"user:r*":                          "0",
	"user:*o?":                         "0",
	"user:>=b":                         "0",
	"user:/^[A-Z]/":                    "0",
	"user:/(?i)^R/":                    "0",
	"user:[100 TO 200]":                "5",
	"User:root":                        "0",
	"fields.User:root":                 "0",
	"fields.user:root":                 "",
	"src.ip:10.0.0.0/8":                "0",
	"src.ip:2001:db8::/32":             "1",
	`src.ip:"2001:db8:0::1"`:           "1",
	"src.ip:0.0.0.0/0":                 "02",
	"src.ip:::/0":                      "012",
	"src.ip:not-an-ip":                 "5",
	"src.ip:192.*":                     "2",
	"src.ip:[10.0.0.0 TO 192.168.0.0]": "0",
	"src.ip:{10.1.2.3 TO 192.168.0.1]": "2",
	"src.ip:>=192.168.0.1":             "12",
	"peer:10.9.9.9":                    "01",
	"peer:10.0.0.0/8":                  "01",
	"http.status:>=400":                "23",
	"http.status:[400 TO 499]":         "2",
	"http.status:{404 TO 500}":         "",
	"http.status:4*":                   "2",
	"http.status:404.0":                "2",
	"http.status:404.5":                "",
	"http.status:abc":                  "",
	"http.status:>403.5":               "23",
	"src.port:<0":                      "7",
	"bytes.out:9223372036854775807":    "2",
	"bytes.out:>1e30":                  "",
	"a.b:7":                            "0",
	"a.b:>=7":                          "01",
	"a.b:7.5":                          "1",
	"a.b:/^7$/":                        "0",
	"ok:true":                          "1",
	"none:*":                           "",
	"not none:*":                       "01234567",
	"tags:blue":                        "2",
	"tags:b*":                          "2",
	"tags:12":                          "2",
	"tags:>11":                         "2",
	"tags:*":                           "2",
	"tags:/^Bl/":                       "2",
	"not tags:blue":                    "0134567",
	"nolist:*":                         "2",
	"nolist:x":                         "",
	"empty:*":                          "2",
	`empty:""`:                         "2",
	`"weird/key~x":y`:                  "3",
	`bracket:\[not*`:                   "3",
	"num:400":                          "",
	"num:[399 TO 401]":                 "3",
	"Größe:äöü":                        "4",
	`multi:"line one
line two"`: "4",
	"multi:/one.line/":                    "",
	"multi:/(?s)one.line/":                "4",
	"multi:line*two":                      "4",
	`process.path:*\\cmd.exe`:             "3",
	`process.path:c:\windows\\*`:          "3",
	`Image:C:\Windows\System32\cmd.exe`:   "3",
	"action:a_b%c!d":                      "6",
	"action:a?b*!d":                       "6",
	"action:?_b*":                         "6",
	"severity:high":                       "7",
	"severity:>=high":                     "467",
	"severity:<low":                       "123",
	"severity:[low TO critical]":          "047",
	"severity:other":                      "5",
	"severity:h*":                         "7",
	"severity:4":                          "7",
	"severity:*":                          "01234567",
	"outcome:failure":                     "0",
	"outcome:*":                           "01",
	"class:authentication":                "0",
	"class:3002":                          "0",
	"class:987654":                        "5",
	"class:auth*":                         "0",
	"exercise:*":                          "4",
	"not exercise:*":                      "0123567",
	"source:syslog":                       "01",
	"source_type:linux.*":                 "0",
	"transport:syslog-udp":                "0",
	"message:password":                    "0",
	"message:/^GET/":                      "2",
	"message:*":                           "0123467",
	"raw:here":                            "5",
	"raw:/^only/":                         "5",
	"time:>now":                           "4567",
	"time:[now-2m TO now]":                "123",
	"time:>=now+4m":                       "7",
	"time:2026-03-01":                     "01234567",
	"time:2026-02-28":                     "",
	"received:<now-2m":                    "0",
	"id:zz":                               "",
	"(user:root or http.status:500) -cmd": "0",
	"not (user:* or src.ip:*)":            "3467",
}

func TestQueriesAgreeWithMatchWhereverTheRowsAre(t *testing.T) {
	es := corpus()
	stores := map[string]func(*Store){
		"hot":    func(s *Store) { must(t, s.Append(es, 8)) },
		"sealed": func(s *Store) { must(t, s.Append(es, 8)); must(t, s.Seal(t.Context())) },
		"mixed": func(s *Store) {
			must(t, s.Append(es[:3], 3))
			must(t, s.Seal(t.Context()))
			must(t, s.Append(es[3:6], 6))
			must(t, s.Seal(t.Context()))
			must(t, s.Append(es[6:], 8))
		},
	}
	for text, want := range golden {
		var got strings.Builder
		x := parse(t, text)
		for i := range es {
			if x.Match(&es[i]) {
				got.WriteByte(byte('0' + i))
			}
		}
		if got.String() != want {
			t.Errorf("Match: %s finds %s, want %s", text, got.String(), want)
		}
	}
	for name, fill := range stores {
		s := open(t, Options{})
		fill(s)
		must(t, s.Flush())
		for text, want := range golden {
			p, err := s.Search(t.Context(), tenant.Default, Request{Query: parse(t, text)})
			if err != nil {
				t.Errorf("%s: %s: %v", name, text, err)
				continue
			}
			found := make([]bool, len(es))
			for i := range p.Rows {
				found[p.Rows[i].Position().Seq-1] = true
			}
			var got strings.Builder
			for i := range found {
				if found[i] {
					got.WriteByte(byte('0' + i))
				}
			}
			if got.String() != want || len(p.Rows) != len(want) {
				t.Errorf("%s: %s finds %s, want %s", name, text, got.String(), want)
			}
		}
	}
}

func TestIDFindsItsEvent(t *testing.T) {
	es := corpus()
	s := open(t, Options{})
	must(t, s.Append(es, 8))
	must(t, s.Flush())
	for i := range es {
		x := parse(t, "id:"+strings.ToUpper(es[i].ID.String()))
		p, err := s.Search(t.Context(), tenant.Default, Request{Query: x})
		must(t, err)
		if len(p.Rows) != 1 || p.Rows[0].ID != es[i].ID || !x.Match(&es[i]) {
			t.Fatalf("event %d: %d rows", i, len(p.Rows))
		}
	}
}
