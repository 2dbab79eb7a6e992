package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	streamName  = "TOCSIN_JOURNAL"
	subject     = "tocsin.journal"
	dedupWindow = time.Hour
	maxPayload  = 8 << 20
)

// Options of the embedded journal.
type Options struct {
	Dir      string
	MaxBytes int64 // batches are refused beyond it
	// Free tells how many bytes of the disk are free and how large it is; nil
	// asks the file system of Dir.
	Free func() (free, size uint64, err error)
	Now  func() time.Time // nil: time.Now
	Log  *slog.Logger     // nil: discards
}

// engine is the server inside this process and what is needed to start it again.
type engine struct {
	o      Options
	server *server.Server
	last   time.Time // of the last start
}

type stream struct {
	mu     sync.RWMutex // held for writing while the engine is started again
	engine *engine      // nil when the journal is a cluster of its own
	conn   *nats.Conn
	js     jetstream.JetStream
	s      jetstream.Stream
	max    int64
}

const (
	// appendWait is how long the embedded engine may take for one batch before
	// it counts as broken.
	appendWait = 10 * time.Second
	// reviveEvery is the least pause between two starts of a broken engine.
	reviveEvery = 5 * time.Second
)

// Open starts the engine inside this process; nothing listens.
func Open(ctx context.Context, o Options) (Journal, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the journal's directory: %w", err)
	}
	if o.Free == nil {
		o.Free = func() (uint64, uint64, error) { return diskFree(o.Dir) }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	st := &stream{engine: &engine{o: o}, max: o.MaxBytes}
	if err := st.startEngine(ctx); err != nil {
		st.Close()
		return nil, err
	}
	return st, nil
}

func (s *stream) startEngine(ctx context.Context) error {
	e := s.engine
	e.last = e.o.Now()
	srv, err := server.NewServer(&server.Options{
		ServerName: "tocsin", DontListen: true, JetStream: true, StoreDir: e.o.Dir, SyncAlways: true,
		MaxPayload: maxPayload, NoSigs: true, NoLog: true, JetStreamMaxMemory: 1 << 20, JetStreamMaxStore: e.o.MaxBytes + 256<<20,
	})
	if err != nil {
		return fmt.Errorf("start the journal: %w", err)
	}
	e.server = srv
	srv.Start()
	if !srv.ReadyForConnections(20 * time.Second) {
		return errors.New("start the journal: it was not ready within 20 s")
	}
	if s.conn, err = nats.Connect("", nats.InProcessServer(srv), nats.Name("tocsin"), nats.NoReconnect()); err != nil {
		return fmt.Errorf("start the journal: %w", err)
	}
	return s.setup(ctx, 1)
}

// reserve is how much of a disk the journal leaves free, so that what was
// taken can still be sealed, and decisions stored: 5 %, at most 256 MB.
func reserve(size uint64) uint64 { return min(256<<20, size/20) }

// room refuses a batch that would take the disk's last bytes.
func (s *stream) room(bytes int) error {
	if s.engine == nil {
		return nil
	}
	free, size, err := s.engine.o.Free()
	if err != nil {
		return fmt.Errorf("ask how much of the disk is free: %w", err)
	}
	if free < reserve(size)+uint64(bytes) {
		return fmt.Errorf("%w: %d MB of the disk are free and %d MB are kept back", ErrFull, free>>20, reserve(size)>>20)
	}
	return nil
}

// revive starts a broken engine again: an engine that met a full disk does not
// come back by itself once there is room.
func (s *stream) revive(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.engine
	if e.o.Now().Sub(e.last) < reviveEvery {
		return
	}
	e.o.Log.Error("the journal's engine does not answer and is started again", "cause", cause)
	s.shutdown()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.startEngine(ctx); err != nil {
		e.o.Log.Error("starting the journal's engine again failed", "error", err)
	}
}

// Cluster describes an existing NATS cluster.
type Cluster struct {
	URL      string   // nats://a,nats://b,nats://c
	Monitors []string // http address of each server's monitoring port
	MaxBytes int64
	Replicas int
	Options  []nats.Option // TLS, credentials
}

