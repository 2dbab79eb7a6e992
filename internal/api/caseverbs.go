package api

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/cases"
	"github.com/tocsin-project/tocsin/internal/classify"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
)

// verbInput is a request to do something to a case.
type verbInput[F any] struct {
	ByID
	IfMatchVersion
	Body F
}

// caseVerb registers one verb. While it runs, no page of the case leaves: if
// it ends paging, nothing is sent after its commit.
func caseVerb[F any](s *Server, r *Router, name, summary string, do func(ctx context.Context, tx *db.Tx, a *auth.Actor, id string, version int64, f F) (cases.Case, error)) {
	handle(r, "POST", "/api/v1/cases/{id}/"+name, auth.CasesWrite, summary, func(ctx context.Context, in *verbInput[F]) (*body[caseDetail], error) {
		a, h := s.scope(ctx)
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		release, err := s.Hush(ctx, a.Tenant, in.ID)
		if err != nil {
			return nil, err
		}
		defer release()
		err = h.Tx(ctx, func(tx *db.Tx) error {
			_, err := do(ctx, tx, a, in.ID, version, in.Body)
			return err
		})
		if err != nil {
			return nil, err
		}
		return answer(s.detail(ctx, h, a, in.ID))
	})
}

type empty struct{}

type reasonForm struct {
	Reason string `json:"reason,omitempty" maxLength:"5000"`
}

// EffectsForm is what was harmed, as far as somebody knows.
type EffectsForm struct {
	Confidentiality string `json:"confidentiality,omitempty" enum:",claimed,likely,confirmed"`
	Integrity       string `json:"integrity,omitempty" enum:",claimed,likely,confirmed"`
	Availability    string `json:"availability,omitempty" enum:",claimed,likely,confirmed"`
}

// AssessForm is a person's view of a case.
type AssessForm struct {
	Impact     int         `json:"impact,omitempty" minimum:"0" maximum:"3"`
	Urgency    int         `json:"urgency,omitempty" minimum:"0" maximum:"3"`
	Breadth    int         `json:"breadth,omitempty" minimum:"0" maximum:"3" doc:"1 single, 2 department, 3 organisation"`
	Intent     string      `json:"intent,omitempty" maxLength:"40"`
	Type       string      `json:"type,omitempty" maxLength:"100"`
	Confidence int         `json:"confidence,omitempty" minimum:"0" maximum:"3" doc:"1 guess, 2 likely, 3 sure"`
	Effects    EffectsForm `json:"effects,omitempty"`
	Decision   string      `json:"decision,omitempty" enum:",event,incident,weakness"`
	Reason     string      `json:"reason,omitempty" maxLength:"5000"`
}

func (f AssessForm) assessment() cases.Assessment {
	return cases.Assessment{Impact: f.Impact, Urgency: f.Urgency, Breadth: f.Breadth, Intent: f.Intent, Type: f.Type, Confidence: f.Confidence, Effects: classify.Axes(f.Effects), Decision: f.Decision, Reason: f.Reason}
}

type classifyForm struct {
	AssessForm
	Lead        string `json:"lead,omitempty" maxLength:"60"`
	Track       string `json:"track,omitempty" enum:",formal,light"`
	Disposition string `json:"disposition,omitempty" maxLength:"40"`
}

type closeForm struct {
	Statement        string   `json:"statement,omitempty" maxLength:"20000"`
	CostHours        *float64 `json:"cost_hours,omitempty"`
	CostMoney        *float64 `json:"cost_money,omitempty"`
	Currency         string   `json:"currency,omitempty" maxLength:"10"`
	BusinessImpact   string   `json:"business_impact,omitempty" maxLength:"20000"`
	Lessons          string   `json:"lessons,omitempty" maxLength:"20000"`
	Waiver           string   `json:"waiver,omitempty" maxLength:"5000"`
	RecoveryVerified bool     `json:"recovery_verified,omitempty"`
}

