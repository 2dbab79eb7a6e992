package evtx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Tokens of binary XML (MS-EVEN6 §2.2.12). moreBit: attributes or more data follow.
const (
	tokenEOF       = 0x00
	tokenOpen      = 0x01
	tokenCloseOpen = 0x02
	tokenCloseVoid = 0x03
	tokenEnd       = 0x04
	tokenValue     = 0x05
	tokenAttribute = 0x06
	tokenCDATA     = 0x07
	tokenCharRef   = 0x08
	tokenEntityRef = 0x09
	tokenPITarget  = 0x0a
	tokenPIData    = 0x0b
	tokenTemplate  = 0x0c
	tokenNormal    = 0x0d
	tokenOptional  = 0x0e
	tokenFragment  = 0x0f
	moreBit        = 0x40
)

const (
	templateHeader = 24
	maxElements    = 64
	maxFragments   = 8
	maxValues      = 4096
	maxNames       = 10_000
)

// template is a compiled definition.
type template struct {
	in     place
	fields []field
}

// field is one value of a record: where its text and its name come from.
type field struct {
	name     string
	nameFrom int    // number of the value that holds the name; -1: name does
	sub      int    // number of the value; -1: text or parts
	text     []byte // fixed
	parts    []part // text and values mixed
	in       place  // where a fragment given as value stands
}

type part struct {
	text []byte
	sub  int // -1: text
}

// place is where in a record an element stands.
type place struct {
	section section
	path    string // names of the elements below the section
}

type section uint8

const (
	outside section = iota // before Event
	inEvent
	inSystem
	inEventData
	inUserData // its wrapper is the next element
	inWrapper
	elsewhere
)

// below is the place of an element's content.
func (p place) below(name string) place {
	switch p.section {
	case outside:
		return place{section: inEvent}
	case inEvent:
		switch name {
		case "System":
			return place{section: inSystem}
		case "EventData":
			return place{section: inEventData}
		case "UserData":
			return place{section: inUserData}
		}
		return place{section: elsewhere, path: name}
	case inUserData:
		return place{section: inWrapper}
	}
	if p.path != "" {
		name = p.path + "." + name
	}
	return place{section: p.section, path: name}
}

// compile reads a template's definition.
func (c *Chunk) compile(at int, in place) (*template, error) {
	p := parser{c: c, at: at, end: len(c.data)}
	size, err := p.templateSize(at)
	if err != nil {
		return nil, err
	}
	p.at += templateHeader
	p.end = p.at + size
	var b builder
	for p.at < p.end {
		switch t := c.data[p.at]; t {
		case tokenEOF:
			return &template{in: in, fields: b.fields}, nil
		case tokenFragment:
			p.at += 4
		case tokenOpen, tokenOpen | moreBit:
			if err := p.element(&b, in, false, 0); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("unexpected token 0x%02x in a template at %d", t, p.at)
		}
	}
	return &template{in: in, fields: b.fields}, nil
}

// builder collects the fields of a template.
type builder struct{ fields []field }

func (b *builder) add(f field) error {
	if len(b.fields) >= maxNames {
		return errors.New("a template with too many names")
	}
	b.fields = append(b.fields, f)
	return nil
}

// parser reads tokens of a chunk between two offsets.
type parser struct {
	c       *Chunk
	at, end int
}

var errShort = errors.New("the record is cut off")

func (p *parser) take(n int) ([]byte, error) {
	if n < 0 || p.at < 0 || p.at+n > p.end || p.end > len(p.c.data) {
		return nil, errShort
	}
	b := p.c.data[p.at : p.at+n]
	p.at += n
	return b, nil
}

