package retention

import (
	"math"
	"slices"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/query"
)

// Text is what a hold looks for, as a query that people can run; "" of
// evidence, which names its segments.
func (h Hold) Text() string {
	if h.Kind == "query" {
		return h.Query
	}
	var parts []string
	for i, e := range h.Entities {
		if i == 20 {
			break
		}
		parts = append(parts, e.text())
	}
	return strings.Join(parts, " or ")
}

// text matches events that name the entity: in their text, or in a column that
// holds such things, where addresses are in canonical form.
func (e Entity) text() string {
	value, cut := strings.CutSuffix(e.Value, "…") // shortened when it was noted
	value = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	if cut {
		return "message:* or raw:*" // cannot be told: anything
	}
	parts := []string{value}
	for _, c := range event.Columns() {
		if c.Entity == e.Kind {
			parts = append(parts, c.Name+":"+value)
		}
	}
	return strings.Join(parts, " or ")
}

// matcher decides about segments for one hold.
type matcher struct {
	hold   Hold
	lo, hi int64
	any    []query.Expr // one of them; none: everything within the time
}

// matcher reads the hold's query as it was read when the hold was placed. What
// cannot be read any more holds everything within its time.
func (h Hold) matcher() matcher {
	m := matcher{hold: h, lo: math.MinInt64, hi: math.MaxInt64}
	if h.From != 0 {
		m.lo = h.From
	}
	if h.To != 0 {
		m.hi = h.To
	}
	texts := []string{h.Query}
	if h.Kind == "case" {
		texts = nil
		for _, e := range h.Entities {
			texts = append(texts, e.text())
		}
	}
	for _, t := range texts {
		x, err := query.Parse(t, h.At)
		if err != nil {
			m.any = nil
			return m
		}
		m.any = append(m.any, x)
	}
	return m
}

func (m *matcher) holds(s Store, g *eventstore.Segment) bool {
	if m.hold.Kind == "evidence" {
		return slices.Contains(m.hold.Segments, g.ID)
	}
	if g.MinTime > m.hi || g.MaxTime < m.lo {
		return false
	}
	return len(m.any) == 0 || slices.ContainsFunc(m.any, func(x query.Expr) bool { return s.MayContain(g.ID, x, m.lo, m.hi) })
}

func matchers(holds []Hold) []matcher {
	out := make([]matcher, len(holds))
	for i, h := range holds {
		out[i] = h.matcher()
	}
	return out
}
