package clickhouse

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics have the names of the embedded engine's where they tell the same.
type metrics struct {
	registry      prometheus.Registerer
	all           []prometheus.Collector
	rows          prometheus.Counter
	refused       prometheus.Counter
	flushErrors   prometheus.Counter
	flushSeconds  prometheus.Histogram
	searches      prometheus.Counter
	searchSeconds prometheus.Histogram
	incomplete    prometheus.Counter
}

func newMetrics(r prometheus.Registerer, s *Store) (*metrics, error) {
	m := &metrics{registry: r}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "tocsin_eventstore_" + name, Help: help})
		m.all = append(m.all, c)
		return c
	}
	histogram := func(name, help string) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "tocsin_eventstore_" + name, Help: help, Buckets: prometheus.ExponentialBuckets(0.001, 4, 8)})
		m.all = append(m.all, h)
		return h
	}
	m.rows = counter("rows_total", "Rows appended.")
	m.refused = counter("refused_total", "Appends refused because memory was full.")
	m.flushErrors = counter("flush_errors_total", "Inserts into ClickHouse that failed.")
	m.flushSeconds = histogram("flush_seconds", "Duration of inserts into ClickHouse.")
	m.searches = counter("searches_total", "Searches started.")
	m.searchSeconds = histogram("search_seconds", "Duration of searches.")
	m.incomplete = counter("searches_incomplete_total", "Searches that ran out of time.")
	m.all = append(m.all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tocsin_eventstore_hot_rows", Help: "Rows that wait to be inserted."}, func() float64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		n := s.open.rows
		for _, b := range s.ready {
			n += b.rows
		}
		return float64(n)
	}))
	if r == nil {
		return m, nil
	}
	var errs []error
	for _, c := range m.all {
		errs = append(errs, r.Register(c))
	}
	return m, errors.Join(errs...)
}

func (m *metrics) unregister() {
	if m.registry == nil {
		return
	}
	for _, c := range m.all {
		m.registry.Unregister(c)
	}
}
