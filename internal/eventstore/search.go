package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/query"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// MaxLimit is the most rows that one page has.
const MaxLimit = 1000

// Request is a search for rows, newest first.
type Request struct {
	Query    query.Expr // nil for all
	From, To int64      // event time in ns, From inclusive, To exclusive; 0 for no bound
	Limit    int        // 1 to MaxLimit; 0 for 100
	After    string     // Page.Next of the page before; "" for the first page
}

// Page is one page of rows, newest first by (time, journal position).
type Page struct {
	Rows []Row `json:"rows"`
	// Next continues after this page; "" when there is nothing more.
	Next string `json:"next,omitempty"`
	// Incomplete says that time ran out, or that a segment could not be read;
	// Reason says it to people. When time ran out, everything newer than ScannedTo
	// (ns) was searched, and Next goes on from there.
	Incomplete bool   `json:"incomplete,omitempty"`
	Reason     string `json:"reason,omitempty"`
	ScannedTo  int64  `json:"scanned_to,omitempty"`
}

// Progress tells how far a search is. Everything newer than ScannedTo (ns) has
// been searched; Blocks of Of blocks that may hold a match have been read.
type Progress struct {
	ScannedTo  int64
	Blocks, Of int
	Rows       int64 // of those blocks
}

// Search returns one page of the tenant's rows that match. A cancelled ctx
// stops the running statement; the store's own time budget makes the page
// incomplete instead of failing it.
func (s *Store) Search(ctx context.Context, t tenant.ID, r Request) (Page, error) {
	return s.Stream(ctx, t, r, nil, nil)
}

// Stream is Search that hands rows to found as soon as nothing newer can come,
// newest first, and tells of its progress in between; both may be nil. The page
// holds the rows once more.
func (s *Store) Stream(ctx context.Context, t tenant.ID, r Request, found func([]Row) error, progress func(Progress) error) (Page, error) {
	if r.Limit == 0 {
		r.Limit = 100
	}
	if r.Limit < 1 || r.Limit > MaxLimit {
		return Page{}, problem.New(problem.Invalid, "A page has 1 to %d rows.", MaxLimit)
	}
	lo, hi := timeRange(r.From, r.To)
	if r.Query != nil {
		from, to := query.Bounds(r.Query)
		lo, hi = max(lo, from), min(hi, to)
	}
	var after *position
	if r.After != "" {
		p, err := parseCursor(r.After)
		if err != nil {
			return Page{}, err
		}
		after, hi = &p, min(hi, p.time)
	}
	caller := ctx
	ctx, end, err := s.gate.Enter(ctx, t)
	if err != nil {
		return Page{}, err
	}
	defer end()
	v := s.view()
	defer s.release(v)
	w := walk{store: s, tenant: t, query: r.Query, limit: r.Limit, after: after, lo: lo, hi: hi, found: found, progress: progress}
	sources := s.sources(v, t, r.Query, lo, hi)
	w.rare = s.rare(v, t, sources)
	err = w.run(ctx, sources)
	if err != nil && (caller.Err() != nil || !errors.Is(err, context.DeadlineExceeded)) {
		return Page{}, err
	}
	p := w.page(err != nil)
	if reason := v.gaps.reason(); reason != "" {
		p.Incomplete, p.Reason = true, strings.TrimSpace(p.Reason+" "+reason)
	}
	return p, nil
}

// walk collects one page, newest first, block by block.
type walk struct {
	store  *Store
	tenant tenant.ID
	query  query.Expr
	limit  int
	after  *position
	lo, hi int64
	ids    []event.ID // only these, when not empty
	rare   bool       // filters pass over most blocks
	// found is told of rows as soon as nothing newer can come, newest first;
	// nil for nobody. An error ends the walk.
	found    func([]Row) error
	progress func(Progress) error

	rows      []Row // newest first, at most limit+1
	told      int   // of rows, to found
	scannedTo int64 // after an interruption: the newest time that was not searched
}

// piece is one block of a source.
type piece struct {
	source *source
	span   span
}

// maxPieces is how many blocks are read at once at most; fewPieces are read at
// once when the filters say that they are a small part of all.
const (
	maxPieces = 64
	fewPieces = 24
)

