package clickhouse

import (
	"math"
	"strconv"
	"strings"
)

// Statement is SQL with its parameters. Params are as the HTTP interface takes
// them in param_NAME: text is in the escaped form of TSV.
type Statement struct {
	SQL    string
	Params map[string]string
}

// statement collects parameters while SQL is printed.
type statement struct {
	params map[string]string
}

func newStatement() *statement { return &statement{map[string]string{}} }

func (s *statement) bind(typ, value string) string {
	name := "p" + strconv.Itoa(len(s.params)+1)
	s.params[name] = value
	return "{" + name + ":" + typ + "}"
}

var escapes = strings.NewReplacer("\\", "\\\\", "\t", "\\t", "\n", "\\n", "\r", "\\r", "\b", "\\b", "\f", "\\f", "\x00", "\\0")

func (s *statement) text(v string) string { return s.bind("String", escapes.Replace(v)) }

func (s *statement) whole(v int64) string { return s.bind("Int64", strconv.FormatInt(v, 10)) }

func (s *statement) float(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return s.bind("Float64", "inf")
	case math.IsInf(v, -1):
		return s.bind("Float64", "-inf")
	}
	return s.bind("Float64", strconv.FormatFloat(v, 'g', -1, 64))
}

// Instants that DateTime64(9) holds: 1900 to 2262.
const (
	firstTime = -2208988800 * int64(1e9)
	lastTime  = int64(math.MaxInt64) - int64(1e9)
)

// at is an instant given in ns.
func (s *statement) at(ns int64) string {
	return "fromUnixTimestamp64Nano(" + s.whole(min(max(ns, firstTime), lastTime)) + ", 'UTC')"
}
