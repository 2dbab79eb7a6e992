package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

// Problem is an RFC 9457 document with our extension members.
type Problem struct {
	Type    string          `json:"type" doc:"Names the kind of problem." example:"about:blank"`
	Title   string          `json:"title"`
	Status  int             `json:"status"`
	Detail  string          `json:"detail" doc:"What happened and what to do, safe to show."`
	Kind    problem.Kind    `json:"kind"`
	Errors  []problem.Field `json:"errors,omitempty" doc:"The inputs at fault."`
	Missing []string        `json:"missing,omitempty" doc:"What a process rule still asks for."`
	Offset  *int            `json:"offset,omitempty" doc:"Byte offset of a mistake in a query."`
	Length  *int            `json:"length,omitempty"`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var statuses = map[problem.Kind]int{
	problem.Invalid: 422, problem.Unauthorized: 401, problem.Denied: 403, problem.NotFound: 404, problem.Conflict: 409, problem.Stale: 412,
	problem.TooLarge: 413, problem.TooMany: 429, problem.Unavailable: 503, problem.Gone: 410, problem.Internal: 500, problem.GuardRefused: 409, problem.Unprocessable: 415,
}

func describe(err error) *Problem {
	p := &Problem{Type: "about:blank", Kind: problem.KindOf(err), Detail: problem.Detail(err)}
	if e, ok := errors.AsType[*problem.Error](err); ok {
		p.Errors, p.Missing = e.Fields, e.Missing
	}
	if e, ok := errors.AsType[*query.SyntaxError](err); ok {
		p.Kind, p.Detail = problem.Invalid, e.Message
		p.Errors = []problem.Field{{Name: "q", Detail: e.Message}}
		p.Offset, p.Length = &e.Offset, &e.Length
	}
	p.Status = statuses[p.Kind]
	p.Title = http.StatusText(p.Status)
	return p
}

// document turns an error into the answer, and logs what is our fault.
func (r *Router) document(ctx context.Context, what string, err error) error {
	p := describe(err)
	if p.Status >= 500 {
		who := ""
		if a := auth.From(ctx); a != nil {
			who = a.Person
		}
		r.Log.Error("request failed", "operation", what, "actor", who, "error", err)
	}
	if p.Status == http.StatusTooManyRequests {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {"60"}})
	}
	return p
}

// Fail writes a problem outside huma's operations.
func (r *Router) Fail(w http.ResponseWriter, q *http.Request, err error) {
	p, ok := r.document(q.Context(), q.Method+" "+q.URL.Path, err).(*Problem)
	if !ok {
		p = describe(err)
	}
	switch p.Status {
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "60")
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="tocsin"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// newError makes huma's own errors (a body that does not fit its schema) look
// like all others.
func newError(status int, msg string, errs ...error) huma.StatusError {
	p := &Problem{Type: "about:blank", Status: status, Title: http.StatusText(status), Detail: msg, Kind: problem.Invalid}
	for k, s := range statuses {
		if s == status && k != problem.GuardRefused {
			p.Kind = k
		}
	}
	for _, err := range errs {
		if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
			p.Errors = append(p.Errors, problem.Field{Name: d.Location, Detail: d.Message})
			p.Detail = d.Location + ": " + d.Message
		}
	}
	return p
}
