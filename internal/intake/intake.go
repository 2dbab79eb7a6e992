// Package intake receives what systems send and hands it to the journal. It
// finds where one message ends and the next begins, and nothing more: bytes go
// on exactly as they came, whatever they hold.
//
// What a sender may conclude: HTTP answers after the journal has the request
// on disk; syslog over TCP is read only as fast as the journal takes it; a
// datagram that finds no room is counted as dropped. No sender can block
// another: each connection has its own goroutine and bounded buffers.
package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/journal"
)

// MaxMessage is the longest message that is kept whole, in bytes; of a longer
// one the head is kept and marked as truncated.
const MaxMessage = 1 << 20

// Sink is where records go; journal.Batcher is it.
type Sink interface {
	Append(ctx context.Context, records []journal.Record, id string) error
	Enqueue(ctx context.Context, records []journal.Record) bool
	Offer(records []journal.Record) bool
}

// Metrics counts what receivers saw.
type Metrics struct {
	received, bytes, dropped, truncated *prometheus.CounterVec
	connections                         prometheus.Gauge
}

// NewMetrics registers the counters.
func NewMetrics(r prometheus.Registerer) *Metrics {
	vec := func(name, help string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_intake_" + name, Help: help}, []string{"transport"})
		r.MustRegister(v)
		return v
	}
	m := &Metrics{
		received:    vec("records_total", "Records handed to the journal."),
		bytes:       vec("bytes_total", "Bytes of records handed to the journal."),
		dropped:     vec("dropped_total", "Datagrams dropped because the journal had no room."),
		truncated:   vec("truncated_total", "Records longer than the limit, of which the head was kept."),
		connections: prometheus.NewGauge(prometheus.GaugeOpts{Name: "tocsin_intake_connections", Help: "Open syslog connections."}),
	}
	r.MustRegister(m.connections)
	return m
}

func (m *Metrics) took(transport string, records []journal.Record) {
	n := 0
	for i := range records {
		n += len(records[i].Raw)
		if records[i].Truncated {
			m.truncated.WithLabelValues(transport).Inc()
		}
	}
	m.received.WithLabelValues(transport).Add(float64(len(records)))
	m.bytes.WithLabelValues(transport).Add(float64(n))
}

// Exercises knows the running exercises by the hashes of their secret markers. A message
// that carries a marker belongs to the exercise; nobody who was not told the
// marker can pass an attack off as one.
type Exercises struct {
	mu      sync.RWMutex
	markers map[string]string
}

// Marker is the text before the secret, in every message of an exercise.
const Marker = "tocsin-exercise="

// HashMarker is the form of a marker that may be stored.
func HashMarker(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Start makes a marker, given by its hash, count for an exercise.
func (e *Exercises) Start(marker, id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.markers == nil {
		e.markers = map[string]string{}
	}
	e.markers[marker] = id
}

// End makes the markers of an exercise count no longer.
func (e *Exercises) End(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for m, x := range e.markers {
		if x == id {
			delete(e.markers, m)
		}
	}
}

// Of returns the exercise that a message belongs to, "" for a real one.
func (e *Exercises) Of(raw []byte) string {
	if e == nil {
		return ""
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if len(e.markers) == 0 {
		return ""
	}
	i := bytes.Index(raw, []byte(Marker))
	if i < 0 {
		return ""
	}
	rest := raw[i+len(Marker):]
	end := bytes.IndexFunc(rest, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
	if end >= 0 {
		rest = rest[:end]
	}
	if len(rest) > 64 {
		return ""
	}
	return e.markers[HashMarker(string(rest))]
}
