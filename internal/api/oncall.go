package api

import (
	"context"
	"time"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/notify"
	"github.com/tocsin-project/tocsin/internal/oncall"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// RunView is an escalation of a case.
type RunView struct {
	ID       string     `json:"id"`
	State    string     `json:"state" enum:"paging,acknowledged,exhausted,ended"`
	Step     int        `json:"step"`
	Round    int        `json:"round"`
	AckedBy  *PersonRef `json:"acked_by"`
	AckedAt  string     `json:"acked_at"`
	Created  string     `json:"created"`
	Exercise string     `json:"exercise"`
}

type runOfCase struct {
	RunView
	Case struct {
		CaseRef
		Title string `json:"title"`
		Level string `json:"level"`
	} `json:"case"`
}

type messageView struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	Channel   string `json:"channel"`
	Recipient string `json:"recipient"`
	Subject   string `json:"subject"`
	State     string `json:"state"`
	Attempt   int    `json:"attempt"`
	Created   string `json:"created"`
	Sent      string `json:"sent"`
	Error     string `json:"error"`
}

type dutyView struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Zone   string     `json:"zone"`
	Person *PersonRef `json:"person"`
	Since  string     `json:"since"`
	Until  string     `json:"until"`
	Next   *PersonRef `json:"next"`
}

type nowView struct {
	Schedules []dutyView    `json:"schedules"`
	Runs      []runOfCase   `json:"runs"`
	Messages  []messageView `json:"messages"`
}

func viewRun(x oncall.Run, n names) RunView {
	state := map[string]string{oncall.Running: "paging", oncall.Acked: "acknowledged", oncall.Exhausted: "exhausted", oncall.Ended: "ended"}[x.State]
	return RunView{x.ID, state, x.Step, x.Round, n.pointer(x.AckedBy), shown(x.Acked), shown(x.Created), x.Exercise}
}

// viewMessage names the recipient by person, not by address.
func (s *Server) viewMessage(ctx context.Context, q db.Querier, m notify.Status, n names) messageView {
	who := map[string]string{"report": "reporter", "contact_point": "former contact point"}[m.Message.RecipientKind]
	if m.Message.RecipientKind == "contact_point" {
		if c, err := oncall.GetContact(ctx, q, m.Message.Recipient); err == nil {
			who = n.ref(c.Person).Name
		}
	}
	return messageView{m.ID, m.Message.Kind, m.Message.Channel, who, m.Message.Subject, m.State, m.Attempt, shown(m.Created), shown(m.Sent), m.Error}
}

func firstOf(n names, ids []string) *PersonRef {
	if len(ids) == 0 {
		return nil
	}
	return n.pointer(ids[0])
}

// surroundings adds to a case who works on it, its paging, and what is similar.
func (s *Server) surroundings(ctx context.Context, h db.Querier, a *auth.Actor, c *cases.Case, n names, d *caseDetail) error {
	runs, err := oncall.Runs(ctx, h, oncall.RunFilter{CaseID: c.ID, Limit: 100})
	if err != nil {
		return err
	}
	if len(runs) > 0 {
		v := viewRun(runs[len(runs)-1], n)
		d.Run = &v
	}
	ms, err := s.Notify.List(ctx, h, notify.Filter{CaseID: c.ID, Limit: 100})
	if err != nil {
		return err
	}
	for _, m := range ms {
		d.Messages = append(d.Messages, s.viewMessage(ctx, h, m, n))
	}
	add := func(p *PersonRef, role string) {
		if p != nil {
			d.People = append(d.People, participant{p.ID, p.Name, role})
		}
	}
	add(n.pointer(c.Owner), "owner")
	if d.Run != nil {
		add(d.Run.AckedBy, "on call")
	}
	seen := map[string]bool{c.Owner: true}
	for _, x := range d.Actions {
		if !seen[x.Actor.ID] {
			seen[x.Actor.ID] = true
			add(&x.Actor, "handler")
		}
	}
	for _, x := range d.Reports {
		name := x.Name
		if name == "" {
			name = "Anonymous reporter"
		}
		d.People = append(d.People, participant{x.ID, name, "reporter"})
	}
	return s.similar(ctx, h, c, d)
}

