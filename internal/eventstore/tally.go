package eventstore

import (
	"encoding/binary"
	"io"
	"maps"
	"math/bits"
	"os"
	"slices"
	"strings"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/query"
)

// A tally counts a segment's rows of one source and source type by the minute.
// Histograms of queries that ask for nothing else come from tallies.
type tally struct {
	source, sourceType string
	minutes            []Minute // ascending
}

// counts gathers tallies while rows come.
type counts struct {
	of   map[[2]string]map[int64]*Minute
	last [2]string // of the row before: rows of a source come side by side
	into map[int64]*Minute
}

func (c *counts) add(e *event.Event) {
	if c.into == nil || c.last[0] != e.Source || c.last[1] != e.SourceType {
		c.begin(e.Source, e.SourceType)
	}
	start := floorDiv(e.Time, minute)
	m := c.into[start]
	if m == nil {
		m = &Minute{Start: start}
		c.into[start] = m
	}
	m.Total++
	m.Severity[min(e.Severity, event.Fatal+1)]++
	switch e.Outcome {
	case event.Failure:
		m.Failure++
	case event.Success:
		m.Success++
	}
}

func (c *counts) begin(source, sourceType string) {
	key := [2]string{source, sourceType}
	if c.into = c.of[key]; c.into == nil {
		key = [2]string{strings.Clone(source), strings.Clone(sourceType)} // they alias the batch
		c.into = map[int64]*Minute{}
		if c.of == nil {
			c.of = map[[2]string]map[int64]*Minute{}
		}
		c.of[key] = c.into
	}
	c.last = [2]string{strings.Clone(source), strings.Clone(sourceType)}
}

func (c *counts) tallies() []tally {
	out := make([]tally, 0, len(c.of))
	for key, of := range c.of {
		out = append(out, tally{key[0], key[1], sorted(of)})
	}
	slices.SortFunc(out, func(a, b tally) int {
		return slices.Compare([]string{a.source, a.sourceType}, []string{b.source, b.sourceType})
	})
	return out
}

// minutes are the counts over all sources.
func (c *counts) minutes() []Minute {
	sum := map[int64]*Minute{}
	for _, of := range c.of {
		for start, m := range of {
			s := sum[start]
			if s == nil {
				s = &Minute{Start: start}
				sum[start] = s
			}
			s.Total, s.Failure, s.Success = s.Total+m.Total, s.Failure+m.Failure, s.Success+m.Success
			for i := range s.Severity {
				s.Severity[i] += m.Severity[i]
			}
		}
	}
	return sorted(sum)
}

func sorted(of map[int64]*Minute) []Minute {
	out := make([]Minute, 0, len(of))
	for _, start := range slices.Sorted(maps.Keys(of)) {
		out = append(out, *of[start])
	}
	return out
}

// appendTallies writes tallies as a filter file holds them: each its source and
// type with their lengths, its number of minutes, and for each minute how far
// behind the one before it is, total, failures, successes, which severities
// there are, and their counts; all numbers as varints.
func appendTallies(b []byte, of []tally) []byte {
	b = binary.AppendUvarint(b, uint64(len(of)))
	for _, t := range of {
		for _, s := range [...]string{t.source, t.sourceType} {
			b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
		}
		b = binary.AppendUvarint(b, uint64(len(t.minutes)))
		before := int64(0)
		for _, m := range t.minutes {
			b = binary.AppendVarint(b, m.Start-before)
			before = m.Start
			there := uint64(0)
			for i, n := range m.Severity {
				if n > 0 {
					there |= 1 << i
				}
			}
			for _, n := range [...]uint64{uint64(m.Total), uint64(m.Failure), uint64(m.Success), there} {
				b = binary.AppendUvarint(b, n)
			}
			for _, n := range m.Severity {
				if n > 0 {
					b = binary.AppendUvarint(b, uint64(n))
				}
			}
		}
	}
	return b
}

// tallyReader reads what appendTallies wrote; after a fault everything is 0.
type tallyReader struct {
	b   []byte
	bad bool
}

func (r *tallyReader) number() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[size:]
	return n
}

// length is a number of things that take a byte at least, each.
func (r *tallyReader) length() int {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.b, r.bad = nil, true
		return 0
	}
	return int(n)
}

func (r *tallyReader) text() string {
	n := r.length()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *tallyReader) minute(before int64) (m Minute) {
	behind, size := binary.Varint(r.b)
	if size <= 0 {
		r.b, r.bad = nil, true
		return m
	}
	r.b = r.b[size:]
	m = Minute{Start: before + behind, Total: int64(r.number()), Failure: int64(r.number()), Success: int64(r.number())}
	for there := r.number() & 0xff; there != 0; there &= there - 1 {
		m.Severity[bits.TrailingZeros64(there)] = int64(r.number())
	}
	return m
}

func parseTallies(b []byte) ([]tally, error) {
	r := &tallyReader{b: b}
	out := make([]tally, r.length())
	for i := range out {
		out[i].source, out[i].sourceType = r.text(), r.text()
		out[i].minutes = make([]Minute, r.length())
		before := int64(0)
		for j := range out[i].minutes {
			out[i].minutes[j] = r.minute(before)
			before = out[i].minutes[j].Start
		}
	}
	if r.bad || len(r.b) > 0 {
		return nil, errFilterDamaged
	}
	return out, nil
}

// tallies reads a filter file's.
func (f *filterFile) tallies() ([]tally, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b := make([]byte, f.tallyBytes)
	if _, err := io.ReadFull(io.NewSectionReader(file, f.tallyAt, f.tallyBytes), b); err != nil {
		return nil, err
	}
	return parseTallies(b)
}

// bySourceOnly reports whether a query asks for nothing but source and type.
func bySourceOnly(x query.Expr) bool {
	return x == nil || query.Only(x, func(f query.Field) bool {
		return f.Envelope && (f.Name == "source" || f.Name == "source_type")
	})
}

// minutesOf are a segment's counts of the rows that x, a query by source only,
// accepts; false when they are not known.
func (s *Store) minutesOf(g *Segment, x query.Expr) ([][]Minute, bool) {
	if _, all := x.(query.All); x == nil || all {
		return [][]Minute{g.Minutes}, true
	}
	f := s.filter(g)
	if f == nil {
		return nil, false
	}
	of, err := f.tallies()
	if err != nil {
		if s.setFilter(g.ID, f, nil) {
			s.badFilter(g, err)
		}
		return nil, false
	}
	var out [][]Minute
	for _, t := range of {
		if x.Match(&event.Event{Source: t.source, SourceType: t.sourceType}) {
			out = append(out, t.minutes)
		}
	}
	return out, true
}
