package sigma

import "fmt"

// Error says why one document was rejected, and where. Line and Column count
// from 1; 0 when the place is not known.
type Error struct {
	File         string
	Line, Column int
	Rule         string // id, else title, of the document; "" when it was not reached
	Reason       string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Reason)
}

// at makes an Error at a node; the parser adds file and rule.
func at(n *Node, format string, args ...any) *Error {
	e := &Error{Reason: fmt.Sprintf(format, args...)}
	if n != nil {
		e.Line, e.Column = n.Line, n.Column
	}
	return e
}
