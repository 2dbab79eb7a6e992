package clickhouse

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// client speaks ClickHouse's HTTP interface to one of several hosts: the one
// that answered last, or else the next. Its methods may be called concurrently.
//
// Every call may be made more than once: reads and definitions change nothing
// the second time, and inserts carry a token.
type client struct {
	hosts    []string // https://host:8443, without a path
	user     string
	password string
	http     *http.Client
	log      *slog.Logger
	tries    int
	pause    func(ctx context.Context, d time.Duration)

	good  atomic.Int64 // place of the host to begin with
	kills sync.WaitGroup
}

const (
	attemptTime = time.Minute     // of one try of a call whose context has no end
	maxAnswer   = 256 << 20       // bytes of an answer that are read
	maxMessage  = 4 << 10         // bytes of an error's text that are kept
	killTime    = 2 * time.Second // to end a statement that nobody waits for any more
	firstPause  = 100 * time.Millisecond
	longestWait = 5 * time.Second
)

// call is one statement.
type call struct {
	Statement
	body     []byte            // of an INSERT; nil for other statements
	settings map[string]string // of ClickHouse, for this statement
	format   string            // of the answer
}

// do makes the call, up to tries times while what fails may go well later, with
// growing pauses in between, and returns the whole answer. When ctx ends, the
// statement is ended on the server too.
func (c *client) do(ctx context.Context, x call) ([]byte, error) {
	wait := firstPause
	for try := 1; ; try++ {
		at := c.good.Load()
		answer, err := c.once(ctx, c.hosts[int(at)%len(c.hosts)], x)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var refusal *refusal
		if errors.As(err, &refusal) && !refusal.passing() {
			return nil, refusal.problem()
		}
		c.good.CompareAndSwap(at, (at+1)%int64(len(c.hosts)))
		if try == c.tries {
			return nil, unreachable(err)
		}
		c.log.Warn("ClickHouse did not answer as it should; trying again", "host", c.hosts[int(at)%len(c.hosts)], "try", try, "error", err)
		// A part of the wait is left to chance, so that clients do not come together.
		c.pause(ctx, wait/2+time.Duration(mathrand.Int64N(int64(wait))))
		wait = min(2*wait, longestWait)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// once makes the call to one host.
func (c *client) once(ctx context.Context, host string, x call) ([]byte, error) {
	id := rand.Text()
	request, cancel, err := c.request(ctx, host, id, x)
	if err != nil {
		return nil, err
	}
	defer cancel()
	response, err := c.http.Do(request)
	if err != nil {
		if request.Context().Err() != nil {
			c.kill(host, id)
		}
		return nil, withoutURL(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, maxMessage))
		return nil, newRefusal(response, text)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		if request.Context().Err() != nil {
			c.kill(host, id)
		}
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(answer) > maxAnswer {
		return nil, errTooMuch
	}
	return answer, nil
}

// request makes the request of a call. The server is told how long it may take
// and sends an answer only when it has all of it: an error is never found behind
// half an answer.
func (c *client) request(ctx context.Context, host, id string, x call) (*http.Request, context.CancelFunc, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	v := url.Values{"query_id": {id}, "wait_end_of_query": {"1"}}
	if x.format != "" {
		v.Set("default_format", x.format)
	}
	for name, value := range x.settings {
		v.Set(name, value)
	}
	if end, ok := ctx.Deadline(); ok && x.body == nil {
		v.Set("max_execution_time", strconv.FormatFloat(max(0.1, math.Ceil(10*time.Until(end).Seconds())/10), 'f', 1, 64))
	}
	for name, value := range x.Params {
		v.Set("param_"+name, value)
	}
	body := []byte(x.SQL)
	if x.body != nil {
		v.Set("query", x.SQL)
		body = x.body
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, host+"/?"+v.Encode(), bytes.NewReader(body))
	if err != nil {
		cancel()
		return nil, nil, withoutURL(err)
	}
	r.Header.Set("X-ClickHouse-User", c.user)
	if c.password != "" {
		r.Header.Set("X-ClickHouse-Key", c.password)
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	return r, cancel, nil
}

// kill ends a statement that nobody waits for any more.
func (c *client) kill(host, id string) {
	c.kills.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), killTime)
		defer cancel()
		s := newStatement()
		x := call{Statement: Statement{"KILL QUERY WHERE query_id = " + s.text(id) + " ASYNC", s.params}}
		request, done, err := c.request(ctx, host, rand.Text(), x)
		if err != nil {
			return
		}
		defer done()
		if response, err := c.http.Do(request); err == nil {
			response.Body.Close()
		}
	})
}

func (c *client) close() {
	c.kills.Wait()
	c.http.CloseIdleConnections()
}

// withoutURL leaves the address out of an error: it has the statement's values.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%s: %w", strings.ToLower(e.Op), e.Err)
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
