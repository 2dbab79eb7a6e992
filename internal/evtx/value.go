package evtx

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"time"
)

// Type is the type of a value (MS-EVEN6 §2.2.12, with the array bit).
type Type uint8

// The types.
const (
	Null       Type = 0x00
	String     Type = 0x01 // UTF-16
	ANSI       Type = 0x02 // bytes; here also text that is UTF-8 already
	Int8       Type = 0x03
	Uint8      Type = 0x04
	Int16      Type = 0x05
	Uint16     Type = 0x06
	Int32      Type = 0x07
	Uint32     Type = 0x08
	Int64      Type = 0x09
	Uint64     Type = 0x0a
	Float      Type = 0x0b
	Double     Type = 0x0c
	Bool       Type = 0x0d
	Binary     Type = 0x0e
	GUID       Type = 0x0f
	Size       Type = 0x10
	FileTime   Type = 0x11
	SystemTime Type = 0x12
	SID        Type = 0x13
	Hex32      Type = 0x14
	Hex64      Type = 0x15
	BinXML     Type = 0x21
	Array      Type = 0x80 // with the type of its members
)

// Value is one value of a record, as it lies in the chunk.
type Value struct {
	Type Type
	Data []byte
	at   int32 // in the chunk
}

// Int returns whole numbers.
func (v Value) Int() (int64, bool) {
	d := v.Data
	switch {
	case v.Type == Int8 && len(d) == 1:
		return int64(int8(d[0])), true
	case v.Type == Uint8 && len(d) == 1:
		return int64(d[0]), true
	case v.Type == Int16 && len(d) == 2:
		return int64(int16(binary.LittleEndian.Uint16(d))), true
	case v.Type == Uint16 && len(d) == 2:
		return int64(binary.LittleEndian.Uint16(d)), true
	case v.Type == Int32 && len(d) == 4:
		return int64(int32(binary.LittleEndian.Uint32(d))), true
	case v.Type == Uint32 && len(d) == 4:
		return int64(binary.LittleEndian.Uint32(d)), true
	case (v.Type == Int64 || v.Type == Uint64) && len(d) == 8:
		n := int64(binary.LittleEndian.Uint64(d))
		return n, v.Type == Int64 || n >= 0
	}
	return 0, false
}

// Text is AppendText as a string.
func (v Value) Text() string { return string(v.AppendText(nil)) }

// AppendText writes the value as Windows shows it in XML: numbers in decimal,
// GUIDs in braces, times in UTC. An array is its members with commas between.
func (v Value) AppendText(b []byte) []byte {
	if n, ok := v.Int(); ok {
		return strconv.AppendInt(b, n, 10)
	}
	d := v.Data
	switch t := v.Type; {
	case t == String:
		return appendUTF16(b, d)
	case t == ANSI:
		for len(d) > 0 && d[len(d)-1] == 0 {
			d = d[:len(d)-1]
		}
		return append(b, d...)
	case t == Uint64 && len(d) == 8:
		return strconv.AppendUint(b, binary.LittleEndian.Uint64(d), 10)
	case t == Float && len(d) == 4:
		return strconv.AppendFloat(b, float64(math.Float32frombits(binary.LittleEndian.Uint32(d))), 'g', -1, 32)
	case t == Double && len(d) == 8:
		return strconv.AppendFloat(b, math.Float64frombits(binary.LittleEndian.Uint64(d)), 'g', -1, 64)
	case t == Bool && len(d) >= 1:
		return strconv.AppendBool(b, d[0] != 0)
	case t == GUID && len(d) == 16:
		return appendGUID(b, d)
	case t == FileTime && len(d) == 8:
		return Time(binary.LittleEndian.Uint64(d)).AppendFormat(b, "2006-01-02T15:04:05.0000000Z")
	case t == SystemTime && len(d) == 16:
		return appendSystemTime(b, d)
	case t == SID && len(d) >= 8:
		return appendSID(b, d)
	case t == Hex32 && len(d) == 4, t == Size && len(d) == 4:
		return strconv.AppendUint(append(b, "0x"...), uint64(binary.LittleEndian.Uint32(d)), 16)
	case t == Hex64 && len(d) == 8, t == Size && len(d) == 8:
		return strconv.AppendUint(append(b, "0x"...), binary.LittleEndian.Uint64(d), 16)
	case t&Array != 0:
		for i, m := range v.Members() {
			if i > 0 {
				b = append(b, ',')
			}
			b = m.AppendText(b)
		}
		return b
	}
	const upper = "0123456789ABCDEF"
	for _, c := range d {
		b = append(b, upper[c>>4], upper[c&15])
	}
	return b
}

// Time converts a FILETIME: 100 ns steps since 1601 UTC.
func Time(filetime uint64) time.Time {
	const epoch = 116444736000000000 // 1970
	n := int64(filetime - epoch)
	return time.Unix(n/1e7, n%1e7*100).UTC()
}

// Members are those of an array, else nil.
func (v Value) Members() []Value {
	if v.Type&Array == 0 {
		return nil
	}
	kind := v.Type &^ Array
	var out []Value
	if kind == String {
		for d := v.Data; len(d) >= 2; {
			n := 0
			for n+1 < len(d) && (d[n] != 0 || d[n+1] != 0) {
				n += 2
			}
			out = append(out, Value{Type: String, Data: d[:min(n, len(d))]})
			d = d[min(n+2, len(d)):]
		}
		return out
	}
	size := map[Type]int{
		Int8: 1, Uint8: 1, Int16: 2, Uint16: 2, Int32: 4, Uint32: 4, Int64: 8, Uint64: 8, Float: 4, Double: 8,
		Bool: 4, GUID: 16, FileTime: 8, SystemTime: 16, Hex32: 4, Hex64: 8,
	}[kind]
	for d := v.Data; size > 0 && len(d) >= size; d = d[size:] {
		out = append(out, Value{Type: kind, Data: d[:size]})
	}
	return out
}

func appendGUID(b, d []byte) []byte {
	g := [16]byte{d[3], d[2], d[1], d[0], d[5], d[4], d[7], d[6]}
	copy(g[8:], d[8:16])
	var text [32]byte
	hex.Encode(text[:], g[:])
	b = append(b, '{')
	for i, c := range text {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			b = append(b, '-')
		}
		if c >= 'a' {
			c -= 'a' - 'A'
		}
		b = append(b, c)
	}
	return append(b, '}')
}

func appendSystemTime(b, d []byte) []byte {
	n := func(i int) int { return int(binary.LittleEndian.Uint16(d[2*i:])) }
	t := time.Date(n(0), time.Month(n(1)), n(3), n(4), n(5), n(6), n(7)*int(time.Millisecond), time.UTC)
	return t.AppendFormat(b, "2006-01-02T15:04:05.000Z")
}

func appendSID(b, d []byte) []byte {
	b = append(b, "S-"...)
	b = strconv.AppendUint(b, uint64(d[0]), 10)
	authority := uint64(0)
	for _, c := range d[2:8] {
		authority = authority<<8 | uint64(c)
	}
	b = strconv.AppendUint(append(b, '-'), authority, 10)
	for i := 8; i+4 <= len(d) && (i-8)/4 < int(d[1]); i += 4 {
		b = strconv.AppendUint(append(b, '-'), uint64(binary.LittleEndian.Uint32(d[i:])), 10)
	}
	return b
}
