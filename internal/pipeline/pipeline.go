// Package pipeline moves batches along the event path: journal → normalise →
// event store and detection → alerts.
//
// One goroutine reads the journal in order. Two offsets tell what a restart
// may skip: durable (rows outlast a crash; kept by the event store) and
// detected (alerts are committed). The windows of correlations are written down
// every half minute and at a stop; a start takes them over and reads on behind
// the lowest of the three. Without them it reads further back, as far as the
// journal still reaches into the longest window. What lies at or before the
// detected offset feeds windows only and raises nothing again; what the windows
// hold already does not feed them a second time.
//
// The journal is purged up to the lower of the two offsets, less the window as
// long as that is not written down and there is room: when the journal is half
// full the window is given up and a seal is asked for, so that it never fills
// for good.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tocsin-project/tocsin/internal/alert"
	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/detect"
	"github.com/tocsin-project/tocsin/internal/event"
	"github.com/tocsin-project/tocsin/internal/eventstore/catalogue"
	"github.com/tocsin-project/tocsin/internal/journal"
	"github.com/tocsin-project/tocsin/internal/normalize"
	"github.com/tocsin-project/tocsin/internal/problem"
	"github.com/tocsin-project/tocsin/internal/tenant"
)

// lagAlarm is how far behind the newest batch the path may be before it is an alarm.
const lagAlarm = 30 * time.Second

// Events keeps what goes through.
type Events interface {
	Append(evs []event.Event, through uint64) error
	Applied() uint64
	Durable() uint64
	Seal(ctx context.Context) error
}

// Pipeline is the running event path.
type Pipeline struct {
	Journal journal.Journal
	Norm    *normalize.Normalizer
	Store   Events
	Detect  *detect.Engine
	Alerts  *alert.Service
	DB      *db.DB
	Log     *slog.Logger
	Now     func() time.Time
	Metrics prometheus.Registerer
	// Windows is the file that the windows of correlations are kept in; "" for none.
	Windows string
	// Count is told of every hit, once; nil for nobody. It returns at once.
	Count func(t tenant.ID, rule string, at int64, n int)

	fed     uint64        // newest batch that detection has taken; owned by follow
	snapped atomic.Uint64 // up to where Windows holds

	detected atomic.Uint64 // committed
	read     atomic.Uint64 // newest batch that went through
	behind   atomic.Int64  // ns between the newest batch's arrival and its handling
	seen     window
}

// Lag tells how far the path is behind, and whether that is an alarm.
type Lag struct {
	Batches uint64
	Age     time.Duration
	Alarm   bool
}

// Run moves batches until ctx ends.
func (p *Pipeline) Run(ctx context.Context) error {
	p.register()
	start, err := p.start(ctx)
	if err != nil {
		return err
	}
	done, kept := make(chan struct{}), make(chan struct{})
	snaps := &snapshots{file: p.Windows, off: p.Windows == "", work: make(chan snapshot, 1), next: p.Now().Add(snapshotEvery)}
	go func() { defer close(done); p.keepJournalShort(ctx) }()
	go func() { defer close(kept); p.keepSnapshots(ctx, snaps) }()
	defer func() { // they use the journal and the stores, which close after us
		<-done
		p.takeSnapshot(snaps, true)
		close(snaps.work)
		<-kept
	}()
	pause := 100 * time.Millisecond
	for ctx.Err() == nil {
		err := p.follow(ctx, start, snaps)
		if ctx.Err() != nil {
			return nil
		}
		p.Log.Error("the event path stopped, will go on", "error", err, "pause", pause)
		sleep(ctx, pause)
		pause = min(2*pause, 5*time.Second)
		start = max(start, p.read.Load()+1)
	}
	return nil
}

func (p *Pipeline) start(ctx context.Context) (uint64, error) {
	detected, err := catalogue.Offset(ctx, p.DB.System("pipeline"), "detected")
	if err != nil {
		return 0, fmt.Errorf("read the detected offset: %w", err)
	}
	floor, err := catalogue.Offset(ctx, p.DB.System("pipeline"), "detect_floor")
	if err != nil {
		return 0, fmt.Errorf("read the detection floor: %w", err)
	}
	p.detected.Store(detected)
	if p.fed = p.restore(detected); p.fed > 0 {
		floor = p.fed
	}
	base := min(p.Store.Applied(), detected, floor)
	p.seen.begin(base)
	return base + 1, nil
}

