package smtp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is the receiving side: enough of RFC 5321 to take a mail, or to
// refuse it at a chosen command.
type server struct {
	addr     string
	roots    *x509.CertPool
	starttls *tls.Config
	auth     string            // mechanisms offered once encrypted, "" for none
	answers  map[string]string // by command, instead of the usual answer
	hang     map[string]chan struct{}

	mu    sync.Mutex
	mails []mail
}

type mail struct {
	from, to, data, helo, user string
	encrypted                  bool
}

type config struct {
	starttls, implicit bool
	auth               string
	answers            map[string]string
	hang               map[string]chan struct{}
}

func serve(t *testing.T, c config) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{addr: l.Addr().String(), auth: c.auth, answers: c.answers, hang: c.hang}
	conf, roots := certificate(t)
	s.roots = roots
	if c.starttls {
		s.starttls = conf
	}
	if c.implicit {
		l = tls.NewListener(l, conf)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { defer conn.Close(); s.talk(conn, c.implicit) })
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return s
}

func (s *server) talk(conn net.Conn, encrypted bool) {
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	c := textproto.NewConn(conn)
	if s.reply(c, "GREETING", "220 mx.example.org ready") != nil {
		return
	}
	m := mail{encrypted: encrypted}
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch verb = strings.ToUpper(verb); verb {
		case "EHLO":
			m.helo = rest
			out := "250-mx.example.org\r\n250-8BITMIME"
			if s.starttls != nil && !m.encrypted {
				out += "\r\n250-STARTTLS"
			}
			if s.auth != "" {
				out += "\r\n250-AUTH " + s.auth
			}
			err = s.reply(c, verb, out+"\r\n250 ENHANCEDSTATUSCODES")
		case "STARTTLS":
			if err = s.reply(c, verb, "220 go ahead"); err == nil {
				over := tls.Server(conn, s.starttls)
				conn, m.encrypted, c = over, true, textproto.NewConn(over)
			}
		case "AUTH":
			_, token, _ := strings.Cut(rest, " ")
			raw, _ := base64.StdEncoding.DecodeString(token)
			m.user = strings.ReplaceAll(string(raw), "\x00", "|")
			err = s.reply(c, verb, "235 2.7.0 welcome")
		case "MAIL":
			m.from = rest
			err = s.reply(c, verb, "250 2.1.0 ok")
		case "RCPT":
			m.to = rest
			err = s.reply(c, verb, "250 2.1.5 ok")
		case "DATA":
			if err = s.reply(c, verb, "354 go on"); err != nil || s.answers[verb] != "" {
				break
			}
			raw, e := c.ReadDotBytes()
			if e != nil {
				return
			}
			m.data = string(raw)
			if s.answers["BODY"] == "" {
				s.mu.Lock()
				s.mails = append(s.mails, m)
				s.mu.Unlock()
			}
			err = s.reply(c, "BODY", "250 2.0.0 queued as 4F1")
		case "QUIT":
			_ = s.reply(c, verb, "221 bye")
			return
		default: // NOOP, RSET
			err = s.reply(c, verb, "250 2.0.0 ok")
		}
		if err != nil {
			return
		}
	}
}

func (s *server) reply(c *textproto.Conn, verb, usual string) error {
	if h := s.hang[verb]; h != nil {
		close(h)
		_, _ = c.ReadLine() // until the other side gives up
		return net.ErrClosed
	}
	if a := s.answers[verb]; a != "" {
		usual = a
	}
	return c.PrintfLine("%s", usual)
}

// only returns the one mail that came.
func (s *server) only(t *testing.T) mail {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.mails) != 1 {
		t.Fatalf("%d mails came, want 1", len(s.mails))
	}
	return s.mails[0]
}

func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}
