package webhook_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/notify/egress"
	"github.com/tocsin-project/tocsin/internal/notify/webhook"
)

var key = []byte("0123456789abcdef0123456789abcdef")

var page = notify.Delivery{ID: "01abc", Kind: notify.KindPage, Subject: "Files encrypted", Body: "12 hosts", Link: "https://t.example/ack/x", CaseID: "c1",
	Priority: 5, Attempt: 2, At: time.Unix(1774683600, 0), Created: time.Unix(1774683590, 0)}

// receiver is a real HTTPS server on loopback, and a channel that may reach it.
func receiver(t *testing.T, h http.HandlerFunc) (*webhook.Channel, string) {
	t.Helper()
	srv := httptest.NewTLSServer(h)
	t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	c, err := webhook.New(key, egress.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	return c, srv.URL + "/hook"
}

// The example of the Standard Webhooks libraries.
func TestSignatureVector(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := webhook.Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestWhatTheReceiverGets(t *testing.T) {
	var got *http.Request
	var body []byte
	c, address := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("X-Request-Id", "r-77")
		w.WriteHeader(http.StatusAccepted)
	})
	d := page
	d.Address = address
	id, err := c.Send(t.Context(), d)
	if err != nil || id != "r-77" {
		t.Fatal(id, err)
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(c.Secret(address), "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	h := got.Header
	if got.Method != "POST" || h.Get("Content-Type") != "application/json" || h.Get("webhook-id") != "01abc" || h.Get("webhook-timestamp") != "1774683600" ||
		h.Get("webhook-signature") != webhook.Sign(secret, "01abc", d.At, body) {
		t.Errorf("%s %v", got.Method, h)
	}
	var p struct {
		Type string
		Data struct {
			ID, Case, Subject, Text, Link string
			Priority, Attempt             int
		}
	}
	if err := json.Unmarshal(body, &p); err != nil || p.Type != "page" || p.Data.ID != "01abc" || p.Data.Case != "c1" || p.Data.Text != "12 hosts" || p.Data.Link != d.Link || p.Data.Priority != 5 || p.Data.Attempt != 2 {
		t.Errorf("%s: %v", body, err)
	}
	if c.Secret(address) == c.Secret(address+"x") {
		t.Error("two addresses have one secret")
	}
}

func verdict(t *testing.T, err error) (permanent bool, after time.Duration) {
	t.Helper()
	var f *notify.Failure
	if !errors.As(err, &f) {
		t.Fatalf("no verdict: %v", err)
	}
	return f.Permanent, f.After
}

func TestVerdicts(t *testing.T) {
	f := func(status int, retryAfter string, wantPermanent bool, wantAfter time.Duration) {
		t.Helper()
		hits := 0
		c, address := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
			hits++
			w.Header().Set("Retry-After", retryAfter)
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_, _ = w.Write(make([]byte, 1<<20))
		})
		d := page
		d.Address = address
		_, err := c.Send(t.Context(), d)
		permanent, after := verdict(t, err)
		if permanent != wantPermanent || after != wantAfter || hits != 1 || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%d: permanent %v, after %s, %d requests: %v", status, permanent, after, hits, err)
		}
	}
	f(500, "", false, 0)
	f(503, "120", false, 2*time.Minute)
	f(429, "30", false, 30*time.Second)
	f(503, page.At.Add(time.Hour).UTC().Format(http.TimeFormat), false, time.Hour)
	f(429, "nonsense", false, 0)
	f(408, "", false, 0)
	f(404, "", true, 0)
	f(410, "", true, 0)
	f(302, "", true, 0) // not followed
	f(307, "", true, 0)
}

func TestAddressesThatAreNotPublic(t *testing.T) {
	hits := 0
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	defer srv.Close()
	c, err := webhook.New(key, egress.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{srv.URL, strings.Replace(srv.URL, "127.0.0.1", "localhost", 1), "https://169.254.169.254/latest", "https://[::1]/", "https://10.0.0.1/"} {
		d := page
		d.Address = address
		_, err := c.Send(t.Context(), d)
		if permanent, _ := verdict(t, err); !permanent || !errors.Is(err, egress.ErrRefused) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if hits != 0 {
		t.Errorf("%d requests came through", hits)
	}
	for _, address := range []string{"http://example.org/", "https://u:p@example.org/", "ftp://example.org/", "::", ""} {
		d := page
		d.Address = address
		_, err := c.Send(t.Context(), d)
		if permanent, _ := verdict(t, err); !permanent {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A send that is cancelled returns, whatever the receiver does.
func TestCancelled(t *testing.T) {
	entered, end := make(chan struct{}), make(chan struct{})
	c, address := receiver(t, func(http.ResponseWriter, *http.Request) { close(entered); <-end })
	defer close(end)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-entered; cancel() }()
	d := page
	d.Address = address
	if _, err := c.Send(ctx, d); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAShortKeyIsRefused(t *testing.T) {
	if _, err := webhook.New([]byte("short"), egress.Options{}); err == nil {
		t.Error("accepted")
	}
}
