package notify

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	latency    *prometheus.HistogramVec
	failures   *prometheus.CounterVec
	oldestPage prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "tocsin_notify_queued_to_sent_seconds",
			Help:    "Time from queueing a message to the provider's taking it.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15, 60, 300, 3600},
		}, []string{"channel", "kind"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_notify_failures_total",
			Help: "Failed tries, by whether the message is tried again (temporary), refused for good (permanent) or given up (expired).",
		}, []string{"channel", "reason"}),
		oldestPage: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tocsin_notify_oldest_page_seconds",
			Help: "Age of the oldest page that was neither sent, failed nor cancelled; 0 when there is none. Alarm above 60.",
		}),
	}
	if r == nil {
		return m, nil
	}
	return m, errors.Join(r.Register(m.latency), r.Register(m.failures), r.Register(m.oldestPage))
}
