package api_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/knowledge"
	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// world makes things in one tenant, through the services behind the API.
type world struct {
	t      testing.TB
	s      *apptest.Server
	tenant tenant.ID
	person string // who acts: has every role but reporter and auditor
	n      int
	lines  uint64 // batches that append made
}

var everyRole = []auth.Role{auth.Administrator, auth.Manager, auth.Responder, auth.Analyst}

func firstWorld(t testing.TB, s *apptest.Server) *world {
	return &world{t: t, s: s, tenant: tenant.Default, person: s.Admin.Person}
}

// secondWorld is another tenant with a person of its own, signed in.
func secondWorld(t testing.TB, s *apptest.Server) (*world, *apptest.Client) {
	t.Helper()
	w := &world{t: t, s: s, tenant: 2}
	err := s.Parts.DB.System("test").Tx(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO tenant (tenant, name, created) VALUES (2, 'other', 0)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var secret string
	w.tx(func(ctx context.Context, tx *db.Tx) error {
		p, invitation, err := s.Parts.Auth.Invite(ctx, tx, auth.Person{Login: "other", Name: "Other Person", Roles: everyRole})
		w.person, secret = p.ID, invitation
		if err != nil {
			return err
		}
		return s.Parts.Oncall.EnsureDefaults(ctx, tx, p.ID)
	})
	session, err := s.Parts.Auth.Accept(t.Context(), secret, apptest.Passphrase, "127.0.0.1", "test")
	if err != nil {
		t.Fatal(err)
	}
	return w, s.WithCookie(t, session.Secret, session.Actor.CSRF)
}

func (w *world) handle() *db.Handle { return w.s.Parts.DB.For(w.tenant, w.person) }

func (w *world) tx(fn func(context.Context, *db.Tx) error) {
	w.t.Helper()
	if err := w.handle().Tx(w.t.Context(), func(tx *db.Tx) error { return fn(w.t.Context(), tx) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) name(what string) string {
	w.n++
	return fmt.Sprintf("%s-%d-%d", what, w.tenant, w.n)
}

// caseAt makes a case and brings it to a state.
func (w *world) caseAt(state cases.State) (c cases.Case) {
	w.t.Helper()
	work := w.s.Parts.Cases
	zero := 0.0
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = work.OpenByHand(ctx, tx, w.name("case"), "made for a test", ""); err != nil || state == cases.Reported {
			return err
		}
		if c, err = work.Acknowledge(ctx, tx, c.ID, c.Version); err != nil || state == cases.Assessing {
			return err
		}
		d := cases.Decision{Assessment: cases.Assessment{Decision: classify.Incident, Type: "availability/outage", Impact: 2, Urgency: 2, Reason: "a good enough reason"}, Track: classify.Formal}
		if c, err = work.Classify(ctx, tx, c.ID, c.Version, true, d); err != nil || state == cases.Classified {
			return err
		}
		if c, err = work.Handle(ctx, tx, c.ID, c.Version, "alone", ""); err != nil {
			return err
		}
		if _, err = work.AddAction(ctx, tx, c.ID, cases.Action{Phase: "contain", What: "pulled the plug", State: "done", Result: "it is off"}); err != nil || state == cases.Handling {
			return err
		}
		if c, err = work.Resolve(ctx, tx, c.ID, c.Version, "a worn cable", "a new cable", true); err != nil || state == cases.Resolved {
			return err
		}
		c, err = work.Close(ctx, tx, c.ID, c.Version, true, cases.Closing{Statement: "all is well", BusinessImpact: "none", Lessons: "keep spares", CostHours: &zero, CostMoney: &zero, Currency: "EUR", RecoveryVerified: true})
		return err
	})
	return c
}

// provisional makes a case that the policy has decided.
func (w *world) provisional() (c cases.Case) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		c, _, err = w.s.Parts.Cases.FromReport(ctx, tx, cases.NewReport{Kind: "weakness", Channel: "portal", What: "The side door does not lock."})
		return err
	})
	if c.Decision == "" {
		w.t.Fatal("the shipped policy leaves a reported weakness undecided")
	}
	return c
}

// reported makes a case by a person's report and returns the report and the
// secret of its tracking link.
func (w *world) reported(email string) (c cases.Case, report, secret string) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		c, secret, err = w.s.Parts.Cases.FromReport(ctx, tx, cases.NewReport{Kind: "event", Channel: "portal", Name: "Rita", Email: email, What: "My screen shows odd things."})
		return err
	})
	rs, err := cases.ReportsOf(w.t.Context(), w.handle(), c.ID)
	if err != nil || len(rs) != 1 {
		w.t.Fatalf("%d reports, %v", len(rs), err)
	}
	return c, rs[0].ID, secret
}

func (w *world) run() (run string, c cases.Case) {
	w.t.Helper()
	c = w.caseAt(cases.Reported)
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		run, err = w.s.Parts.Oncall.Start(ctx, tx, oncall.Case{ID: c.ID, Number: c.Label(), Title: c.Title})
		return err
	})
	return run, c
}

// ackToken makes what a page's link ends with.
func (w *world) ackToken(run string, at time.Time) string {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.s.Dir, "keys", "links.key"))
	if err != nil {
		w.t.Fatal(err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil {
		w.t.Fatal(err)
	}
	_, token, _ := strings.Cut(oncall.Links{Key: key}.Sign(w.tenant, run, w.person, at), "/ack/")
	return token
}

func (w *world) contact() (c oncall.Contact) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = w.s.Parts.Oncall.AddContact(ctx, tx, w.person, "webhook", "https://example.invalid/"+w.name("hook"))
		return err
	})
	return c
}

func (w *world) article() (a knowledge.Article) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		a, err = w.s.Parts.Knowledge.Create(ctx, tx, knowledge.Draft{Text: knowledge.Text{Title: w.name("article"), Symptoms: "noise", Cause: "dust", Solution: "cleaning"}})
		return err
	})
	return a
}

func (w *world) schedule() (sc oncall.Schedule) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		sc, err = w.s.Parts.Oncall.CreateSchedule(ctx, tx, oncall.Schedule{Name: w.name("schedule"), Rotation: oncall.Rotation{People: []string{w.person}, Shift: oncall.Weekly, Length: 1, Start: time.Now().UTC().Truncate(time.Hour), Zone: "UTC"}})
		return err
	})
	return sc
}

func (w *world) exercise() (x cases.Exercise) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		x, err = w.s.Parts.Cases.StartExercise(ctx, tx, "drill", "ssh-bruteforce", "hash")
		return err
	})
	return x
}

func (w *world) token() (t auth.Token, secret string) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		t, secret, err = w.s.Parts.Auth.NewToken(ctx, tx, w.person, w.name("token"), []string{"api"}, time.Hour)
		return err
	})
	return t, secret
}

// invited makes a person who has an invitation.
func (w *world) invited() (p auth.Person, secret string) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		p, secret, err = w.s.Parts.Auth.Invite(ctx, tx, auth.Person{Login: w.name("login"), Name: "Invited Person", Roles: []auth.Role{auth.Analyst}})
		return err
	})
	return p, secret
}
