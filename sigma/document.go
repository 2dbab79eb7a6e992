package sigma

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Document is one parsed document: exactly one of Rule, Correlation and Filter
// is set. The unusual is a Correlation.
type Document struct {
	Meta
	Rule        *Rule
	Correlation *Correlation
	Filter      *Filter
}

// Meta is what rules and correlations have in common.
type Meta struct {
	File        string
	Line        int      // where the document starts
	Hash        string   // SHA-256 of the document's text and of what was applied to it, hexadecimal
	SourceHash  string   // of the text alone
	Filters     []string // Ref or title of the filters applied, in order
	Title       string
	ID          string
	Name        string // unique alias, for correlations
	Related     []Related
	Taxonomy    string   // "" is sigma
	Scope       []string // where the rule may be of use, such as server
	Status      string
	Description string
	Author      string
	License     string
	Date        string
	Modified    string
	References  []string
	Tags        []string
	FalsePos    []string
	FieldHints  []string // "fields": worth showing to an analyst
	Level       Level
	// Custom holds the keys that the specification does not define.
	Custom map[string]*Node
}

// Related is another document that this one comes from or belongs with.
type Related struct {
	ID   string
	Type string // derived, obsolete, merged, renamed or similar
}

// Ref is what other documents call this one: its id, else its name.
func (m *Meta) Ref() string {
	if m.ID != "" {
		return m.ID
	}
	return m.Name
}

// Level is how much a rule's hit matters (Sigma 2.1, "level").
type Level string

// The levels; a rule may leave it out.
const (
	LevelNone     Level = ""
	Informational Level = "informational"
	Low           Level = "low"
	Medium        Level = "medium"
	High          Level = "high"
	Critical      Level = "critical"
)

// Limits of a file.
const (
	maxFile     = 16 << 20
	maxDocument = 1 << 20
	maxTitle    = 256
	maxNesting  = 1000 // as nesting counts it
)

// Options change how documents are read. The zero value is the specification.
type Options struct {
	// Placeholders are the lists behind %name% for the expand modifier. A rule
	// that needs another is rejected.
	Placeholders map[string][]string
	// Pipelines change rules before they are read. Whatever they change has
	// another Hash.
	Pipelines []*Pipeline
	// List loads the lists that a pipeline's file_placeholders name: its path, or
	// the placeholder's name. This package opens no files.
	List func(name string) ([]string, error)
}

// Parse reads all documents of a file; name is used in errors.
func Parse(name string, data []byte) ([]*Document, []*Error) {
	return Options{}.Parse(name, data)
}

// Parse reads all documents of a file; name is used in errors. Every document
// that is not returned has one Error.
func (o Options) Parse(name string, data []byte) (docs []*Document, errs []*Error) {
	if len(data) > maxFile {
		return nil, []*Error{{File: name, Line: 1, Column: 1, Reason: fmt.Sprintf("the file is over %d bytes", maxFile)}}
	}
	chunks := split(data)
	file := o.index(chunks)
	for _, c := range chunks {
		doc, err := o.document(name, c, file)
		if err != nil {
			err.File = name
			if doc != nil {
				err.Rule = doc.ID
				if err.Rule == "" {
					err.Rule = doc.Title
				}
			}
			if err.Line == 0 {
				err.Line, err.Column = c.line+1, 1
			}
			errs = append(errs, err)
			continue
		}
		if doc != nil {
			docs = append(docs, doc)
		}
	}
	return docs, errs
}

// chunk is the text of one document; line is the number of lines before it.
type chunk struct {
	text []byte
	line int
}

// split cuts a file at document markers (YAML 1.2 §9.1.2: a line that starts
// with --- or ... is one wherever it stands), so that a syntax error in one
// document leaves the others whole.
func split(data []byte) []chunk {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var out []chunk
	start, startLine, line := 0, 0, 0
	for pos := 0; pos <= len(data); {
		end := bytes.IndexByte(data[pos:], '\n')
		next := pos + end + 1
		if end < 0 {
			next = len(data) + 1
		}
		l := bytes.TrimRight(data[pos:min(next, len(data))], "\r\n")
		if isMarker(l) || next > len(data) {
			if next > len(data) && !isMarker(l) {
				pos = len(data)
			}
			out = append(out, chunk{data[start:pos], startLine})
			start, startLine = min(next, len(data)), line+1
		}
		line++
		pos = next
	}
	return out
}

func isMarker(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("---")) && !bytes.HasPrefix(line, []byte("...")) {
		return false
	}
	rest := bytes.TrimLeft(line[3:], " \t")
	return len(rest) == 0 || rest[0] == '#' && len(rest) < len(line)-3
}

