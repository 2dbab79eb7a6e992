package detect

import (
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/sigma"
)

// maxRoutes bounds the cache of routes: senders choose service names.
const maxRoutes = 4096

// route returns the rules that can apply to an event of these log sources.
func (e *Engine) route(g *generation, sources []event.Logsource) *sigma.Class {
	e.key = e.key[:0]
	for _, s := range sources {
		for _, part := range [3]string{s.Category, s.Product, s.Service} {
			e.key = append(append(e.key, part...), 0)
		}
	}
	if class, ok := g.routes[string(e.key)]; ok {
		return class
	}
	class := g.matcher.Class(logsources(sources))
	if len(g.routes) >= maxRoutes {
		clear(g.routes)
	}
	g.routes[string(e.key)] = class
	return class
}

// applies reports whether a rule of a log source is about events of others.
func applies(want sigma.Logsource, sources []event.Logsource) bool {
	return want.Covers(logsources(sources))
}

// logsources are log sources as Sigma writes them. Their texts are copied:
// those of an event do not outlive its batch.
func logsources(sources []event.Logsource) []sigma.Logsource {
	out := make([]sigma.Logsource, len(sources))
	for i, s := range sources {
		out[i] = sigma.Logsource{Category: strings.Clone(s.Category), Product: strings.Clone(s.Product), Service: strings.Clone(s.Service)}
	}
	return out
}
