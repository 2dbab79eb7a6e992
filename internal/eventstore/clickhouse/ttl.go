package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// Policy is how long a tenant's rows are kept.
type Policy struct {
	Tenant tenant.ID
	Days   map[string]int64 // by retention class; 0 for ever. Classes that are not named follow eventstore.DefaultClass
	Held   []Span           // nothing of these times goes
}

// Span is [From, To) of event time (ns; 0 for no bound).
type Span struct{ From, To int64 }

// maxTTL is how long the expression may be: it stands in the table's definition.
const maxTTL = 200_000

// Retain makes the policies those by which ClickHouse deletes rows. When they
// are those in force already, it changes nothing. A tenant that is not named
// keeps everything.
func (s *Store) Retain(ctx context.Context, policies []Policy) error {
	s.ttlMu.Lock()
	defer s.ttlMu.Unlock()
	if !s.ttlOf {
		_, value, err := s.readState(ctx, ttlState)
		if err != nil {
			return err
		}
		s.ttl, s.ttlOf = value, true
	}
	want, err := ttl(policies)
	if err != nil || want == s.ttl {
		return err
	}
	expression := want
	if expression == "" {
		expression = never // REMOVE TTL is an error where there is none
	}
	// It is noted only when it is done: what broke off in between is done again.
	if err := s.define(ctx, "ALTER TABLE "+s.o.Layout.rows()+s.o.Layout.onCluster()+" MODIFY TTL "+expression); err != nil {
		return fmt.Errorf("change how long events are kept: %w", err)
	}
	if err := s.writeState(ctx, ttlState, uint64(s.o.Now().UnixNano()), want); err != nil {
		return err
	}
	s.ttl = want
	s.o.Log.Info("ClickHouse keeps events by the policy of now", "expressions", strings.Count(want, " DELETE WHERE "))
	return nil
}

// never is the expression by which nothing goes.
const never = "time + toIntervalDay(1) DELETE WHERE 0"

// ttl prints policies: an expression for each class that has an end, none for
// what is kept for ever. Rows of times that are held are in none.
func ttl(policies []Policy) (string, error) {
	policies = slices.Clone(policies)
	slices.SortFunc(policies, func(a, b Policy) int { return int(a.Tenant - b.Tenant) })
	var out []string
	for _, p := range policies {
		if !p.Tenant.Valid() {
			return "", problem.New(problem.Internal, "a retention policy without a tenant")
		}
		var names, quoted []string
		for name := range p.Days {
			if !eventstore.ValidClass(name) {
				return "", problem.New(problem.Internal, "a retention class with the name %q", name)
			}
			if name != eventstore.DefaultClass {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		held := ""
		for _, h := range merged(p.Held) {
			held += " AND NOT (time >= " + instant(floorSecond(h.From)) + " AND time < " + instant(floorSecond(h.To-1)+1) + ")"
		}
		expire := func(days int64, of string) {
			if days > 0 {
				out = append(out, "time + toIntervalDay("+strconv.FormatInt(days, 10)+") DELETE WHERE tenant = "+p.Tenant.String()+" AND retention "+of+held)
			}
		}
		for _, name := range names {
			expire(p.Days[name], "= '"+name+"'")
			quoted = append(quoted, "'"+name+"'")
		}
		if len(names) == 0 {
			expire(p.Days[eventstore.DefaultClass], "!= ''")
		} else {
			expire(p.Days[eventstore.DefaultClass], "NOT IN ("+strings.Join(quoted, ", ")+")")
		}
	}
	text := strings.Join(out, ", ")
	if len(text) > maxTTL {
		return "", problem.New(problem.TooLarge, "The retention policies and holds are too many for ClickHouse: %d bytes of definition, at most %d.", len(text), maxTTL)
	}
	return text, nil
}

// merged are spans as few as possible, in order.
func merged(of []Span) (out []Span) {
	of = slices.Clone(of)
	for i := range of {
		if of[i].To == 0 {
			of[i].To = lastTime
		}
		if of[i].From == 0 {
			of[i].From = firstTime
		}
		of[i] = Span{within(of[i].From), within(of[i].To)}
	}
	slices.SortFunc(of, func(a, b Span) int {
		if a.From != b.From {
			return map[bool]int{true: -1, false: 1}[a.From < b.From]
		}
		return map[bool]int{true: -1, false: 1}[a.To < b.To]
	})
	for _, s := range of {
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}

// instant is a whole second as definitions have it: they take no parameters.
func instant(seconds int64) string {
	return "toDateTime64('" + time.Unix(seconds, 0).UTC().Format(time.DateTime) + "', 9, 'UTC')"
}

func floorSecond(ns int64) int64 { return (ns - (ns%1e9+1e9)%1e9) / 1e9 }
