package api_test

import (
	"context"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/db/dbtest"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/record"
	"github.com/tocsin-project/tocsin/internal/rulepack"
)

// creations name no thing that exists, so they cannot reach another tenant's;
// what is public is reached by its secret, which says whose it is.
var creations = map[string]bool{
	"POST /api/v1/people": true, "POST /api/v1/tokens": true, "POST /api/v1/sources": true, "POST /api/v1/cases": true, "POST /api/v1/oncall/schedules": true,
	"POST /api/v1/policy": true, "POST /api/v1/exercises": true, "POST /api/v1/invitation": true, "POST /report": true, "POST /track/{secret}": true, "POST /ack/{token}": true,
	"POST /api/v1/rules": true, "POST /api/v1/rules/reload": true, "POST /api/v1/rule-filters": true, "POST /api/v1/rule-packs": true, "POST /api/v1/rule-packs/fetch": true, "POST /api/v1/backtests": true,
	"POST /api/v1/retention/changes": true, "POST /api/v1/holds": true, "POST /api/v1/searches": true, "POST /api/v1/exports": true, "POST /api/v1/dashboards": true,
}

func TestNoRouteCrossesTenants(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { noRouteCrosses(t, "") })
	t.Run("postgres", func(t *testing.T) { noRouteCrosses(t, dbtest.PostgresDSN(t)) })
}

func noRouteCrosses(t *testing.T, dsn string) {
	s := apptest.Start(t, dsn, withTier(t))
	w, theirs := secondWorld(t, s)
	mine := s.SignIn(t, "mine", everyRole...)

	// Things of the other tenant, one of each kind.
	c, report, _ := w.reported("rita@example.org")
	run, _ := w.run()
	closed := w.caseAt(cases.Closed)
	article, schedule, exercise := w.article(), w.schedule(), w.exercise()
	tok, secret := w.token()
	var alertID string
	w.tx(func(ctx context.Context, tx *db.Tx) error {
		return alert.New(s.Parts.Record, time.Now).Raise(ctx, tx, []alert.Finding{{Fingerprint: "theirs", Kind: "rule", Rule: "r", Title: "zebra", Severity: event.High, Count: 1, First: time.Now().UnixNano(), Last: time.Now().UnixNano()}})
	})
	as, err := alert.List(t.Context(), w.handle(), "", 0, "", 10)
	if err != nil || len(as) != 1 {
		t.Fatalf("%d alerts, %v", len(as), err)
	}
	alertID = as[0].ID
	rows, err := record.List(t.Context(), w.handle(), record.Filter{Limit: 1000})
	if err != nil || len(rows) == 0 {
		t.Fatal(err)
	}
	own, pack := w.ownRule(), w.pack("1", "2")
	w.activate(pack, "1", "2")
	var filter rulepack.Filter
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		filter, err = s.Parts.Packs.AddFilter(ctx, tx, filterText, w.person, "zebra scanner", time.Now().Add(time.Hour))
		return err
	})
	segment, hold, change, search, board, export := w.segment(), w.hold(), w.shortening("somebody"), w.search(), w.board(), w.export()
	kept := w.evidence()
	ids := []string{kept.ID, search, board, export, segment, hold, change, c.ID, c.Label(), report, run, closed.ID, article.ID, schedule.ID, exercise.ID, tok.ID, alertID, w.person, own.ID, pack, filter.ID}
	secrets := append([]string{kept.ID, kept.SHA256, search, board, export, segment, hold, change, "zebra", "odd things", "Rita", "Other Person", "case-2-", "article-2-"}, c.ID, report, closed.ID, article.ID, schedule.ID, exercise.ID, tok.ID, alertID, w.person, own.ID, pack, filter.ID)

	t.Run("reading", func(t *testing.T) {
		for _, r := range s.App.Router().Routes() {
			if r.Method != "GET" || !strings.HasPrefix(r.Path, "/api/") || r.Path == "/api/v1/feed" {
				continue
			}
			if !strings.Contains(r.Path, "{") {
				got := mine.Get(t, r.Path)
				for _, x := range secrets {
					if strings.Contains(got.Body, x) {
						t.Errorf("%s shows %q of another tenant", r.Path, x)
					}
				}
				continue
			}
			if strings.Contains(r.Path, "{seq}") {
				mine.Get(t, strings.Replace(r.Path, "{seq}", fmt.Sprint(rows[0].Seq), 1)).Problem(t, 404)
				continue
			}
			for _, id := range ids {
				if got := mine.Get(t, strings.Replace(r.Path, "{id}", id, 1)); got.Status != 404 {
					t.Errorf("GET %s of another tenant's %s: %d %s", r.Path, id, got.Status, got.Body)
				}
			}
		}
	})
	t.Run("changing", func(t *testing.T) {
		for route, make := range mutations {
			if creations[route] {
				continue
			}
			r := make(w)
			before := contents(t, s, w)
			if got := send(t, mine, route, r); got.Status != 404 {
				t.Errorf("%s of another tenant: %d %s", route, got.Status, got.Body)
			}
			if after := contents(t, s, w); after != before {
				t.Errorf("%s changed another tenant", route)
			}
		}
	})
	t.Run("naming", func(t *testing.T) { // a thing of ours that is to point to one of theirs
		o := firstWorld(t, s)
		before := contents(t, s, w)
		sc := o.schedule()
		form := w.overrideForm()
		if got := mine.Send(t, "POST", "/api/v1/oncall/schedules/"+sc.ID+"/overrides", form); got.Status/100 != 4 {
			t.Errorf("their person stands in for us: %d %s", got.Status, got.Body)
		}
		own := o.caseAt(cases.Reported)
		mine.Send(t, "POST", "/api/v1/cases/"+own.ID+"/assign", object{"owner": w.person}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(own.Version))).Problem(t, 404)
		mine.Send(t, "POST", "/api/v1/cases/"+own.ID+"/reply", object{"report": report, "body": "hello"}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(own.Version))).Problem(t, 404)
		if contents(t, s, w) != before {
			t.Error("pointing to a thing of another tenant changed it")
		}
	})
	t.Run("their own secrets act in their tenant", func(t *testing.T) {
		for _, client := range []*apptest.Client{theirs, s.WithToken(secret)} {
			client.Get(t, "/api/v1/cases/"+c.ID).OK(t, nil)
			var made struct{ ID, Number string }
			client.Send(t, "POST", "/api/v1/cases", object{"title": "in the other tenant"}).OK(t, &made)
			mine.Get(t, "/api/v1/cases/"+made.ID).Problem(t, 404)
			var page struct{ Items []struct{ Login string } }
			client.Get(t, "/api/v1/people").OK(t, &page)
			for _, p := range page.Items {
				if p.Login == "mine" || p.Login == "admin" {
					t.Error("the other tenant sees our people")
				}
			}
		}
	})
	t.Run("a login counts in its own tenant only", func(t *testing.T) {
		s.Nobody().Send(t, "POST", "/api/v1/login", object{"login": "other", "passphrase": apptest.Passphrase}).Problem(t, 401)
	})
}

