package detect

import (
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Seen is a log source from which events came, with the names that they had:
// native fields and normalised columns, lower case, sorted.
type Seen struct {
	Tenant      tenant.ID
	Logsource   event.Logsource
	Fields      []string
	First, Last time.Time
}

// Bounds of what is remembered: senders choose names.
const (
	maxSeenSources = 1024 // in all
	maxSeenFields  = 2000 // of one source
	maxShapes      = 1 << 16
	// lookAtAll is how many events are looked at before one in lookEvery suffices.
	lookAtAll = 4096
	lookEvery = 8
)

// seen remembers which log sources and fields have come. An event's shape (its
// sources and names) is hashed, and only a new shape is looked at closely.
type seen struct {
	now  func() time.Time
	seed maphash.Seed

	// Owned by Process.
	count  uint64
	shapes map[uint64][]*seenSource

	mu      sync.Mutex
	sources map[seenKey]*seenSource
}

type seenKey struct {
	tenant tenant.ID
	source event.Logsource
}

type seenSource struct {
	key    seenKey
	fields map[string]bool // replaced under seen.mu, never changed: readers keep it without the lock
	first  time.Time
	last   atomic.Int64 // ns
}

func newSeen(now func() time.Time) *seen {
	return &seen{now: now, seed: maphash.MakeSeed(), shapes: map[uint64][]*seenSource{}, sources: map[seenKey]*seenSource{}}
}

// note takes an event into account. Exercises are not what sources send.
func (s *seen) note(ev *event.Event) {
	if ev.Exercise != "" {
		return
	}
	if s.count++; s.count > lookAtAll && s.count%lookEvery != 0 {
		return
	}
	shape := s.shape(ev)
	known, ok := s.shapes[shape]
	if !ok {
		if len(s.shapes) >= maxShapes {
			clear(s.shapes)
		}
		known = s.learn(ev)
		s.shapes[shape] = known
	}
	now := s.now().UnixNano()
	for _, k := range known {
		k.last.Store(now)
	}
}

func (s *seen) shape(ev *event.Event) uint64 {
	h := uint64(ev.Tenant)
	mix := func(n uint64) { h = (h ^ n) * 0x9E3779B97F4A7C15; h ^= h >> 29 }
	for _, l := range ev.Logsource {
		mix(maphash.String(s.seed, l.Category))
		mix(maphash.String(s.seed, l.Product))
		mix(maphash.String(s.seed, l.Service))
	}
	for i := range ev.Fields {
		mix(maphash.String(s.seed, ev.Fields[i].Key))
	}
	for i := range ev.Columns {
		mix(uint64(ev.Columns[i].ID) + 1)
	}
	return h
}

func (s *seen) learn(ev *event.Event) []*seenSource {
	s.mu.Lock()
	defer s.mu.Unlock()
	sources := ev.Logsource
	if len(sources) == 0 {
		sources = []event.Logsource{{}}
	}
	var out []*seenSource
	for _, l := range sources {
		key := seenKey{ev.Tenant, l}
		src := s.sources[key]
		if src == nil {
			if len(s.sources) >= maxSeenSources {
				continue
			}
			key.source = event.Logsource{Category: strings.Clone(l.Category), Product: strings.Clone(l.Product), Service: strings.Clone(l.Service)}
			src = &seenSource{key: key, fields: map[string]bool{}, first: s.now()}
			s.sources[key] = src
		}
		src.add(eventNames(ev))
		out = append(out, src)
	}
	return out
}

func eventNames(ev *event.Event) []string {
	var out []string
	for i := range ev.Fields {
		out = append(out, ev.Fields[i].Key)
	}
	for i := range ev.Columns {
		out = append(out, ev.Columns[i].ID.Info().Name)
	}
	return out
}

func (s *seenSource) add(names []string) {
	var more map[string]bool
	for _, name := range names {
		name = strings.ToLower(name)
		if s.fields[name] || more[name] || len(more) >= maxSeenFields || more == nil && len(s.fields) >= maxSeenFields {
			continue
		}
		if more == nil {
			more = maps.Clone(s.fields)
		}
		more[strings.Clone(name)] = true
	}
	if more != nil {
		s.fields = more
	}
}

// Seen lists the log sources that events came from.
func (e *Engine) Seen() []Seen {
	s := e.seen
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Seen, 0, len(s.sources))
	for k, src := range s.sources {
		v := Seen{Tenant: k.tenant, Logsource: k.source, First: src.first, Last: time.Unix(0, src.last.Load())}
		for f := range src.fields {
			v.Fields = append(v.Fields, f)
		}
		slices.Sort(v.Fields)
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b Seen) int {
		return strings.Compare(a.Tenant.String()+sourceText(a.Logsource), b.Tenant.String()+sourceText(b.Logsource))
	})
	return out
}

// Recall takes over what was seen before a restart. It is called before Process is.
func (e *Engine) Recall(all []Seen) {
	s := e.seen
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range all {
		if len(s.sources) >= maxSeenSources {
			return
		}
		src := &seenSource{key: seenKey{v.Tenant, v.Logsource}, fields: map[string]bool{}, first: v.First}
		src.last.Store(v.Last.UnixNano())
		src.add(v.Fields)
		s.sources[src.key] = src
	}
}

// sourceText names a log source to people.
func sourceText(l event.Logsource) string {
	var parts []string
	for _, p := range [...]struct{ name, value string }{{"category", l.Category}, {"product", l.Product}, {"service", l.Service}} {
		if p.value != "" {
			parts = append(parts, p.name+" "+p.value)
		}
	}
	if parts == nil {
		return "any source"
	}
	return strings.Join(parts, ", ")
}
