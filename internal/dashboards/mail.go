package dashboards

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
)

// TimerMail is the kind of timer of a mailing; its key is the dashboard.
const TimerMail = "dashboard.mail"

// How often a dashboard is mailed.
const (
	Daily   = "daily"
	Weekly  = "weekly"  // on Mondays
	Monthly = "monthly" // on the first
)

const maxRecipients = 50

// Mail says when a dashboard is mailed, and to whom.
type Mail struct {
	To    []string `json:"to"` // ids of people
	Every string   `json:"every"`
	At    string   `json:"at"`   // "08:00" on the clock of Zone
	Zone  string   `json:"zone"` // IANA name
}

// MailForm is Mail as people write it, with addresses.
type MailForm struct {
	To              []string
	Every, At, Zone string
}

// People knows who works here.
type People interface {
	// ByAddress finds active people by their mail addresses; unknown are those
	// that nobody has.
	ByAddress(ctx context.Context, q db.Querier, addresses []string) (people, unknown []string, err error)
	// Addresses are the mail addresses of those of the people who are active and
	// have one, by id.
	Addresses(ctx context.Context, q db.Querier, people []string) (map[string]string, error)
}

// setMail reads a form into the dashboard.
func (s *Service) setMail(ctx context.Context, tx *db.Tx, d *Dashboard, f *MailForm) error {
	if f == nil {
		d.Mail, d.NextMail, d.MailError = nil, time.Time{}, ""
		return nil
	}
	switch {
	case len(f.To) == 0 || len(f.To) > maxRecipients:
		return wrong("mail.to", "A dashboard is mailed to 1 to %d people.", maxRecipients)
	case !slices.Contains([]string{Daily, Weekly, Monthly}, f.Every):
		return wrong("mail.every", "A dashboard is mailed daily, weekly or monthly.")
	}
	m := &Mail{Every: f.Every, At: f.At, Zone: f.Zone}
	if _, _, _, err := m.clock(); err != nil {
		return err
	}
	people, unknown, err := s.People.ByAddress(ctx, tx, f.To)
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		return wrong("mail.to", "Nobody here has the address %s. A dashboard is mailed to people who have an account.", strings.Join(unknown, ", "))
	}
	m.To = people
	d.Mail, d.MailError = m, ""
	d.NextMail, err = m.next(s.Now())
	return err
}

func (m Mail) clock() (hh, mm int, zone *time.Location, err error) {
	at, err := time.Parse("15:04", m.At)
	if err != nil || len(m.At) != 5 {
		return 0, 0, nil, wrong("mail.at", "The time of day is written as 08:00.")
	}
	zone, err = time.LoadLocation(m.Zone)
	if err != nil || m.Zone == "" || m.Zone == "Local" {
		return 0, 0, nil, wrong("mail.zone", "%q is not a time zone; write one such as Europe/Prague or UTC.", m.Zone)
	}
	return at.Hour(), at.Minute(), zone, nil
}

// next is when it is mailed after a time.
func (m Mail) next(now time.Time) (time.Time, error) {
	hh, mm, zone, err := m.clock()
	if err != nil {
		return time.Time{}, err
	}
	return nextAt(now, m.Every, hh, mm, zone), nil
}

// plan sets or cancels the timer of the next mailing.
func (s *Service) plan(ctx context.Context, tx *db.Tx, d Dashboard) error {
	if d.Mail == nil {
		return s.Timers.Cancel(ctx, tx, TimerMail, d.ID)
	}
	return s.Timers.Set(ctx, tx, TimerMail, d.ID, d.NextMail, "")
}

// Mailing is a picture for some people.
type Mailing struct {
	Dashboard     string
	People        []string
	Subject, Body string
	Link          string
	File          string // name of the picture
	PNG           []byte
}

// Outbox sends to people.
type Outbox interface {
	// Ready says why no mail can be sent, nil when it can.
	Ready() error
	Queue(ctx context.Context, tx *db.Tx, m Mailing) error
}
