package auth

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

const (
	sessionFor = 12 * time.Hour
	linkFor    = 72 * time.Hour
	// After this many wrong logins for one name or from one address within the
	// window, further ones are refused unread.
	maxFailures   = 10
	failureWindow = 10 * time.Minute
)

// Service signs people in and keeps their accounts.
type Service struct {
	db  *db.DB
	rec *record.Log
	now func() time.Time

	mu       sync.Mutex
	failures map[string][]time.Time
	hashing  chan struct{} // bounds memory: each hash takes 19 MiB
	tokens   map[string]cached
}

type cached struct {
	actor *Actor
	until time.Time
}

// New makes the service.
func New(d *db.DB, rec *record.Log, now func() time.Time) *Service {
	return &Service{db: d, rec: rec, now: now, failures: map[string][]time.Time{}, hashing: make(chan struct{}, 4), tokens: map[string]cached{}}
}

// Session is what a browser gets after signing in.
type Session struct {
	Secret  string // the cookie's value
	Actor   *Actor
	Expires time.Time
}

// Login checks a passphrase and starts a session.
func (s *Service) Login(ctx context.Context, t tenant.ID, login, passphrase, peer, agent string) (Session, error) {
	login = strings.ToLower(strings.TrimSpace(login))
	keys := []string{"login:" + login, "peer:" + peer}
	if wait := s.blocked(keys); wait > 0 {
		return Session{}, problem.New(problem.TooMany, "Too many wrong sign-ins. Try again in %d minutes.", int(wait.Minutes())+1)
	}
	h := s.db.For(t, "system")
	p, err := byLogin(ctx, h, login)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return Session{}, err
	}
	stored := ""
	if err == nil && p.Active {
		if stored, err = credential(ctx, h, p.ID); err != nil && !problem.Is(err, problem.NotFound) {
			return Session{}, err
		}
	}
	s.hashing <- struct{}{}
	ok := checkPassphrase(stored, passphrase)
	<-s.hashing
	if !ok {
		s.fail(keys)
		if p.ID != "" {
			_ = h.Tx(ctx, func(tx *db.Tx) error {
				_, err := s.rec.Append(ctx, tx, record.Entry{Kind: "login.failed", Subject: "person", SubjectID: p.ID, Personal: map[string]string{"peer": peer}})
				return err
			})
		}
		return Session{}, problem.New(problem.Unauthorized, "Login or passphrase is wrong.")
	}
	s.forget(keys[:1])
	return s.start(ctx, t, p, peer, agent)
}

func (s *Service) start(ctx context.Context, t tenant.ID, p Person, peer, agent string) (Session, error) {
	secret, csrf, now := NewSecret(), NewSecret(), s.now()
	if len(agent) > 200 {
		agent = agent[:200]
	}
	err := s.db.For(t, p.ID).Tx(ctx, func(tx *db.Tx) error {
		if err := insertSession(ctx, tx, hashSecret(secret), p.ID, csrf, peer, agent, now, now.Add(sessionFor)); err != nil {
			return err
		}
		_, err := s.rec.Append(ctx, tx, record.Entry{Kind: "login.succeeded", Subject: "person", SubjectID: p.ID, Personal: map[string]string{"peer": peer}})
		return err
	})
	a := &Actor{Tenant: t, Person: p.ID, Roles: p.Roles, CSRF: csrf, session: hashSecret(secret)}
	return Session{Secret: secret, Actor: a, Expires: now.Add(sessionFor)}, err
}

// SessionActor finds whose session a cookie is.
func (s *Service) SessionActor(ctx context.Context, secret string) (*Actor, error) {
	hash := hashSecret(secret)
	r, err := findSession(ctx, s.db.System("auth"), hash)
	if err != nil || !s.now().Before(r.expires) {
		if err == nil || problem.Is(err, problem.NotFound) {
			err = problem.New(problem.Unauthorized, "Your session has ended. Sign in again.")
		}
		return nil, err
	}
	return &Actor{Tenant: r.tenant, Person: r.person, Roles: r.roles, CSRF: r.csrf, session: hash}, nil
}

