package web_test

import (
	"context"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/app"
	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

var trackLink = regexp.MustCompile(`href="(/track/[^"]+)"`)

func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func has(t *testing.T, a apptest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %s, want the page %d: %s", a.Status, a.Header.Get("Content-Type"), status, a.Body)
	}
	for _, x := range texts {
		if !strings.Contains(a.Body, x) {
			t.Errorf("the page lacks %q: %s", x, a.Body)
		}
	}
}

func TestReportingNeedsNoLoginAndNoScript(t *testing.T) {
	s := apptest.Start(t, "", nil)
	c := s.Nobody()
	t.Run("the form", func(t *testing.T) {
		page := c.Get(t, "/report?kind=weakness")
		has(t, page, 200, `value="weakness" checked`, "counts as misuse", `<label for="what">`)
		if strings.Contains(page.Body, "<script") || !strings.Contains(page.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Error("the page has scripts, or would run some")
		}
	})
	t.Run("an event, by somebody unnamed", func(t *testing.T) {
		has(t, c.Form(t, "/report", form("kind", "event", "what", "The door stood open.")), 200, "received as CASE-", "/track/", "left no address")
	})
	t.Run("a weakness, with an address", func(t *testing.T) {
		has(t, c.Form(t, "/report", form("kind", "weakness", "what", "The lock is broken.", "email", "rita@example.org")), 200, "rita@example.org")
	})
	t.Run("what is wrong is said at its field, and what was written stays", func(t *testing.T) {
		has(t, c.Form(t, "/report", form("kind", "event", "what", "oh", "place", "cellar", "email", "no address")), 422, "at least a few words", "not an e-mail address", `value="cellar"`, `value="no address"`)
		has(t, c.Form(t, "/report", form("kind", "rumour", "what", "This is long enough.")), 422)
	})
	t.Run("a robot that fills the unseen field", func(t *testing.T) {
		has(t, c.Form(t, "/report", form("kind", "event", "what", "Buy my things.", "website", "https://spam.example")), 422, "not filled in by a person")
	})
	t.Run("hostile text is shown as text", func(t *testing.T) {
		page := c.Form(t, "/report", form("kind", "event", "what", "<script>alert(1)</script>", "email", `"><img src=x>`))
		has(t, page, 422)
		if strings.Contains(page.Body, "<script>") || strings.Contains(page.Body, "<img") {
			t.Errorf("markup of a reporter reached the page: %s", page.Body)
		}
		got := c.Form(t, "/report", form("kind", "event", "what", "<b>bold</b> \x00 \xff claim", "name", "<i>Eve</i>"))
		has(t, got, 200)
		track := c.Get(t, trackLink.FindStringSubmatch(got.Body)[1])
		has(t, track, 200, "&lt;b&gt;bold&lt;/b&gt;")
	})
	t.Run("a form that is too large", func(t *testing.T) {
		has(t, c.Form(t, "/report", form("kind", "event", "what", strings.Repeat("a", 300<<10))), 422, "256 kB")
	})
	t.Run("too many", func(t *testing.T) {
		var last apptest.Answer
		for range 25 {
			last = c.Form(t, "/report", form("kind", "event", "what", "oh"))
		}
		has(t, last, 429, "ten minutes")
	})
}

func TestWhereNobodyMayReportUnnamedAnAddressIsAskedFor(t *testing.T) {
	s := apptest.Start(t, "", func(c *app.Config) { c.Reports.Anonymous = false })
	has(t, s.Nobody().Form(t, "/report", form("kind", "event", "what", "The door stood open.")), 422, "address at which we can reach you")
}

