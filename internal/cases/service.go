package cases

import (
	"context"
	"log/slog"
	"time"

	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
)

// Page is what the pager is told.
type Page struct {
	CaseID, Label, Title, Level, Exercise, Summary string
	Participants                                   []string // of an exercise; nobody else is paged
}

// Pager wakes whoever is on call.
type Pager interface {
	Start(ctx context.Context, tx *db.Tx, p Page) error
	End(ctx context.Context, tx *db.Tx, caseID, reason string) error
}

// Messenger sends a message to a reporter.
type Messenger interface {
	Tell(ctx context.Context, tx *db.Tx, r Report, caseID, exercise, subject, body string) error
}

// AlertFacts is what a case needs to know of an alert.
type AlertFacts struct {
	ID, Fingerprint, Kind, Rule, Title, Level, Summary, Exercise string
	Tags                                                         []string
	Type, Intent                                                 string
	Impact, Urgency, Count                                       int
	Effects                                                      classify.Axes
	Proof                                                        bool
	Lasting                                                      bool // about a state that ends, such as an outage
	Service                                                      string
	Dedup                                                        []string // "name=value"
	Entities                                                     []Entity
	First, Last, Cleared                                         time.Time
}

// Alerts reads and settles alerts.
type Alerts interface {
	Facts(ctx context.Context, q db.Querier, id string) (AlertFacts, error)
	// Recent tells of alerts with that fingerprint since a time: how many, and
	// the minutes that they lasted together.
	Recent(ctx context.Context, q db.Querier, fingerprint string, since time.Time) (times, minutes int, err error)
	Settle(ctx context.Context, tx *db.Tx, ids []string) error
}

// Articles makes a solved case knowledge.
type Articles interface {
	FromCase(ctx context.Context, tx *db.Tx, c *Case) error
}

// Timers sets due times.
type Timers interface {
	Set(ctx context.Context, tx *db.Tx, kind, key string, due time.Time, payload string) error
	Cancel(ctx context.Context, tx *db.Tx, kind, key string) error
}

// Service changes cases.
type Service struct {
	Record    *record.Log
	Now       func() time.Time
	Log       *slog.Logger
	Pager     Pager
	Messenger Messenger
	Alerts    Alerts
	Articles  Articles
	Timers    Timers
	Policies  *Policies
	// Tracking makes the secret of a report's tracking link from its id.
	Tracking func(report string) string
}

// The kinds of timer that a case sets, each with the case's id as key.
const (
	TimerDecide   = "case.decide_by"
	TimerReassess = "case.reassess"
	TimerSnooze   = "case.snooze"
)

// act is one change of a case: read, guarded, changed, saved, recorded.
func (s *Service) act(ctx context.Context, tx *db.Tx, id string, version int64, manager bool, kind string, change func(c *Case, a Around) (data map[string]any, err error)) (Case, error) {
	c, err := Get(ctx, tx, id)
	if err != nil {
		return c, err
	}
	if version > 0 && c.Version != version {
		return c, problem.New(problem.Stale, "Somebody changed %s in the meantime. Load it again and repeat the change.", c.Label())
	}
	around := Around{Manager: manager, Actor: tx.Scope().Actor}
	if around.Actions, err = ActionsOf(ctx, tx, id); err != nil {
		return c, err
	}
	if around.Reports, err = ReportsOf(ctx, tx, id); err != nil {
		return c, err
	}
	data, err := change(&c, around)
	if err != nil {
		return c, err
	}
	if err := save(ctx, tx, &c, s.Now()); err != nil {
		return c, err
	}
	return c, s.record(ctx, tx, &c, kind, data)
}

func (s *Service) record(ctx context.Context, tx *db.Tx, c *Case, kind string, data map[string]any) error {
	facts, words := apart(data)
	facts["number"], facts["state"] = c.Label(), c.State
	e := record.Entry{Kind: kind, Subject: "case", SubjectID: c.ID, Exercise: c.Exercise, Data: facts}
	if len(words) > 0 {
		e.Personal = words
	}
	_, err := s.Record.Append(ctx, tx, e)
	return err
}

// freeText is what people write, and what names people or their things: it may
// hold personal data, so it stays outside the proofs, which hold its salted hash.
var freeText = map[string]bool{
	"title": true, "body": true, "reason": true, "statement": true, "cause": true, "solution": true, "lessons": true, "improvements": true,
	"business_impact": true, "waiver": true, "what": true, "target": true, "result": true,
}

// apart parts what is recorded into facts and words.
func apart(data map[string]any) (facts, words map[string]any) {
	facts, words = map[string]any{}, map[string]any{}
	for k, v := range data {
		if freeText[k] && v != "" {
			words[k] = v
			continue
		}
		facts[k] = v
	}
	return facts, words
}

