package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/api"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/knowledge"
	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Work packages do not import each other: each names what it needs in one or
// two methods, and the small types here connect them.

// follow is the case's side of the feed: what others recorded becomes work.
func follow(ctx context.Context, tx *db.Tx, work *cases.Service, r record.Row) error {
	switch r.Kind {
	case "alert.raised":
		return work.FromAlert(ctx, tx, r.SubjectID)
	case "alert.cleared":
		return work.FromCleared(ctx, tx, r.SubjectID)
	case "escalation.acknowledged":
		var d struct {
			By string `json:"by"`
		}
		if err := json.Unmarshal(r.Data, &d); err != nil {
			return err
		}
		return work.Acknowledged(ctx, tx, r.SubjectID, d.By)
	}
	return nil
}

type pager struct{ o *oncall.Service }

func (p pager) Start(ctx context.Context, tx *db.Tx, c cases.Page) error {
	_, err := p.o.Start(ctx, tx, oncall.Case{ID: c.CaseID, Number: c.Label, Title: c.Title, Level: c.Level, Summary: c.Summary, Exercise: c.Exercise, Participants: c.Participants})
	return err
}

func (p pager) End(ctx context.Context, tx *db.Tx, caseID, reason string) error {
	return p.o.End(ctx, tx, caseID, reason)
}

type pageOutbox struct{ n *notify.Service }

func (o pageOutbox) Queue(ctx context.Context, tx *db.Tx, p oncall.Page) (string, error) {
	return o.n.Queue(ctx, tx, notify.Message(p))
}
func (o pageOutbox) CancelRun(ctx context.Context, tx *db.Tx, run string) error {
	return o.n.CancelRun(ctx, tx, run)
}
func (o pageOutbox) Quiesce(run string) func() { return o.n.Quiesce(run) }
func (o pageOutbox) Live(ctx context.Context, q db.Querier, run string, since time.Time) (int, error) {
	return o.n.Live(ctx, q, run, since)
}

// hush keeps a case's pages from leaving while a transaction that may end them runs.
func hush(store *db.DB, n *notify.Service) func(context.Context, tenant.ID, string) (func(), error) {
	return func(ctx context.Context, t tenant.ID, caseID string) (func(), error) {
		runs, err := oncall.Runs(ctx, store.For(t, "system"), oncall.RunFilter{CaseID: caseID, State: oncall.Running, Limit: 10})
		if err != nil {
			return nil, err
		}
		var release []func()
		for _, r := range runs {
			release = append(release, n.Quiesce(r.ID))
		}
		return func() {
			for _, f := range release {
				f()
			}
		}, nil
	}
}

type roster struct{}

func (roster) Active(ctx context.Context, q db.Querier, person string) (bool, error) {
	p, err := auth.GetPerson(ctx, q, person)
	if problem.Is(err, problem.NotFound) {
		return false, nil
	}
	return p.Active, err
}

func (roster) Managers(ctx context.Context, q db.Querier) ([]string, error) {
	ps, err := auth.PeopleWith(ctx, q, auth.Manager)
	var ids []string
	for _, p := range ps {
		ids = append(ids, p.ID)
	}
	return ids, err
}

// addressBook finds where a message goes.
type addressBook struct {
	store    *db.DB
	contacts *oncall.Service
}

func (b *addressBook) Address(ctx context.Context, t tenant.ID, kind, recipient string) (string, string, error) {
	switch kind {
	case "person":
		found, err := colleagues{}.Addresses(ctx, b.store.For(t, "system"), []string{recipient})
		if err == nil && found[recipient] == "" {
			err = problem.New(problem.NotFound, "This person has no account with a mail address any more.")
		}
		return "email", found[recipient], err
	case "report":
	default:
		return b.contacts.Address(ctx, t, kind, recipient)
	}
	r, err := cases.GetReport(ctx, b.store.For(t, "system"), recipient)
	return "email", r.Email, err
}

// trackingLinks makes the secret of a reporter's tracking page from the
// report's id, so that every message can hold the link and nothing stores it.
type trackingLinks struct {
	key  []byte
	base string
}

func (l trackingLinks) secret(report string) string {
	m := hmac.New(sha256.New, l.key)
	m.Write([]byte("tocsin tracking\x00" + report))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:24])
}

type messenger struct {
	n     *notify.Service
	links trackingLinks
}

