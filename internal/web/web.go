// Package web serves pages: the built interface, embedded, and the public
// pages that work without login and without JavaScript: report, track,
// acknowledge.
//
// The interface is served with hashed assets that never change, compressed
// once at start, and an index whose nonce is new in each answer, so that the
// content security policy needs no exception.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-project/tocsin/internal/api"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/oncall"
)

//go:embed all:dist
var built embed.FS

// Pages is what the pages work with.
type Pages struct {
	DB        *db.DB
	Cases     *cases.Service
	Oncall    *oncall.Service
	Links     oncall.Links
	Anonymous bool // people may report without naming themselves
	Now       func() time.Time
	Log       *slog.Logger
	Dev       bool // serve ui/dist of the working directory

	limit limiter
}

// Register adds the pages to a router. What no other route takes is a place of
// the interface.
func Register(r *api.Router, p *Pages) {
	p.limit = limiter{now: p.Now, seen: map[string][]time.Time{}}
	p.public(r)
	var dist fs.FS
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	if p.Dev {
		dist = os.DirFS("ui/dist")
	}
	ui := &interfaceFiles{dist: dist, live: p.Dev}
	r.Raw("GET", "/", auth.Public, ui)
}

// interfaceFiles serves the built interface.
type interfaceFiles struct {
	dist fs.FS
	live bool // files may change: keep nothing
	mu   sync.Mutex
	kept map[string]file
}

type file struct {
	plain, zipped []byte
	kind          string
}

func (u *interfaceFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if strings.HasPrefix(name, "api/") || strings.HasPrefix(name, "ingest/") {
		http.NotFound(w, r)
		return
	}
	if name != "" && strings.Contains(path.Base(name), ".") {
		f, ok := u.file(name)
		if !ok {
			http.NotFound(w, r)
			return
		}
		if strings.HasPrefix(name, "assets/") {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		f.write(w, r)
		return
	}
	u.index(w)
}

// index is the interface's page, for every place in it.
func (u *interfaceFiles) index(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	f, ok := u.file("index.html")
	if !ok {
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write([]byte("<!doctype html><html lang=\"en\"><title>Tocsin</title><p>The server runs. Its interface was not built into this program: run <code>make build</code>. The API is described at <a href=\"/docs\">/docs</a>.</p></html>"))
		return
	}
	var b [16]byte
	rand.Read(b[:])
	nonce := base64.RawStdEncoding.EncodeToString(b[:])
	w.Header().Set("Content-Security-Policy", "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-"+nonce+"'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	_, _ = w.Write(bytes.ReplaceAll(f.plain, []byte("__CSP_NONCE__"), []byte(nonce)))
}

func (u *interfaceFiles) file(name string) (file, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if f, ok := u.kept[name]; ok && !u.live {
		return f, true
	}
	b, err := fs.ReadFile(u.dist, name)
	if err != nil {
		return file{}, false
	}
	f := file{plain: b, kind: mime.TypeByExtension(path.Ext(name))}
	if len(b) > 1000 && !strings.HasPrefix(f.kind, "image/") && !strings.HasPrefix(f.kind, "font/") {
		var z bytes.Buffer
		g, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level is valid
		_, _ = g.Write(b)
		_ = g.Close()
		f.zipped = z.Bytes()
	}
	if u.kept == nil {
		u.kept = map[string]file{}
	}
	u.kept[name] = f
	return f, true
}

func (f file) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Vary", "Accept-Encoding")
	if f.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		_, _ = w.Write(f.zipped)
		return
	}
	_, _ = w.Write(f.plain)
}

// limiter bounds what one address may send to public forms.
type limiter struct {
	now  func() time.Time
	mu   sync.Mutex
	seen map[string][]time.Time
}

const (
	formsPerWindow = 20
	formWindow     = 10 * time.Minute
)

func (l *limiter) allow(peer string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seen) > 50_000 {
		clear(l.seen)
	}
	old := l.seen[peer]
	for len(old) > 0 && l.now().Sub(old[0]) > formWindow {
		old = old[1:]
	}
	if len(old) >= formsPerWindow {
		return false
	}
	l.seen[peer] = append(old, l.now())
	return true
}
