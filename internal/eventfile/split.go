package eventfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tocsin-project/tocsin/internal/evtx"
)

// json cuts a stream of JSON objects: one a line as a rule; where a line is
// not a whole object, wherever objects end, through lists around them (also
// CloudTrail's {"Records": […]}).
func (w *blockWriter) json(r *bufio.Reader) error {
	line := newLine(r)
	for {
		text, tooLong, err := line.next()
		t := bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
		switch {
		case tooLong:
			w.tooBig++
			w.next++
		case len(t) == 0:
		case w.next == 1 && !whole(t):
			// The first line is no object: a document over many lines, or a list.
			return w.stream(io.MultiReader(bytes.NewReader(bytes.Clone(text)), r))
		case w.next == 1 && (t[0] == '[' || bytes.HasPrefix(t, []byte(`{"Records":`))):
			return w.stream(io.MultiReader(bytes.NewReader(bytes.Clone(text)), r))
		default:
			if aerr := w.add(t); aerr != nil {
				return aerr
			}
		}
		if err != nil {
			return errors.Join(w.flush(), notEOF(err))
		}
	}
}

// whole reports whether brackets and quotes of a text are closed at its end.
func whole(text []byte) bool {
	var c cutter
	for i, b := range text {
		if c.step(b); c.depth == 0 && c.started && !c.inString {
			return len(bytes.TrimSpace(text[i+1:])) == 0
		}
	}
	return false
}

// cutter follows brackets and strings through JSON text.
type cutter struct {
	depth             int
	inString, escaped bool
	started           bool
}

func (c *cutter) step(b byte) {
	switch {
	case c.escaped:
		c.escaped = false
	case c.inString:
		switch b {
		case '\\':
			c.escaped = true
		case '"':
			c.inString = false
		}
	case b == '"':
		c.inString = true
	case b == '{' || b == '[':
		c.depth, c.started = c.depth+1, true
	case b == '}' || b == ']':
		c.depth = max(0, c.depth-1)
	}
}

// stream cuts objects out of JSON text whatever its line ends. Lists are
// entered; {"Records": [ is, so that each of its members is a record.
func (w *blockWriter) stream(r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<16)
	record := make([]byte, 0, 4096)
	var c cutter
	tooBig := false
	for {
		b, err := in.ReadByte()
		if err != nil {
			if len(record) > 0 { // cut off: counted as a broken record
				if aerr := w.add(record); aerr != nil {
					return aerr
				}
			}
			return errors.Join(w.flush(), notEOF(err))
		}
		if len(record) == 0 && b != '{' {
			continue // between records: list brackets, commas, space
		}
		c.step(b)
		if record = append(record, b); len(record) > maxRecord {
			record, tooBig = record[:1], true
		}
		if b == '[' && c.depth == 2 && bytes.Equal(bytes.Join(bytes.Fields(record), nil), []byte(`{"Records":[`)) {
			record, c = record[:0], cutter{}
			continue
		}
		if c.depth > 0 || c.inString {
			continue
		}
		if tooBig {
			w.tooBig++
			w.next++
		} else if err := w.add(record); err != nil {
			return err
		}
		record, c, tooBig = record[:0], cutter{}, false
	}
}

// evtx cuts at chunks, which can be read each by itself.
func (w *blockWriter) evtx(r *bufio.Reader) error {
	if _, err := r.Discard(evtx.HeaderSize); err != nil {
		return fmt.Errorf("the EVTX header is cut off: %w", err)
	}
	for {
		data := make([]byte, evtx.ChunkSize)
		n, err := io.ReadFull(r, data)
		if n > 0 {
			b := &Block{Name: w.name, Format: EVTX, First: w.next, Data: data[:n]}
			b.Ends = evtx.Records(b.Data)
			w.next += len(b.Ends)
			if len(b.Ends) > 0 {
				if cerr := w.ctx.Err(); cerr != nil {
					return cerr
				}
				if eerr := w.emit(b); eerr != nil {
					return eerr
				}
			}
		}
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				return errors.New("the last chunk is cut off")
			}
			return notEOF(err)
		}
	}
}