// Acknowledge takes a case: the actor owns it, paging stops.
func (s *Service) Acknowledge(ctx context.Context, tx *db.Tx, id string, version int64) (Case, error) {
	return s.act(ctx, tx, id, version, false, "case.acknowledged", func(c *Case, a Around) (map[string]any, error) {
		if err := guard("acknowledge", c, a); err != nil {
			return nil, err
		}
		c.Owner = a.Actor
		c.anchor("acknowledged", s.Now())
		if err := s.Pager.End(ctx, tx, c.ID, "taken"); err != nil {
			return nil, err
		}
		if err := s.beginAssessing(ctx, tx, c); err != nil {
			return nil, err
		}
		return map[string]any{"owner": c.Owner}, nil
	})
}

// Acknowledged notes that the page of a case was acknowledged; the responder
// takes the case if nobody has it.
func (s *Service) Acknowledged(ctx context.Context, tx *db.Tx, id, person string) error {
	c, err := Get(ctx, tx, id)
	if err != nil || !c.State.Open() || c.Owner != "" {
		return err
	}
	c.Owner = person
	c.anchor("acknowledged", s.Now())
	if err := s.beginAssessing(ctx, tx, &c); err != nil {
		return err
	}
	if err := save(ctx, tx, &c, s.Now()); err != nil {
		return err
	}
	return s.record(ctx, tx.As(tx.Scope().Tenant, person), &c, "case.acknowledged", map[string]any{"owner": person, "by": "page"})
}

// beginAssessing moves a case that nobody has looked at on, and tells its reporters.
func (s *Service) beginAssessing(ctx context.Context, tx *db.Tx, c *Case) error {
	if c.State != Reported {
		return nil
	}
	c.State = Assessing
	return s.tell(ctx, tx, c, "is being looked at", "")
}

// Assign gives a case to a person.
func (s *Service) Assign(ctx context.Context, tx *db.Tx, id string, version int64, owner string) (Case, error) {
	return s.act(ctx, tx, id, version, false, "case.assigned", func(c *Case, a Around) (map[string]any, error) {
		if err := guard("assign", c, a, missing(owner == "", "a person")); err != nil {
			return nil, err
		}
		was := c.Owner
		c.Owner = owner
		if err := s.beginAssessing(ctx, tx, c); err != nil {
			return nil, err
		}
		return map[string]any{"owner": owner, "was": was}, nil
	})
}

// Snooze puts a case out of the inbox for a while.
func (s *Service) Snooze(ctx context.Context, tx *db.Tx, id string, version int64, until time.Time, reason string) (Case, error) {
	return s.act(ctx, tx, id, version, false, "case.snoozed", func(c *Case, a Around) (map[string]any, error) {
		now := s.Now()
		if err := guard("snooze", c, a, text(reason, "a reason", 3), missing(!until.After(now) || until.After(now.Add(31*24*time.Hour)), "a time within the next 31 days")); err != nil {
			return nil, err
		}
		c.SnoozedUntil = until
		return map[string]any{"until": until, "reason": reason}, s.Timers.Set(ctx, tx, TimerSnooze, c.ID, until, "")
	})
}

// Handle begins the response.
func (s *Service) Handle(ctx context.Context, tx *db.Tx, id string, version int64, thirdParties, reason string) (Case, error) {
	return s.act(ctx, tx, id, version, false, "case.handling", func(c *Case, a Around) (map[string]any, error) {
		alone := thirdParties == "alone" || thirdParties == "third_parties"
		if err := guard("handle", c, a, missing(!alone, `an answer to "can we solve it alone, or with third parties?"`), missing(thirdParties == "third_parties" && len(reason) < 3, "who helps, and why")); err != nil {
			return nil, err
		}
		c.Detail.ThirdParties, c.Detail.ThirdPartiesReason = thirdParties, reason
		c.State = Handling
		c.anchor("handling", s.Now())
		return map[string]any{"third_parties": thirdParties, "reason": reason}, s.tell(ctx, tx, c, "is being treated", "")
	})
}

// Resolve notes cause and solution.
func (s *Service) Resolve(ctx context.Context, tx *db.Tx, id string, version int64, cause, solution string, verified bool) (Case, error) {
	return s.act(ctx, tx, id, version, false, "case.resolved", func(c *Case, a Around) (map[string]any, error) {
		if err := guard("resolve", c, a, text(cause, `the cause (or "undetermined" and why)`, 5), text(solution, "the solution", 5)); err != nil {
			return nil, err
		}
		c.Detail.Cause, c.Detail.Solution, c.Detail.RecoveryVerified = cause, solution, verified
		c.State = Resolved
		c.anchor("resolved", s.Now())
		if err := s.Pager.End(ctx, tx, c.ID, "resolved"); err != nil {
			return nil, err
		}
		return map[string]any{"cause": cause, "solution": solution, "recovery_verified": verified}, s.tell(ctx, tx, c, "is resolved", "")
	})
}

