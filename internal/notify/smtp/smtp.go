// Package smtp delivers messages as mail through one configured server.
//
// Mail is marked as automatic (RFC 3834), so that out-of-office answers do not
// come back, and carries the message's id as its Message-ID, so that a repeat
// after a crash is dropped by what it passes through. A mail has one
// recipient: nobody learns of the others.
package smtp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"html/template"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/tocsin-project/tocsin/internal/notify"
)

// TLS says how the connection is secured.
type TLS string

// The policies.
const (
	Opportunistic TLS = "opportunistic" // STARTTLS when the server offers it: the default
	Mandatory     TLS = "mandatory"     // STARTTLS or nothing is sent
	Implicit      TLS = "implicit"      // TLS from the first byte (port 465)
	None          TLS = "none"          // a server on this machine only
)

// Options of the channel.
type Options struct {
	Host     string
	Port     int    // 0: 465 for Implicit, 25 for None, else 587
	TLS      TLS    // "" is Opportunistic
	User     string // "": no authentication
	Password string
	From     string        // "Tocsin <tocsin@example.org>"
	Domain   string        // for Message-ID and HELO; "" takes From's
	Timeout  time.Duration // of the whole conversation; 0: 15 s
	TLSConf  *tls.Config   // nil: the system's roots
}

// Channel sends mail.
type Channel struct {
	o    Options
	from *netmail.Address
}

// New checks the options and makes the channel. It does not connect.
func New(o Options) (*Channel, error) {
	from, err := netmail.ParseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("smtp: the sender's address %q: %w", o.From, err)
	}
	if o.Host == "" {
		return nil, errors.New("smtp: no server is given")
	}
	if o.TLS == "" {
		o.TLS = Opportunistic
	}
	ports := map[TLS]int{Opportunistic: 587, Mandatory: 587, Implicit: 465, None: 25}
	port, ok := ports[o.TLS]
	if !ok {
		return nil, fmt.Errorf("smtp: TLS policy %q is none of opportunistic, mandatory, implicit, none", o.TLS)
	}
	if o.Port == 0 {
		o.Port = port
	}
	if o.TLS == None && !loopback(o.Host) {
		return nil, fmt.Errorf("smtp: TLS policy none is for a server on this machine, and %s is not", o.Host)
	}
	if o.Domain == "" {
		o.Domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	}
	if o.Timeout == 0 {
		o.Timeout = 15 * time.Second
	}
	return &Channel{o: o, from: from}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send implements notify.Channel; the provider's id is the server's answer to
// the data, which names its queue entry.
func (c *Channel) Send(ctx context.Context, d notify.Delivery) (string, error) {
	msg, err := c.compose(d)
	if err != nil {
		return "", notify.Permanent(err)
	}
	client, err := mail.NewClient(c.o.Host, c.options(ctx)...)
	if err != nil {
		return "", fmt.Errorf("smtp client: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		if taken := msg.ServerResponse(); taken != "" {
			return taken, nil // it was accepted; only the good-bye failed
		}
		return "", verdict(err)
	}
	return msg.ServerResponse(), nil
}

func (c *Channel) options(ctx context.Context) []mail.Option {
	conf := c.o.TLSConf.Clone()
	if conf == nil {
		conf = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if conf.ServerName == "" {
		conf.ServerName = c.o.Host
	}
	out := []mail.Option{
		mail.WithPort(c.o.Port), mail.WithTimeout(c.o.Timeout), mail.WithHELO(c.o.Domain), mail.WithTLSConfig(conf),
		mail.WithDialContextFunc(c.dial(ctx, conf)),
	}
	switch c.o.TLS {
	case Opportunistic:
		out = append(out, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case Mandatory:
		out = append(out, mail.WithTLSPolicy(mail.TLSMandatory))
	case Implicit:
		out = append(out, mail.WithSSL())
	case None:
		out = append(out, mail.WithTLSPolicy(mail.NoTLS))
	}
	if c.o.User != "" {
		// The strongest method that the server offers; the library refuses the
		// plain ones over a connection that is not encrypted. (Its own discovery
		// does not know that a connection dialled by us is.)
		out = append(out, mail.WithUsername(c.o.User), mail.WithPassword(c.o.Password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5, mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	return out
}

// dial makes the connection end with ctx: the library itself looks at ctx only
// while it connects, and an acknowledgement must be able to stop a page that
// is half said.
func (c *Channel) dial(ctx context.Context, conf *tls.Config) mail.DialContextFunc {
	return func(dialing context.Context, network, address string) (net.Conn, error) {
		var conn net.Conn
		var err error
		if c.o.TLS == Implicit {
			conn, err = (&tls.Dialer{Config: conf}).DialContext(dialing, network, address)
		} else {
			conn, err = (&net.Dialer{}).DialContext(dialing, network, address)
		}
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { conn.Close() })
		return conn, nil
	}
}

var page = template.Must(template.New("mail").Parse(`<!DOCTYPE html><html><head><meta charset="utf-8"></head>
<body style="font-family:sans-serif"><p style="white-space:pre-wrap">{{.Body}}</p>{{if .Link}}
<p><a href="{{.Link}}">{{.Label}}</a></p>{{end}}{{if .Picture}}
<p><img src="cid:picture" alt="{{.Picture}}" style="max-width:100%"></p>{{end}}</body></html>
`))

func (c *Channel) compose(d notify.Delivery) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.From(c.from.String()); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := m.To(d.Address); err != nil {
		return nil, errors.New("the recipient's address is not a mail address")
	}
	m.Subject(d.Subject)
	m.SetDateWithValue(d.At)
	m.SetMessageIDWithValue(d.ID + "@" + c.o.Domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated")          // RFC 3834 §5
	m.SetGenHeader("X-Auto-Response-Suppress", "All")           // the same for Exchange
	m.SetGenHeader("List-Id", "Tocsin <tocsin."+c.o.Domain+">") // RFC 2919: lets people file and filter it
	if d.CaseID != "" {
		// Mail of one case stands together in the recipient's program.
		m.SetGenHeader("References", "<case-"+d.CaseID+"@"+c.o.Domain+">")
	}
	if d.Kind == notify.KindPage {
		m.SetImportance(mail.ImportanceHigh)
	}
	label, text := "Open", d.Body
	if d.Kind == notify.KindPage {
		label = "Acknowledge"
	}
	if d.Link != "" {
		text += "\n\n" + label + ": " + d.Link + "\n"
	}
	m.SetBodyString(mail.TypeTextPlain, text)
	var html bytes.Buffer
	shown := struct{ Body, Link, Label, Picture string }{d.Body, d.Link, label, ""}
	if d.Picture != nil {
		shown.Picture = d.Picture.Name
		err := m.EmbedReader(d.Picture.Name, bytes.NewReader(d.Picture.Data), mail.WithFileContentID("<picture>"), mail.WithFileContentType(mail.ContentType(d.Picture.Type)))
		if err != nil {
			return nil, fmt.Errorf("picture: %w", err)
		}
	}
	if err := page.Execute(&html, shown); err != nil {
		return nil, fmt.Errorf("html part: %w", err)
	}
	m.AddAlternativeString(mail.TypeTextHTML, html.String())
	return m, nil
}

// verdict: what the server says about this mail with 5xx is final. Everything
// else (no connection, no TLS, credentials refused) an administrator can mend
// while the message waits.
func verdict(err error) error {
	var s *mail.SendError
	if errors.As(err, &s) && s.ErrorCode() >= 500 && !s.IsTemp() {
		return notify.Permanent(err)
	}
	return err
}