// document reads one document. It returns nil, nil for an empty one, and a
// partly read document beside an error so that the error can name it.
func (o Options) document(file string, c chunk, index *fileIndex) (*Document, *Error) {
	root, err := readYAML(c)
	if err != nil || root.isNull() {
		return nil, err
	}
	sum := sha256.Sum256(bytes.TrimSpace(c.text))
	doc := &Document{Meta: Meta{File: file, Line: root.Line, Hash: hex.EncodeToString(sum[:])}}
	doc.SourceHash = doc.Hash
	if root.Kind != MapNode {
		return nil, at(root, "a rule must be a map of keys such as title, logsource and detection")
	}
	if err := doc.Meta.read(root); err != nil {
		return doc, err
	}
	if len(o.Pipelines) > 0 {
		if err := o.process(root, doc, index); err != nil {
			return doc, err
		}
		doc.Meta = Meta{File: doc.File, Line: doc.Line, Hash: doc.Hash, SourceHash: doc.SourceHash}
		if err := doc.Meta.read(root); err != nil {
			return doc, err
		}
	}
	switch {
	case root.Get("filter") != nil:
		doc.Filter, err = o.readFilter(root, &doc.Meta)
	case root.Get("correlation") != nil:
		doc.Correlation, err = readCorrelation(root.Get("correlation"), &doc.Meta)
	case root.Get("unusual") != nil:
		doc.Correlation, err = readUnusual(root.Get("unusual"), &doc.Meta)
	default:
		doc.Rule, err = o.readRule(root, &doc.Meta)
	}
	return doc, err
}

// index reads the file ahead where pipelines may ask about its other documents.
func (o Options) index(chunks []chunk) *fileIndex {
	if len(o.Pipelines) == 0 {
		return nil
	}
	var roots []*Node
	for _, c := range chunks {
		if root, err := readYAML(c); err == nil {
			roots = append(roots, root)
		}
	}
	return indexFile(roots)
}

func readYAML(c chunk) (*Node, *Error) {
	start := &Node{Line: c.line + 1, Column: 1}
	if len(c.text) > maxDocument {
		return nil, at(start, "the document is over %d bytes", maxDocument)
	}
	if !utf8.Valid(c.text) {
		return nil, at(start, "the document is not UTF-8")
	}
	if n := tryPlain(c); n != nil {
		return n, nil
	}
	return readLibrary(c)
}

// tryPlain reads a plain document the short way; nil when the library has to.
// A mistake of that reader must not cost the caller more than the short cut.
func tryPlain(c chunk) (n *Node) {
	defer func() {
		if recover() != nil {
			n = nil
		}
	}()
	return readPlain(string(c.text), c.line)
}

// readLibrary reads with the YAML library.
func readLibrary(c chunk) (n *Node, err *Error) {
	start := &Node{Line: c.line + 1, Column: 1}
	if nesting(c.text) > maxNesting {
		return nil, at(start, "nested too deep")
	}
	// The YAML parser is another project's; a panic in it must cost one document.
	defer func() {
		if p := recover(); p != nil {
			n, err = nil, at(start, "the YAML parser failed: %v", p)
		}
	}()
	f, perr := parser.ParseBytes(c.text, 0)
	if perr != nil {
		e := at(start, "%s", firstLine(perr.Error()))
		var ye yaml.Error
		if errors.As(perr, &ye) {
			e.Reason = ye.GetMessage()
			if t := ye.GetToken(); t != nil && t.Position != nil {
				e.Line, e.Column = t.Position.Line+c.line, t.Position.Column
			}
		}
		return nil, e
	}
	if len(f.Docs) == 0 || f.Docs[0].Body == nil {
		return &Node{}, nil
	}
	b := &builder{lineOffset: c.line, anchors: map[string]ast.Node{}}
	return b.build(f.Docs[0].Body, 0)
}

// nesting estimates how deep the YAML parser would recurse: brackets opened and
// not closed, and list marks in a row. Its time grows with the square of that.
func nesting(text []byte) int {
	open, marks, deepest := 0, 0, 0
	for i, ch := range text {
		switch {
		case ch == '[' || ch == '{':
			open++
		case ch == ']' || ch == '}':
			open = max(0, open-1)
		case ch == ' ' && i > 0 && (text[i-1] == '-' || text[i-1] == '?' || text[i-1] == ':'):
			marks++
		case ch == '\n':
			marks = 0
		}
		deepest = max(deepest, open, marks)
	}
	return deepest
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