// Closing is what formal closing asks for.
type Closing struct {
	Statement, BusinessImpact, Lessons, Currency, Waiver string
	CostHours, CostMoney                                 *float64
	RecoveryVerified                                     bool
}

// Close ends a case formally: the reporter is told in the same transaction,
// and the solution becomes an article.
func (s *Service) Close(ctx context.Context, tx *db.Tx, id string, version int64, manager bool, f Closing) (Case, error) {
	return s.act(ctx, tx, id, version, manager, "case.closed", func(c *Case, a Around) (map[string]any, error) {
		unreachable := 0
		for _, r := range a.Reports {
			if !r.Reachable {
				unreachable++
			}
		}
		verified := f.RecoveryVerified || c.Detail.RecoveryVerified
		err := guard("close", c, a,
			text(f.Statement, "a closing statement", 5),
			missing(f.CostHours == nil || *f.CostHours < 0 || f.CostMoney == nil || *f.CostMoney < 0, "the cost in hours and money (0 where there was none)"),
			text(f.BusinessImpact, "the impact on the business", 3),
			text(f.Lessons, `the lessons ("none" and why, if so)`, 3),
			missing(c.Track == classify.Formal && !verified, "that recovery was verified"),
			missing(unreachable > 0 && len(f.Waiver) < 5, "a reporter cannot be reached: a waiver with its reason"))
		if err != nil {
			return nil, err
		}
		d := &c.Detail
		d.Statement, d.BusinessImpact, d.Lessons, d.Currency, d.CostHours, d.CostMoney, d.RecoveryVerified = f.Statement, f.BusinessImpact, f.Lessons, f.Currency, f.CostHours, f.CostMoney, verified
		if c.Disposition == "" {
			c.Disposition = TruePositive
		}
		if err := s.end(ctx, tx, c, a.Reports, f.Waiver); err != nil {
			return nil, err
		}
		if err := s.Articles.FromCase(ctx, tx, c); err != nil {
			return nil, err
		}
		return map[string]any{"statement": f.Statement, "disposition": c.Disposition, "cost_hours": f.CostHours, "cost_money": f.CostMoney, "currency": f.Currency, "business_impact": f.BusinessImpact, "lessons": f.Lessons, "waiver": f.Waiver}, nil
	})
}

