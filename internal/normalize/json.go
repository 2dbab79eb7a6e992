package normalize

import (
	"strconv"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/tocsin-project/tocsin/internal/event"
)

// Limits of what is flattened out of one document. Beyond them the raw bytes
// still hold everything.
const (
	maxFields = 1000
	maxDepth  = 64
	maxKey    = 256
)

// document is a parsed JSON object, flattened.
type document struct{ flat []event.Field }

// json parses an object; nil when it is not one or nests deeper than the
// parser's limit.
func (w *Worker) json(s string) *document {
	v, err := w.parser.Parse(s)
	if err != nil {
		return nil
	}
	o, err := v.Object()
	if err != nil {
		return nil
	}
	d := &document{flat: make([]event.Field, 0, 32)}
	d.object("", o, 0)
	return d
}

func (d *document) object(prefix string, o *fastjson.Object, depth int) {
	o.Visit(func(k []byte, v *fastjson.Value) {
		if len(d.flat) >= maxFields || len(prefix)+len(k) > maxKey {
			return
		}
		key := prefix + string(k)
		if v.Type() == fastjson.TypeObject && depth < maxDepth {
			d.object(key+".", v.GetObject(), depth+1)
			return
		}
		d.flat = append(d.flat, event.Field{Key: key, Value: value(v)})
	})
}

// value copies a value out of the parser, which reuses its memory.
func value(v *fastjson.Value) event.Value {
	switch v.Type() {
	case fastjson.TypeString:
		return event.StringValue(string(v.GetStringBytes()))
	case fastjson.TypeNumber:
		if n, err := v.Int64(); err == nil {
			return event.IntValue(n)
		}
		return event.FloatValue(v.GetFloat64())
	case fastjson.TypeTrue, fastjson.TypeFalse:
		return event.BoolValue(v.GetBool())
	case fastjson.TypeArray:
		var list []event.Value
		for i, m := range v.GetArray() {
			if i >= maxFields {
				break
			}
			list = append(list, value(m))
		}
		return event.ListValue(list)
	case fastjson.TypeObject: // inside a list, or too deep: kept as its text
		return event.StringValue(v.String())
	}
	return event.Value{}
}

func (d *document) get(key string) (string, bool) {
	for i := range d.flat {
		if d.flat[i].Key == key {
			return d.flat[i].Value.Text(), true
		}
	}
	return "", false
}

// fields appends the document's fields under the names that the mapping gives
// them: prefixes stripped, some renamed, spaces removed as Sigma's
// specification says for EVTX fields.
func (d *document) fields(m *Mapping, out []event.Field) []event.Field {
	if m == nil || len(m.strip) == 0 && len(m.rename) == 0 {
		return append(out, d.flat...)
	}
	for _, f := range d.flat {
		if to, ok := m.rename[f.Key]; ok {
			f.Key = to
		} else {
			for _, p := range m.strip {
				if strings.HasPrefix(f.Key, p) {
					f.Key = f.Key[len(p):]
					break
				}
			}
		}
		if strings.ContainsRune(f.Key, ' ') {
			f.Key = strings.ReplaceAll(f.Key, " ", "")
		}
		out = append(out, f)
	}
	return out
}

// unixTime reads seconds, milliseconds, microseconds or nanoseconds since 1970.
func unixTime(s string) (int64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 3e8 {
		return 0, false
	}
	switch {
	case f < 1e11:
		return int64(f*1e6) * 1e3, true
	case f < 1e14:
		return int64(f*1e3) * 1e3, true
	case f < 1e17:
		return int64(f) * 1e3, true
	case f < 9e18:
		return int64(f), true
	}
	return 0, false
}
