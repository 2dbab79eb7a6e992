package evtx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// ChunkSize is the size of every chunk.
const ChunkSize = 65536

// HeaderSize is what stands in a file before its first chunk.
const HeaderSize = 4096

const (
	chunkHeader  = 512
	recordHeader = 24
)

var recordMark = []byte("**\x00\x00")

// Records finds where the records of a chunk start. Where one does not follow
// on the other, as in a torn chunk, the next mark is looked for.
func Records(chunk []byte) (starts []int32) {
	if len(chunk) < chunkHeader+recordHeader || !bytes.HasPrefix(chunk, []byte("ElfChnk\x00")) {
		return nil
	}
	end := len(chunk)
	if free := int(binary.LittleEndian.Uint32(chunk[48:])); free > chunkHeader && free < end {
		end = free
	}
	for at := chunkHeader; at+recordHeader <= end; {
		size, ok := recordSize(chunk[:end], at)
		if ok {
			starts = append(starts, int32(at))
			at += size
			continue
		}
		next := bytes.Index(chunk[at+1:end], recordMark)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return starts
}

func recordSize(chunk []byte, at int) (int, bool) {
	if at+recordHeader > len(chunk) || !bytes.HasPrefix(chunk[at:], recordMark) {
		return 0, false
	}
	size := int(binary.LittleEndian.Uint32(chunk[at+4:]))
	if size < recordHeader+8 || at+size > len(chunk) || binary.LittleEndian.Uint32(chunk[at+size-4:]) != uint32(size) {
		return 0, false
	}
	return size, true
}

// Chunk reads the records of one chunk after another. It is for one goroutine,
// and reuses its memory.
type Chunk struct {
	data      []byte
	templates map[int]*template // by offset of the definition
	values    []Value
	depth     int
	names     int
}

// Reset takes the bytes of the next chunk, which must stay unchanged while its
// records are read.
func (c *Chunk) Reset(data []byte) {
	c.data = data
	if c.templates == nil {
		c.templates = map[int]*template{}
	}
	clear(c.templates)
}

// Emit is given one named value of a record. The value lies in the chunk. A
// name that comes again (Data) is a list.
type Emit func(name string, v Value)

// Record reads the record that starts at an offset given by Records.
func (c *Chunk) Record(at int, emit Emit) (id uint64, filetime uint64, err error) {
	size, ok := recordSize(c.data, at)
	if !ok {
		return 0, 0, errors.New("the record is torn")
	}
	id, filetime = binary.LittleEndian.Uint64(c.data[at+8:]), binary.LittleEndian.Uint64(c.data[at+16:])
	c.depth, c.names, c.values = 0, 0, c.values[:0]
	return id, filetime, c.fragment(at+recordHeader, at+size-4, place{}, emit)
}

// fragment reads a fragment of binary XML: a template with its values, or
// elements as they are.
func (c *Chunk) fragment(at, end int, in place, emit Emit) error {
	if c.depth++; c.depth > maxFragments {
		return errors.New("fragments nested too deep")
	}
	defer func() { c.depth-- }()
	p := parser{c: c, at: at, end: end}
	for p.at < p.end {
		switch t := c.data[p.at]; t {
		case tokenEOF:
			return nil
		case tokenFragment:
			p.at += 4
		case tokenTemplate:
			if err := c.instance(&p, in, emit); err != nil {
				return err
			}
		case tokenOpen, tokenOpen | moreBit:
			var b builder
			if err := p.element(&b, in, true, 0); err != nil {
				return err
			}
			if err := c.fill(b.fields, nil, emit); err != nil {
				return err
			}
		default:
			return fmt.Errorf("unexpected token 0x%02x at %d", t, p.at)
		}
	}
	return nil
}

// instance reads a template's values and gives them under its names.
func (c *Chunk) instance(p *parser, in place, emit Emit) error {
	head, err := p.take(10)
	if err != nil {
		return err
	}
	at := int(binary.LittleEndian.Uint32(head[6:]))
	if at == p.at { // the definition stands here
		size, err := p.templateSize(at)
		if err != nil {
			return err
		}
		p.at += templateHeader + size
	}
	t := c.templates[at]
	if t == nil || t.in != in {
		if t, err = c.compile(at, in); err != nil {
			return err
		}
		c.templates[at] = t
	}
	n, err := p.uint32()
	if err != nil {
		return err
	}
	if n > maxValues {
		return fmt.Errorf("%d values in a record", n)
	}
	heads, err := p.take(4 * int(n))
	if err != nil {
		return err
	}
	first := len(c.values)
	for i := range int(n) {
		size, kind := int(binary.LittleEndian.Uint16(heads[4*i:])), heads[4*i+2]
		data, err := p.take(size)
		if err != nil {
			return err
		}
		c.values = append(c.values, Value{Type: Type(kind), Data: data, at: int32(p.at - size)})
	}
	err = c.fill(t.fields, c.values[first:], emit)
	c.values = c.values[:first]
	return err
}

// fill gives the values of fields.
func (c *Chunk) fill(fields []field, values []Value, emit Emit) error {
	for i := range fields {
		f := &fields[i]
		name := f.name
		if f.nameFrom >= 0 {
			if f.nameFrom >= len(values) {
				continue
			}
			if name = withoutSpaces(values[f.nameFrom].Text()); name == "" {
				name = "Data"
			}
		}
		if f.sub < 0 {
			if f.parts == nil {
				emit(name, Value{Type: ANSI, Data: f.text})
				continue
			}
			emit(name, Value{Type: ANSI, Data: c.joined(f, values)})
			continue
		}
		if f.sub >= len(values) {
			continue
		}
		switch v := values[f.sub]; v.Type {
		case Null:
		case BinXML:
			if err := c.fragment(int(v.at), int(v.at)+len(v.Data), f.in, emit); err != nil {
				return err
			}
		default:
			if c.names++; c.names > maxNames {
				return errors.New("too many values in a record")
			}
			emit(name, v)
		}
	}
	return nil
}

// joined writes text with values in it.
func (c *Chunk) joined(f *field, values []Value) []byte {
	var b []byte
	for _, part := range f.parts {
		if part.sub < 0 {
			b = append(b, part.text...)
		} else if part.sub < len(values) {
			b = values[part.sub].AppendText(b)
		}
	}
	return b
}

// utf16 decodes little-endian UTF-16 up to a NUL.
func appendUTF16(b, data []byte) []byte {
	for len(data) >= 2 {
		r := rune(data[0]) | rune(data[1])<<8
		data = data[2:]
		switch {
		case r == 0:
			return b
		case r < utf8.RuneSelf:
			b = append(b, byte(r))
			continue
		case utf16.IsSurrogate(r) && len(data) >= 2:
			if pair := utf16.DecodeRune(r, rune(data[0])|rune(data[1])<<8); pair != utf8.RuneError {
				r = pair
				data = data[2:]
			}
		}
		b = utf8.AppendRune(b, r)
	}
	return b
}
