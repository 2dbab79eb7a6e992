package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/internal/problem"
)

// refusal is an answer of ClickHouse that is an error.
type refusal struct {
	status int
	code   int // ClickHouse's own; 0 when it said none
	text   string
}

// Codes of ClickHouse that tell what to do.
const (
	codeTimeout  = 159
	codeSlow     = 160
	codeMemory   = 241
	codeLogin    = 516
	codeAccess   = 497
	codeDatabase = 81
	codeTooBig   = 396 // more rows or bytes than a result may have
)

// passing codes may go well the next time, here or on another host.
var passing = map[int]bool{
	codeMemory: true,
	202:        true, // too many queries at once
	203:        true, // no free connection
	209:        true, // socket timeout, between servers
	210:        true, // network error, between servers
	225:        true, // no Keeper
	242:        true, // table is read-only, until Keeper is back
	252:        true, // too many parts
	279:        true, // all connection tries failed, to a shard
	285:        true, // too few live replicas
	286:        true, // the quorum of the insert before is not reached yet
	289:        true, // this replica is behind
	319:        true, // it is not known whether the insert took place; its token makes it one
	394:        true, // cancelled
	425:        true, // system error
	999:        true, // Keeper
}

var codeInText = regexp.MustCompile(`Code: (\d+)\.`)

func newRefusal(r *http.Response, text []byte) *refusal {
	out := &refusal{status: r.StatusCode, text: strings.TrimSpace(strings.ToValidUTF8(string(text), "?"))}
	code := r.Header.Get("X-ClickHouse-Exception-Code")
	if m := codeInText.FindStringSubmatch(out.text); code == "" && m != nil {
		code = m[1]
	}
	out.code, _ = strconv.Atoi(code)
	return out
}

func (r *refusal) Error() string {
	return fmt.Sprintf("ClickHouse answers %d, code %d: %s", r.status, r.code, r.text)
}

func (r *refusal) passing() bool {
	if r.code != 0 {
		return passing[r.code]
	}
	return r.status == http.StatusTooManyRequests || r.status >= 500
}

// problem is the error that callers get. ClickHouse's own text is for the log.
func (r *refusal) problem() error {
	switch r.code {
	case codeTimeout, codeSlow:
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, r)
	case codeLogin, codeAccess:
		return problem.Wrap(problem.Unavailable, r, "ClickHouse does not let this server in. Check clickhouse.user, its password and its rights.")
	case codeDatabase:
		return problem.Wrap(problem.Unavailable, r, "ClickHouse does not have the database. Make it, or check clickhouse.database.")
	case codeTooBig:
		return errTooMuch
	}
	return fmt.Errorf("ask ClickHouse: %w", r)
}

var errTooMuch = problem.New(problem.TooLarge, "The answer is larger than this server takes. Narrow the time range or the query.")

// unreachable is what a call that failed every time ends with.
func unreachable(err error) error {
	if errors.Is(err, errTooMuch) {
		return err
	}
	var r *refusal
	if errors.As(err, &r) && r.code == codeMemory {
		return problem.Wrap(problem.Unavailable, err, "ClickHouse has no memory left for this. Narrow the time range or the query, or try again later.")
	}
	return problem.Wrap(problem.Unavailable, err, "ClickHouse cannot be reached or is overloaded. Try again later; the server's log has the details.")
}
