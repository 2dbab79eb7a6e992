package eventstore

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
)

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// sshd makes messages of 1000 sshd-like events, one a millisecond.
func sshd(messages int) [][]event.Event {
	out := make([][]event.Event, messages)
	for m := range out {
		for i := range 1000 {
			n := m*1000 + i
			user, ip := fmt.Sprintf("user%d", n*7919%5000), fmt.Sprintf("10.%d.%d.%d", n%7, n*31%256, n*17%256)
			text := fmt.Sprintf("Failed password for %s from %s port %d ssh2", user, ip, 1024+n%60000)
			raw := "<38>Mar  1 12:00:00 web-" + fmt.Sprint(n%40) + " sshd[" + fmt.Sprint(n%30000) + "]: " + text
			out[m] = append(out[m], makeEvent(1, uint64(m+1), uint32(i), t0+int64(n)*1e6, event.Event{
				Message: text, Raw: []byte(raw), Source: "syslog", SourceType: "linux.sshd", Transport: "syslog-udp", Peer: "10.0.0.1",
				Parser: "linux.sshd@3f2a91c0", Status: event.ParseFull, Class: event.Authentication, Severity: event.Low, Outcome: event.Outcome(n % 3),
				Logsource: []event.Logsource{{Product: "linux", Service: "sshd"}},
				Columns: []event.Column{col(event.UserName, user), col(event.SrcIP, ip), col(event.SrcPort, 1024+n%60000), col(event.HostName, fmt.Sprint("web-", n%40)),
					col(event.ProcessName, "sshd"), col(event.ProcessPID, n%30000), col(event.Action, "login")},
				Fields: []event.Field{field("user", str(user)), field("ip", str(ip)), field("port", event.IntValue(int64(1024+n%60000))), field("method", str("password")),
					field("request", str(fmt.Sprintf("%x", sha256.Sum256([]byte(raw)))[:16]))},
			}))
		}
	}
	return out
}

// BenchmarkAppend reports CPU seconds a million rows, flushes included.
func BenchmarkAppend(b *testing.B) {
	messages := sshd(200)
	s := open(b, Options{Memory: 4 << 30})
	start, rows := cpu(), 0
	for b.Loop() {
		for i := range messages {
			seq := uint64(rows/1000 + 1)
			for j := range messages[i] {
				messages[i][j].Pos.Seq = seq
			}
			must(b, s.Append(messages[i], seq))
			rows += len(messages[i])
		}
		must(b, s.Flush())
	}
	used := (cpu() - start).Seconds()
	b.ReportMetric(used/float64(rows)*1e6, "CPU-s/M")
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkSearch measures a million rows, four sealed segments of 200,000 and the rest hot.
func BenchmarkSearch(b *testing.B) {
	s := open(b, Options{Memory: 4 << 30})
	start := cpu()
	for i, m := range sshd(1000) {
		must(b, s.Append(m, uint64(i+1)))
		if i%200 == 199 && i < 999 {
			sealing := cpu()
			must(b, s.Seal(b.Context()))
			if i == 199 {
				b.Logf("seal: %.1f CPU-s/M, %d bytes a row", (cpu()-sealing).Seconds()*5, s.Stats().SegmentBytes/200_000)
			}
		}
	}
	must(b, s.Flush())
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	var duck int64
	must(b, s.engine.db.QueryRow("SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()").Scan(&duck))
	b.Logf("1M rows appended and 800k sealed in %.1f CPU-s; DuckDB %d bytes a hot row, estimated %d", (cpu() - start).Seconds(), duck/200_000, s.Stats().HotBytes/200_000)
	to := t0 + 1000*1000*int64(1e6)
	aggregate := func(text string) error {
		_, err := s.Aggregate(b.Context(), 1, pipes(b, text), t0, to, nil)
		return err
	}
	for name, f := range map[string]func() error{
		"newest100":      func() error { _, err := s.Search(b.Context(), 1, Request{}); return err },
		"newest100/user": func() error { _, err := s.Search(b.Context(), 1, Request{Query: parse(b, "user:user17")}); return err },
		"newest100/text": func() error { _, err := s.Search(b.Context(), 1, Request{Query: parse(b, "password")}); return err },
		"newest100/page": func() error {
			_, err := s.Search(b.Context(), 1, Request{After: newestAt(t0 + 500_000*1e6).cursor()})
			return err
		},
		"newest100/cidr": func() error {
			_, err := s.Search(b.Context(), 1, Request{Query: parse(b, "src.ip:10.1.0.0/16")})
			return err
		},
		"needle/word":    func() error { _, err := s.Search(b.Context(), 1, Request{Query: parse(b, "zzznotthere")}); return err },
		"needle/native":  func() error { _, err := s.Search(b.Context(), 1, Request{Query: parse(b, "request:zzz")}); return err },
		"histogram/all":  func() error { _, err := s.Histogram(b.Context(), 1, nil, t0, t0+1020*1e9, 17); return err },
		"histogram/user": func() error { _, err := s.Histogram(b.Context(), 1, parse(b, "user:user17"), t0, to, 60); return err },
		"top/ip":         func() error { _, err := s.TopValues(b.Context(), 1, nil, 0, 0, "src.ip", 10); return err },
		"count":          func() error { return aggregate("* | count") },
		"count/by user":  func() error { return aggregate("* | count by user") },
		"top/native":     func() error { return aggregate("* | top request") },
		"timechart/by":   func() error { return aggregate("* | timechart span=10s by host") },
		"stats/distinct": func() error { return aggregate("* | stats dc(src.ip) by host") },
		"stats/median":   func() error { return aggregate("* | stats median(port) by host") },
		"dedup":          func() error { return aggregate("* | dedup user | count") },
	} {
		b.Run(name, func(b *testing.B) {
			used, n := cpu(), 0
			for b.Loop() {
				must(b, f())
				n++
			}
			b.ReportMetric(float64((cpu()-used).Milliseconds())/float64(n), "CPU-ms/op")
		})
	}
}
