package normalize

import (
	"slices"

	"github.com/tocsin-project/tocsin/internal/event"
)

// Supply is what a mapping can give events: which log sources, and which names.
type Supply struct {
	Logsources []event.Logsource
	AnyService bool     // the service is the sender's app name
	Fields     []string // native fields and columns, sorted
	AnyField   bool     // it takes over whatever names the source has
}

// Supplies tells what the mapping can give. What it reads from documents can
// have any name; what it reads by templates only those that they name.
func (m *Mapping) Supplies() Supply {
	f := m.file
	s := Supply{AnyService: m.perApp, AnyField: len(f.Templates) == 0 || len(f.Detect.JSON) > 0 || f.Detect.Any == "json"}
	for _, l := range f.Logsource {
		if l.Service == "{app}" {
			l.Service = ""
		}
		s.Logsources = append(s.Logsources, event.Logsource(l))
	}
	names := map[string]bool{"source_time": true, "host.name": true, "process.name": true, "process.pid": true, "syslog.facility": true}
	for _, n := range f.Rename {
		names[n] = true
	}
	rules := []Rule{f.Rule}
	for _, c := range f.Switch.Cases {
		rules = append(rules, c)
	}
	for _, t := range f.Templates {
		rules = append(rules, Rule{Set: t.Set})
	}
	for _, r := range rules {
		for _, l := range r.Logsource {
			s.Logsources = append(s.Logsources, event.Logsource(l))
		}
		for n := range r.Set {
			names[n] = true
		}
		for n := range r.Map {
			names[n] = true
		}
		for n := range r.Values {
			names[n] = true
		}
		for _, cut := range r.Split {
			for _, n := range cut[min(1, len(cut)):] {
				names[n] = true
			}
		}
	}
	m.tmpl.captures(names)
	for n := range names {
		if n != "" && n != "_" {
			s.Fields = append(s.Fields, n)
		}
	}
	slices.Sort(s.Fields)
	return s
}

// captures adds the names that templates take out of lines.
func (t *templates) captures(names map[string]bool) {
	add := func(list []*template) {
		for _, tpl := range list {
			for _, p := range tpl.parts {
				names[p.name] = true
			}
		}
	}
	for _, list := range t.bucket {
		add(list)
	}
	add(t.open)
}
