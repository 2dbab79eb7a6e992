// Package apptest starts the whole server inside a test, over a directory of
// the test's own, and signs people in the way people do: invited, by link, with
// a passphrase. It guarantees that everything is stopped when the test ends. It
// is for tests only; nothing of the product imports it.
package apptest

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/api"
	"github.com/tocsin-project/tocsin/internal/app"
	"github.com/tocsin-project/tocsin/internal/auth"
)

// Bootstrap is the API token of the first administrator, who has every role
// but reporter and auditor.
const Bootstrap = "bootstrap-token-for-tests"

// Passphrase is what everybody signs in with.
const Passphrase = "four plain words suffice"

// Server is a running Tocsin.
type Server struct {
	URL   string
	App   *app.App
	Parts *api.Server // the services, to look and to make what no route makes
	Dir   string
	Logs  *Log
	Admin *Client // by the bootstrap token
}

// Start starts a server that ends with the test. DSN "" is SQLite. configure,
// which may be nil, changes the configuration before the start.
func Start(t testing.TB, dsn string, configure func(*app.Config)) *Server {
	t.Helper()
	c := app.Defaults()
	c.Data, c.HTTP, c.Syslog, c.DB = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0", dsn
	c.Journal.MaxBytes, c.Events.Memory = 64<<20, 256<<20
	if configure != nil {
		configure(&c)
	}
	logs := &Log{}
	a, err := app.Start(t.Context(), app.Options{Config: c, Version: "test", Log: slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: time.Now, BootstrapToken: Bootstrap})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Stop)
	s := &Server{URL: "http://" + a.Addr(), App: a, Parts: a.Parts(), Dir: c.Data, Logs: logs}
	s.Admin = s.WithToken(Bootstrap)
	var me struct {
		Person struct {
			ID string `json:"id"`
		} `json:"person"`
	}
	s.Admin.Get(t, "/api/v1/me").OK(t, &me)
	s.Admin.Person = me.Person.ID
	return s
}

// SignIn invites a person with these roles, accepts the invitation, and
// returns a client with that person's session.
func (s *Server) SignIn(t testing.TB, login string, roles ...auth.Role) *Client {
	t.Helper()
	var invited struct {
		ID         string `json:"id"`
		Invitation string `json:"invitation"`
	}
	s.Admin.Send(t, "POST", "/api/v1/people", map[string]any{"name": "Person " + login, "login": login, "email": login + "@example.org", "roles": roles}).OK(t, &invited)
	_, secret, _ := bytes.Cut([]byte(invited.Invitation), []byte("token="))
	return s.Accept(t, string(secret))
}

// Accept redeems an invitation.
func (s *Server) Accept(t testing.TB, secret string) *Client {
	t.Helper()
	c := s.Nobody()
	var me struct {
		Person struct {
			ID string `json:"id"`
		} `json:"person"`
		CSRF string `json:"csrf"`
	}
	c.Send(t, "POST", "/api/v1/invitation", map[string]any{"token": secret, "passphrase": Passphrase}).OK(t, &me)
	c.Person, c.CSRF = me.Person.ID, me.CSRF
	return c
}

// Log keeps what the server logged.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String is all that was logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
