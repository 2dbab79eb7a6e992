package cases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// FromAlert puts a raised alert into a case: an open one about the same thing,
// else a new one. It is called once an alert.
func (s *Service) FromAlert(ctx context.Context, tx *db.Tx, alertID string) error {
	a, err := s.Alerts.Facts(ctx, tx, alertID)
	if err != nil {
		return err
	}
	key := correlation(a)
	c, err := byCorrelation(ctx, tx, key, a.Exercise)
	switch {
	case problem.Is(err, problem.NotFound):
		return s.openFrom(ctx, tx, a, key)
	case err != nil:
		return err
	}
	return s.join(ctx, tx, c, a)
}

// correlation is the key by which alerts about the same thing share a case: the
// values that tell a rule's alerts apart, without the rule.
func correlation(a AlertFacts) string {
	if len(a.Dedup) == 0 {
		return "f:" + a.Fingerprint
	}
	parts := slices.Clone(a.Dedup)
	slices.Sort(parts)
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "d:" + hex.EncodeToString(sum[:16])
}

func (s *Service) openFrom(ctx context.Context, tx *db.Tx, a AlertFacts, key string) error {
	now := s.Now()
	c := Case{ID: db.NewID(now), Exercise: a.Exercise, Title: a.Title, State: Reported, Correlation: key, Created: now, Updated: now, Version: 1}
	c.Detail.Summary, c.Detail.Rule = a.Summary, a.Rule
	c.anchor("occurred", a.First)
	c.anchor("detected", a.Last)
	c.anchor("reported", now)
	facts, err := s.facts(ctx, tx, a, now)
	if err != nil {
		return err
	}
	return s.open(ctx, tx, &c, facts, func() error {
		if _, err := linkAlert(ctx, tx, c.ID, a.ID, "opened the case", now); err != nil {
			return err
		}
		return s.addEntities(ctx, tx, c.ID, a.Entities)
	})
}

// open evaluates the policy, stores a new case with what belongs to it, and
// pages if the policy says so: all in the caller's transaction.
func (s *Service) open(ctx context.Context, tx *db.Tx, c *Case, facts classify.Facts, children func() error) error {
	policy, err := s.Policies.Active(ctx, tx, c.Created)
	if err != nil {
		return err
	}
	if c.Exercise != "" && len(c.Detail.Participants) == 0 {
		if c.Detail.Participants, err = participants(ctx, tx, c.Exercise); err != nil {
			return err
		}
	}
	r := policy.Evaluate(facts)
	adopt(c, facts, r)
	if c.Number, err = nextNumber(ctx, tx, c.Exercise != ""); err != nil {
		return err
	}
	if err := insertCase(ctx, tx, *c); err != nil {
		return err
	}
	if err := children(); err != nil {
		return err
	}
	if err := s.addAssessment(ctx, tx.As(tx.Scope().Tenant, "policy"), c.ID, fromPolicy(r)); err != nil {
		return err
	}
	data := decided(c)
	data["title"] = c.Title
	if err := s.record(ctx, tx, c, "case.opened", data); err != nil {
		return err
	}
	return s.follow(ctx, tx, c, r)
}

// follow does what a policy's result asks for: page, decide-by, reassess.
func (s *Service) follow(ctx context.Context, tx *db.Tx, c *Case, r classify.Result) error {
	if c.DecideBy.After(s.Now()) {
		if err := s.Timers.Set(ctx, tx, TimerDecide, c.ID, c.DecideBy, ""); err != nil {
			return err
		}
	}
	if r.ReassessMinutes > 0 {
		if err := s.Timers.Set(ctx, tx, TimerReassess, c.ID, s.Now().Add(time.Duration(r.ReassessMinutes)*time.Minute), ""); err != nil {
			return err
		}
	}
	if !r.Page {
		return nil
	}
	return s.Pager.Start(ctx, tx, Page{CaseID: c.ID, Label: c.Label(), Title: c.Title, Level: c.Level, Exercise: c.Exercise, Summary: c.Detail.Summary + "\n" + r.Reason, Participants: c.Detail.Participants})
}

