package eventstore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"sync"
)

// A segment's filters are in a file beside it, which can always be made again
// from the segment. All numbers are little-endian:
//
//	"TOCSINF2", blocks uint32, bytes of tallies uint32
//	for each block: rows, words, grams uint32 (the latter two in bytes), 0 uint32, min time, max time, min seq, max seq int64
//	for each block: its words, its grams
//	tallies: see appendTallies
//	CRC-32C of all before, uint32
const (
	filterMagic  = "TOCSINF2"
	filterSuffix = ".filter"
	filterHead   = 16
	filterEntry  = 48
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errFilterDamaged says that a filter file is not what was written.
var errFilterDamaged = errors.New("the filter file is damaged")

func filterPath(segment string) string {
	return strings.TrimSuffix(segment, ".parquet") + filterSuffix
}

// writeFilter writes a filter file whole: temp, sync, rename. The caller syncs
// the directory.
func writeFilter(path string, bs []block, of []tally) error {
	tallies := appendTallies(nil, of)
	b := append(make([]byte, 0, filterHead+filterEntry*len(bs)), filterMagic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(bs)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(tallies)))
	for i := range bs {
		for _, n := range [...]uint32{uint32(bs[i].rows), uint32(bs[i].words.bytes), uint32(bs[i].grams.bytes), 0} {
			b = binary.LittleEndian.AppendUint32(b, n)
		}
		for _, n := range [...]uint64{uint64(bs[i].minTime), uint64(bs[i].maxTime), bs[i].minSeq, bs[i].maxSeq} {
			b = binary.LittleEndian.AppendUint64(b, n)
		}
	}
	f, err := os.OpenFile(path+tempSuffix, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum := crc32.New(castagnoli)
	w := io.MultiWriter(f, sum)
	_, err = w.Write(b)
	for i := range bs {
		for _, part := range [...][]byte{bs[i].words.mem, bs[i].grams.mem} {
			if err == nil {
				_, err = w.Write(part)
			}
		}
	}
	if err == nil {
		_, err = w.Write(tallies)
	}
	if err == nil {
		err = binary.Write(f, binary.LittleEndian, sum.Sum32())
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(path+tempSuffix, path)
	}
	if err != nil {
		return errors.Join(err, removeIfThere(path+tempSuffix))
	}
	return nil
}

// filterFile is what is known of a filter file. Its bits are read where they
// lie, a byte a probe, which costs less than keeping them in memory; the file is
// open only meanwhile. (A mapping would do, but a file that is cut behind our
// back would end the program.)
type filterFile struct {
	path   string
	blocks []block
	// tallyAt and tallyBytes are where the tallies are.
	tallyAt, tallyBytes int64

	check sync.Once
	bad   error
}

// openFilter reads the head of a filter file. The rest is checked before its
// first use.
func openFilter(path string) (*filterFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	ff := &filterFile{path: path}
	return ff, ff.parse(f, st.Size())
}

// maxBlocks bounds what is read of a damaged file.
const maxBlocks = 1 << 16

func (f *filterFile) parse(r io.ReaderAt, size int64) error {
	le := binary.LittleEndian
	var head [filterHead]byte
	if _, err := r.ReadAt(head[:], 0); err != nil || string(head[:8]) != filterMagic {
		return errFilterDamaged
	}
	n := int64(le.Uint32(head[8:]))
	at := filterHead + n*filterEntry
	if n > maxBlocks || at+4 > size {
		return errFilterDamaged
	}
	entries := make([]byte, n*filterEntry)
	if _, err := r.ReadAt(entries, filterHead); err != nil {
		return errFilterDamaged
	}
	f.blocks = make([]block, n)
	for i := range f.blocks {
		e := entries[i*filterEntry:][:filterEntry]
		words, grams := le.Uint32(e[4:]), le.Uint32(e[8:])
		if grams&(grams-1) != 0 || grams > 1<<gramBits/8 {
			return errFilterDamaged
		}
		f.blocks[i] = block{rows: int32(le.Uint32(e)), words: bitset{at: at, bytes: int(words)}, grams: bitset{at: at + int64(words), bytes: int(grams)},
			minTime: int64(le.Uint64(e[16:])), maxTime: int64(le.Uint64(e[24:])), minSeq: le.Uint64(e[32:]), maxSeq: le.Uint64(e[40:])}
		if at += int64(words) + int64(grams); at+4 > size {
			return errFilterDamaged
		}
	}
	f.tallyAt, f.tallyBytes = at, int64(le.Uint32(head[12:]))
	if at+f.tallyBytes+4 != size {
		return errFilterDamaged
	}
	return nil
}

// intact reads the file once and compares its checksum.
func (f *filterFile) intact() error {
	f.check.Do(func() { f.bad = checkFilter(f.path) })
	return f.bad
}

func checkFilter(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	sum := crc32.New(castagnoli)
	if _, err := io.CopyN(sum, f, st.Size()-4); err != nil {
		return err
	}
	var want uint32
	if err := binary.Read(f, binary.LittleEndian, &want); err != nil {
		return err
	}
	if sum.Sum32() != want {
		return errFilterDamaged
	}
	return nil
}