func (s *Server) caseVerbs(r *Router) {
	c := s.Cases
	caseVerb(s, r, "acknowledge", "Take a case; paging stops", func(ctx context.Context, tx *db.Tx, _ *auth.Actor, id string, v int64, _ empty) (cases.Case, error) {
		return c.Acknowledge(ctx, tx, id, v)
	})
	type assign struct {
		Owner string `json:"owner" maxLength:"64"`
	}
	caseVerb(s, r, "assign", "Give a case to a person", func(ctx context.Context, tx *db.Tx, _ *auth.Actor, id string, v int64, f assign) (cases.Case, error) {
		p, err := auth.GetPerson(ctx, tx, f.Owner)
		if err != nil {
			return cases.Case{}, err
		}
		if who := (&auth.Actor{Roles: p.Roles}); !p.Active || !who.Can(auth.CasesWrite) {
			return cases.Case{}, problem.New(problem.Invalid, "%s has no active account with a role that handles cases.", p.Name)
		}
		return c.Assign(ctx, tx, id, v, f.Owner)
	})
	caseVerb(s, r, "assess", "Add one's own assessment", func(ctx context.Context, tx *db.Tx, a *auth.Actor, id string, v int64, f AssessForm) (cases.Case, error) {
		return c.Assess(ctx, tx, id, v, a.Can(auth.CasesManage), f.assessment())
	})
	caseVerb(s, r, "classify", "Decide: event only, incident or weakness", func(ctx context.Context, tx *db.Tx, a *auth.Actor, id string, v int64, f classifyForm) (cases.Case, error) {
		return c.Classify(ctx, tx, id, v, a.Can(auth.CasesManage), cases.Decision{Assessment: f.assessment(), Lead: f.Lead, Track: f.Track, Disposition: dispositionOf(f.Disposition)})
	})
	caseVerb(s, r, "confirm", "Confirm what the policy decided provisionally", func(ctx context.Context, tx *db.Tx, a *auth.Actor, id string, v int64, f reasonForm) (cases.Case, error) {
		return c.Confirm(ctx, tx, id, v, a.Can(auth.CasesManage), f.Reason)
	})
	type handling struct {
		ThirdParties string `json:"third_parties,omitempty" enum:",alone,third_parties"`
		Reason       string `json:"third_parties_reason,omitempty" maxLength:"5000"`
	}
	caseVerb(s, r, "handle", "Start handling", func(ctx context.Context, tx *db.Tx, _ *auth.Actor, id string, v int64, f handling) (cases.Case, error) {
		return c.Handle(ctx, tx, id, v, f.ThirdParties, f.Reason)
	})
	type resolve struct {
		Cause    string `json:"cause,omitempty" maxLength:"20000"`
		Solution string `json:"solution,omitempty" maxLength:"20000"`
		Verified bool   `json:"recovery_verified,omitempty"`
	}
	caseVerb(s, r, "resolve", "Note cause and solution", func(ctx context.Context, tx *db.Tx, _ *auth.Actor, id string, v int64, f resolve) (cases.Case, error) {
		return c.Resolve(ctx, tx, id, v, f.Cause, f.Solution, f.Verified)
	})
	caseVerb(s, r, "close", "Close formally", func(ctx context.Context, tx *db.Tx, a *auth.Actor, id string, v int64, f closeForm) (cases.Case, error) {
		return c.Close(ctx, tx, id, v, a.Can(auth.CasesManage), cases.Closing{Statement: f.Statement, BusinessImpact: f.BusinessImpact, Lessons: f.Lessons, Currency: f.Currency, Waiver: f.Waiver, CostHours: f.CostHours, CostMoney: f.CostMoney, RecoveryVerified: f.RecoveryVerified})
	})
	type dismiss struct {
		Disposition string `json:"disposition" maxLength:"40"`
		Reason      string `json:"reason" maxLength:"5000"`
	}
	caseVerb(s, r, "dismiss", "Close as event only: the light track's two clicks", func(ctx context.Context, tx *db.Tx, _ *auth.Actor, id string, v int64, f dismiss) (cases.Case, error) {
		return c.Dismiss(ctx, tx, id, v, dispositionOf(f.Disposition), f.Reason)
	})
	caseVerb(s, r, "reopen", "Reopen", func(ctx context.Context, tx *db.Tx, _ *auth.Actor, id string, v int64, f reasonForm) (cases.Case, error) {
		return c.Reopen(ctx, tx, id, v, f.Reason)
	})
	type review struct {
		Lessons      string `json:"lessons,omitempty" maxLength:"20000"`
		Improvements string `json:"improvements,omitempty" maxLength:"20000"`
	}
	caseVerb(s, r, "review", "Record the review", func(ctx context.Context, tx *db.Tx, a *auth.Actor, id string, v int64, f review) (cases.Case, error) {
		return c.Review(ctx, tx, id, v, a.Can(auth.CasesManage), f.Lessons, f.Improvements)
	})
	type snooze struct {
		Until  string `json:"until"`
		Reason string `json:"reason" maxLength:"5000"`
	}
	caseVerb(s, r, "snooze", "Out of the inbox for a while", func(ctx context.Context, tx *db.Tx, _ *auth.Actor, id string, v int64, f snooze) (cases.Case, error) {
		until, err := parseTime("until", f.Until)
		if err != nil {
			return cases.Case{}, err
		}
		return c.Snooze(ctx, tx, id, v, until, f.Reason)
	})
	type duplicate struct {
		Of     string `json:"of" maxLength:"40"`
		Reason string `json:"reason" maxLength:"5000"`
	}
	caseVerb(s, r, "duplicate", "Close as a duplicate of another case", func(ctx context.Context, tx *db.Tx, _ *auth.Actor, id string, v int64, f duplicate) (cases.Case, error) {
		return c.MarkDuplicate(ctx, tx, id, v, f.Of, f.Reason)
	})
	type reply struct {
		Report string `json:"report" maxLength:"64"`
		Body   string `json:"body" maxLength:"20000"`
	}
	caseVerb(s, r, "reply", "Write to the reporter", func(ctx context.Context, tx *db.Tx, _ *auth.Actor, id string, v int64, f reply) (cases.Case, error) {
		return c.Reply(ctx, tx, id, v, f.Report, f.Body)
	})
}

