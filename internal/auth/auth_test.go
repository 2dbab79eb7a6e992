package auth_test

import (
	"context"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
)

type bench struct {
	*testing.T
	d   *db.DB
	s   *auth.Service
	now time.Time
}

func each(t *testing.T, test func(*bench)) {
	dbtest.Both(t, func(t *testing.T, d *db.DB) {
		b := &bench{T: t, d: d, now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)}
		now := func() time.Time { return b.now }
		b.s = auth.New(d, record.New(d, now), now)
		test(b)
	})
}

func none(context.Context, *db.Tx, auth.Person) error { return nil }

const phrase = "correct horse battery"

func (b *bench) setup() auth.Session {
	b.Helper()
	secret, err := b.s.SetupLink(b.Context(), 1)
	if err != nil || secret == "" {
		b.Fatalf("setup link: %q, %v", secret, err)
	}
	s, err := b.s.Setup(b.Context(), secret, auth.Person{Login: "Ann", Name: "Ann", Email: "ann@example.org"}, phrase, "127.0.0.1", "test", none)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func (b *bench) kind(err error, want problem.Kind) {
	b.Helper()
	if problem.KindOf(err) != want {
		b.Errorf("%v is %q, want %q", err, problem.KindOf(err), want)
	}
}

func TestFirstAdministrator(t *testing.T) {
	each(t, func(b *bench) {
		_, err := b.s.Setup(b.Context(), "wrong", auth.Person{Login: "x", Name: "x"}, phrase, "", "", none)
		b.kind(err, problem.Gone)
		secret, _ := b.s.SetupLink(b.Context(), 1)
		_, err = b.s.Setup(b.Context(), secret, auth.Person{Login: "x", Name: "x"}, "short", "", "", none)
		b.kind(err, problem.Invalid)
		first := b.setup()
		if !first.Actor.Can(auth.PeopleAdmin) || !first.Actor.Can(auth.CasesManage) {
			b.Error("the first administrator cannot work")
		}
		_, err = b.s.Setup(b.Context(), secret, auth.Person{Login: "y", Name: "y"}, phrase, "", "", none)
		b.kind(err, problem.Gone)
		if s, err := b.s.SetupLink(b.Context(), 1); s != "" || err != nil {
			b.Errorf("a second setup link: %q, %v", s, err)
		}
	})
}

func TestSessions(t *testing.T) {
	each(t, func(b *bench) {
		b.setup()
		s, err := b.s.Login(b.Context(), 1, " ANN ", phrase, "127.0.0.1", "test")
		if err != nil {
			b.Fatal(err)
		}
		a, err := b.s.SessionActor(b.Context(), s.Secret)
		if err != nil || a.Person != s.Actor.Person || a.CSRF == "" {
			b.Fatalf("%+v, %v", a, err)
		}
		_, err = b.s.Login(b.Context(), 2, "ann", phrase, "127.0.0.1", "test")
		b.kind(err, problem.Unauthorized)
		if err := b.s.Logout(b.Context(), a); err != nil {
			b.Fatal(err)
		}
		_, err = b.s.SessionActor(b.Context(), s.Secret)
		b.kind(err, problem.Unauthorized)
		s, _ = b.s.Login(b.Context(), 1, "ann", phrase, "127.0.0.1", "test")
		b.now = b.now.Add(13 * time.Hour)
		_, err = b.s.SessionActor(b.Context(), s.Secret)
		b.kind(err, problem.Unauthorized)
		if err := b.s.Sweep(b.Context()); err != nil {
			b.Error(err)
		}
	})
}

func TestWrongLoginsAreSlowedDown(t *testing.T) {
	each(t, func(b *bench) {
		b.setup()
		for range 10 {
			_, err := b.s.Login(b.Context(), 1, "ann", "wrong wrong wrong", "192.0.2.1", "")
			b.kind(err, problem.Unauthorized)
		}
		_, err := b.s.Login(b.Context(), 1, "ann", phrase, "192.0.2.2", "")
		b.kind(err, problem.TooMany)
		_, err = b.s.Login(b.Context(), 1, "nobody", phrase, "192.0.2.1", "")
		b.kind(err, problem.TooMany)
		b.now = b.now.Add(11 * time.Minute)
		_, err = b.s.Login(b.Context(), 1, "ann", phrase, "192.0.2.1", "")
		b.kind(err, "")
	})
}

func TestInvitationsAndTheLastAdministrator(t *testing.T) {
	each(t, func(b *bench) {
		first := b.setup()
		h := b.d.For(1, first.Actor.Person)
		var bob auth.Person
		var secret string
		err := h.Tx(b.Context(), func(tx *db.Tx) (err error) {
			bob, secret, err = b.s.Invite(b.Context(), tx, auth.Person{Login: "bob", Name: "Bob", Roles: []auth.Role{auth.Analyst}})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		_, err = b.s.Login(b.Context(), 1, "bob", phrase, "", "")
		b.kind(err, problem.Unauthorized)
		s, err := b.s.Accept(b.Context(), secret, phrase, "", "")
		if err != nil || s.Actor.Can(auth.PeopleAdmin) || !s.Actor.Can(auth.CasesWrite) {
			b.Fatalf("%+v, %v", s.Actor, err)
		}
		_, err = b.s.Accept(b.Context(), secret, phrase, "", "")
		b.kind(err, problem.Gone)
		var again string
		if err := h.Tx(b.Context(), func(tx *db.Tx) (err error) { again, err = b.s.Renew(b.Context(), tx, bob.ID); return err }); err != nil {
			b.Fatal(err)
		}
		const other = "another long passphrase"
		renewed, err := b.s.Accept(b.Context(), again, other, "", "")
		if err != nil {
			b.Fatal(err)
		}
		_, err = b.s.SessionActor(b.Context(), s.Secret)
		b.kind(err, problem.Unauthorized)
		_, err = b.s.Login(b.Context(), 1, "bob", phrase, "192.0.2.9", "")
		b.kind(err, problem.Unauthorized)
		s = renewed
		change := func(p auth.Person) error {
			return h.Tx(b.Context(), func(tx *db.Tx) error { return b.s.UpdatePerson(b.Context(), tx, p) })
		}
		ann, _ := auth.GetPerson(b.Context(), h, first.Actor.Person)
		ann.Roles = []auth.Role{auth.Analyst}
		b.kind(change(ann), problem.Conflict)
		bob.Active = false
		b.kind(change(bob), "")
		b.kind(change(bob), problem.Stale)
		_, err = b.s.SessionActor(b.Context(), s.Secret)
		b.kind(err, problem.Unauthorized)
	})
}

func TestTokens(t *testing.T) {
	each(t, func(b *bench) {
		if err := b.s.Bootstrap(b.Context(), 1, "0123456789abcdef", none); err != nil {
			b.Fatal(err)
		}
		boot, err := b.s.TokenActor(b.Context(), "0123456789abcdef")
		if err != nil || !boot.Can(auth.PeopleAdmin) || !boot.MayIngest("anything") {
			b.Fatalf("%+v, %v", boot, err)
		}
		h := b.d.For(1, boot.Person)
		make := func(scopes ...string) (tok auth.Token, secret string) {
			err := h.Tx(b.Context(), func(tx *db.Tx) (err error) {
				tok, secret, err = b.s.NewToken(b.Context(), tx, boot.Person, "t", scopes, 24*time.Hour)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			return tok, secret
		}
		tok, secret := make("ingest:web")
		a, err := b.s.TokenActor(b.Context(), secret)
		if err != nil || a.Can(auth.CasesRead) || !a.MayIngest("web") || a.MayIngest("db") {
			b.Errorf("ingest token: %+v, %v", a, err)
		}
		_, reading := make("read")
		if a, err := b.s.TokenActor(b.Context(), reading); err != nil || !a.Can(auth.CasesRead) || a.Can(auth.CasesWrite) || a.MayIngest("web") {
			b.Errorf("reading token: %+v, %v", a, err)
		}
		if err := h.Tx(b.Context(), func(tx *db.Tx) error { return b.s.RevokeToken(b.Context(), tx, tok.ID, "") }); err != nil {
			b.Fatal(err)
		}
		_, err = b.s.TokenActor(b.Context(), secret)
		b.kind(err, problem.Unauthorized)
		b.now = b.now.Add(25 * time.Hour)
		_, err = b.s.TokenActor(b.Context(), reading)
		b.kind(err, problem.Unauthorized)
	})
}

func TestWhatEachRoleMayNotDo(t *testing.T) {
	f := func(r auth.Role, never ...auth.Permission) {
		t.Helper()
		a := &auth.Actor{Tenant: 1, Person: "p", Roles: []auth.Role{r}}
		for _, p := range never {
			if a.Can(p) {
				t.Errorf("%s can %s", r, p)
			}
		}
	}
	f(auth.Reporter, auth.CasesRead, auth.EventsRead, auth.PeopleRead, auth.RecordRead, auth.TokensOwn)
	f(auth.Auditor, auth.CasesWrite, auth.CasesManage, auth.OncallWrite, auth.KnowledgeWrite, auth.PeopleAdmin, auth.PolicyAdmin, auth.SourcesAdmin, auth.RetentionAdmin, auth.ExercisesRun)
	f(auth.Administrator, auth.CasesRead, auth.CasesWrite, auth.EventsRead)
	f(auth.Responder, auth.RetentionAdmin)
	f(auth.Analyst, auth.RetentionAdmin, auth.CasesManage, auth.PeopleAdmin, auth.PolicyAdmin, auth.RecordRead)
}