// end does what every closing does: alerts are settled, paging and timers end,
// reporters are told.
func (s *Service) end(ctx context.Context, tx *db.Tx, c *Case, reports []Report, waiver string) error {
	c.State, c.Provisional = Closed, false
	c.DecideBy, c.SnoozedUntil = time.Time{}, time.Time{}
	c.anchor("closed", s.Now())
	c.Anchors["closed"] = s.Now().UTC() // a reopened case closes again
	links, err := AlertsOf(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	var ids []string
	for _, l := range links {
		ids = append(ids, l.Alert)
	}
	if err := s.Alerts.Settle(ctx, tx, ids); err != nil {
		return err
	}
	for _, kind := range []string{TimerDecide, TimerReassess, TimerSnooze} {
		if err := s.Timers.Cancel(ctx, tx, kind, c.ID); err != nil {
			return err
		}
	}
	if err := s.Pager.End(ctx, tx, c.ID, "closed"); err != nil {
		return err
	}
	for _, r := range reports {
		informed := s.Now()
		w := ""
		if !r.Reachable {
			informed, w = time.Time{}, waiver
		}
		if err := setInformed(ctx, tx, r.ID, w, informed); err != nil {
			return err
		}
	}
	return s.tell(ctx, tx, c, "is closed", c.Detail.Statement)
}

// Dismiss closes a case in two clicks, the light track: as event only, or, when
// harm is confirmed and small, as the incident that it is.
func (s *Service) Dismiss(ctx context.Context, tx *db.Tx, id string, version int64, disposition, reason string) (Case, error) {
	return s.act(ctx, tx, id, version, false, "case.closed", func(c *Case, a Around) (map[string]any, error) {
		known := disposition == TruePositive || disposition == FalsePositive || disposition == Benign || disposition == Authorised
		kept := harmed(c.Detail.Effects) && disposition != FalsePositive
		// Small harm below the threshold of impact stays an incident, and still closes at once.
		light := kept && c.Track == classify.Light && c.Decision == classify.Incident && disposition == TruePositive
		err := guard("dismiss", c, a,
			missing(!known, "a disposition: true positive, false positive, benign or authorised"),
			text(reason, "a reason", 3),
			missing(kept && !light, "nothing: harm is confirmed, so this is an incident; handle it, or say that the finding was false"))
		if err != nil {
			return nil, err
		}
		was := c.Decision
		c.Disposition, c.Track = disposition, classify.Light
		if !light {
			c.Decision = classify.EventOnly
		}
		c.Detail.Reason, c.Detail.Statement = reason, reason
		c.Detail.Criterion = classify.Criterion{ID: "person", Title: "Decided by a person"}
		c.anchor("classified", s.Now())
		if err := s.addAssessment(ctx, tx, c.ID, Assessment{View: "analyst", Decision: c.Decision, Type: c.Type, Reason: reason}); err != nil {
			return nil, err
		}
		if err := s.end(ctx, tx, c, a.Reports, "light track: "+reason); err != nil {
			return nil, err
		}
		return map[string]any{"decision": c.Decision, "was": was, "disposition": disposition, "reason": reason, "track": c.Track}, nil
	})
}

// MarkDuplicate closes a case as a duplicate; its reports move to the other one.
func (s *Service) MarkDuplicate(ctx context.Context, tx *db.Tx, id string, version int64, of, reason string) (Case, error) {
	return s.act(ctx, tx, id, version, false, "case.closed", func(c *Case, a Around) (map[string]any, error) {
		other, err := ByNumber(ctx, tx, of)
		if err != nil {
			return nil, err
		}
		if err := guard("duplicate", c, a, missing(other.ID == c.ID, "another case than this one"), missing(other.Detail.DuplicateOf != "", "a case that is not a duplicate itself"), missing(other.Exercise != c.Exercise, "a case of the same kind: exercises never mix with reality"), text(reason, "a reason", 3)); err != nil {
			return nil, err
		}
		c.Disposition, c.Detail.DuplicateOf, c.Detail.Statement = Duplicate, other.ID, reason
		if c.Decision == "" {
			c.Decision = classify.EventOnly
		}
		what := "is about the same as " + other.Label() + " and goes on there"
		if !other.State.Open() {
			what = "is about the same as " + other.Label() + ", which is closed"
		}
		if err := s.tell(ctx, tx, c, what, ""); err != nil {
			return nil, err
		}
		if err := moveReports(ctx, tx, c.ID, other.ID); err != nil {
			return nil, err
		}
		if err := s.end(ctx, tx, c, nil, ""); err != nil {
			return nil, err
		}
		if err := s.record(ctx, tx, &other, "case.duplicate_joined", map[string]any{"from": c.Label(), "reason": reason}); err != nil {
			return nil, err
		}
		return map[string]any{"disposition": Duplicate, "of": other.Label(), "reason": reason}, nil
	})
}

// Reopen brings a case back to be assessed again.
func (s *Service) Reopen(ctx context.Context, tx *db.Tx, id string, version int64, reason string) (Case, error) {
	return s.act(ctx, tx, id, version, false, "case.reopened", func(c *Case, a Around) (map[string]any, error) {
		if err := guard("reopen", c, a, text(reason, "a reason", 5)); err != nil {
			return nil, err
		}
		c.State = Assessing
		c.Detail.Reopened++
		c.Detail.DuplicateOf = ""
		if c.Disposition == Duplicate {
			c.Disposition = ""
		}
		if c.Owner == "" {
			c.Owner = a.Actor
		}
		return map[string]any{"reason": reason, "times": c.Detail.Reopened}, s.tell(ctx, tx, c, "was opened again", "")
	})
}

// Review records what was learnt from a closed case.
func (s *Service) Review(ctx context.Context, tx *db.Tx, id string, version int64, manager bool, lessons, improvements string) (Case, error) {
	return s.act(ctx, tx, id, version, manager, "case.reviewed", func(c *Case, a Around) (map[string]any, error) {
		if err := guard("review", c, a, text(lessons, "the lessons", 5), text(improvements, `improvements, or "none needed" and why`, 5)); err != nil {
			return nil, err
		}
		c.State = Reviewed
		c.Detail.Lessons, c.Detail.Improvements = lessons, improvements
		c.anchor("reviewed", s.Now())
		return map[string]any{"lessons": lessons, "improvements": improvements}, nil
	})
}

// tell informs every reporter of a change of status: on the tracking page, and
// by mail where there is an address.
func (s *Service) tell(ctx context.Context, tx *db.Tx, c *Case, what, more string) error {
	reports, err := ReportsOf(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	for _, r := range reports {
		body := "Your report (" + c.Label() + ") " + what + "."
		if more != "" {
			body += "\n\n" + more
		}
		if err := s.TellReporter(ctx, tx, c, r, body); err != nil {
			return err
		}
	}
	return nil
}

// TellReporter sends one reporter a message and keeps it on the tracking page.
func (s *Service) TellReporter(ctx context.Context, tx *db.Tx, c *Case, r Report, body string) error {
	if err := insertUpdate(ctx, tx, r.ID, false, body, s.Now()); err != nil {
		return err
	}
	if !r.Reachable {
		return nil
	}
	return s.Messenger.Tell(ctx, tx, r, c.ID, c.Exercise, "Your report "+c.Label(), body)
}
