package eventfile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Format is how the records of a file are written.
type Format uint8

// The formats.
const (
	JSON Format = iota
	EVTX
	Zeek  // tab-separated, with a header
	Audit // auditd: key=value, several lines an event
	XML   // Windows events
	Text  // syslog, web servers' access logs, anything else by lines
)

// Block is a number of whole records of one file.
type Block struct {
	Name   string // of the file, with the member's after '!' for a zip
	Format Format
	First  int     // number of the first record in the file, from 1
	Data   []byte  // owned by the block
	Ends   []int32 // where each record ends in Data; EVTX: where it starts
	zeek   *zeekHeader
	TooBig int // records before First that were passed over
}

const (
	blockSize = 256 << 10
	maxRecord = 16 << 20
)

// Files lists the files that paths name; directories are walked.
func Files(paths []string) ([]string, error) {
	var out []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			out = append(out, path)
			continue
		}
		var found []string
		err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				found = append(found, p)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		sort.Strings(found)
		out = append(out, found...)
	}
	return out, nil
}

// Read cuts a file into blocks. progress is told how many bytes of the file
// have been read; it may be nil. What cannot be read further is the error; what came before
// has been emitted.
func Read(ctx context.Context, path string, progress func(int64), emit func(*Block) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if progress == nil {
		progress = func(int64) {}
	}
	counted := &counter{r: f, told: progress}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz":
		z, err := gzip.NewReader(bufio.NewReaderSize(counted, 1<<16))
		if err != nil {
			return fmt.Errorf("not a gzip file: %w", err)
		}
		return read(ctx, path, z, emit)
	case ".zst":
		z, err := zstd.NewReader(counted, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return fmt.Errorf("not a zstandard file: %w", err)
		}
		defer z.Close()
		return read(ctx, path, z, emit)
	case ".zip":
		return readZip(ctx, path, f, progress, emit)
	}
	return read(ctx, path, counted, emit)
}

func readZip(ctx context.Context, path string, f *os.File, progress func(int64), emit func(*Block) error) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return fmt.Errorf("not a zip file: %w", err)
	}
	var failed []error
	for _, m := range z.File {
		if m.FileInfo().IsDir() {
			continue
		}
		r, err := m.Open()
		if err == nil {
			err = read(ctx, path+"!"+m.Name, r, emit)
			r.Close()
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", m.Name, err))
		}
		if ctx.Err() != nil {
			break
		}
		progress(int64(m.CompressedSize64))
	}
	return errors.Join(failed...)
}

type counter struct {
	r    io.Reader
	told func(int64)
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if n > 0 {
		c.told(int64(n))
	}
	return n, err
}

// read finds out what a stream holds and cuts it.
func read(ctx context.Context, name string, r io.Reader, emit func(*Block) error) error {
	b := bufio.NewReaderSize(r, 1<<20)
	head, err := b.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return err
	}
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	start := bytes.TrimLeft(head, " \t\r\n")
	w := &blockWriter{ctx: ctx, name: name, emit: emit, next: 1}
	switch {
	case bytes.HasPrefix(head, []byte("ElfFile\x00")):
		w.format = EVTX
		return w.evtx(b)
	case isJSON(start):
		return w.json(b)
	case bytes.HasPrefix(start, []byte("<?xml")) || bytes.HasPrefix(start, []byte("<Event")):
		return w.xml(b)
	case bytes.HasPrefix(start, []byte("#separator")):
		w.format = Zeek
	case bytes.Contains(head[:min(len(head), 512)], []byte("msg=audit(")):
		w.format = Audit
	default:
		w.format = Text
	}
	return w.lines(b)
}

// isJSON reports whether a text begins like an object, or a list of them; web
// servers begin their lines with a bracket too.
func isJSON(start []byte) bool {
	if len(start) == 0 || start[0] != '[' {
		return len(start) > 0 && start[0] == '{'
	}
	rest := bytes.TrimLeft(start[1:], " \t\r\n")
	return len(rest) > 0 && (rest[0] == '{' || rest[0] == ']')
}

// blockWriter gathers records into blocks.
type blockWriter struct {
	ctx    context.Context
	name   string
	format Format
	zeek   *zeekHeader
	emit   func(*Block) error
	block  *Block
	next   int // number of the next record
	tooBig int
}

// add takes one record, which it copies.
func (w *blockWriter) add(record []byte) error {
	if w.block != nil && len(w.block.Data)+len(record) > blockSize {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if w.block == nil {
		w.block = &Block{Name: w.name, Format: w.format, First: w.next, Data: make([]byte, 0, max(blockSize, len(record))), zeek: w.zeek}
	}
	w.block.Data = append(w.block.Data, record...)
	w.block.Ends = append(w.block.Ends, int32(len(w.block.Data)))
	w.next++
	return nil
}

func (w *blockWriter) flush() error {
	b := w.block
	w.block = nil
	if b == nil && w.tooBig == 0 {
		return nil
	}
	if b == nil {
		b = &Block{Name: w.name, Format: w.format, First: w.next}
	}
	b.TooBig, w.tooBig = w.tooBig, 0
	if err := w.ctx.Err(); err != nil {
		return err
	}
	return w.emit(b)
}

// lines cuts at line ends.
func (w *blockWriter) lines(r *bufio.Reader) error {
	line := newLine(r)
	for {
		text, tooLong, err := line.next()
		if tooLong {
			w.tooBig++
			w.next++
		} else if t := bytes.TrimRight(text, "\r\n"); len(t) > 0 {
			if w.format == Zeek && t[0] == '#' {
				w.zeek = w.zeek.read(string(t))
				if ferr := w.flush(); ferr != nil {
					return ferr
				}
			} else if aerr := w.add(t); aerr != nil {
				return aerr
			}
		}
		if err != nil {
			return errors.Join(w.flush(), notEOF(err))
		}
	}
}

// line reads lines of any length up to maxRecord.
type lineReader struct {
	r    *bufio.Reader
	long []byte
}

func newLine(r *bufio.Reader) *lineReader { return &lineReader{r: r} }

// next returns a line, valid until the next call; tooLong lines come empty.
func (l *lineReader) next() (line []byte, tooLong bool, err error) {
	l.long = l.long[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		if err != bufio.ErrBufferFull {
			if len(l.long) == 0 && !tooLong {
				return part, false, err
			}
			if len(l.long)+len(part) > maxRecord {
				tooLong = true
			}
			if tooLong {
				return nil, true, err
			}
			return append(l.long, part...), false, err
		}
		if tooLong = tooLong || len(l.long)+len(part) > maxRecord; !tooLong {
			l.long = append(l.long, part...)
		}
	}
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
