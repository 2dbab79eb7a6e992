package query

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestPrintedFormIsTheMeaning(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"*":                                "",
		"failed password":                  "failed and password",
		"a or b c":                         "a or (b and c)",
		"a OR b AND NOT c":                 "a or (b and not c)",
		"-a (b or (c))":                    "not a and (b or c)",
		`"a \"b\" c"`:                      `"a \"b\" c"`,
		"user:Alice":                       "user.name:Alice",
		"fields.user:Alice":                "fields.user:Alice",
		"EventID:4625":                     "EventID:4625",
		"http.status:>=400":                "http.status:>=400",
		"sc-status:[400 TO 499]":           "http.status:[400 TO 499]",
		"http.status:{400 TO *]":           "http.status:>400",
		"user:(a or b* or not \"c d\")":    `user.name:a or user.name:b* or not user.name:"c d"`,
		"src.ip:10.1.2.3/8":                "src.ip:10.0.0.0/8",
		"src.ip:::ffff:10.1.2.3/104":       "src.ip:10.0.0.0/8",
		"src.ip:2001:db8::1/32":            "src.ip:2001:db8::/32",
		"::1":                              `"::1"`,
		`process.path:C:\Windows\\*`:       `process.path:C\:\\Windows\\*`,
		"url.path:/api/v1":                 `url.path:"/api/v1"`,
		`url.path:/^\/api\/v[0-9]+$/`:      `url.path:/^\/api\/v[0-9]+$/`,
		"user:*":                           "user.name:*",
		"time:>now-15m":                    `time:>"2026-03-01T11:45:00Z"`,
		"time:2026-02-28":                  `time:["2026-02-28T00:00:00Z" TO "2026-02-28T23:59:59.999999999Z"]`,
		"time:>=2026-01-01T00:00:00+01:00": `time:>="2025-12-31T23:00:00Z"`,
		"severity:>=high":                  "severity:>=high",
		"class:3002":                       "class:authentication",
		`"Event Data":x`:                   `"Event Data":x`,
		`"and"`:                            `"and"`,
		"ab?c**d":                          "ab?c*d",
	} {
		x, err := Parse(text, now)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := x.String(); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestErrorsPointAtTheFault(t *testing.T) {
	for text, want := range map[string]struct {
		offset int
		says   string
	}{
		"a and":                        {5, "missing at the end"},
		"or b":                         {0, "missing before"},
		"(a or b":                      {0, "never closed"},
		"a )":                          {2, "closes nothing"},
		"()":                           {1, "missing before"},
		`user:"abc`:                    {5, "never closed"},
		"user:":                        {5, "a value is missing"},
		":x":                           {0, "field name is missing"},
		"us*r:x":                       {0, "cannot have wildcards"},
		"http.status:[400 499]":        {12, "TO"},
		"http.status:[400 TO 499":      {12, "never closed"},
		"http.status:>abc":             {13, "is a number"},
		"src.ip:10.0.0.0/99":           {7, "not an address prefix"},
		"time:>yesterday":              {6, "not a time"},
		"time:a*":                      {5, "comparison or a range"},
		"severity:>=bad":               {11, "a severity is"},
		"user:/(/":                     {5, "not valid RE2"},
		`abc\`:                         {3, "backslash"},
		"a\x00":                        {1, "not text"},
		"a\xff":                        {1, "not text"},
		strings.Repeat("x", MaxText+1): {MaxText, "8 KB"},
		strings.Repeat("(", 65):        {64, "nested"},
		strings.Repeat("a ", 501):      {1000, "500 terms"},
		"user:/" + strings.Repeat("a", 513) + "/": {5, "512 bytes"},
	} {
		_, err := Parse(text, now)
		var se *SyntaxError
		if !errors.As(err, &se) {
			t.Errorf("%.40q: error is %v", text, err)
			continue
		}
		if se.Offset != want.offset || !strings.Contains(se.Message, want.says) || se.Offset+se.Length > len(text) {
			t.Errorf("%.40q: %d+%d %s", text, se.Offset, se.Length, se.Message)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a or b c", `user:("x y" or z*)`, "src.ip:10.0.0.0/8 -http.status:[400 TO *}", "time:>now-1d", `p:/a\/b/`, `a\*b?`, "fields.raw:x", `"a:b":{x TO "]"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		x, err := Parse(text, now)
		if err != nil {
			return
		}
		printed := x.String()
		if len(printed) > MaxText {
			return
		}
		y, err := Parse(printed, now)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", text, printed, err)
		}
		if !reflect.DeepEqual(x, y) {
			t.Fatalf("%q prints as %q, which reads as %q", text, printed, y)
		}
	})
}
