// Package webhook delivers messages by HTTPS POST, signed as Standard Webhooks
// 1.0 says (headers webhook-id, webhook-timestamp, webhook-signature).
//
// Each address has its own secret, derived from the installation's key, so
// nothing is stored beside the address and one receiver cannot forge what
// another gets. Redirects are not followed and addresses that are not public
// are refused unless the configuration allows them (package egress).
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/notify/egress"
)

// maxAnswer bounds what is read of an answer, for the connection's sake only.
const maxAnswer = 16 * 1024

// Channel posts webhooks.
type Channel struct {
	key    []byte
	client *http.Client
	plain  bool // http is allowed
}

// New makes the channel; key (at least 32 bytes) is the installation's secret.
func New(key []byte, o egress.Options) (*Channel, error) {
	if len(key) < 32 {
		return nil, fmt.Errorf("webhook: the signing key has %d bytes, at least 32 are needed", len(key))
	}
	return &Channel{key: bytes.Clone(key), client: egress.Client(o), plain: o.PlainHTTP}, nil
}

// Secret is what the owner of an address verifies with: "whsec_" and base64.
func (c *Channel) Secret(address string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(c.secret(address))
}

func (c *Channel) secret(address string) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte("tocsin webhook\x00" + address))
	return h.Sum(nil)
}

// payload is the body, in the form that Standard Webhooks recommends.
type payload struct {
	Type      string    `json:"type"` // "page", "reporter" or "info"
	Timestamp time.Time `json:"timestamp"`
	Data      data      `json:"data"`
}

type data struct {
	ID       string `json:"id"`
	Case     string `json:"case,omitempty"`
	Subject  string `json:"subject"`
	Text     string `json:"text"`
	Link     string `json:"link,omitempty"`
	Priority int    `json:"priority"`
	Exercise string `json:"exercise,omitempty"`
	Attempt  int    `json:"attempt"`
}

// Send implements notify.Channel. 2xx is taken; 410 and other 4xx are refused
// for good, save 408, 425 and 429; a redirect is refused for good, because it
// is not followed.
func (c *Channel) Send(ctx context.Context, d notify.Delivery) (string, error) {
	u, err := url.Parse(d.Address)
	if err != nil || u.Scheme != "https" && !(c.plain && u.Scheme == "http") || u.Host == "" || u.User != nil {
		return "", notify.Permanent(errors.New("a webhook's address is https://host/path without a user name"))
	}
	body, err := json.Marshal(payload{Type: d.Kind, Timestamp: d.Created.UTC(), Data: data{
		ID: d.ID, Case: d.CaseID, Subject: d.Subject, Text: d.Body, Link: d.Link, Priority: d.Priority, Exercise: d.Exercise, Attempt: d.Attempt}})
	if err != nil {
		return "", notify.Permanent(fmt.Errorf("encode: %w", err))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Address, bytes.NewReader(body))
	if err != nil {
		return "", notify.Permanent(egress.WithoutURL(err))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Tocsin")
	req.Header.Set("webhook-id", d.ID)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(d.At.Unix(), 10))
	req.Header.Set("webhook-signature", Sign(c.secret(d.Address), d.ID, d.At, body))
	resp, err := c.client.Do(req)
	if err != nil {
		return "", &notify.Failure{Permanent: errors.Is(err, egress.ErrRefused), Err: egress.WithoutURL(err)}
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode/100 == 2 {
		return resp.Header.Get("X-Request-Id"), nil
	}
	return "", &notify.Failure{Permanent: permanent(resp.StatusCode), After: egress.RetryAfter(resp.Header, d.At), Err: fmt.Errorf("the receiver answered %s", resp.Status)}
}

func permanent(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return status/100 == 3 || status/100 == 4
}

// Sign makes the value of webhook-signature: "v1," and the base64 HMAC-SHA256
// of id, Unix time and body joined by dots (Standard Webhooks 1.0, signature
// scheme).
func Sign(secret []byte, id string, at time.Time, body []byte) string {
	h := hmac.New(sha256.New, secret)
	fmt.Fprintf(h, "%s.%d.", id, at.Unix())
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}
