// Package ntfy delivers messages as push notifications through an ntfy server
// (https://docs.ntfy.sh/publish/), the configured one or, for an address that
// is a whole URL, another public one.
//
// A topic's name is its secret, so neither it nor the address enters an error.
package ntfy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/notify/egress"
)

const (
	maxText   = 3900      // the server turns a longer message into an attachment (limit 4,096 bytes)
	maxAnswer = 64 * 1024 // of an answer
)

// Options of the channel.
type Options struct {
	Server string // "https://ntfy.example.org", for addresses that are only a topic; "" for none
	Token  string // access token for Server; never sent elsewhere
	HTTP   egress.Options
}

// Channel publishes to ntfy.
type Channel struct {
	server  *url.URL // nil: none
	token   string
	trusted *http.Client
	public  *http.Client
}

// New makes the channel. The configured server may be private and plain http;
// one that a person gives may not.
func New(o Options) (*Channel, error) {
	c := &Channel{token: o.Token, trusted: egress.Trusted(o.HTTP), public: egress.Client(o.HTTP)}
	if o.Server == "" {
		return c, nil
	}
	u, err := url.Parse(strings.TrimRight(o.Server, "/"))
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("ntfy: the server is given as https://host")
	}
	c.server = u
	return c, nil
}

var topic = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)

// Send implements notify.Channel; the provider's id is ntfy's message id.
func (c *Channel) Send(ctx context.Context, d notify.Delivery) (string, error) {
	target, own, err := c.target(d.Address)
	if err != nil {
		return "", notify.Permanent(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(text(d)))
	if err != nil {
		return "", notify.Permanent(egress.WithoutURL(err))
	}
	c.headers(req, d, own)
	client := c.public
	if own {
		client = c.trusted
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", &notify.Failure{Permanent: errors.Is(err, egress.ErrRefused), Err: egress.WithoutURL(err)}
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode != http.StatusOK {
		return "", &notify.Failure{Permanent: permanent(resp.StatusCode), After: egress.RetryAfter(resp.Header, d.At), Err: fmt.Errorf("the ntfy server answered %s", resp.Status)}
	}
	var published struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(answer, &published) // taken all the same; only its id is unknown
	return published.ID, nil
}

// target is the URL to post to, and whether it is the configured server.
func (c *Channel) target(address string) (string, bool, error) {
	if topic.MatchString(address) {
		if c.server == nil {
			return "", false, errors.New("no ntfy server is configured, so the address must be https://server/topic")
		}
		return c.server.String() + "/" + address, true, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || !topic.MatchString(u.Path[strings.LastIndexByte(u.Path, '/')+1:]) {
		return "", false, errors.New("an ntfy address is a topic or https://server/topic")
	}
	if c.server != nil && u.Scheme == c.server.Scheme && u.Host == c.server.Host {
		return u.String(), true, nil
	}
	if u.Scheme != "https" {
		return "", false, errors.New("an ntfy address of another server is https://server/topic")
	}
	return u.String(), false, nil
}

func (c *Channel) headers(req *http.Request, d notify.Delivery, own bool) {
	h := req.Header
	h.Set("X-Id", d.ID)
	// RFC 2047, as the server documents; without the folding that is for mail.
	h.Set("Title", strings.ReplaceAll(mime.QEncoding.Encode("utf-8", d.Subject), "\r\n", ""))
	h.Set("Priority", strconv.Itoa(d.Priority))
	h.Set("User-Agent", "Tocsin")
	tags := "information_source"
	if d.Kind == notify.KindPage {
		tags = "rotating_light"
	}
	if d.Exercise != "" {
		tags += ",exercise"
	}
	h.Set("Tags", tags)
	if d.Link != "" {
		h.Set("Click", d.Link)
		if d.Kind == notify.KindPage {
			h.Set("Actions", "view, Acknowledge, "+d.Link)
		} else {
			h.Set("Actions", "view, Open, "+d.Link)
		}
	}
	if own && c.token != "" {
		h.Set("Authorization", "Bearer "+c.token)
	}
}

func text(d notify.Delivery) string {
	if len(d.Body) <= maxText {
		return d.Body
	}
	return strings.ToValidUTF8(d.Body[:maxText], "") + "…"
}

func permanent(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusUnauthorized, http.StatusForbidden: // the token may be mended meanwhile
		return false
	}
	return status/100 == 3 || status/100 == 4
}