func (s *Server) caseChildren(r *Router) {
	type addNote struct {
		ByID
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           struct {
			Body string `json:"body" maxLength:"100000"`
		}
	}
	handle(r, "POST", "/api/v1/cases/{id}/notes", auth.CasesWrite, "Add a note", func(ctx context.Context, in *addNote) (*body[noteView], error) {
		a, h := s.scope(ctx)
		return once(ctx, s, in.IdempotencyKey, []any{in.ID, in.Body}, func(tx *db.Tx) (noteView, error) {
			n, err := s.Cases.AddNote(ctx, tx, in.ID, in.Body.Body)
			if err != nil {
				return noteView{}, err
			}
			who, err := s.names(ctx, tx)
			return noteView{n.ID, who.ref(n.Author), n.Body, shown(n.At), "", n.Version}, err
		}, a, h)
	})
	type editNote struct {
		ByID
		IfMatchVersion
		Body struct {
			Body string `json:"body" maxLength:"100000"`
		}
	}
	handle(r, "PUT", "/api/v1/notes/{id}", auth.CasesWrite, "Change a note; the text before is kept", func(ctx context.Context, in *editNote) (*body[empty], error) {
		_, h := s.scope(ctx)
		v, err := in.version()
		if err != nil {
			return nil, err
		}
		return answer(empty{}, h.Tx(ctx, func(tx *db.Tx) error { return s.Cases.EditNote(ctx, tx, in.ID, v, in.Body.Body) }))
	})
	type addAction struct {
		ByID
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           struct {
			Phase  string `json:"phase" enum:"investigate,contain,eradicate,recover,communicate"`
			What   string `json:"what" maxLength:"5000"`
			Target string `json:"target,omitempty" maxLength:"500"`
			Result string `json:"result,omitempty" maxLength:"5000"`
			State  string `json:"state" enum:"planned,done"`
		}
	}
	handle(r, "POST", "/api/v1/cases/{id}/actions", auth.CasesWrite, "Record an action of the response", func(ctx context.Context, in *addAction) (*body[actionView], error) {
		a, h := s.scope(ctx)
		return once(ctx, s, in.IdempotencyKey, []any{in.ID, in.Body}, func(tx *db.Tx) (actionView, error) {
			x, err := s.Cases.AddAction(ctx, tx, in.ID, cases.Action{Phase: in.Body.Phase, What: in.Body.What, Target: in.Body.Target, Result: in.Body.Result, State: in.Body.State})
			if err != nil {
				return actionView{}, err
			}
			n, err := s.names(ctx, tx)
			return actionView{x.ID, x.Phase, x.What, x.Target, x.Result, x.State, n.ref(x.Actor), shown(x.At), x.Version}, err
		}, a, h)
	})
	type finish struct {
		ByID
		IfMatchVersion
		Body struct {
			Result string `json:"result" maxLength:"5000"`
			State  string `json:"state" enum:"planned,done"`
		}
	}
	handle(r, "PUT", "/api/v1/actions/{id}", auth.CasesWrite, "Set an action's result", func(ctx context.Context, in *finish) (*body[empty], error) {
		_, h := s.scope(ctx)
		v, err := in.version()
		if err != nil {
			return nil, err
		}
		return answer(empty{}, h.Tx(ctx, func(tx *db.Tx) error {
			return s.Cases.FinishAction(ctx, tx, in.ID, v, in.Body.Result, in.Body.State)
		}))
	})
}
