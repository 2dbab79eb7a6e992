package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// maxGroup bounds how many transactions share one commit, so that the first
// of them does not wait for ever while others keep arriving.
const maxGroup = 128

// ErrClosed is returned for transactions that arrive after Close.
var ErrClosed = errors.New("the database is closed")

// writer is SQLite's one writer. Its goroutine owns the connection.
type writer struct {
	db   *DB
	conn *sql.Conn
	jobs chan *job
	bulk chan *job
	quit chan struct{}
	done chan struct{}
	once sync.Once
}

type job struct {
	ctx   context.Context
	scope Scope
	fn    func(*Tx) error
	state txState
	err   error
	ready chan struct{}
}

func startWriter(ctx context.Context, d *DB) (*writer, error) {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the writing connection: %w", err)
	}
	w := &writer{db: d, conn: conn, jobs: make(chan *job, maxGroup), bulk: make(chan *job), quit: make(chan struct{}), done: make(chan struct{})}
	go w.loop()
	return w, nil
}

func (w *writer) stop() {
	w.once.Do(func() { close(w.quit) })
	<-w.done
	w.conn.Close()
}

func (w *writer) run(ctx context.Context, scope Scope, fn func(*Tx) error, bulk bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{ctx: ctx, scope: scope, fn: fn, ready: make(chan struct{})}
	queue := w.jobs
	if bulk {
		queue = w.bulk
	}
	select {
	case queue <- j:
	case <-w.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	// From here the answer is waited for even if ctx ends: whoever asked must
	// learn whether it was committed.
	select {
	case <-j.ready:
		return j.err
	case <-w.done:
		select {
		case <-j.ready:
			return j.err
		default:
			return ErrClosed
		}
	}
}

func (w *writer) loop() {
	defer close(w.done)
	for {
		var first *job
		select { // somebody who waits goes before bulk work
		case first = <-w.jobs:
		default:
			select {
			case first = <-w.jobs:
			case first = <-w.bulk:
			case <-w.quit:
				return
			}
		}
		w.group(first)
	}
}

// group runs first and all that wait behind it in one commit.
func (w *writer) group(first *job) {
	ctx := context.Background() // a cancelled caller must not interrupt its neighbours
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		first.finish(fmt.Errorf("begin: %w", err))
		return
	}
	var passed []*job
	for j := first; j != nil; {
		if err := w.one(ctx, j); err != nil {
			j.finish(err)
		} else {
			passed = append(passed, j)
		}
		j = nil
		if len(passed) < maxGroup {
			select {
			case j = <-w.jobs:
			default:
			}
		}
	}
	_, err := w.conn.ExecContext(ctx, "COMMIT")
	if err != nil {
		err = fmt.Errorf("commit: %w", err)
		_, _ = w.conn.ExecContext(ctx, "ROLLBACK")
	}
	for _, j := range passed {
		if err == nil {
			for _, h := range j.state.hooks {
				h()
			}
		}
		j.finish(err)
	}
}

// one runs a job in a savepoint.
func (w *writer) one(ctx context.Context, j *job) error {
	if err := j.ctx.Err(); err != nil {
		return err
	}
	if _, err := w.conn.ExecContext(ctx, "SAVEPOINT job"); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	err := guard(j.fn, &Tx{db: w.db, q: w.conn, scope: j.scope, state: &j.state})
	if err != nil {
		if _, e := w.conn.ExecContext(ctx, "ROLLBACK TO job"); e != nil {
			err = errors.Join(err, fmt.Errorf("roll back: %w", e))
		}
	}
	if _, e := w.conn.ExecContext(ctx, "RELEASE job"); e != nil && err == nil {
		err = fmt.Errorf("release: %w", e)
	}
	return err
}

func (j *job) finish(err error) {
	j.err = err
	close(j.ready)
}
