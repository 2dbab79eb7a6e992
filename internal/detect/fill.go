package detect

import (
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/sigma"
)

// Filler puts events into a Matcher's records: each field that a rule reads
// has the value that Event.Lookup finds under its name. The Matcher must fold
// names. It may be used by several goroutines.
type Filler struct {
	columns  [event.NumColumns][]int // numbers of the fields that a column stands for
	envelope []named
}

type named struct {
	name   string
	number int
}

// NewFiller makes a filler for a Matcher.
func NewFiller(m *sigma.Matcher) *Filler {
	f := &Filler{}
	for number, name := range m.FieldNames() {
		ref, ok := event.Resolve(name)
		switch {
		case !ok || name == "":
		case ref.Envelope != "":
			f.envelope = append(f.envelope, named{name, number})
		default:
			f.columns[ref.Column] = append(f.columns[ref.Column], number)
		}
	}
	return f
}

// Fill replaces what the record holds. Its texts are the event's.
func (f *Filler) Fill(r *sigma.Record, ev *event.Event) {
	r.Reset()
	for i := range ev.Fields {
		if n := r.Number(ev.Fields[i].Key); n > 0 {
			r.SetNumber(n, toSigma(ev.Fields[i].Value))
		}
	}
	for i := range ev.Columns {
		c := &ev.Columns[i]
		if numbers := f.columns[c.ID]; numbers != nil {
			v := toSigma(c.Value)
			for _, n := range numbers {
				r.SetNumber(n, v)
			}
		}
	}
	for _, e := range f.envelope {
		if r.Has(e.number) {
			continue
		}
		if v, ok := ev.Lookup(e.name); ok {
			r.SetNumber(e.number, toSigma(v))
		}
	}
}

// Sources are an event's log sources as Sigma writes them.
func Sources(ev *event.Event) []sigma.Logsource { return logsources(ev.Logsource) }
