package eventstore

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	rows, refused, flushErrors, sealErrors, searches, incomplete, badFilters prometheus.Counter
	flushSeconds, sealSeconds, searchSeconds                                 prometheus.Histogram

	registered []prometheus.Collector
	registerer prometheus.Registerer
}

func newMetrics(r prometheus.Registerer, s *Store) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "tocsin", Subsystem: "eventstore", Name: name, Help: help})
	}
	seconds := func(name, help string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "tocsin", Subsystem: "eventstore", Name: name, Help: help,
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8)})
	}
	gauge := func(name, help string, f func(Stats) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "tocsin", Subsystem: "eventstore", Name: name, Help: help},
			func() float64 { return f(s.Stats()) })
	}
	m := &metrics{
		rows:          counter("rows_total", "Rows appended."),
		refused:       counter("refused_total", "Appends refused because memory is full."),
		flushErrors:   counter("flush_errors_total", "Flushes that failed and are tried again."),
		sealErrors:    counter("seal_errors_total", "Seals that failed and are tried again."),
		searches:      counter("searches_total", "Searches and aggregations."),
		incomplete:    counter("searches_incomplete_total", "Searches cut off by their time budget."),
		badFilters:    counter("filters_damaged_total", "Filter files that could not be used and are made again."),
		flushSeconds:  seconds("flush_seconds", "Time of one flush."),
		sealSeconds:   seconds("seal_seconds", "Time of one seal."),
		searchSeconds: seconds("search_seconds", "Time of one search."),
	}
	m.registered = []prometheus.Collector{m.rows, m.refused, m.flushErrors, m.sealErrors, m.searches, m.incomplete, m.badFilters,
		m.flushSeconds, m.sealSeconds, m.searchSeconds,
		gauge("hot_rows", "Rows in memory.", func(st Stats) float64 { return float64(st.HotRows) }),
		gauge("hot_bytes", "Estimated bytes in memory.", func(st Stats) float64 { return float64(st.HotBytes) }),
		gauge("segments", "Sealed segments.", func(st Stats) float64 { return float64(st.Segments) }),
		gauge("segment_bytes", "Bytes of sealed segments.", func(st Stats) float64 { return float64(st.SegmentBytes) }),
		gauge("segment_rows", "Rows of sealed segments.", func(st Stats) float64 { return float64(st.SegmentRows) }),
	}
	if r == nil {
		return m, nil
	}
	m.registerer = r
	var err error
	for _, c := range m.registered {
		err = errors.Join(err, r.Register(c))
	}
	return m, err
}

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.registered {
		m.registerer.Unregister(c)
	}
}
