package eventstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// A segment's filters are in a file beside it, which can always be made again
// from the segment. All numbers are little-endian:
//
//	"TOCSINF1", blocks uint32, 0 uint32
//	for each block: rows, words, grams uint32 (the latter two in bytes), 0 uint32, min time, max time, min seq, max seq int64
//	for each block: its words, its grams
//	CRC-32C of all before, uint32
const (
	filterMagic  = "TOCSINF1"
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
func writeFilter(path string, bs []block) error {
	b := append(make([]byte, 0, filterHead+filterEntry*len(bs)), filterMagic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(bs)))
	b = binary.LittleEndian.AppendUint32(b, 0)
	for i := range bs {
		for _, n := range [...]uint32{uint32(bs[i].rows), uint32(len(bs[i].words)), uint32(len(bs[i].grams)), 0} {
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
		for _, part := range [...][]byte{bs[i].words, bs[i].grams} {
			if err == nil {
				_, err = w.Write(part)
			}
		}
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

// filterFile is an open filter file. Its blocks lie in a mapping of the file,
// so that only what queries look at takes memory; they are good as long as the
// filterFile is reachable.
type filterFile struct {
	path   string
	blocks []block
	check  sync.Once
	bad    error
}

// openFilter maps a filter file and reads its head. The rest is checked before
// its first use.
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
	if st.Size() < filterHead+4 || st.Size() > 1<<31 {
		return nil, errFilterDamaged
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(st.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the filter file: %w", err)
	}
	ff := &filterFile{path: path}
	runtime.AddCleanup(ff, func(data []byte) { _ = syscall.Munmap(data) }, data)
	return ff, ff.parse(data)
}

func (f *filterFile) parse(data []byte) error {
	le := binary.LittleEndian
	n := int(le.Uint32(data[8:]))
	at := filterHead + n*filterEntry
	if string(data[:8]) != filterMagic || n > len(data)/filterEntry || at+4 > len(data) {
		return errFilterDamaged
	}
	f.blocks = make([]block, n)
	for i := range f.blocks {
		e := data[filterHead+i*filterEntry:][:filterEntry]
		words, grams := int(le.Uint32(e[4:])), int(le.Uint32(e[8:]))
		if grams&(grams-1) != 0 || grams > 1<<gramBits/8 || words > len(data) || at+words+grams+4 > len(data) {
			return errFilterDamaged
		}
		f.blocks[i] = block{rows: int32(le.Uint32(e)), words: data[at : at+words], grams: data[at+words : at+words+grams],
			minTime: int64(le.Uint64(e[16:])), maxTime: int64(le.Uint64(e[24:])), minSeq: le.Uint64(e[32:]), maxSeq: le.Uint64(e[40:])}
		at += words + grams
	}
	if at+4 != len(data) {
		return errFilterDamaged
	}
	return nil
}

// intact reads the file once and compares its checksum. It reads through a
// buffer, not through the mapping, whose pages would stay in memory.
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
