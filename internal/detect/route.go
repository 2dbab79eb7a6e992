package detect

import (
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/sigma"
)

// maxRoutes bounds the cache of routes: senders choose service names.
const maxRoutes = 4096

// route returns the rules that can apply to an event of these log sources.
func (e *Engine) route(g *generation, sources []event.Logsource) []*rule {
	e.key = e.key[:0]
	for _, s := range sources {
		for _, part := range [3]string{s.Category, s.Product, s.Service} {
			e.key = append(append(e.key, part...), 0)
		}
	}
	if rules, ok := g.routes[string(e.key)]; ok {
		return rules
	}
	var rules []*rule
	for _, r := range g.rules {
		if applies(r.doc.Rule.Logsource, sources) {
			rules = append(rules, r)
		}
	}
	if len(g.routes) >= maxRoutes {
		clear(g.routes)
	}
	g.routes[string(e.key)] = rules
	return rules
}

// applies reports whether each part that the rule gives equals that of one and
// the same source. Rules and mappings may write them in any case.
func applies(want sigma.Logsource, sources []event.Logsource) bool {
	if want.Category == "" && want.Product == "" && want.Service == "" {
		return true
	}
	same := func(want, have string) bool { return want == "" || strings.EqualFold(want, have) }
	for _, s := range sources {
		if same(want.Category, s.Category) && same(want.Product, s.Product) && same(want.Service, s.Service) {
			return true
		}
	}
	return false
}
