package eventfile

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/tocsin-project/tocsin/sigma"
)

// xml cuts Windows events in XML, as wevtutil and Event Viewer write them, at
// the end of each Event.
func (w *blockWriter) xml(r *bufio.Reader) error {
	w.format = XML
	end, start := []byte("</Event>"), []byte("<Event")
	var held []byte
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		held = append(held, buf[:n]...)
		for {
			at := bytes.Index(held, end)
			if at < 0 {
				break
			}
			record := held[:at+len(end)]
			if from := lastEvent(record, start); from >= 0 {
				if aerr := w.add(record[from:]); aerr != nil {
					return aerr
				}
			}
			held = held[at+len(end):]
		}
		if len(held) > maxRecord {
			w.tooBig++
			w.next++
			held = nil
		}
		if err != nil {
			if errors.Is(err, io.EOF) && bytes.Contains(held, []byte("<Event ")) { // cut off: a broken record
				if aerr := w.add(held); aerr != nil {
					return aerr
				}
			}
			return errors.Join(w.flush(), notEOF(err))
		}
	}
}

// lastEvent finds where the event of a record begins; <Events> and <EventData> do not.
func lastEvent(record, start []byte) int {
	for from := 0; ; {
		at := bytes.Index(record[from:], start)
		if at < 0 {
			return -1
		}
		at += from
		if next := at + len(start); next < len(record) && (record[next] == ' ' || record[next] == '>' || record[next] == '\r' || record[next] == '\n' || record[next] == '\t') {
			return at
		}
		from = at + len(start)
	}
}

// xmlEvent reads one Windows event in XML.
func (d *Decoder) xmlEvent(doc []byte) error {
	d.Record.Reset()
	d.data, d.texts = d.data[:0], d.texts[:0]
	dec := xml.NewDecoder(bytes.NewReader(doc))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var path []string
	var text strings.Builder
	label, depth := "", 0
	for {
		t, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return errors.New("XML nested too deep")
			}
			path = append(path, t.Name.Local)
			text.Reset()
			label = ""
			for _, a := range t.Attr {
				switch {
				case len(path) > 2 && path[1] == "System":
					d.set(strings.Join(path[2:], "_")+"_"+a.Name.Local, a.Value)
				case a.Name.Local == "Name":
					label = a.Value
				}
			}
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if len(path) == 0 || path[len(path)-1] != t.Name.Local {
				return errors.New("XML elements that do not match")
			}
			d.element(path, label, text.String())
			depth--
			path = path[:len(path)-1]
			text.Reset()
			label = ""
		}
	}
	if len(path) > 0 {
		return errors.New("the XML record ends too early")
	}
	if len(d.data) > 0 {
		d.Record.Set("Data", sigma.ListValue(append([]sigma.Value(nil), d.data...)))
	}
	d.finish()
	if d.Class.Keywords() {
		for _, s := range d.texts {
			d.Record.Keyword(s)
		}
	}
	return nil
}

// element takes what stands in an element without others in it.
func (d *Decoder) element(path []string, label, text string) {
	if len(path) < 3 {
		return
	}
	switch path[1] {
	case "System":
		if text != "" || len(path) == 3 && path[2] == "Channel" {
			d.set(strings.Join(path[2:], "_"), text)
		}
	case "EventData":
		switch {
		case label != "":
			d.set(withoutSpaces(label), text)
		case path[2] == "Data":
			d.data = append(d.data, sigma.StringValue(text))
		default:
			d.set(path[2], text)
		}
	case "UserData":
		if len(path) > 3 && text != "" {
			d.set(strings.Join(path[3:], "."), text)
		}
	default:
		d.set(strings.Join(path[1:], "."), text)
	}
}

func (d *Decoder) set(name, text string) {
	if text != "" {
		d.texts = append(d.texts, text)
	}
	d.Record.Set(name, sigma.StringValue(text))
}
