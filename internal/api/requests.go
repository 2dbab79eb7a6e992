package api

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

func operationsOf(p *huma.PathItem) []*huma.Operation {
	var out []*huma.Operation
	for _, o := range []*huma.Operation{p.Get, p.Post, p.Put, p.Patch, p.Delete} {
		if o != nil {
			out = append(out, o)
		}
	}
	return out
}

// body wraps what an operation answers.
type body[T any] struct {
	ETag string `header:"ETag" doc:"The version, for If-Match, of what has one."`
	Body T
}

// versioned is what changes under If-Match.
type versioned interface{ etag() int64 }

func (v CaseView) etag() int64       { return v.Version }
func (d caseDetail) etag() int64     { return d.Case.Version }
func (v noteView) etag() int64       { return v.Version }
func (v actionView) etag() int64     { return v.Version }
func (v personDetail) etag() int64   { return v.Version }
func (v scheduleView) etag() int64   { return v.Version }
func (v escalationView) etag() int64 { return v.Version }
func (v articleView) etag() int64    { return v.Version }

func answer[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	out := &body[T]{Body: v}
	if x, ok := any(v).(versioned); ok {
		out.ETag = `"` + strconv.FormatInt(x.etag(), 10) + `"`
	}
	return out, nil
}

// list is a page of a listing.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next" doc:"Cursor of the next page; empty on the last."`
}

// items makes a listing of one page, never null.
func items[T any](v []T, err error) (*body[list[T]], error) {
	if err != nil {
		return nil, err
	}
	if v == nil {
		v = []T{}
	}
	return &body[list[T]]{Body: list[T]{Items: v}}, nil
}

type none struct{}

type ByID struct {
	ID string `path:"id" maxLength:"64"`
}

type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50"`
	Cursor string `query:"cursor" maxLength:"400"`
}

type IfMatchVersion struct {
	IfMatch string `header:"If-Match" doc:"The version that the change is made to, as \"7\"."`
}

// version reads If-Match.
func (m IfMatchVersion) version() (int64, error) {
	text := strings.Trim(strings.TrimPrefix(m.IfMatch, "W/"), `"`)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, problem.New(problem.Invalid, "Send the version that you change in If-Match, such as \"3\".")
	}
	return n, nil
}

// shown is a time as the API shows it: RFC 3339 in UTC, "" when unset.
func shown(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func shownNanos(ns int64) string {
	if ns == 0 {
		return ""
	}
	return shown(time.Unix(0, ns))
}

func parseTime(name, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return t, &problem.Error{Kind: problem.Invalid, Detail: name + " must be a time such as 2026-11-22T08:00:00Z.", Fields: []problem.Field{{Name: name, Detail: "not RFC 3339"}}}
	}
	return t, nil
}

// cursor packs where a listing stopped. It is no secret, only opaque.
func cursor(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\x00")))
}

func openCursor(c string, n int) ([]string, error) {
	if c == "" {
		return make([]string, n), nil
	}
	b, err := base64.RawURLEncoding.DecodeString(c)
	parts := strings.Split(string(b), "\x00")
	if err != nil || len(parts) != n {
		return nil, problem.New(problem.Invalid, "The cursor is not one of ours. Begin the listing anew.")
	}
	return parts, nil
}

func atoi(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// PersonRef names a person.
type PersonRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// names resolves actors of one request to people's names.
type names struct{ known map[string]string }

func (s *Server) names(ctx context.Context, q db.Querier) (names, error) {
	people, err := auth.People(ctx, q)
	n := names{map[string]string{}}
	for _, p := range people {
		n.known[p.ID] = p.Name
	}
	return n, err
}

// machines are actors that are no people.
var machines = map[string]string{
	"": "", "system": "Tocsin", "policy": "Classification policy", "detection": "Detection", "cases": "Tocsin", "oncall": "On-call", "holds": "Tocsin", "notify": "Delivery", "reporter": "Reporter", "sealer": "Tocsin", "timer": "Tocsin", "rules": "Tocsin", "backtest": "Tocsin", "searches": "Saved searches", "dashboards": "Dashboards", "exports": "Exports",
}

func (n names) ref(id string) PersonRef {
	if name, ok := n.known[id]; ok {
		return PersonRef{id, name}
	}
	if name, ok := machines[id]; ok {
		return PersonRef{id, name}
	}
	return PersonRef{id, id}
}

func (n names) pointer(id string) *PersonRef {
	if id == "" {
		return nil
	}
	r := n.ref(id)
	return &r
}

// scope returns the actor of a request and a handle bound to tenant and actor.
func (s *Server) scope(ctx context.Context) (*auth.Actor, *db.Handle) {
	a := auth.From(ctx)
	return a, s.DB.For(a.Tenant, a.ID())
}
