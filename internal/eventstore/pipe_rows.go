package eventstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-project/tocsin/internal/query"
)

// rowSink collects rows in the plan's order: by its keys, then newest first.
type rowSink struct {
	run   *pipeRun
	limit int
	rows  []orderedRow
	more  bool // rows were left out
}

type orderedRow struct {
	cells []any
	keys  []sortKey
	at    position
	id    string // of dedup's values
}

func newRowSink(r *pipeRun) *rowSink {
	s := &rowSink{run: r, limit: r.plan.Limit}
	if s.limit == 0 {
		s.limit = query.MaxTableRows + 1 // to know that there are more
		if r.plan.Dedup != nil {
			s.limit = maxGroups
		}
	}
	return s
}

func (s *rowSink) relation() *relation {
	p := s.run.plan
	rel := &relation{columns: p.Columns, chart: "none"}
	for _, row := range s.rows {
		rel.rows = append(rel.rows, row.cells)
	}
	if s.more && p.Dedup != nil {
		s.run.note("There are more than 100,000 combinations to dedup; the last were left out.")
	}
	if s.run.wide {
		s.run.note("The rows are so large that only the first of them are kept. Name fewer columns with fields.")
	}
	return rel
}

func (s *rowSink) read(ctx context.Context, src source) error {
	p := s.run.plan
	lo := s.run.lo
	if len(p.Order) == 0 && p.Dedup == nil && len(s.rows) >= s.limit {
		// Newest first: only rows newer than the last can still come in.
		if lo = max(lo, s.rows[s.limit-1].at.time); src.maxTime < lo {
			return nil
		}
	}
	err := s.run.store.run(ctx, s.statement(src, lo), func(rs *sql.Rows) error {
		row, err := s.scan(rs)
		s.rows = append(s.rows, row)
		return err
	})
	slices.SortFunc(s.rows, s.compare)
	s.unique()
	s.cut()
	return err
}

func (s *rowSink) statement(src source, lo int64) *statement {
	p := s.run.plan
	st := &statement{}
	list := []string{"time", "seq", "idx"}
	order := []string{}
	for i, k := range p.Order {
		number, text := st.sortKey(k.Field)
		n := strconv.Itoa(i)
		list = append(list, number+" AS n"+n, text+" AS k"+n)
		dir := map[bool]string{false: " ASC", true: " DESC"}[k.Desc]
		order = append(order, "(CASE WHEN n"+n+" IS NOT NULL THEN 0 WHEN k"+n+" IS NOT NULL THEN 1 ELSE 2 END)", "n"+n+dir+" NULLS LAST", "k"+n+dir+" NULLS LAST")
	}
	order = append(order, "time DESC", "seq DESC", "idx DESC")
	for i, f := range p.Dedup {
		list = append(list, st.cell(f)+" AS d"+strconv.Itoa(i))
	}
	for i, f := range p.Columns {
		list = append(list, st.cell(f)+" AS f"+strconv.Itoa(i))
	}
	selectInto(st, strings.Join(list, ", "), src, s.run.tenant, p.Where, lo, s.run.hi)
	by := strings.Join(order, ", ")
	text := "SELECT * FROM (" + st.String() + ")"
	if p.Dedup != nil {
		part := make([]string, len(p.Dedup))
		for i := range part {
			part[i] = "d" + strconv.Itoa(i)
		}
		text += " QUALIFY row_number() OVER (PARTITION BY " + strings.Join(part, ", ") + " ORDER BY " + by + ") = 1"
	}
	st.Reset()
	fmt.Fprintf(st, "%s ORDER BY %s LIMIT %d", text, by, s.limit)
	return st
}

func (s *rowSink) scan(rs *sql.Rows) (orderedRow, error) {
	p := s.run.plan
	n := 3 + 2*len(p.Order) + len(p.Dedup)
	raw := make([]any, n+len(p.Columns))
	targets := make([]any, len(raw))
	for i := range raw {
		targets[i] = &raw[i]
	}
	if err := rs.Scan(targets...); err != nil {
		return orderedRow{}, err
	}
	row := orderedRow{cells: raw[n:], at: position{asInt(raw[0]), uint64(asInt(raw[1])), uint64(asInt(raw[2]))}}
	for i := range p.Order {
		k := sortKey{}
		k.number, k.isNumber = raw[3+2*i].(float64)
		if !k.isNumber {
			var ok bool
			k.text, ok = raw[4+2*i].(string)
			k.absent = !ok
		}
		row.keys = append(row.keys, k)
	}
	if p.Dedup != nil {
		row.id = identity(raw[n-len(p.Dedup):n], 0)
	}
	return row, nil
}

func (s *rowSink) compare(a, b orderedRow) int {
	for i, k := range s.run.plan.Order {
		if c := a.keys[i].compare(b.keys[i], k.Desc); c != 0 {
			return c
		}
	}
	return a.at.compare(b.at)
}

// unique keeps the first row of each combination.
func (s *rowSink) unique() {
	if s.run.plan.Dedup == nil {
		return
	}
	seen := make(map[string]bool, len(s.rows))
	s.rows = slices.DeleteFunc(s.rows, func(r orderedRow) bool {
		again := seen[r.id]
		seen[r.id] = true
		return again
	})
}

// cut keeps what the limits allow.
func (s *rowSink) cut() {
	keep := min(len(s.rows), s.limit)
	held := 0
	for i := range s.rows[:keep] {
		for _, c := range s.rows[i].cells {
			held += 16
			if t, ok := c.(string); ok {
				held += len(t)
			}
		}
		if held > maxHeld {
			s.run.wide = true
			keep = i
			break
		}
	}
	s.more = s.more || keep < len(s.rows)
	clear(s.rows[keep:])
	s.rows = s.rows[:keep]
}
