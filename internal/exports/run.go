package exports

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
)

var (
	errCancelled = errors.New("cancelled")
	errLarge     = problem.New(problem.TooLarge, "The file would be larger than an export may be. Narrow the query or the time range, or name fewer fields.")
)

// Run makes files, one at a time, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if err := s.takeUp(ctx); err != nil {
		return err
	}
	return s.work.Run(ctx)
}

// takeUp queues what a stop interrupted, and removes files that belong to nothing.
func (s *Service) takeUp(ctx context.Context) error {
	h := s.DB.System("exports")
	if err := h.TxBulk(ctx, func(tx *db.Tx) error { return again(ctx, tx, s.Now()) }); err != nil {
		return fmt.Errorf("take up exports of before: %w", err)
	}
	have, err := kept(ctx, h)
	if err != nil {
		return fmt.Errorf("list exports: %w", err)
	}
	wanted := map[string]bool{}
	for _, e := range have {
		wanted[filepath.Base(s.Path(e))] = true
	}
	files, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the directory of exports: %w", err)
	}
	for _, f := range files {
		if !wanted[f.Name()] {
			if err := os.RemoveAll(filepath.Join(s.Dir, f.Name())); err != nil {
				s.Log.Error("removing what an export left behind failed", "file", f.Name(), "error", err)
			}
		}
	}
	return nil
}

// Expire removes files whose time is over.
func (s *Service) Expire(ctx context.Context) error {
	var gone []Export
	err := s.DB.System("exports").TxBulk(ctx, func(tx *db.Tx) (err error) {
		if gone, err = expire(ctx, tx, s.Now().Add(-Keep)); err != nil {
			return err
		}
		return forget(ctx, tx, s.Now().Add(-Remember))
	})
	if err != nil {
		return err
	}
	for _, e := range gone {
		s.drop(e)
	}
	return nil
}

// Path is where the file of an export is.
func (s *Service) Path(e Export) string {
	return filepath.Join(s.Dir, e.tenant.String()+"-"+e.ID+"."+e.Format)
}

// drop removes the file, and what was to become it.
func (s *Service) drop(e Export) {
	for _, path := range []string{s.Path(e), s.part(e), s.part(e) + ".parts"} {
		if err := os.RemoveAll(path); err != nil {
			s.Log.Error("removing a file of an export failed", "export", e.ID, "error", err)
		}
	}
}

func (s *Service) part(e Export) string { return s.Path(e) + ".part" }

// Next makes the file that has waited longest, and reports whether there was one.
func (s *Service) Next(ctx context.Context) (bool, error) {
	e, err := oldest(ctx, s.DB.System("exports"))
	if problem.Is(err, problem.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	making, stop := context.WithCancel(ctx)
	defer stop()
	s.making(e.ID, stop)
	defer s.making("", nil)
	e.State, e.attempt = Running, e.attempt+1
	e.About = s.about(making, e)
	took, err := s.begin(ctx, e)
	if err != nil || !took {
		return took, err
	}
	failure := s.make(making, &e)
	if failure == nil {
		failure = os.Rename(s.part(e), s.Path(e))
	}
	e.Finished = s.Now()
	switch {
	case ctx.Err() != nil:
		return true, ctx.Err() // the next start takes it up
	case errors.Is(failure, errCancelled) || making.Err() != nil:
		s.drop(e)
		return true, nil
	case failure != nil:
		s.drop(e)
		e.State, e.Error = Failed, problem.Detail(failure)
		s.Log.Error("an export failed", "export", e.ID, "error", failure)
	default:
		e.State, e.Percent = Done, 100
	}
	err = s.DB.For(e.tenant, "exports").Tx(ctx, func(tx *db.Tx) error { return finish(ctx, tx, e) })
	if problem.Is(err, problem.Conflict) { // cancelled at the last moment
		s.drop(e)
		err = nil
	}
	return true, err
}

// about is how many rows there will be: counted, when that takes no longer than
// a search, else how many the time range has in all.
func (s *Service) about(ctx context.Context, e Export) int64 {
	all := s.Events.About(e.tenant, e.From.UnixNano(), e.To.UnixNano())
	q, err := query.ParseQuery(e.Query, e.Created, time.UTC)
	if err != nil || len(q.Pipes) > 0 {
		return all
	}
	q.Pipes = []query.Pipe{query.Count{}}
	t, err := s.Events.Aggregate(ctx, e.tenant, q, e.From.UnixNano(), e.To.UnixNano(), nil)
	if err != nil || t.Incomplete || len(t.Rows) != 1 {
		return all
	}
	n, ok := t.Rows[0][len(t.Rows[0])-1].(int64)
	if !ok {
		return all
	}
	return n
}

func (s *Service) making(id string, stop context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.stop = id, stop
}

func (s *Service) begin(ctx context.Context, e Export) (took bool, err error) {
	err = s.DB.For(e.tenant, "exports").Tx(ctx, func(tx *db.Tx) error {
		n, err := begin(ctx, tx, e)
		took = n > 0
		return err
	})
	return took, err
}

// progress saves how far it is, and learns whether it shall stop.
func (s *Service) progress(ctx context.Context, e Export) error {
	return s.DB.For(e.tenant, "exports").TxBulk(ctx, func(tx *db.Tx) error {
		n, err := saveProgress(ctx, tx, e)
		if err == nil && n == 0 {
			err = errCancelled
		}
		return err
	})
}
