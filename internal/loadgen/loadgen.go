// Package loadgen makes log lines of a mixed estate, the same for the same
// seed: sshd and a firewall over syslog, a web server, Sysmon, Zeek and
// Kubernetes audit as JSON, about 500 bytes each on average. Benchmarks and
// load tests read it; it plants needles, whose number is known, so that what a
// search finds can be checked.
//
// The proportions and the habits of values (few busy hosts and users and many
// quiet ones, ports and process ids at random, ids that never repeat) are what
// filters, compression and correlation feel; they are those of the reference
// generator for event stores, with its shapes drawn out to what the products
// write today.
package loadgen

import (
	"math/rand/v2"
	"time"
)

// Line is one record as it would arrive. Raw is reused by the next call.
type Line struct {
	Source, Transport, Peer string
	Time                    time.Time
	Raw                     []byte
}

// Needles are values that occur in no line but the planted ones.
type Needles struct {
	// Every plants one of each kind in every so many lines; 0 for none.
	Every int
}

// What the planted lines hold: a user name (a promoted field), a word of a
// message, the value of a field that only the source knows, and a word whose
// middle nothing else has.
const (
	NeedleUser   = "svc-quartz17"
	NeedleWord   = "zirconium"
	NeedleField  = "7d1f0c9e55aa4b21" // of fields.session_token
	NeedleMiddle = "mizarkatz"        // within "xmizarkatz32.exe"
)

// Generator makes lines. One goroutine uses it at a time.
type Generator struct {
	rng     *rand.Rand
	needles Needles
	n       int
	at      time.Time
	gap     time.Duration
	buf     []byte
}

// New makes a generator whose first line is at start and whose lines follow
// each other by gap on average.
func New(seed uint64, start time.Time, gap time.Duration, n Needles) *Generator {
	return &Generator{rng: rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15)), at: start.UTC(), gap: gap, needles: n, buf: make([]byte, 0, 4096)}
}

// kinds are the shapes with their share in a hundred lines.
var kinds = [...]struct {
	share int
	line  func(*Generator) (source, transport string)
}{
	{17, (*Generator).sshd}, {17, (*Generator).web}, {15, (*Generator).firewall},
	{27, (*Generator).sysmon}, {14, (*Generator).zeek}, {10, (*Generator).kubernetes},
}

// Next makes the next line.
func (g *Generator) Next() Line {
	g.n++
	g.at = g.at.Add(time.Duration(g.rng.Int64N(int64(2*g.gap) + 1)))
	g.buf = g.buf[:0]
	var l Line
	if e := g.needles.Every; e > 0 && g.n%e < 4 {
		l.Source, l.Transport = g.needle(g.n % e)
	} else {
		at := g.rng.IntN(100)
		for _, k := range kinds {
			if at -= k.share; at < 0 {
				l.Source, l.Transport = k.line(g)
				break
			}
		}
	}
	l.Time, l.Raw, l.Peer = g.at, g.buf, "10.9.0.1"
	return l
}

// needle writes one planted line; which is 0 to 3.
func (g *Generator) needle(which int) (source, transport string) {
	switch which {
	case 0:
		g.syslogHead(38, "sshd", true)
		g.text("Failed password for ").text(NeedleUser).text(" from 203.0.113.77 port ").num(1024 + g.rng.IntN(60000)).text(" ssh2")
		return "syslog", "syslog-tcp"
	case 1:
		g.syslogHead(30, "chronyd", true)
		g.text("reference clock ").text(NeedleWord).text(" lost, offset ").num(g.rng.IntN(900)).text(" us")
		return "syslog", "syslog-tcp"
	case 2:
		g.text(`{"service":"checkout","level":"info","host":"app-`).num(g.rng.IntN(40)).text(`","msg":"session renewed","session_token":"`).text(NeedleField)
		g.text(`","ts":"`).stamp("2006-01-02T15:04:05.000000Z").text(`"}`)
		return "apps", "http"
	}
	return g.sysmonProcess(`C:\Users\Public\x` + NeedleMiddle + `32.exe`)
}
