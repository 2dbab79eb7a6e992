package backtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

// maxWarm is how far before its range a back-test reads at most.
const maxWarm = 60 * 24 * time.Hour

var (
	errCancelled = errors.New("cancelled")
	errEnough    = errors.New("the bound of events is reached")
)

// Run works off what is queued, one at a time, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if err := s.DB.System("backtest").TxBulk(ctx, func(tx *db.Tx) error { return failRunning(ctx, tx, s.Now()) }); err != nil {
		return fmt.Errorf("end back-tests of before: %w", err)
	}
	return s.work.Run(ctx)
}

// forget deletes results that are old.
func (s *Service) forget(ctx context.Context) error {
	return s.DB.System("backtest").TxBulk(ctx, func(tx *db.Tx) error { return deleteBefore(ctx, tx, s.Now().Add(-Keep)) })
}

// Next runs the oldest that waits, and reports whether there was one.
func (s *Service) Next(ctx context.Context) (bool, error) {
	j, err := oldest(ctx, s.DB.System("backtest"))
	if problem.Is(err, problem.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	j.About = s.Events.About(j.tenant, j.Spec.From.UnixNano(), j.Spec.To.UnixNano())
	j.State, j.Started = Running, s.Now()
	took, err := s.begin(ctx, j)
	if err != nil || !took {
		return took, err
	}
	j.Result, err = s.run(ctx, &j)
	j.Ended = s.Now()
	switch {
	case ctx.Err() != nil:
		return true, ctx.Err() // the next start says so
	case errors.Is(err, errCancelled):
		j.State = Cancelled
	case err != nil:
		j.State, j.Error = Failed, problem.Detail(err)
		s.Log.Error("a back-test failed", "backtest", j.ID, "error", err)
	default:
		j.State = Done
	}
	return true, s.DB.For(j.tenant, "backtest").Tx(ctx, func(tx *db.Tx) error { return finish(ctx, tx, j) })
}

func (s *Service) begin(ctx context.Context, j Job) (took bool, err error) {
	err = s.DB.For(j.tenant, "backtest").Tx(ctx, func(tx *db.Tx) error {
		n, err := start(ctx, tx, j)
		took = n > 0
		return err
	})
	return took, err
}

// run reads the events. Whatever ends it, what was found so far is returned.
func (s *Service) run(ctx context.Context, j *Job) (*Result, error) {
	x, err := query.Parse(j.Spec.Query, s.Now())
	if err != nil {
		return nil, err
	}
	p, err := s.engines(ctx, j.tenant, j.Spec)
	if err != nil {
		return nil, err
	}
	t := newTally(j.Spec)
	from, until := j.Spec.From.UnixNano(), j.Spec.To
	// What lies before the range fills windows and habits, and counts for nothing.
	warm := j.Spec.From.Add(-min(maxWarm, max(p.tried.Memory(), p.inUse.Memory()))).UnixNano()
	if more := s.Events.About(j.tenant, warm, until.UnixNano()); more > j.About {
		j.About = more
	}
	err = s.Events.Scan(ctx, j.tenant, warm, until.UnixNano(), x, func(evs []event.Event) error {
		begin := time.Now()
		for i := range evs {
			switch one := evs[i : i+1]; {
			case evs[i].Exercise != "":
			case evs[i].Time < from:
				p.tried.Process(one, true, nil)
				p.inUse.Process(one, true, nil)
			default:
				t.event(&evs[i], hits(p.tried, one), hits(p.inUse, one))
			}
		}
		j.Read += int64(len(evs))
		j.At = time.Unix(0, evs[len(evs)-1].Time)
		if err := s.progress(ctx, *j); err != nil {
			return err
		}
		if j.Read >= maxEvents {
			return errEnough
		}
		s.Rest(ctx, time.Since(begin))
		return ctx.Err()
	})
	if err != nil {
		until = j.At
	}
	if errors.Is(err, errEnough) {
		t.full, err = true, nil
	}
	return t.result(p, j.Read, until), err
}

func hits(e *detect.Engine, evs []event.Event) (out []detect.Hit) {
	e.Process(evs, false, func(h detect.Hit) { out = append(out, h) })
	return out
}

// progress saves how far it is, and learns whether it shall stop.
func (s *Service) progress(ctx context.Context, j Job) error {
	return s.DB.For(j.tenant, "backtest").TxBulk(ctx, func(tx *db.Tx) error {
		n, err := saveProgress(ctx, tx, j)
		if err == nil && n == 0 {
			err = errCancelled
		}
		return err
	})
}
