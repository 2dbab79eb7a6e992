package web

import (
	"embed"
	"html/template"
	"net"
	"net/http"
	"time"

	"github.com/tocsin-project/tocsin/internal/api"
	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

//go:embed templates/*.html templates/public.css
var templates embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"utc": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
}).ParseFS(templates, "templates/*.html"))

// publicPolicy allows the one style sheet and forms to this server; no script.
const publicPolicy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (p *Pages) public(r *api.Router) {
	page := func(method, path string, h func(http.ResponseWriter, *http.Request) error) {
		r.Raw(method, path, auth.Public, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if method == "POST" {
				q.Body = http.MaxBytesReader(w, q.Body, 256<<10)
				host, _, _ := net.SplitHostPort(q.RemoteAddr)
				if !p.limit.allow(host) {
					p.fail(w, problem.New(problem.TooMany, "Too many messages from your address. Please try again in ten minutes."))
					return
				}
			}
			if err := h(w, q); err != nil {
				p.fail(w, err)
			}
		}))
	}
	r.Raw("GET", "/public.css", auth.Public, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		css, err := templates.ReadFile("templates/public.css")
		if err != nil {
			panic(err) // embedded above
		}
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(css)
	}))
	page("GET", "/report", p.reportForm)
	page("POST", "/report", p.report)
	page("GET", "/track/{secret}", p.track)
	page("POST", "/track/{secret}", p.write)
	page("GET", "/ack/{token}", p.ackPage)
	page("POST", "/ack/{token}", p.ack)
}

func (p *Pages) show(w http.ResponseWriter, status int, name string, data any) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", publicPolicy)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer") // the address holds the secret
	w.WriteHeader(status)
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		p.Log.Warn("writing a page failed", "page", name, "error", err)
	}
	return nil
}

func (p *Pages) fail(w http.ResponseWriter, err error) {
	status := map[problem.Kind]int{problem.Invalid: 422, problem.NotFound: 404, problem.Gone: 410, problem.TooMany: 429, problem.Conflict: 409, problem.Unavailable: 503}[problem.KindOf(err)]
	if status == 0 {
		status = 500
		p.Log.Error("a public page failed", "error", err)
	}
	_ = p.show(w, status, "error.html", problem.Detail(err))
}

type reportPage struct {
	Form      cases.NewReport
	Errors    map[string]string
	Anonymous bool
}

func (p *Pages) reportForm(w http.ResponseWriter, q *http.Request) error {
	kind := "event"
	if q.URL.Query().Get("kind") == "weakness" {
		kind = "weakness"
	}
	return p.show(w, 200, "report.html", reportPage{Form: cases.NewReport{Kind: kind}, Anonymous: p.Anonymous})
}

func (p *Pages) report(w http.ResponseWriter, q *http.Request) error {
	if err := q.ParseForm(); err != nil {
		return problem.Wrap(problem.Invalid, err, "The form could not be read. It may be larger than 256 kB.")
	}
	f := q.PostForm.Get
	n := cases.NewReport{Kind: f("kind"), Channel: "portal", Name: f("name"), Email: f("email"), What: f("what"), Place: f("place"), Noticed: f("noticed"), Harm: f("harm")}
	if f("website") != "" { // people do not see this field
		return problem.New(problem.Invalid, "The form was not filled in by a person.")
	}
	errs := map[string]string{}
	if !p.Anonymous && n.Email == "" {
		errs["email"] = "please give an address at which we can reach you"
	}
	var c cases.Case
	var secret string
	err := error(nil)
	if len(errs) == 0 {
		err = p.DB.For(tenant.Default, "reporter").Tx(q.Context(), func(tx *db.Tx) (err error) {
			c, secret, err = p.Cases.FromReport(q.Context(), tx, n)
			return err
		})
	}
	if pe, ok := asProblem(err); ok && pe.Kind == problem.Invalid && len(pe.Fields) > 0 {
		for _, x := range pe.Fields {
			errs[x.Name] = x.Detail
		}
		err = nil
	}
	if err != nil {
		return err
	}
	if len(errs) > 0 {
		return p.show(w, 422, "report.html", reportPage{Form: n, Errors: errs, Anonymous: p.Anonymous})
	}
	return p.show(w, 200, "receipt.html", map[string]any{"Number": c.Label(), "Link": "/track/" + secret, "Full": p.Links.BaseURL + "/track/" + secret, "Email": n.Email})
}

