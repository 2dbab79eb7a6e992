package ntfy_test

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/notify/egress"
	"github.com/tocsin-project/tocsin/internal/notify/ntfy"
)

var page = notify.Delivery{ID: "01abc", Kind: notify.KindPage, Subject: "[EXERCISE] " + strings.Repeat("Dateien verschlüsselt ", 12) + "!", Body: "12 hosts", Link: "https://t.example/ack/x",
	Exercise: "x1", Priority: 5, At: time.Unix(1774683600, 0)}

func server(t *testing.T, h http.HandlerFunc) (*ntfy.Channel, string) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := ntfy.New(ntfy.Options{Server: srv.URL + "/", Token: "tk_secret"})
	if err != nil {
		t.Fatal(err)
	}
	return c, srv.URL
}

func TestWhatTheServerGets(t *testing.T) {
	var got *http.Request
	var body []byte
	c, url := server(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, `{"id":"hwQ2YpKdmg","event":"message"}`)
	})
	for _, address := range []string{"anns-phone", url + "/anns-phone"} {
		d := page
		d.Address = address
		id, err := c.Send(t.Context(), d)
		if err != nil || id != "hwQ2YpKdmg" {
			t.Fatal(id, err)
		}
		h := got.Header
		title, err := new(mime.WordDecoder).DecodeHeader(h.Get("Title"))
		if err != nil || title != d.Subject || got.Method != "POST" || got.URL.Path != "/anns-phone" || string(body) != "12 hosts" ||
			h.Get("Priority") != "5" || h.Get("Tags") != "rotating_light,exercise" || h.Get("Click") != d.Link || h.Get("X-Id") != "01abc" ||
			h.Get("Actions") != "view, Acknowledge, "+d.Link || h.Get("Authorization") != "Bearer tk_secret" {
			t.Errorf("%s %s %v %q", got.Method, got.URL, h, body)
		}
	}
}

func TestVerdicts(t *testing.T) {
	f := func(status int, address string, permanent bool) {
		t.Helper()
		c, _ := server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/x")
			w.WriteHeader(status)
		})
		d := page
		d.Address = address
		_, err := c.Send(t.Context(), d)
		var v *notify.Failure
		if !errors.As(err, &v) || v.Permanent != permanent || strings.Contains(err.Error(), "anns-phone") {
			t.Errorf("%d %s: %v", status, address, err)
		}
	}
	f(500, "anns-phone", false)
	f(429, "anns-phone", false)
	f(401, "anns-phone", false)
	f(403, "anns-phone", false)
	f(404, "anns-phone", true)
	f(302, "anns-phone", true)
	f(200, "two words", true)
	f(200, "", true)
	f(200, "http://elsewhere.example/anns-phone", true)
	f(200, "https://u:p@elsewhere.example/anns-phone", true)
}

// The token stays with the configured server, and a server that a person names
// may not be a private one.
func TestAnotherServer(t *testing.T) {
	hits := 0
	other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	defer other.Close()
	c, _ := server(t, func(http.ResponseWriter, *http.Request) {})
	d := page
	d.Address = other.URL + "/anns-phone"
	if _, err := c.Send(t.Context(), d); !errors.Is(err, egress.ErrRefused) || hits != 0 {
		t.Error(hits, err)
	}
}

func TestALongBodyIsCut(t *testing.T) {
	n := 0
	c, _ := server(t, func(_ http.ResponseWriter, r *http.Request) { b, _ := io.ReadAll(r.Body); n = len(b) })
	d := page
	d.Address, d.Body = "t", strings.Repeat("ö", 5000)
	if _, err := c.Send(t.Context(), d); err != nil || n == 0 || n > 4096 {
		t.Error(n, err)
	}
}

func TestNoServer(t *testing.T) {
	c, err := ntfy.New(ntfy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := page
	d.Address = "anns-phone"
	var v *notify.Failure
	if _, err := c.Send(t.Context(), d); !errors.As(err, &v) || !v.Permanent {
		t.Error(err)
	}
	for _, bad := range []string{"ftp://x", "https://u@x", "x"} {
		if _, err := ntfy.New(ntfy.Options{Server: bad}); err == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}
