package eventfile

import (
	"errors"
	"time"

	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/evtx"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/sigma"
)

// Decoder reads records into a sigma.Record, with the rules that can apply to
// them. It is for one goroutine, and reuses its memory from one record to the
// next.
type Decoder struct {
	// Record is the record read last. Its time is under the names of KeepTime.
	Record *sigma.Record
	// Class holds the rules that can apply to the record.
	Class *sigma.Class
	// Known is false when nothing tells where the record comes from.
	Known bool

	json  jsonReader
	kinds *classifier
	chunk evtx.Chunk
	arena []byte
	data  []sigma.Value // EventData without names
	emit  evtx.Emit
	texts []string // of an EVTX record, for keyword searches
	lines *normalize.Worker
	fill  *detect.Filler
	now   int64
	when  int64 // of a line of text
}

var (
	errNoHeader = errors.New("the line comes before Zeek's #fields")
	errColumns  = errors.New("more columns than Zeek's #fields names")
)

// NewDecoder makes a decoder for a Matcher that was made with KeepFields. With
// sources, all records are said to come from those. Lines of text are read by
// the mappings.
func NewDecoder(m *sigma.Matcher, sources []sigma.Logsource, mappings *normalize.Normalizer) *Decoder {
	d := &Decoder{Record: m.NewRecord(), kinds: newClassifier(m, sources), now: time.Now().UnixNano()}
	d.emit = d.value
	if mappings != nil {
		d.lines, d.fill = mappings.Worker(), detect.NewFiller(m)
	}
	return d
}

// Each reads a block's records one after the other. yield is given the number
// of each in its file, and what is wrong with it; until it returns false.
func (d *Decoder) Each(b *Block, yield func(number int, err error) bool) {
	if b.Format == EVTX {
		d.chunk.Reset(b.Data)
	}
	start := int32(0)
	for i, end := range b.Ends {
		var err error
		d.when = 0
		switch b.Format {
		case EVTX:
			err = d.evtx(int(end))
		case JSON:
			err = d.JSON(b.Data[start:end])
		case Zeek:
			d.Record.Reset()
			if err = d.zeek(b.zeek, b.Data[start:end]); err == nil {
				d.finish()
				d.keyword(b.Data[start:end])
			}
		case XML:
			err = d.xmlEvent(b.Data[start:end])
		case Audit:
			d.audit(b.Data[start:end])
		default:
			d.text(b.Data[start:end])
		}
		start = end
		if !yield(b.First+i, err) {
			return
		}
	}
}

// JSON reads one JSON object, which must stay unchanged until the next call.
func (d *Decoder) JSON(doc []byte) error {
	d.Record.Reset()
	if err := d.json.read(d.Record, doc); err != nil {
		return err
	}
	d.finish()
	if !d.Known && d.lines != nil && d.mapped(doc) {
		return nil
	}
	if d.Class.Keywords() {
		for _, s := range d.json.spans {
			d.Record.Keyword(d.json.text(s))
		}
	}
	return nil
}

// mapped has the mappings read a document that nothing else knows.
func (d *Decoder) mapped(doc []byte) bool {
	ev := d.lines.Line("file", "file", doc, d.now)
	if ev.SourceType == "" || ev.SourceType == "json.generic" || len(ev.Logsource) == 0 {
		return false
	}
	d.event(&ev, doc)
	return true
}

func (d *Decoder) finish() {
	s := d.kinds.classify(d.Record)
	d.Class, d.Known = s.class, s.known
}

func (d *Decoder) keyword(line []byte) {
	if d.Class.Keywords() {
		d.Record.Keyword(unsafeString(line))
	}
}

// evtx reads the record at an offset of the chunk.
func (d *Decoder) evtx(at int) error {
	d.Record.Reset()
	d.arena, d.data, d.texts = d.arena[:0], d.data[:0], d.texts[:0]
	if _, _, err := d.chunk.Record(at, d.emit); err != nil {
		return err
	}
	switch len(d.data) {
	case 0:
	case 1:
		d.Record.Set("Data", d.data[0])
	default:
		d.Record.Set("Data", sigma.ListValue(append([]sigma.Value(nil), d.data...)))
	}
	d.finish()
	if d.Class.Keywords() {
		for _, t := range d.texts {
			d.Record.Keyword(t)
		}
	}
	return nil
}

// value takes one value of an EVTX record.
func (d *Decoder) value(name string, v evtx.Value) {
	number := d.Record.Number(name)
	isText := v.Type == evtx.String || v.Type == evtx.ANSI || v.Type&evtx.Array != 0
	if number < 0 && name != "Data" && !isText {
		return
	}
	var s sigma.Value
	if n, ok := v.Int(); ok {
		s = sigma.IntValue(n)
	} else if members := v.Members(); len(members) > 1 && name == "Data" {
		for _, m := range members {
			d.value(name, m)
		}
		return
	} else {
		start := len(d.arena)
		d.arena = v.AppendText(d.arena)
		text := unsafeString(d.arena[start:])
		if isText {
			d.texts = append(d.texts, text)
		}
		s = sigma.StringValue(text)
	}
	if name == "Data" {
		d.data = append(d.data, s)
		return
	}
	d.Record.SetNumber(number, s)
}

// text reads a line by the mappings, as syslog or as what it looks like.
func (d *Decoder) text(line []byte) {
	ev := d.lines.Line("file", "syslog-file", line, d.now)
	d.event(&ev, line)
}

// event takes over what a mapping has read.
func (d *Decoder) event(ev *event.Event, line []byte) {
	d.fill.Fill(d.Record, ev)
	if d.when = ev.Time; ev.TimeQuality == event.TimeReceived {
		d.when = 0
	}
	sources := d.kinds.override
	if sources == nil {
		sources = detect.Sources(ev)
	}
	d.Known = len(sources) > 0
	d.Class = d.kinds.m.Class(sources)
	if d.Class.Keywords() {
		d.Record.Keyword(unsafeString(line))
	}
}

// Sources are the log sources of the JSON or EVTX record read last.
func (d *Decoder) Sources() []sigma.Logsource { return d.kinds.classify(d.Record).sources }

// KeepKeywords has the record read last keep its texts for keyword searches,
// whether or not a rule of its class asks for them.
func (d *Decoder) KeepKeywords() {
	if d.Class.Keywords() {
		return
	}
	for _, s := range d.json.spans {
		d.Record.Keyword(d.json.text(s))
	}
	for _, t := range d.texts {
		d.Record.Keyword(t)
	}
}
