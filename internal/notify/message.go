package notify

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Kinds of message. They decide order and how long delivery is tried.
const (
	KindPage     = "page"     // somebody must act now
	KindReporter = "reporter" // an answer to who reported
	KindInfo     = "info"     // a notice
)

// States of a message. The last three are ends.
const (
	StateQueued    = "queued"
	StateSending   = "sending"
	StateSent      = "sent"
	StateFailed    = "failed"
	StateCancelled = "cancelled"
)

// Limits of a message; longer text is cut, because a page that is refused for
// its length is a page lost.
const (
	maxSubject = 300       // characters
	maxBody    = 64 * 1024 // bytes
)

// Message is what is to be sent, to one recipient.
type Message struct {
	Kind          string // KindPage, KindReporter or KindInfo
	Channel       string // "email", "webhook" or "ntfy"
	Recipient     string // id of a contact point or a report, never an address
	RecipientKind string // "contact_point" or "report": who knows the address
	Run           string // the escalation run that it belongs to, "" for none
	CaseID        string
	Exercise      string // id of the exercise; marks the subject
	Subject       string // one line
	Body          string // plain text
	Link          string // where to acknowledge or to follow, "" for none
	Priority      int    // 1 (whenever) to 5 (now)
}

// Picture is what a mail shows besides its text.
type Picture struct {
	Name, Type string // "overview.png", "image/png"
	Data       []byte
}

// Status is a message as it stands, for timelines and lists.
type Status struct {
	ID       string
	Message  Message
	State    string
	Attempt  int
	Created  time.Time
	Sent     time.Time // zero unless sent
	Ended    time.Time // zero while it is under way
	Error    string    // of the last try, without addresses
	Provider string    // what the provider calls the message, "" when it says nothing
	Picture  string    // id of a picture that was kept for it, "" for none
}

// Delivery is one try of a message, as a channel gets it.
type Delivery struct {
	ID       string // the same in each try: the idempotency key
	Kind     string
	Address  string
	Subject  string
	Body     string
	Link     string
	CaseID   string
	Exercise string
	Priority int
	Attempt  int
	At       time.Time // of this try
	Created  time.Time // when it was queued
	Picture  *Picture  // nil for none; channels that cannot show one leave it out
}

// Channel hands a message to a provider. It returns the provider's id of it
// ("" when there is none) once the provider has taken it. It must return soon
// after ctx ends. An error that is no *Failure counts as temporary.
type Channel interface {
	Send(ctx context.Context, d Delivery) (providerID string, err error)
}

// Addresses knows where a recipient is reached now. NotFound (erased, or
// removed) ends the message.
type Addresses interface {
	Address(ctx context.Context, t tenant.ID, recipientKind, recipient string) (channel, address string, err error)
}

// AddressBook asks whoever knows the kind of recipient.
type AddressBook map[string]Addresses

// Address implements Addresses.
func (b AddressBook) Address(ctx context.Context, t tenant.ID, recipientKind, recipient string) (string, string, error) {
	a, ok := b[recipientKind]
	if !ok {
		return "", "", problem.New(problem.NotFound, "Nobody knows addresses of kind %q.", recipientKind)
	}
	return a.Address(ctx, t, recipientKind, recipient)
}

// Failure is a channel's verdict on a try.
type Failure struct {
	Permanent bool          // trying again cannot help
	After     time.Duration // the provider asks to wait at least so long; 0: nothing said
	Err       error
}

func (f *Failure) Error() string { return f.Err.Error() }
func (f *Failure) Unwrap() error { return f.Err }

// Permanent marks an error that trying again cannot mend.
func Permanent(err error) error { return &Failure{Permanent: true, Err: err} }

// clean makes a message fit to be stored: one-line subject, limits, the
// exercise's mark.
func clean(m Message) Message {
	m.Subject = oneLine(m.Subject)
	if m.Exercise != "" && !strings.HasPrefix(m.Subject, "[EXERCISE]") {
		m.Subject = "[EXERCISE] " + m.Subject
	}
	if r := []rune(m.Subject); len(r) > maxSubject {
		m.Subject = string(r[:maxSubject-1]) + "…"
	}
	m.Body = strings.ToValidUTF8(strings.ReplaceAll(m.Body, "\x00", ""), "\uFFFD")
	if len(m.Body) > maxBody {
		end := maxBody - len("…")
		for !utf8.RuneStart(m.Body[end]) {
			end--
		}
		m.Body = m.Body[:end] + "…"
	}
	m.Priority = min(max(m.Priority, 1), 5)
	return m
}

// oneLine keeps line ends and control characters out of what becomes a header.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.TrimSpace(s)
}
