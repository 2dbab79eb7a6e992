package api

import (
	"context"

	"github.com/tocsin-project/tocsin/internal/auth"
	"github.com/tocsin-project/tocsin/internal/backtest"
	"github.com/tocsin-project/tocsin/internal/db"
)

type progressView struct {
	Read  int64  `json:"read" doc:"Events."`
	About int64  `json:"about" doc:"Of about so many in the range; a query leaves some out."`
	At    string `json:"at" doc:"Time of the newest event that was read."`
}

type backtestView struct {
	ID       string           `json:"id"`
	State    string           `json:"state" enum:"queued,running,cancelling,done,failed,cancelled"`
	Error    string           `json:"error"`
	Spec     backtest.Spec    `json:"spec"`
	Progress progressView     `json:"progress"`
	Actor    PersonRef        `json:"actor"`
	Created  string           `json:"created"`
	Started  string           `json:"started"`
	Ended    string           `json:"ended"`
	Result   *backtest.Result `json:"result" doc:"Also of one that was cancelled; null until it has ended. Samples are shown to those who may read events."`
}

func viewBacktest(j backtest.Job, n names, samples bool) backtestView {
	v := backtestView{ID: j.ID, State: j.State, Error: j.Error, Spec: j.Spec, Progress: progressView{j.Read, j.About, shown(j.At)}, Actor: n.ref(j.Actor),
		Created: shown(j.Created), Started: shown(j.Started), Ended: shown(j.Ended), Result: j.Result}
	if j.Result != nil && !samples {
		for i := range j.Result.Rules {
			j.Result.Rules[i].Samples = []backtest.Sample{}
		}
	}
	return v
}

func (s *Server) backtests(r *Router) {
	type search struct {
		Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	handle(r, "GET", "/api/v1/backtests", auth.AlertsRead, "Back-tests, newest first, without their results", func(ctx context.Context, in *search) (*body[list[backtestView]], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		js, err := backtest.List(ctx, h, in.Limit)
		var out []backtestView
		for _, j := range js {
			out = append(out, viewBacktest(j, n, false))
		}
		return items(out, err)
	})
	handle(r, "GET", "/api/v1/backtests/{id}", auth.AlertsRead, "One back-test: progress and result", func(ctx context.Context, in *ByID) (*body[backtestView], error) {
		a, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		j, err := backtest.Get(ctx, h, in.ID)
		return answer(viewBacktest(j, n, a.Can(auth.EventsRead)), err)
	})
	type start struct {
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"200"`
		Body           struct {
			Kind     string `json:"kind" enum:"rule,set,pack" doc:"rule: the draft alone; set: the rules in use with the draft; pack: a version of a pack."`
			RuleYAML string `json:"rule_yaml,omitempty" maxLength:"262144" doc:"One or more rules; the same id as one in use is set beside it."`
			Pack     string `json:"pack,omitempty" maxLength:"63"`
			Version  string `json:"version,omitempty" maxLength:"63"`
			From     string `json:"from" doc:"RFC 3339"`
			To       string `json:"to" doc:"RFC 3339"`
			Query    string `json:"query,omitempty" maxLength:"8192" doc:"Only events that match."`
		}
	}
	handle(r, "POST", "/api/v1/backtests", auth.DetectionWrite, "Run rules over stored events, without any effect", func(ctx context.Context, in *start) (*body[backtestView], error) {
		a, h := s.scope(ctx)
		b := in.Body
		from, err := parseTime("from", b.From)
		if err != nil {
			return nil, err
		}
		to, err := parseTime("to", b.To)
		if err != nil {
			return nil, err
		}
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		spec := backtest.Spec{Kind: b.Kind, RuleYAML: b.RuleYAML, Pack: b.Pack, Version: b.Version, From: from, To: to, Query: b.Query}
		return once(ctx, s, in.IdempotencyKey, b, func(tx *db.Tx) (backtestView, error) {
			j, err := s.Backtests.Start(ctx, tx, spec)
			return viewBacktest(j, n, false), err
		}, a, h)
	})
	handle(r, "POST", "/api/v1/backtests/{id}/cancel", auth.DetectionWrite, "Stop a back-test; what it found so far is kept", func(ctx context.Context, in *ByID) (*body[backtestView], error) {
		_, h := s.scope(ctx)
		n, err := s.names(ctx, h)
		if err != nil {
			return nil, err
		}
		var j backtest.Job
		err = h.Tx(ctx, func(tx *db.Tx) (err error) { j, err = s.Backtests.Cancel(ctx, tx, in.ID); return err })
		return answer(viewBacktest(j, n, false), err)
	})
}
