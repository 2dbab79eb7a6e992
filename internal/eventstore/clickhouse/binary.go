package clickhouse

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// RowBinary, ClickHouse's own format of rows: values behind each other, without
// names. Against JSONEachRow a million events take 32 s to insert, not 52, and 11
// to write, not 38; a page of 1,000 rows is read in 27 ms against 45 in
// JSONCompactEachRow (BenchmarkInsert, BenchmarkPage).

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendUUID: two halves, each with its least byte first.
func appendUUID(b []byte, id [16]byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, binary.BigEndian.Uint64(id[:8]))
	return binary.LittleEndian.AppendUint64(b, binary.BigEndian.Uint64(id[8:]))
}

var errShort = errors.New("an answer of ClickHouse ends within a row")

// reader reads RowBinary. After the first error every value is zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n int) []byte {
	if r.err != nil || n < 0 || n > len(r.b) {
		r.b = nil
		if r.err == nil {
			r.err = errShort
		}
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *reader) int64() int64 { return int64(r.uint64()) }

func (r *reader) text() string {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > uint64(len(r.b)) {
		r.take(-1)
		return ""
	}
	r.take(size)
	return string(r.take(int(n)))
}

func (r *reader) uuid() (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], r.uint64())
	binary.BigEndian.PutUint64(id[8:], r.uint64())
	return id
}

// each calls f for every row of an answer.
func each(b []byte, f func(*reader) error) error {
	r := &reader{b: b}
	for n := 1; len(r.b) > 0; n++ {
		if err := f(r); err != nil {
			return err
		}
		if r.err != nil {
			return fmt.Errorf("row %d: %w", n, r.err)
		}
	}
	return nil
}
