package api_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-project/tocsin/internal/apptest"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/rulepack"
)

// request is one that its route takes.
type request struct {
	path    string
	body    any
	version int64
	form    string
	zip     []byte
}

type object map[string]any

// mutations holds, for every route that changes something, how to make a
// valid request to it about things of a world's tenant.
var mutations = map[string]func(*world) request{
	"POST /api/v1/people": func(w *world) request {
		return request{path: "/api/v1/people", body: object{"name": "New", "login": w.name("new"), "roles": []string{"analyst"}}}
	},
	"PUT /api/v1/people/{id}": func(w *world) request {
		p, _ := w.invited()
		return request{path: "/api/v1/people/" + p.ID, version: p.Version, body: object{"name": "Renamed", "roles": []string{"analyst"}, "active": true}}
	},
	"POST /api/v1/people/{id}/invitation": func(w *world) request {
		p, _ := w.invited()
		return request{path: "/api/v1/people/" + p.ID + "/invitation"}
	},
	"POST /api/v1/people/{id}/contacts": func(w *world) request {
		return request{path: "/api/v1/people/" + w.person + "/contacts", body: object{"channel": "webhook", "address": "https://example.invalid/" + w.name("hook")}}
	},
	"DELETE /api/v1/people/{id}/contacts/{contact}": func(w *world) request {
		return request{path: "/api/v1/people/" + w.person + "/contacts/" + w.contact().ID}
	},
	"POST /api/v1/people/{id}/contacts/{contact}/test": func(w *world) request {
		return request{path: "/api/v1/people/" + w.person + "/contacts/" + w.contact().ID + "/test"}
	},
	"POST /api/v1/tokens": func(w *world) request {
		return request{path: "/api/v1/tokens", body: object{"name": w.name("t"), "scopes": []string{"read"}, "days": 1}}
	},
	"DELETE /api/v1/tokens/{id}": func(w *world) request { t, _ := w.token(); return request{path: "/api/v1/tokens/" + t.ID} },
	"POST /api/v1/sources": func(w *world) request {
		return request{path: "/api/v1/sources", body: object{"name": w.name("source")}}
	},
	"POST /api/v1/cases": func(w *world) request {
		return request{path: "/api/v1/cases", body: object{"title": w.name("by hand")}}
	},
	"POST /api/v1/cases/{id}/acknowledge": verb(cases.Reported, "acknowledge", func(*world) object { return object{} }),
	"POST /api/v1/cases/{id}/assign":      verb(cases.Reported, "assign", func(w *world) object { return object{"owner": w.person} }),
	"POST /api/v1/cases/{id}/assess": verb(cases.Reported, "assess", func(*world) object {
		return object{"impact": 2, "urgency": 2, "reason": "looks bad", "effects": noEffects}
	}),
	"POST /api/v1/cases/{id}/classify": verb(cases.Assessing, "classify", func(*world) object {
		return object{"decision": "incident", "type": "availability/outage", "impact": 1, "urgency": 1, "reason": "service was away", "effects": noEffects}
	}),
	"POST /api/v1/cases/{id}/confirm": func(w *world) request {
		c := w.provisional()
		return request{path: "/api/v1/cases/" + c.ID + "/confirm", version: c.Version, body: object{"reason": "seen the door"}}
	},
	"POST /api/v1/cases/{id}/handle": verb(cases.Classified, "handle", func(*world) object { return object{"third_parties": "alone"} }),
	"POST /api/v1/cases/{id}/resolve": verb(cases.Handling, "resolve", func(*world) object {
		return object{"cause": "worn cable", "solution": "new cable", "recovery_verified": true}
	}),
	"POST /api/v1/cases/{id}/close": verb(cases.Resolved, "close", func(*world) object {
		return object{"statement": "all is well", "cost_hours": 1, "cost_money": 0, "currency": "EUR", "business_impact": "none", "lessons": "keep spares", "recovery_verified": true}
	}),
	"POST /api/v1/cases/{id}/dismiss": verb(cases.Reported, "dismiss", func(*world) object { return object{"disposition": "false_positive", "reason": "a test line"} }),
	"POST /api/v1/cases/{id}/reopen":  verb(cases.Closed, "reopen", func(*world) object { return object{"reason": "it came back"} }),
	"POST /api/v1/cases/{id}/review":  verb(cases.Closed, "review", func(*world) object { return object{"lessons": "keep spares", "improvements": "buy spares"} }),
	"POST /api/v1/cases/{id}/snooze": verb(cases.Reported, "snooze", func(*world) object {
		return object{"until": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "reason": "waiting for a call"}
	}),
	"POST /api/v1/cases/{id}/duplicate": verb(cases.Reported, "duplicate", func(w *world) object {
		c := w.caseAt(cases.Reported)
		return object{"of": c.Label(), "reason": "the same thing"}
	}),
	"POST /api/v1/cases/{id}/reply": func(w *world) request {
		c, report, _ := w.reported("rita@example.org")
		return request{path: "/api/v1/cases/" + c.ID + "/reply", version: c.Version, body: object{"report": report, "body": "What does it show?"}}
	},
	"POST /api/v1/cases/{id}/notes": func(w *world) request {
		return request{path: "/api/v1/cases/" + w.caseAt(cases.Reported).ID + "/notes", body: object{"body": "a note"}}
	},
	"PUT /api/v1/notes/{id}": func(w *world) request {
		c := w.caseAt(cases.Reported)
		var n cases.Note
		w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			n, err = w.s.Parts.Cases.AddNote(ctx, tx, c.ID, "first text")
			return err
		})
		return request{path: "/api/v1/notes/" + n.ID, version: 1, body: object{"body": "second text"}}
	},
	"POST /api/v1/cases/{id}/actions": func(w *world) request {
		return request{path: "/api/v1/cases/" + w.caseAt(cases.Reported).ID + "/actions", body: object{"phase": "contain", "what": "blocked it", "state": "done", "result": "blocked"}}
	},
	"PUT /api/v1/actions/{id}": func(w *world) request {
		c := w.caseAt(cases.Reported)
		var a cases.Action
		w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			a, err = w.s.Parts.Cases.AddAction(ctx, tx, c.ID, cases.Action{Phase: "contain", What: "block it", State: "planned"})
			return err
		})
		return request{path: "/api/v1/actions/" + a.ID, version: 1, body: object{"result": "blocked", "state": "done"}}
	},
	"POST /api/v1/oncall/runs/{id}/acknowledge": func(w *world) request {
		run, _ := w.run()
		return request{path: "/api/v1/oncall/runs/" + run + "/acknowledge"}
	},
	"POST /api/v1/oncall/schedules": func(w *world) request { return request{path: "/api/v1/oncall/schedules", body: w.scheduleForm()} },
	"PUT /api/v1/oncall/schedules/{id}": func(w *world) request {
		sc := w.schedule()
		return request{path: "/api/v1/oncall/schedules/" + sc.ID, version: sc.Version, body: w.scheduleForm()}
	},
	"POST /api/v1/oncall/schedules/{id}/overrides": func(w *world) request {
		return request{path: "/api/v1/oncall/schedules/" + w.schedule().ID + "/overrides", body: w.overrideForm()}
	},
	"DELETE /api/v1/oncall/schedules/{id}/overrides/{override}": func(w *world) request {
		sc := w.schedule()
		var o oncall.Override
		w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			o, err = w.s.Parts.Oncall.AddOverride(ctx, tx, oncall.Override{Schedule: sc.ID, Person: w.person, Start: time.Now(), End: time.Now().Add(time.Hour)})
			return err
		})
		return request{path: "/api/v1/oncall/schedules/" + sc.ID + "/overrides/" + o.ID}
	},
	"PUT /api/v1/oncall/policies/{id}": func(w *world) request {
		ps, err := oncall.Policies(w.t.Context(), w.handle())
		if err != nil || len(ps) == 0 {
			w.t.Fatalf("%d escalation policies, %v", len(ps), err)
		}
		return request{path: "/api/v1/oncall/policies/" + ps[0].ID, version: ps[0].Version, body: object{"name": "Default", "repeat": 1, "steps": []object{{"targets": []object{{"kind": "person", "id": w.person}}, "delay_seconds": 0}}}}
	},
	"PUT /api/v1/articles/{id}": func(w *world) request {
		a := w.article()
		return request{path: "/api/v1/articles/" + a.ID, version: a.Version, body: object{"title": "Better", "solution": "More cleaning"}}
	},
	"POST /api/v1/policy": func(w *world) request {
		return request{path: "/api/v1/policy", body: object{"body": string(classify.DefaultYAML()), "note": "nothing new"}}
	},
	"POST /api/v1/rules": func(w *world) request {
		return request{path: "/api/v1/rules", body: object{"yaml": ruleText(w.name("own"))}}
	},
	"PUT /api/v1/rules/{id}": func(w *world) request {
		r := w.ownRule()
		return request{path: "/api/v1/rules/" + r.ID, version: r.Version, body: object{"yaml": ruleText(r.ID) + "description: changed\n"}}
	},
	"DELETE /api/v1/rules/{id}": func(w *world) request {
		r := w.ownRule()
		return request{path: "/api/v1/rules/" + r.ID, version: r.Version}
	},
	"POST /api/v1/rules/{id}/rollback": func(w *world) request {
		r := w.ownRule()
		return request{path: "/api/v1/rules/" + r.ID + "/rollback", version: r.Version, body: object{"version": 1, "reason": "it was better"}}
	},
	"POST /api/v1/rules/{id}/disable": func(w *world) request {
		return request{path: "/api/v1/rules/" + w.ownRule().ID + "/disable", body: object{"reason": "too loud"}}
	},
	"POST /api/v1/rules/{id}/enable": func(w *world) request {
		r := w.ownRule()
		w.tx(func(ctx context.Context, tx *db.Tx) error { return w.s.Parts.Packs.Disable(ctx, tx, r.ID, "too loud") })
		return request{path: "/api/v1/rules/" + r.ID + "/enable", body: object{"reason": "mended"}}
	},
	"POST /api/v1/rules/reload": func(*world) request { return request{path: "/api/v1/rules/reload"} },
	"POST /api/v1/rule-filters": func(w *world) request {
		return request{path: "/api/v1/rule-filters", body: object{"yaml": filterText, "reason": "our scanner", "expires": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}}
	},
	"POST /api/v1/rule-filters/{id}/retire": func(w *world) request {
		var f rulepack.Filter
		w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			f, err = w.s.Parts.Packs.AddFilter(ctx, tx, filterText, w.person, "our scanner", time.Now().Add(time.Hour))
			return err
		})
		return request{path: "/api/v1/rule-filters/" + f.ID + "/retire", body: object{"reason": "it is gone"}}
	},
	"POST /api/v1/rule-packs": func(w *world) request {
		return request{path: "/api/v1/rule-packs?activate=true&name=" + w.name("pack"), zip: packZip(w.t, w.name("r"))}
	},
	"POST /api/v1/rule-packs/fetch": func(w *world) request {
		w.s.Parts.Fetch = func(context.Context, string, int64) ([]byte, error) { return packZip(w.t, w.name("r")), nil }
		return request{path: "/api/v1/rule-packs/fetch", body: object{"url": "https://example.org/pack.zip", "name": w.name("pack")}}
	},
	"POST /api/v1/rule-packs/{id}/activate": func(w *world) request {
		name := w.pack("1")
		return request{path: "/api/v1/rule-packs/" + name + "/activate", body: object{"version": "1", "reason": "tried"}}
	},
	"POST /api/v1/rule-packs/{id}/rollback": func(w *world) request {
		name := w.pack("1", "2")
		w.activate(name, "1", "2")
		return request{path: "/api/v1/rule-packs/" + name + "/rollback", body: object{"reason": "too loud"}}
	},
	"POST /api/v1/rule-packs/{id}/deactivate": func(w *world) request {
		name := w.pack("1")
		w.activate(name, "1")
		return request{path: "/api/v1/rule-packs/" + name + "/deactivate", body: object{"reason": "too loud"}}
	},
	"DELETE /api/v1/rule-packs/{id}/versions/{version}": func(w *world) request {
		return request{path: "/api/v1/rule-packs/" + w.pack("1") + "/versions/1"}
	},
	"POST /api/v1/backtests": func(w *world) request {
		return request{path: "/api/v1/backtests", body: object{"kind": "rule", "rule_yaml": ruleText(w.name("draft")), "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}}
	},
	"POST /api/v1/backtests/{id}/cancel": func(w *world) request {
		var id string
		w.tx(func(ctx context.Context, tx *db.Tx) error { // one that the runner will not take
			id = db.NewID(time.Now())
			_, err := tx.Exec(ctx, "INSERT INTO backtest (tenant, id, state, spec, actor, created) VALUES (:tenant, ?, 'running', '{}', ?, 1)", id, w.person)
			return err
		})
		return request{path: "/api/v1/backtests/" + id + "/cancel"}
	},
	"POST /api/v1/retention/changes": func(w *world) request {
		return request{path: "/api/v1/retention/changes", body: object{"kind": "class", "name": w.name("class"), "days": 90, "reason": "the contract says so"}}
	},
	"POST /api/v1/retention/changes/{id}/approve": func(w *world) request {
		return request{path: "/api/v1/retention/changes/" + w.shortening("somebody") + "/approve"}
	},
	"POST /api/v1/retention/changes/{id}/reject": func(w *world) request {
		return request{path: "/api/v1/retention/changes/" + w.shortening(w.person) + "/reject", body: object{"reason": "not now"}}
	},
	"POST /api/v1/retention/changes/{id}/cancel": func(w *world) request {
		return request{path: "/api/v1/retention/changes/" + w.shortening(w.person) + "/cancel", body: object{"reason": "not now"}}
	},
	"POST /api/v1/holds": func(w *world) request {
		return request{path: "/api/v1/holds", body: object{"kind": "query", "q": "user.name:root", "reason": "a lawsuit"}}
	},
	"POST /api/v1/holds/{id}/release": func(w *world) request {
		return request{path: "/api/v1/holds/" + w.hold() + "/release", body: object{"reason": "it is over"}}
	},
	"POST /api/v1/cases/{id}/evidence": func(w *world) request {
		return request{path: "/api/v1/cases/" + w.caseAt(cases.Reported).ID + "/evidence", body: object{"title": w.name("kept"), "event_ids": []string{w.sealedEvent().String()}}}
	},
	"POST /api/v1/cases/{id}/lookback/keep": func(w *world) request {
		return request{path: "/api/v1/cases/" + w.caseAt(cases.Reported).ID + "/lookback/keep", body: object{"event_ids": []string{w.sealedEvent().String()}, "note": "the first line"}}
	},
	"POST /api/v1/evidence/{id}/verify": func(w *world) request {
		return request{path: "/api/v1/evidence/" + w.evidence().ID + "/verify"}
	},
	"POST /api/v1/segments/{id}/verify": func(w *world) request {
		return request{path: "/api/v1/segments/" + w.segment() + "/verify"}
	},
	"POST /api/v1/segments/{id}/restore": func(w *world) request {
		id := w.segment()
		keep := w.s.Parts.Retention
		if err := keep.Store.Move(w.t.Context(), id, func(ctx context.Context, g eventstore.Segment) error { return keep.Catalogue.Place(ctx, "system", g) }); err != nil {
			w.t.Fatal(err)
		}
		return request{path: "/api/v1/segments/" + id + "/restore"}
	},
	"POST /api/v1/searches": func(w *world) request {
		return request{path: "/api/v1/searches", body: w.searchForm()}
	},
	"PUT /api/v1/searches/{id}": func(w *world) request {
		return request{path: "/api/v1/searches/" + w.search(), version: 1, body: w.searchForm()}
	},
	"DELETE /api/v1/searches/{id}": func(w *world) request {
		return request{path: "/api/v1/searches/" + w.search(), version: 1}
	},
	"POST /api/v1/searches/{id}/run": func(w *world) request {
		return request{path: "/api/v1/searches/" + w.search() + "/run"}
	},
	"POST /api/v1/dashboards": func(w *world) request {
		return request{path: "/api/v1/dashboards", body: w.boardForm()}
	},
	"PUT /api/v1/dashboards/{id}": func(w *world) request {
		return request{path: "/api/v1/dashboards/" + w.board(), version: 1, body: w.boardForm()}
	},
	"DELETE /api/v1/dashboards/{id}": func(w *world) request {
		return request{path: "/api/v1/dashboards/" + w.board()}
	},
	"POST /api/v1/dashboards/{id}/mail": func(w *world) request {
		w.s.Parts.Dashboards.Outbox = outbox{}
		return request{path: "/api/v1/dashboards/" + w.mailed() + "/mail"}
	},
	"POST /api/v1/exports": func(w *world) request {
		return request{path: "/api/v1/exports", body: object{"q": "outcome:failure", "from": "now-24h", "to": "now", "format": "ndjson", "fields": []string{}}}
	},
	"DELETE /api/v1/exports/{id}": func(w *world) request {
		return request{path: "/api/v1/exports/" + w.export()}
	},
	"POST /api/v1/exercises": func(w *world) request {
		return request{path: "/api/v1/exercises", body: object{"scenario": "ssh-bruteforce"}}
	},
	"POST /api/v1/exercises/{id}/end": func(w *world) request {
		return request{path: "/api/v1/exercises/" + w.exercise().ID + "/end", body: object{"reason": "done"}}
	},
	"POST /api/v1/exercises/{id}/real": func(w *world) request {
		return request{path: "/api/v1/exercises/" + w.exercise().ID + "/real", body: object{"reason": "real smoke"}}
	},
	"POST /api/v1/invitation": func(w *world) request {
		_, secret := w.invited()
		return request{path: "/api/v1/invitation", body: object{"token": secret, "passphrase": apptest.Passphrase}}
	},
	"POST /report": func(w *world) request { return request{path: "/report", form: "kind=event&what=Odd+things+happen"} },
	"POST /track/{secret}": func(w *world) request {
		_, _, secret := w.reported("")
		return request{path: "/track/" + secret, form: "body=It+is+blue"}
	},
	"POST /ack/{token}": func(w *world) request {
		run, _ := w.run()
		return request{path: "/ack/" + w.ackToken(run, time.Now()), form: "x=1"}
	},
}

func ruleText(id string) string {
	return "title: Rule " + id + "\nid: " + id + "\nlogsource: {product: linux}\ndetection: {a: {user.name: mallory}, condition: a}\nlevel: high\n"
}

const filterText = "title: Our scanner\nlogsource: {product: linux}\nfilter:\n  rules: any\n  scanner: {src.ip: 192.0.2.9}\n  condition: not scanner\n"

func packZip(t testing.TB, ids ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, id := range ids {
		f, err := z.Create("rules/" + id + ".yml")
		if err == nil {
			_, err = f.Write([]byte(ruleText(id)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// ownRule makes a rule that is in use.
func (w *world) ownRule() (r rulepack.OwnRule) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		r, err = w.s.Parts.Packs.CreateRule(ctx, tx, ruleText(w.name("own")), "")
		return err
	})
	if err := w.s.Parts.Detect.Reload(); err != nil {
		w.t.Fatal(err)
	}
	return r
}

// pack installs versions of a new pack.
func (w *world) pack(versions ...string) string {
	w.t.Helper()
	name := w.name("pack")
	for _, v := range versions {
		files, err := rulepack.ReadZip(packZip(w.t, w.name("r")))
		if err != nil {
			w.t.Fatal(err)
		}
		m, err := w.s.Parts.Packs.Store(w.t.Context(), w.handle(), files, rulepack.Manifest{Name: name, Version: v})
		if err != nil {
			w.t.Fatal(err)
		}
		w.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := w.s.Parts.Packs.Install(ctx, tx, m)
			return err
		})
	}
	return name
}

func (w *world) activate(name string, versions ...string) {
	w.t.Helper()
	for _, v := range versions {
		w.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := w.s.Parts.Packs.Activate(ctx, tx, name, v, "for a test")
			return err
		})
	}
}