// join folds another alert into an open case and assesses it again.
func (s *Service) join(ctx context.Context, tx *db.Tx, c Case, a AlertFacts) error {
	now := s.Now()
	fresh, err := linkAlert(ctx, tx, c.ID, a.ID, "same "+strings.Join(a.Dedup, ", "), now)
	if err != nil || !fresh {
		return err
	}
	if err := s.addEntities(ctx, tx, c.ID, a.Entities); err != nil {
		return err
	}
	facts, err := s.facts(ctx, tx, a, now)
	if err != nil {
		return err
	}
	facts = stronger(c.Detail.Facts, facts)
	if rank(a.Level) > rank(c.Detail.Facts.Rule.Level) && c.Provisional {
		c.Title, c.Detail.Summary, c.Detail.Rule = a.Title, a.Summary, a.Rule
	} else {
		facts.Rule = c.Detail.Facts.Rule
	}
	return s.reassess(ctx, tx, c, facts, "case.alert_joined", map[string]any{"alert": a.ID, "rule": a.Rule, "title": a.Title, "reason": "same " + strings.Join(a.Dedup, ", ")})
}

// reassess evaluates the policy again. A decision that a person made stays;
// the policy's new view stands beside it.
func (s *Service) reassess(ctx context.Context, tx *db.Tx, c Case, facts classify.Facts, kind string, data map[string]any) error {
	policy, err := s.Policies.Active(ctx, tx, s.Now())
	if err != nil {
		return err
	}
	before := c.Track
	r := policy.Evaluate(facts)
	if err := s.addAssessment(ctx, tx.As(tx.Scope().Tenant, "policy"), c.ID, fromPolicy(r)); err != nil {
		return err
	}
	if c.Provisional {
		adopt(&c, facts, r)
	} else {
		c.Detail.Facts = facts
		c.Detail.Effects = stillConfirmed(facts.Effects, c.Detail.Effects)
		data["policy_would_say"] = map[string]any{"decision": r.Decision, "level": r.Level, "criterion": r.Criterion.ID}
	}
	if err := save(ctx, tx, &c, s.Now()); err != nil {
		return err
	}
	for k, v := range decided(&c) {
		if _, told := data[k]; !told {
			data[k] = v
		}
	}
	if err := s.record(ctx, tx, &c, kind, data); err != nil {
		return err
	}
	if c.Owner != "" { // somebody has it: no new page
		r.Page = false
	}
	if before == classify.Formal && r.Page && kind == "case.reassessed" {
		r.Page = false
	}
	return s.follow(ctx, tx, &c, r)
}

