package normalize

import (
	"fmt"
	"sort"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
)

// program is a compiled rule: assignments in a fixed order.
type program struct {
	splits  []cut
	consts  []assign
	maps    []copyField
	values  []choose
	message []part
	sources []event.Logsource
}

type cut struct{ from, sep, before, behind string }

type assign struct {
	to    target
	value string
}

type copyField struct {
	to   target
	from []string
}

type choose struct {
	to   target
	from string
	when map[string]string
	rest string
}

// target is where a value goes: a column, an envelope field, or a native field.
type target struct {
	column   event.ColumnID
	envelope string
	native   string
}

func parseTarget(name string) (target, error) {
	if id, ok := event.ColumnByName(name); ok {
		return target{column: id}, nil
	}
	switch name {
	case "class", "outcome", "severity", "message":
		return target{envelope: name}, nil
	}
	if strings.ContainsRune(name, '.') {
		return target{}, fmt.Errorf("%q is no column", name)
	}
	return target{native: name}, nil
}

func compileRule(r Rule) (program, error) {
	var p program
	for _, name := range sortedKeys(r.Split) {
		f := r.Split[name]
		if len(f) != 3 || f[0] == "" {
			return p, fmt.Errorf("split of %q: want a separator and two names", name)
		}
		p.splits = append(p.splits, cut{name, f[0], f[1], f[2]})
	}
	for _, name := range sortedKeys(r.Set) {
		to, err := parseTarget(name)
		if err != nil {
			return p, err
		}
		if to.envelope == "class" {
			if _, ok := event.ParseClass(r.Set[name]); !ok {
				return p, fmt.Errorf("class %q is not known", r.Set[name])
			}
		}
		p.consts = append(p.consts, assign{to, r.Set[name]})
	}
	for _, name := range sortedKeys(r.Map) {
		to, err := parseTarget(name)
		if err != nil {
			return p, err
		}
		p.maps = append(p.maps, copyField{to, r.Map[name]})
	}
	for _, name := range sortedKeys(r.Values) {
		to, err := parseTarget(name)
		if err != nil {
			return p, err
		}
		v := r.Values[name]
		p.values = append(p.values, choose{to, v.Field, v.When, v.Else})
	}
	if r.Message != "" {
		t := &templates{}
		if err := t.add("m"+r.Message, program{}); err != nil {
			return p, fmt.Errorf("message: %w", err)
		}
		p.message = t.bucket['m'][0].parts
	}
	for _, l := range r.Logsource {
		p.sources = append(p.sources, event.Logsource(l))
	}
	return p, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// apply runs a mapping over an event whose native fields are in place.
func (m *Mapping) apply(e *event.Event, text string) {
	e.SourceType, e.Parser = m.Type, m.parser
	e.Logsource = m.sources
	if m.perApp {
		if app := e.ColText(event.ProcessName); app != "" {
			e.Logsource = append(append([]event.Logsource(nil), m.sources...), event.Logsource{Product: "linux", Service: strings.ToLower(app)})
		}
	}
	var tpl *template
	if len(m.file.Templates) > 0 {
		tpl = m.tmpl.match(text, captured(e))
	}
	m.base.run(e)
	full := len(m.file.Templates) == 0
	if tpl != nil {
		tpl.set.run(e)
		full = true
	}
	if m.on != "" {
		v, _ := e.Get(m.on)
		if p, ok := m.cases[v.Text()]; ok {
			p.run(e)
			full = true
		}
	}
	for _, name := range m.times {
		if v, ok := e.Get(name); ok {
			if ns, q, ok := readTime(v); ok {
				e.Time, e.TimeQuality = ns, q
				break
			}
		}
	}
	if full {
		e.Status = event.ParseFull
	}
}

func readTime(v event.Value) (int64, event.TimeQuality, bool) {
	s := v.Text()
	if ns, q, ok := parseISO(s); ok {
		return ns, q, true
	}
	if ns, ok := parseCLF(s); ok {
		return ns, event.TimeFromSource, true
	}
	if ns, ok := unixTime(s); ok {
		return ns, event.TimeFromSource, true
	}
	return 0, 0, false
}

func (p *program) run(e *event.Event) {
	for _, c := range p.splits {
		if v, ok := e.Get(c.from); ok {
			before, behind, _ := strings.Cut(v.Text(), c.sep)
			for _, f := range [2]event.Field{{Key: c.before, Value: event.StringValue(before)}, {Key: c.behind, Value: event.StringValue(behind)}} {
				if f.Key != "_" { // nobody wants it
					e.Fields = append(e.Fields, f)
				}
			}
		}
	}
	for i := range p.maps {
		c := &p.maps[i]
		for _, from := range c.from {
			if v, ok := e.Get(from); ok && c.to.put(e, v) {
				break
			}
		}
	}
	for i := range p.values {
		c := &p.values[i]
		v, ok := e.Get(c.from)
		if !ok {
			continue
		}
		if to, known := c.when[v.Text()]; known {
			c.to.put(e, event.StringValue(to))
		} else if c.rest != "" {
			c.to.put(e, event.StringValue(c.rest))
		}
	}
	for i := range p.consts {
		p.consts[i].to.put(e, event.StringValue(p.consts[i].value))
	}
	if p.message != nil {
		e.Message = render(p.message, e)
	}
	if p.sources != nil {
		e.Logsource = append(append([]event.Logsource(nil), e.Logsource...), p.sources...)
	}
}

func (t target) put(e *event.Event, v event.Value) bool {
	switch t.envelope {
	case "class":
		c, ok := event.ParseClass(v.Text())
		e.Class = c
		return ok
	case "outcome":
		o := event.ParseOutcome(v.Text())
		e.Outcome = o
		return o != event.OutcomeUnknown
	case "severity":
		s := event.ParseSeverity(strings.ToLower(v.Text()))
		if s == event.SeverityUnknown {
			return false
		}
		e.Severity = s
		return true
	case "message":
		if v.Text() == "" {
			return false
		}
		e.Message = v.Text()
		return true
	}
	if t.native != "" {
		e.Fields = append(e.Fields, event.Field{Key: t.native, Value: v})
		return true
	}
	return put(e, t.column, v)
}

func render(parts []part, e *event.Event) string {
	var b strings.Builder
	for i, p := range parts {
		l := p.literal
		if i == 0 {
			l = l[1:] // the "m" that compileRule put in front
		}
		b.WriteString(l)
		if p.name != "" {
			v, ok := e.Get(p.name)
			if t := v.Text(); ok && t != "" {
				b.WriteString(t)
			} else {
				b.WriteByte('?')
			}
		}
	}
	return b.String()
}