type trackPage struct {
	Number, Status string
	Report         cases.Report
	Secret         string
	Closed         bool
}

// statusWords tell a reporter in plain words where the case is.
var statusWords = map[cases.State]string{
	cases.Reported: "Received. Nobody has looked at it yet.", cases.Assessing: "Being looked at.", cases.Classified: "Assessed.",
	cases.Handling: "Being treated.", cases.Resolved: "Resolved.", cases.Closed: "Closed.", cases.Reviewed: "Closed and reviewed.",
}

func (p *Pages) tracked(q *http.Request) (*db.Handle, cases.Report, cases.Case, error) {
	t, id, err := cases.FindTracked(q.Context(), p.DB.System("reporter"), q.PathValue("secret"))
	if err != nil {
		return nil, cases.Report{}, cases.Case{}, problem.New(problem.NotFound, "There is no report under this link. Please check that it is complete.")
	}
	h := p.DB.For(t, "reporter")
	r, err := cases.GetReport(q.Context(), h, id)
	if err != nil {
		return nil, r, cases.Case{}, err
	}
	c, err := cases.Get(q.Context(), h, r.CaseID)
	return h, r, c, err
}

func (p *Pages) track(w http.ResponseWriter, q *http.Request) error {
	_, r, c, err := p.tracked(q)
	if err != nil {
		return err
	}
	return p.show(w, 200, "track.html", trackPage{c.Label(), statusWords[c.State], r, q.PathValue("secret"), !c.State.Open()})
}

func (p *Pages) write(w http.ResponseWriter, q *http.Request) error {
	h, r, _, err := p.tracked(q)
	if err != nil {
		return err
	}
	if err := q.ParseForm(); err != nil {
		return problem.Wrap(problem.Invalid, err, "The form could not be read. It may be larger than 256 kB.")
	}
	err = h.Tx(q.Context(), func(tx *db.Tx) error {
		return p.Cases.ReporterWrites(q.Context(), tx, r.ID, q.PostForm.Get("body"))
	})
	if err != nil {
		return err
	}
	http.Redirect(w, q, "/track/"+q.PathValue("secret"), http.StatusSeeOther)
	return nil
}

type ackView struct {
	Number, Title, Level, Summary string
	Exercise                      bool
	Done                          bool // acknowledged now or before
	First                         bool
	By                            string
	At                            time.Time
	State                         string
}

func (p *Pages) openAck(q *http.Request) (oncall.Ack, *db.Handle, oncall.Run, cases.Case, error) {
	a, err := p.Links.Open(q.PathValue("token"), p.Now())
	if err != nil {
		return a, nil, oncall.Run{}, cases.Case{}, err
	}
	h := p.DB.For(a.Tenant, a.Person)
	run, err := oncall.GetRun(q.Context(), h, a.Run)
	if err != nil {
		return a, nil, run, cases.Case{}, err
	}
	c, err := cases.Get(q.Context(), h, run.CaseID)
	return a, h, run, c, err
}

// ackPage shows what the page is about and one button; a mail scanner that
// follows the link acknowledges nothing.
func (p *Pages) ackPage(w http.ResponseWriter, q *http.Request) error {
	_, h, run, c, err := p.openAck(q)
	if err != nil {
		return err
	}
	v := ackView{Number: c.Label(), Title: c.Title, Level: c.Level, Summary: c.Detail.Summary, Exercise: c.Exercise != "", State: run.State}
	if run.State == oncall.Acked {
		v.Done, v.At, v.By = true, run.Acked, p.name(q, h, run.AckedBy)
	}
	return p.show(w, 200, "ack.html", v)
}

func (p *Pages) ack(w http.ResponseWriter, q *http.Request) error {
	a, h, _, c, err := p.openAck(q)
	if err != nil {
		return err
	}
	got, err := p.Oncall.Acknowledge(q.Context(), h, a.Run, a.Person)
	if err != nil {
		return err
	}
	return p.show(w, 200, "ack.html", ackView{Number: c.Label(), Title: c.Title, Level: c.Level, Summary: c.Detail.Summary, Exercise: c.Exercise != "", State: got.State, Done: true, First: got.First, By: p.name(q, h, got.By), At: got.At})
}

func (p *Pages) name(q *http.Request, h *db.Handle, person string) string {
	who, err := auth.GetPerson(q.Context(), h, person)
	if err != nil {
		return "somebody"
	}
	return who.Name
}
