package smtp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/notify/smtp"
)

var page = notify.Delivery{ID: "01abc", Kind: notify.KindPage, Address: "ann@x.org", Subject: "[critical] INC-1 Dateien verschlüsselt", Body: "12 hosts <b>\nsecond line",
	Link: "https://t.example/ack/x", CaseID: "c1", Priority: 5, At: time.Unix(1774683600, 0)}

func channel(t *testing.T, s *server, change func(*smtp.Options)) *smtp.Channel {
	t.Helper()
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	o := smtp.Options{Host: host, From: "Tocsin <tocsin@corp.example>", TLSConf: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}}
	o.Port, _ = strconv.Atoi(port)
	if change != nil {
		change(&o)
	}
	c, err := smtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheMail(t *testing.T) {
	s := serve(t, config{})
	id, err := channel(t, s, nil).Send(t.Context(), page)
	if err != nil || !strings.Contains(id, "queued as 4F1") {
		t.Fatal(id, err)
	}
	got := s.only(t)
	if !strings.HasPrefix(got.from, "FROM:<tocsin@corp.example>") || got.to != "TO:<ann@x.org>" || got.helo != "corp.example" {
		t.Errorf("%+v", got)
	}
	m, err := netmail.ReadMessage(strings.NewReader(got.data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != page.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	for header, want := range map[string]string{"Message-Id": "<01abc@corp.example>", "Auto-Submitted": "auto-generated", "To": "<ann@x.org>", "List-Id": "Tocsin <tocsin.corp.example>",
		"References": "<case-c1@corp.example>", "Importance": "high"} {
		if v := m.Header.Get(header); v != want {
			t.Errorf("%s: %q, want %q", header, v, want)
		}
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err != nil {
			break
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		parts[kind] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	if want := "12 hosts <b>\nsecond line\n\nAcknowledge: https://t.example/ack/x\n"; parts["text/plain"] != want {
		t.Errorf("text %q", parts["text/plain"])
	}
	if html := parts["text/html"]; !strings.Contains(html, "12 hosts &lt;b&gt;\nsecond line") || !strings.Contains(html, `<a href="https://t.example/ack/x">Acknowledge</a>`) {
		t.Errorf("html %q", html)
	}
}

func TestPolicies(t *testing.T) {
	f := func(c config, policy smtp.TLS, user string, wantSent, wantEncrypted bool) {
		t.Helper()
		s := serve(t, c)
		_, err := channel(t, s, func(o *smtp.Options) { o.TLS, o.User, o.Password = policy, user, "secret" }).Send(t.Context(), page)
		if (err == nil) != wantSent {
			t.Errorf("%+v with %s: %v", c, policy, err)
			return
		}
		if err != nil {
			var v *notify.Failure
			if errors.As(err, &v) && v.Permanent {
				t.Errorf("%+v with %s: what an administrator can mend was final: %v", c, policy, err)
			}
			return
		}
		m := s.only(t)
		if m.encrypted != wantEncrypted || user != "" && m.user != "|"+user+"|secret" {
			t.Errorf("%+v with %s: %+v", c, policy, m)
		}
	}
	f(config{starttls: true}, "", "", true, true)
	f(config{}, smtp.Opportunistic, "", true, false)
	f(config{starttls: true}, smtp.Mandatory, "", true, true)
	f(config{}, smtp.Mandatory, "", false, false)
	f(config{implicit: true}, smtp.Implicit, "", true, true)
	f(config{starttls: true}, smtp.None, "", true, false)
	f(config{starttls: true, auth: "PLAIN"}, smtp.Mandatory, "tocsin", true, true)
	f(config{implicit: true, auth: "PLAIN LOGIN"}, smtp.Implicit, "tocsin", true, true)
	f(config{starttls: true, auth: "PLAIN", answers: map[string]string{"AUTH": "535 5.7.8 no"}}, smtp.Mandatory, "tocsin", false, false)
}

func TestAnUnknownCertificateIsRefused(t *testing.T) {
	s := serve(t, config{starttls: true})
	if _, err := channel(t, s, func(o *smtp.Options) { o.TLSConf = nil }).Send(t.Context(), page); err == nil {
		t.Error("sent")
	}
}

func TestVerdicts(t *testing.T) {
	f := func(command, answer string, permanent bool) {
		t.Helper()
		s := serve(t, config{answers: map[string]string{command: answer}})
		_, err := channel(t, s, nil).Send(t.Context(), page)
		var v *notify.Failure
		if got := errors.As(err, &v) && v.Permanent; err == nil || got != permanent {
			t.Errorf("%s → %s: permanent %v, %v", command, answer, got, err)
		}
	}
	f("RCPT", "550 5.1.1 <ann@x.org> no such user", true)
	f("RCPT", "451 4.7.1 greylisted, come again", false)
	f("MAIL", "553 5.1.8 not from you", true)
	f("MAIL", "421 4.3.2 shutting down", false)
	f("DATA", "554 5.7.1 spam", true)
	f("BODY", "552 5.3.4 too big", true)
	f("BODY", "452 4.3.1 disk full", false)
	f("GREETING", "554 no service here", false)
}

// It was taken; that the good-bye failed does not make it a repeat.
func TestTakenIsTaken(t *testing.T) {
	s := serve(t, config{answers: map[string]string{"QUIT": "500 what", "RSET": "500 what"}})
	if _, err := channel(t, s, nil).Send(t.Context(), page); err != nil {
		t.Error(err)
	}
	s.only(t)
}

func TestNoServer(t *testing.T) {
	s := serve(t, config{})
	c := channel(t, s, func(o *smtp.Options) { o.Port = 1 })
	var v *notify.Failure
	if _, err := c.Send(t.Context(), page); err == nil || errors.As(err, &v) && v.Permanent {
		t.Error(err)
	}
}

// An acknowledgement stops a mail in the middle of the conversation.
func TestCancelled(t *testing.T) {
	for _, where := range []string{"GREETING", "EHLO", "RCPT", "BODY"} {
		reached := make(chan struct{})
		s := serve(t, config{hang: map[string]chan struct{}{where: reached}})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-reached; cancel() }()
		if _, err := channel(t, s, nil).Send(ctx, page); err == nil {
			t.Errorf("%s: no error", where)
		}
		cancel()
	}
}

func TestOptions(t *testing.T) {
	f := func(o smtp.Options, ok bool) {
		t.Helper()
		if _, err := smtp.New(o); (err == nil) != ok {
			t.Errorf("%+v: %v", o, err)
		}
	}
	f(smtp.Options{Host: "mx.example.org", From: "a@x.org"}, true)
	f(smtp.Options{Host: "localhost", From: "a@x.org", TLS: smtp.None}, true)
	f(smtp.Options{Host: "mx.example.org", From: "a@x.org", TLS: smtp.None}, false)
	f(smtp.Options{Host: "mx.example.org", From: "a@x.org", TLS: "sometimes"}, false)
	f(smtp.Options{From: "a@x.org"}, false)
	f(smtp.Options{Host: "mx.example.org", From: "nobody"}, false)
}
