package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/tocsin-project/tocsin/internal/apptest"
)

type found struct {
	Items []struct{ ID, Message string }
	Next  string
	Total int64
}

// logins sends n events with numbers in them and waits until they are found.
func logins(t *testing.T, s *apptest.Server, n int) (source *apptest.Client) {
	t.Helper()
	var made struct{ Token string }
	s.Admin.Send(t, "POST", "/api/v1/tokens", object{"name": "app", "scopes": []string{"ingest:app"}, "days": 1}).OK(t, &made)
	source = s.WithToken(made.Token)
	for i := range n {
		source.Send(t, "POST", "/ingest/app", object{"user": fmt.Sprintf("u%d", i%3), "action": "login", "number": i, "message": fmt.Sprintf("login number%d", i)}).OK(t, nil)
	}
	for f := (found{}); f.Total < int64(n); {
		s.Admin.Get(t, "/api/v1/events/histogram?buckets=1").OK(t, &f)
	}
	return source
}

func TestAStreamedSearchSendsRowsHistogramFieldsAndItsEnd(t *testing.T) {
	s := apptest.Start(t, "", nil)
	logins(t, s, 30)
	seen := map[string][]string{}
	s.Admin.Stream(t, "/api/v1/search/stream?q=login&limit=10&buckets=10&from=now-1h", func(name, data string) bool {
		seen[name] = append(seen[name], data)
		return false
	})
	var rows []string
	for _, d := range seen["rows"] {
		var f found
		if err := json.Unmarshal([]byte(d), &f); err != nil {
			t.Fatal(err)
		}
		for _, r := range f.Items {
			rows = append(rows, r.Message)
		}
	}
	var hist struct {
		Total   int64
		Partial bool
	}
	var fields struct {
		Items   []struct{ Field string }
		Sampled int
	}
	var done struct {
		Next       string
		Incomplete bool
	}
	last := func(name string, v any) {
		t.Helper()
		if len(seen[name]) == 0 {
			t.Fatalf("no %s: %v", name, seen)
		}
		if err := json.Unmarshal([]byte(seen[name][len(seen[name])-1]), v); err != nil {
			t.Fatal(err)
		}
	}
	last("histogram", &hist)
	last("fields", &fields)
	last("done", &done)
	if len(rows) != 10 || hist.Total != 30 || hist.Partial || fields.Sampled != 30 || done.Next == "" || done.Incomplete {
		t.Fatalf("%d rows, histogram %+v, fields of %d rows, %+v", len(rows), hist, fields.Sampled, done)
	}
	var next found
	s.Admin.Get(t, "/api/v1/search?q=login&limit=100&from=now-1h&cursor="+done.Next).OK(t, &next)
	for _, r := range next.Items {
		rows = append(rows, r.Message)
	}
	distinct := map[string]bool{}
	for _, r := range rows {
		distinct[r] = true
	}
	if len(rows) != 30 || len(distinct) != 30 {
		t.Errorf("the two pages have %d rows, %d different ones", len(rows), len(distinct))
	}
}

func TestASearchWithPipesAnswersATable(t *testing.T) {
	s := apptest.Start(t, "", nil)
	logins(t, s, 9)
	var a struct {
		Items []any
		Table struct {
			Columns []struct{ Name string }
			Rows    [][]any
		}
	}
	s.Admin.Get(t, "/api/v1/search?q="+url.QueryEscape("login | count by user")).OK(t, &a)
	if len(a.Items) != 0 || len(a.Table.Rows) != 3 || fmt.Sprint(a.Table.Rows[0][1]) != "3" {
		t.Fatalf("%+v", a)
	}
	s.Admin.Get(t, "/api/v1/search?q="+url.QueryEscape("login | stats max(time) as last")).OK(t, &a)
	if last, _ := a.Table.Rows[0][0].(string); !strings.HasPrefix(last, "20") || !strings.HasSuffix(last, "Z") {
		t.Errorf("a time in a table is %v, not RFC 3339", a.Table.Rows[0][0])
	}
}