func (m messenger) Tell(ctx context.Context, tx *db.Tx, r cases.Report, caseID, exercise, subject, body string) error {
	_, err := m.n.Queue(ctx, tx, notify.Message{Kind: notify.KindReporter, Channel: "email", Recipient: r.ID, RecipientKind: "report", CaseID: caseID, Exercise: exercise, Subject: subject, Body: body, Link: m.links.base + "/track/" + m.links.secret(r.ID), Priority: 2})
	return err
}

// alertFacts translates alerts into what a case looks at.
type alertFacts struct{ s *alert.Service }

func (f alertFacts) Facts(ctx context.Context, q db.Querier, id string) (cases.AlertFacts, error) {
	a, err := alert.Get(ctx, q, id)
	if err != nil {
		return cases.AlertFacts{}, err
	}
	x := a.Facts
	out := cases.AlertFacts{
		ID: a.ID, Fingerprint: a.Fingerprint, Kind: a.Kind, Rule: a.Rule, Title: a.Title, Level: level(a.Severity), Summary: a.Summary, Exercise: a.Exercise,
		Tags: x.Tags, Type: x.Type, Intent: x.Intent, Impact: x.Impact, Urgency: x.Urgency, Count: int(a.Count), Proof: x.Proof, Lasting: x.State == "open",
		Effects: classify.Axes{Confidentiality: x.Effects["confidentiality"], Integrity: x.Effects["integrity"], Availability: x.Effects["availability"]},
		First:   a.First, Last: a.Last, Cleared: a.Cleared,
	}
	for _, d := range x.Dedup {
		if d.Value != "" {
			out.Dedup = append(out.Dedup, d.Name+" "+d.Value)
		}
	}
	for _, e := range x.Entities {
		out.Entities = append(out.Entities, cases.Entity{Kind: e.Kind, Value: e.Value})
		if e.Kind == "service" && out.Service == "" {
			out.Service = e.Value
		}
	}
	return out, nil
}

func level(s event.Severity) string {
	if s >= event.Critical {
		return "critical"
	}
	if s == event.SeverityUnknown {
		return ""
	}
	return s.String()
}

func (f alertFacts) Recent(ctx context.Context, q db.Querier, fingerprint string, since time.Time) (int, int, error) {
	return alert.Recent(ctx, q, fingerprint, since)
}

func (f alertFacts) Settle(ctx context.Context, tx *db.Tx, ids []string) error {
	return f.s.Settle(ctx, tx, ids)
}

type articleMaker struct{ k *knowledge.Service }

// FromCase keeps the solution of a closed case. A case that was closed before,
// reopened and closed again gets a further article beside the first.
func (m articleMaker) FromCase(ctx context.Context, tx *db.Tx, c *cases.Case) error {
	_, err := m.k.Create(ctx, tx, knowledge.Draft{
		Text:   knowledge.Text{Title: c.Title, Type: c.Type, Symptoms: c.Detail.Summary, Cause: c.Detail.Cause, Solution: c.Detail.Solution},
		CaseID: c.ID, Rule: c.Detail.Rule, RuleTitle: c.Detail.Facts.Rule.Title, Exercise: c.Exercise,
	})
	return err
}

// authorizeSource lets a token send to its sources. The router has found the actor.
func authorizeSource(r *http.Request, source string) (tenant.ID, error) {
	a := auth.From(r.Context())
	if a == nil || !a.MayIngest(source) {
		return 0, problem.New(problem.Denied, "This token may not send to the source %q. Make one with the scope ingest:%s.", source, source)
	}
	return a.Tenant, nil
}

// onlyLocalOrSignedIn keeps figures from strangers: a scraper on this machine
// or one with a token sees them.
func onlyLocalOrSignedIn(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		ip := net.ParseIP(host)
		local := ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == ""
		if !local && !auth.From(r.Context()).Can(auth.StatusRead) {
			http.Error(w, "Metrics are for this machine, or for a token that may read the status.", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// keepAnswersFor is how long a repeated request gets its first answer.
const keepAnswersFor = 48 * time.Hour

func sweeper(people *auth.Service, store *db.DB, now func() time.Time) func(context.Context) error {
	return func(ctx context.Context) error {
		t := time.NewTicker(10 * time.Minute)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-t.C:
				if err := people.Sweep(ctx); err != nil {
					return fmt.Errorf("sweep sessions: %w", err)
				}
				err := store.System("sweeper").TxBulk(ctx, func(tx *db.Tx) error { return api.SweepAnswers(ctx, tx, now().Add(-keepAnswersFor)) })
				if err != nil {
					return fmt.Errorf("sweep kept answers: %w", err)
				}
			}
		}
	}
}
