package hunt

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/tocsin-project/tocsin/sigma"
)

// Writer puts hits out in one of the formats.
type Writer struct {
	w     *bufio.Writer
	write func(Hit) error
	head  bool
}

// Formats are the names that NewWriter takes.
var Formats = []string{"table", "jsonl", "tsv"}

// NewWriter makes a writer. tsv has the columns rule id, rule title, level,
// file, record number, event time; jsonl an object a hit, with the fields that
// matched; table is for people.
func NewWriter(out io.Writer, format string) (*Writer, error) {
	w := &Writer{w: bufio.NewWriterSize(out, 1<<16)}
	switch format {
	case "tsv":
		w.write = w.tsv
	case "jsonl":
		w.write = w.jsonl
	case "table":
		w.write = w.table
	default:
		return nil, fmt.Errorf("unknown format %q: one of %s", format, strings.Join(Formats, ", "))
	}
	return w, nil
}

// Write puts out one hit.
func (w *Writer) Write(h Hit) error { return w.write(h) }

// Flush puts out what is buffered.
func (w *Writer) Flush() error { return w.w.Flush() }

func (w *Writer) tsv(h Hit) error {
	_, err := fmt.Fprintf(w.w, "%s\t%s\t%s\t%s\t%d\t%s\n", cell(h.Rule.Ref()), cell(h.Rule.Title), h.Rule.Level, cell(h.File), h.Record, stamp(h.Time))
	return err
}

// cell keeps a text in its column.
func cell(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, s)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

func (w *Writer) jsonl(h Hit) error {
	type rule struct {
		ID     string      `json:"id"`
		Title  string      `json:"title"`
		Level  sigma.Level `json:"level"`
		Author string      `json:"author,omitempty"`
		Tags   []string    `json:"tags,omitempty"`
	}
	out := struct {
		Rule        rule           `json:"rule"`
		File        string         `json:"file"`
		Record      int            `json:"record"`
		Time        string         `json:"time,omitempty"`
		Correlation bool           `json:"correlation,omitempty"`
		Why         string         `json:"why,omitempty"`
		Fields      map[string]any `json:"fields,omitempty"`
	}{rule{h.Rule.Ref(), h.Rule.Title, h.Rule.Level, h.Rule.Author, h.Rule.Tags}, h.File, h.Record, stamp(h.Time), h.Correlation, h.Why, nil}
	if len(h.Fields) > 0 {
		out.Fields = map[string]any{}
		for _, f := range h.Fields {
			out.Fields[f.Field] = plain(f.Value)
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	_, err = w.w.Write(append(b, '\n'))
	return err
}

func plain(v sigma.Value) any {
	switch v.Kind() {
	case sigma.Null:
		return nil
	case sigma.Bool:
		return v.Bool()
	case sigma.Int, sigma.Float:
		return json.Number(v.Text())
	case sigma.List:
		var list []any
		for _, m := range v.List() {
			list = append(list, plain(m))
		}
		return list
	}
	return v.Text()
}

const maxShown = 160 // runes of what matched, in a table

func (w *Writer) table(h Hit) error {
	if !w.head {
		w.head = true
		fmt.Fprintf(w.w, "%-13s %-24s %s\n", "LEVEL", "TIME", "RULE, FILE:RECORD, WHAT MATCHED")
	}
	what := h.Why
	if what == "" {
		var parts []string
		for _, f := range h.Fields {
			parts = append(parts, f.Field+"="+f.Value.Text())
		}
		what = strings.Join(parts, "  ")
	}
	when := "-"
	if !h.Time.IsZero() {
		when = h.Time.Format("2006-01-02T15:04:05.000Z")
	}
	level := string(h.Rule.Level)
	if level == "" {
		level = "-"
	}
	_, err := fmt.Fprintf(w.w, "%-13s %-24s %s\n%38s %s:%d  %s\n", level, when, printable(h.Rule.Title, 200), "", printable(h.File, 200), h.Record, printable(what, maxShown))
	return err
}

// printable makes text from a log safe for a terminal, and short.
func printable(s string, most int) string {
	n := 0
	out := strings.Map(func(r rune) rune {
		if n++; n > most {
			return -1
		}
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if n > most {
		out += "…"
	}
	return out
}
