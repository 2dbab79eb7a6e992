package oncall

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// ContactPoint is the kind of recipient whose addresses this package knows.
const ContactPoint = "contact_point"

// Channels that a contact point can have.
const (
	Email   = "email"
	Webhook = "webhook"
	Ntfy    = "ntfy"
)

// maxContacts of one person.
const maxContacts = 10

// Contact is one way to reach a person.
type Contact struct {
	ID       string
	Person   string
	Channel  string // Email, Webhook or Ntfy
	Address  string // personal data
	Position int    // order of a person's contact points, from 0
	Created  time.Time
}

var ntfyTopic = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)

// CheckAddress says what is wrong with an address of a channel. An ntfy
// address is a topic on the configured server, or https://server/topic.
func CheckAddress(channel, address string) error {
	if len(address) > 2000 || strings.ContainsFunc(address, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return errors.New("the address is too long or has control characters")
	}
	switch channel {
	case Email:
		a, err := mail.ParseAddress(address)
		if err != nil || a.Address != address || len(address) > 254 || !strings.Contains(address, "@") {
			return errors.New("a mail address looks like somebody@example.org")
		}
	case Webhook:
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
			return errors.New("a webhook's address is https://host/path, without a user name")
		}
	case Ntfy:
		if ntfyTopic.MatchString(address) {
			return nil
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
			!ntfyTopic.MatchString(strings.TrimPrefix(u.Path, "/")) {
			return errors.New("an ntfy address is a topic (letters, digits, - and _) or https://server/topic")
		}
	default:
		return fmt.Errorf("a contact point's channel is email, webhook or ntfy, not %q", channel)
	}
	return nil
}

// AddContact adds a contact point at the end of the person's list.
func (s *Service) AddContact(ctx context.Context, tx *db.Tx, person, channel, address string) (Contact, error) {
	address = strings.TrimSpace(address)
	if person == "" {
		return Contact{}, problem.New(problem.Invalid, "A contact point belongs to a person.")
	}
	checked := address
	if s.PlainHTTP && channel == Webhook {
		checked = strings.Replace(address, "http://", "https://", 1)
	}
	if err := CheckAddress(channel, checked); err != nil {
		return Contact{}, invalid(err)
	}
	have, err := Contacts(ctx, tx, person)
	if err != nil {
		return Contact{}, fmt.Errorf("read the contact points: %w", err)
	}
	if len(have) >= maxContacts {
		return Contact{}, problem.New(problem.Conflict, "There are %d contact points already. Remove one first.", maxContacts)
	}
	c := Contact{ID: db.NewID(s.Clock()), Person: person, Channel: channel, Address: address, Created: s.Clock().UTC()}
	for _, h := range have {
		if h.Channel == channel && h.Address == address {
			return Contact{}, problem.New(problem.Conflict, "This contact point is in the list already.")
		}
		c.Position = max(c.Position, h.Position+1)
	}
	if err := insertContact(ctx, tx, c); err != nil {
		return Contact{}, fmt.Errorf("add a contact point: %w", err)
	}
	_, err = s.Record.Append(ctx, tx, record.Entry{Kind: "contact.added", Subject: "person", SubjectID: person,
		Data: map[string]any{"contact": c.ID, "channel": channel, "position": c.Position}, Personal: map[string]any{"address": address}})
	return c, err
}

// OrderContacts puts a person's contact points in the given order, which names
// each of them once.
func (s *Service) OrderContacts(ctx context.Context, tx *db.Tx, person string, ids []string) error {
	have, err := Contacts(ctx, tx, person)
	if err != nil {
		return fmt.Errorf("read the contact points: %w", err)
	}
	known, asked := make([]string, 0, len(have)), slices.Sorted(slices.Values(ids))
	for _, c := range have {
		known = append(known, c.ID)
	}
	if slices.Sort(known); !slices.Equal(known, asked) {
		return problem.New(problem.Stale, "The list of contact points has changed. Load it again and repeat the change.")
	}
	for i, id := range ids {
		if err := moveContact(ctx, tx, id, i); err != nil {
			return fmt.Errorf("order the contact points: %w", err)
		}
	}
	return s.append(ctx, tx, "contact.ordered", "person", person, map[string]any{"contacts": ids})
}

// RemoveContact removes a contact point. Messages to it that were not sent end
// as failed.
func (s *Service) RemoveContact(ctx context.Context, tx *db.Tx, id string) error {
	c, err := GetContact(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := deleteContact(ctx, tx, id); err != nil {
		return fmt.Errorf("remove a contact point: %w", err)
	}
	return s.append(ctx, tx, "contact.removed", "person", c.Person, map[string]any{"contact": id, "channel": c.Channel})
}

// TestContact sends a message to a contact point, so that its owner sees that
// it works before it is needed.
func (s *Service) TestContact(ctx context.Context, tx *db.Tx, id string) (message string, err error) {
	c, err := GetContact(ctx, tx, id)
	if err != nil {
		return "", err
	}
	message, err = s.Outbox.Queue(ctx, tx, Page{Kind: "info", Channel: c.Channel, Recipient: c.ID, RecipientKind: ContactPoint, Priority: 3,
		Subject: "Test message from Tocsin", Body: "This contact point works. Nothing has happened, and nothing is asked of you."})
	if err != nil {
		return "", err
	}
	return message, s.append(ctx, tx, "contact.tested", "person", c.Person, map[string]any{"contact": c.ID, "channel": c.Channel, "message": message})
}

// Address tells where a contact point is reached now.
func (s *Service) Address(ctx context.Context, t tenant.ID, recipientKind, recipient string) (channel, address string, err error) {
	if recipientKind != ContactPoint {
		return "", "", problem.New(problem.NotFound, "This package knows no addresses of kind %q.", recipientKind)
	}
	c, err := GetContact(ctx, s.DB.For(t, "system"), recipient)
	return c.Channel, c.Address, err
}
