// Package api is the HTTP API (OpenAPI 3.1 at /openapi.json, readable at
// /docs), one file a resource. It translates: requests into calls of the work
// packages, problems into RFC 9457 documents. It holds no rules of its own.
//
// Every route is registered through a Router with the one permission that it
// needs; there is no way to register one without. Changes by a browser session
// need its CSRF token in X-Tocsin-CSRF, changes of versioned things the version
// in If-Match.
package api

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// cookieName carries the session. The __Host- prefix would need TLS, which a
// first start on loopback does not have; Secure is set whenever TLS is in front.
const cookieName = "tocsin_session"

// Route is one registered route.
type Route struct {
	Method, Path string
	Permission   auth.Permission
}

// Router registers routes, each with its permission.
type Router struct {
	Auth   *auth.Service
	Log    *slog.Logger
	Tenant tenant.ID // of requests by people who are not signed in
	// Proxies are believed when they say whom they forward for.
	Proxies []netip.Prefix

	mux    *http.ServeMux
	huma   huma.API
	routes []Route
}

// NewRouter makes an empty router.
func NewRouter(a *auth.Service, log *slog.Logger, version string) *Router {
	r := &Router{Auth: a, Log: log, Tenant: tenant.Default, mux: http.NewServeMux()}
	c := huma.DefaultConfig("Tocsin", version)
	c.Info.Description = "Security events, cases, on-call and their record. Sign in with a session cookie, or send an API token as `Authorization: Bearer …`."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/openapi", "/docs", ""
	c.CreateHooks = nil // no $schema links in bodies
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaNames())
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer"},
		"session": {Type: "apiKey", In: "cookie", Name: cookieName},
	}
	huma.NewError = newError // huma offers this one place for RFC 9457 bodies of a project's own
	r.huma = humago.New(r.mux, c)
	r.huma.UseMiddleware(r.guard)
	for _, path := range []string{"/docs", "/openapi.json", "/openapi.yaml", "/openapi-3.0.json", "/openapi-3.0.yaml"} {
		r.routes = append(r.routes, Route{"GET", path, auth.Public})
	}
	return r
}

// Routes lists what is registered.
func (r *Router) Routes() []Route { return r.routes }

// OpenAPI is the description of the API.
func (r *Router) OpenAPI() *huma.OpenAPI { return r.huma.OpenAPI() }

const permissionKey = "tocsin-permission"

// handle registers an operation. The returned error of fn is a problem.
func handle[I, O any](r *Router, method, path string, need auth.Permission, summary string, fn func(context.Context, *I) (*O, error)) {
	handleSized(r, method, path, need, summary, 4<<20, fn)
}

// handleSized registers an operation whose body may have so many bytes.
func handleSized[I, O any](r *Router, method, path string, need auth.Permission, summary string, size int64, fn func(context.Context, *I) (*O, error)) {
	status := http.StatusOK
	if method == http.MethodDelete {
		status = http.StatusNoContent
	}
	op := huma.Operation{
		OperationID: operationID(method, path), Method: method, Path: path, Summary: summary, DefaultStatus: status,
		Tags: []string{tag(path)}, Metadata: map[string]any{permissionKey: need}, MaxBodyBytes: size, BodyReadTimeout: 20 * time.Second,
	}
	if need != auth.Public {
		op.Security = []map[string][]string{{"session": {}}, {"token": {}}}
		op.Description = "Needs the permission `" + string(need) + "`."
	}
	r.routes = append(r.routes, Route{method, path, need})
	huma.Register(r.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, r.document(ctx, op.OperationID, err)
		}
		return out, nil
	})
}

// Raw registers a handler outside the described API (streams, pages, files).
func (r *Router) Raw(method, path string, need auth.Permission, h http.Handler) {
	r.routes = append(r.routes, Route{method, path, need})
	r.mux.Handle(method+" "+path, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		ctx, err := r.enter(q, need)
		if err != nil {
			r.Fail(w, q, err)
			return
		}
		h.ServeHTTP(w, q.WithContext(ctx))
	}))
}

// guard is the one door of all described routes.
func (r *Router) guard(c huma.Context, next func(huma.Context)) {
	need, ok := c.Operation().Metadata[permissionKey].(auth.Permission)
	if !ok {
		need = "" // nobody has it
	}
	q, w := humago.Unwrap(c)
	ctx, err := r.enter(q, need)
	if err != nil {
		r.Fail(w, q, err)
		return
	}
	next(huma.WithContext(c, ctx))
}