// Connect uses an existing NATS cluster. It refuses one of whose servers any
// does not sync each write (sync_interval: always): "acknowledged" would not
// mean "on disk".
func Connect(ctx context.Context, c Cluster) (Journal, error) {
	if len(c.Monitors) == 0 {
		return nil, errors.New("name the monitoring address of every NATS server, so that it can be checked that they sync each write")
	}
	for _, m := range c.Monitors {
		if err := checkSync(ctx, m); err != nil {
			return nil, err
		}
	}
	conn, err := nats.Connect(c.URL, append([]nats.Option{nats.Name("tocsin"), nats.MaxReconnects(-1)}, c.Options...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	st := &stream{conn: conn, max: c.MaxBytes}
	if err := st.setup(ctx, c.Replicas); err != nil {
		st.Close()
		return nil, err
	}
	return st, nil
}

func checkSync(ctx context.Context, monitor string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(monitor, "/")+"/jsz", nil)
	if err != nil {
		return fmt.Errorf("NATS monitoring address %s: %w", monitor, err)
	}
	client := http.Client{Timeout: 10 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask NATS at %s how it syncs: %w", monitor, err)
	}
	defer res.Body.Close()
	var jsz struct {
		Config struct {
			SyncAlways bool `json:"sync_always"`
		} `json:"config"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, res.Body, 1<<20)).Decode(&jsz); err != nil {
		return fmt.Errorf("ask NATS at %s how it syncs: %w", monitor, err)
	}
	if !jsz.Config.SyncAlways {
		return fmt.Errorf("NATS at %s does not sync each write: set jetstream { sync_interval: always } on every server", monitor)
	}
	return nil
}

func (s *stream) setup(ctx context.Context, replicas int) error {
	var err error
	if s.js, err = jetstream.New(s.conn); err != nil {
		return fmt.Errorf("open the journal: %w", err)
	}
	s.s, err = s.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: streamName, Subjects: []string{subject}, Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy,
		Discard: jetstream.DiscardNew, MaxBytes: s.max, Duplicates: dedupWindow, Replicas: max(replicas, 1), AllowDirect: true,
	})
	if err != nil {
		return fmt.Errorf("open the journal's stream: %w", err)
	}
	return nil
}

// Append implements Journal.
func (s *stream) Append(ctx context.Context, records []Record, id string) (uint64, error) {
	msg := nats.NewMsg(subject)
	msg.Data = encode(records)
	if id != "" {
		msg.Header.Set(jetstream.MsgIDHeader, id)
	}
	if err := s.room(len(msg.Data)); err != nil {
		return 0, err
	}
	seq, err := s.publish(ctx, msg)
	if err == nil || errors.Is(err, ErrFull) {
		return seq, err
	}
	if s.engine != nil && ctx.Err() == nil {
		s.revive(err)
	}
	return 0, fmt.Errorf("append to the journal: %w", err)
}

func (s *stream) publish(ctx context.Context, msg *nats.Msg) (uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.js == nil {
		return 0, errors.New("the journal's engine is not running")
	}
	if s.engine != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, appendWait)
		defer cancel()
	}
	ack, err := s.js.PublishMsg(ctx, msg, jetstream.WithRetryAttempts(0))
	if ae, ok := errors.AsType[*jetstream.APIError](err); ok && full(ae) {
		return 0, fmt.Errorf("%w: %s", ErrFull, ae.Description)
	}
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// full recognises the answers to "no room": limits of the stream or account,
// and what the file store says when the disk is full.
func full(e *jetstream.APIError) bool {
	d := strings.ToLower(e.Description)
	return strings.Contains(d, "maximum bytes") || strings.Contains(d, "insufficient") || strings.Contains(d, "no space") || strings.Contains(d, "resource limits")
}

// Read implements Journal.
func (s *stream) Read(ctx context.Context, from uint64) (Reader, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.js == nil {
		return nil, errors.New("the journal's engine is not running")
	}
	c, err := s.js.OrderedConsumer(ctx, streamName, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(from, 1),
	})
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	it, err := c.Messages(jetstream.PullMaxMessages(64))
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return &reader{it: it}, nil
}

type reader struct{ it jetstream.MessagesContext }

func (r *reader) Next(ctx context.Context) (Batch, error) {
	msg, err := r.it.Next(jetstream.NextContext(ctx))
	if err != nil {
		return Batch{}, fmt.Errorf("read the journal: %w", err)
	}
	meta, err := msg.Metadata()
	if err != nil {
		return Batch{}, fmt.Errorf("read the journal: %w", err)
	}
	b := Batch{Seq: meta.Sequence.Stream}
	if b.Records, err = decode(msg.Data()); err != nil {
		return b, fmt.Errorf("batch %d: %w", b.Seq, err)
	}
	return b, nil
}

func (r *reader) Close() { r.it.Stop() }

// Purge implements Journal.
func (s *stream) Purge(ctx context.Context, through uint64) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if through == 0 || s.s == nil {
		return nil
	}
	if err := s.s.Purge(ctx, jetstream.WithPurgeSequence(through+1)); err != nil {
		return fmt.Errorf("purge the journal: %w", err)
	}
	return nil
}

// Stats implements Journal.
func (s *stream) Stats(ctx context.Context) (Stats, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.s == nil {
		return Stats{}, errors.New("the journal's engine is not running")
	}
	i, err := s.s.Info(ctx)
	if err != nil {
		return Stats{}, fmt.Errorf("ask the journal: %w", err)
	}
	return Stats{FirstSeq: i.State.FirstSeq, LastSeq: i.State.LastSeq, Bytes: i.State.Bytes, MaxBytes: uint64(s.max)}, nil
}

// Close implements Journal.
func (s *stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shutdown()
	return nil
}

// shutdown ends connection and engine; mu is held.
func (s *stream) shutdown() {
	if s.conn != nil {
		s.conn.Close()
	}
	if s.engine != nil && s.engine.server != nil {
		s.engine.server.Shutdown()
		s.engine.server.WaitForShutdown()
		s.engine.server = nil
	}
	s.conn, s.js, s.s = nil, nil, nil
}

func diskFree(dir string) (free, size uint64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}
