package eventfile

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/sigma"
)

// zeekHeader is what the '#' lines of a Zeek log say.
type zeekHeader struct {
	separator, set, empty, unset string
	path                         string
	fields, types                []string
}

// read takes one more header line; h may be nil, and is not changed.
func (h *zeekHeader) read(line string) *zeekHeader {
	next := zeekHeader{separator: "\t", set: ",", empty: "(empty)", unset: "-"}
	if h != nil {
		next = *h
	}
	if rest, ok := strings.CutPrefix(line, "#separator "); ok {
		if b, err := hex.DecodeString(strings.ReplaceAll(rest, `\x`, "")); err == nil && len(b) == 1 && strings.HasPrefix(rest, `\x`) {
			next.separator = string(b)
		} else if rest != "" {
			next.separator = rest
		}
		return &next
	}
	parts := strings.Split(line, next.separator)
	value := ""
	if len(parts) > 1 {
		value = parts[1]
	}
	switch parts[0] {
	case "#set_separator":
		next.set = value
	case "#empty_field":
		next.empty = value
	case "#unset_field":
		next.unset = value
	case "#path":
		next.path = value
	case "#fields":
		next.fields = parts[1:]
	case "#types":
		next.types = parts[1:]
	}
	return &next
}

// zeek reads one line of a Zeek log.
func (d *Decoder) zeek(h *zeekHeader, line []byte) error {
	if h == nil || h.fields == nil {
		return errNoHeader
	}
	d.Record.Set("_path", sigma.StringValue(h.path))
	rest, more := unsafeString(line), true
	for i := 0; more && i < len(h.fields); i++ {
		var text string
		text, rest, more = strings.Cut(rest, h.separator)
		if text == h.unset {
			continue
		}
		kind := ""
		if i < len(h.types) {
			kind = h.types[i]
		}
		d.Record.Set(h.fields[i], h.value(text, kind))
	}
	if more {
		return errColumns
	}
	return nil
}

func (h *zeekHeader) value(text, kind string) sigma.Value {
	switch {
	case text == h.empty:
		return sigma.StringValue("")
	case kind == "count" || kind == "int" || kind == "port":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return sigma.IntValue(n)
		}
	case kind == "double" || kind == "interval" || kind == "time":
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return sigma.FloatValue(f)
		}
	case kind == "bool":
		return sigma.BoolValue(text == "T")
	case (strings.HasPrefix(kind, "set[") || strings.HasPrefix(kind, "vector[")) && strings.Contains(text, h.set):
		var list []sigma.Value
		for _, m := range strings.Split(text, h.set) {
			list = append(list, sigma.StringValue(m))
		}
		return sigma.ListValue(list)
	}
	return sigma.StringValue(text)
}