// enter finds the actor of a request and checks permission and CSRF.
func (r *Router) enter(q *http.Request, need auth.Permission) (context.Context, error) {
	a, err := r.actor(q)
	if need == auth.Public {
		if err != nil {
			a = nil
		}
		return context.WithValue(auth.With(q.Context(), a), peerKey{}, peerOf(q)), nil
	}
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, problem.New(problem.Unauthorized, "Sign in, or send an API token.")
	}
	if need == auth.Ingest {
		if a.Token == "" {
			return nil, problem.New(problem.Unauthorized, "Sending events needs an API token with the scope ingest:<source>.")
		}
	} else if !a.Can(need) {
		return nil, problem.New(problem.Denied, "Your role does not allow this (it needs %s).", need)
	} else if a.Token != "" && q.Method != http.MethodGet && q.Method != http.MethodHead && !a.MayChange() {
		return nil, problem.New(problem.Denied, "This token may only read. Changes need a token with the scope api.")
	}
	if a.Token == "" && q.Method != http.MethodGet && q.Method != http.MethodHead && q.Header.Get("X-Tocsin-CSRF") != a.CSRF {
		return nil, problem.New(problem.Denied, "The request lacks this session's X-Tocsin-CSRF. Load the page again.")
	}
	return context.WithValue(auth.With(q.Context(), a), peerKey{}, peerOf(q)), nil
}

func (r *Router) actor(q *http.Request) (*auth.Actor, error) {
	if h := q.Header.Get("Authorization"); h != "" {
		secret, ok := strings.CutPrefix(h, "Bearer ")
		if !ok {
			return nil, problem.New(problem.Unauthorized, "Send the token as: Authorization: Bearer <token>.")
		}
		return r.Auth.TokenActor(q.Context(), strings.TrimSpace(secret))
	}
	c, err := q.Cookie(cookieName)
	if err != nil {
		return nil, nil
	}
	return r.Auth.SessionActor(q.Context(), c.Value)
}

type peerKey struct{}

// peer is the address that a request came from, and its user agent.
type peer struct{ addr, agent string }

func peerOf(q *http.Request) peer {
	host, _, err := net.SplitHostPort(q.RemoteAddr)
	if a, e := netip.ParseAddr(host); err == nil && e == nil {
		host = a.Unmap().String()
	}
	return peer{host, q.UserAgent()}
}

func peerFrom(ctx context.Context) peer {
	p, _ := ctx.Value(peerKey{}).(peer)
	return p
}

// ServeHTTP serves the routes, with headers that every answer has.
func (r *Router) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.unproxy(q)
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if strings.HasPrefix(q.URL.Path, "/api/") {
		h.Set("Cache-Control", "no-store")
	}
	if q.URL.Path == "/docs" { // huma's page loads its viewer from elsewhere; ours lists the operations itself
		r.docs(w)
		return
	}
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			r.Log.Error("a request made the server panic", "method", q.Method, "path", q.URL.Path, "panic", p)
			r.Fail(w, q, problem.New(problem.Internal, "Something went wrong on our side. The server's log has the details."))
		}
	}()
	if _, pattern := r.mux.Handler(q); strings.HasPrefix(q.URL.Path, "/api/") && (pattern == "" || pattern == "GET /") {
		r.Fail(w, q, problem.New(problem.NotFound, "There is no operation %s %s. All of them are listed at /docs.", q.Method, q.URL.Path))
		return
	}
	r.mux.ServeHTTP(w, q)
}

// schemaNames names types as huma does and numbers those whose names meet:
// request bodies of different operations are types without a name of their own.
func schemaNames() func(reflect.Type, string) string {
	taken := map[string]reflect.Type{}
	return func(t reflect.Type, hint string) string {
		base := huma.DefaultSchemaNamer(t, hint)
		for name, n := base, 2; ; name, n = base+strconv.Itoa(n), n+1 {
			if have, ok := taken[name]; !ok || have == t {
				taken[name] = t
				return name
			}
		}
	}
}

// unproxy puts the address that a trusted proxy forwards for in the place of
// the proxy's own: the last one that is no trusted proxy itself.
func (r *Router) unproxy(q *http.Request) {
	trusted := func(host string) bool {
		a, err := netip.ParseAddr(host)
		return err == nil && slices.ContainsFunc(r.Proxies, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
	}
	host, _, err := net.SplitHostPort(q.RemoteAddr)
	if err != nil || !trusted(host) {
		return
	}
	hops := strings.Split(strings.Join(q.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := strings.TrimSpace(hops[i])
		if _, err := netip.ParseAddr(hop); err != nil {
			return
		}
		q.RemoteAddr = net.JoinHostPort(hop, "0")
		if !trusted(hop) {
			return
		}
	}
}

func operationID(method, path string) string {
	words := []string{strings.ToLower(method)}
	for w := range strings.SplitSeq(strings.TrimPrefix(path, "/api/v1"), "/") {
		if w = strings.Trim(w, "{}"); w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, "-")
}

func tag(path string) string {
	t, _, _ := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/")
	return t
}