func (s *Server) oncall(r *Router) {
	handle(r, "GET", "/api/v1/oncall/now", auth.OncallRead, "Who is on call, what is being paged, what was delivered in the last day", func(ctx context.Context, _ *none) (*body[nowView], error) {
		_, h := s.scope(ctx)
		return answer(s.now(ctx, h))
	})
	type ack struct {
		First bool      `json:"first" doc:"This call was the one; else somebody was quicker."`
		By    PersonRef `json:"by"`
		At    string    `json:"at"`
	}
	handle(r, "POST", "/api/v1/oncall/runs/{id}/acknowledge", auth.OncallWrite, "Acknowledge a page", func(ctx context.Context, in *ByID) (*body[ack], error) {
		a, h := s.scope(ctx)
		got, err := s.Oncall.Acknowledge(ctx, h, in.ID, a.Person)
		if err != nil {
			return nil, err
		}
		n, err := s.names(ctx, h)
		return answer(ack{got.First, n.ref(got.By), shown(got.At)}, err)
	})
	s.schedules(r)
	s.escalationPolicies(r)
}

func (s *Server) now(ctx context.Context, h *db.Handle) (nowView, error) {
	out := nowView{Schedules: []dutyView{}, Runs: []runOfCase{}, Messages: []messageView{}}
	n, err := s.names(ctx, h)
	if err != nil {
		return out, err
	}
	now, err := s.Oncall.Now(ctx, h)
	if err != nil {
		return out, err
	}
	for _, d := range now.Duties {
		out.Schedules = append(out.Schedules, dutyView{d.Schedule.ID, d.Schedule.Name, d.Schedule.Rotation.Zone, firstOf(n, d.People), shown(d.Since), shown(d.Until), firstOf(n, d.Next)})
	}
	for _, x := range now.Runs {
		v := runOfCase{RunView: viewRun(x, n)}
		c, err := cases.Get(ctx, h, x.CaseID)
		if err != nil {
			return out, err
		}
		v.Case.CaseRef, v.Case.Title, v.Case.Level = CaseRef{c.ID, c.Label()}, c.Title, c.Level
		out.Runs = append(out.Runs, v)
	}
	ms, err := s.Notify.List(ctx, h, notify.Filter{Limit: 100})
	for _, m := range ms {
		if m.Created.After(s.Now().Add(-days(1))) {
			out.Messages = append(out.Messages, s.viewMessage(ctx, h, m, n))
		}
	}
	return out, err
}

type rotationView struct {
	People []string `json:"people" maxItems:"100"`
	Shift  string   `json:"shift" enum:"hourly,daily,weekly,monthly"`
	Length int      `json:"length" minimum:"1" maximum:"366"`
	Start  string   `json:"start"`
}

type overrideView struct {
	ID     string `json:"id"`
	Person string `json:"person"`
	Starts string `json:"starts"`
	Ends   string `json:"ends"`
}

type scheduleView struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Zone      string         `json:"zone"`
	Rotation  rotationView   `json:"rotation"`
	Overrides []overrideView `json:"overrides"`
	Version   int64          `json:"version"`
}

type scheduleForm struct {
	Name     string       `json:"name" maxLength:"100"`
	Zone     string       `json:"zone" maxLength:"60"`
	Rotation rotationView `json:"rotation"`
}

func (f scheduleForm) schedule() (oncall.Schedule, error) {
	start, err := parseTime("start", f.Rotation.Start)
	return oncall.Schedule{Name: f.Name, Rotation: oncall.Rotation{People: f.Rotation.People, Shift: f.Rotation.Shift, Length: f.Rotation.Length, Start: start, Zone: f.Zone}}, err
}

