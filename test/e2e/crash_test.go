package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// trials is how many times the process is killed: 5 in make test, 200 in make crash.
func trials() int {
	if n, err := strconv.Atoi(os.Getenv("TOCSIN_TEST_CRASHES")); err == nil {
		return n
	}
	return 5
}

// Senders keep what was acknowledged to them, pages are counted where they
// arrive, people acknowledge; the process is killed at random points. After
// all of it every acknowledged event is found once, every attack was paged,
// nothing was paged after its acknowledgement was answered, and the record
// verifies.
func TestKillAtRandomPointsLosesNothing(t *testing.T) {
	p := newProvider(t)
	s := newServer(t)
	s.onCall(p)
	var acked sync.Map // marker → true
	acks := &ackLog{}
	attacks := 0
	n := trials()
	for trial := range n {
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for w := range 3 {
			wg.Go(func() { sendUntil(s, stop, trial, w, &acked) })
		}
		wg.Go(func() { ackUntil(s, p, stop, acks) })
		attacked := make(chan bool, 1)
		wg.Go(func() { attacked <- attack(s, trial) })
		time.Sleep(time.Duration(rand.IntN(600)) * time.Millisecond)
		s.kill()
		close(stop)
		wg.Wait()
		if <-attacked {
			attacks++
		}
		s.start()
	}
	want := map[string]bool{}
	acked.Range(func(k, _ any) bool { want[k.(string)] = true; return true })
	s.eventually("every acknowledged event is searchable", func() bool { return missing(s, want) == 0 })
	if dup := duplicated(s, want); dup > 0 {
		t.Errorf("%d events are there more than once", dup)
	}
	s.eventually("every acknowledged attack was paged", func() bool {
		paged := map[string]bool{}
		for _, x := range p.all() {
			paged[x.body.Data.Case] = true
		}
		ready := 0
		for _, c := range s.cases("") {
			if c.Title == "Login after repeated failures" {
				if !paged[c.ID] {
					return false
				}
				ready++
			}
		}
		return ready >= attacks
	})
	acks.check(t, p)
	s.stop()
	out, err := exec.Command(binary(t), "verify", "--data", s.dir).CombinedOutput()
	if err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
	t.Logf("%d kills: %d events acknowledged, %d attacks, %d pages, %d acknowledgements", n, len(want), attacks, len(p.all()), acks.len())
}

// sendUntil posts numbered lines and keeps those that were acknowledged.
func sendUntil(s *server, stop <-chan struct{}, trial, worker int, acked *sync.Map) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		marker := fmt.Sprintf("m%d-%d-%d", trial, worker, i)
		status, _, err := s.try("POST", "/ingest/load", fmt.Sprintf(`{"marker":%q}`, marker))
		if err == nil && status == http.StatusOK {
			acked.Store(marker, true)
		}
	}
}

// attack sends one brute force by HTTP, so that it is known whether it was
// acknowledged: one request, one answer.
func attack(s *server, trial int) bool {
	ip := fmt.Sprintf("198.51.100.%d", trial%250+1)
	body := strings.Join(bruteForce(fmt.Sprintf("host-%d", trial), ip), "\n")
	status, _, err := s.try("POST", "/ingest/attack", body)
	return err == nil && status == http.StatusOK
}

// ackLog knows when each run's acknowledgement was answered.
type ackLog struct {
	mu sync.Mutex
	at map[string]time.Time // case → when the answer came
}

func (a *ackLog) len() int { a.mu.Lock(); defer a.mu.Unlock(); return len(a.at) }

// ackUntil presses the button of each page that comes, most of the time.
func ackUntil(s *server, p *provider, stop <-chan struct{}, acks *ackLog) {
	for {
		select {
		case <-stop:
			return
		case x := <-p.came:
			link, err := url.Parse(x.body.Data.Link)
			if err != nil || x.body.Data.Link == "" {
				continue
			}
			client := http.Client{Timeout: 5 * time.Second}
			res, err := client.Post("http://"+s.http+link.Path, "application/x-www-form-urlencoded", nil)
			if err != nil {
				continue
			}
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				acks.mu.Lock()
				if acks.at == nil {
					acks.at = map[string]time.Time{}
				}
				if _, ok := acks.at[x.body.Data.Case]; !ok {
					acks.at[x.body.Data.Case] = time.Now()
				}
				acks.mu.Unlock()
			}
		}
	}
}

func (a *ackLog) check(t *testing.T, p *provider) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	times := map[string]int{}
	for _, x := range p.all() {
		times[x.id]++
		if x.body.Type != "page" {
			continue
		}
		if at, ok := a.at[x.body.Data.Case]; ok && x.at.After(at) {
			t.Errorf("a page of case %s arrived %s after its acknowledgement was answered", x.body.Data.Case, x.at.Sub(at))
		}
	}
	for id, n := range times {
		if n > 2 { // a page may repeat once a crash; it lives through few
			t.Logf("message %s arrived %d times", id, n)
		}
	}
}

// found reads every load event that is stored, by paging.
func found(s *server) map[string]int {
	out := map[string]int{}
	cursor := ""
	for {
		var page struct {
			Items []struct {
				Fields map[string]any
			}
			Next string
		}
		from := time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339)
		s.call("GET", "/api/v1/events?limit=1000&from="+from+"&q="+url.QueryEscape(`source:load`)+"&cursor="+url.QueryEscape(cursor), nil, &page)
		for _, e := range page.Items {
			if m, ok := e.Fields["marker"].(string); ok {
				out[m]++
			}
		}
		if page.Next == "" {
			return out
		}
		cursor = page.Next
	}
}

func missing(s *server, want map[string]bool) int {
	have, n := found(s), 0
	for m := range want {
		if have[m] == 0 {
			n++
		}
	}
	return n
}

func duplicated(s *server, want map[string]bool) (n int) {
	for m, k := range found(s) {
		if k > 1 && want[m] {
			n++
		}
	}
	return n
}
