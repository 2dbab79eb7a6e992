package normalize

import (
	"slices"
	"testing"

	"github.com/tocsin-project/tocsin/internal/event"
)

// What shipped mappings say they can give holds what their own samples give.
func TestMappingsGiveWhatTheySayTheyCan(t *testing.T) {
	set, errs := Load(Shipped())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, m := range set.Mappings() {
		s := m.Supplies()
		if len(s.Logsources) == 0 {
			t.Errorf("%s gives no log source", m.Type)
		}
		w := New(set).Worker()
		for _, sample := range m.file.Samples {
			e := w.Line("test", "syslog-udp", []byte(sample.Raw), 1795332000e9)
			if e.SourceType != m.Type {
				continue
			}
			for _, l := range e.Logsource {
				if !slices.Contains(s.Logsources, l) && !s.AnyService {
					t.Errorf("%s gives %+v, and does not say so", m.Type, l)
				}
			}
			for _, c := range e.Columns {
				if name := c.ID.Info().Name; !slices.Contains(s.Fields, name) {
					t.Errorf("%s gives the column %s, and does not say so", m.Type, name)
				}
			}
			for _, f := range e.Fields {
				if !s.AnyField && !slices.Contains(s.Fields, f.Key) {
					t.Errorf("%s gives the field %s, and does not say so", m.Type, f.Key)
				}
			}
		}
	}
	for _, m := range set.Mappings() {
		if m.Type == "linux.sudo" && m.Supplies().AnyField || m.Type == "json.generic" && !m.Supplies().AnyField {
			t.Errorf("%s: any field %v", m.Type, m.Supplies().AnyField)
		}
		if m.Type == "windows.sysmon" && !slices.Contains(m.Supplies().Logsources, event.Logsource{Category: "process_creation", Product: "windows"}) {
			t.Errorf("sysmon does not say that it gives process creation: %+v", m.Supplies().Logsources)
		}
	}
}
