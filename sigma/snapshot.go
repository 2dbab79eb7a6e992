package sigma

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
)

// A snapshot is a header, one section for each correlation, and a SHA-256 of
// all before it. A section is the signature, the length of its body, the body.
// Numbers are varints but for ids, hashes and floats.
const (
	snapshotMagic   = "tocsin correlations"
	snapshotVersion = 1
	maxSnapshot     = 1 << 30 // bytes that Restore reads
)

// ErrSnapshot is why a snapshot could not be restored.
var ErrSnapshot = errors.New("sigma: the snapshot cannot be used")

// Snapshot writes the state of all correlations. Feed nothing meanwhile.
func (c *Correlator) Snapshot(w io.Writer) error {
	e := &encoder{}
	e.raw(append([]byte(snapshotMagic), snapshotVersion))
	for _, tracked := range c.watches {
		signature, err := hex.DecodeString(tracked.signature)
		if err != nil {
			return err
		}
		body := &encoder{}
		tracked.save(body)
		e.raw(signature)
		e.text(body.buf)
	}
	sum := sha256.Sum256(e.buf)
	e.raw(sum[:])
	if len(e.buf) > maxSnapshot {
		return fmt.Errorf("sigma: the state is over %d bytes", maxSnapshot)
	}
	_, err := w.Write(e.buf)
	return err
}

// Restore takes the state of a snapshot for every correlation that is the same
// as then, rules below it included; the others stay as they are. It returns
// how many it restored. A snapshot that is damaged or of another version is an
// ErrSnapshot and changes nothing.
func (c *Correlator) Restore(r io.Reader) (restored int, err error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSnapshot+1))
	if err != nil {
		return 0, err
	}
	header := len(snapshotMagic) + 1
	switch {
	case len(data) > maxSnapshot || len(data) < header+sha256.Size || string(data[:len(snapshotMagic)]) != snapshotMagic:
		return 0, fmt.Errorf("%w: it is none", ErrSnapshot)
	case data[header-1] != snapshotVersion:
		return 0, fmt.Errorf("%w: its version is %d", ErrSnapshot, data[header-1])
	}
	end := len(data) - sha256.Size
	if sum := sha256.Sum256(data[:end]); !bytes.Equal(sum[:], data[end:]) {
		return 0, fmt.Errorf("%w: it is damaged", ErrSnapshot)
	}
	d := &decoder{buf: data[header:end]}
	fresh := map[*tracked]keeper{}
	for len(d.buf) > 0 && !d.bad {
		signature := hex.EncodeToString(d.raw(sha256.Size))
		body := &decoder{buf: d.text()}
		for _, w := range c.watches {
			if d.bad || w.signature != signature {
				continue
			}
			k := w.empty()
			if k.load(body); body.bad || len(body.buf) > 0 {
				return 0, fmt.Errorf("%w: the state of %s is malformed", ErrSnapshot, w.correlation.Ref())
			}
			fresh[w] = k
		}
	}
	if d.bad {
		return 0, fmt.Errorf("%w: it is malformed", ErrSnapshot)
	}
	for w, k := range fresh {
		w.adopt(k)
	}
	return len(fresh), nil
}

// encoder appends to a snapshot.
type encoder struct{ buf []byte }

func (e *encoder) raw(b []byte)    { e.buf = append(e.buf, b...) }
func (e *encoder) uint(n uint64)   { e.buf = binary.AppendUvarint(e.buf, n) }
func (e *encoder) int(n int64)     { e.buf = binary.AppendVarint(e.buf, n) }
func (e *encoder) fixed(n uint64)  { e.buf = binary.LittleEndian.AppendUint64(e.buf, n) }
func (e *encoder) text(b []byte)   { e.uint(uint64(len(b))); e.raw(b) }
func (e *encoder) float(f float64) { e.fixed(math.Float64bits(f)) }

// decoder reads a snapshot. What it returns after bad is set means nothing; it
// never hands out more than was written.
type decoder struct {
	buf []byte
	bad bool
}

func (d *decoder) raw(n int) []byte {
	if d.bad || n > len(d.buf) {
		d.bad = true
		return nil
	}
	out := d.buf[:n]
	d.buf = d.buf[n:]
	return out
}

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.buf)
	if size <= 0 {
		d.bad = true
		return 0
	}
	d.raw(size)
	return n
}

func (d *decoder) int() int64 {
	n, size := binary.Varint(d.buf)
	if size <= 0 {
		d.bad = true
		return 0
	}
	d.raw(size)
	return n
}

// count reads how many things follow, each of at least size bytes.
func (d *decoder) count(size int) int {
	n := d.uint()
	if n > uint64(len(d.buf)/size) {
		d.bad = true
		return 0
	}
	return int(n)
}

func (d *decoder) fixed() uint64 {
	if b := d.raw(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (d *decoder) text() []byte   { return d.raw(d.count(1)) }
func (d *decoder) float() float64 { return math.Float64frombits(d.fixed()) }

// check marks the snapshot as bad unless ok.
func (d *decoder) check(ok bool) { d.bad = d.bad || !ok }
