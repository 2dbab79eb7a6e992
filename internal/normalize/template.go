package normalize

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
)

// templates are the message shapes of a mapping: literal text and {captures};
// the first that fits wins. Those that start with the same byte share a bucket.
//
// "{name}" takes text up to the next literal, "{name*}" up to its last
// occurrence (what an attacker may choose, such as a user name, is taken
// greedily, so that it cannot pose as the fields behind it), "{name:ip}" and
// "{name:int}" must be an address or a number (which ends by itself), "{_}" is not kept. The last
// capture takes the rest of the line.
type templates struct {
	bucket [256][]*template
	open   []*template // start with a capture
}

type template struct {
	parts []part
	set   program
}

type part struct {
	literal string // before the capture
	name    string // "" at the end of the template
	kind    string
	greedy  bool
}

func (t *templates) add(text string, set program) error {
	tpl := &template{set: set}
	for rest := text; ; {
		i := strings.IndexByte(rest, '{')
		if i < 0 {
			tpl.parts = append(tpl.parts, part{literal: rest})
			break
		}
		end := strings.IndexByte(rest[i:], '}')
		if end < 0 {
			return fmt.Errorf("%q: { is not closed", text)
		}
		p := part{literal: rest[:i], name: rest[i+1 : i+end]}
		p.name, p.greedy = strings.CutSuffix(p.name, "*")
		p.name, p.kind, _ = strings.Cut(p.name, ":")
		if p.name == "" || p.kind != "" && p.kind != "ip" && p.kind != "int" {
			return fmt.Errorf("%q: {%s} is not a capture", text, rest[i+1:i+end])
		}
		if n := len(tpl.parts); n > 0 && p.literal == "" && tpl.parts[n-1].kind != "int" {
			return fmt.Errorf("%q: two captures need text between them", text)
		}
		tpl.parts = append(tpl.parts, p)
		rest = rest[i+end+1:]
	}
	if l := tpl.parts[0].literal; l != "" {
		t.bucket[l[0]] = append(t.bucket[l[0]], tpl)
	} else {
		t.open = append(t.open, tpl)
	}
	return nil
}

// match finds the first template that fits and hands its captures to keep.
func (t *templates) match(s string, keep func(name, value string)) *template {
	if s == "" {
		return nil
	}
	for _, tpl := range t.bucket[s[0]] {
		if tpl.match(s, keep) {
			return tpl
		}
	}
	for _, tpl := range t.open {
		if tpl.match(s, keep) {
			return tpl
		}
	}
	return nil
}

const maxCaptures = 16

func (t *template) match(s string, keep func(name, value string)) bool {
	var found [maxCaptures]string
	if len(t.parts) > maxCaptures || !strings.HasPrefix(s, t.parts[0].literal) {
		return false
	}
	s = s[len(t.parts[0].literal):]
	for i := range t.parts {
		p := &t.parts[i]
		if p.name == "" { // only the last part has no capture
			if s != "" {
				return false
			}
			break
		}
		next := t.parts[i+1].literal
		end := len(s)
		switch {
		case next == "" && t.parts[i+1].name != "": // a number ends by itself
			end = digits(s)
		case next != "":
			if p.greedy {
				end = strings.LastIndex(s, next)
			} else {
				end = strings.Index(s, next)
			}
			if end < 0 {
				return false
			}
		}
		v := s[:end]
		switch p.kind {
		case "ip":
			if _, err := netip.ParseAddr(v); err != nil {
				return false
			}
		case "int":
			if _, ok := parseInt(v); !ok {
				return false
			}
		}
		found[i] = v
		s = s[min(end+len(next), len(s)):]
	}
	if keep != nil {
		for i := range t.parts {
			if n := t.parts[i].name; n != "" && n != "_" {
				keep(n, found[i])
			}
		}
	}
	return true
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// captured adds captures to an event's native fields.
func captured(e *event.Event) func(name, value string) {
	return func(name, value string) {
		if e.Fields == nil {
			e.Fields = make([]event.Field, 0, 8)
		}
		e.Fields = append(e.Fields, event.Field{Key: name, Value: event.StringValue(value)})
	}
}
