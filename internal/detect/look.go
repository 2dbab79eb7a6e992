package detect

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/sigma"
)

// Text returns the document of a rule as it stands in its file. Files of the
// directory can change after they were loaded: what was not loaded is not shown.
func (e *Engine) Text(id string) (string, error) {
	r, err := e.rule(id)
	if err != nil {
		return "", err
	}
	data, err := fs.ReadFile(r.layer.Files, r.doc.File)
	if err != nil {
		return "", problem.New(problem.Gone, "The file %s of this rule is not there any more. Load the rules again.", r.doc.File)
	}
	text := cut(data, r.doc.Line)
	sum := sha256.Sum256(bytes.TrimSpace(text))
	if hex.EncodeToString(sum[:]) != r.doc.SourceHash {
		return "", problem.New(problem.Gone, "The file %s was changed since it was loaded. Load the rules again.", r.doc.File)
	}
	return string(bytes.TrimSpace(text)) + "\n", nil
}

func (e *Engine) rule(id string) (*rule, error) {
	if r := e.latest.Load().all[id]; r != nil {
		return r, nil
	}
	return nil, problem.New(problem.NotFound, "No such rule is loaded.")
}

// cut takes the document that holds a line out of a file, between the markers
// around it (YAML 1.2 §9.1.2).
func cut(data []byte, line int) []byte {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	start, n := 0, 0
	for pos := 0; pos < len(data); {
		end := bytes.IndexByte(data[pos:], '\n')
		next := pos + end + 1
		if end < 0 {
			next = len(data)
		}
		n++
		if marker(data[pos:next]) {
			if n >= line {
				return data[start:pos]
			}
			start = next
		}
		pos = next
	}
	return data[start:]
}

func marker(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("---")) && !bytes.HasPrefix(line, []byte("...")) {
		return false
	}
	rest := bytes.TrimSpace(line[3:])
	return len(rest) == 0 || rest[0] == '#'
}

// Document returns the parsed document of a rule, to look at.
func (e *Engine) Document(id string) (*sigma.Document, error) {
	r, err := e.rule(id)
	if err != nil {
		return nil, err
	}
	return r.doc, nil
}

// Reason is why a rule matched an event, or did not.
type Reason struct {
	// Matched is about the rule without its filters; their items stand with the
	// others, under the name of the filter.
	sigma.Explanation
	// Routed: one of the event's log sources is what the rule is about.
	Routed bool
	// Stopped names the filters that hold the event back.
	Stopped []string
}

// Explain matches one event against one rule, which may be switched off.
func (e *Engine) Explain(id string, ev *event.Event) (Reason, error) {
	r, err := e.rule(id)
	if err != nil {
		return Reason{}, err
	}
	if r.doc.Rule == nil {
		return Reason{}, problem.New(problem.Invalid, "A correlation is over many events; explain one of the rules below it.")
	}
	v := &view{ev: ev}
	out := Reason{Explanation: r.doc.Rule.Explain(v), Routed: applies(r.doc.Rule.Logsource, ev.Logsource)}
	out.Matched = r.base.Rule.Match(v)
	out.Stopped = e.latest.Load().stoppedBy(r, v)
	return out, nil
}
