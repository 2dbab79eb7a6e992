package cases_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
)

func TestVerdictsOfARuleAreReadOffItsCases(t *testing.T) {
	both(t, func(k *desk) {
		n := 0
		judged := func(rule, disposition, exercise string, provisional bool, alerts int) {
			k.Helper()
			n++
			k.must(func(ctx context.Context, tx *db.Tx) error {
				id := fmt.Sprintf("case-%02d", n)
				_, err := tx.Exec(ctx, `INSERT INTO incident_case (tenant, id, number, exercise, title, state, decision, type, lead, track, disposition, impact, urgency, priority, level, provisional, owner, decide_by, detail, anchors, correlation, created, updated)
					VALUES (:tenant, ?, ?, ?, '', 'closed', '', '', '', '', ?, 0, 0, 0, '', ?, '', 0, '', '', '', 0, 0)`, id, n, exercise, disposition, db.Bool(provisional))
				for i := range alerts {
					alert := fmt.Sprintf("%s-%d", id, i)
					if err == nil {
						_, err = tx.Exec(ctx, `INSERT INTO alert (tenant, id, fingerprint, kind, rule, rule_title, rule_version, severity, summary, facts, count, first_seen, last_seen, exercise, created, open_until)
							VALUES (:tenant, ?, '', 'rule', ?, '', '', 0, '', '{}', 1, 0, 0, ?, 0, 0)`, alert, rule, exercise)
					}
					if err == nil {
						_, err = tx.Exec(ctx, "INSERT INTO case_alert (tenant, case_id, alert, reason, joined) VALUES (:tenant, ?, ?, '', 0)", id, alert)
					}
				}
				return err
			})
		}
		judged("r1", cases.FalsePositive, "", false, 3) // many alerts, one verdict
		judged("r1", cases.FalsePositive, "", false, 1)
		judged("r1", cases.TruePositive, "", false, 1)
		judged("r1", cases.Benign, "", false, 1)
		judged("r1", cases.Duplicate, "", false, 1)          // says nothing of its own
		judged("r1", "", "", false, 1)                       // not judged yet
		judged("r1", cases.FalsePositive, "", true, 1)       // nobody has confirmed it
		judged("r1", cases.FalsePositive, "drill", false, 1) // no reality
		judged("r2", cases.Authorised, "", false, 1)
		got, err := cases.VerdictsByRule(k.Context(), k.db.For(1, "ann"))
		if err != nil || got["r1"] != (cases.Verdict{Total: 4, False: 2, Harmless: 1, LastCaseID: "case-04"}) || got["r2"].Harmless != 1 || len(got) != 2 {
			k.Errorf("%+v, %v", got, err)
		}
		if other, err := cases.VerdictsByRule(k.Context(), k.db.For(2, "eve")); err != nil || len(other) != 0 {
			k.Errorf("another organisation: %+v, %v", other, err)
		}
	})
}