// TokenActor finds whose API token a secret is. Found ones are remembered for
// some seconds, so a revoked token may work that much longer.
func (s *Service) TokenActor(ctx context.Context, secret string) (*Actor, error) {
	hash, now := hashSecret(secret), s.now()
	s.mu.Lock()
	c, ok := s.tokens[hash]
	s.mu.Unlock()
	if ok && now.Before(c.until) {
		return c.actor, nil
	}
	t, err := findToken(ctx, s.db.System("auth"), hash)
	if problem.Is(err, problem.NotFound) || err == nil && (!t.Revoked.IsZero() || !now.Before(t.Expires)) {
		return nil, problem.New(problem.Unauthorized, "The token is wrong, expired or revoked. Make a new one under Settings, Tokens.")
	}
	if err != nil {
		return nil, err
	}
	a := &Actor{Tenant: t.tenant, Person: t.Person, Token: t.ID, Roles: t.roles, Scopes: t.Scopes}
	if now.Sub(t.LastUsed) > time.Minute {
		if err := s.db.For(t.tenant, t.Person).Tx(ctx, func(tx *db.Tx) error { return touchToken(ctx, tx, t.ID, now) }); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	if len(s.tokens) > 10_000 {
		clear(s.tokens)
	}
	s.tokens[hash] = cached{a, now.Add(3 * time.Second)}
	s.mu.Unlock()
	return a, nil
}

// Logout ends the actor's session.
func (s *Service) Logout(ctx context.Context, a *Actor) error {
	return s.db.For(a.Tenant, a.Person).Tx(ctx, func(tx *db.Tx) error {
		if err := deleteSession(ctx, tx, a.session); err != nil {
			return err
		}
		_, err := s.rec.Append(ctx, tx, record.Entry{Kind: "logout", Subject: "person", SubjectID: a.Person})
		return err
	})
}

// Invite makes a person and a one-time link by which they set a passphrase.
func (s *Service) Invite(ctx context.Context, tx *db.Tx, p Person) (Person, string, error) {
	p.Login = strings.ToLower(strings.TrimSpace(p.Login))
	if err := checkPerson(p); err != nil {
		return p, "", err
	}
	if _, err := byLogin(ctx, tx, p.Login); err == nil {
		return p, "", problem.New(problem.Conflict, "The login %q is taken.", p.Login)
	} else if !problem.Is(err, problem.NotFound) {
		return p, "", err
	}
	p.ID, p.Created, p.Active, p.Version = db.NewID(s.now()), s.now(), true, 1
	if err := insertPerson(ctx, tx, p); err != nil {
		return p, "", err
	}
	secret, err := s.link(ctx, tx, p.ID, "invitation")
	if err != nil {
		return p, "", err
	}
	_, err = s.rec.Append(ctx, tx, record.Entry{Kind: "person.created", Subject: "person", SubjectID: p.ID, Data: map[string]any{"roles": p.Roles}, Personal: map[string]string{"login": p.Login, "name": p.Name}})
	return p, secret, err
}

// Renew makes a new one-time link for a person whose invitation ran out or who
// lost the passphrase. Using it sets a new passphrase and ends old sessions.
func (s *Service) Renew(ctx context.Context, tx *db.Tx, person string) (string, error) {
	p, err := GetPerson(ctx, tx, person)
	if err != nil {
		return "", err
	}
	if !p.Active {
		return "", problem.New(problem.Conflict, "The account is not active. Activate it first.")
	}
	secret, err := s.link(ctx, tx, p.ID, "invitation")
	if err != nil {
		return "", err
	}
	_, err = s.rec.Append(ctx, tx, record.Entry{Kind: "invitation.renewed", Subject: "person", SubjectID: p.ID})
	return secret, err
}

func checkPerson(p Person) error {
	var f []problem.Field
	if n := len(p.Login); n < 1 || n > 100 || strings.ContainsAny(p.Login, " \t\n<>\"") {
		f = append(f, problem.Field{Name: "login", Detail: "1 to 100 characters without spaces"})
	}
	if n := len(strings.TrimSpace(p.Name)); n < 1 || n > 200 {
		f = append(f, problem.Field{Name: "name", Detail: "1 to 200 characters"})
	}
	if _, err := mail.ParseAddress(p.Email); p.Email != "" && err != nil {
		f = append(f, problem.Field{Name: "email", Detail: "not an e-mail address"})
	}
	for _, r := range p.Roles {
		if !slices.Contains(Roles, r) {
			f = append(f, problem.Field{Name: "roles", Detail: "no such role: " + string(r)})
		}
	}
	if len(p.Roles) == 0 {
		f = append(f, problem.Field{Name: "roles", Detail: "at least one"})
	}
	if len(f) > 0 {
		return &problem.Error{Kind: problem.Invalid, Detail: "The person's data is not right: " + f[0].Name + ": " + f[0].Detail + ".", Fields: f}
	}
	return nil
}

// UpdatePerson changes roles, name, address and whether the account is active.
// Deactivating ends the person's sessions.
func (s *Service) UpdatePerson(ctx context.Context, tx *db.Tx, p Person) error {
	if err := checkPerson(p); err != nil {
		return err
	}
	if !p.Active || !slices.Contains(p.Roles, Administrator) {
		admins, err := PeopleWith(ctx, tx, Administrator)
		if err != nil {
			return err
		}
		if len(admins) == 1 && admins[0].ID == p.ID {
			return problem.New(problem.Conflict, "This is the last administrator. Give another person the role first.")
		}
	}
	if err := updatePerson(ctx, tx, p); err != nil {
		return err
	}
	if err := deleteSessionsOf(ctx, tx, p.ID); err != nil {
		return err
	}
	_, err := s.rec.Append(ctx, tx, record.Entry{Kind: "person.updated", Subject: "person", SubjectID: p.ID, Data: map[string]any{"roles": p.Roles, "active": p.Active}, Personal: map[string]string{"name": p.Name}})
	tx.OnCommit(s.forgetTokens)
	return err
}

func (s *Service) link(ctx context.Context, tx *db.Tx, person, purpose string) (string, error) {
	secret, now := NewSecret(), s.now()
	return secret, insertLink(ctx, tx, hashSecret(secret), person, purpose, now, now.Add(linkFor))
}

// SetupLink makes the link by which the first administrator's account is
// made; "" when the tenant has people already.
func (s *Service) SetupLink(ctx context.Context, t tenant.ID) (secret string, err error) {
	err = s.db.For(t, "system").Tx(ctx, func(tx *db.Tx) error {
		n, err := countPeople(ctx, tx)
		if err != nil || n > 0 {
			return err
		}
		secret, err = s.link(ctx, tx, "", "setup")
		return err
	})
	return secret, err
}

// Setup makes the first administrator, who also is analyst, responder and
// manager until others are there, and signs them in. after runs in the same
// transaction.
func (s *Service) Setup(ctx context.Context, secret string, p Person, passphrase, peer, agent string, after func(context.Context, *db.Tx, Person) error) (Session, error) {
	p.Roles = []Role{Administrator, Manager, Responder, Analyst}
	p.Login = strings.ToLower(strings.TrimSpace(p.Login))
	return s.redeem(ctx, secret, "setup", passphrase, peer, agent, func(tx *db.Tx, _ string) (Person, error) {
		if err := checkPerson(p); err != nil {
			return p, err
		}
		if n, err := countPeople(ctx, tx); err != nil || n > 0 {
			if err == nil {
				err = problem.New(problem.Gone, "The first administrator exists already. Sign in.")
			}
			return p, err
		}
		p.ID, p.Created, p.Active, p.Version = db.NewID(s.now()), s.now(), true, 1
		if err := insertPerson(ctx, tx, p); err != nil {
			return p, err
		}
		if _, err := s.rec.Append(ctx, tx.As(tx.Scope().Tenant, p.ID), record.Entry{Kind: "person.created", Subject: "person", SubjectID: p.ID, Data: map[string]any{"roles": p.Roles, "first": true}, Personal: map[string]string{"login": p.Login, "name": p.Name}}); err != nil {
			return p, err
		}
		return p, after(ctx, tx.As(tx.Scope().Tenant, p.ID), p)
	})
}

// Accept sets the passphrase of an invited person and signs them in.
func (s *Service) Accept(ctx context.Context, secret, passphrase, peer, agent string) (Session, error) {
	return s.redeem(ctx, secret, "invitation", passphrase, peer, agent, func(tx *db.Tx, person string) (Person, error) {
		p, err := GetPerson(ctx, tx, person)
		if err != nil || !p.Active {
			if err == nil {
				err = problem.New(problem.Gone, "This account is not active any more. Ask an administrator.")
			}
			return p, err
		}
		return p, deleteSessionsOf(ctx, tx, p.ID)
	})
}

func (s *Service) redeem(ctx context.Context, secret, purpose, passphrase, peer, agent string, who func(*db.Tx, string) (Person, error)) (Session, error) {
	if err := CheckPassphrase(passphrase); err != nil {
		return Session{}, err
	}
	gone := problem.New(problem.Gone, "This link has been used or has expired. Ask for a new one.")
	hash := hashSecret(secret)
	l, err := findLink(ctx, s.db.System("auth"), hash, purpose)
	if problem.Is(err, problem.NotFound) {
		return Session{}, gone
	}
	if err != nil {
		return Session{}, err
	}
	if !l.used.IsZero() || !s.now().Before(l.expires) {
		return Session{}, gone
	}
	s.hashing <- struct{}{}
	hashed := hashPassphrase(passphrase)
	<-s.hashing
	var p Person
	err = s.db.For(l.tenant, "system").Tx(ctx, func(tx *db.Tx) error {
		if n, err := useLink(ctx, tx, hash, s.now()); err != nil || n == 0 {
			if err == nil {
				err = gone
			}
			return err
		}
		if p, err = who(tx, l.person); err != nil {
			return err
		}
		if err := setCredential(ctx, tx, p.ID, hashed, s.now()); err != nil {
			return err
		}
		_, err := s.rec.Append(ctx, tx.As(l.tenant, p.ID), record.Entry{Kind: "passphrase.set", Subject: "person", SubjectID: p.ID})
		return err
	})
	if err != nil {
		return Session{}, err
	}
	return s.start(ctx, l.tenant, p, peer, agent)
}

// NewToken makes an API token; its secret is returned once.
func (s *Service) NewToken(ctx context.Context, tx *db.Tx, person, name string, scopes []string, lives time.Duration) (Token, string, error) {
	secret := "tcs_" + NewSecret()
	t, err := s.addToken(ctx, tx, person, name, scopes, lives, secret)
	return t, secret, err
}

func (s *Service) addToken(ctx context.Context, tx *db.Tx, person, name string, scopes []string, lives time.Duration, secret string) (Token, error) {
	if name = strings.TrimSpace(name); name == "" || len(name) > 100 {
		return Token{}, problem.New(problem.Invalid, "Give the token a name of at most 100 characters.")
	}
	if lives <= 0 || lives > 366*24*time.Hour {
		return Token{}, problem.New(problem.Invalid, "A token lives between one day and 366 days.")
	}
	for _, sc := range scopes {
		if source, ok := strings.CutPrefix(sc, "ingest:"); sc != "api" && sc != "read" && (!ok || source == "" || strings.Contains(source, ",")) {
			return Token{}, problem.New(problem.Invalid, "Scope %q is not known: use api, read or ingest:<source>.", sc)
		}
	}
	if len(scopes) == 0 {
		return Token{}, problem.New(problem.Invalid, "Name at least one scope: api, read or ingest:<source>.")
	}
	now := s.now()
	t := Token{ID: db.NewID(now), Person: person, Name: name, Scopes: scopes, Created: now, Expires: now.Add(lives)}
	if err := insertToken(ctx, tx, t, hashSecret(secret)); err != nil {
		return t, err
	}
	_, err := s.rec.Append(ctx, tx, record.Entry{Kind: "token.created", Subject: "token", SubjectID: t.ID, Data: map[string]any{"name": name, "scopes": scopes, "expires": t.Expires}})
	return t, err
}

// RevokeToken ends a token; onlyOf, when not "", must be its person.
func (s *Service) RevokeToken(ctx context.Context, tx *db.Tx, id, onlyOf string) error {
	n, err := revokeToken(ctx, tx, id, onlyOf, s.now())
	if err != nil {
		return err
	}
	if n == 0 {
		return problem.New(problem.NotFound, "No such token.")
	}
	tx.OnCommit(s.forgetTokens)
	_, err = s.rec.Append(ctx, tx, record.Entry{Kind: "token.revoked", Subject: "token", SubjectID: id})
	return err
}

// Bootstrap makes, on the first start of a container or a test, an
// administrator whose only credential is the given API token.
func (s *Service) Bootstrap(ctx context.Context, t tenant.ID, secret string, after func(context.Context, *db.Tx, Person) error) error {
	if len(secret) < 16 {
		return problem.New(problem.Invalid, "TOCSIN_BOOTSTRAP_TOKEN must have at least 16 characters.")
	}
	return s.db.For(t, "system").Tx(ctx, func(tx *db.Tx) error {
		n, err := countPeople(ctx, tx)
		if err != nil || n > 0 {
			return err
		}
		p := Person{ID: db.NewID(s.now()), Login: "admin", Name: "First administrator", Roles: []Role{Administrator, Manager, Responder, Analyst}, Created: s.now(), Active: true, Version: 1}
		if err := insertPerson(ctx, tx, p); err != nil {
			return err
		}
		as := tx.As(t, p.ID)
		if _, err := s.rec.Append(ctx, as, record.Entry{Kind: "person.created", Subject: "person", SubjectID: p.ID, Data: map[string]any{"roles": p.Roles, "first": true, "bootstrap": true}}); err != nil {
			return err
		}
		if _, err := s.addToken(ctx, as, p.ID, "bootstrap", []string{"api", "ingest:*"}, 365*24*time.Hour, secret); err != nil {
			return err
		}
		return after(ctx, as, p)
	})
}

// Sweep removes what has expired.
func (s *Service) Sweep(ctx context.Context) error {
	s.mu.Lock()
	for k, times := range s.failures {
		if len(recent(times, s.now())) == 0 {
			delete(s.failures, k)
		}
	}
	s.mu.Unlock()
	return s.db.System("auth").Tx(ctx, func(tx *db.Tx) error { return sweep(ctx, tx, s.now()) })
}

func recent(times []time.Time, now time.Time) []time.Time {
	i := 0
	for i < len(times) && now.Sub(times[i]) > failureWindow {
		i++
	}
	return times[i:]
}

func (s *Service) blocked(keys []string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var wait time.Duration
	for _, k := range keys {
		if r := recent(s.failures[k], s.now()); len(r) >= maxFailures {
			wait = max(wait, failureWindow-s.now().Sub(r[0]))
		}
	}
	return wait
}

func (s *Service) fail(keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		if len(s.failures) < 100_000 {
			s.failures[k] = append(recent(s.failures[k], s.now()), s.now())
		}
	}
}

func (s *Service) forget(keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		delete(s.failures, k)
	}
}

func (s *Service) forgetTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}
