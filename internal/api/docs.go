package api

import (
	"html/template"
	"net/http"
	"sort"
)

// docs lists the operations from the OpenAPI description on one plain page
// without scripts, so that it works where nothing may be loaded from elsewhere.
func (r *Router) docs(w http.ResponseWriter) {
	type operation struct{ Method, Path, Summary, Description string }
	var ops []operation
	for path, item := range r.huma.OpenAPI().Paths {
		for _, o := range operationsOf(item) {
			ops = append(ops, operation{o.Method, path, o.Summary, o.Description})
		}
	}
	sort.Slice(ops, func(i, j int) bool {
		return ops[i].Path < ops[j].Path || ops[i].Path == ops[j].Path && ops[i].Method < ops[j].Method
	})
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'")
	if err := docsPage.Execute(w, ops); err != nil {
		r.Log.Warn("writing the API page failed", "error", err)
	}
}

var docsPage = template.Must(template.New("docs").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tocsin API</title><link rel="stylesheet" href="/public.css"></head>
<body><main><h1>Tocsin API</h1>
<p>Version 1. The full description is OpenAPI 3.1: <a href="/openapi.json">/openapi.json</a>. Sign in with a session, or send an API token as <code>Authorization: Bearer …</code>. Errors are RFC 9457 documents. Changes of versioned things need <code>If-Match</code> with the version.</p>
<table><thead><tr><th scope="col">Operation</th><th scope="col">What it does</th></tr></thead><tbody>
{{range .}}<tr><td><code>{{.Method}} {{.Path}}</code></td><td>{{.Summary}}<br><small>{{.Description}}</small></td></tr>
{{end}}</tbody></table></main></body></html>`))
