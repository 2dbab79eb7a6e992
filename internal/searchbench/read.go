package searchbench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-project/tocsin/internal/eventstore"
	"github.com/tocsin-project/tocsin/internal/loadgen"
	"github.com/tocsin-project/tocsin/internal/query"
)

// Kind is one kind of question.
type Kind struct {
	Name  string
	Query string
	// Want is how many of the planted events must be found; 0 when it depends.
	Want int
	// Long says that the store's time may end before the question does, when
	// there are many events: what was found until then is the figure.
	Long bool
	run  func(ctx context.Context, st *eventstore.Store, x query.Expr, events int) (int, error)
}

// Kinds are the questions, in the order in which they are printed.
func Kinds() []Kind {
	return []Kind{
		{"exact", "user:" + loadgen.NeedleUser, Needles, false, page},
		{"word", loadgen.NeedleWord, Needles, false, page},
		{"field", "session_token:" + loadgen.NeedleField, Needles, false, page},
		{"substring", "*" + loadgen.NeedleMiddle + "*", Needles, false, page},
		{"newest", "http.status:404", 0, false, page},
		{"histogram", "", 0, false, histogram},
		// Beyond the bars: what filters cannot help, and what a person asks all day.
		{"address", "203.0.113.77", Needles, false, page},
		{"absent", "nosuchwordanywhere", 0, false, page},
		{"hex_substring", "*" + loadgen.NeedleField[2:12] + "*", Needles, true, page},
		{"user_histogram", "user:u7", 0, false, histogram},
		{"top", "", 0, true, top},
	}
}

func page(ctx context.Context, st *eventstore.Store, x query.Expr, _ int) (int, error) {
	p, err := st.Search(ctx, tenantID, eventstore.Request{Query: x, Limit: 100})
	if err == nil && p.Incomplete {
		err = fmt.Errorf("%w: %s", errIncomplete, p.Reason)
	}
	return len(p.Rows), err
}

func histogram(ctx context.Context, st *eventstore.Store, x query.Expr, events int) (int, error) {
	// Buckets of whole minutes over everything.
	minutes := int(End(events).Sub(Start)/time.Minute) + 1
	per := minutes/eventstore.MaxBuckets + 1
	buckets := (minutes + per - 1) / per
	h, err := st.Histogram(ctx, tenantID, x, Start.UnixNano(), Start.Add(time.Duration(buckets*per)*time.Minute).UnixNano(), buckets)
	if err == nil && h.Incomplete {
		err = fmt.Errorf("%w: %s", errIncomplete, h.Reason)
	}
	n := 0
	for _, b := range h.Buckets {
		n += int(b.Total)
	}
	return n, err
}

func top(ctx context.Context, st *eventstore.Store, x query.Expr, events int) (int, error) {
	t, err := st.TopValues(ctx, tenantID, x, 0, 0, "user.name", 10)
	return len(t.Values), err
}

// errIncomplete says that the store's time ended.
var errIncomplete = errors.New("incomplete")

// Asked is what one kind of question took in one process.
type Asked struct {
	First, FirstCPU time.Duration // the first query of the process
	Warm, WarmCPU   time.Duration // median of the rest
	Found           int
}

// Ask puts one kind of question several times.
func Ask(ctx context.Context, st *eventstore.Store, k Kind, events, times int) (Asked, error) {
	x, err := query.Parse(k.Query, Start)
	if err != nil {
		return Asked{}, err
	}
	var a Asked
	var walls, cpus []time.Duration
	for i := range times + 1 {
		cpu, began := processCPU(), time.Now()
		n, err := k.run(ctx, st, x, events)
		stopped := k.Long && errors.Is(err, errIncomplete)
		if err != nil && !stopped {
			return a, fmt.Errorf("%s: %w", k.Name, err)
		}
		wall, used := time.Since(began), processCPU()-cpu
		if !stopped && k.Want > 0 && (n < k.Want || n > k.Want+1) {
			return a, fmt.Errorf("%s finds %d events, not %d", k.Name, n, k.Want)
		}
		a.Found = n
		if i == 0 {
			a.First, a.FirstCPU = wall, used
			continue
		}
		walls, cpus = append(walls, wall), append(cpus, used)
	}
	a.Warm, a.WarmCPU = median(walls), median(cpus)
	return a, nil
}

// Mixed puts the needle and newest questions one after another for a while and
// returns the 95th percentile of their times. While it does, events come in at
// rate a second; 0 for none.
func Mixed(ctx context.Context, st *eventstore.Store, events, rate int, span time.Duration) (p95 time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 1)
	if rate > 0 {
		go func() { failed <- feed(ctx, st, events, rate) }()
	}
	var took []time.Duration
	kinds := Kinds()[:5]
	for began, i := time.Now(), 0; time.Since(began) < span; i++ {
		k := kinds[i%len(kinds)]
		x, err := query.Parse(k.Query, Start)
		if err != nil {
			return 0, err
		}
		at := time.Now()
		if _, err := k.run(ctx, st, x, events); err != nil {
			return 0, err
		}
		took = append(took, time.Since(at))
	}
	cancel()
	if rate > 0 {
		if err := <-failed; err != nil {
			return 0, err
		}
	}
	return quantile(took, 0.95), nil
}

// feed appends new events at a rate until ctx ends.
func feed(ctx context.Context, st *eventstore.Store, events, rate int) error {
	src := newSource(0, 2, End(events))
	src.seq = st.Applied()
	tick := time.NewTicker(time.Second * batch / time.Duration(rate))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		evs := src.next()
		if err := st.Append(evs, src.seq); err != nil {
			return fmt.Errorf("append while searching: %w", err)
		}
	}
}
