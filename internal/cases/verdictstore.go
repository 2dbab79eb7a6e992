package cases

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/db"
)

// Verdict is how cases that a rule's alerts were part of were judged.
type Verdict struct {
	Total      int // with a disposition that somebody gave or confirmed; duplicates left out
	False      int // false positives
	Harmless   int // benign or authorised
	LastCaseID string
}

// VerdictsByRule reads off the dispositions of cases, through their alerts, how
// right each rule was. A case counts once for each of its rules; exercises and
// what the policy alone has decided do not count.
func VerdictsByRule(ctx context.Context, q db.Querier) (map[string]Verdict, error) {
	type row struct {
		rule, disposition, last string
		n                       int
	}
	rows, err := db.Select(ctx, q, func(s db.Scanner) (r row, err error) {
		err = s.Scan(&r.rule, &r.disposition, &r.n, &r.last)
		return r, err
	}, `SELECT a.rule, c.disposition, count(DISTINCT c.id), max(c.id) FROM alert a
		JOIN case_alert j ON j.tenant = a.tenant AND j.alert = a.id
		JOIN incident_case c ON c.tenant = j.tenant AND c.id = j.case_id
		WHERE a.tenant = :tenant AND c.exercise = '' AND c.provisional = 0 AND c.disposition <> '' AND c.disposition <> ?
		GROUP BY a.rule, c.disposition`, Duplicate)
	out := map[string]Verdict{}
	for _, r := range rows {
		v := out[r.rule]
		v.Total += r.n
		switch r.disposition {
		case FalsePositive:
			v.False += r.n
		case Benign, Authorised:
			v.Harmless += r.n
		}
		v.LastCaseID = max(v.LastCaseID, r.last)
		out[r.rule] = v
	}
	return out, err
}