var noEffects = object{"confidentiality": "", "integrity": "", "availability": ""}

func verb(from cases.State, name string, form func(*world) object) func(*world) request {
	return func(w *world) request {
		c := w.caseAt(from)
		return request{path: "/api/v1/cases/" + c.ID + "/" + name, version: c.Version, body: form(w)}
	}
}

func (w *world) scheduleForm() object {
	return object{"name": w.name("schedule"), "zone": "Europe/Berlin", "rotation": object{"people": []string{w.person}, "shift": "weekly", "length": 1, "start": "2026-11-02T08:00:00Z"}}
}

func (w *world) overrideForm() object {
	now := time.Now().UTC()
	return object{"person": w.person, "starts": now.Format(time.RFC3339), "ends": now.Add(time.Hour).Format(time.RFC3339)}
}

// send sends a request of the table as somebody.
func send(t testing.TB, c *apptest.Client, route string, r request) apptest.Answer {
	t.Helper()
	if r.form != "" {
		return c.Form(t, r.path, r.form)
	}
	if r.zip != nil {
		return c.Do(t, "POST", r.path, bytes.NewReader(r.zip), "application/zip", nil)
	}
	method, _, _ := strings.Cut(route, " ")
	var header []string
	if r.version > 0 {
		header = []string{"If-Match", fmt.Sprintf("%q", fmt.Sprint(r.version))}
	}
	return c.Send(t, method, r.path, r.body, header...)
}
