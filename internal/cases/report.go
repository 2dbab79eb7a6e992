package cases

import (
	"context"
	"net/mail"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/record"
)

// NewReport is what a person tells us.
type NewReport struct {
	Kind    string // event, weakness
	Channel string // portal, desk, mail, api
	Name    string
	Email   string
	What    string
	Place   string
	Noticed string
	// Harm is the reporter's own view: "yes", "no" or "" (does not know).
	Harm string
}

const (
	maxWhat  = 20_000
	maxShort = 500
)

// FromReport takes a person's report: it opens a case, gives the reporter a
// receipt, and returns the secret of the tracking link, which is shown once.
func (s *Service) FromReport(ctx context.Context, tx *db.Tx, n NewReport) (c Case, tracking string, err error) {
	if err := checkReport(&n); err != nil {
		return c, "", err
	}
	now := s.Now()
	title := firstLine(n.What)
	c = Case{ID: db.NewID(now), Title: title, State: Reported, Created: now, Updated: now, Version: 1}
	c.Correlation = "r:" + c.ID
	c.Detail.Summary = "Reported by a person through the " + n.Channel + "."
	c.anchor("reported", now)
	r := Report{ID: db.NewID(now), CaseID: c.ID, Kind: n.Kind, Channel: n.Channel, Anonymous: n.Name == "" && n.Email == "", Reachable: n.Email != "", Created: now, Name: n.Name, Email: n.Email, What: n.What, Place: n.Place, Noticed: n.Noticed}
	facts := classify.Facts{Now: now, Source: classify.Source{Kind: "report"}, Count: 1, Reporter: classify.Reporter{Anonymous: r.Anonymous, Weakness: n.Kind == "weakness"}}
	claim := Assessment{View: "reporter", Decision: map[string]string{"weakness": classify.Weakness}[n.Kind], Reason: "as reported"}
	if n.Harm == "yes" { // a reporter can claim an effect, not confirm it
		facts.Effects = classify.Axes{Confidentiality: "claimed"}
		claim.Effects = facts.Effects
	}
	tracking = s.Tracking(r.ID)
	err = s.open(ctx, tx, &c, facts, func() error {
		if err := insertReport(ctx, tx, r, tracking); err != nil {
			return err
		}
		if err := s.addAssessment(ctx, tx.As(tx.Scope().Tenant, "reporter"), c.ID, claim); err != nil {
			return err
		}
		_, err := s.Record.Append(ctx, tx.As(tx.Scope().Tenant, "reporter"), record.Entry{Kind: "case.reported", Subject: "case", SubjectID: c.ID,
			Data: map[string]any{"report": r.ID, "kind": r.Kind, "channel": r.Channel, "anonymous": r.Anonymous}, Personal: map[string]string{"name": r.Name, "email": r.Email, "what": r.What}})
		return err
	})
	if err != nil {
		return c, "", err
	}
	return c, tracking, s.TellReporter(ctx, tx, &c, r, "Thank you. Your report was received as "+c.Label()+" and will be looked at. You are told of each change of its status.")
}

func checkReport(n *NewReport) error {
	n.What, n.Name, n.Email, n.Place, n.Noticed = strings.TrimSpace(n.What), strings.TrimSpace(n.Name), strings.TrimSpace(n.Email), strings.TrimSpace(n.Place), strings.TrimSpace(n.Noticed)
	var f []problem.Field
	if n.Kind != "event" && n.Kind != "weakness" {
		f = append(f, problem.Field{Name: "kind", Detail: "event or weakness"})
	}
	if len(n.What) < 5 || len(n.What) > maxWhat {
		f = append(f, problem.Field{Name: "what", Detail: "describe in at least a few words what you noticed (at most 20,000 characters)"})
	}
	if _, err := mail.ParseAddress(n.Email); n.Email != "" && (err != nil || strings.ContainsAny(n.Email, "<>\r\n")) {
		f = append(f, problem.Field{Name: "email", Detail: "not an e-mail address"})
	}
	for name, v := range map[string]string{"name": n.Name, "email": n.Email, "place": n.Place, "noticed": n.Noticed} {
		if len(v) > maxShort {
			f = append(f, problem.Field{Name: name, Detail: "at most 500 characters"})
		}
	}
	if len(f) > 0 {
		return &problem.Error{Kind: problem.Invalid, Detail: "Please check: " + f[0].Name + ": " + f[0].Detail + ".", Fields: f}
	}
	return nil
}

// firstLine makes a title of free text.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	r := []rune(strings.TrimSpace(line))
	if len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return string(r)
}