func (p *parser) uint32() (uint32, error) {
	b, err := p.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (p *parser) templateSize(at int) (int, error) {
	if at < chunkHeader || at+templateHeader > len(p.c.data) {
		return 0, fmt.Errorf("a template at %d", at)
	}
	size := int(binary.LittleEndian.Uint32(p.c.data[at+20:]))
	if size < 0 || at+templateHeader+size > len(p.c.data) {
		return 0, errShort
	}
	return size, nil
}

// name reads a reference to a name, which may stand in place.
func (p *parser) name() (string, error) {
	ref, err := p.uint32()
	if err != nil {
		return "", err
	}
	at := int(ref)
	if at < 128 || at+8 > len(p.c.data) {
		return "", fmt.Errorf("a name at %d", at)
	}
	n := 2 * int(binary.LittleEndian.Uint16(p.c.data[at+6:]))
	if at+8+n+2 > len(p.c.data) {
		return "", errShort
	}
	if at == p.at {
		if _, err := p.take(8 + n + 2); err != nil {
			return "", err
		}
	}
	return string(appendUTF16(nil, p.c.data[at+8:at+8+n])), nil
}

// element reads an element with all that is in it. Elements outside templates
// have no dependency id.
func (p *parser) element(b *builder, in place, literal bool, depth int) error {
	if depth > maxElements {
		return errors.New("elements nested too deep")
	}
	token, err := p.take(1)
	if err != nil {
		return err
	}
	skip := 6 // dependency id, size
	if literal {
		skip = 4
	}
	if _, err = p.take(skip); err != nil {
		return err
	}
	name, err := p.name()
	if err != nil {
		return err
	}
	e := element{name: name, in: in, inner: in.below(name), key: -1}
	if token[0]&moreBit != 0 {
		if _, err = p.take(4); err != nil {
			return err
		}
		if err = p.attributes(b, &e); err != nil {
			return err
		}
	}
	return p.content(b, &e, literal, depth)
}

// element is what is known of an element while it is read.
type element struct {
	name      string
	in, inner place
	label     string // Data's Name
	key       int    // the value that holds it; -1: none
	parts     []part
}

func (p *parser) attributes(b *builder, e *element) error {
	for p.at < p.end {
		if t := p.c.data[p.at] &^ moreBit; t != tokenAttribute {
			return nil
		}
		p.at++
		name, err := p.name()
		if err != nil {
			return err
		}
		parts, err := p.parts()
		if err != nil {
			return err
		}
		switch {
		case e.in.section == inEventData && name == "Name" && len(parts) == 1:
			e.label, e.key = withoutSpaces(string(parts[0].text)), parts[0].sub
		case e.in.section == inSystem:
			key := e.name
			if e.in.path != "" {
				key = e.in.path + "_" + e.name
			}
			if err := b.add(asField(key+"_"+name, parts, place{})); err != nil {
				return err
			}
		}
	}
	return errShort
}

// parts reads text and substitutions up to another token.
func (p *parser) parts() (out []part, err error) {
	for p.at < p.end {
		switch t := p.c.data[p.at] &^ moreBit; t {
		case tokenValue:
			head, err := p.take(2)
			if err != nil {
				return nil, err
			}
			if head[1] != byte(String) {
				return nil, fmt.Errorf("a fixed value of type 0x%02x", head[1])
			}
			text, err := p.text()
			if err != nil {
				return nil, err
			}
			out = append(out, part{text, -1})
		case tokenCDATA:
			p.at++
			text, err := p.text()
			if err != nil {
				return nil, err
			}
			out = append(out, part{text, -1})
		case tokenNormal, tokenOptional:
			b, err := p.take(4)
			if err != nil {
				return nil, err
			}
			out = append(out, part{nil, int(binary.LittleEndian.Uint16(b[1:]))})
		case tokenCharRef:
			b, err := p.take(3)
			if err != nil {
				return nil, err
			}
			out = append(out, part{appendUTF16(nil, b[1:]), -1})
		case tokenEntityRef:
			p.at++
			name, err := p.name()
			if err != nil {
				return nil, err
			}
			out = append(out, part{[]byte(entities[name]), -1})
		default:
			return out, nil
		}
	}
	return out, errShort
}

var entities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// text reads a counted UTF-16 text.
func (p *parser) text() ([]byte, error) {
	n, err := p.take(2)
	if err != nil {
		return nil, err
	}
	b, err := p.take(2 * int(binary.LittleEndian.Uint16(n)))
	if err != nil {
		return nil, err
	}
	return appendUTF16(nil, b), nil
}

// content reads what stands in an element, to its end.
func (p *parser) content(b *builder, e *element, literal bool, depth int) error {
	for p.at < p.end {
		switch t := p.c.data[p.at] &^ moreBit; t {
		case tokenCloseOpen:
			p.at++
		case tokenCloseVoid, tokenEnd:
			p.at++
			return e.finish(b)
		case tokenOpen:
			if err := p.element(b, e.inner, literal, depth+1); err != nil {
				return err
			}
		case tokenPITarget:
			p.at++
			if _, err := p.name(); err != nil {
				return err
			}
		case tokenPIData:
			p.at++
			if _, err := p.text(); err != nil {
				return err
			}
		default:
			before := p.at
			parts, err := p.parts()
			if err != nil {
				return err
			}
			if p.at == before {
				return fmt.Errorf("unexpected token 0x%02x in an element at %d", t, p.at)
			}
			e.parts = append(e.parts, parts...)
		}
	}
	return errShort
}

// finish adds an element's content. What stands between the elements of a
// container is whole fragments, each by itself.
func (e *element) finish(b *builder) error {
	switch {
	case len(e.parts) == 0:
		return nil
	case e.in.section != outside && e.in.section != inEvent && e.in.section != inUserData:
		return b.add(e.field())
	}
	for _, piece := range e.parts {
		if piece.sub < 0 {
			continue
		}
		if err := b.add(asField(e.name, []part{piece}, e.inner)); err != nil {
			return err
		}
	}
	return nil
}

// field names an element's content.
func (e *element) field() field {
	name := e.inner.path
	key := -1
	switch {
	case e.in.section == inEventData:
		if name, key = e.label, e.key; name == "" {
			name = e.name
		}
		if e.key >= 0 {
			key = e.key
		}
	case e.in.section == inSystem:
		name = strings.ReplaceAll(name, ".", "_")
	case name == "":
		name = e.name
	}
	f := asField(name, e.parts, e.inner)
	f.nameFrom = key
	return f
}

func asField(name string, parts []part, in place) field {
	f := field{name: name, nameFrom: -1, sub: -1, in: in}
	switch {
	case len(parts) == 1 && parts[0].sub >= 0:
		f.sub = parts[0].sub
	case len(parts) == 1:
		f.text = parts[0].text
	default:
		f.parts = parts
	}
	return f
}

func withoutSpaces(s string) string { return strings.ReplaceAll(s, " ", "") }