func (p *Pipeline) follow(ctx context.Context, start uint64, snaps *snapshots) error {
	r, err := p.Journal.Read(ctx, start)
	if err != nil {
		return err
	}
	defer r.Close()
	w := p.Norm.Worker()
	var events []event.Event
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, journal.ErrDamaged) {
			p.Log.Error("a damaged batch is passed over; its bytes stay in the journal until they are purged", "error", err)
			p.read.Store(b.Seq)
			continue
		}
		if err != nil {
			return err
		}
		clear(events)
		events = w.Batch(b, events[:0])
		// Detection goes first: a page does not wait for the store's flush. Each
		// keeps an offset of its own, so the order matters to no restart.
		if err := p.detectBatch(ctx, events, b); err != nil {
			return err
		}
		if err := p.store(ctx, events, b.Seq); err != nil {
			return err
		}
		p.read.Store(b.Seq)
		p.takeSnapshot(snaps, false)
		if n := len(b.Records); n > 0 {
			p.behind.Store(p.Now().UnixNano() - b.Records[n-1].Received)
		}
	}
}

// store appends and, while the store has no room, waits: the journal holds
// what comes meanwhile.
func (p *Pipeline) store(ctx context.Context, events []event.Event, seq uint64) error {
	for {
		err := p.Store.Append(events, seq)
		if !problem.Is(err, problem.Unavailable) {
			return err
		}
		sleep(ctx, 200*time.Millisecond)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (p *Pipeline) detectBatch(ctx context.Context, events []event.Event, b journal.Batch) error {
	if b.Seq <= p.fed {
		return nil // the windows hold it
	}
	replay := b.Seq <= p.detected.Load()
	found := map[tenant.ID][]alert.Finding{}
	p.Detect.Process(events, replay, func(h detect.Hit) {
		p.count(h)
		// Sigma: rules of level informational enrich, they trigger no alerting; they may end it.
		if h.Severity > event.Informational || h.Clears != "" {
			found[h.Tenant] = append(found[h.Tenant], finding(h))
		}
	})
	p.fed = b.Seq
	if len(b.Records) > 0 {
		p.seen.add(b.Seq, b.Records[0].Received, p.Detect.LongestWindow())
	}
	if replay {
		return nil
	}
	if len(found) == 0 {
		p.detected.Store(b.Seq) // saved with the next alert, or by keepJournalShort
		return nil
	}
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := p.raise(ctx, found, b.Seq)
		if err == nil {
			p.detected.Store(b.Seq)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// The batch is not matched again: its events are in the correlation
		// windows already and would count twice.
		p.Log.Error("raising alerts failed, will try again", "batch", b.Seq, "error", err, "pause", pause)
		sleep(ctx, pause)
	}
}

func (p *Pipeline) raise(ctx context.Context, found map[tenant.ID][]alert.Finding, seq uint64) error {
	return p.DB.System("detect").Tx(ctx, func(tx *db.Tx) error {
		for t, fs := range found {
			if err := p.Alerts.Raise(ctx, tx.As(t, "detection"), fs); err != nil {
				return err
			}
		}
		return p.saveOffsets(ctx, tx, seq)
	})
}

func (p *Pipeline) saveOffsets(ctx context.Context, tx *db.Tx, detected uint64) error {
	if err := catalogue.SaveOffset(ctx, tx, "detect_floor", p.seen.floor(detected)); err != nil {
		return err
	}
	return catalogue.SaveOffset(ctx, tx, "detected", detected)
}

// count tells of what a rule found; a correlation counts when it fires, not
// while it goes on. Exercises are no figures.
func (p *Pipeline) count(h detect.Hit) {
	if p.Count == nil || h.Exercise != "" || h.Ongoing {
		return
	}
	n := h.Count
	if h.Correlation {
		n = 1
	}
	p.Count(h.Tenant, h.RuleID, h.Last, n)
}

// finding translates a hit of a rule into what an alert is made of.
func finding(h detect.Hit) alert.Finding {
	f := alert.Finding{
		Fingerprint: h.Fingerprint, Kind: "rule", Rule: h.RuleID, Title: h.Title, Version: h.Version, Severity: h.Severity, Summary: h.Summary,
		Count: h.Count, First: h.First, Last: h.Last, Events: h.EventIDs, Exercise: h.Exercise, Clears: h.Clears, Ongoing: h.Ongoing,
		Facts: alert.Facts{Tags: h.Tags, Type: h.Proposal.Type, Impact: h.Proposal.Impact, Urgency: h.Proposal.Urgency, Intent: h.Proposal.Intent, Proof: h.Proposal.Proof, State: h.Proposal.State, Why: h.Why, Pack: h.Pack, PackVersion: h.PackVersion},
	}
	effects := map[string]string{"confidentiality": h.Proposal.Effect.Confidentiality, "integrity": h.Proposal.Effect.Integrity, "availability": h.Proposal.Effect.Availability}
	for k, v := range effects {
		if v != "" {
			if f.Facts.Effects == nil {
				f.Facts.Effects = map[string]string{}
			}
			f.Facts.Effects[k] = v
		}
	}
	for _, e := range h.Entities {
		f.Facts.Entities = append(f.Facts.Entities, alert.Entity(e))
	}
	for _, d := range h.Dedup {
		f.Facts.Dedup = append(f.Facts.Dedup, alert.NameValue(d))
	}
	for _, d := range h.Fields {
		f.Facts.Fields = append(f.Facts.Fields, alert.NameValue(d))
	}
	return f
}

// Lag reports how far behind the path is.
func (p *Pipeline) Lag(ctx context.Context) (Lag, error) {
	st, err := p.Journal.Stats(ctx)
	if err != nil {
		return Lag{}, err
	}
	l := Lag{}
	if read := p.read.Load(); st.LastSeq > read && st.LastSeq >= st.FirstSeq {
		l.Batches = st.LastSeq - max(read, st.FirstSeq-1)
		l.Age = time.Duration(p.behind.Load())
	}
	l.Alarm = l.Batches > 0 && l.Age > lagAlarm
	return l, nil
}

func (p *Pipeline) keepJournalShort(ctx context.Context) {
	for ctx.Err() == nil {
		if err := p.purge(ctx); err != nil && ctx.Err() == nil {
			p.Log.Error("keeping the journal short failed, will try again", "error", err)
		}
		sleep(ctx, time.Second)
	}
}

func (p *Pipeline) purge(ctx context.Context) error {
	st, err := p.Journal.Stats(ctx)
	if err != nil || st.LastSeq < st.FirstSeq || st.LastSeq == 0 {
		return err
	}
	detected := p.detected.Load()
	saved, err := catalogue.Offset(ctx, p.DB.System("pipeline"), "detected")
	if err != nil {
		return err
	}
	if detected > saved {
		if err := p.DB.System("detect").TxBulk(ctx, func(tx *db.Tx) error { return p.saveOffsets(ctx, tx, detected) }); err != nil {
			return err
		}
	}
	tight := st.Bytes*2 > st.MaxBytes
	if tight {
		if err := p.Store.Seal(ctx); err != nil {
			return fmt.Errorf("seal because the journal is half full: %w", err)
		}
	}
	through := min(p.Store.Durable(), detected)
	if !tight {
		through = min(through, max(p.seen.floor(detected), min(detected, p.snapped.Load())))
	}
	if through < st.FirstSeq {
		return nil
	}
	return p.Journal.Purge(ctx, through)
}

func (p *Pipeline) register() {
	gauge := func(name, help string, f func() float64) {
		p.Metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tocsin_pipeline_" + name, Help: help}, f))
	}
	gauge("read_seq", "Newest journal batch that went through.", func() float64 { return float64(p.read.Load()) })
	gauge("detected_seq", "Newest journal batch whose alerts are committed.", func() float64 { return float64(p.detected.Load()) })
	gauge("behind_seconds", "Between arrival and handling of the newest batch.", func() float64 { return time.Duration(p.behind.Load()).Seconds() })
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
