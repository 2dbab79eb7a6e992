package query

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

type seenWords struct{}

func (seenWords) NativeFields(prefix string) []string {
	return slices.DeleteFunc([]string{"request", "Event Data", "user"}, func(s string) bool { return !strings.HasPrefix(strings.ToLower(s), prefix) })
}

func (seenWords) Values(f Field, prefix string) []string {
	return map[string][]string{"user.name": {"root", "Robert Smith", "alice"}, "request": {"r1"}}[f.String()]
}

// The place is where the ^ stands; what is suggested first is wanted first, and
// each as the whole text that taking it gives.
func TestSuggestions(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"us^", []string{"user.name:", "user.domain:", "fields.user:"}},
		{"failed so^", []string{"failed source:", "failed source_type:"}},
		{"failed sourceI^", []string{"failed src.ip:"}}, // an alias
		{"req^", []string{"request:"}},
		{"event^", []string{`"Event Data":`}},
		{"failed a^", []string{"failed action:", "failed and "}},
		{"failed ^", []string{"failed and ", "failed or ", "failed not ", "failed | "}},
		{"-us^ x", []string{"-user.name: x"}},
		{"user:^", []string{"user:root", `user:"Robert Smith"`, "user:alice", "user:*"}},
		{"user:ro^", []string{"user:root", `user:"Robert Smith"`}},
		{"user:ro^ot x", []string{"user:root x"}},
		{`user:"robert s^`, []string{`user:"Robert Smith"`}},
		{"user:(alice or r^", []string{"user:(alice or root"}},
		{"severity:^", []string{"severity:fatal", "severity:critical", "severity:>=", "severity:*"}},
		{"severity:>=h^", []string{"severity:>=high"}},
		{"outcome:^", []string{"outcome:failure", "outcome:success"}},
		{"class:auth^", []string{"class:authentication"}},
		{"time:^", []string{"time:>=now-15m", "time:>=now-1h"}},
		{"time:>n^", []string{"time:>now-15m"}},
		{"x |^", []string{"x | count ", "x | top "}},
		{"x | ti^", []string{"x | timechart "}},
		{"x | count b^", []string{"x | count by "}},
		{"x | count by us^", []string{"x | count by user.name"}},
		{"x | count by user, ho^", []string{"x | count by user, host.name"}},
		{"x | top 5 us^", []string{"x | top 5 user.name"}},
		{"x | timechart s^", []string{"x | timechart span=1m ", "x | timechart sum("}},
		{"x | stats su^", []string{"x | stats sum("}},
		{"x | stats sum(by^", []string{"x | stats sum(bytes.out)"}},
		{"x | stats sum(bytes.out) b^", []string{"x | stats sum(bytes.out) by "}},
		{"x | stats count as n by user | where n^", []string{"x | stats count as n by user | where n:"}},
		{"x | count by severity | where severity:cr^", []string{"x | count by severity | where severity:critical"}},
		{"x | count by severity | sort -c^", []string{"x | count by severity | sort -count"}},
		{"x | where us^", []string{"x | where user.name:"}},
		{"x | head ^", []string{"x | head 10"}},
		{`"a | b" us^`, []string{`"a | b" user.name:`}},
	} {
		pos := strings.Index(c.text, "^")
		text := strings.Replace(c.text, "^", "", 1)
		var got []string
		for _, s := range Suggest(text, pos, seenWords{}) {
			if s.Start < 0 || s.Start > s.End || s.End > len(text) || s.Label == "" || !slices.Contains([]string{"field", "value", "operator", "pipe"}, s.Kind) {
				t.Fatalf("%s: %+v", c.text, s)
			}
			got = append(got, text[:s.Start]+s.Insert+text[s.End:])
		}
		at := 0
		for _, w := range c.want {
			i := slices.Index(got[at:], w)
			if i < 0 {
				t.Errorf("%s: %q is not suggested, or not in this order: %q", c.text, w, got)
				break
			}
			at += i
		}
	}
	if got := Suggest("x | count by user | where host^", 29, nil); len(got) != 0 {
		t.Errorf("a column that the table does not have: %v", got)
	}
}

func TestEveryQueryIsExplained(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "Finds all events, newest first.",
		"failed":                              "Finds events where the message, the raw text or a field has the word “failed”, newest first.",
		`"root login" -x`:                     "Finds events where the message, the raw text or a field has the words “root login” and nothing has the word “x”, newest first.",
		"*fail* or ro?t":                      "Finds events where the message, the raw text or a field has something with “fail” in it or the message, the raw text or a field has a word like ro?t, newest first.",
		"user:root not host:w*":               "Finds events where user.name is “root” and host.name is not like w*, newest first.",
		"src.ip:10.0.0.0/8 (a:1 or not b:*)":  "Finds events where src.ip is in 10.0.0.0/8 and (a is “1” or b is missing), newest first.",
		"http.status:[400 TO 499} p:/x/":      "Finds events where http.status is at least 400 and less than 499 and p matches /x/, newest first.",
		"severity:>=high":                     "Finds events where severity is at least high, newest first.",
		"time:>=2026-03-01":                   "Finds events where time is at or after 2026-03-01 00:00:00 UTC, newest first.",
		"message:x":                           "Finds events where message has the word “x”, newest first.",
		"* | count":                           "Finds all events. Counts the rows.",
		"x:1 | top 3 user | where count > 10": "Finds events where x is “1”. Gives the 3 most frequent values of user.name, then keeps rows where count is more than 10.",
		"* | timechart span=5m dc(user) by host | head 1":                         "Finds all events. Draws the number of different values of user.name over time in steps of 5m, split by host.name, then keeps the first row.",
		"* | stats count, avg(n) as mean, max(n) by a, b | sort -mean | fields a": "Finds all events. Gives the number of rows, the average of n as mean and the largest value of n for each a and b, then sorts by mean (largest first), then shows a.",
		"* | dedup a, b, c | head 5":                                              "Finds all events. Keeps one row for each a, b and c, then keeps the first 5 rows.",
	} {
		q, err := ParseQuery(text, now, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := Explain(q); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func FuzzSuggest(f *testing.F) {
	for _, s := range []string{"user:r", `a | stats sum("x`, "(a:(b or ", `\|x|sort -`, `"ü" x:>`} {
		f.Add(s, len(s))
	}
	f.Fuzz(func(t *testing.T, text string, pos int) {
		for _, s := range Suggest(text, pos, seenWords{}) {
			if s.Start < 0 || s.End < s.Start || s.End > len(text) {
				t.Fatal(fmt.Sprint(s))
			}
		}
		if q, err := ParseQuery(text, now, nil); err == nil && Explain(q) == "" {
			t.Fatal("not explained")
		}
	})
}