func TestTheReporterFollowsTheReportAndWritesBack(t *testing.T) {
	s := apptest.Start(t, "", nil)
	c := s.Nobody()
	receipt := c.Form(t, "/report", form("kind", "event", "what", "My screen shows odd things.", "email", "rita@example.org"))
	has(t, receipt, 200)
	track := trackLink.FindStringSubmatch(receipt.Body)[1]
	has(t, c.Get(t, track), 200, "Nobody has looked at it yet", "was received as CASE-1", "My screen shows odd things.")
	h := s.Parts.DB.For(tenant.Default, s.Admin.Person)
	found, err := cases.ByNumber(t.Context(), h, "CASE-1")
	if err != nil {
		t.Fatal(err)
	}
	act := func(do func(ctx context.Context, tx *db.Tx) error) {
		t.Helper()
		if err := h.Tx(t.Context(), func(tx *db.Tx) error { return do(t.Context(), tx) }); err != nil {
			t.Fatal(err)
		}
	}
	act(func(ctx context.Context, tx *db.Tx) error {
		_, err := s.Parts.Cases.Acknowledge(ctx, tx, found.ID, 0)
		return err
	})
	has(t, c.Get(t, track), 200, "Being looked at.", "is being looked at")
	wrote := c.Form(t, track, form("body", "It is blue <now>."))
	if wrote.Status != 303 || wrote.Header.Get("Location") != track {
		t.Errorf("after writing: %d to %q", wrote.Status, wrote.Header.Get("Location"))
	}
	has(t, c.Get(t, track), 200, "It is blue &lt;now&gt;.", `class="mine"`)
	act(func(ctx context.Context, tx *db.Tx) error {
		_, err := s.Parts.Cases.Dismiss(ctx, tx, found.ID, 0, cases.Benign, "a screen saver")
		return err
	})
	has(t, c.Get(t, track), 200, "Closed.", "is closed", "a screen saver", "Something to add?")
	has(t, c.Get(t, "/track/guess"), 404, "no report under this link")
	has(t, c.Form(t, track, form("body", "")), 422)
	var mails struct {
		Messages []struct{ Kind, Recipient string }
	}
	s.Admin.Get(t, "/api/v1/cases/"+found.ID).OK(t, &mails)
	if len(mails.Messages) != 3 { // receipt, being looked at, closing
		t.Errorf("%d messages went to the reporter: %v", len(mails.Messages), mails.Messages)
	}
	for _, h := range []string{c.Get(t, track).Header.Get("Referrer-Policy")} {
		if h != "no-referrer" {
			t.Errorf("the address of the page holds a secret, and its referrer policy is %q", h)
		}
	}
}

func TestAnAcknowledgeLinkShowsFirstAndAcknowledgesOnce(t *testing.T) {
	s := apptest.Start(t, "", nil)
	h := s.Parts.DB.For(tenant.Default, s.Admin.Person)
	var run string
	err := h.Tx(t.Context(), func(tx *db.Tx) error {
		c, err := s.Parts.Cases.OpenByHand(t.Context(), tx, "Smoke <in> the cellar", "", "")
		if err != nil {
			return err
		}
		run, err = s.Parts.Oncall.Start(t.Context(), tx, oncall.Case{ID: c.ID, Number: c.Label(), Title: c.Title})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(s.Dir, "keys", "links.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	sign := func(at time.Time) string {
		return oncall.Links{Key: key}.Sign(tenant.Default, run, s.Admin.Person, at)
	}
	state := func() string {
		r, err := oncall.GetRun(t.Context(), h, run)
		if err != nil {
			t.Fatal(err)
		}
		return r.State
	}
	c, link := s.Nobody(), sign(time.Now())
	for range 2 { // a mail scanner looks too
		has(t, c.Get(t, link), 200, "Acknowledge: I take it", "Smoke &lt;in&gt; the cellar", `<form method="post">`)
	}
	if got := state(); got == oncall.Acked {
		t.Fatal("looking acknowledged")
	}
	has(t, c.Form(t, link, "x=1"), 200, "You have it. Nobody else is paged.")
	if got := state(); got != oncall.Acked {
		t.Fatalf("after the button the escalation is %s", got)
	}
	has(t, c.Form(t, link, "x=1"), 200, "acknowledged this at")
	has(t, c.Get(t, link), 200, "acknowledged this at")
	has(t, c.Get(t, sign(time.Now().Add(-25*time.Hour))), 410, "worked until")
	has(t, c.Form(t, sign(time.Now().Add(-25*time.Hour)), "x=1"), 410)
	has(t, c.Get(t, link[:len(link)-2]+"xx"), 422, "changed on the way")
	has(t, c.Get(t, "/ack/nothing"), 422)
}
