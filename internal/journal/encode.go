package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/tocsin-project/tocsin/internal/tenant"
)

// A batch is: magic, SHA-256 of the rest, then a table of origins (what many
// records share), then the records. Numbers are uvarints, strings are length
// and bytes.
var magic = [4]byte{'T', 'C', 'J', '1'}

const (
	maxRecords = 1 << 16
	flagTrunc  = 1
	flagIdent  = 2
)

type origin struct {
	tenant                            tenant.ID
	source, transport, peer, exercise string
}

func encode(records []Record) []byte {
	size := 64
	for i := range records {
		size += len(records[i].Raw) + len(records[i].Identity) + 16
	}
	b := make([]byte, 36, size)
	copy(b, magic[:])
	index := make(map[origin]uint64)
	var origins []origin
	which := make([]uint64, len(records))
	for i := range records {
		r := &records[i]
		o := origin{r.Tenant, r.Source, r.Transport, r.Peer, r.Exercise}
		n, ok := index[o]
		if !ok {
			n = uint64(len(origins))
			index[o] = n
			origins = append(origins, o)
		}
		which[i] = n
	}
	b = binary.AppendUvarint(b, uint64(len(origins)))
	for _, o := range origins {
		b = binary.AppendUvarint(b, uint64(o.tenant))
		for _, s := range [...]string{o.source, o.transport, o.peer, o.exercise} {
			b = appendString(b, s)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(records)))
	for i := range records {
		r := &records[i]
		var flags uint64
		if r.Truncated {
			flags |= flagTrunc
		}
		if r.Identity != "" {
			flags |= flagIdent
		}
		b = binary.AppendUvarint(b, which[i]<<2|flags)
		b = binary.AppendUvarint(b, uint64(r.Received))
		if r.Identity != "" {
			b = appendString(b, r.Identity)
		}
		b = binary.AppendUvarint(b, uint64(len(r.Raw)))
		b = append(b, r.Raw...)
	}
	sum := sha256.Sum256(b[36:])
	copy(b[4:36], sum[:])
	return b
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// decode reads a batch; the records alias data.
func decode(data []byte) ([]Record, error) {
	if len(data) < 36 || [4]byte(data[:4]) != magic {
		return nil, fmt.Errorf("%w: it does not start as one", ErrDamaged)
	}
	if sha256.Sum256(data[36:]) != [32]byte(data[4:36]) {
		return nil, fmt.Errorf("%w: its hash is wrong", ErrDamaged)
	}
	d := decoder{b: data[36:]}
	n := d.uvarint(maxRecords)
	origins := make([]origin, 0, min(n, 1024))
	for range n {
		o := origin{tenant: tenant.ID(d.uvarint(1 << 62))}
		for _, p := range [...]*string{&o.source, &o.transport, &o.peer, &o.exercise} {
			*p = string(d.bytes())
		}
		origins = append(origins, o)
	}
	n = d.uvarint(maxRecords)
	records := make([]Record, 0, min(n, 4096))
	for range n {
		head := d.uvarint(1 << 62)
		if d.failed || head>>2 >= uint64(len(origins)) {
			break
		}
		o := &origins[head>>2]
		r := Record{Tenant: o.tenant, Source: o.source, Transport: o.transport, Peer: o.peer, Exercise: o.exercise, Truncated: head&flagTrunc != 0}
		r.Received = int64(d.uvarint(1 << 63))
		if head&flagIdent != 0 {
			r.Identity = string(d.bytes())
		}
		r.Raw = d.bytes()
		records = append(records, r)
	}
	if d.failed || uint64(len(records)) != n || len(d.b) != 0 {
		return nil, fmt.Errorf("%w: its contents do not add up", ErrDamaged)
	}
	return records, nil
}

type decoder struct {
	b      []byte
	failed bool
}

func (d *decoder) uvarint(limit uint64) uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > limit {
		d.failed = true
		d.b = nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) bytes() []byte {
	n := d.uvarint(uint64(len(d.b)))
	if d.failed || n > uint64(len(d.b)) {
		d.failed = true
		d.b = nil
		return nil
	}
	out := d.b[:n:n]
	d.b = d.b[n:]
	return out
}
