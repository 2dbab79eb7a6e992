package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tocsin-project/tocsin/internal/db"
	"github.com/tocsin-project/tocsin/internal/detect"
)

// snapshotEvery is how often the windows of correlations are written down, and
// so about how much a crash makes a start read again.
const snapshotEvery = 30 * time.Second

// The file: magic, sequence up to which it holds, payload, SHA-256 over all before.
const snapshotMagic = "tocsin windows 1\n"

// snapshots keeps the windows of correlations in a file. take is called by the
// goroutine that feeds them; writing happens beside it, one at a time.
type snapshots struct {
	file string
	next time.Time
	off  bool // the state cannot be kept, or there is no file
	work chan snapshot
}

type snapshot struct {
	seq     uint64
	windows []byte
}

// restore takes over the windows of the file, and returns the sequence up to
// which they hold; 0 when they have to be made by a replay.
func (p *Pipeline) restore(detected uint64) uint64 {
	if p.Windows == "" {
		return 0
	}
	s, err := readSnapshot(p.Windows)
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err == nil && s.seq > detected {
		err = fmt.Errorf("it holds up to batch %d, and alerts are committed up to %d: the database is older", s.seq, detected)
	}
	n := 0
	if err == nil {
		n, err = p.Detect.Restore(bytes.NewReader(s.windows))
	}
	if err != nil {
		if !errors.Is(err, detect.ErrNoWindows) {
			p.Log.Warn("the windows of correlations are made anew from the journal", "reason", err)
		}
		return 0
	}
	p.Log.Info("windows of correlations restored", "correlations", n, "batch", s.seq)
	p.snapped.Store(s.seq)
	return s.seq
}

// takeSnapshot copies the windows when it is time, for keepSnapshots to write.
// A write that is still under way is not waited for.
func (p *Pipeline) takeSnapshot(s *snapshots, now bool) {
	at := p.Now()
	if s.off || !now && at.Before(s.next) || p.fed == 0 || p.fed == p.snapped.Load() {
		return
	}
	var b bytes.Buffer
	if err := p.Detect.Snapshot(&b); err != nil {
		s.off = true
		if !errors.Is(err, detect.ErrNoWindows) {
			p.Log.Error("the windows of correlations cannot be written down; a start will replay the journal", "error", err)
		}
		return
	}
	if now {
		s.work <- snapshot{p.fed, b.Bytes()}
		return
	}
	select {
	case s.work <- snapshot{p.fed, b.Bytes()}:
		s.next = at.Add(snapshotEvery)
	default:
	}
}

// keepSnapshots writes snapshots until work is closed.
func (p *Pipeline) keepSnapshots(ctx context.Context, s *snapshots) {
	for snap := range s.work {
		// A stop writes the last one, so its context has ended; it is bounded all the same.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		// Alerts up to the snapshot are committed; the offset says so before the
		// file does, so that the file is never ahead of it.
		err := p.DB.System("detect").TxBulk(ctx, func(tx *db.Tx) error { return p.saveOffsets(ctx, tx, max(snap.seq, p.detected.Load())) })
		cancel()
		if err == nil {
			err = writeSnapshot(s.file, snap)
		}
		if err != nil {
			p.Log.Error("writing the windows of correlations failed; will be tried again", "error", err)
			continue
		}
		p.snapped.Store(snap.seq)
	}
}

func writeSnapshot(file string, s snapshot) error {
	var b bytes.Buffer
	b.WriteString(snapshotMagic)
	b.Write(binary.BigEndian.AppendUint64(nil, s.seq))
	b.Write(s.windows)
	sum := sha256.Sum256(b.Bytes())
	b.Write(sum[:])
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(file)+".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there any more once it has its name
	_, err = f.Write(b.Bytes())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func readSnapshot(file string) (snapshot, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return snapshot{}, err
	}
	head, n := len(snapshotMagic), len(b)-sha256.Size
	if n < head+8 || string(b[:head]) != snapshotMagic || sha256.Sum256(b[:n]) != [sha256.Size]byte(b[n:]) {
		return snapshot{}, errors.New("the file is damaged")
	}
	return snapshot{binary.BigEndian.Uint64(b[head:]), b[head+8 : n]}, nil
}