// ReporterWrites adds what a reporter says on the tracking page.
func (s *Service) ReporterWrites(ctx context.Context, tx *db.Tx, reportID, body string) error {
	body = strings.TrimSpace(body)
	if len(body) < 2 || len(body) > maxWhat {
		return problem.New(problem.Invalid, "Write at least a few words, and at most 20,000 characters.")
	}
	r, err := GetReport(ctx, tx, reportID)
	if err != nil {
		return err
	}
	if len(r.Updates) >= 400 {
		return problem.New(problem.TooMany, "This report has too many messages. Please make a new one.")
	}
	if err := insertUpdate(ctx, tx, reportID, true, body, s.Now()); err != nil {
		return err
	}
	c, err := Get(ctx, tx, r.CaseID)
	if err != nil {
		return err
	}
	_, err = s.Record.Append(ctx, tx, record.Entry{Kind: "case.reporter_wrote", Subject: "case", SubjectID: c.ID, Data: map[string]any{"report": reportID, "number": c.Label()}, Personal: map[string]string{"body": body}})
	return err
}

// Reply sends a message of the team to a reporter.
func (s *Service) Reply(ctx context.Context, tx *db.Tx, caseID string, version int64, reportID, body string) (Case, error) {
	return s.act(ctx, tx, caseID, version, false, "case.reporter_told", func(c *Case, a Around) (map[string]any, error) {
		for _, r := range a.Reports {
			if r.ID == reportID {
				if len(strings.TrimSpace(body)) < 2 || len(body) > maxWhat {
					return nil, problem.New(problem.Invalid, "Write at least a few words, and at most 20,000 characters.")
				}
				return map[string]any{"report": reportID}, s.TellReporter(ctx, tx, c, r, body)
			}
		}
		return nil, problem.New(problem.NotFound, "No such report in this case.")
	})
}

// OpenByHand makes a case that a person opens.
func (s *Service) OpenByHand(ctx context.Context, tx *db.Tx, title, summary, typ string) (Case, error) {
	title = strings.TrimSpace(title)
	if len(title) < 3 || len(title) > 300 {
		return Case{}, &problem.Error{Kind: problem.Invalid, Detail: "Give the case a title of 3 to 300 characters.", Fields: []problem.Field{{Name: "title", Detail: "3 to 300 characters"}}}
	}
	now := s.Now()
	c := Case{ID: db.NewID(now), Title: title, State: Reported, Created: now, Updated: now, Version: 1}
	c.Correlation = "m:" + c.ID
	c.Detail.Summary = summary
	c.anchor("reported", now)
	err := s.open(ctx, tx, &c, classify.Facts{Now: now, Source: classify.Source{Kind: "report"}, Count: 1, Proposed: classify.Proposed{Type: typ}}, func() error { return nil })
	return c, err
}

// AddNote adds a note.
func (s *Service) AddNote(ctx context.Context, tx *db.Tx, caseID, body string) (Note, error) {
	if err := checkNote(body); err != nil {
		return Note{}, err
	}
	c, err := Get(ctx, tx, caseID)
	if err != nil {
		return Note{}, err
	}
	n := Note{ID: db.NewID(s.Now()), Author: tx.Scope().Actor, Body: body, At: s.Now(), Version: 1}
	if err := insertNote(ctx, tx, caseID, n); err != nil {
		return n, err
	}
	return n, s.record(ctx, tx, &c, "case.noted", map[string]any{"note": n.ID, "body": body})
}

// EditNote changes a note; the text before is kept as a revision.
func (s *Service) EditNote(ctx context.Context, tx *db.Tx, id string, version int64, body string) error {
	if err := checkNote(body); err != nil {
		return err
	}
	caseID, err := updateNote(ctx, tx, id, version, tx.Scope().Actor, body, s.Now())
	if err != nil {
		return err
	}
	c, err := Get(ctx, tx, caseID)
	if err != nil {
		return err
	}
	return s.record(ctx, tx, &c, "case.note_edited", map[string]any{"note": id, "body": body})
}

func checkNote(body string) error {
	if n := len(strings.TrimSpace(body)); n < 1 || n > 100_000 {
		return problem.New(problem.Invalid, "A note has 1 to 100,000 characters.")
	}
	return nil
}

var phases = map[string]bool{"investigate": true, "contain": true, "eradicate": true, "recover": true, "communicate": true}

