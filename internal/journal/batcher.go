package journal

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/tocsin-project/tocsin/internal/problem"
)

// Limits of one batch. A record larger than maxBatchBytes travels alone.
const (
	maxBatchRecords = 1000
	maxBatchBytes   = 512 << 10
	queueLength     = 1024
)

// Batcher packs what many receivers hand in into batches: sent at once when
// the journal is idle, and while one batch is being synced the next one fills.
type Batcher struct {
	j       Journal
	log     *slog.Logger
	queue   chan *parcel
	stop    chan struct{}
	done    chan struct{}
	failing atomic.Bool
}

// parcel is a run of records that share one answer.
type parcel struct {
	ctx     context.Context // nil: nobody waits, keep trying
	records []Record
	bytes   int
	id      string // set: a batch of its own
	answer  chan error
}

// NewBatcher starts the batcher.
func NewBatcher(j Journal, log *slog.Logger) *Batcher {
	b := &Batcher{j: j, log: log, queue: make(chan *parcel, queueLength), stop: make(chan struct{}), done: make(chan struct{})}
	go b.loop()
	return b
}

// Failing reports that the journal refused the newest batch.
func (b *Batcher) Failing() bool { return b.failing.Load() }

// Append returns when records are durable, or with the reason why they were
// not taken. A non-empty id names the request, so that sending it again within
// an hour does not store it again.
func (b *Batcher) Append(ctx context.Context, records []Record, id string) error {
	if len(records) == 0 {
		return nil
	}
	p := newParcel(records, id)
	p.ctx, p.answer = ctx, make(chan error, 1)
	select {
	case b.queue <- p:
	case <-ctx.Done():
		return busy(ctx.Err())
	case <-b.stop:
		return problem.New(problem.Unavailable, "The server is stopping. Send again in a moment.")
	}
	select {
	case err := <-p.answer:
		return err
	case <-ctx.Done():
		return busy(ctx.Err())
	case <-b.done:
		select {
		case err := <-p.answer:
			return err
		default:
			return problem.New(problem.Unavailable, "The server is stopping. Send again in a moment.")
		}
	}
}

func busy(err error) error {
	return problem.Wrap(problem.Unavailable, err, "The journal did not take this in time. Send again in a moment.")
}

// Enqueue hands in records of a sender that waits for no answer. It blocks
// while the queue is full, which is the back-pressure: the receiver stops
// reading its socket. Once it has returned true the records are tried until
// they are durable or the process ends.
func (b *Batcher) Enqueue(ctx context.Context, records []Record) bool {
	select {
	case b.queue <- newParcel(records, ""):
		return true
	case <-ctx.Done():
	case <-b.stop:
	}
	return false
}

// Offer is Enqueue without waiting, for datagrams: false means no room.
func (b *Batcher) Offer(records []Record) bool {
	select {
	case b.queue <- newParcel(records, ""):
		return true
	default:
		return false
	}
}

func newParcel(records []Record, id string) *parcel {
	p := &parcel{records: records, id: id}
	for i := range records {
		p.bytes += len(records[i].Raw) + 16
	}
	return p
}

// Close stops taking records and returns when all taken ones are durable or
// the journal has refused them for grace.
func (b *Batcher) Close(grace time.Duration) {
	close(b.stop)
	select {
	case <-b.done:
	case <-time.After(grace):
		b.log.Error("the journal did not take the last records in time")
	}
}

func (b *Batcher) loop() {
	defer close(b.done)
	var held *parcel // did not fit in the batch before
	for {
		first := held
		held = nil
		if first == nil {
			select {
			case first = <-b.queue:
			case <-b.stop:
				select { // drain what was taken before the stop
				case first = <-b.queue:
				default:
					return
				}
			}
		}
		var batch []*parcel
		batch, held = b.gather(first)
		b.send(batch)
	}
}

func (b *Batcher) gather(first *parcel) (batch []*parcel, held *parcel) {
	batch = append(batch, first)
	n, bytes := len(first.records), first.bytes
	for first.id == "" && n < maxBatchRecords && bytes < maxBatchBytes {
		select {
		case p := <-b.queue:
			if p.id != "" || n+len(p.records) > maxBatchRecords || bytes+p.bytes > maxBatchBytes {
				return batch, p
			}
			batch = append(batch, p)
			n, bytes = n+len(p.records), bytes+p.bytes
		default:
			return batch, nil
		}
	}
	return batch, nil
}

func (b *Batcher) send(batch []*parcel) {
	pause := 20 * time.Millisecond
	for {
		batch = live(batch)
		if len(batch) == 0 {
			return
		}
		err := b.append(batch)
		if err == nil {
			b.failing.Store(false)
			for _, p := range batch {
				p.reply(nil)
			}
			return
		}
		if !b.failing.Swap(true) {
			b.log.Error("the journal refuses records", "error", err)
		}
		keep := batch[:0]
		for _, p := range batch {
			if p.ctx == nil {
				keep = append(keep, p)
				continue
			}
			p.reply(refused(err))
		}
		batch = keep
		time.Sleep(pause)
		pause = min(2*pause, time.Second)
	}
}

func (b *Batcher) append(batch []*parcel) error {
	records := batch[0].records
	if len(batch) > 1 {
		n := 0
		for _, p := range batch {
			n += len(p.records)
		}
		records = make([]Record, 0, n)
		for _, p := range batch {
			records = append(records, p.records...)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := b.j.Append(ctx, records, batch[0].id)
	return err
}

// live drops parcels whose sender has given up: it was told "not taken".
func live(batch []*parcel) []*parcel {
	out := batch[:0]
	for _, p := range batch {
		if p.ctx == nil || p.ctx.Err() == nil {
			out = append(out, p)
		}
	}
	return out
}

func (p *parcel) reply(err error) {
	if p.answer != nil {
		p.answer <- err
	}
}

func refused(err error) error {
	if errors.Is(err, ErrFull) {
		return problem.Wrap(problem.Unavailable, err, "The journal is full. Nothing of this request was taken; send it again later.")
	}
	return problem.Wrap(problem.Unavailable, err, "The journal did not take this request. Send it again later.")
}
