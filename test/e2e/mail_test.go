package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// mailbox is the receiving end of mail: enough of RFC 5321 for one client.
type mailbox struct {
	addr string
	came chan string
}

func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mailbox{addr: l.Addr().String(), came: make(chan string, 100)}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go m.serve(c)
		}
	}()
	return m
}

func (m *mailbox) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	say := func(s string) { fmt.Fprintf(c, "%s\r\n", s) }
	say("220 mailbox")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(strings.TrimSpace(line)); {
		case strings.HasPrefix(verb, "EHLO"), strings.HasPrefix(verb, "HELO"):
			say("250 mailbox")
		case verb == "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				l, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				text.WriteString(l)
			}
			say("250 taken")
			m.came <- text.String()
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// next waits for a mail whose subject holds want, and undoes quoted-printable
// line breaks so that links are whole.
func (m *mailbox) next(t *testing.T, want string) string {
	t.Helper()
	for {
		select {
		case text := <-m.came:
			if strings.Contains(text, want) {
				return strings.NewReplacer("=\r\n", "", "=3D", "=").Replace(text)
			}
		case <-time.After(15 * time.Second):
			t.Fatalf("no mail with %q came within 15 s", want)
		}
	}
}

// One real line to one real mail, acknowledged by the link in it; and a
// reporter who left an address is written to.
func TestOneMail(t *testing.T) {
	m := newMailbox(t)
	host, port, _ := net.SplitHostPort(m.addr)
	s := newServer(t, "TOCSIN_SMTP_HOST="+host, "TOCSIN_SMTP_PORT="+port, "TOCSIN_SMTP_TLS=none", "TOCSIN_SMTP_FROM=tocsin@example.org")
	var me struct{ Person struct{ ID string } }
	s.call("GET", "/api/v1/me", nil, &me)
	if code := s.call("POST", "/api/v1/people/"+me.Person.ID+"/contacts", map[string]string{"channel": "email", "address": "ann@example.org"}, nil); code != 200 {
		t.Fatalf("contact point: %d", code)
	}
	s.send(line("mail-gw", "clamd", "/srv/in/a.exe: Win.Trojan.Agent-7 FOUND"))
	mail := m.next(t, "CASE-1")
	link := regexp.MustCompile(`http://[^\s"<>]+/ack/[^\s"<>]+`).FindString(mail)
	if link == "" {
		t.Fatalf("the mail holds no link:\n%s", mail)
	}
	res, err := http.Post(link, "application/x-www-form-urlencoded", nil)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != 200 || !strings.Contains(string(text), "You have it") {
		t.Fatalf("acknowledging: %d %s", res.StatusCode, text)
	}

	res, err = http.PostForm("http://"+s.http+"/report", url.Values{"kind": {"weakness"}, "what": {"The side door never locks"}, "email": {"bob@example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	receipt := m.next(t, "Your report CASE-2")
	if !strings.Contains(receipt, "bob@example.org") || !strings.Contains(receipt, "/track/") {
		t.Errorf("receipt:\n%s", receipt)
	}
}