func (s *Server) viewSchedule(ctx context.Context, q db.Querier, sc oncall.Schedule) (scheduleView, error) {
	v := scheduleView{sc.ID, sc.Name, sc.Rotation.Zone, rotationView{sc.Rotation.People, sc.Rotation.Shift, sc.Rotation.Length, shown(sc.Rotation.Start)}, []overrideView{}, sc.Version}
	if v.Rotation.People == nil {
		v.Rotation.People = []string{}
	}
	os, err := oncall.Overrides(ctx, q, sc.ID, s.Now())
	for _, o := range os {
		v.Overrides = append(v.Overrides, overrideView{o.ID, o.Person, shown(o.Start), shown(o.End)})
	}
	return v, err
}

func (s *Server) schedules(r *Router) {
	handle(r, "GET", "/api/v1/oncall/schedules", auth.OncallRead, "Schedules with their coming overrides", func(ctx context.Context, _ *none) (*body[list[scheduleView]], error) {
		_, h := s.scope(ctx)
		scs, err := oncall.Schedules(ctx, h)
		if err != nil {
			return nil, err
		}
		var out []scheduleView
		for _, sc := range scs {
			v, err := s.viewSchedule(ctx, h, sc)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return items(out, nil)
	})
	type create struct{ Body scheduleForm }
	handle(r, "POST", "/api/v1/oncall/schedules", auth.OncallWrite, "Make a schedule", func(ctx context.Context, in *create) (*body[scheduleView], error) {
		_, h := s.scope(ctx)
		sc, err := in.Body.schedule()
		if err != nil {
			return nil, err
		}
		var v scheduleView
		err = h.Tx(ctx, func(tx *db.Tx) error {
			made, err := s.Oncall.CreateSchedule(ctx, tx, sc)
			if err != nil {
				return err
			}
			v, err = s.viewSchedule(ctx, tx, made)
			return err
		})
		return answer(v, err)
	})
	type update struct {
		ByID
		IfMatchVersion
		Body scheduleForm
	}
	handle(r, "PUT", "/api/v1/oncall/schedules/{id}", auth.OncallWrite, "Change a schedule", func(ctx context.Context, in *update) (*body[scheduleView], error) {
		_, h := s.scope(ctx)
		sc, err := in.Body.schedule()
		if err != nil {
			return nil, err
		}
		sc.ID = in.ID
		if sc.Version, err = in.version(); err != nil {
			return nil, err
		}
		var v scheduleView
		err = h.Tx(ctx, func(tx *db.Tx) error {
			made, err := s.Oncall.UpdateSchedule(ctx, tx, sc)
			if err != nil {
				return err
			}
			v, err = s.viewSchedule(ctx, tx, made)
			return err
		})
		return answer(v, err)
	})
	type addOverride struct {
		ByID
		Body struct {
			Person string `json:"person" maxLength:"64"`
			Starts string `json:"starts"`
			Ends   string `json:"ends"`
		}
	}
	handle(r, "POST", "/api/v1/oncall/schedules/{id}/overrides", auth.OncallWrite, "Let a person stand in for a time", func(ctx context.Context, in *addOverride) (*body[overrideView], error) {
		_, h := s.scope(ctx)
		starts, err := parseTime("starts", in.Body.Starts)
		if err != nil {
			return nil, err
		}
		ends, err := parseTime("ends", in.Body.Ends)
		if err != nil {
			return nil, err
		}
		var o oncall.Override
		err = h.Tx(ctx, func(tx *db.Tx) (err error) {
			o, err = s.Oncall.AddOverride(ctx, tx, oncall.Override{Schedule: in.ID, Person: in.Body.Person, Mode: oncall.Replace, Start: starts, End: ends})
			return err
		})
		return answer(overrideView{o.ID, o.Person, shown(o.Start), shown(o.End)}, err)
	})
	type oneOverride struct {
		ByID
		Override string `path:"override" maxLength:"64"`
	}
	handle(r, "DELETE", "/api/v1/oncall/schedules/{id}/overrides/{override}", auth.OncallWrite, "Remove an override", func(ctx context.Context, in *oneOverride) (*none, error) {
		_, h := s.scope(ctx)
		return nil, h.Tx(ctx, func(tx *db.Tx) error { return s.Oncall.RemoveOverride(ctx, tx, in.Override) })
	})
	type shifts struct {
		ByID
		From string `query:"from"`
		To   string `query:"to"`
	}
	type shiftView struct {
		Person   *PersonRef `json:"person"`
		Starts   string     `json:"starts"`
		Ends     string     `json:"ends"`
		Override bool       `json:"override"`
	}
	handle(r, "GET", "/api/v1/oncall/schedules/{id}/shifts", auth.OncallRead, "Who is on call when", func(ctx context.Context, in *shifts) (*body[list[shiftView]], error) {
		_, h := s.scope(ctx)
		from, err := parseTime("from", in.From)
		if err != nil {
			return nil, err
		}
		to, err := parseTime("to", in.To)
		if err != nil {
			return nil, err
		}
		if from.IsZero() {
			from = s.Now()
		}
		if to.IsZero() {
			to = from.Add(days(28))
		}
		if to.Sub(from) > days(400) || !from.Before(to) {
			return nil, problem.New(problem.Invalid, "Ask for a range of at most 400 days that ends after it begins.")
		}
		sc, err := oncall.GetSchedule(ctx, h, in.ID)
		if err != nil {
			return nil, err
		}
		os, err := oncall.Overrides(ctx, h, sc.ID, from)
		if err != nil {
			return nil, err
		}
		n, err := s.names(ctx, h)
		var out []shiftView
		for _, x := range oncall.Shifts(sc.Rotation, os, from, to) {
			out = append(out, shiftView{firstOf(n, x.People), shown(x.Start), shown(x.End), overridden(os, x.Start)})
		}
		return items(out, err)
	})
}

func overridden(os []oncall.Override, at time.Time) bool {
	for _, o := range os {
		if !at.Before(o.Start) && at.Before(o.End) {
			return true
		}
	}
	return false
}

// PolicyForm is an escalation policy as it is written.
type PolicyForm struct {
	Name   string        `json:"name" maxLength:"100"`
	Steps  []oncall.Step `json:"steps" maxItems:"20"`
	Repeat int           `json:"repeat" minimum:"0" maximum:"100"`
}

type escalationView struct {
	ID string `json:"id"`
	PolicyForm
	Version int64 `json:"version"`
}

func (s *Server) escalationPolicies(r *Router) {
	view := func(p oncall.Policy) escalationView {
		return escalationView{p.ID, PolicyForm{p.Name, p.Steps, p.Repeat}, p.Version}
	}
	handle(r, "GET", "/api/v1/oncall/policies", auth.OncallRead, "Escalation policies", func(ctx context.Context, _ *none) (*body[list[escalationView]], error) {
		_, h := s.scope(ctx)
		ps, err := oncall.Policies(ctx, h)
		var out []escalationView
		for _, p := range ps {
			out = append(out, view(p))
		}
		return items(out, err)
	})
	type update struct {
		ByID
		IfMatchVersion
		Body PolicyForm
	}
	handle(r, "PUT", "/api/v1/oncall/policies/{id}", auth.OncallWrite, "Change an escalation policy; running escalations keep their own copy", func(ctx context.Context, in *update) (*body[escalationView], error) {
		_, h := s.scope(ctx)
		v, err := in.version()
		if err != nil {
			return nil, err
		}
		var p oncall.Policy
		err = h.Tx(ctx, func(tx *db.Tx) (err error) {
			p, err = s.Oncall.UpdatePolicy(ctx, tx, oncall.Policy{ID: in.ID, Name: in.Body.Name, Steps: in.Body.Steps, Repeat: in.Body.Repeat, Version: v})
			return err
		})
		return answer(view(p), err)
	})
}
