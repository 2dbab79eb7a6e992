// Package problem is the one error model: a kind that callers branch on, a
// message that is safe to show to anyone who caused it, and the wrapped cause
// that only the log sees.
//
// Packages return problems (or plain errors, which count as Internal); only
// internal/api turns them into RFC 9457 documents, and only the edge logs them.
package problem

import (
	"errors"
	"fmt"
)

// Kind says what a caller can do about an error.
type Kind string

// The kinds, each with the HTTP status that internal/api gives it.
const (
	Invalid       Kind = "invalid"       // 422: the input is wrong; the message says how to mend it
	Unauthorized  Kind = "unauthorized"  // 401: nobody is signed in, or the token is wrong
	Denied        Kind = "denied"        // 403: signed in, not allowed
	NotFound      Kind = "not-found"     // 404: absent, or not to be seen
	Conflict      Kind = "conflict"      // 409: the state does not allow it
	Stale         Kind = "stale"         // 412: If-Match did not match; somebody was quicker
	TooLarge      Kind = "too-large"     // 413: over a stated limit
	TooMany       Kind = "too-many"      // 429: slow down
	Unavailable   Kind = "unavailable"   // 503: try again later (disk full, lag, stopping)
	Gone          Kind = "gone"          // 410: a link that has expired or was used
	Internal      Kind = "internal"      // 500: our fault
	GuardRefused  Kind = "guard-refused" // 409: a process rule names what is still missing
	Unprocessable Kind = "unsupported"   // 415: a format that nothing here reads
)

// Error is a problem. Detail is shown to the caller, so it never holds a
// secret, a path of this machine or another person's data.
type Error struct {
	Kind   Kind
	Detail string
	// Fields names the inputs at fault, for forms.
	Fields []Field
	// Missing lists what a guard still asks for, for GuardRefused.
	Missing []string
	Err     error
}

// Field is one input at fault.
type Field struct {
	Name   string `json:"name"`
	Detail string `json:"detail"`
}

// New makes a problem with a message that is safe to show.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Detail: fmt.Sprintf(format, args...)}
}

// Wrap makes a problem around a cause that is logged and not shown.
func Wrap(k Kind, err error, format string, args ...any) *Error {
	return &Error{Kind: k, Detail: fmt.Sprintf(format, args...), Err: err}
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Detail + ": " + e.Err.Error()
	}
	return e.Detail
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first problem in err's chain, Internal for
// any other error, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Detail returns the message that may be shown for err.
func Detail(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Detail
	}
	return "Something went wrong on our side. The server's log has the details."
}

// Is reports whether err is a problem of kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }
