package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

const (
	ingestLines       = 1_000_000
	ingestConnections = 4
)

// ingest sends sshd lines over TCP as fast as they are taken and waits until
// all are searchable. Detection and everything else runs.
func ingest() error {
	s, err := serve()
	if err != nil {
		return err
	}
	defer s.stop()
	before, err := s.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	var wg sync.WaitGroup
	errs := make(chan error, ingestConnections)
	for range ingestConnections {
		wg.Go(func() { errs <- sendLines(s.syslog, ingestLines/ingestConnections) })
	}
	wg.Wait()
	for range ingestConnections {
		if err := <-errs; err != nil {
			return err
		}
	}
	from := began.Add(-time.Hour).UTC().Format(time.RFC3339)
	deadline := time.Now().Add(5 * time.Minute)
	for {
		var h struct{ Total int }
		if err := s.call("GET", "/api/v1/events/histogram?buckets=1&from="+from, "", &h); err != nil {
			return err
		}
		if h.Total >= ingestLines {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d lines are searchable", h.Total, ingestLines)
		}
		time.Sleep(100 * time.Millisecond)
	}
	took := time.Since(began)
	after, err := s.cpu()
	if err != nil {
		return err
	}
	peak, err := s.memory("VmHWM")
	if err != nil {
		return err
	}
	report("ingest.sshd_eps", ingestLines/took.Seconds(), "events/s")
	report("ingest.sshd_cpu", (after-before).Seconds()/(ingestLines/1e6), "CPU-s/M")
	report("ingest.rss_mb", peak, "MB")
	return nil
}

// sendLines writes lines in the shapes of an sshd log, from many addresses.
func sendLines(addr string, n int) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	w := bufio.NewWriterSize(c, 64<<10)
	for range n {
		stamp := time.Now().UTC().Format("Jan _2 15:04:05")
		ip := fmt.Sprintf("%d.%d.%d.%d", 1+rand.IntN(222), rand.IntN(256), rand.IntN(256), rand.IntN(256))
		port, pid := 1024+rand.IntN(60000), 1000+rand.IntN(30000)
		switch rand.IntN(10) {
		case 0, 1, 2:
			fmt.Fprintf(w, "<38>%s host-%d sshd[%d]: Failed password for invalid user u%d from %s port %d ssh2\n", stamp, rand.IntN(200), pid, rand.IntN(5000), ip, port)
		case 3, 4, 5:
			fmt.Fprintf(w, "<38>%s host-%d sshd[%d]: Connection closed by %s port %d [preauth]\n", stamp, rand.IntN(200), pid, ip, port)
		case 6, 7:
			fmt.Fprintf(w, "<38>%s host-%d sshd[%d]: Received disconnect from %s port %d:11: Bye Bye [preauth]\n", stamp, rand.IntN(200), pid, ip, port)
		default: // people log in from an address of their own
			user := rand.IntN(5000)
			fmt.Fprintf(w, "<38>%s host-%d sshd[%d]: Accepted publickey for u%d from 192.0.%d.%d port %d ssh2: ED25519 SHA256:abcdef\n", stamp, rand.IntN(200), pid, user, 2+user/250, user%250, port)
		}
	}
	return w.Flush()
}
