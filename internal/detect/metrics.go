package detect

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	loaded, rejected              prometheus.Gauge
	hits, evaluations             prometheus.Counter
	evictedGroups, evictedEntries prometheus.Counter
	groups                        prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "tocsin", Subsystem: "detect", Name: name, Help: help})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "tocsin", Subsystem: "detect", Name: name, Help: help})
	}
	m := &metrics{
		loaded:         gauge("rules_loaded", "Rules and correlations in use."),
		rejected:       gauge("rules_rejected", "Rule documents that could not be loaded."),
		hits:           counter("hits_total", "Matches of reported rules, before repeats are folded."),
		evaluations:    counter("evaluations_total", "Rules evaluated against events."),
		evictedGroups:  counter("evicted_groups_total", "Correlation groups dropped because of a limit."),
		evictedEntries: counter("evicted_entries_total", "Correlation entries dropped because of a limit."),
		groups:         gauge("correlation_groups", "Live correlation groups."),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.loaded, m.rejected, m.hits, m.evaluations, m.evictedGroups, m.evictedEntries, m.groups} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
