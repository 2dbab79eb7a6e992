package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"sync"
	"time"
)

const (
	alertsPerSecond = 50
	pageSeconds     = 20
)

var benchHost = regexp.MustCompile(`bench-host-(\d+)`)

// page sends lines that each raise one alert, open one case and page, and
// measures from the write of the line to the arrival of the page.
func page() error {
	s, err := serve()
	if err != nil {
		return err
	}
	defer s.stop()
	var mu sync.Mutex
	sent := map[string]time.Time{}
	latency := map[string]float64{}
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := time.Now()
		b, _ := io.ReadAll(r.Body)
		var p struct {
			Data struct{ Text, Subject string }
		}
		_ = json.Unmarshal(b, &p)
		if m := benchHost.FindString(p.Data.Text + p.Data.Subject); m != "" {
			mu.Lock()
			if _, again := latency[m]; !again {
				latency[m] = float64(at.Sub(sent[m]).Microseconds()) / 1000
			}
			mu.Unlock()
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer provider.Close()
	var me struct{ Person struct{ ID string } }
	if err := s.call("GET", "/api/v1/me", "", &me); err != nil {
		return err
	}
	if err := s.call("POST", "/api/v1/people/"+me.Person.ID+"/contacts", fmt.Sprintf(`{"channel":"webhook","address":%q}`, provider.URL+"/p"), nil); err != nil {
		return err
	}
	conn, err := net.Dial("tcp", s.syslog)
	if err != nil {
		return err
	}
	defer conn.Close()
	tick := time.NewTicker(time.Second / alertsPerSecond)
	defer tick.Stop()
	n := alertsPerSecond * pageSeconds
	for i := range n {
		<-tick.C
		host := fmt.Sprintf("bench-host-%d", i)
		line := fmt.Sprintf("<38>1 %s %s clamd 9 - - /srv/in/%d.exe: Win.Trojan.Agent-1 FOUND\n", time.Now().UTC().Format(time.RFC3339Nano), host, i)
		mu.Lock()
		sent[host] = time.Now()
		mu.Unlock()
		if _, err := conn.Write([]byte(line)); err != nil {
			return err
		}
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		mu.Lock()
		have := len(latency)
		mu.Unlock()
		if have == n {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d pages came", have, n)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if os.Getenv("TOCSIN_TEST_SLOW") != "" { // when which pages were slow
		for i := range n {
			host := fmt.Sprintf("bench-host-%d", i)
			if l := latency[host]; l > 60 {
				fmt.Fprintf(os.Stderr, "slow: %s sent %s took %.1f ms\n", host, sent[host].Format("05.000"), l)
			}
		}
	}
	var all []float64
	for _, l := range latency {
		all = append(all, l)
	}
	report("page.latency_p50", percentile(all, 50), "ms")
	report("page.latency_p99", percentile(all, 99), "ms")
	return nil
}

func percentile(v []float64, p float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[min(len(s)-1, int(math.Ceil(p/100*float64(len(s))))-1)]
}