// run reads the newest blocks first, few at first and then more at a time, and
// stops at those that can only hold rows older than the page's last.
func (w *walk) run(ctx context.Context, sources []source) error {
	var pieces []piece
	for i := range sources {
		for _, sp := range sources[i].spans {
			if sp.minTime <= w.hi && sp.maxTime >= w.lo && mayHold(sp, w.ids) {
				pieces = append(pieces, piece{&sources[i], sp})
			}
		}
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return compareInt(b.span.maxTime, a.span.maxTime) })
	of, n := len(pieces), 1
	if w.rare && len(pieces) <= fewPieces {
		n = len(pieces)
	}
	for ; len(pieces) > 0; n = min(2*n, maxPieces) {
		n = min(n, len(pieces))
		lo := w.lo
		if len(w.rows) > w.limit {
			lo = max(lo, w.rows[w.limit].Time)
			if pieces[0].span.maxTime < lo {
				break
			}
		}
		rows, err := w.read(ctx, pieces[:n], lo)
		if err != nil {
			w.scannedTo = min(pieces[0].span.maxTime, w.hi)
			return err
		}
		pieces = pieces[n:]
		w.rows = append(w.rows, rows...)
		slices.SortFunc(w.rows, func(a, b Row) int { return a.pos.compare(b.pos) })
		w.rows = w.rows[:min(len(w.rows), w.limit+1)]
		if err := w.tell(pieces); err != nil {
			return err
		}
		if w.progress != nil && len(pieces) > 0 {
			if err := w.progress(Progress{min(pieces[0].span.maxTime, w.hi), of - len(pieces), of, int64(of-len(pieces)) * blockRows}); err != nil {
				return err
			}
		}
	}
	return w.tell(nil)
}

// tell hands on the rows that are newer than all that the pieces can hold.
func (w *walk) tell(rest []piece) error {
	if w.found == nil {
		return nil
	}
	n := w.told
	for n < min(len(w.rows), w.limit) && (len(rest) == 0 || w.rows[n].Time > rest[0].span.maxTime) {
		n++
	}
	if n == w.told {
		return nil
	}
	news := w.rows[w.told:n]
	w.told = n
	return w.found(news)
}

// read searches some pieces: a statement for each source, as many at once as
// DuckDB has threads. A segment that cannot be read is noted and left out.
func (w *walk) read(ctx context.Context, pieces []piece, lo int64) ([]Row, error) {
	of := grouped(pieces)
	if len(of) == 1 {
		return w.readSource(ctx, of[0], lo)
	}
	found, errs := make([][]Row, len(of)), make([]error, len(of))
	slots := make(chan struct{}, w.store.o.Threads)
	var all sync.WaitGroup
	for i := range of {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			found[i], errs[i] = w.readSource(ctx, of[i], lo)
		})
	}
	all.Wait()
	return slices.Concat(found...), errors.Join(errs...)
}

func (w *walk) readSource(ctx context.Context, src sourceSpans, lo int64) ([]Row, error) {
	st := &statement{short: true} // several of them run at once
	selectInto(st, w.store.schema.selectList(), w.store.narrowed(*src.source, src.spans), w.tenant, w.query, lo, w.hi)
	if w.after != nil {
		time, seq := st.arg(w.after.time), st.arg(int64(w.after.seq))
		fmt.Fprintf(st, " AND (time < %s OR (time = %s AND (seq < %s OR (seq = %s AND idx < %s))))",
			time, time, seq, seq, st.arg(int64(w.after.idx)))
	}
	if len(w.ids) > 0 {
		idCondition(st, w.ids)
	}
	st.WriteString(" ORDER BY time DESC, seq DESC, idx DESC LIMIT " + strconv.Itoa(w.limit+1))
	reader := w.store.schema.reader()
	var rows []Row
	err := w.store.run(ctx, st, func(rs *sql.Rows) error {
		row, err := reader.row(rs)
		rows = append(rows, row)
		return err
	})
	if errors.Is(err, errUnreadable) {
		return nil, nil
	}
	return rows, err
}

type sourceSpans struct {
	source *source
	spans  []span
}

// grouped puts the pieces of each source together.
func grouped(pieces []piece) (out []sourceSpans) {
	for _, p := range pieces {
		i := slices.IndexFunc(out, func(g sourceSpans) bool { return g.source == p.source })
		if i < 0 {
			i = len(out)
			out = append(out, sourceSpans{source: p.source})
		}
		out[i].spans = append(out[i].spans, p.span)
	}
	return out
}

func (w *walk) page(incomplete bool) Page {
	p := Page{Rows: w.rows[:min(len(w.rows), w.limit)]}
	if len(w.rows) > w.limit {
		p.Next = p.Rows[w.limit-1].pos.cursor()
	}
	if !incomplete {
		return p
	}
	w.store.metrics.incomplete.Inc()
	p.Incomplete, p.ScannedTo = true, w.scannedTo
	p.Reason = fmt.Sprintf("The search was stopped after %s. Narrow the time range or the query, or go on from here.", w.store.o.SearchTime)
	// Rows that are not newer than what was left out would come again, or out
	// of order, when the search goes on; they are shown only if it cannot.
	resume := newestAt(w.scannedTo)
	if w.after != nil && w.after.compare(resume) >= 0 || w.after == nil && w.scannedTo >= w.hi {
		p.Next = ""
		return p
	}
	p.Rows = slices.DeleteFunc(p.Rows, func(r Row) bool { return r.Time <= w.scannedTo })
	p.Next = resume.cursor()
	return p
}
