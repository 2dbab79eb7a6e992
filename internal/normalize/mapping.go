package normalize

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/tocsin-project/tocsin/internal/event"
)

// file is a mapping as it is written. All of it is checked when it is loaded.
type file struct {
	Type        string `yaml:"type"`
	Description string `yaml:"description"`
	Detect      struct {
		App    []string            `yaml:"app"`    // syslog app name
		Source []string            `yaml:"source"` // name of the input
		JSON   []map[string]string `yaml:"json"`   // any of these: all keys have the value; "*" is any
		Line   bool                `yaml:"line"`   // a line that one of the templates matches whole
		Any    string              `yaml:"any"`    // "json" or "syslog": what no other mapping took
	} `yaml:"detect"`
	Logsource []logsource       `yaml:"logsource"`
	Time      []string          `yaml:"time"`   // fields that hold the event's time, first that reads wins
	Strip     []string          `yaml:"strip"`  // prefixes of JSON keys
	Rename    map[string]string `yaml:"rename"` // JSON key → native name
	Templates []struct {
		Match string            `yaml:"m"`
		Set   map[string]string `yaml:"set"`
	} `yaml:"templates"`
	Switch struct {
		Field string          `yaml:"field"`
		Cases map[string]Rule `yaml:"cases"`
	} `yaml:"switch"`
	Rule    `yaml:",inline"`
	Samples []sample `yaml:"samples"`
}

// Rule is what a mapping, or one case of its switch, gives an event.
type Rule struct {
	Set       map[string]string   `yaml:"set"` // constants for envelope, column or native names
	Map       map[string]fieldRef `yaml:"map"` // column or envelope ← native field(s), first present wins
	Values    map[string]valueMap `yaml:"values"`
	Split     map[string][]string `yaml:"split"`   // native → separator, name before it, name behind it; _ for none
	Message   string              `yaml:"message"` // text with {native} names
	Logsource []logsource         `yaml:"logsource_add"`
}

type valueMap struct {
	Field string            `yaml:"field"`
	When  map[string]string `yaml:"when"`
	Else  string            `yaml:"else"`
}

type fieldRef []string

// UnmarshalYAML lets one name stand for a list of one.
func (r *fieldRef) UnmarshalYAML(unmarshal func(any) error) error {
	var one string
	if err := unmarshal(&one); err == nil {
		*r = fieldRef{one}
		return nil
	}
	var many []string
	if err := unmarshal(&many); err != nil {
		return err
	}
	*r = many
	return nil
}

type logsource struct {
	Category string `yaml:"category"`
	Product  string `yaml:"product"`
	Service  string `yaml:"service"`
}

type sample struct {
	Raw      string            `yaml:"raw"`
	Received string            `yaml:"received"`
	Want     map[string]string `yaml:"want"`
}

// Mapping is a compiled mapping.
type Mapping struct {
	Type     string
	Revision string // first 8 hex digits of the file's SHA-256
	parser   string
	file     *file
	strip    []string
	rename   map[string]string
	times    []string
	sources  []event.Logsource
	tmpl     *templates
	base     program
	on       string
	cases    map[string]program
	perApp   bool // logsource service is the app name
}

// Set is all mappings in use, ready to choose from.
type Set struct {
	byApp    map[string]*Mapping
	bySource map[string]*Mapping
	byJSON   []*Mapping
	byLine   []*Mapping
	anyJSON  *Mapping
	anyLog   *Mapping
	all      []*Mapping
}

// Mappings lists the mappings by type.
func (s *Set) Mappings() []*Mapping { return s.all }

