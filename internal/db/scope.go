package db

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// statements caches what each statement text becomes. Texts are constants of
// the program (a handful of variants for lists), so the cache stays small.
type statements struct{ m sync.Map }

type statement struct {
	text    string
	args    int // how many "?"
	tenants int // how many ":tenant"
	order   []bool
	err     error // why a tenant-bound handle may not run it
}

// bind rewrites placeholders for the engine, adds the tenant, and refuses a
// statement that does not bind every table to it.
func (s *statements) bind(e Engine, sc Scope, query string, args []any) (string, []any, error) {
	st := s.get(e, query)
	if len(args) != st.args {
		return "", nil, fmt.Errorf("statement wants %d arguments, got %d: %s", st.args, len(args), oneLine(query))
	}
	args = storable(args)
	if sc.Tenant.Valid() {
		if st.err != nil {
			return "", nil, st.err
		}
	} else if st.tenants > 0 {
		return "", nil, fmt.Errorf("a handle of no tenant cannot bind :tenant: %s", oneLine(query))
	}
	if st.tenants == 0 {
		return st.text, args, nil
	}
	all := make([]any, 0, len(args)+st.tenants)
	i := 0
	for _, isTenant := range st.order {
		if isTenant {
			all = append(all, int64(sc.Tenant))
			continue
		}
		all = append(all, args[i])
		i++
	}
	return st.text, all, nil
}

// storable makes text fit for both engines: PostgreSQL takes neither NUL nor
// invalid UTF-8, and what senders write holds both. Originals are kept
// elsewhere, as bytes.
func storable(args []any) []any {
	var out []any
	for i, a := range args {
		s, ok := a.(string)
		if !ok || utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
			continue
		}
		if out == nil {
			out = slices.Clone(args)
		}
		out[i] = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	}
	if out == nil {
		return args
	}
	return out
}

func (s *statements) get(e Engine, query string) *statement {
	if v, ok := s.m.Load(query); ok {
		return v.(*statement)
	}
	st := rewrite(e, query)
	st.err = checkTenant(query)
	s.m.Store(query, st)
	return st
}

func rewrite(e Engine, query string) *statement {
	st := &statement{}
	var b strings.Builder
	n := 0
	mark := func() {
		n++
		if e == Postgres {
			b.WriteString("$" + strconv.Itoa(n))
		} else {
			b.WriteString("?" + strconv.Itoa(n))
		}
	}
	for i := 0; i < len(query); i++ {
		switch c := query[i]; {
		case c == '\'': // a literal: copied as it is
			end := strings.IndexByte(query[i+1:], '\'')
			if end < 0 {
				end = len(query) - i - 2
			}
			b.WriteString(query[i : i+end+2])
			i += end + 1
		case c == '?':
			mark()
			st.args++
			st.order = append(st.order, false)
		case strings.HasPrefix(query[i:], ":tenant"):
			mark()
			st.tenants++
			st.order = append(st.order, true)
			i += len(":tenant") - 1
		default:
			b.WriteByte(c)
		}
	}
	st.text = b.String()
	return st
}

// global tables hold nothing of any tenant.
var global = map[string]bool{"schema_migration": true, "installation": true, "journal_offset": true, "feed_cursor": true}

// checkTenant refuses a statement in which fewer bindings to the tenant than
// tables appear. A binding is ":tenant" itself, or a column named tenant set
// equal to another table's ("a.tenant = b.tenant"). It is a net under the
// author, not a parser: it errs towards refusing.
func checkTenant(query string) error {
	words := tokens(query)
	ctes := map[string]bool{}
	for i, w := range words {
		if w == "as" && i+1 < len(words) && words[i+1] == "(" && i > 0 {
			ctes[words[i-1]] = true
		}
	}
	tables, bound := 0, 0
	for i, w := range words {
		switch w {
		case "from", "join", "into", "update":
			if i+1 >= len(words) || words[i+1] == "(" || words[i+1] == "set" || ctes[words[i+1]] || global[words[i+1]] {
				continue
			}
			if w == "update" && i > 0 && (words[i-1] == "do" || words[i-1] == "for") {
				continue
			}
			if w == "from" && i > 0 && words[i-1] == "distinct" { // IS DISTINCT FROM
				continue
			}
			tables++
		case ":tenant":
			bound++
		case "=":
			if i > 0 && i+1 < len(words) && strings.HasSuffix(words[i-1], ".tenant") && strings.HasSuffix(words[i+1], ".tenant") {
				bound++
			}
		}
	}
	if bound < tables {
		return fmt.Errorf("statement names %d tables and binds the tenant %d times: %s", tables, bound, oneLine(query))
	}
	return nil
}

func tokens(query string) []string {
	var out []string
	isWord := func(c byte) bool {
		return c == '_' || c == '.' || c == ':' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	for i := 0; i < len(query); {
		switch c := query[i]; {
		case c == '\'':
			end := strings.IndexByte(query[i+1:], '\'')
			if end < 0 {
				return out
			}
			i += end + 2
		case isWord(c):
			j := i
			for j < len(query) && isWord(query[j]) {
				j++
			}
			out = append(out, strings.ToLower(query[i:j]))
			i = j
		default:
			if c == '(' || c == '=' {
				out = append(out, string(c))
			}
			i++
		}
	}
	return out
}

func oneLine(q string) string {
	f := strings.Join(strings.Fields(q), " ")
	if len(f) > 160 {
		f = f[:160] + "…"
	}
	return f
}