// contents is all that a tenant has, but for what workers move by themselves.
func contents(t *testing.T, s *apptest.Server, w *world) string {
	t.Helper()
	tables := []string{"person", "person_personal", "credential", "api_token", "record", "source", "alert", "incident_case", "case_alert", "assessment", "case_action", "note", "report", "report_personal", "report_update", "policy_version",
		"contact_point", "schedule", "schedule_override", "escalation_policy", "article", "exercise",
		"rule_pack", "rule_pack_version", "rule_off", "rule_filter", "own_rule", "own_rule_version", "backtest",
		"retention_class", "retention_assignment", "retention_change", "tombstone",
		"saved_search", "dashboard", "evidence", "evidence_custody"}
	h := s.Parts.DB.System("test")
	var all []string
	for _, table := range tables {
		where := ""
		if table == "record" { // escalation and delivery go on by themselves
			where = " AND kind NOT LIKE 'escalation.%' AND kind NOT LIKE 'message.%' AND kind NOT LIKE 'hold.%' AND kind NOT LIKE 'page.%' AND kind NOT LIKE 'case.acknowledged'"
		}
		rs, err := h.Query(t.Context(), "SELECT * FROM "+table+" WHERE tenant = ?"+where, int64(w.tenant))
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rs.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rs.Next() {
			row := make([]any, len(columns))
			for i := range row {
				row[i] = new(any)
			}
			if err := rs.Scan(row...); err != nil {
				t.Fatal(err)
			}
			text := table
			for i := range row {
				if columns[i] != "last_used" && columns[i] != "used" {
					text += fmt.Sprintf("|%v", *row[i].(*any))
				}
			}
			all = append(all, text)
		}
		if err := rs.Close(); err != nil {
			t.Fatal(err)
		}
	}
	sort.Strings(all)
	return strings.Join(all, "\n")
}

// vendorField is a field of a mapping that holds the word, such as homeTenantId.
var vendorField = regexp.MustCompile(`"[a-z_.]+tenant(id|name)?"`)

func TestOneOrganisationSeesNoTraceOfTenancy(t *testing.T) {
	s := apptest.Start(t, "", nil)
	w := firstWorld(t, s)
	c, _, secret := w.reported("rita@example.org")
	closed, article := w.caseAt(cases.Closed), w.article()
	paths := []string{"/openapi.json", "/docs", "/report", "/track/" + secret, "/api/v1/cases/" + c.ID, "/api/v1/cases/" + closed.ID, "/api/v1/cases/" + closed.ID + "/timeline", "/api/v1/articles/" + article.ID, "/api/v1/record/1/proof", "/metrics", "/healthz"}
	for _, r := range s.App.Router().Routes() {
		if r.Method == "GET" && !strings.Contains(r.Path, "{") && r.Path != "/api/v1/feed" {
			paths = append(paths, r.Path)
		}
	}
	for _, p := range paths {
		got := s.Admin.Get(t, p)
		// Names that others gave: ATT&CK's T1484, and fields of Microsoft's logs.
		got.Body = strings.ReplaceAll(got.Body, "Domain or Tenant Policy Modification", "")
		if p == "/api/v1/rule-sources" {
			got.Body = vendorField.ReplaceAllString(got.Body, "")
		}
		if strings.Contains(strings.ToLower(got.Body), "tenant") {
			i := strings.Index(strings.ToLower(got.Body), "tenant")
			t.Errorf("%s speaks of tenants: …%s…", p, got.Body[max(0, i-60):min(len(got.Body), i+60)])
		}
	}
}
