package classify

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Error is one mistake in a policy, with its place in the document.
type Error struct {
	Line, Column int // from 1; 0: the document as a whole
	Reason       string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return "policy: " + e.Reason
	}
	return fmt.Sprintf("policy line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// Errors is all that is wrong with a policy, in the order of the document as
// far as it could be read.
type Errors []*Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// document is the YAML form of a policy.
type document struct {
	Name            text              `yaml:"name"`
	Version         text              `yaml:"version"`
	Types           []text            `yaml:"types"`
	Matrix          matrixDocument    `yaml:"matrix"`
	Bands           Bands             `yaml:"bands"`
	Impact          []readingDocument `yaml:"impact"`
	Urgency         []readingDocument `yaml:"urgency"`
	Threshold       thresholdDocument `yaml:"threshold"`
	AlwaysIncident  []text            `yaml:"always_incident"`
	DecideBy        text              `yaml:"decide_by"`
	Type            []lineDocument    `yaml:"type"`
	Decision        []lineDocument    `yaml:"decision"`
	Lead            []lineDocument    `yaml:"lead"`
	Track           []lineDocument    `yaml:"track"`
	Page            text              `yaml:"page"`
	CloseOnRestored text              `yaml:"close_when_restored"`
}

// matrixDocument has a row an urgency.
type matrixDocument struct {
	High   rowDocument `yaml:"high"`
	Medium rowDocument `yaml:"medium"`
	Low    rowDocument `yaml:"low"`
}

// rowDocument has a cell an impact.
type rowDocument struct {
	High   int `yaml:"high"`
	Medium int `yaml:"medium"`
	Low    int `yaml:"low"`
}

func (m matrixDocument) matrix() Matrix {
	row := func(r rowDocument) [3]int { return [3]int{r.Low, r.Medium, r.High} }
	return Matrix{row(m.Low), row(m.Medium), row(m.High)}
}

type readingDocument struct {
	ID    text           `yaml:"id"`
	Title text           `yaml:"title"`
	Of    text           `yaml:"of"`
	When  text           `yaml:"when"`
	Words map[string]int `yaml:"words"`
	Steps []stepDocument `yaml:"steps"`
}

type stepDocument struct {
	From  int `yaml:"from"`
	Value int `yaml:"value"`
}

type thresholdDocument struct {
	Breadth       map[string]int `yaml:"breadth"`
	Criticality   []int          `yaml:"criticality"`
	OutagePoints  int            `yaml:"outage_points"`
	WeekPoints    int            `yaml:"week_points"`
	Recurrences7d int            `yaml:"recurrences_7d"`
}

type lineDocument struct {
	ID          text `yaml:"id"`
	Title       text `yaml:"title"`
	When        text `yaml:"when"`
	Then        text `yaml:"then"`
	Disposition text `yaml:"disposition"`
	DecideBy    text `yaml:"decide_by"`
	Reason      text `yaml:"reason"`
}

// text is a scalar that knows its place.
type text struct {
	s            string
	line, column int
	block        bool // a literal or folded block: its text starts on the next line
}

// UnmarshalYAML takes any scalar as its text.
func (t *text) UnmarshalYAML(n ast.Node) error {
	at := n.GetToken().Position
	t.line, t.column = at.Line, at.Column
	switch n := n.(type) {
	case *ast.StringNode:
		t.s = n.Value
		if n.Token.Value != n.Token.Origin && strings.ContainsAny(strings.TrimSpace(n.Token.Origin)[:1], `'"`) {
			t.column++ // the opening quotation mark
		}
	case *ast.LiteralNode:
		t.s, t.block = n.Value.Value, true
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode:
		t.s = n.GetToken().Value
	default:
		return &yaml.SyntaxError{Message: "a text is expected here", Token: n.GetToken()}
	}
	return nil
}

// fault places a mistake within the text.
func (t text) fault(e *Error) *Error {
	out := &Error{Line: t.line, Column: t.column, Reason: e.Reason}
	switch {
	case e.Line == 0:
	case t.block || e.Line > 1:
		out.Line += e.Line
		if !t.block {
			out.Line--
		}
		out.Column = e.Column
	default:
		out.Column += e.Column - 1
	}
	return out
}

func (t text) errorf(format string, args ...any) *Error {
	return &Error{Line: t.line, Column: t.column, Reason: fmt.Sprintf(format, args...)}
}

const (
	maxDocument = 256 << 10
	maxLine     = 4000 // bytes
	maxDepth    = 50   // brackets and braces that are open at once
)

// bounded refuses what would keep the YAML library busy for long: its time
// grows with the square of the nesting.
func bounded(b []byte) error {
	if len(b) > maxDocument {
		return Errors{{Reason: fmt.Sprintf("the document has %d bytes; the limit is %d", len(b), maxDocument)}}
	}
	depth, line, start := 0, 1, 0
	for i, c := range b {
		switch c {
		case '\n':
			line, start = line+1, i+1
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		if depth > maxDepth {
			return Errors{{Line: line, Column: i - start + 1, Reason: fmt.Sprintf("more than %d brackets are open here", maxDepth)}}
		}
		if i-start >= maxLine {
			return Errors{{Line: line, Column: maxLine, Reason: fmt.Sprintf("a line has at most %d bytes", maxLine)}}
		}
	}
	return nil
}

// decode reads YAML strictly into v: unknown and repeated keys are mistakes.
func decode(b []byte, v any) (err error) {
	if err := bounded(b); err != nil {
		return err
	}
	// The YAML library has panicked on malformed input before; a policy comes
	// from outside, and a mistake in it must not end the process.
	defer func() {
		if p := recover(); p != nil {
			err = Errors{{Reason: fmt.Sprintf("not readable as YAML: %v", p)}}
		}
	}()
	if err := yaml.UnmarshalWithOptions(b, v, yaml.Strict()); err != nil {
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			p := at.GetToken().Position
			return Errors{{Line: p.Line, Column: p.Column, Reason: at.GetMessage()}}
		}
		return Errors{{Reason: err.Error()}}
	}
	return nil
}

// minutes reads a duration such as 30m, 4h or 3d.
func (t text) minutes() (int, *Error) {
	number, unit := t.s, 0
	switch {
	case strings.HasSuffix(t.s, "m"):
		unit = 1
	case strings.HasSuffix(t.s, "h"):
		unit = 60
	case strings.HasSuffix(t.s, "d"):
		unit = 24 * 60
	}
	if unit > 0 {
		number = t.s[:len(t.s)-1]
	}
	n, err := strconv.Atoi(number)
	if unit == 0 || err != nil || n < 1 || n > 10_000 {
		return 0, t.errorf("a time such as 30m, 4h or 3d is expected, not %q", t.s)
	}
	return n * unit, nil
}