// AddAction records something done, or planned, in the response.
func (s *Service) AddAction(ctx context.Context, tx *db.Tx, caseID string, a Action) (Action, error) {
	if !phases[a.Phase] {
		return a, problem.New(problem.Invalid, "The phase is one of investigate, contain, eradicate, recover, communicate.")
	}
	if err := checkAction(a.What, a.State, a.Result); err != nil {
		return a, err
	}
	c, err := Get(ctx, tx, caseID)
	if err != nil {
		return a, err
	}
	if !c.State.Open() {
		return a, problem.New(problem.Conflict, "%s is closed. Reopen it to add actions.", c.Label())
	}
	a.ID, a.Actor, a.At, a.Version = db.NewID(s.Now()), tx.Scope().Actor, s.Now(), 1
	if err := insertAction(ctx, tx, caseID, a); err != nil {
		return a, err
	}
	return a, s.record(ctx, tx, &c, "case.action", map[string]any{"action": a.ID, "phase": a.Phase, "what": a.What, "target": a.Target, "result": a.Result, "action_state": a.State})
}

func checkAction(what, state, result string) error {
	switch {
	case len(strings.TrimSpace(what)) < 3 || len(what) > 5000:
		return problem.New(problem.Invalid, "Say what was done, in 3 to 5,000 characters.")
	case state != "planned" && state != "done":
		return problem.New(problem.Invalid, "An action is planned or done.")
	case state == "done" && strings.TrimSpace(result) == "":
		return &problem.Error{Kind: problem.Invalid, Detail: "An action that is done has a result.", Fields: []problem.Field{{Name: "result", Detail: "what came of it"}}}
	case len(result) > 5000:
		return problem.New(problem.Invalid, "A result has at most 5,000 characters.")
	}
	return nil
}

// FinishAction sets an action's result and state.
func (s *Service) FinishAction(ctx context.Context, tx *db.Tx, id string, version int64, result, state string) error {
	if err := checkAction("set", state, result); err != nil {
		return err
	}
	caseID, err := updateAction(ctx, tx, id, version, result, state)
	if err != nil {
		return err
	}
	c, err := Get(ctx, tx, caseID)
	if err != nil {
		return err
	}
	if !c.State.Open() {
		return problem.New(problem.Conflict, "%s is closed. Reopen it to change its actions.", c.Label())
	}
	return s.record(ctx, tx, &c, "case.action_result", map[string]any{"action": id, "result": result, "action_state": state})
}

// Exercise is a drill: everything that comes of its marked messages is kept
// apart from what is real.
type Exercise struct {
	ID, Name, Scenario, StartedBy string
	Started, Ended                time.Time
}

// StartExercise begins a drill, in which the actor takes part.
// marker is the hash of the secret that its messages carry.
func (s *Service) StartExercise(ctx context.Context, tx *db.Tx, name, scenario, marker string) (Exercise, error) {
	x := Exercise{ID: db.NewID(s.Now()), Name: name, Scenario: scenario, StartedBy: tx.Scope().Actor, Started: s.Now()}
	if err := insertExercise(ctx, tx, x, marker); err != nil {
		return x, err
	}
	_, err := s.Record.Append(ctx, tx, record.Entry{Kind: "exercise.started", Subject: "exercise", SubjectID: x.ID, Exercise: x.ID, Data: map[string]any{"name": name, "scenario": scenario}})
	return x, err
}

// EndExercise ends a drill; real says that what was seen is no drill.
func (s *Service) EndExercise(ctx context.Context, tx *db.Tx, id string, real bool, reason string) error {
	n, err := endExercise(ctx, tx, id, s.Now())
	if err != nil {
		return err
	}
	if n == 0 {
		return problem.New(problem.NotFound, "No such running exercise.")
	}
	kind := "exercise.ended"
	if real {
		kind = "exercise.is_real"
	}
	if _, err := s.Record.Append(ctx, tx, record.Entry{Kind: kind, Subject: "exercise", SubjectID: id, Exercise: id, Data: map[string]any{"reason": reason}}); err != nil || !real {
		return err
	}
	now := s.Now()
	c := Case{ID: db.NewID(now), Title: "Real, seen during an exercise: " + firstLine(reason), State: Reported, Created: now, Updated: now, Version: 1}
	c.Correlation = "m:" + c.ID
	c.Detail.Summary = "\"This is real\" was said during exercise " + id + ": " + reason
	c.anchor("reported", now)
	return s.open(ctx, tx, &c, classify.Facts{Now: now, Source: classify.Source{Kind: "tool"}, Count: 1, Intent: "suspected", Proposed: classify.Proposed{Impact: 3, Urgency: 3}}, func() error { return nil })
}