func TestAFaultyStreamSaysWhereTheQueryIsWrong(t *testing.T) {
	s := apptest.Start(t, "", nil)
	for _, c := range []struct {
		query  string
		offset int
	}{{"q=" + url.QueryEscape("a or (b"), 5}, {"q=a&limit=0", -1}, {"q=a&tz=Nowhere", -1}, {"q=a&from=now&to=now-1h", -1}, {"q=" + strings.Repeat("a", 20_000), 8192}} {
		var p struct {
			Status int
			Offset *int
		}
		s.Admin.Stream(t, "/api/v1/search/stream?"+c.query, func(name, data string) bool {
			if name != "failed" {
				t.Errorf("%.40s: %s", c.query, name)
			}
			return json.Unmarshal([]byte(data), &p) == nil
		})
		if p.Status != 422 && p.Status != 400 || c.offset >= 0 && (p.Offset == nil || *p.Offset != c.offset) {
			t.Errorf("%.40s: %+v", c.query, p)
		}
	}
}

func TestALiveTailShowsEventsAsTheyComeAndNothingOfAnotherTenant(t *testing.T) {
	s := apptest.Start(t, "", nil)
	source := logins(t, s, 1)
	sent := false
	got := ""
	done := make(chan struct{})
	var sender sync.WaitGroup
	sender.Go(func() { // until the tail has begun, what is sent is not news
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				source.Send(t, "POST", "/ingest/app", object{"message": fmt.Sprintf("news %d", i)})
				source.Send(t, "POST", "/ingest/app", object{"message": "olds"})
			}
		}
	})
	s.Admin.Stream(t, "/api/v1/events/tail?q=news", func(name, data string) bool {
		got += data
		sent = strings.Contains(data, "news")
		return sent
	})
	close(done)
	sender.Wait()
	if !sent || strings.Contains(got, "olds") {
		t.Fatalf("the tail showed %s", got)
	}
}

func TestSuggestionsAndChecks(t *testing.T) {
	s := apptest.Start(t, "", nil)
	logins(t, s, 3)
	var list struct {
		Items []struct{ Insert, Kind string }
	}
	s.Admin.Get(t, "/api/v1/search/suggest?q=user:&pos=5").OK(t, &list)
	if !strings.Contains(fmt.Sprint(list.Items), "u1") {
		t.Errorf("values of user: %+v", list.Items)
	}
	s.Admin.Get(t, "/api/v1/search/suggest?q=numb&pos=4").OK(t, &list)
	if !strings.Contains(fmt.Sprint(list.Items), "number") {
		t.Errorf("fields: %+v", list.Items)
	}
	var c struct {
		OK        bool
		Offset    int
		Message   string
		Explained string
	}
	s.Admin.Get(t, "/api/v1/search/check?q="+url.QueryEscape("failed and (user:root")).OK(t, &c)
	if c.OK || c.Offset != 11 || c.Message == "" {
		t.Errorf("%+v", c)
	}
	s.Admin.Get(t, "/api/v1/search/check?q="+url.QueryEscape("failed user:root")).OK(t, &c)
	if !c.OK || c.Explained == "" {
		t.Errorf("%+v", c)
	}
}

func TestThePageOfAnEntityGathersItsEventsAndNeighbours(t *testing.T) {
	s := apptest.Start(t, "", nil)
	logins(t, s, 9)
	var e struct {
		Events  int64
		First   string `json:"first_seen"`
		Sources []struct {
			Value string
			Count int64
		}
		Actions   []struct{ Value string }
		Histogram struct{ Total int64 }
	}
	s.Admin.Get(t, "/api/v1/entities/user?value=U1").OK(t, &e)
	if e.Events != 3 || e.Histogram.Total != 3 || e.First == "" || len(e.Sources) != 1 || e.Sources[0].Count != 3 || e.Sources[0].Value != "app" {
		t.Fatalf("%+v", e)
	}
	s.Admin.Get(t, "/api/v1/entities/user?value=nobody").OK(t, &e)
	s.Admin.Get(t, "/api/v1/entities/planet?value=x").Problem(t, 404)
	s.Admin.Get(t, "/api/v1/entities/user?value=").Problem(t, 422)
}
