// Package auth knows who acts and what they may do: people with roles,
// passphrases (argon2id), sessions, API tokens, one-time links. Requests carry
// an Actor in their context; the API asks it for one permission a route.
//
// Secrets are stored as hashes only. Names and addresses are personal data and
// stand in tables of their own. A wrong login costs time and is counted; it
// never says which part was wrong.
package auth

import (
	"context"
	"slices"

	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Role is what a person is to the organisation's incident management.
type Role string

// The roles. A person may have several.
const (
	Reporter      Role = "reporter"      // reports, follows own reports
	Analyst       Role = "analyst"       // assesses, classifies
	Responder     Role = "responder"     // handles, is on call
	Manager       Role = "manager"       // decides, reviews, assigns, closes what is serious
	Auditor       Role = "auditor"       // reads everything, changes nothing
	Administrator Role = "administrator" // configures; reads cases only with another role
)

// Roles lists all roles.
var Roles = []Role{Reporter, Analyst, Responder, Manager, Auditor, Administrator}

// Permission is what a route asks for.
type Permission string

// The permissions.
const (
	CasesRead      Permission = "cases.read"
	CasesWrite     Permission = "cases.write"
	CasesManage    Permission = "cases.manage"
	EventsRead     Permission = "events.read"
	AlertsRead     Permission = "alerts.read"
	DetectionWrite Permission = "detection.write" // rules, packs, filters, back-tests
	OncallRead     Permission = "oncall.read"
	OncallWrite    Permission = "oncall.write"
	KnowledgeRead  Permission = "knowledge.read"
	KnowledgeWrite Permission = "knowledge.write"
	PeopleRead     Permission = "people.read"
	PeopleAdmin    Permission = "people.admin"
	TokensOwn      Permission = "tokens.own"
	TokensAdmin    Permission = "tokens.admin"
	SourcesRead    Permission = "sources.read"
	SourcesAdmin   Permission = "sources.admin"
	RetentionRead  Permission = "retention.read"
	RetentionAdmin Permission = "retention.admin" // classes, holds, approvals, segments
	PolicyRead     Permission = "policy.read"
	PolicyAdmin    Permission = "policy.admin"
	RecordRead     Permission = "record.read"
	ExercisesRun   Permission = "exercises.run"
	StatusRead     Permission = "status.read"
	SignedIn       Permission = "signed-in" // any role
	Public         Permission = "public"    // nobody needs to be signed in
	Ingest         Permission = "ingest"    // tokens of a source
)

var reading = []Permission{CasesRead, EventsRead, AlertsRead, OncallRead, KnowledgeRead, PeopleRead, SourcesRead, RetentionRead, PolicyRead, StatusRead}

// Grants is what each role may do.
var Grants = map[Role][]Permission{
	Reporter:      {SignedIn},
	Analyst:       append([]Permission{SignedIn, TokensOwn, CasesWrite, DetectionWrite, KnowledgeWrite, ExercisesRun}, reading...),
	Responder:     append([]Permission{SignedIn, TokensOwn, CasesWrite, OncallWrite, KnowledgeWrite, ExercisesRun}, reading...),
	Manager:       append([]Permission{SignedIn, TokensOwn, CasesWrite, CasesManage, DetectionWrite, OncallWrite, KnowledgeWrite, PolicyAdmin, RetentionAdmin, RecordRead, ExercisesRun}, reading...),
	Auditor:       append([]Permission{SignedIn, RecordRead}, reading...),
	Administrator: {SignedIn, TokensOwn, TokensAdmin, DetectionWrite, PeopleRead, PeopleAdmin, SourcesRead, SourcesAdmin, RetentionRead, RetentionAdmin, PolicyRead, PolicyAdmin, OncallRead, OncallWrite, AlertsRead, RecordRead, ExercisesRun, StatusRead},
}

// Actor is who acts in a request.
type Actor struct {
	Tenant tenant.ID
	Person string
	Token  string // id of the API token, "" for a session
	Roles  []Role
	// Scopes limit a token: "api" is all that its person may do, "read" what of
	// that only reads, "ingest:<source>" only sending to that source.
	Scopes  []string
	CSRF    string // of the session
	session string // hash of the session
}

// ID is how the actor is named in the record.
func (a *Actor) ID() string { return a.Person }

// Can reports whether the actor has a permission.
func (a *Actor) Can(p Permission) bool {
	if a == nil {
		return p == Public
	}
	if a.Token != "" && !slices.Contains(a.Scopes, "api") && !(slices.Contains(a.Scopes, "read") && readOnly(p)) {
		return false
	}
	for _, r := range a.Roles {
		if slices.Contains(Grants[r], p) {
			return true
		}
	}
	return p == Public
}

// MayChange reports whether the actor may change anything: a session, or a
// token with the scope api.
func (a *Actor) MayChange() bool {
	return a != nil && (a.Token == "" || slices.Contains(a.Scopes, "api"))
}

func readOnly(p Permission) bool {
	return slices.Contains(reading, p) || p == RecordRead || p == SignedIn
}

// Permissions lists what the actor may do, sorted.
func (a *Actor) Permissions() []Permission {
	var out []Permission
	for _, g := range Grants {
		for _, p := range g {
			if a.Can(p) && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return out
}

// MayIngest reports whether a token may send to a source.
func (a *Actor) MayIngest(source string) bool {
	return a.Token != "" && (slices.Contains(a.Scopes, "ingest:"+source) || slices.Contains(a.Scopes, "ingest:*") || slices.Contains(a.Scopes, "api") && a.Can(SourcesAdmin))
}

type contextKey struct{}

// With returns a context that carries the actor.
func With(ctx context.Context, a *Actor) context.Context {
	return context.WithValue(ctx, contextKey{}, a)
}

// From returns the actor of a context, nil when nobody is signed in.
func From(ctx context.Context) *Actor {
	a, _ := ctx.Value(contextKey{}).(*Actor)
	return a
}
