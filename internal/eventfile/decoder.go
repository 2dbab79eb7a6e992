package eventfile

import (
	"github.com/tocsin-project/tocsin/sigma"
)

// Decoder reads records of one kind of text into a sigma.Record, with the log
// sources that they belong to. It is for one goroutine, and reuses its memory
// from one record to the next.
type Decoder struct {
	Record *sigma.Record
	// Class holds the rules that can apply to the record.
	Class *sigma.Class
	// Known is false when nothing tells where the record comes from.
	Known bool

	json  jsonReader
	kinds *classifier
}

// NewDecoder makes a decoder for a Matcher that was made with KeepFields.
// With sources, all records are said to come from those.
func NewDecoder(m *sigma.Matcher, sources []sigma.Logsource) *Decoder {
	return &Decoder{Record: m.NewRecord(), kinds: newClassifier(m, sources)}
}

// JSON reads one JSON object, which must stay unchanged until the next call.
func (d *Decoder) JSON(doc []byte) error {
	d.Record.Reset()
	if err := d.json.read(d.Record, doc); err != nil {
		return err
	}
	d.finish()
	if d.Class.Keywords() {
		for _, s := range d.json.spans {
			d.Record.Keyword(d.json.text(s))
		}
	}
	return nil
}

func (d *Decoder) finish() {
	s := d.kinds.classify(d.Record)
	d.Class, d.Known = s.class, s.known
}