// Load reads every *.yml of the file systems; a type found again replaces the
// earlier one. Files with mistakes are named and left out; the others load.
func Load(systems ...fs.FS) (*Set, []error) {
	byType := map[string]*Mapping{}
	var errs []error
	for _, fsys := range systems {
		_ = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(p) != ".yml" {
				return nil
			}
			text, err := fs.ReadFile(fsys, p)
			if err == nil {
				var m *Mapping
				if m, err = Compile(text); err == nil {
					byType[m.Type] = m
				}
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("mapping %s: %w", p, err))
			}
			return nil
		})
	}
	s := &Set{byApp: map[string]*Mapping{}, bySource: map[string]*Mapping{}}
	for _, m := range byType {
		s.all = append(s.all, m)
	}
	sort.Slice(s.all, func(i, j int) bool { return s.all[i].Type < s.all[j].Type })
	for _, m := range s.all {
		for _, a := range m.file.Detect.App {
			s.byApp[strings.ToLower(a)] = m
		}
		for _, a := range m.file.Detect.Source {
			s.bySource[a] = m
		}
		if len(m.file.Detect.JSON) > 0 {
			s.byJSON = append(s.byJSON, m)
		}
		if m.file.Detect.Line {
			s.byLine = append(s.byLine, m)
		}
		switch m.file.Detect.Any {
		case "json":
			s.anyJSON = m
		case "syslog":
			s.anyLog = m
		}
	}
	return s, errs
}

// Compile reads and checks one mapping.
func Compile(text []byte) (*Mapping, error) {
	f := &file{}
	if err := yaml.UnmarshalWithOptions(text, f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s", strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if f.Type == "" {
		return nil, fmt.Errorf("type is missing")
	}
	sum := sha256.Sum256(text)
	m := &Mapping{Type: f.Type, Revision: hex.EncodeToString(sum[:4]), file: f, strip: f.Strip, rename: f.Rename, times: f.Time, on: f.Switch.Field}
	m.parser = m.Type + "@" + m.Revision
	for _, l := range f.Logsource {
		if l.Service == "{app}" {
			m.perApp = true
			continue
		}
		m.sources = append(m.sources, event.Logsource(l))
	}
	var err error
	if m.base, err = compileRule(f.Rule); err != nil {
		return nil, err
	}
	m.cases = map[string]program{}
	for key, r := range f.Switch.Cases {
		p, err := compileRule(r)
		if err != nil {
			return nil, fmt.Errorf("case %s: %w", key, err)
		}
		for one := range strings.SplitSeq(key, ",") {
			m.cases[strings.TrimSpace(one)] = p
		}
	}
	m.tmpl = &templates{}
	for i, t := range f.Templates {
		p, err := compileRule(Rule{Set: t.Set})
		if err != nil {
			return nil, fmt.Errorf("template %d: %w", i+1, err)
		}
		if err := m.tmpl.add(t.Match, p); err != nil {
			return nil, fmt.Errorf("template %d: %w", i+1, err)
		}
	}
	return m, nil
}

// find chooses the mapping of a record: by its input, by app name, by what the
// document holds, by a template that fits, else the generic one.
func (s *Set) find(e *event.Event, h *header, doc *document, text string) *Mapping {
	if m := s.bySource[e.Source]; m != nil {
		return m
	}
	if doc != nil {
		for _, m := range s.byJSON {
			if m.takes(doc) {
				return m
			}
		}
		return s.anyJSON
	}
	if h.app != "" {
		app := h.app
		if m := s.byApp[app]; m != nil {
			return m
		}
		if m := s.byApp[strings.ToLower(app)]; m != nil {
			return m
		}
	}
	for _, m := range s.byLine {
		if m.tmpl.match(text, nil) != nil {
			return m
		}
	}
	if h.app != "" || h.time != 0 || strings.HasPrefix(e.Transport, "syslog") {
		return s.anyLog
	}
	return nil
}

func (m *Mapping) takes(doc *document) bool {
	for _, alternative := range m.file.Detect.JSON {
		ok := true
		for k, want := range alternative {
			got, present := doc.get(k)
			if !present || want != "*" && !strings.EqualFold(got, want) {
				ok = false
				break
			}
		}
		if ok {
			return true
		}
	}
	return false
}