// FromCleared is told that the condition behind an alert is over. A light case
// whose alerts all are over closes by itself when the policy says so.
func (s *Service) FromCleared(ctx context.Context, tx *db.Tx, alertID string) error {
	c, err := CaseOfAlert(ctx, tx, alertID)
	if problem.Is(err, problem.NotFound) || err == nil && !c.State.Open() {
		return nil
	}
	if err != nil {
		return err
	}
	a, err := s.Alerts.Facts(ctx, tx, alertID)
	if err != nil {
		return err
	}
	links, err := AlertsOf(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	for _, l := range links {
		other, err := s.Alerts.Facts(ctx, tx, l.Alert)
		if err != nil {
			return err
		}
		if other.Cleared.IsZero() {
			return s.record(ctx, tx, &c, "case.condition_over", map[string]any{"alert": alertID, "title": a.Title})
		}
	}
	facts, err := s.facts(ctx, tx, a, s.Now())
	if err != nil {
		return err
	}
	facts = stronger(c.Detail.Facts, facts)
	facts.Outage.Ongoing, facts.Outage.Restored = false, true
	if !c.Detail.CloseWhenRestored || c.Track != classify.Light || !c.Provisional {
		return s.record(ctx, tx, &c, "case.condition_over", map[string]any{"alert": alertID, "title": a.Title, "minutes": facts.Outage.Minutes})
	}
	c.Detail.Facts = facts
	c.Disposition = TruePositive
	c.Detail.Statement = "Service returned after " + minutes(facts.Outage.Minutes) + "; below the threshold of impact, so it closed by itself."
	reports, err := ReportsOf(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	if err := s.end(ctx, tx, &c, reports, "closed by itself when service returned"); err != nil {
		return err
	}
	if err := save(ctx, tx, &c, s.Now()); err != nil {
		return err
	}
	return s.record(ctx, tx.As(tx.Scope().Tenant, "policy"), &c, "case.closed", map[string]any{"statement": c.Detail.Statement, "disposition": c.Disposition, "track": c.Track, "by_itself": true})
}

// Due handles the timers of cases.
func (s *Service) Due(ctx context.Context, tx *db.Tx, kind, id string) error {
	c, err := Get(ctx, tx, id)
	if err != nil || !c.State.Open() {
		return err
	}
	switch kind {
	case TimerDecide:
		if c.Decision != "" {
			return nil
		}
		if err := s.record(ctx, tx, &c, "case.decide_overdue", map[string]any{"decide_by": c.DecideBy}); err != nil {
			return err
		}
		return s.Pager.Start(ctx, tx, Page{CaseID: c.ID, Label: c.Label(), Title: "Undecided: " + c.Title, Level: c.Level, Exercise: c.Exercise, Summary: "The time to decide whether this is an incident has passed.", Participants: c.Detail.Participants})
	case TimerReassess:
		facts := c.Detail.Facts
		if facts.Outage.Ongoing {
			facts.Outage.Minutes = int(s.Now().Sub(c.Anchors["occurred"]).Minutes())
		}
		facts.Now = s.Now()
		return s.reassess(ctx, tx, c, facts, "case.reassessed", map[string]any{"outage_minutes": facts.Outage.Minutes})
	case TimerSnooze:
		c.SnoozedUntil = time.Time{}
		if err := save(ctx, tx, &c, s.Now()); err != nil {
			return err
		}
		return s.record(ctx, tx, &c, "case.woke", nil)
	}
	return nil
}

// Assess adds a person's view, without deciding.
func (s *Service) Assess(ctx context.Context, tx *db.Tx, id string, version int64, manager bool, a Assessment) (Case, error) {
	return s.act(ctx, tx, id, version, manager, "case.assessed", func(c *Case, around Around) (map[string]any, error) {
		if err := guard("assess", c, around, text(a.Reason, "a reason", 3)); err != nil {
			return nil, err
		}
		a.View = "analyst"
		if manager {
			a.View = "manager"
		}
		if err := s.beginAssessing(ctx, tx, c); err != nil {
			return nil, err
		}
		return map[string]any{"view": a.View, "decision": a.Decision, "impact": a.Impact, "urgency": a.Urgency, "type": a.Type, "reason": a.Reason}, s.addAssessment(ctx, tx, c.ID, a)
	})
}

// Decision is what a person decides in classifying a case.
type Decision struct {
	Assessment
	Lead, Track, Disposition string
}

// Confirm makes the policy's provisional decision a person's own.
func (s *Service) Confirm(ctx context.Context, tx *db.Tx, id string, version int64, manager bool, reason string) (Case, error) {
	return s.act(ctx, tx, id, version, manager, "case.classified", func(c *Case, a Around) (map[string]any, error) {
		if err := guard("confirm", c, a); err != nil {
			return nil, err
		}
		if reason == "" {
			reason = "confirmed: " + c.Detail.Reason
		}
		view := Assessment{View: "analyst", Decision: c.Decision, Type: c.Type, Impact: c.Impact, Urgency: c.Urgency, Effects: c.Detail.Effects, Intent: c.Detail.Intent, Reason: reason}
		if manager {
			view.View = "manager"
		}
		if err := s.addAssessment(ctx, tx, c.ID, view); err != nil {
			return nil, err
		}
		return s.classified(ctx, tx, c, a, reason)
	})
}

// Classify decides.
func (s *Service) Classify(ctx context.Context, tx *db.Tx, id string, version int64, manager bool, d Decision) (Case, error) {
	return s.act(ctx, tx, id, version, manager, "case.classified", func(c *Case, a Around) (map[string]any, error) {
		policy, err := s.Policies.Active(ctx, tx, s.Now())
		if err != nil {
			return nil, err
		}
		known := d.Decision == classify.EventOnly || d.Decision == classify.Incident || d.Decision == classify.Weakness
		rated := d.Impact >= 1 && d.Impact <= 3 && d.Urgency >= 1 && d.Urgency <= 3
		if d.Disposition != FalsePositive { // harm that was confirmed once is not argued away
			d.Effects = stillConfirmed(c.Detail.Effects, d.Effects)
		}
		kept := harmed(d.Effects)
		err = guard("classify", c, a,
			missing(!known, "a decision: event, incident or weakness"),
			missing(known && kept && d.Decision != classify.Incident, "the decision incident: harm is confirmed"),
			missing(d.Decision != classify.EventOnly && !rated, "impact and urgency from 1 to 3"),
			missing(d.Type == "", "a type"),
			text(d.Reason, "a reason", 10))
		if err != nil {
			return nil, err
		}
		if rated {
			c.Impact, c.Urgency = d.Impact, d.Urgency
			c.Priority = policy.Matrix.Priority(d.Impact, d.Urgency)
			c.Level = policy.Bands.Level(c.Priority)
		}
		c.Decision, c.Type, c.Disposition = d.Decision, d.Type, d.Disposition
		if d.Lead != "" {
			c.Lead = d.Lead
		}
		if d.Track != "" {
			c.Track = d.Track
		}
		if d.Intent != "" {
			c.Detail.Intent = d.Intent
		}
		c.Detail.Effects = d.Effects
		c.Detail.Reason, c.Detail.Criterion = d.Reason, classify.Criterion{ID: "person", Title: "Decided by a person"}
		c.Detail.Inputs = nil
		view := d.Assessment
		view.View = "analyst"
		if manager {
			view.View = "manager"
		}
		if err := s.addAssessment(ctx, tx, c.ID, view); err != nil {
			return nil, err
		}
		return s.classified(ctx, tx, c, a, d.Reason)
	})
}

func (s *Service) classified(ctx context.Context, tx *db.Tx, c *Case, a Around, reason string) (map[string]any, error) {
	if c.State == Reported || c.State == Assessing {
		c.State = Classified
	}
	if c.Owner == "" {
		c.Owner = a.Actor
	}
	c.Provisional, c.DecideBy = false, time.Time{}
	c.anchor("acknowledged", s.Now())
	c.anchor("classified", s.Now())
	if c.Decision == classify.Incident {
		c.anchor("declared", s.Now())
	}
	if err := s.Timers.Cancel(ctx, tx, TimerDecide, c.ID); err != nil {
		return nil, err
	}
	if err := s.Pager.End(ctx, tx, c.ID, "classified"); err != nil {
		return nil, err
	}
	data := decided(c)
	data["reason"] = reason
	what := map[string]string{classify.Incident: "was classified as an incident", classify.Weakness: "was classified as a weakness", classify.EventOnly: "was classified as an event, not an incident"}[c.Decision]
	return data, s.tell(ctx, tx, c, what, "")
}

// addAssessment keeps a judgement.
func (s *Service) addAssessment(ctx context.Context, tx *db.Tx, caseID string, a Assessment) error {
	a.ID, a.At, a.Actor = db.NewID(s.Now()), s.Now(), tx.Scope().Actor
	return insertAssessment(ctx, tx, caseID, a)
}

func (s *Service) addEntities(ctx context.Context, tx *db.Tx, caseID string, es []Entity) error {
	for _, e := range es {
		if err := addEntity(ctx, tx, caseID, e, s.Now()); err != nil {
			return err
		}
	}
	return nil
}

// adopt takes over a policy's result as the provisional decision.
func adopt(c *Case, facts classify.Facts, r classify.Result) {
	c.Decision, c.Type, c.Lead, c.Track, c.Disposition = r.Decision, r.Type, r.Lead, r.Track, r.Disposition
	c.Impact, c.Urgency, c.Priority, c.Level, c.Provisional = r.Impact, r.Urgency, r.Priority, r.Level, true
	was := c.DecideBy
	c.DecideBy = time.Time{}
	if r.Decision == classify.Undetermined && r.DecideByMinutes > 0 {
		c.DecideBy = facts.Now.Add(time.Duration(r.DecideByMinutes) * time.Minute)
		if !was.IsZero() && was.Before(c.DecideBy) { // what joins does not put the decision off
			c.DecideBy = was
		}
	}
	d := &c.Detail
	d.Facts, d.Criterion, d.Reason, d.Inputs, d.PolicyVersion = facts, r.Criterion, r.Reason, r.Inputs, r.PolicyVersion
	d.CloseWhenRestored, d.Intent, d.Effects = r.CloseWhenRestored, facts.Intent, facts.Effects
	if r.Decision == classify.Incident {
		c.anchor("declared", facts.Now)
	}
}

func fromPolicy(r classify.Result) Assessment {
	return Assessment{View: "policy", Decision: r.Decision, Type: r.Type, Impact: r.Impact, Urgency: r.Urgency, Reason: r.Reason, Criterion: r.Criterion.ID, PolicyVersion: r.PolicyVersion}
}

func decided(c *Case) map[string]any {
	return map[string]any{"decision": c.Decision, "type": c.Type, "lead": c.Lead, "track": c.Track, "disposition": c.Disposition, "impact": c.Impact, "urgency": c.Urgency, "priority": c.Priority, "level": c.Level,
		"criterion": c.Detail.Criterion.ID, "reason": c.Detail.Reason, "policy_version": c.Detail.PolicyVersion, "provisional": c.Provisional}
}
