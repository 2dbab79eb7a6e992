package detect

import (
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/sigma"
)

// view lets Sigma rules look at an event. One view serves one event after another.
type view struct {
	ev  *event.Event
	raw string // of ev, made when first asked for
}

// Field implements sigma.Event: native fields first, then normalised columns
// and aliases, then the envelope.
func (v *view) Field(name string) (sigma.Value, bool) {
	val, ok := v.ev.Lookup(name)
	return toSigma(val), ok
}

// Keywords implements sigma.Event: the raw record, then the message.
func (v *view) Keywords(yield func(string) bool) {
	if v.raw == "" {
		v.raw = string(v.ev.Raw)
	}
	if (v.raw == "" || yield(v.raw)) && v.ev.Message != "" {
		yield(v.ev.Message)
	}
}

func toSigma(v event.Value) sigma.Value {
	switch v.Kind() {
	case event.Str:
		return sigma.StringValue(v.Str())
	case event.Int:
		return sigma.IntValue(v.Int())
	case event.Float:
		return sigma.FloatValue(v.Float())
	case event.Bool:
		return sigma.BoolValue(v.Bool())
	case event.List:
		list := make([]sigma.Value, len(v.List()))
		for i, m := range v.List() {
			list[i] = toSigma(m)
		}
		return sigma.ListValue(list)
	}
	return sigma.Value{}
}
